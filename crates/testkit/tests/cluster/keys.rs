//! Which keys of a migration Citus would refuse.

use crate::sql::{Node, nodes, tokens};
use crate::{grows, place};
use app::distribution::Place;
use std::collections::BTreeSet;

/// (the table that it makes, the rules that it breaks) of one statement of a migration.
pub fn refusals(sql: &str) -> (Option<String>, BTreeSet<&'static str>) {
    let mut broken = BTreeSet::new();
    let nodes = nodes(tokens(sql));
    let word = |n: usize| nodes.get(n).map_or("", Node::token);
    match (word(0), word(1), word(2)) {
        ("create", "table", _) => {
            let at = if word(2) == "if" { 5 } else { 2 };
            let table = word(at).to_owned();
            if let Some(Node::Group(body)) = nodes.get(at + 1) {
                create(&table, body, &mut broken);
            }
            return (Some(table), broken);
        }
        ("create", "unique", "index") => {
            let table = nodes.iter().position(|n| n.is("on")).map_or("", |at| word(at + 1));
            let columns = nodes.iter().find_map(|n| if let Node::Group(columns) = n { Some(columns) } else { None });
            if grows(table) && !columns.is_some_and(|c| c.iter().any(|n| n.is("bucket"))) {
                broken.insert("a unique key holds the bucket");
            }
        }
        ("alter", "table", table) => {
            let rest = &nodes[3..];
            if rest.iter().any(|n| n.is("unique") || n.is("primary") || n.is("references") || n.is("foreign")) {
                let column = rest.iter().position(|n| n.is("add")).map_or(&rest[..0], |at| &rest[at + 1..]);
                let column = if column.first().is_some_and(|n| n.is("column")) { &column[1..] } else { column };
                part(table, column, &mut broken);
            }
            if grows(table) && rest.windows(2).any(|w| w[1].is("bucket") && !w[0].is("add")) {
                broken.insert("the bucket's column stays as it was made");
            }
        }
        _ => {}
    }
    (None, broken)
}

fn create(table: &str, body: &[Node], broken: &mut BTreeSet<&'static str>) {
    let parts: Vec<&[Node]> = body.split(|n| n.is(",")).collect();
    if grows(table) {
        let words: Vec<&str> = parts.first().map_or(&[][..], |p| *p).iter().map(Node::token).collect();
        if words != ["bucket", "smallint", "not", "null"] {
            broken.insert("what grows begins with bucket SMALLINT NOT NULL");
        }
    }
    for columns in parts {
        part(table, columns, broken);
    }
}

/// A column or a constraint.
fn part(table: &str, part: &[Node], broken: &mut BTreeSet<&'static str>) {
    let has = |word: &str| part.iter().any(|n| n.is(word));
    let columns_after = |word: &str| {
        let at = part.iter().position(|n| n.is(word))?;
        part[at..].iter().take(3).find_map(|n| if let Node::Group(columns) = n { Some(columns) } else { None })
    };
    let begins = |columns: Option<&Vec<Node>>| columns.is_some_and(|c| c.first().is_some_and(|n| n.is("bucket")));
    let holds = |columns: Option<&Vec<Node>>| columns.is_some_and(|c| c.iter().any(|n| n.is("bucket")));
    if grows(table) {
        if has("primary") && !begins(columns_after("key")) {
            broken.insert("a primary key begins with the bucket");
        }
        if has("unique") && !holds(columns_after("unique")) {
            broken.insert("a unique key holds the bucket");
        }
        if has("exclude") || has("serial") || has("bigserial") || has("identity") {
            broken.insert("no sequences, no exclusions");
        }
    }
    if let Some(at) = part.iter().position(|n| n.is("references")) {
        let other = part.get(at + 1).map_or("", Node::token);
        let allowed = match (place(table), place(other)) {
            (Some(Place::Bucket | Place::Everywhere), Some(Place::Everywhere)) => true,
            (Some(Place::Bucket), Some(Place::Bucket)) => holds(columns_after("foreign").or(columns_after("key"))),
            _ => false,
        };
        if !allowed {
            broken.insert("a foreign key leads to a copy or stays in its bucket");
        }
    }
}
