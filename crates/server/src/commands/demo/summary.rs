//! The closing table, the check of the books, and where everything is.

use super::Stage;
use super::people::Signs;
use super::play::money;
use crate::commands::ledger;
use crate::failure::Failure;
use crate::show::table;
use app::programs;
use app::reports::store as reports;
use infra::args;
use kernel::ProgramId;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;

pub async fn tell(
    stage: &Stage,
    signs: &Signs,
    address: SocketAddr,
    shop: SocketAddr,
    dir: &Path,
) -> Result<(), Failure> {
    let tell = stage.tell;
    let report = ledger::verify(&stage.ctx, tell).await?;
    let mut read = stage.ctx.db.read().await?;
    let mut rows = Vec::new();
    for (program, t) in reports::totals(&mut read).await? {
        let id = ProgramId::from_raw(program);
        let name = programs::store::find(&mut read, id).await?.map_or_else(|| "未归属 unassigned".to_owned(), |p| p.name);
        tell.json(&json!({ "program": name, "order_lines": t.lines, "gmv_fen": t.gmv_fen, "commission_fen": t.fee_fen,
                           "direct_fen": t.direct_fen, "inviter_fen": t.inviter_fen, "platform_fen": t.platform_fen }));
        let mut row = vec![name, t.lines.to_string()];
        row.extend([t.gmv_fen, t.fee_fen, t.direct_fen, t.inviter_fen, t.platform_fen].map(money));
        rows.push(row);
    }
    let header = ["program", "order lines", "GMV ¥", "commission ¥", "promoters ¥", "inviters ¥", "platform ¥"];
    tell.line(table(&header, &[1, 2, 3, 4, 5, 6], rows));
    let states = read
        .all(
            "SELECT state, COUNT(*) AS n FROM order_line GROUP BY state ORDER BY state -- fan-out: the demo's closing table",
            args![],
        )
        .await?;
    let states: Vec<String> =
        states.iter().map(|row| Ok::<_, Failure>(format!("{} {}", row.int("n")?, row.text("state")?))).collect::<Result<_, _>>()?;
    drop(read);
    let clicks = reports::clicks_by_class(&mut stage.ctx.clicks.read().await?).await?;
    let clicks: Vec<String> = clicks.iter().map(|(class, n)| format!("{n} {class}")).collect();
    tell.line(format!("order lines   {}\nclicks        {}", states.join(" · "), clicks.join(" · ")));
    if report.differences > 0 {
        return Err(Failure::failed(format!("the ledger has {} differences", report.differences)));
    }
    let first = signs.promoters.first().cloned().unwrap_or_default();
    tell.line(format!(
        "books         verified: {} transactions, 0 differences\n\n\
         overview      http://{address}/\n\
         API           http://{address}/api/docs\n\
         shop          http://{shop}/sandbox/stats  (the JD sandbox)\n\
         owner         {}  {}\n\
         promoter      {}  {}  (all 30: {})\n\n\
         daogou --config {} --demo ledger export --out books.beancount",
        report.looked.transactions,
        signs.owner.name,
        signs.owner.password,
        first.name,
        first.password,
        dir.join("sign-ins.json").display(),
        dir.join("daogou.toml").display(),
    ));
    tell.json(&json!({ "done": true, "transactions": report.looked.transactions, "differences": 0,
                       "address": format!("http://{address}"), "shop": format!("http://{shop}") }));
    Ok(())
}
