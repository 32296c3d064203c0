//! GET and PATCH /programs/{program}.

use super::{CODE_TAKEN, note};
use crate::ctx::Ctx;
use crate::programs::{Program, rules, store, wechat};
use crate::staff::{InProgram, Input, Right, stale};
use axum::Json;
use axum::extract::State;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{Problem, ProgramId, Zone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct ProgramBody {
    #[schema(value_type = String)]
    pub program: ProgramId,
    pub code: String,
    pub name: String,
    pub audience: String,
    /// `draft`, `live` or `closed`.
    pub state: &'static str,
    pub time_zone: String,
    /// Communities that a person may keep, counted over all programs.
    pub community_limit: i64,
    /// Empty: the installation's own.
    pub public_url: String,
    pub theme_colour: String,
    /// Empty: derived from the theme colour.
    pub theme_accent: String,
    /// A picture as a data URL, or empty.
    pub logo: String,
    /// Of the mini program; empty where there is none. Its secret is never shown.
    pub wechat_appid: String,
    /// Of the official account; empty where there is none. Its secret is never shown.
    pub official_appid: String,
    #[schema(value_type = Object)]
    pub catalog_scope: Value,
    /// Send it back with a change.
    pub version: i64,
    /// How people join now: `open`, `invite` or `roster`.
    pub admission: &'static str,
}

impl ProgramBody {
    pub async fn load(ctx: &Ctx, program: &Program) -> Result<ProgramBody, Failure> {
        let admission = store::admission_at(&mut ctx.db.read().await?, program.id, ctx.now()).await?;
        Ok(ProgramBody {
            program: program.id,
            code: program.code.clone(),
            name: program.name.clone(),
            audience: program.audience.clone(),
            state: program.state.word(),
            time_zone: program.zone.name().to_owned(),
            community_limit: program.community_limit,
            public_url: program.public_url.clone(),
            theme_colour: program.theme_colour.clone(),
            theme_accent: program.theme_accent.clone(),
            logo: program.logo.clone(),
            wechat_appid: program.wechat_appid.clone(),
            official_appid: program.official_appid.clone(),
            catalog_scope: serde_json::from_str(&program.catalog_scope).map_err(Failure::broken)?,
            version: program.version,
            admission: admission.word(),
        })
    }
}

/// What may be said of a program, at its making and later.
#[derive(Default, Deserialize, ToSchema)]
pub struct ProgramFields {
    /// `a-z`, `0-9`, `-`; a former code stays an alias.
    pub code: Option<String>,
    pub name: Option<String>,
    pub audience: Option<String>,
    pub time_zone: Option<String>,
    pub community_limit: Option<i64>,
    pub public_url: Option<String>,
    pub theme_colour: Option<String>,
    /// Empty: derived from the theme colour.
    pub theme_accent: Option<String>,
    /// `data:image/png;base64,…`, also jpeg and webp, at most 48 KB; empty: none.
    pub logo: Option<String>,
    /// `wx` and 16 characters; empty: none.
    pub wechat_appid: Option<String>,
    /// Kept sealed, never shown.
    pub wechat_secret: Option<String>,
    /// Of the official account inside which pages are opened: `wx` and 16 characters; empty: none.
    pub official_appid: Option<String>,
    /// Kept sealed, never shown.
    pub official_secret: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub catalog_scope: Option<Value>,
}

/// Bytes of a catalog scope.
const SCOPE_MAX: usize = 8192;

impl ProgramFields {
    /// Writes what was sent into a program; all wrong fields are named at once.
    pub fn apply(&self, program: &mut Program, demo: bool) -> Result<(), Problem> {
        let mut input = Input::default();
        if let Some(code) = &self.code {
            program.code = input.take("code", rules::code(code));
        }
        if let Some(name) = &self.name {
            program.name = input.text("name", name, 1, 40);
        }
        if let Some(audience) = &self.audience {
            program.audience = input.text("audience", audience, 0, 200);
        }
        if let Some(zone) = &self.time_zone {
            match Zone::named(zone) {
                Ok(zone) => program.zone = zone,
                Err(_) => input.wrong("time_zone", "must be a zone as in Asia/Shanghai"),
            }
        }
        if let Some(limit) = self.community_limit {
            program.community_limit = input.range("community_limit", limit, 0, 1000);
        }
        if let Some(url) = &self.public_url {
            program.public_url = input.take("public_url", rules::public_url(url, demo));
        }
        if let Some(colour) = &self.theme_colour {
            program.theme_colour = input.take("theme_colour", rules::colour(colour));
        }
        if let Some(colour) = &self.theme_accent {
            program.theme_accent =
                if colour.is_empty() { String::new() } else { input.take("theme_accent", rules::colour(colour)) };
        }
        if let Some(logo) = &self.logo {
            program.logo = input.take("logo", rules::logo(logo));
        }
        if let Some(appid) = &self.wechat_appid {
            program.wechat_appid = input.take("wechat_appid", rules::wechat_appid(appid));
        }
        if let Some(appid) = &self.official_appid {
            program.official_appid = input.take("official_appid", rules::wechat_appid(appid));
        }
        for (field, secret) in [("wechat_secret", &self.wechat_secret), ("official_secret", &self.official_secret)] {
            if secret.as_deref().is_some_and(|s| !(16..=128).contains(&s.len())) {
                input.wrong(field, "must have 16 to 128 characters");
            }
        }
        if let Some(scope) = &self.catalog_scope {
            let text = scope.to_string();
            if !scope.is_object() || text.len() > SCOPE_MAX || text.contains("\\u0000") {
                input.wrong("catalog_scope", format!("must be an object of at most {SCOPE_MAX} bytes"));
            }
            program.catalog_scope = text;
        }
        input.done()
    }
}

#[utoipa::path(get, path = "/programs/{program}", tag = "programs", operation_id = "program",
    params(("program" = String, Path, description = "id, code or former code")),
    responses((status = 200, body = ProgramBody), (status = 404, body = ProblemBody)))]
pub async fn view(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<ProgramBody>, Failure> {
    cx.needs(Right::Read)?;
    Ok(Json(ProgramBody::load(&ctx, &cx.program).await?))
}

#[derive(Deserialize, ToSchema)]
pub struct ProgramChange {
    /// As loaded.
    pub version: i64,
    #[serde(flatten)]
    pub fields: ProgramFields,
}

#[utoipa::path(patch, path = "/programs/{program}", tag = "programs", operation_id = "change_program",
    params(("program" = String, Path)), request_body = ProgramChange,
    responses((status = 200, body = ProgramBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn change(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(change): Body<ProgramChange>,
) -> Result<Json<ProgramBody>, Failure> {
    cx.needs(Right::ManagePrograms)?;
    let mut program = Program { version: change.version, ..cx.program.clone() };
    change.fields.apply(&mut program, ctx.settings.demo)?;
    let mut tx = ctx.db.begin().await?;
    if program.code != cx.program.code {
        let holder = store::find_by_code(&mut tx, &program.code).await?;
        if holder.is_some_and(|other| other.id != program.id) {
            return Err(
                Problem::new(CODE_TAKEN, format!("another program has or had the code {}", program.code)).into()
            );
        }
    }
    let secrets = wechat::sealed(&ctx, program.id, &change.fields)?;
    if !store::update(&mut tx, &program, &cx.program.code, ctx.now()).await? {
        return Err(stale("the program").into());
    }
    store::put_wechat_secrets(&mut tx, program.id, secrets).await?;
    let detail = json!({ "before": brief(&cx.program), "after": brief(&program) });
    note(&ctx, &mut tx, cx.caller.person, Some(program.id), "program.change", program.id.to_string(), detail).await?;
    tx.commit().await?;
    program.version += 1;
    Ok(Json(ProgramBody::load(&ctx, &program).await?))
}

/// What the audit log keeps of a program.
pub fn brief(program: &Program) -> Value {
    json!({
        "code": program.code, "name": program.name, "audience": program.audience, "state": program.state.word(),
        "time_zone": program.zone.name(), "community_limit": program.community_limit,
        "public_url": program.public_url, "theme_colour": program.theme_colour, "theme_accent": program.theme_accent,
        "logo_bytes": program.logo.len(), "wechat_appid": program.wechat_appid, "official_appid": program.official_appid,
        "catalog_scope": program.catalog_scope,
    })
}
