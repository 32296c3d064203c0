//! What Citus would refuse, found without a cluster: every key of the migrations, every statement of `sql/` files and of
//! string literals in the code. The rules are those that were tried on Citus 13 (docs/scaling.md); each is shown here to
//! find what it is for.

mod keys;
mod sql;
mod statements;

use app::distribution::{Place, TABLES, statements as to_do};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub fn place(table: &str) -> Option<Place> {
    TABLES.iter().find(|(name, _)| *name == table).map(|(_, place)| *place)
}

pub fn grows(table: &str) -> bool {
    place(table) == Some(Place::Bucket)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

#[test]
fn every_key_of_the_schema_can_be_spread() {
    let (mut made, mut keys) = (BTreeSet::from(["schema_migration".to_owned()]), 0);
    let mut wrong = Vec::new();
    for (path, text) in files(&root().join("crates/app/migrations"), "sql") {
        for statement in renamed(&text).split(";\n") {
            keys += statement.matches("PRIMARY KEY").count() + statement.matches("UNIQUE").count();
            let (table, broken) = keys::refusals(statement);
            made.extend(table);
            wrong.extend(broken.iter().map(|rule| format!("{}: {rule}: {statement}", path.display())));
            for rule in statements::refusals(statement) {
                wrong.push(format!("{}: {rule}: {statement}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(keys > 50, "only {keys} keys");
    let placed: BTreeSet<String> = TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(placed.len(), TABLES.len(), "a table is placed twice");
    assert_eq!(made, placed, "every table has its place in app::distribution, and no other");
}

/// A table that is made anew under another name is looked at under the one that it gets.
fn renamed(text: &str) -> String {
    let tokens = sql::tokens(text);
    let names = tokens.windows(6).filter(|w| w[0] == "alter" && w[1] == "table" && w[3] == "rename" && w[4] == "to");
    names.fold(text.to_owned(), |text, w| text.replace(&w[2], &w[5]))
}

#[test]
fn every_statement_can_be_answered_by_a_cluster() {
    let mut all = files(&root().join("crates/app/src"), "sql");
    for folder in ["crates/app/src", "crates/infra/src", "crates/server/src"] {
        for (path, text) in files(&root().join(folder), "rs") {
            all.extend(sql::statements_of_code(&text).into_iter().map(|statement| (path.clone(), statement)));
        }
    }
    let (mut in_files, mut in_code, mut wrong) = (0, 0, Vec::new());
    for (path, statement) in &all {
        if sql::tokens(statement).iter().any(|t| grows(t)) {
            let code = path.extension().is_some_and(|e| e == "rs");
            *if code { &mut in_code } else { &mut in_files } += 1;
        }
        wrong.extend(statements::refusals(statement).iter().map(|rule| format!("{}: {rule}", path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(in_files > 110 && in_code > 20, "only {in_files} statements in files and {in_code} in code");
}

/// Each rule finds what it is for.
#[test]
fn what_a_cluster_refuses_is_found() {
    for (rule, sql) in [
        (
            "tables that grow are joined by their bucket",
            "SELECT 1 FROM promoter p JOIN ledger_balance b ON b.owner = p.id",
        ),
        ("tables that grow are joined by their bucket", "SELECT 1 FROM promoter p, person q WHERE q.id = p.person_id"),
        (
            "tables that grow are joined by their bucket",
            "SELECT 1 FROM promoter p JOIN person q ON q.bucket = p.bucket OR q.id = p.person_id",
        ),
        (
            "tables that grow are joined by their bucket",
            "SELECT 1 FROM promoter p JOIN person q ON q.id = p.person_id WHERE p.bucket = $1 AND q.bucket = $2",
        ),
        ("tables that grow are joined by their bucket", "SELECT 1 FROM promoter NATURAL JOIN person"),
        ("a lock names one bucket", "SELECT id FROM person WHERE id = $1 /*pg: FOR UPDATE */"),
        ("a lock names one bucket", "SELECT id FROM outbox WHERE bucket IN ($1, $2) /*pg: FOR UPDATE SKIP LOCKED */"),
        ("a lock names one bucket", "SELECT id FROM person WHERE bucket = $1 OR id = $2 FOR NO KEY UPDATE"),
        ("a bucket never changes", "UPDATE order_line SET state = $2, bucket = $3 WHERE bucket = $1"),
        ("a bucket never changes", "UPDATE order_line SET (id, bucket) = ($2, $3) WHERE bucket = $1"),
        (
            "a bucket never changes",
            "INSERT INTO counter (bucket, name) VALUES ($1, $2) ON CONFLICT (bucket, name) DO UPDATE SET bucket = 1",
        ),
        (
            "ON CONFLICT names a key with the bucket",
            "INSERT INTO order_line (bucket, id) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
        ),
        (
            "ON CONFLICT names a key with the bucket",
            "INSERT INTO order_line (bucket, id) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT order_line_pkey DO NOTHING",
        ),
        ("what is written says its bucket", "INSERT INTO order_line (id, state) VALUES ($1, $2)"),
        ("no triggers, no stored functions", "CREATE TRIGGER t BEFORE UPDATE ON order_line EXECUTE FUNCTION f()"),
        ("no triggers, no stored functions", "CREATE FUNCTION f() RETURNS TRIGGER AS 'x' LANGUAGE plpgsql"),
        ("no MERGE", "MERGE INTO counter c USING (VALUES (1, 2)) v (bucket, next) ON c.bucket = v.bucket"),
        ("no volatile functions", "UPDATE order_line SET evidence = random() WHERE bucket = $1"),
        ("no volatile functions", "INSERT INTO session (bucket, id) VALUES ($1, gen_random_uuid())"),
        ("no recursion, no grouping sets", "WITH RECURSIVE t AS (SELECT inviter_id FROM promoter) SELECT 1 FROM t"),
        ("no recursion, no grouping sets", "SELECT day FROM day_total GROUP BY GROUPING SETS ((day), ())"),
        (
            "a correlated sub-query is bound to the bucket around it",
            "SELECT p.id, (SELECT MAX(s.id) FROM promoter_standing s WHERE s.promoter_id = p.id) FROM promoter p",
        ),
        (
            "a correlated sub-query is bound to the bucket around it",
            "SELECT 1 FROM promoter WHERE EXISTS (SELECT 1 FROM community c WHERE c.promoter_id = promoter.id)",
        ),
        (
            "a correlated sub-query is bound to the bucket around it",
            "SELECT 1 FROM promoter p JOIN LATERAL (SELECT c.id FROM community c WHERE c.promoter_id = p.id) l ON TRUE",
        ),
        (
            "a correlated sub-query is bound to the bucket around it",
            "WITH w (bucket) AS (VALUES ($1)) SELECT 1 FROM w WHERE EXISTS (SELECT 1 FROM click c WHERE c.bucket = w.bucket)",
        ),
        (
            "no sub-query on what grows in a SELECT without FROM",
            "SELECT (SELECT COUNT(*) FROM promoter) AS promoters, (SELECT COUNT(*) FROM program) AS programs",
        ),
        (
            "no outer join that keeps rows which are the same everywhere",
            "SELECT 1 FROM program g LEFT JOIN promoter p ON p.program_id = g.id",
        ),
        (
            "no outer join that keeps rows which are the same everywhere",
            "SELECT 1 FROM promoter p RIGHT JOIN program g ON p.program_id = g.id",
        ),
        (
            "nothing that grows is joined with the coordinator's own tables",
            "SELECT 1 FROM order_line l JOIN order_feed f ON f.union_account_id = l.union_account_id",
        ),
        (
            "nothing that grows is joined with the coordinator's own tables",
            "DELETE FROM outbox WHERE bucket = $1 AND id IN (SELECT id FROM job)",
        ),
        (
            "a change that looks elsewhere names one bucket",
            "DELETE FROM click WHERE id IN (SELECT id FROM click WHERE at_us < $1 LIMIT 10)",
        ),
        (
            "a change that looks elsewhere names one bucket",
            "UPDATE product SET state = 'x' FROM (VALUES (1, 2)) v (bucket, number) WHERE product.number = v.number",
        ),
        (
            "a change that looks elsewhere names one bucket",
            "DELETE FROM click USING (VALUES (1)) v (id) WHERE click.id = v.id",
        ),
        // The same inside of other statements.
        ("a lock names one bucket", "WITH c AS (SELECT id FROM outbox LIMIT 1 FOR UPDATE) DELETE FROM job USING c"),
        (
            "tables that grow are joined by their bucket",
            "SELECT 1 FROM (SELECT p.id FROM promoter p JOIN person q ON q.id = p.person_id) AS x UNION ALL SELECT 2",
        ),
    ] {
        let found = statements::refusals(sql);
        assert_eq!(found, BTreeSet::from([rule]), "{sql}");
    }
    for (rule, sql) in [
        (
            "a primary key begins with the bucket",
            "CREATE TABLE click (bucket SMALLINT NOT NULL, id BIGINT, PRIMARY KEY (id, bucket))",
        ),
        (
            "a primary key begins with the bucket",
            "CREATE TABLE click (bucket SMALLINT NOT NULL, id BIGINT PRIMARY KEY)",
        ),
        ("a unique key holds the bucket", "CREATE TABLE click (bucket SMALLINT NOT NULL, name TEXT UNIQUE)"),
        ("a unique key holds the bucket", "CREATE TABLE click (bucket SMALLINT NOT NULL, a TEXT, UNIQUE (a))"),
        ("a unique key holds the bucket", "CREATE UNIQUE INDEX x ON click (id)"),
        ("a unique key holds the bucket", "ALTER TABLE click ADD COLUMN name TEXT UNIQUE"),
        ("what grows begins with bucket SMALLINT NOT NULL", "CREATE TABLE click (id BIGINT, bucket SMALLINT NOT NULL)"),
        ("what grows begins with bucket SMALLINT NOT NULL", "CREATE TABLE click (bucket BIGINT NOT NULL)"),
        ("no sequences, no exclusions", "CREATE TABLE click (bucket SMALLINT NOT NULL, id BIGSERIAL)"),
        (
            "a foreign key leads to a copy or stays in its bucket",
            "CREATE TABLE click (bucket SMALLINT NOT NULL, p BIGINT REFERENCES promoter (id))",
        ),
        (
            "a foreign key leads to a copy or stays in its bucket",
            "CREATE TABLE click (bucket SMALLINT NOT NULL, p BIGINT, FOREIGN KEY (p) REFERENCES promoter (id))",
        ),
        (
            "a foreign key leads to a copy or stays in its bucket",
            "CREATE TABLE click (bucket SMALLINT NOT NULL, j BIGINT REFERENCES job (id))",
        ),
        (
            "a foreign key leads to a copy or stays in its bucket",
            "CREATE TABLE program (id BIGINT PRIMARY KEY, l BIGINT REFERENCES click (id))",
        ),
        ("the bucket's column stays as it was made", "ALTER TABLE click ALTER COLUMN bucket TYPE BIGINT"),
    ] {
        assert_eq!(keys::refusals(sql).1, BTreeSet::from([rule]), "{sql}");
    }
}

/// What is allowed is let through.
#[test]
fn what_a_cluster_answers_is_left_alone() {
    for sql in [
        "SELECT 1 FROM promoter p JOIN person q ON q.bucket = p.bucket AND q.id = p.person_id",
        "SELECT 1 FROM promoter p JOIN person q USING (bucket)",
        "SELECT 1 FROM promoter p JOIN person q ON q.id = p.person_id WHERE p.bucket = $1 AND q.bucket = $1",
        "SELECT 1 FROM promoter p JOIN program g ON g.id = p.program_id",
        "SELECT 1 FROM order_line WHERE bucket = $1 AND (state = 'a' OR state = 'b') /*pg: FOR UPDATE */",
        "SELECT 1 FROM order_line WHERE content_hash IS DISTINCT FROM $1",
        "WITH w (bucket, id) AS (VALUES ($1, $2)) SELECT p.id FROM w JOIN person p ON p.bucket = w.bucket AND p.id = w.id",
        "WITH m AS MATERIALIZED (SELECT id FROM promoter) SELECT 1 FROM m JOIN ledger_balance b ON b.owner = m.id",
        "SELECT (SELECT MAX(s.id) FROM promoter_standing s WHERE s.bucket = p.bucket AND s.promoter_id = p.id) FROM promoter p",
        "SELECT a.n, b.n FROM (SELECT COUNT(*) AS n FROM promoter) AS a, (SELECT COUNT(*) AS n FROM person) AS b",
        "DELETE FROM click WHERE bucket = $1 AND id IN (SELECT id FROM click WHERE bucket = $1 AND at_us < $2 LIMIT 9)",
        "INSERT INTO counter (bucket, name, next) VALUES ($1, 'x', 1) ON CONFLICT (bucket, name) DO UPDATE SET next = 2",
        "UPDATE job SET state = 'running' FROM c WHERE job.id = c.id",
        "WITH s (bucket, id) AS (VALUES ($1, $2)) UPDATE order_line SET state = 'x' FROM s WHERE order_line.bucket = s.bucket",
        "SELECT id FROM job ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
    ] {
        assert_eq!(statements::refusals(sql), BTreeSet::new(), "{sql}");
    }
}

#[test]
fn statements_in_code_are_found() {
    let code = r##"
        // "SELECT 1 FROM promoter"
        let c = '"'; let s: &'static str = "SELECT a \
            FROM promoter";
        tx.bulk("INSERT INTO counter (bucket)", &[Col::Int], rows, "ON CONFLICT (bucket) DO NOTHING");
        format!("DELETE FROM outbox WHERE bucket = {} AND id IN ({list})", n); let x = r#"UPDATE "t" SET a = 1"#;
        log("Select something"); #[cfg(test)] mod tests { const S: &str = "SELECT 2"; }"##;
    assert_eq!(
        sql::statements_of_code(code),
        [
            "SELECT a FROM promoter",
            "INSERT INTO counter (bucket) SELECT * FROM UNNEST($1) WHERE TRUE ON CONFLICT (bucket) DO NOTHING",
            "DELETE FROM outbox WHERE bucket = {} AND id IN ({list})",
            r#"UPDATE "t" SET a = 1"#,
        ]
    );
}

/// The order and the words of what `daogou migrate` does on a cluster. No cluster runs here: a change of this is looked at
/// by somebody who has one.
#[test]
fn the_tables_are_placed_by_these_statements() {
    let nothing_placed = TABLES.iter().map(|(name, _)| ((*name).to_owned(), None)).collect();
    let all = to_do(&nothing_placed).unwrap().join(";\n") + ";\n";
    let kept = include_str!("distribute.sql");
    assert!(all == kept, "crates/testkit/tests/cluster/distribute.sql should say:\n{all}");
    // What a foreign key leads to is there before what refers to it.
    let place = |table: &str| TABLES.iter().position(|(name, _)| *name == table).unwrap();
    for (_, text) in files(&root().join("crates/app/migrations"), "sql") {
        for statement in renamed(&text).split(";\n").filter(|s| s.contains("CREATE TABLE")) {
            let tokens = sql::tokens(statement);
            let table = &tokens[tokens.iter().position(|t| t == "table").unwrap() + 1];
            for other in tokens.windows(2).filter(|w| w[0] == "references").map(|w| &w[1]) {
                assert!(place(other) < place(table), "{other} before {table}");
            }
        }
    }
}

#[test]
fn what_lies_where_it_should_is_left_and_what_does_not_is_refused() {
    let kind = |place: &Place| match place {
        Place::Bucket => Some(("distributed".to_owned(), "bucket".to_owned())),
        Place::Everywhere => Some(("reference".to_owned(), "<none>".to_owned())),
        Place::Coordinator => None,
    };
    let mut placed: BTreeMap<_, _> = TABLES.iter().map(|(name, place)| ((*name).to_owned(), kind(place))).collect();
    assert_eq!(to_do(&placed), Ok(vec![]));
    placed.insert("click".into(), None);
    placed.insert("program_alias".into(), Some(("local".into(), "<none>".into())));
    assert_eq!(
        to_do(&placed).unwrap(),
        [
            "SELECT create_reference_table('program_alias')",
            "SELECT create_distributed_table('click', 'bucket', colocate_with => 'order_line')",
        ]
    );
    // One that was made anew goes beside the others, also where it is the one that they were placed by.
    placed.insert("order_line".into(), None);
    let again = to_do(&placed).unwrap();
    assert_eq!(again[1], "SELECT create_distributed_table('order_line', 'bucket', colocate_with => 'order_key')");
    // A click log in a database of its own: its first table says where the others go.
    let apart = ["click", "click_minute"].map(|name| (name.to_owned(), None)).into();
    assert!(to_do(&apart).unwrap()[0].ends_with("colocate_with => 'none', shard_count => 64)"));
    for wrong in [("reference", "<none>"), ("distributed", "id")] {
        placed.insert("click".into(), Some((wrong.0.into(), wrong.1.into())));
        let refused = to_do(&placed).unwrap_err();
        assert!(refused.contains("click") && refused.contains(wrong.1), "{refused}");
    }
}
