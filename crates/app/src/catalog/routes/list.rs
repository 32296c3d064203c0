//! GET /programs/{program}/products: what a program can share.

use super::earn::Earning;
use super::reader_is_staff;
use super::view::ProductBody;
use crate::catalog::store::{self, Query, Sort, TERMS_MAX};
use crate::catalog::{ProductState, rules};
use crate::ctx::Ctx;
use crate::programs;
use crate::staff::{InProgram, Input, Paging};
use axum::Json;
use axum::extract::State;
use infra::http::{Failure, Params, ProblemBody};
use kernel::{Money, PAGE_DEFAULT, PAGE_MAX, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Up to six words, all of which must be contained in title, brand, shop or category names.
    pub q: Option<String>,
    /// Category id of any level.
    pub category: Option<i64>,
    /// Bounds on the final price of now, both included.
    pub price_from_fen: Option<i64>,
    pub price_to_fen: Option<i64>,
    pub rate_from_ppm: Option<i64>,
    /// true: only with a coupon that is not over.
    pub coupon: Option<bool>,
    /// true: sold by the union itself; false: by others.
    pub self_run: Option<bool>,
    /// on_sale (usual), withdrawn or banned; for staff.
    pub state: Option<String>,
    /// seen (usual), final (as of `seen_at`), rate or commission.
    pub sort: Option<String>,
    /// Largest or newest first (usual); false: the other way round.
    pub desc: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct ProductPage {
    pub items: Vec<ProductBody>,
    /// Send it as `after` for the next page; null on the last.
    pub next: Option<String>,
}

/// Products of the union accounts that serve a program, for its staff and promoters.
#[utoipa::path(get, path = "/programs/{program}/products", tag = "catalog", operation_id = "list_products",
    params(("program" = String, Path), Filter, Paging),
    responses((status = 200, body = ProductPage), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Params(filter): Params<Filter>,
    Params(paging): Params<Paging>,
) -> Result<Json<ProductPage>, Failure> {
    let mut read = ctx.db.read().await?;
    let staff = reader_is_staff(&mut read, &cx).await?;
    let query = query(&filter, &paging, staff)?;
    let now = ctx.now();
    let accounts = programs::store::accounts_of_program(&mut read, cx.program.id).await?;
    let (products, next) = store::list(&mut read, &accounts, &query, now).await?;
    let earning = Earning::load(&mut read, &cx, &accounts, now).await?;
    let mut items = Vec::with_capacity(products.len());
    for product in &products {
        let earn = earning.as_ref().map(|e| e.on(product)).transpose()?;
        items.push(ProductBody::new(product, now).earning(earn));
    }
    Ok(Json(ProductPage { items, next: next.map(|c| c.to_string()) }))
}

/// What to look for.
pub(super) fn query(filter: &Filter, paging: &Paging, staff: bool) -> Result<Query, Problem> {
    let mut input = Input::default();
    let words = filter.q.as_deref().map(|q| input.text("q", q, 0, 100)).unwrap_or_default();
    let patterns = rules::patterns(&words);
    if patterns.len() > TERMS_MAX {
        input.wrong("q", format!("must have at most {TERMS_MAX} words"));
    }
    let mut price =
        |field: &str, fen: Option<i64>| fen.map(|fen| Money::from_fen(input.range(field, fen, 0, i64::MAX)));
    let price_from = price("price_from_fen", filter.price_from_fen);
    let price_to = price("price_to_fen", filter.price_to_fen);
    let rate_from = filter.rate_from_ppm.map(|ppm| input.rate("rate_from_ppm", ppm));
    let state = filter.state.as_deref().unwrap_or(ProductState::OnSale.word());
    let state = ProductState::from_word(state).ok_or("must be on_sale, withdrawn or banned".to_owned());
    let state = match state {
        Ok(state) if state != ProductState::OnSale && !staff => Err("is for staff".to_owned()),
        other => other,
    };
    let state = state.unwrap_or_else(|message| {
        input.wrong("state", message);
        ProductState::OnSale
    });
    let sort = filter.sort.as_deref().unwrap_or(Sort::Seen.word());
    let sort = input.take("sort", Sort::from_word(sort).ok_or("must be seen, final, rate or commission".to_owned()));
    let limit = paging.limit.unwrap_or(PAGE_DEFAULT);
    input.range("limit", limit.into(), 1, PAGE_MAX.into());
    let after = paging.after.as_deref().map(str::parse).transpose().unwrap_or_else(|_| {
        input.wrong("after", "must be the `next` of a page");
        None
    });
    input.done()?;
    Ok(Query {
        patterns,
        category: filter.category,
        price_from,
        price_to,
        rate_from,
        coupon: filter.coupon.unwrap_or(false),
        self_run: filter.self_run,
        state,
        sort,
        ascending: !filter.desc.unwrap_or(true),
        after,
        limit,
    })
}
