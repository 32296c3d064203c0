//! The schema on both engines.

use infra::db::{Db, Durability, Engine, Tx};
use std::collections::BTreeSet;
use std::path::Path;
use testkit::{Database, Fixture, on_both_engines};

/// (table, column, nullable) of everything but the engine's own.
async fn columns(tx: &mut Tx) -> BTreeSet<(String, String, bool)> {
    let rows = match tx.engine() {
        Engine::Lite => tx.all(
            "SELECT m.name AS t, c.name AS c, CASE WHEN c.\"notnull\" = 0 THEN 1 ELSE 0 END AS n
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
            vec![],
        ),
        Engine::Pg => tx.all(
            "SELECT table_name AS t, column_name AS c, CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END AS n
             FROM information_schema.columns WHERE table_schema = 'public'",
            vec![],
        ),
    };
    let rows = rows.await.unwrap();
    rows.iter().map(|r| (r.text("t").unwrap(), r.text("c").unwrap(), r.flag("n").unwrap())).collect()
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let lite = Fixture::new(Engine::Lite).await;
    let pg = Fixture::new(Engine::Pg).await;
    let mut on_lite = columns(&mut lite.ctx.db.read().await.unwrap()).await;
    on_lite.extend(columns(&mut lite.ctx.clicks.read().await.unwrap()).await);
    let on_pg = columns(&mut pg.ctx.db.read().await.unwrap()).await;
    assert!(on_pg.len() > 200, "only {} columns", on_pg.len());
    let only_lite: Vec<_> = on_lite.difference(&on_pg).collect();
    let only_pg: Vec<_> = on_pg.difference(&on_lite).collect();
    assert!(only_lite.is_empty() && only_pg.is_empty(), "SQLite only: {only_lite:?}; PostgreSQL only: {only_pg:?}");
}

/// Every statement in a `sql/` folder, with its path.
fn statements(folder: &Path, found: &mut Vec<(String, &'static str)>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            statements(&path, found);
        } else if path.extension().is_some_and(|e| e == "sql") {
            let text: &'static str = Box::leak(std::fs::read_to_string(&path).unwrap().into_boxed_str());
            found.push((path.display().to_string(), text));
        }
    }
}

on_both_engines! {
    /// A typing mistake, a missing column or a word that only one engine knows is found here, not in production.
    async fn every_statement_is_accepted(f: Fixture) {
        let mut found = Vec::new();
        statements(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
        assert!(found.len() > 5, "no statements found");
        let mut wrong = Vec::new();
        for (path, text) in found {
            let db = if text.contains(" click") { &f.ctx.clicks } else { &f.ctx.db };
            let mut tx = db.begin().await.unwrap();
            if let Err(error) = tx.prepare_only(text).await {
                wrong.push(format!("{path}: {error}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn migrating_twice_changes_nothing(f: Fixture) {
        assert_eq!(app::Ctx::migrate(&f.ctx.db, &f.ctx.clicks, f.ctx.now()).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn an_error_poisons_the_transaction_on_both_engines() {
    for engine in [Engine::Lite, Engine::Pg] {
        let f = Fixture::new(engine).await;
        let mut tx = f.ctx.db.begin().await.unwrap();
        tx.run("INSERT INTO counter (bucket, name, next) VALUES (0, 'x', 1)", vec![]).await.unwrap();
        assert!(tx.run("INSERT INTO counter (bucket, name, next) VALUES (0, 'x', 2)", vec![]).await.is_err());
        assert!(tx.commit().await.is_err(), "{engine:?} would have committed half");
        let row =
            f.ctx.db.read().await.unwrap().one("SELECT next FROM counter WHERE name = 'x'", vec![]).await.unwrap();
        assert!(row.is_none(), "{engine:?} kept half");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let database = Database::fresh(Engine::Lite).await;
    let db = Db::open(&database.url, Durability::Normal, 1).await.unwrap();
    let now = kernel::Instant::from_micros(0);
    db.migrate("main", app::migrations::MAIN, now).await.unwrap();
    let error = db.migrate("main", &app::migrations::MAIN[..3], now).await.unwrap_err();
    assert!(error.to_string().contains("use a newer program"), "{error}");
}
