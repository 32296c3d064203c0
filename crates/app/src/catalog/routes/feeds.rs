//! GET /programs/{program}/feeds: how far the walks over channels and searches are.

use crate::catalog::store::{self, FeedProgress};
use crate::ctx::Ctx;
use crate::programs;
use crate::staff::{InProgram, Right};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, ProblemBody};
use kernel::{Instant, UnionAccountId};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct FeedBody {
    #[schema(value_type = String)]
    pub union_account: UnionAccountId,
    /// `channel:22`, `search:抽纸`.
    pub feed: String,
    /// Where the next sync goes on; 1 where the last walk came to its end.
    pub next_page: i64,
    pub started_at: String,
    /// Null: the walk goes on.
    pub finished_at: Option<String>,
    /// Products in the pages read.
    pub seen: i64,
    /// Why the walk stopped; null once a page could be read again.
    pub last_error: Option<String>,
}

impl FeedBody {
    fn new(account: UnionAccountId, feed: FeedProgress) -> FeedBody {
        FeedBody {
            union_account: account,
            feed: feed.feed,
            next_page: feed.next_page,
            started_at: feed.started_at.rfc3339(),
            finished_at: feed.finished_at.map(Instant::rfc3339),
            seen: feed.seen,
            last_error: feed.last_error,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct FeedList {
    /// Per union account, the feed begun last first.
    pub items: Vec<FeedBody>,
    /// Always null: at most 200 feeds of an account.
    pub next: Option<String>,
}

/// Feeds of the union accounts that serve a program, for staff.
#[utoipa::path(get, path = "/programs/{program}/feeds", tag = "catalog", operation_id = "list_feeds",
    params(("program" = String, Path)),
    responses((status = 200, body = FeedList), (status = 404, body = ProblemBody)))]
pub async fn feeds(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<FeedList>, Failure> {
    cx.needs(Right::Read)?;
    let mut read = ctx.db.read().await?;
    let mut items = Vec::new();
    for account in programs::store::accounts_of_program(&mut read, cx.program.id).await? {
        let feeds = store::feeds(&mut read, account).await?;
        items.extend(feeds.into_iter().map(|feed| FeedBody::new(account, feed)));
    }
    Ok(Json(FeedList { items, next: None }))
}
