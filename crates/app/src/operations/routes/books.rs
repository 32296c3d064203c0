//! GET /ledger/balances and GET /ledger/accounts: the books as a whole.

use crate::ctx::Ctx;
use crate::ledger;
use crate::operations::store;
use crate::programs;
use crate::promoters;
use crate::staff::{Caller, Input, Right, unknown_program};
use accounting::{Account, AccountKind};
use axum::Json;
use axum::extract::State;
use infra::db::{DbError, Tx};
use infra::http::{Failure, Params, ProblemBody};
use kernel::{Cursor, Money, PAGE_DEFAULT, PAGE_MAX, ProgramId, PromoterId, UnionAccountId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfProgram {
    /// Code or id: the program's own accounts and its promoters'. What unions owe stands above programs.
    program: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BalanceBody {
    /// `union.estimated`, `person.waiting`, `platform.income.cps` …
    pub account: &'static str,
    /// Debit positive, credit negative; summed over all owners.
    pub balance_fen: i64,
    pub postings: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BalanceList {
    pub items: Vec<BalanceBody>,
    /// Always null: there are a few accounts.
    pub next: Option<String>,
}

/// Every kind of account, summed over its owners.
#[utoipa::path(get, path = "/ledger/balances", tag = "ledger", operation_id = "ledger_balances", params(OfProgram),
    responses((status = 200, body = BalanceList), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn balances(
    State(ctx): State<Ctx>,
    caller: Caller,
    Params(query): Params<OfProgram>,
) -> Result<Json<BalanceList>, Failure> {
    let mut read = ctx.db.read().await?;
    let mut found = match &query.program {
        None => {
            caller.needs_everywhere(Right::ReadLedger)?;
            ledger::store::balances_by_account(&mut read).await?
        }
        Some(named) => {
            let program = programs::store::find_named(&mut read, named).await?;
            let program = program.filter(|program| !caller.role_in(program.id).is_empty());
            let program = program.ok_or_else(|| unknown_program(named))?;
            caller.needs(Right::ReadLedger, program.id)?;
            store::program_balances(&mut read, program.id).await?
        }
    };
    // As docs/books.md lists them.
    found.sort_by_key(|(kind, _, _)| *kind);
    let body = |(kind, balance, postings): (AccountKind, Money, i64)| BalanceBody {
        account: kind.name(),
        balance_fen: balance.fen(),
        postings,
    };
    Ok(Json(BalanceList { items: found.into_iter().map(body).collect(), next: None }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Rows, at most 100.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
    /// Only this account: `person.waiting` …
    account: Option<String>,
    /// Only this union account's, promoter's or program's (id), or `unassigned`.
    owner: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OwnedBody {
    pub account: &'static str,
    /// Id of a union account, promoter or program; `unassigned`: the platform's part of lines of nobody.
    pub owner: String,
    pub owner_name: Option<String>,
    /// Debit positive, credit negative.
    pub balance_fen: i64,
    pub postings: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OwnedPage {
    pub items: Vec<OwnedBody>,
    pub next: Option<String>,
}

/// What a query asks for.
struct Wanted {
    kind: Option<AccountKind>,
    owner: Option<i64>,
    after: Option<Account>,
    limit: u32,
}

impl Query {
    fn wanted(&self) -> Result<Wanted, Failure> {
        let mut input = Input::default();
        let kind = self.account.as_deref().and_then(AccountKind::from_name);
        if self.account.is_some() && kind.is_none() {
            input.wrong("account", "is none of the accounts");
        }
        let owner = self.owner.as_deref().and_then(owner_of);
        if self.owner.is_some() && owner.is_none() {
            input.wrong("owner", "is not the id of a union account, promoter or program, nor `unassigned`");
        }
        let after = self.after.as_deref().and_then(account_at);
        if self.after.is_some() && after.is_none() {
            input.wrong("after", "is not a cursor that a list returned");
        }
        input.done()?;
        Ok(Wanted { kind, owner, after, limit: self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX) })
    }
}

fn owner_of(text: &str) -> Option<i64> {
    if text == "unassigned" {
        return Some(0);
    }
    let union_account = text.parse::<UnionAccountId>().map(UnionAccountId::raw).ok();
    let promoter = || text.parse::<PromoterId>().map(PromoterId::raw).ok();
    union_account.or_else(promoter).or_else(|| text.parse::<ProgramId>().map(ProgramId::raw).ok())
}

fn account_at(text: &str) -> Option<Account> {
    let cursor: Cursor = text.parse().ok()?;
    let kind = AccountKind::ALL.get(usize::try_from(cursor.sort).ok()?)?;
    Some(Account { kind: *kind, owner: cursor.id })
}

fn cursor_of(account: Account) -> String {
    let sort = AccountKind::ALL.iter().position(|kind| *kind == account.kind).unwrap_or_default();
    Cursor { sort: i64::try_from(sort).unwrap_or_default(), id: account.owner }.to_string()
}

/// Every account with its owner, in the order of names.
#[utoipa::path(get, path = "/ledger/accounts", tag = "ledger", operation_id = "ledger_owned_accounts", params(Query),
    responses((status = 200, body = OwnedPage), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn accounts(
    State(ctx): State<Ctx>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<OwnedPage>, Failure> {
    caller.needs_everywhere(Right::ReadLedger)?;
    let wanted = query.wanted()?;
    let mut read = ctx.db.read().await?;
    let mut next = None;
    let found = match wanted.owner {
        // One owner has a few accounts: one page.
        Some(owner) => {
            let mut found = ledger::store::balances(&mut read, &[owner]).await?;
            found.retain(|(account, _, _)| wanted.kind.is_none_or(|kind| kind == account.kind));
            found
        }
        None => {
            let found = ledger::store::account_page(&mut read, wanted.kind, wanted.after, wanted.limit).await?;
            if found.len() as u64 == u64::from(wanted.limit) {
                next = found.last().map(|(account, _, _)| cursor_of(*account));
            }
            found
        }
    };
    let mut items = Vec::with_capacity(found.len());
    for (account, balance, postings) in found {
        items.push(OwnedBody {
            account: account.kind.name(),
            owner: account.owner_text(),
            owner_name: owner_name(&mut read, account).await?,
            balance_fen: balance.fen(),
            postings,
        });
    }
    Ok(Json(OwnedPage { items, next }))
}

async fn owner_name(tx: &mut Tx, account: Account) -> Result<Option<String>, DbError> {
    use AccountKind::{
        PersonConfirmed, PersonHeld, PersonPayable, PersonWaiting, UnionConfirmed, UnionDue, UnionEstimated,
    };
    Ok(match account.kind {
        UnionEstimated | UnionConfirmed | UnionDue => {
            let id = UnionAccountId::from_raw(account.owner);
            programs::find_account(tx, id).await?.map(|(found, _)| found.name)
        }
        PersonWaiting | PersonConfirmed | PersonPayable | PersonHeld => {
            let id = PromoterId::from_raw(account.owner);
            promoters::store::find_any(tx, id).await?.map(|found| found.display_name)
        }
        _ => programs::store::find(tx, ProgramId::from_raw(account.owner)).await?.map(|found| found.name),
    })
}
