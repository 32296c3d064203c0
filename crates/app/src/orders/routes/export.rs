//! GET /programs/{program}/orders/export: the list as a file.

use super::list::Query;
use super::view::Names;
use crate::ctx::Ctx;
use crate::orders::store;
use crate::orders::{Attribution, Line};
use crate::promoters;
use crate::staff::{InProgram, Right};
use axum::extract::State;
use axum::response::Response;
use infra::http::{CSV_ROWS, Cell, Failure, Params, ProblemBody, csv, in_zone};
use infra::row;
use kernel::{LineState, Zone};

/// All that the list shows with these filters; a promoter's own, without the parts of others.
#[utoipa::path(get, path = "/programs/{program}/orders/export", tag = "orders", operation_id = "export_orders",
    params(("program" = String, Path), Query),
    responses((status = 200, content_type = "text/csv", body = String), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
pub async fn export(State(ctx): State<Ctx>, cx: InProgram, Params(query): Params<Query>) -> Result<Response, Failure> {
    let mut filter = query.filter()?;
    let staff = cx.may(Right::Read);
    if !staff {
        filter.promoter = Some(promoters::acting(&mut ctx.db.read().await?, &cx, filter.promoter).await?.id);
    }
    let zone = &cx.program.zone;
    let (ordered, finished) = (in_zone("下单时间", zone), in_zone("完成时间", zone));
    let mut header = vec![
        "订单行",
        "订单号",
        "父订单号",
        &ordered,
        &finished,
        "状态",
        "联盟状态",
        "需核对",
        "标题",
        "商品编号",
        "商品",
        "数量",
        "退货",
        "单价(元)",
        "计佣金额(元)",
        "预估佣金(元)",
        "实际佣金(元)",
        "佣金(元)",
        "归属",
        "推手",
        "推手名称",
        "社群",
        "社群名称",
        "自购",
        "分佣比例(%)",
        "分佣(元)",
    ];
    if staff {
        header.extend(["邀请人", "邀请人名称", "邀请分佣(元)", "平台留存(元)"]);
    }
    csv("orders", &header, (ctx, cx.program, filter, staff), |(ctx, program, filter, staff), after| async move {
        let mut read = ctx.db.read().await?;
        let (lines, next) = store::list(&mut read, Some(program.id), None, &filter, after, CSV_ROWS).await?;
        let names = Names::load(&mut read, &lines).await?;
        let rows = lines.iter().map(|line| cells(line, &names, &program.zone, staff));
        Ok((rows.collect::<Result<_, _>>()?, next))
    })
    .await
}

fn cells(line: &Line, names: &Names, zone: &Zone, staff: bool) -> Result<Vec<Cell>, Failure> {
    let shares = line.shares().map_err(Failure::broken)?;
    let mut cells = row![
        line.id.to_string(),
        &*line.order_no,
        Cell::maybe(line.parent_no.clone()),
        Cell::time(line.ordered_at, zone),
        Cell::maybe(line.finished_at.map(|at| at.local(zone))),
        state(line.state),
        &*line.raw_status,
        Cell::yes(line.needs_review),
        &*line.title,
        &*line.item_key,
        Cell::maybe(names.product(line).map(|p| p.number.to_string())),
        line.quantity,
        line.returned,
        line.unit_price,
        line.sale(),
        line.estimated_fee,
        line.actual_fee,
        line.fee(),
        attribution(line.attribution),
        Cell::maybe(line.promoter.map(|id| id.to_string())),
        Cell::maybe(names.promoter(line.promoter)),
        Cell::maybe(line.community.map(|id| id.to_string())),
        Cell::maybe(names.community(line)),
        Cell::yes(line.self_purchase),
        line.direct,
        shares.direct
    ];
    if staff {
        cells.extend(row![
            Cell::maybe(line.inviter.map(|id| id.to_string())),
            Cell::maybe(names.promoter(line.inviter)),
            shares.inviter,
            shares.platform
        ]);
    }
    Ok(cells)
}

fn state(state: LineState) -> &'static str {
    match state {
        LineState::Expected => "待付款",
        LineState::Pending => "已付款",
        LineState::Confirmed => "已确认",
        LineState::Superseded => "已拆单",
        LineState::Invalid => "无效",
        LineState::Unknown => "未知",
    }
}

fn attribution(how: Attribution) -> &'static str {
    match how {
        Attribution::Code => "推广码",
        Attribution::Position => "推广位",
        Attribution::ByHand => "人工归属",
        Attribution::NoCode => "无推广码",
        Attribution::Forged => "非本平台推广码",
        Attribution::UnknownPromoter => "推手不存在",
        Attribution::ForeignProgram => "计划不匹配",
        Attribution::NoPlan => "无佣金方案",
    }
}
