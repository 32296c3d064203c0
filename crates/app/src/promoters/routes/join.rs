//! POST /programs/{program}/join: anybody, with or without a session.

use crate::ctx::Ctx;
use crate::persons::session::Keeps;
use crate::persons::wechat::{BAD_TICKET, Identity};
use crate::persons::{self, rules};
use crate::programs::{Program, ProgramState, RULES_CHANGED, rules_document};
use crate::promoters::joining::{self, Joiner, Ticket};
use crate::promoters::store;
use crate::staff::{Caller, Input, public_program};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use infra::http::{Body, ClientAddress, Failure, PathOf, ProblemBody};
use infra::password;
use kernel::{PersonId, Problem, ProblemCode, ProgramId, PromoterId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub const CLOSED: ProblemCode = ProblemCode::new("promoters.closed", 409, "the program is closed");

#[derive(Deserialize, ToSchema)]
pub struct Join {
    /// Sign-in name and password of somebody who has none yet; left out by whoever is signed in.
    pub name: Option<String>,
    pub password: Option<String>,
    /// Instead of name and password: the ticket of `POST /session/wechat` of this program. With both, or signed in, the
    /// person may sign in either way.
    pub wechat_ticket: Option<String>,
    /// What others see.
    pub display_name: String,
    /// Needed where the program admits by invite code.
    pub invite_code: Option<String>,
    /// Needed where the program admits by roster.
    pub roster_number: Option<String>,
    /// The version of the rules that was shown and accepted; a receipt is kept.
    pub rules_version: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct Joined {
    #[schema(value_type = String)]
    pub promoter: PromoterId,
    #[schema(value_type = String)]
    pub program: ProgramId,
    #[schema(value_type = String)]
    pub person: PersonId,
    /// Display name of the inviter; null where there is none.
    pub inviter: Option<String>,
    pub joined_at: String,
    /// For a new person, with the session cookie: send it back in `x-csrf-token` with every change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
    /// For a new person who asked with `x-session: token`, instead of the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
}

#[utoipa::path(post, path = "/programs/{program}/join", tag = "promoters", operation_id = "join",
    params(("program" = String, Path)), request_body = Join,
    responses((status = 201, body = Joined), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 410, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody)))]
pub async fn join(
    State(ctx): State<Ctx>,
    address: ClientAddress,
    caller: Option<Caller>,
    PathOf(named): PathOf<String>,
    asked: HeaderMap,
    Body(request): Body<Join>,
) -> Result<(StatusCode, HeaderMap, Json<Joined>), Failure> {
    ctx.limits.join.check(format!("join/{}", address.0))?;
    let program = public_program(&mut ctx.db.read().await?, &named).await?;
    if program.state == ProgramState::Closed {
        return Err(Problem::new(CLOSED, format!("{} takes nobody any more", program.name)).into());
    }
    let mut input = Input::default();
    let display_name = input.text("display_name", &request.display_name, 1, 30);
    // Forms send what was left empty. Whether a code is well-formed is not told apart from whether it exists.
    let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let ticket = Ticket {
        invite_code: given(&request.invite_code),
        roster_number: given(&request.roster_number).map(|t| input.text("roster_number", &t, 1, 40)),
    };
    let identity = identity_of(&ctx, &program, given(&request.wechat_ticket))?;
    let joiner = match &caller {
        Some(caller) => {
            input.done()?;
            Joiner::Known(caller.person)
        }
        None if identity.is_some() && given(&request.name).is_none() => {
            input.done()?;
            Joiner::Nameless
        }
        None => new_person(input, &request).await?,
    };
    let is_new = !matches!(joiner, Joiner::Known(_));
    let mut tx = ctx.db.begin().await?;
    let promoter = joining::join(&ctx, &mut tx, &program, joiner, &display_name, &ticket).await?;
    if let Some(identity) = identity {
        identity.bind(&ctx, &mut tx, promoter.person).await?;
    }
    let inviter = match promoter.inviter {
        Some(id) => store::find(&mut tx, program.id, id).await?.map(|p| p.display_name),
        None => None,
    };
    if let Some(shown) = request.rules_version {
        let newest = rules_document::newest(&mut tx, program.id).await?.map_or(0, |d| d.version);
        if shown != newest {
            return Err(Problem::new(RULES_CHANGED, format!("version {newest} is in force: read that one")).into());
        }
        rules_document::note_read(&mut tx, program.id, promoter.person, shown, ctx.now()).await?;
    }
    let keeps = Keeps::asked(&asked);
    let opened =
        if is_new { Some(persons::session::sign_in(&ctx, &mut tx, promoter.person, keeps).await?) } else { None };
    tx.commit().await?;
    let headers = opened.as_ref().map_or_else(|| Ok(HeaderMap::new()), |opened| persons::kept(&ctx, opened))?;
    let (csrf, session_token) = opened.map_or((None, None), |opened| opened.secrets());
    let joined = Joined {
        promoter: promoter.id,
        program: program.id,
        person: promoter.person,
        inviter,
        joined_at: promoter.joined_at.rfc3339(),
        csrf,
        session_token,
    };
    Ok((StatusCode::CREATED, headers, Json(joined)))
}

/// The WeChat user who joins; a ticket of another program's app is none.
fn identity_of(ctx: &Ctx, program: &Program, ticket: Option<String>) -> Result<Option<Identity>, Problem> {
    let Some(ticket) = ticket else { return Ok(None) };
    let identity = Identity::of_ticket(ctx, &ticket)?;
    if identity.appid != program.wechat_appid {
        return Err(Problem::new(BAD_TICKET, "it was made for another program's mini program"));
    }
    Ok(Some(identity))
}

/// Hashing takes long, so it happens before the transaction.
async fn new_person(mut input: Input, request: &Join) -> Result<Joiner, Failure> {
    let name = input.take("name", rules::sign_in_name(request.name.as_deref().unwrap_or_default()));
    let password = request.password.clone().unwrap_or_default();
    if let Err(message) = rules::password(&password) {
        input.wrong("password", message);
    }
    input.done()?;
    let password_hash = password::hash(&password).await.map_err(Failure::broken)?;
    Ok(Joiner::New { name, password_hash })
}
