//! The caller of a request: a browser session (cookie, CSRF-checked) or an API token (bearer).

use super::rights::{Right, Role};
use super::store;
use crate::ctx::Ctx;
use crate::programs::{self, Program, ProgramState};
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{Method, header};
use infra::args;
use infra::db::{DbError, Tx};
use infra::http::Failure;
use infra::secrets;
use kernel::{Bucket, PersonId, Problem, ProblemCode, ProgramId, TokenId};
use std::collections::HashMap;

pub const SIGNED_OUT: ProblemCode = ProblemCode::new("session.required", 401, "sign in first");
pub const CSRF: ProblemCode = ProblemCode::new("session.csrf", 403, "the request did not come from our own page");
pub const NO_RIGHT: ProblemCode = ProblemCode::new("rights.missing", 403, "you may not do this");
pub const NO_SCOPE: ProblemCode = ProblemCode::new("rights.scope", 403, "the token's scope does not cover this");
pub const UNKNOWN_PROGRAM: ProblemCode = ProblemCode::new("programs.unknown", 404, "no such program");

pub const SESSION_COOKIE: &str = "daogou_session";
pub const CSRF_HEADER: &str = "x-csrf-token";

/// How the caller proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    Browser,
    /// Scopes: `read`, `write`.
    Token {
        scopes: Vec<String>,
    },
}

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct Caller {
    pub person: PersonId,
    pub session: TokenId,
    pub via: Via,
    /// What a browser must send back in `x-csrf-token` with every change.
    pub csrf: String,
    /// `None`: all programs.
    grants: Vec<(Option<ProgramId>, Role)>,
}

impl Caller {
    pub fn role_in(&self, program: ProgramId) -> Vec<Role> {
        self.grants.iter().filter(|(p, _)| p.is_none_or(|p| p == program)).map(|(_, role)| *role).collect()
    }

    /// Programs in which the caller is staff; `None`: all.
    pub fn staff_of(&self) -> Option<Vec<ProgramId>> {
        if self.grants.iter().any(|(p, _)| p.is_none()) {
            return None;
        }
        Some(self.grants.iter().filter_map(|(p, _)| *p).collect())
    }

    pub fn grants(&self) -> &[(Option<ProgramId>, Role)] {
        &self.grants
    }

    pub fn may(&self, right: Right, program: ProgramId) -> bool {
        self.role_in(program).iter().any(|role| role.allows(right))
    }

    /// A right in one program. Whoever has nothing to do with the program is told that it does not exist.
    pub fn needs(&self, right: Right, program: ProgramId) -> Result<(), Problem> {
        if self.may(right, program) {
            Ok(())
        } else if self.role_in(program).is_empty() {
            Err(unknown_program(&program.to_string()))
        } else {
            Err(Problem::new(NO_RIGHT, format!("your role in program {program} does not include this")))
        }
    }

    /// A right over all programs: what stands above them (persons, union accounts, staff of everything).
    pub fn needs_everywhere(&self, right: Right) -> Result<(), Problem> {
        if self.grants.iter().any(|(program, role)| program.is_none() && role.allows(right)) {
            return Ok(());
        }
        Err(Problem::new(NO_RIGHT, "this needs a role for all programs"))
    }
}

impl FromRequestParts<Ctx> for Caller {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, ctx: &Ctx) -> Result<Self, Failure> {
        let (token, via_cookie) =
            presented(parts).ok_or_else(|| Problem::new(SIGNED_OUT, "no session or token came with the request"))?;
        let caller = load(ctx, &token, via_cookie).await?;
        let caller = caller.ok_or_else(|| Problem::new(SIGNED_OUT, "the session or token is unknown or over"))?;
        let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        match &caller.via {
            Via::Browser if changes => {
                let sent = parts.headers.get(CSRF_HEADER).map(|v| v.as_bytes()).unwrap_or_default();
                if !secrets::same(sent, caller.csrf.as_bytes()) {
                    return Err(Problem::new(CSRF, format!("send the session's csrf token in {CSRF_HEADER}")).into());
                }
            }
            Via::Token { scopes } => {
                let wanted = if changes { "write" } else { "read" };
                if !scopes.iter().any(|s| s == wanted) {
                    return Err(Problem::new(NO_SCOPE, format!("the token has no scope `{wanted}`")).into());
                }
            }
            Via::Browser => {}
        }
        Ok(caller)
    }
}

/// For pages that strangers may use too: no session or token at all is nobody, a bad one is still refused.
impl OptionalFromRequestParts<Ctx> for Caller {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, ctx: &Ctx) -> Result<Option<Self>, Failure> {
        if presented(parts).is_none() {
            return Ok(None);
        }
        <Caller as FromRequestParts<Ctx>>::from_request_parts(parts, ctx).await.map(Some)
    }
}

/// The token of a request and whether it came as a cookie.
fn presented(parts: &Parts) -> Option<(String, bool)> {
    let text = |name| parts.headers.get(name).and_then(|v: &axum::http::HeaderValue| v.to_str().ok());
    if let Some(token) = text(header::AUTHORIZATION).and_then(|v| v.strip_prefix("Bearer ")) {
        return Some((token.trim().to_owned(), false));
    }
    let cookies = text(header::COOKIE)?;
    let named =
        cookies.split(';').filter_map(|c| c.trim().split_once('=')).find(|(name, _)| *name == SESSION_COOKIE)?;
    Some((named.1.to_owned(), true))
}

/// A token is `dgs_BB…` or `dgt_BB…`: kind, bucket in two digits, random characters.
pub(crate) fn bucket_of_token(token: &str) -> Option<Bucket> {
    let digits = token.strip_prefix("dgs_").or_else(|| token.strip_prefix("dgt_"))?.get(..2)?;
    digits.parse::<u64>().ok().filter(|n| *n < 64).map(Bucket::from_low_bits)
}

async fn load(ctx: &Ctx, token: &str, via_cookie: bool) -> Result<Option<Caller>, DbError> {
    let Some(bucket) = bucket_of_token(token) else { return Ok(None) };
    let mut read = ctx.db.read().await?;
    let row = read.one(sql!("session_of_token"), args![bucket, secrets::token_hash(token), ctx.now()]).await?;
    let Some(row) = row else { return Ok(None) };
    let via = match row.text("kind")?.as_str() {
        "browser" => Via::Browser,
        _ => Via::Token { scopes: row.text("scopes")?.split_whitespace().map(str::to_owned).collect() },
    };
    // A cookie is never a bearer token and the other way round: what a script can read cannot ride on a cookie.
    if (via == Via::Browser) != via_cookie {
        return Ok(None);
    }
    let person: PersonId = row.id("person_id")?;
    let grants = store::grants_of(&mut read, person).await?;
    Ok(Some(Caller { person, session: row.id("id")?, via, csrf: csrf_of(ctx, token), grants }))
}

/// The CSRF token of a session: a keyed mark of its secret, so nothing more is stored.
pub(crate) fn csrf_of(ctx: &Ctx, token: &str) -> String {
    secrets::hex(&ctx.master.mark("csrf", token.as_bytes())[..16])
}

/// The program in the path (`{program}`: id, code or former code) with the caller, who is staff or a promoter there:
/// everybody else is told that it does not exist, before anything else of the request is looked at. What the caller may
/// do is the handler's question (`needs`, `promoters::acting`).
pub struct InProgram {
    pub caller: Caller,
    pub program: Program,
    /// What the path says, to be told back to whoever may not know the program.
    named: String,
}

impl InProgram {
    /// As [`Caller::needs`]; the refusal reads as if the program did not exist, also where it was named by its code.
    pub fn needs(&self, right: Right) -> Result<(), Problem> {
        self.caller
            .needs(right, self.program.id)
            .map_err(|problem| if problem.code == UNKNOWN_PROGRAM { unknown_program(&self.named) } else { problem })
    }

    pub fn may(&self, right: Right) -> bool {
        self.caller.may(right, self.program.id)
    }
}

impl FromRequestParts<Ctx> for InProgram {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, ctx: &Ctx) -> Result<Self, Failure> {
        let caller = <Caller as FromRequestParts<Ctx>>::from_request_parts(parts, ctx).await?;
        let Path(path) = <Path<HashMap<String, String>> as FromRequestParts<Ctx>>::from_request_parts(parts, ctx)
            .await
            .map_err(Failure::broken)?;
        let named = path.get("program").cloned().unwrap_or_default();
        let mut read = ctx.db.read().await?;
        let program = programs::store::find_named(&mut read, &named).await?;
        let program = program.ok_or_else(|| unknown_program(&named))?;
        let belongs =
            !caller.role_in(program.id).is_empty() || store::is_promoter(&mut read, program.id, caller.person).await?;
        if !belongs {
            return Err(unknown_program(&named).into());
        }
        Ok(InProgram { caller, program, named })
    }
}

/// A program that strangers may know of: live or closed, never a draft.
pub async fn public_program(tx: &mut Tx, named: &str) -> Result<Program, Failure> {
    let program = programs::store::find_named(tx, named).await?.filter(|p| p.state != ProgramState::Draft);
    Ok(program.ok_or_else(|| unknown_program(named))?)
}

/// There is no such program, as far as the caller may know.
pub fn unknown_program(named: &str) -> Problem {
    Problem::new(UNKNOWN_PROGRAM, format!("there is no program {}", named.chars().take(40).collect::<String>()))
}
