//! GET /reports/board: the live board of one program, or of all. Reads roll-ups only.

use crate::catalog;
use crate::ctx::Ctx;
use crate::links::store as clicks;
use crate::programs::{self, Program};
use crate::promoters;
use crate::reports::cities::{LOWER, UPPER};
use crate::reports::store::{self, DayTotal};
use crate::staff::{Caller, Right, unknown_program};
use axum::Json;
use axum::extract::State;
use infra::db::Tx;
use infra::http::{Failure, Params, ProblemBody};
use kernel::{Instant, ProgramId, PromoterId, UnionAccountId, Zone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Minutes of the live line.
const MINUTES: i64 = 180;
/// Days of the charts and of the funnel.
const DAYS: i64 = 14;
const QUARTER_SECONDS: i64 = 900;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Code or id; absent: all programs, for staff of all.
    program: Option<String>,
    /// Days of the top lists, 1 (today) to 14.
    top_days: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BoardBody {
    pub at: String,
    /// Days begin at midnight here.
    pub time_zone: String,
    /// Code; null: all.
    pub program: Option<String>,
    pub today: DayFigures,
    pub yesterday: DayFigures,
    /// Counted every few minutes.
    pub promoters: i64,
    /// Closed ones apart.
    pub communities: i64,
    /// Members of those communities, as stated.
    pub reach: i64,
    /// The last three hours by minute, oldest first.
    pub minutes: Vec<MinuteFigures>,
    /// The last 14 days, oldest first.
    pub days: Vec<DayFigures>,
    pub funnel: Funnel,
    pub top_products: Vec<TopProductBody>,
    pub top_promoters: Vec<TopPromoterBody>,
    pub cities: Cities,
    /// Of today; only on the board of all. The unassigned are in none.
    pub programs: Vec<ProgramFigures>,
}

/// A day of order; amounts of record, estimates included.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct DayFigures {
    /// `yyyy-mm-dd`.
    pub date: String,
    pub order_lines: i64,
    pub gmv_fen: i64,
    pub fee_fen: i64,
    pub direct_fen: i64,
    pub inviter_fen: i64,
    pub platform_fen: i64,
    /// By people.
    pub clicks: i64,
    /// Previews, robots and HEAD.
    pub clicks_filtered: i64,
    pub new_promoters: i64,
    pub new_communities: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MinuteFigures {
    pub at: String,
    pub clicks: i64,
    pub order_lines: i64,
    pub gmv_fen: i64,
}

/// Of the last 14 days.
#[derive(Debug, Serialize, ToSchema)]
pub struct Funnel {
    pub clicks: i64,
    pub order_lines: i64,
    pub confirmed_lines: i64,
    pub fee_fen: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopProductBody {
    #[schema(value_type = String)]
    pub union_account: UnionAccountId,
    pub item_key: String,
    /// Its number; null where the catalog does not know it.
    pub product: Option<String>,
    pub title: String,
    pub order_lines: i64,
    pub gmv_fen: i64,
    pub fee_fen: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TopPromoterBody {
    /// Code of the promoter's program.
    pub program: String,
    #[schema(value_type = String)]
    pub promoter: PromoterId,
    pub display_name: String,
    pub order_lines: i64,
    pub gmv_fen: i64,
    pub fee_fen: i64,
}

/// Sales of the last 14 days by the city of the community whose link was opened.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Cities {
    /// Outside the first and new first tier.
    pub lower: CityFigures,
    pub upper: CityFigures,
    /// Without community, or whose city nobody stated.
    pub unknown: CityFigures,
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CityFigures {
    pub order_lines: i64,
    pub gmv_fen: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProgramFigures {
    pub program: String,
    pub name: String,
    pub order_lines: i64,
    pub gmv_fen: i64,
    pub fee_fen: i64,
    pub clicks: i64,
}

/// The live board of one program, or of all.
#[utoipa::path(get, path = "/reports/board", tag = "reports", operation_id = "board", params(Query),
    responses((status = 200, body = BoardBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn board(
    State(ctx): State<Ctx>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<BoardBody>, Failure> {
    let mut read = ctx.db.read().await?;
    let program = match &query.program {
        Some(named) => {
            let program = programs::store::find_named(&mut read, named).await?.ok_or_else(|| unknown_program(named))?;
            // Strangers and promoters are told the same as of a program that does not exist.
            caller.needs(Right::Read, program.id).map_err(|_| unknown_program(named))?;
            Some(program)
        }
        None => {
            caller.needs_everywhere(Right::Read)?;
            None
        }
    };
    let id = program.as_ref().map(|p| p.id);
    let zone = program.as_ref().map_or_else(Zone::china, |p| p.zone.clone());
    let now = ctx.now();
    let today = zone.day(now).map_err(Failure::broken)?;
    let top_from = today - query.top_days.unwrap_or(1).clamp(1, DAYS) + 1;
    let shown = match program.clone() {
        Some(program) => vec![program],
        None => programs::store::all(&mut read).await?,
    };

    let mut days = orders_by_day(&mut read, id, &zone, today).await?;
    let confirmed = days.iter().map(|(_, confirmed)| *confirmed).sum();
    count_made(&mut read, &shown, &zone, today, &mut days).await?;
    let minutes_of_orders =
        store::minutes(&mut read, id, now.seconds() / 60 - MINUTES + 1, now.seconds() / 60 + 1).await?;
    let top_products = top_products(&mut read, id, top_from, today).await?;
    let top_promoters = top_promoters(&mut read, id, top_from, today, &shown).await?;
    let cities = cities(store::cities(&mut read, id, today - DAYS + 1, today).await?);
    let (mut promoters, mut communities, mut reach) = (0, 0, 0);
    for program in &shown {
        if let Some(size) = store::size(&mut read, program.id).await? {
            promoters += size.promoters;
            communities += size.communities;
            reach += size.reach;
        }
    }
    let by_program = if id.is_none() { store::programs_of_day(&mut read, today).await? } else { vec![] };
    drop(read);

    let mut log = ctx.clicks.read().await?;
    count_clicks(&mut log, id, &zone, today, &mut days).await?;
    let minutes = minutes(&mut log, id, now, minutes_of_orders).await?;
    let quarter = |day: i64| zone.day_start(day).map(|at| at.seconds().div_euclid(QUARTER_SECONDS));
    let (from, to) = (quarter(today).map_err(Failure::broken)?, quarter(today + 1).map_err(Failure::broken)?);
    let clicks_of = if id.is_none() { clicks::clicks_by_program(&mut log, from, to).await? } else { vec![] };
    drop(log);

    let days: Vec<DayFigures> = days.into_iter().map(|(day, _)| day).collect();
    let funnel = Funnel {
        clicks: days.iter().map(|d| d.clicks).sum(),
        order_lines: days.iter().map(|d| d.order_lines).sum(),
        confirmed_lines: confirmed,
        fee_fen: days.iter().map(|d| d.fee_fen).sum(),
    };
    let last = |back: usize| days.iter().rev().nth(back).cloned().unwrap_or_default();
    Ok(Json(BoardBody {
        at: now.rfc3339(),
        time_zone: zone.name().to_owned(),
        program: program.map(|p| p.code),
        today: last(0),
        yesterday: last(1),
        promoters,
        communities,
        reach,
        minutes,
        funnel,
        top_products,
        top_promoters,
        cities,
        programs: if id.is_none() { program_figures(&shown, &by_program, &clicks_of) } else { vec![] },
        days,
    }))
}

/// Fourteen days, those without orders too, each with its confirmed lines.
async fn orders_by_day(
    read: &mut Tx,
    id: Option<ProgramId>,
    zone: &Zone,
    today: i64,
) -> Result<Vec<(DayFigures, i64)>, Failure> {
    let from = today - DAYS + 1;
    let found = match id {
        Some(id) => store::days(read, id, from, today).await?,
        None => store::all_days(read, from, today).await?,
    };
    let by_day: BTreeMap<i64, DayTotal> = found.into_iter().map(|total| (total.day, total)).collect();
    (from..=today)
        .map(|day| {
            let total = by_day.get(&day).copied().unwrap_or_default();
            let figures = DayFigures {
                date: zone.day_start(day).map_err(Failure::broken)?.local_date(zone),
                order_lines: total.lines,
                gmv_fen: total.gmv_fen,
                fee_fen: total.fee_fen,
                direct_fen: total.direct_fen,
                inviter_fen: total.inviter_fen,
                platform_fen: total.platform_fen,
                ..DayFigures::default()
            };
            Ok((figures, total.confirmed))
        })
        .collect()
}

/// New promoters and communities of each day.
async fn count_made(
    read: &mut Tx,
    shown: &[Program],
    zone: &Zone,
    today: i64,
    days: &mut [(DayFigures, i64)],
) -> Result<(), Failure> {
    let first = today - DAYS + 1;
    let from = zone.day_start(first).map_err(Failure::broken)?;
    let to = zone.day_start(today + 1).map_err(Failure::broken)?;
    for program in shown {
        for (quarter, promoters, communities) in store::made(read, program.id, from, to).await? {
            if let Some(figures) = day_of(quarter, zone, first, days)? {
                figures.new_promoters += promoters;
                figures.new_communities += communities;
            }
        }
    }
    Ok(())
}

/// The day in which a quarter of an hour lies: every zone's days are made of whole quarters.
fn day_of<'a>(
    quarter: i64,
    zone: &Zone,
    first: i64,
    days: &'a mut [(DayFigures, i64)],
) -> Result<Option<&'a mut DayFigures>, Failure> {
    let at = Instant::from_micros(quarter.saturating_mul(QUARTER_SECONDS * 1_000_000));
    let day = zone.day(at).map_err(Failure::broken)?;
    Ok(usize::try_from(day - first).ok().and_then(|n| days.get_mut(n)).map(|(figures, _)| figures))
}

/// Clicks of each day, from quarters of an hour.
async fn count_clicks(
    log: &mut Tx,
    id: Option<ProgramId>,
    zone: &Zone,
    today: i64,
    days: &mut [(DayFigures, i64)],
) -> Result<(), Failure> {
    let first = today - DAYS + 1;
    let quarter = |day: i64| zone.day_start(day).map(|at| at.seconds().div_euclid(QUARTER_SECONDS));
    let (from, to) = (quarter(first).map_err(Failure::broken)?, quarter(today + 1).map_err(Failure::broken)?);
    for (at, human, others) in clicks::clicks_by_quarter(log, id, from, to).await? {
        if let Some(figures) = day_of(at, zone, first, days)? {
            figures.clicks += human;
            figures.clicks_filtered += others;
        }
    }
    Ok(())
}

/// Every minute of the last three hours, oldest first.
async fn minutes(
    log: &mut Tx,
    id: Option<ProgramId>,
    now: Instant,
    orders: Vec<(i64, i64, i64)>,
) -> Result<Vec<MinuteFigures>, Failure> {
    let last = now.seconds() / 60;
    let first = last - MINUTES + 1;
    let clicked: BTreeMap<i64, i64> = clicks::clicks_by_minute(log, id, first, last + 1)
        .await?
        .into_iter()
        .map(|(minute, human, _)| (minute, human))
        .collect();
    let ordered: BTreeMap<i64, (i64, i64)> = orders.into_iter().map(|(minute, n, gmv)| (minute, (n, gmv))).collect();
    let figures = (first..=last).map(|minute| {
        let (order_lines, gmv_fen) = ordered.get(&minute).copied().unwrap_or_default();
        MinuteFigures {
            at: Instant::from_micros(minute.saturating_mul(60_000_000)).rfc3339(),
            clicks: clicked.get(&minute).copied().unwrap_or_default(),
            order_lines,
            gmv_fen,
        }
    });
    Ok(figures.collect())
}

async fn top_products(
    read: &mut Tx,
    id: Option<ProgramId>,
    from: i64,
    to: i64,
) -> Result<Vec<TopProductBody>, Failure> {
    let mut body = Vec::new();
    for top in store::top_products(read, id, from, to).await? {
        let known = catalog::store::by_item(read, top.account, &top.item_key).await?;
        body.push(TopProductBody {
            union_account: top.account,
            product: known.map(|p| p.number.to_string()),
            item_key: top.item_key,
            title: top.title,
            order_lines: top.sums.lines,
            gmv_fen: top.sums.gmv_fen,
            fee_fen: top.sums.fee_fen,
        });
    }
    Ok(body)
}

async fn top_promoters(
    read: &mut Tx,
    id: Option<ProgramId>,
    from: i64,
    to: i64,
    shown: &[Program],
) -> Result<Vec<TopPromoterBody>, Failure> {
    let mut body = Vec::new();
    for (promoter, sums) in store::top_promoters(read, id, from, to).await? {
        let Some(known) = promoters::store::find_any(read, promoter).await? else { continue };
        body.push(TopPromoterBody {
            program: shown.iter().find(|p| p.id == known.program).map(|p| p.code.clone()).unwrap_or_default(),
            promoter,
            display_name: known.display_name,
            order_lines: sums.lines,
            gmv_fen: sums.gmv_fen,
            fee_fen: sums.fee_fen,
        });
    }
    Ok(body)
}

fn cities(rows: Vec<(String, i64, i64)>) -> Cities {
    let mut body = Cities::default();
    for (tier, order_lines, gmv_fen) in rows {
        let figures = CityFigures { order_lines, gmv_fen };
        match tier.as_str() {
            LOWER => body.lower = figures,
            UPPER => body.upper = figures,
            _ => body.unknown = figures,
        }
    }
    body
}

fn program_figures(shown: &[Program], days: &[(i64, DayTotal)], clicks: &[(i64, i64)]) -> Vec<ProgramFigures> {
    let figures = shown.iter().map(|program| {
        let total = days.iter().find(|(id, _)| *id == program.id.raw()).map(|(_, t)| *t).unwrap_or_default();
        ProgramFigures {
            program: program.code.clone(),
            name: program.name.clone(),
            order_lines: total.lines,
            gmv_fen: total.gmv_fen,
            fee_fen: total.fee_fen,
            clicks: clicks.iter().find(|(id, _)| *id == program.id.raw()).map_or(0, |(_, n)| *n),
        }
    });
    figures.collect()
}
