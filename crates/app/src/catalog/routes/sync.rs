//! POST /programs/{program}/sync: reads feeds of the program's union accounts now.

use crate::audit::{self, Deed};
use crate::catalog::{self, Feed, FeedFailure, SyncError, SyncLimits};
use crate::ctx::Ctx;
use crate::programs;
use crate::staff::{InProgram, Input, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{Problem, ProblemCode, UnionAccountId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub const UNION_FAILED: ProblemCode = ProblemCode::new("catalog.union_failed", 502, "the union refused or failed");

const FEEDS_OF_REQUEST_MAX: usize = 50;
const PAGES_USUAL: u32 = 1;
const PAGES_MAX: u32 = 50;
/// Pages of one request and account: somebody waits for the answer.
const PAGES_TOTAL: u32 = 200;

#[derive(Deserialize, ToSchema)]
pub struct SyncRequest {
    /// `channel:22`, `search:抽纸`; at most 50. Without it: the union's documented channels.
    pub feeds: Option<Vec<String>>,
    /// Pages of each feed, 1 to 50, usually 1; at most 200 in all for each account. The next sync goes on from there.
    pub pages: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct FailedFeed {
    #[schema(value_type = String)]
    pub union_account: UnionAccountId,
    pub feed: String,
    /// Where the next sync goes on.
    pub page: u32,
    /// auth, permission, rate_limited, bad_request, retryable, malformed, budget_spent …
    pub class: String,
    pub message: String,
}

#[derive(Default, Serialize, ToSchema)]
pub struct SyncBody {
    pub pages: u32,
    /// Products on the pages read.
    pub seen: u64,
    pub new: u64,
    /// Known ones of which anything but the time of sight changed.
    pub changed: u64,
    /// Feeds walked to their end.
    pub finished: Vec<String>,
    /// Feeds that stopped, and why.
    pub failed: Vec<FailedFeed>,
}

impl FailedFeed {
    fn new(account: UnionAccountId, failure: FeedFailure) -> FailedFeed {
        FailedFeed {
            union_account: account,
            feed: failure.feed.to_string(),
            page: failure.page,
            class: failure.error.class.word().to_owned(),
            message: failure.error.to_string(),
        }
    }
}

/// Reads feeds now and answers what came. Some feeds may fail (`failed`); where not one page could be read, 502.
#[utoipa::path(post, path = "/programs/{program}/sync", tag = "catalog", operation_id = "sync_products",
    params(("program" = String, Path)), request_body = SyncRequest,
    responses((status = 200, body = SyncBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 502, body = ProblemBody)))]
pub async fn sync(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(request): Body<SyncRequest>,
) -> Result<Json<SyncBody>, Failure> {
    cx.needs(Right::ManageCatalog)?;
    let (feeds, limits) = wanted(&request)?;
    let accounts = programs::store::accounts_of_program(&mut ctx.db.read().await?, cx.program.id).await?;
    note(&ctx, &cx, &feeds, limits).await?;
    let mut body = SyncBody::default();
    for account in accounts {
        let report = catalog::sync(&ctx, account, feeds.clone(), limits, |_| {}).await.map_err(failure)?;
        body.pages += report.pages;
        body.seen += report.seen;
        body.new += report.new;
        body.changed += report.changed;
        body.finished.extend(report.finished.iter().map(Feed::to_string));
        body.failed.extend(report.failed.into_iter().map(|f| FailedFeed::new(account, f)));
    }
    match body.failed.first() {
        Some(first) if body.pages == 0 => Err(union_failed(&first.class, &first.message).into()),
        _ => Ok(Json(body)),
    }
}

fn wanted(request: &SyncRequest) -> Result<(Vec<Feed>, SyncLimits), Problem> {
    let mut input = Input::default();
    let pages = request.pages.unwrap_or(PAGES_USUAL);
    input.range("pages", pages.into(), 1, PAGES_MAX.into());
    let mut feeds: Vec<Feed> = Vec::new();
    match &request.feeds {
        None => feeds = Feed::defaults(),
        Some(texts) if texts.is_empty() || texts.len() > FEEDS_OF_REQUEST_MAX => {
            input.wrong("feeds", format!("must be 1 to {FEEDS_OF_REQUEST_MAX}"));
        }
        Some(texts) => {
            for (at, text) in texts.iter().enumerate() {
                match text.parse() {
                    Ok(feed) if !feeds.contains(&feed) => feeds.push(feed),
                    Ok(_) => {}
                    Err(e) => input.wrong(&format!("feeds[{at}]"), e.to_string()),
                }
            }
        }
    }
    input.done()?;
    Ok((feeds, SyncLimits { pages_max: pages, pages_total: PAGES_TOTAL }))
}

/// Noted before the work begins: the pages that follow are each a transaction of their own.
async fn note(ctx: &Ctx, cx: &InProgram, feeds: &[Feed], limits: SyncLimits) -> Result<(), Failure> {
    let feeds: Vec<String> = feeds.iter().map(Feed::to_string).collect();
    let detail = json!({ "feeds": feeds, "pages": limits.pages_max });
    let (by, program) = (cx.caller.person, cx.program.id);
    let deed = Deed { by, program: Some(program), action: "catalog.sync", subject: program.to_string(), detail };
    let mut tx = ctx.db.begin().await?;
    audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
    Ok(tx.commit().await?)
}

fn failure(error: SyncError) -> Failure {
    match error {
        SyncError::Account(failure) => failure,
        SyncError::Union(error) => union_failed(error.class.word(), &error.to_string()).into(),
        SyncError::Db(error) => error.into(),
    }
}

fn union_failed(class: &str, message: &str) -> Problem {
    Problem::new(UNION_FAILED, message).field("class", class)
}
