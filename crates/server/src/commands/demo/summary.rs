//! The closing table, the check of the books, and where everything is.

use super::Stage;
use super::people::{People, items};
use crate::commands::ledger;
use crate::failure::Failure;
use crate::overview::yuan;
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
    people: &People,
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
        let name =
            programs::store::find(&mut read, id).await?.map_or_else(|| "未归属 unassigned".to_owned(), |p| p.name);
        tell.json(&json!({ "program": name, "order_lines": t.lines, "gmv_fen": t.gmv_fen, "commission_fen": t.fee_fen,
                           "direct_fen": t.direct_fen, "inviter_fen": t.inviter_fen, "platform_fen": t.platform_fen }));
        let mut row = vec![name, t.lines.to_string()];
        row.extend([t.gmv_fen, t.fee_fen, t.direct_fen, t.inviter_fen, t.platform_fen].map(yuan));
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
    let states: Vec<String> = states
        .iter()
        .map(|row| Ok::<_, Failure>(format!("{} {}", row.int("n")?, row.text("state")?)))
        .collect::<Result<_, _>>()?;
    drop(read);
    let clicks = reports::clicks_by_class(&mut stage.ctx.clicks.read().await?).await?;
    let clicks: Vec<String> = clicks.iter().map(|(class, n)| format!("{n} {class}")).collect();
    tell.line(format!("order lines   {}\nclicks        {}", states.join(" · "), clicks.join(" · ")));
    if report.differences > 0 {
        return Err(Failure::failed(format!("the ledger has {} differences", report.differences)));
    }
    let signs = &people.signs;
    let first = signs.promoters.first().cloned().unwrap_or_default();
    let program = people.promoters.first().map(|m| m.program).unwrap_or_default();
    tell.line(format!(
        "books         verified: {} transactions, 0 differences\n\n\
         console       http://{address}/console/        owner     {}  {}\n\
         app           http://{address}/app/{program}/   promoter  {}  {}\n\
         join          {}   become a promoter yourself\n\
         overview      http://{address}/\n\
         API           http://{address}/api/docs\n\
         shop          http://{shop}/sandbox/stats   the JD sandbox; nobody pays here\n\
         sign-ins      {}   all 30 promoters\n\n\
         daogou --config {} --demo ledger export --out books.beancount",
        report.looked.transactions,
        signs.owner.name,
        signs.owner.password,
        first.name,
        first.password,
        invitation(stage, people).await?,
        dir.join("sign-ins.json").display(),
        dir.join("daogou.toml").display(),
    ));
    tell.json(&json!({ "done": true, "transactions": report.looked.transactions, "differences": 0,
                       "address": format!("http://{address}"), "shop": format!("http://{shop}") }));
    Ok(())
}

/// Where a visitor joins under the first promoter.
async fn invitation(stage: &Stage, people: &People) -> Result<String, Failure> {
    let Some(member) = people.promoters.first() else { return Ok(String::new()) };
    let codes = stage.client.get(&member.session, &format!("/programs/{}/invite-codes", member.program)).await?;
    Ok(items(&codes).find_map(|code| code["url"].as_str()).unwrap_or_default().to_owned())
}
