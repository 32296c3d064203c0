//! `distribute` against a stand-in: the catalogue and the two functions of Citus, without its machines. What Citus itself
//! does with these statements no test here says (docs/scaling.md).

use app::distribution::{Place, TABLES, distribute};
use infra::db::{Db, Engine};
use testkit::Fixture;

async fn run(db: &Db, statements: &[&str]) {
    for statement in statements {
        let mut tx = db.begin().await.unwrap();
        tx.run_once((*statement).to_owned()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    db.read().await.unwrap().one(sql, vec![]).await.unwrap().unwrap().int("n").unwrap()
}

const PLACED: &str = "SELECT COUNT(*) AS n FROM citus_tables";

#[tokio::test]
async fn a_database_that_is_no_cluster_is_left_alone() {
    for engine in [Engine::Lite, Engine::Pg] {
        let f = Fixture::new(engine).await;
        assert_eq!(distribute(&f.ctx.db).await.unwrap(), None);
    }
}

#[tokio::test]
async fn tables_are_placed_once_and_a_step_that_failed_is_done_by_the_next_run() {
    let f = Fixture::new(Engine::Pg).await;
    let db = &f.ctx.db;
    run(
        db,
        &[
            "CREATE TABLE pg_dist_node (groupid INT)",
            "INSERT INTO pg_dist_node VALUES (1), (2)",
            "CREATE TABLE citus_tables (table_name REGCLASS UNIQUE, citus_table_type TEXT, distribution_column TEXT, n SERIAL)",
            "CREATE FUNCTION create_reference_table(t TEXT) RETURNS VOID LANGUAGE sql AS $$
                INSERT INTO citus_tables VALUES (t::regclass, 'reference', '<none>') $$",
            "CREATE FUNCTION create_distributed_table(t TEXT, c TEXT, colocate_with TEXT, shard_count INT DEFAULT 0)
             RETURNS VOID LANGUAGE plpgsql AS $$ BEGIN
                IF t = 'click' AND NOT EXISTS (SELECT FROM pg_dist_node WHERE groupid = 3) THEN
                    RAISE EXCEPTION 'a machine does not answer';
                END IF;
                IF colocate_with <> 'none' AND NOT EXISTS (
                    SELECT FROM citus_tables WHERE table_name = colocate_with::regclass) THEN
                    RAISE EXCEPTION 'nothing to lie beside';
                END IF;
                INSERT INTO citus_tables VALUES (t::regclass, 'distributed', c);
             END $$",
        ],
    )
    .await;
    let refused = distribute(db).await.unwrap_err().to_string();
    assert!(refused.contains("citus_set_coordinator_host"), "{refused}");
    assert_eq!(count(db, PLACED).await, 0);

    run(db, &["INSERT INTO pg_dist_node VALUES (0)"]).await;
    let failed = distribute(db).await.unwrap_err().to_string();
    assert!(failed.contains("'click'") && failed.contains("does not answer"), "{failed}");
    let before = count(db, PLACED).await;
    assert!(before > 40, "{before} were placed before the one that failed");

    run(db, &["INSERT INTO pg_dist_node VALUES (3)"]).await;
    let all = TABLES.iter().filter(|(_, place)| *place != Place::Coordinator).count();
    assert_eq!(distribute(db).await.unwrap(), Some(all - usize::try_from(before).unwrap()));
    assert_eq!(distribute(db).await.unwrap(), Some(0));
    assert_eq!(count(db, PLACED).await, i64::try_from(all).unwrap());

    // Somebody placed one by hand.
    run(db, &["UPDATE citus_tables SET distribution_column = 'id' WHERE table_name = 'person'::regclass"]).await;
    let refused = distribute(db).await.unwrap_err().to_string();
    assert!(refused.contains("person is a distributed table (id)"), "{refused}");
}
