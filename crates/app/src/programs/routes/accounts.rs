//! Union accounts: GET and POST /union-accounts, GET and PATCH /union-accounts/{account}, and which programs one serves.
//! A secret goes in and never comes out.

use super::{NAME_TAKEN, TOO_MANY_ACCOUNTS, note};
use crate::ctx::Ctx;
use crate::programs::store::ACCOUNTS_MAX;
use crate::programs::store::AccountTracking;
use crate::programs::unions::UNKNOWN_ACCOUNT;
use crate::programs::{UnionAccount, find_account, position_seal_context, rules, seal_context, store};
use crate::staff::{Caller, Input, Right, stale, unknown_program};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, PathOf, ProblemBody};
use kernel::{LegalEntityId, Problem, ProgramId, UnionAccountId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

const PER_SECOND: i64 = 5;
const DAILY_BUDGET: i64 = 300_000;
const HOSTS_MAX: usize = 20;
/// Numbers that JSON carries exactly everywhere.
const NUMBER_MAX: i64 = 9_007_199_254_740_991;

#[derive(Serialize, ToSchema)]
pub struct AccountBody {
    #[schema(value_type = String)]
    pub account: UnionAccountId,
    pub union: String,
    pub name: String,
    #[schema(value_type = Option<String>)]
    pub legal_entity: Option<LegalEntityId>,
    pub gateway_url: String,
    pub app_key: String,
    /// Hosts that its links may lead to.
    pub link_hosts: Vec<String>,
    pub per_second: u32,
    /// Calls a day.
    pub daily_budget: u64,
    /// `active` or `paused`.
    pub state: &'static str,
    /// The registered website or app in which its links stand; null: chat groups and the like.
    pub site_id: Option<i64>,
    /// Its number at the union, with which positions are made; null: links carry none.
    pub position_union_id: Option<i64>,
    #[schema(value_type = Vec<String>)]
    pub programs: Vec<ProgramId>,
    pub version: i64,
}

impl AccountBody {
    async fn load(ctx: &Ctx, account: UnionAccount) -> Result<AccountBody, Failure> {
        let mut read = ctx.db.read().await?;
        let programs = store::programs_of_account(&mut read, account.id).await?;
        let tracking = store::account_tracking(&mut read, account.id).await?;
        Ok(AccountBody {
            site_id: tracking.site_id,
            position_union_id: tracking.position_union_id,
            legal_entity: store::entity_of_account(&mut read, account.id).await?,
            account: account.id,
            union: account.union_code,
            name: account.name,
            gateway_url: account.gateway_url,
            app_key: account.app_key,
            link_hosts: account.link_hosts,
            per_second: account.per_second,
            daily_budget: account.daily_budget,
            state: if account.active { "active" } else { "paused" },
            programs,
            version: account.version,
        })
    }
}

#[derive(Serialize, ToSchema)]
pub struct AccountList {
    pub items: Vec<AccountBody>,
    /// Always null: at most 200.
    pub next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewAccount {
    pub name: String,
    /// `jd`.
    pub union: String,
    #[schema(value_type = String)]
    pub legal_entity: LegalEntityId,
    /// As in https://api.jd.com/routerjson.
    pub gateway_url: String,
    pub app_key: String,
    /// Sealed at once; never shown again.
    pub app_secret: String,
    pub link_hosts: Vec<String>,
    pub per_second: Option<i64>,
    pub daily_budget: Option<i64>,
    /// Ids or codes.
    #[serde(default)]
    pub programs: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct ChangeAccount {
    /// As loaded.
    pub version: i64,
    pub gateway_url: Option<String>,
    pub app_key: Option<String>,
    /// Replaces the stored one.
    pub app_secret: Option<String>,
    pub link_hosts: Option<Vec<String>>,
    pub per_second: Option<i64>,
    pub daily_budget: Option<i64>,
    /// `active` or `paused`.
    pub state: Option<String>,
    pub tracking: Option<ChangeTracking>,
}

/// How links are made and told apart beside the share code; replaces what is stored.
#[derive(Deserialize, ToSchema)]
pub struct ChangeTracking {
    /// The registered website or app in which links stand; left out: chat groups and the like.
    pub site_id: Option<i64>,
    /// The account's number at the union; left out: links carry no positions.
    pub position_union_id: Option<i64>,
    /// With which the union lets positions be made; sealed at once, never shown again; left out: the stored one.
    pub position_key: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct ServeProgram {
    /// Id or code.
    pub program: String,
}

#[utoipa::path(get, path = "/union-accounts", tag = "union accounts", operation_id = "list_union_accounts",
    responses((status = 200, body = AccountList), (status = 403, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, caller: Caller) -> Result<Json<AccountList>, Failure> {
    caller.needs_everywhere(Right::Read)?;
    let accounts = store::accounts(&mut ctx.db.read().await?).await?;
    let mut items = Vec::with_capacity(accounts.len());
    for account in accounts {
        items.push(AccountBody::load(&ctx, account).await?);
    }
    Ok(Json(AccountList { items, next: None }))
}

fn hosts(input: &mut Input, sent: &[String]) -> Vec<String> {
    if sent.is_empty() || sent.len() > HOSTS_MAX {
        input.wrong("link_hosts", format!("must be 1 to {HOSTS_MAX} hosts"));
    }
    sent.iter().take(HOSTS_MAX).map(|host| input.take("link_hosts", rules::link_host(host))).collect()
}

fn secret(input: &mut Input, sent: &str) -> String {
    input.text("app_secret", sent, 4, 200)
}

#[utoipa::path(post, path = "/union-accounts", tag = "union accounts", operation_id = "add_union_account",
    request_body = NewAccount,
    responses((status = 201, body = AccountBody), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    caller: Caller,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Json<AccountBody>), Failure> {
    caller.needs_everywhere(Right::ManagePrograms)?;
    let mut input = Input::default();
    if new.union != "jd" {
        input.wrong("union", "must be jd");
    }
    let per_second = input.range("per_second", new.per_second.unwrap_or(PER_SECOND), 1, 10_000);
    let daily = input.range("daily_budget", new.daily_budget.unwrap_or(DAILY_BUDGET), 1, 1_000_000_000);
    let account = UnionAccount {
        id: ctx.ids.next(ctx.ids.draw_bucket()),
        union_code: new.union.clone(),
        name: input.text("name", &new.name, 1, 60),
        gateway_url: input.take("gateway_url", rules::gateway(&new.gateway_url, ctx.settings.demo)),
        app_key: input.text("app_key", &new.app_key, 1, 100),
        link_hosts: hosts(&mut input, &new.link_hosts),
        per_second: u32::try_from(per_second).unwrap_or(1),
        daily_budget: u64::try_from(daily).unwrap_or(1),
        active: true,
        version: 1,
    };
    let secret = secret(&mut input, &new.app_secret);
    let mut tx = ctx.db.begin().await?;
    if !store::has_legal_entity(&mut tx, new.legal_entity).await? {
        input.wrong("legal_entity", "is unknown");
    }
    let mut programs = Vec::new();
    for named in &new.programs {
        match store::find_named(&mut tx, named).await? {
            Some(program) => programs.push(program.id),
            None => {
                input.wrong("programs", format!("there is no program {}", named.chars().take(40).collect::<String>()))
            }
        }
    }
    input.done()?;
    if store::accounts(&mut tx).await?.len() >= ACCOUNTS_MAX {
        return Err(Problem::new(TOO_MANY_ACCOUNTS, format!("there are {ACCOUNTS_MAX} already")).into());
    }
    let sealed = ctx.master.seal(&seal_context(account.id), secret.as_bytes()).map_err(Failure::broken)?;
    if !store::add_account(&mut tx, &account, new.legal_entity, sealed, ctx.now()).await? {
        return Err(Problem::new(NAME_TAKEN, format!("there is a union account {} already", account.name)).into());
    }
    for program in &programs {
        store::serve_program(&mut tx, account.id, *program).await?;
    }
    let detail = json!({ "account": brief(&account), "legal_entity": new.legal_entity, "programs": programs });
    note(&ctx, &mut tx, caller.person, None, "union_account.add", account.id.to_string(), detail).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(AccountBody::load(&ctx, account).await?)))
}

/// What the audit log keeps; never the secret.
fn brief(account: &UnionAccount) -> Value {
    json!({
        "union": account.union_code, "name": account.name, "gateway_url": account.gateway_url,
        "app_key": account.app_key, "link_hosts": account.link_hosts, "per_second": account.per_second,
        "daily_budget": account.daily_budget, "active": account.active,
    })
}

/// The account of a path.
pub(super) async fn known(ctx: &Ctx, id: UnionAccountId) -> Result<UnionAccount, Failure> {
    let found = find_account(&mut ctx.db.read().await?, id).await?;
    let (account, _) = found.ok_or_else(|| Problem::new(UNKNOWN_ACCOUNT, format!("there is no union account {id}")))?;
    Ok(account)
}

#[utoipa::path(get, path = "/union-accounts/{account}", tag = "union accounts", operation_id = "union_account",
    params(("account" = String, Path)),
    responses((status = 200, body = AccountBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn view(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(id): PathOf<UnionAccountId>,
) -> Result<Json<AccountBody>, Failure> {
    caller.needs_everywhere(Right::Read)?;
    Ok(Json(AccountBody::load(&ctx, known(&ctx, id).await?).await?))
}

#[utoipa::path(patch, path = "/union-accounts/{account}", tag = "union accounts", operation_id = "change_union_account",
    params(("account" = String, Path)), request_body = ChangeAccount,
    responses((status = 200, body = AccountBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn change(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(id): PathOf<UnionAccountId>,
    Body(change): Body<ChangeAccount>,
) -> Result<Json<AccountBody>, Failure> {
    caller.needs_everywhere(Right::ManagePrograms)?;
    let before = known(&ctx, id).await?;
    let mut account = UnionAccount { version: change.version, ..before.clone() };
    let mut input = Input::default();
    if let Some(url) = &change.gateway_url {
        account.gateway_url = input.take("gateway_url", rules::gateway(url, ctx.settings.demo));
    }
    if let Some(key) = &change.app_key {
        account.app_key = input.text("app_key", key, 1, 100);
    }
    if let Some(sent) = &change.link_hosts {
        account.link_hosts = hosts(&mut input, sent);
    }
    if let Some(n) = change.per_second {
        account.per_second = u32::try_from(input.range("per_second", n, 1, 10_000)).unwrap_or(1);
    }
    if let Some(n) = change.daily_budget {
        account.daily_budget = u64::try_from(input.range("daily_budget", n, 1, 1_000_000_000)).unwrap_or(1);
    }
    match change.state.as_deref() {
        None => {}
        Some("active") => account.active = true,
        Some("paused") => account.active = false,
        Some(_) => input.wrong("state", "must be active or paused"),
    }
    let sealed = match &change.app_secret {
        Some(sent) => {
            let secret = secret(&mut input, sent);
            Some(ctx.master.seal(&seal_context(id), secret.as_bytes()).map_err(Failure::broken)?)
        }
        None => None,
    };
    let stored = store::account_tracking(&mut ctx.db.read().await?, id).await?;
    let tracking = match &change.tracking {
        Some(sent) => Some(tracking(&ctx, &mut input, id, &stored, sent)?),
        None => None,
    };
    input.done()?;
    let rotated = sealed.is_some();
    let mut tx = ctx.db.begin().await?;
    if !store::update_account(&mut tx, &account, sealed).await? {
        return Err(stale("the union account").into());
    }
    let mut detail = json!({ "before": brief(&before), "after": brief(&account), "secret_replaced": rotated });
    if let Some(tracking) = &tracking {
        store::put_account_tracking(&mut tx, id, tracking).await?;
        detail["tracking"] = json!({
            "site_id": tracking.site_id, "position_union_id": tracking.position_union_id,
            "position_key_replaced": tracking.position_key.is_some(),
        });
    }
    note(&ctx, &mut tx, caller.person, None, "union_account.change", id.to_string(), detail).await?;
    tx.commit().await?;
    account.version += 1;
    Ok(Json(AccountBody::load(&ctx, account).await?))
}

fn tracking(
    ctx: &Ctx,
    input: &mut Input,
    id: UnionAccountId,
    stored: &AccountTracking,
    sent: &ChangeTracking,
) -> Result<AccountTracking, Failure> {
    let site_id = sent.site_id.map(|n| input.range("tracking.site_id", n, 1, NUMBER_MAX));
    let position_union_id = sent.position_union_id.map(|n| input.range("tracking.position_union_id", n, 1, NUMBER_MAX));
    let position_key = match &sent.position_key {
        Some(key) => {
            let key = input.text("tracking.position_key", key, 4, 500);
            Some(ctx.master.seal(&position_seal_context(id), key.as_bytes()).map_err(Failure::broken)?)
        }
        None => None,
    };
    if position_union_id.is_some() && position_key.is_none() && stored.position_key.is_none() {
        input.wrong("tracking.position_key", "is needed with position_union_id");
    }
    Ok(AccountTracking { site_id, position_union_id, position_key })
}

/// Lets the account serve a program; doing it twice changes nothing.
#[utoipa::path(post, path = "/union-accounts/{account}/programs", tag = "union accounts", operation_id = "serve_program",
    params(("account" = String, Path)), request_body = ServeProgram,
    responses((status = 200, body = AccountBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn serve_program(
    State(ctx): State<Ctx>,
    caller: Caller,
    PathOf(id): PathOf<UnionAccountId>,
    Body(serve): Body<ServeProgram>,
) -> Result<Json<AccountBody>, Failure> {
    caller.needs_everywhere(Right::ManagePrograms)?;
    let account = known(&ctx, id).await?;
    let mut tx = ctx.db.begin().await?;
    let program = store::find_named(&mut tx, &serve.program).await?;
    let program = program.ok_or_else(|| unknown_program(&serve.program))?;
    store::serve_program(&mut tx, id, program.id).await?;
    let detail = json!({ "account": id, "program": program.code });
    note(&ctx, &mut tx, caller.person, Some(program.id), "union_account.serve", id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(Json(AccountBody::load(&ctx, account).await?))
}
