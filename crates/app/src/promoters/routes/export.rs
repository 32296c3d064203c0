//! GET /programs/{program}/promoters/export and …/invite-codes/export: the lists as files.

use super::{codes, list};
use crate::ctx::Ctx;
use crate::promoters::store;
use crate::staff::{InProgram, Right};
use axum::extract::State;
use axum::response::Response;
use infra::http::{CSV_ROWS, Cell, Failure, Params, ProblemBody, csv, in_zone};
use infra::row;

/// All that the list shows with these filters.
#[utoipa::path(get, path = "/programs/{program}/promoters/export", tag = "promoters", operation_id = "export_promoters",
    params(("program" = String, Path), list::Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn promoters(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<list::Query>,
) -> Result<Response, Failure> {
    cx.needs(Right::Read)?;
    let filter = query.filter()?;
    let joined = in_zone("加入时间", &cx.program.zone);
    let header = ["推手", "名称", "邀请人", "邀请人名称", "自然人", &joined, "状态", "等级"];
    csv("promoters", &header, (ctx, cx.program, filter), |(ctx, program, filter), after| async move {
        let mut read = ctx.db.read().await?;
        let found = store::list(&mut read, program.id, ctx.now(), &filter, after, CSV_ROWS).await?;
        let names = store::names(&mut read, found.iter().filter_map(|(p, _)| p.inviter).collect()).await?;
        let rows = found.iter().map(|(p, standing)| {
            row![
                p.id.to_string(),
                &*p.display_name,
                Cell::maybe(p.inviter.map(|id| id.to_string())),
                Cell::maybe(p.inviter.and_then(|id| names.get(&id)).map(String::as_str)),
                p.person.to_string(),
                Cell::time(p.joined_at, &program.zone),
                if standing.suspended { "已停用" } else { "正常" },
                standing.level
            ]
        });
        Ok((rows.collect(), list::next(&found, CSV_ROWS)))
    })
    .await
}

/// All that the list shows; a promoter's own.
#[utoipa::path(get, path = "/programs/{program}/invite-codes/export", tag = "promoters",
    operation_id = "export_invite_codes", params(("program" = String, Path), codes::Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = ProblemBody)))]
pub async fn codes(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(query): Params<codes::Query>,
) -> Result<Response, Failure> {
    let of = query.of(&mut ctx.db.read().await?, &cx).await?;
    let (made, until) = (in_zone("创建时间", &cx.program.zone), in_zone("有效期至", &cx.program.zone));
    let header = ["邀请码", "链接", "邀请人", "邀请人名称", "名额", "已用", &until, &made];
    csv("invite-codes", &header, (ctx, cx.program, of), |(ctx, program, of), after| async move {
        let mut read = ctx.db.read().await?;
        let found = store::codes(&mut read, program.id, of, after, CSV_ROWS).await?;
        let names = store::names(&mut read, found.iter().filter_map(|i| i.inviter).collect()).await?;
        let rows = found.iter().map(|invite| {
            row![
                &*invite.code,
                codes::join_url(&ctx, &program, invite),
                Cell::maybe(invite.inviter.map(|id| id.to_string())),
                Cell::maybe(invite.inviter.and_then(|id| names.get(&id)).map(String::as_str)),
                invite.quota,
                invite.used,
                Cell::time(invite.expires_at, &program.zone),
                Cell::time(invite.created_at, &program.zone)
            ]
        });
        Ok((rows.collect(), codes::next(&found, CSV_ROWS)))
    })
    .await
}
