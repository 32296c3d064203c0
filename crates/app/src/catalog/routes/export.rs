//! GET /programs/{program}/products/export: the list as a file.

use super::earn::Earning;
use super::list::{Filter, query};
use super::reader_is_staff;
use crate::catalog::store::{self, Query};
use crate::catalog::{ProductState, rules};
use crate::ctx::Ctx;
use crate::programs;
use crate::staff::{InProgram, Paging};
use axum::extract::State;
use axum::response::Response;
use infra::http::{CSV_ROWS, Cell, Failure, Params, ProblemBody, csv, in_zone};
use infra::row;
use kernel::Money;
use std::sync::Arc;

/// All that the list shows with these filters, in its order.
#[utoipa::path(get, path = "/programs/{program}/products/export", tag = "catalog", operation_id = "export_products",
    params(("program" = String, Path), Filter),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn export(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(filter): Params<Filter>,
) -> Result<Response, Failure> {
    let mut read = ctx.db.read().await?;
    let staff = reader_is_staff(&mut read, &cx).await?;
    let query = Query { limit: CSV_ROWS, ..query(&filter, &Paging::default(), staff)? };
    let accounts = programs::store::accounts_of_program(&mut read, cx.program.id).await?;
    let earning = Arc::new(Earning::load(&mut read, &cx, &accounts, ctx.now()).await?);
    drop(read);
    let seen = in_zone("价格截至", &cx.program.zone);
    let header = [
        "商品",
        "标题",
        "品牌",
        "店铺",
        "自营",
        "类目",
        "原价(元)",
        "促销价(元)",
        "券额(元)",
        "券门槛(元)",
        "到手价(元)",
        "佣金比例(%)",
        "佣金(元)",
        "分享赚(元)",
        "自购省(元)",
        "30天销量",
        "状态",
        &seen,
        "商品编号",
        "链接",
    ];
    let needs = (ctx, cx.program, query, accounts, earning);
    csv("products", &header, needs, |(ctx, program, query, accounts, earning), after| async move {
        let now = ctx.now();
        let query = Query { after, ..query };
        let (found, next) = store::list(&mut ctx.db.read().await?, &accounts, &query, now).await?;
        let mut rows = Vec::with_capacity(found.len());
        for p in &found {
            let earn = earning.as_ref().as_ref().map(|e| e.on(p)).transpose()?;
            rows.push(row![
                p.number.to_string(),
                &*p.title,
                &*p.brand,
                &*p.shop,
                Cell::yes(p.self_run),
                &*p.category_name,
                p.list_price,
                p.promo_price,
                p.coupon,
                p.coupon_threshold,
                rules::final_price(p, now),
                p.rate,
                p.commission,
                Cell::maybe(earn.map(|e| Money::from_fen(e.shared_fen))),
                Cell::maybe(earn.map(|e| Money::from_fen(e.self_fen))),
                Cell::maybe(p.sales_30_days),
                state(p.state),
                Cell::time(p.seen_at, &program.zone),
                &*p.item_key,
                &*p.material_url
            ]);
        }
        Ok((rows, next))
    })
    .await
}

fn state(state: ProductState) -> &'static str {
    match state {
        ProductState::OnSale => "在售",
        ProductState::Withdrawn => "下架",
        ProductState::Banned => "禁推",
    }
}
