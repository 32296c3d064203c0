//! GET /programs/{program}/communities/export: the list as a file.

use super::list::{self, Query};
use crate::communities::model::{ACTIVE, CLOSED, FROZEN, PAUSED};
use crate::communities::store;
use crate::ctx::Ctx;
use crate::promoters;
use crate::staff::InProgram;
use axum::extract::State;
use axum::response::Response;
use infra::http::{CSV_ROWS, Cell, Failure, Params, ProblemBody, csv, in_zone};
use infra::row;

/// All that the list shows with these filters; a promoter's own.
#[utoipa::path(get, path = "/programs/{program}/communities/export", tag = "communities",
    operation_id = "export_communities", params(("program" = String, Path), Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn export(State(ctx): State<Ctx>, cx: InProgram, Params(query): Params<Query>) -> Result<Response, Failure> {
    let filter = query.filter(&mut ctx.db.read().await?, &cx).await?;
    let made = in_zone("创建时间", &cx.program.zone);
    let header = ["社群", "名称", "推手", "推手名称", "类型", "城市", "人数", "状态", &made];
    csv("communities", &header, (ctx, cx.program, filter), |(ctx, program, filter), after| async move {
        let mut read = ctx.db.read().await?;
        let found = store::list(&mut read, program.id, &filter, after, CSV_ROWS).await?;
        let names = promoters::store::names(&mut read, found.iter().map(|c| c.promoter).collect()).await?;
        let rows = found.iter().map(|c| {
            row![
                c.id.to_string(),
                &*c.name,
                c.promoter.to_string(),
                Cell::maybe(names.get(&c.promoter).map(String::as_str)),
                &*c.kind,
                &*c.city,
                c.member_count,
                state(&c.state),
                Cell::time(c.created_at, &program.zone)
            ]
        });
        Ok((rows.collect(), list::next(&found, CSV_ROWS)))
    })
    .await
}

fn state(word: &str) -> &str {
    match word {
        ACTIVE => "活跃",
        PAUSED => "暂停",
        FROZEN => "冻结",
        CLOSED => "已关闭",
        other => other,
    }
}
