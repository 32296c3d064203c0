//! GET and POST /programs/{program}/invite-codes.

use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use crate::programs::Program;
use crate::promoters::model::Invite;
use crate::promoters::{acting, acting_active, joining, store};
use crate::staff::{InProgram, Input, Paging, Right};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::db::Tx;
use infra::http::{Body, Failure, Params, ProblemBody};
use kernel::{Instant, InviteCode, PromoterId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

const QUOTA: i64 = 50;
const DAYS: i64 = 90;

#[derive(Serialize, ToSchema)]
pub struct InviteBody {
    pub code: String,
    /// What is sent to people: leads to joining with this code.
    pub url: String,
    /// Null: the platform's own code, which carries no inviter.
    #[schema(value_type = Option<String>)]
    pub inviter: Option<PromoterId>,
    pub inviter_name: Option<String>,
    pub quota: i64,
    pub used: i64,
    pub expires_at: String,
    pub created_at: String,
}

/// Leads to joining with this code.
pub(super) fn join_url(ctx: &Ctx, program: &Program, invite: &Invite) -> String {
    let base = if program.public_url.is_empty() { &ctx.settings.public_url } else { &program.public_url };
    format!("{base}/i/{}", invite.code)
}

impl InviteBody {
    fn new(ctx: &Ctx, program: &Program, invite: &Invite, names: &HashMap<PromoterId, String>) -> InviteBody {
        InviteBody {
            code: invite.code.clone(),
            url: join_url(ctx, program, invite),
            inviter: invite.inviter,
            inviter_name: invite.inviter.and_then(|id| names.get(&id).cloned()),
            quota: invite.quota,
            used: invite.used,
            expires_at: invite.expires_at.rfc3339(),
            created_at: invite.created_at.rfc3339(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct InviteList {
    /// Newest first.
    pub items: Vec<InviteBody>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Staff: codes of this promoter only. A promoter sees their own.
    #[param(value_type = Option<String>)]
    promoter: Option<PromoterId>,
}

impl Query {
    /// Whose codes: staff see all or those of one, a promoter their own.
    pub(super) async fn of(&self, tx: &mut Tx, cx: &InProgram) -> Result<Option<PromoterId>, Failure> {
        match self.promoter {
            wanted if cx.may(Right::Read) => Ok(wanted),
            wanted => Ok(Some(acting::acting(tx, cx, wanted).await?.id)),
        }
    }
}

/// Where the page after these begins: moment and code of the last row. Codes are texts, so it is no [`kernel::Cursor`].
pub(super) fn next(found: &[Invite], limit: u32) -> Option<(Instant, InviteCode)> {
    let last = found.last().filter(|_| found.len() as u64 == u64::from(limit))?;
    Some((last.created_at, last.code.parse().ok()?))
}

fn cursor(text: &str) -> Option<(Instant, InviteCode)> {
    let (at, code) = text.split_once('-')?;
    Some((Instant::from_micros(at.parse().ok()?), code.parse().ok()?))
}

#[derive(Deserialize, ToSchema)]
pub struct NewInvite {
    /// Staff name the promoter whose code it is; a promoter makes their own.
    #[schema(value_type = Option<String>)]
    pub promoter: Option<PromoterId>,
    /// Staff only: a code of the platform, which carries no inviter.
    #[serde(default)]
    pub owner: bool,
    /// How many may join with it: 1 to 1,000; 50 where not said.
    pub quota: Option<i64>,
    /// How long it lives: 1 to 365; 90 where not said.
    pub days: Option<i64>,
}

#[utoipa::path(get, path = "/programs/{program}/invite-codes", tag = "promoters", operation_id = "list_invite_codes",
    params(("program" = String, Path), Query, Paging),
    responses((status = 200, body = InviteList), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<Query>,
    Params(paging): Params<Paging>,
) -> Result<Json<InviteList>, Failure> {
    let mut read = ctx.db.read().await?;
    let of = query.of(&mut read, &cx).await?;
    let mut input = Input::default();
    let after = paging.after.as_deref().map(cursor);
    if after == Some(None) {
        input.wrong("after", "is not a cursor that a list returned");
    }
    input.done()?;
    let limit = paging.limit();
    let found = store::codes(&mut read, cx.program.id, of, after.flatten(), limit).await?;
    let next = next(&found, limit).map(|(at, code)| format!("{}-{}", at.micros(), code.as_str()));
    let names = store::names(&mut read, found.iter().filter_map(|i| i.inviter).collect()).await?;
    Ok(Json(InviteList { items: found.iter().map(|i| InviteBody::new(&ctx, &cx.program, i, &names)).collect(), next }))
}

#[utoipa::path(post, path = "/programs/{program}/invite-codes", tag = "promoters", operation_id = "add_invite_code",
    params(("program" = String, Path)), request_body = NewInvite,
    responses((status = 201, body = InviteBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(new): Body<NewInvite>,
) -> Result<(StatusCode, Json<InviteBody>), Failure> {
    let mut input = Input::default();
    let quota = input.range("quota", new.quota.unwrap_or(QUOTA), 1, 1000);
    let days = input.range("days", new.days.unwrap_or(DAYS), 1, 365);
    if new.owner && new.promoter.is_some() {
        input.wrong("owner", "is for a code that is nobody's; leave promoter out");
    }
    let now = ctx.now();
    let mut tx = ctx.db.begin().await?;
    let inviter = if new.owner {
        cx.needs(Right::ManagePromoters)?;
        None
    } else {
        Some(acting_active(&mut tx, &cx, new.promoter, now).await?)
    };
    input.done()?;
    let invite = Invite {
        code: String::new(),
        inviter: inviter.as_ref().map(|p| p.id),
        quota,
        used: 0,
        expires_at: now.plus_days(days),
        created_at: now,
    };
    let made = joining::draw_code(&mut tx, &cx.program, invite, cx.caller.person).await?;
    // A promoter's own code is no deed of staff.
    if inviter.is_none_or(|p| p.person != cx.caller.person) {
        let detail = json!({ "inviter": made.inviter, "quota": quota, "days": days });
        let (by, program, subject) = (cx.caller.person, Some(cx.program.id), made.code.clone());
        audit::note(&mut tx, &ctx.ids, now, Deed { by, program, action: "invite_code.add", subject, detail }).await?;
    }
    let names = store::names(&mut tx, made.inviter.into_iter().collect()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(InviteBody::new(&ctx, &cx.program, &made, &names))))
}
