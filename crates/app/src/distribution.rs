//! Where each table lies on a Citus cluster. `daogou migrate` puts them there, on a database that has the extension; what
//! is placed already is left alone, so that it may be done again after every new table. docs/scaling.md.

use Place::{Bucket, Coordinator, Everywhere};
use infra::db::{Db, DbError, Engine, Row, Tx};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Grows: spread by its bucket, the rows of one bucket side by side on one machine.
    Bucket,
    /// Small and read beside every bucket: a copy on every machine.
    Everywhere,
    /// Small, of the work itself and written often: stays on the machine that we connect to.
    Coordinator,
}

/// Every table. What a foreign key refers to stands before what refers to it; the first one that is spread says where
/// the others go.
pub const TABLES: &[(&str, Place)] = &[
    ("schema_migration", Coordinator),
    ("installation", Coordinator),
    ("lease", Coordinator),
    ("job", Coordinator),
    ("catalog_feed", Coordinator),
    ("order_feed", Coordinator),
    ("order_sweep", Coordinator),
    ("promoter_position", Coordinator),
    ("alarm", Coordinator),
    ("alarm_notice", Coordinator),
    ("epoch", Coordinator),
    ("verify_run", Coordinator),
    ("verify_finding", Coordinator),
    ("program", Everywhere),
    ("program_alias", Everywhere),
    ("program_size", Everywhere),
    ("admission", Everywhere),
    ("roster_entry", Everywhere),
    ("plan_line", Everywhere),
    ("inviter_rule", Everywhere),
    ("rules_document", Everywhere),
    ("poster_template", Everywhere),
    ("legal_entity", Everywhere),
    ("union_account", Everywhere),
    ("union_account_program", Everywhere),
    ("union_budget", Everywhere),
    ("operator_grant", Everywhere),
    ("category", Everywhere),
    ("order_line", Bucket),
    ("order_key", Bucket),
    ("order_raw", Bucket),
    ("settled_entry", Bucket),
    ("ledger_transaction", Bucket),
    ("ledger_posting", Bucket),
    ("ledger_balance", Bucket),
    ("ledger_head", Bucket),
    ("ledger_link", Bucket),
    ("earning", Bucket),
    ("outbox", Bucket),
    ("counter", Bucket),
    ("person", Bucket),
    ("sign_in_name", Bucket),
    ("wechat_identity", Bucket),
    ("session", Bucket),
    ("rules_receipt", Bucket),
    ("audit_entry", Bucket),
    ("promoter", Bucket),
    ("promoter_standing", Bucket),
    ("invitation", Bucket),
    ("invite_code", Bucket),
    ("community", Bucket),
    ("community_slot", Bucket),
    ("product", Bucket),
    ("product_point", Bucket),
    ("conversion", Bucket),
    ("day_total", Bucket),
    ("minute_total", Bucket),
    ("product_total", Bucket),
    ("promoter_total", Bucket),
    ("city_total", Bucket),
    ("click", Bucket),
    ("click_minute", Bucket),
    ("click_quarter", Bucket),
];

/// As many as there are buckets: a shard cannot be cut smaller later without moving it, and no bucket can be cut at all.
const SHARDS: usize = 64;

/// The tables that a database has: `None` where Citus has not been told of one, else its kind and its column.
pub type Found = BTreeMap<String, Option<(String, String)>>;

/// What is still to be done, one statement per table, in the order in which it must be done. Refuses a table that lies
/// otherwise than it should: somebody placed it by hand, and moving it is theirs to decide.
pub fn statements(found: &Found) -> Result<Vec<String>, String> {
    let spread = |placed: &&(&str, Place)| {
        let found = found.get(placed.0).and_then(Option::as_ref);
        placed.1 == Bucket && found.is_some_and(|(kind, _)| kind == "distributed")
    };
    let mut first = TABLES.iter().find(spread).map(|(table, _)| *table);
    let mut todo = Vec::new();
    for (table, place) in TABLES {
        // The click log may be a database of its own.
        let Some(found) = found.get(*table) else { continue };
        let found = found.as_ref().map(|(kind, column)| (kind.as_str(), column.as_str()));
        let beside = match first {
            None => format!("'none', shard_count => {SHARDS}"),
            Some(first) => format!("'{first}'"),
        };
        match (place, found) {
            (Coordinator, None) => {}
            // A table of Citus's own making, because a foreign key leads to it or from it: still on the coordinator.
            (Coordinator, Some(("local", _))) => {}
            (Everywhere, Some(("reference", _))) => {}
            (Everywhere, None | Some(("local", _))) => todo.push(format!("SELECT create_reference_table('{table}')")),
            (Bucket, Some(("distributed", "bucket"))) => {}
            (Bucket, None) => {
                todo.push(format!("SELECT create_distributed_table('{table}', 'bucket', colocate_with => {beside})"));
            }
            (_, Some((kind, column))) => {
                return Err(format!("{table} is a {kind} table ({column}) on this cluster, it should be: {place:?}"));
            }
        }
        if *place == Bucket {
            first = first.or(Some(*table));
        }
    }
    Ok(todo)
}

/// Places the tables on a cluster; how many were placed. `None`: the database is no cluster.
pub async fn distribute(db: &Db) -> Result<Option<usize>, DbError> {
    if db.engine() == Engine::Lite || !is_cluster(&mut db.read().await?).await? {
        return Ok(None);
    }
    let nodes = "SELECT COUNT(*) AS nodes, COUNT(CASE WHEN groupid = 0 THEN 1 END) AS coordinators FROM pg_dist_node";
    if let Some(row) = db.read().await?.one(nodes, vec![]).await?
        && row.int("nodes")? > 0
        && row.int("coordinators")? == 0
    {
        return Err(DbError::Migration(
            "the cluster does not know its coordinator; do: SELECT citus_set_coordinator_host('HOST', PORT)".into(),
        ));
    }
    let todo = statements(&found(&mut db.read().await?).await?).map_err(DbError::Migration)?;
    // One transaction each: a step that fails leaves the ones before it, and the next run goes on there.
    for statement in &todo {
        let mut tx = db.begin().await?;
        tx.run_once(statement.clone()).await.map_err(|e| DbError::Migration(format!("{statement}: {e}")))?;
        tx.commit().await?;
    }
    Ok(Some(todo.len()))
}

async fn is_cluster(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(tx.one("SELECT 1 AS one FROM pg_class WHERE relname = 'citus_tables'", vec![]).await?.is_some())
}

async fn found(tx: &mut Tx) -> Result<Found, DbError> {
    let rows = tx
        .all(
            "SELECT c.relname::text AS name, t.citus_table_type::text AS kind, t.distribution_column::text AS place
             FROM pg_class c LEFT JOIN citus_tables t ON t.table_name::oid = c.oid
             WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')",
            vec![],
        )
        .await?;
    let found = |row: &Row| {
        let place =
            row.opt_text("kind")?.map(|kind| Ok::<_, DbError>((kind, row.opt_text("place")?.unwrap_or_default())));
        Ok((row.text("name")?, place.transpose()?))
    };
    rows.iter().map(found).collect()
}
