//! Which statements Citus would refuse, and by which rule.

use crate::sql::{Node, nodes, tokens};
use crate::{grows, place};
use app::distribution::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Functions that give another value each time: on a cluster each machine would make its own.
const VOLATILE: [&str; 9] = [
    "random",
    "gen_random_uuid",
    "uuid_generate_v4",
    "clock_timestamp",
    "timeofday",
    "nextval",
    "currval",
    "lastval",
    "setval",
];
const ENDS_FROM: [&str; 11] =
    ["where", "group", "having", "order", "limit", "offset", "for", "window", "returning", "set", "fetch"];
const ENDS_WHERE: [&str; 10] =
    ["group", "having", "order", "limit", "offset", "for", "window", "returning", "fetch", "on"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lies {
    /// Spread by its bucket.
    Spread,
    Coordinator,
    /// The same everywhere: reference tables, results of other queries, values, functions.
    Same,
}

#[derive(Clone, Debug)]
struct Item {
    lies: Lies,
    /// In the union of buckets that are known to be equal.
    node: usize,
}

type Names = BTreeMap<String, Item>;

#[derive(Default)]
struct Check {
    refusals: BTreeSet<&'static str>,
    /// Union-find over the buckets of tables and constants.
    parents: Vec<usize>,
    constants: BTreeMap<String, usize>,
}

/// The rules that a statement breaks.
pub fn refusals(sql: &str) -> BTreeSet<&'static str> {
    let tokens = tokens(sql);
    let mut check = Check::default();
    let touches = tokens.iter().any(|t| grows(t));
    let has = |words: &[&str]| tokens.windows(words.len()).any(|w| w.iter().zip(words).all(|(a, b)| a == b));
    if has(&["create", "trigger"]) || has(&["create", "function"]) || has(&["create", "procedure"]) {
        check.refusals.insert("no triggers, no stored functions");
    }
    if touches {
        if tokens.first().is_some_and(|t| t == "merge") {
            check.refusals.insert("no MERGE");
        }
        if tokens.windows(2).any(|w| VOLATILE.contains(&w[0].as_str()) && w[1] == "(") {
            check.refusals.insert("no volatile functions");
        }
        if has(&["with", "recursive"]) || has(&["grouping", "sets"]) || has(&["rollup", "("]) || has(&["cube", "("]) {
            check.refusals.insert("no recursion, no grouping sets");
        }
    }
    if !tokens.first().is_some_and(|t| ["create", "alter", "drop"].contains(&t.as_str())) {
        check.query(&nodes(tokens), &[], &BTreeSet::new());
    }
    check.refusals
}

fn split_at(nodes: &[Node], is: impl Fn(&str) -> bool) -> Vec<&[Node]> {
    nodes.split(|node| is(node.token())).collect()
}

/// Up to the first own word among these.
fn until<'a>(nodes: &'a [Node], words: &[&str]) -> &'a [Node] {
    let end = nodes.iter().position(|n| words.contains(&n.token())).unwrap_or(nodes.len());
    &nodes[..end]
}

fn after<'a>(nodes: &'a [Node], word: &str) -> &'a [Node] {
    nodes.iter().position(|n| n.is(word)).map_or(&[], |at| &nodes[at + 1..])
}

fn mentions(nodes: &[Node], found: &mut dyn FnMut(&[Node], usize)) {
    for (n, node) in nodes.iter().enumerate() {
        found(nodes, n);
        if let Node::Group(inside) = node {
            mentions(inside, found);
        }
    }
}

/// Queries inside, at any depth of brackets, but not those inside them.
fn sub_queries(nodes: &[Node]) -> Vec<&[Node]> {
    let mut found = Vec::new();
    for node in nodes {
        match (node.query(), node) {
            (Some(query), _) => found.push(query),
            (None, Node::Group(inside)) => found.extend(sub_queries(inside)),
            (None, Node::Token(_)) => {}
        }
    }
    found
}

fn reads(nodes: &[Node], of: &dyn Fn(&str) -> bool) -> bool {
    let mut yes = false;
    mentions(nodes, &mut |nodes, n| {
        let before = n.checked_sub(1).map_or("", |n| nodes[n].token());
        yes |= ["from", "join", "into", "update", ","].contains(&before) && of(nodes[n].token());
    });
    yes
}

impl Check {
    fn fresh(&mut self) -> usize {
        self.parents.push(self.parents.len());
        self.parents.len() - 1
    }

    fn root(&self, mut node: usize) -> usize {
        while self.parents[node] != node {
            node = self.parents[node];
        }
        node
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a] = b;
    }

    fn constant(&mut self, text: &str) -> usize {
        if let Some(node) = self.constants.get(text) {
            return *node;
        }
        let node = self.fresh();
        self.constants.insert(text.to_owned(), node);
        node
    }

    /// One bucket, said by a parameter or a number.
    fn is_one(&self, item: &Item) -> bool {
        self.constants.values().any(|c| self.root(*c) == self.root(item.node))
    }

    /// A query with its common table expressions and its arms; the names that it gives to what grows.
    fn query(&mut self, nodes: &[Node], outer: &[Names], known: &BTreeSet<String>) -> Vec<Item> {
        let mut known = known.clone();
        let mut rest = nodes;
        if rest.first().is_some_and(|n| n.is("with")) {
            rest = &rest[1..];
            while let Some(at) = rest.iter().position(|n| n.query().is_some()) {
                let body = rest[at].query().unwrap_or_default();
                self.query(body, &[], &known);
                known.extend(rest.first().map(|n| n.token().to_owned()));
                rest = &rest[at + 1..];
                match rest.first() {
                    Some(comma) if comma.is(",") => rest = &rest[1..],
                    _ => break,
                }
            }
        }
        let arms = split_at(rest, |t| ["union", "except", "intersect"].contains(&t));
        let mut spread = Vec::new();
        for arm in arms {
            let arm = if arm.first().is_some_and(|n| n.is("all")) { &arm[1..] } else { arm };
            spread.extend(self.arm(arm, outer, &known));
        }
        spread
    }

    fn arm(&mut self, arm: &[Node], outer: &[Names], known: &BTreeSet<String>) -> Vec<Item> {
        let verb = arm.first().map_or("", Node::token);
        let mut names = Names::new();
        let mut inside = Vec::new();
        let mut conditions: Vec<&[Node]> = Vec::new();
        // FROM, except that of `IS DISTINCT FROM`.
        let from = (0..arm.len()).find(|n| arm[*n].is("from") && !(*n > 0 && arm[*n - 1].is("distinct")));
        let mut target = None;
        match verb {
            "update" => {
                target = Some(arm.get(1).map_or("", Node::token).to_owned());
                self.item(&arm[1..], known, &mut names);
            }
            "insert" => {
                target = Some(arm.get(2).map_or("", Node::token).to_owned());
                self.insert(arm, target.as_deref().unwrap_or_default());
            }
            "delete" => target = Some(arm.get(2).map_or("", Node::token).to_owned()),
            _ => {}
        }
        let clause: &[Node] = match from {
            Some(from) => until(&arm[from + 1..], &ENDS_FROM),
            None => &[],
        };
        let items = split_at(clause, |t| t == "join" || t == "," || t == "using");
        let mut words = clause.iter().map(Node::token).filter(|t| ["join", ",", "using"].contains(t));
        let mut left = Vec::new();
        let mut before: &[Node] = &[];
        for (n, part) in items.iter().enumerate() {
            let word = if n == 0 { "," } else { words.next().unwrap_or(",") };
            if word == "using" && verb != "delete" {
                // USING (bucket, …) of a join.
                if let Some(Node::Group(columns)) = part.first()
                    && columns.iter().any(|c| c.is("bucket"))
                {
                    let nodes: Vec<usize> = names.values().map(|item| item.node).collect();
                    nodes.windows(2).for_each(|w| self.unite(w[0], w[1]));
                }
                before = part;
                continue;
            }
            let how: Vec<&str> = before.iter().rev().map(Node::token).take(3).collect();
            let is = |kind: &str| word == "join" && how.contains(&kind);
            let lateral = part.first().is_some_and(|n| n.is("lateral"));
            let part = if lateral { &part[1..] } else { part };
            let mut spread = false;
            if let Some(query) = part.first().and_then(Node::query) {
                let scopes: Vec<Names> =
                    if lateral { outer.iter().cloned().chain([names.clone()]).collect() } else { Vec::new() };
                let found = self.query(query, &scopes, known);
                if lateral {
                    self.beside(&found, query, &names);
                }
                // What it gives is spread as well, if its own table is: by the bucket that it carries.
                spread = !found.is_empty();
                let node = found.first().map_or_else(|| self.fresh(), |item| item.node);
                let alias = part.iter().skip(1).map(Node::token).find(|t| !t.is_empty() && *t != "as");
                names.insert(alias.unwrap_or_default().to_owned(), Item { lies: Lies::Same, node });
                inside.extend(found);
            } else if let Some(item) = self.item(part, known, &mut names) {
                spread = item.lies == Lies::Spread;
            }
            let stands = left.iter().any(|s| *s);
            if (is("left") && spread && !stands) || ((is("right") || is("full")) && (spread || stands)) {
                self.refusals.insert("no outer join that keeps rows which are the same everywhere");
            }
            if is("natural") && (spread || stands) {
                self.refusals.insert("tables that grow are joined by their bucket");
            }
            left.push(spread);
            if let Some(at) = part.iter().position(|n| n.is("on")) {
                conditions.push(&part[at + 1..]);
            }
            before = part;
        }
        conditions.push(until(after(arm, "where"), &ENDS_WHERE));
        for condition in conditions {
            self.equalities(condition, &names, outer);
        }
        self.scope(arm, verb, target.as_deref(), &names, outer, known, clause, from.is_some());
        let own = names.into_values().filter(|item| item.lies == Lies::Spread);
        own.chain(inside).collect()
    }

    /// `name [AS] [alias]` of FROM.
    fn item(&mut self, part: &[Node], known: &BTreeSet<String>, names: &mut Names) -> Option<Item> {
        let name = part.first()?.token();
        let function = matches!(part.get(1), Some(Node::Group(_))) && !grows(name);
        let lies = match place(name) {
            _ if function || known.contains(name) => Lies::Same,
            Some(Place::Bucket) => Lies::Spread,
            Some(Place::Coordinator) => Lies::Coordinator,
            Some(Place::Everywhere) | None => Lies::Same,
        };
        let words = ["on", "set", "where", "left", "right", "full", "inner", "cross", "natural", "using", "as", ""];
        let at = if part.get(1).is_some_and(|n| n.is("as")) { 2 } else { 1 };
        let alias = part.get(at).map(Node::token).filter(|t| !words.contains(t)).unwrap_or(name);
        let item = Item { lies, node: self.fresh() };
        names.insert(alias.to_owned(), item.clone());
        Some(item)
    }

    /// `a.bucket = b.bucket` and `bucket = $1`, where no OR makes them idle.
    fn equalities(&mut self, condition: &[Node], names: &Names, outer: &[Names]) {
        if condition.iter().any(|n| n.is("or")) {
            return;
        }
        for (n, node) in condition.iter().enumerate() {
            if node.query().is_none()
                && let Node::Group(inside) = node
            {
                self.equalities(inside, names, outer);
            }
            if !node.is("=") {
                continue;
            }
            let left = self.bucket(&condition[..n], true, names, outer);
            let right = self.bucket(&condition[n + 1..], false, names, outer);
            if let (Some(left), Some(right)) = (left, right) {
                self.unite(left, right);
            }
        }
    }

    /// The bucket, or the constant, that stands at the end (`before` the sign) or at the beginning of these.
    fn bucket(&mut self, side: &[Node], before: bool, names: &Names, outer: &[Names]) -> Option<usize> {
        let word = |n: usize| {
            let at = if before { side.len().checked_sub(n + 1)? } else { n };
            side.get(at).map(Node::token)
        };
        let (alias, column) = match (word(0)?, word(1), word(2)) {
            (column, Some("."), Some(alias)) if before => (Some(alias), column),
            (alias, Some("."), Some(column)) if !before => (Some(alias), column),
            (column, ..) => (None, column),
        };
        if alias.is_none() && column.starts_with(|c: char| c == '$' || c == '{' || c.is_ascii_digit()) {
            let column = column.to_owned();
            return Some(self.constant(&column));
        }
        if column != "bucket" {
            return None;
        }
        match alias {
            Some(alias) => {
                // Rows around us that are the same everywhere bind nothing: each machine has all of them.
                let around = || outer.iter().rev().find_map(|o| o.get(alias)).filter(|i| i.lies == Lies::Spread);
                names.get(alias).or_else(around).map(|item| item.node)
            }
            None => names.values().find(|item| item.lies == Lies::Spread).map(|item| item.node),
        }
    }

    fn insert(&mut self, arm: &[Node], target: &str) {
        let has_bucket = |group: Option<&Node>| match group {
            Some(Node::Group(columns)) => Some(columns.iter().any(|c| c.is("bucket"))),
            _ => None,
        };
        if !grows(target) {
            return;
        }
        if has_bucket(arm.get(3)) != Some(true) {
            self.refusals.insert("what is written says its bucket");
        }
        let conflict = after(arm, "conflict");
        let names_a_key = arm.iter().any(|n| n.is("conflict")) && !conflict.first().is_some_and(|n| n.is("do"));
        if names_a_key && has_bucket(conflict.first()) != Some(true) {
            self.refusals.insert("ON CONFLICT names a key with the bucket");
        }
        if moves_bucket(after(conflict, "set")) {
            self.refusals.insert("a bucket never changes");
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn scope(
        &mut self,
        arm: &[Node],
        verb: &str,
        target: Option<&str>,
        names: &Names,
        outer: &[Names],
        known: &BTreeSet<String>,
        clause: &[Node],
        has_from: bool,
    ) {
        let spread: Vec<&Item> = names.values().filter(|i| i.lies == Lies::Spread).collect();
        if spread.windows(2).any(|w| self.root(w[0].node) != self.root(w[1].node)) {
            self.refusals.insert("tables that grow are joined by their bucket");
        }
        let beside_coordinator = !spread.is_empty() && names.values().any(|i| i.lies == Lies::Coordinator);
        // Sub-queries of the target list, of conditions, of SET.
        let in_from: Vec<*const Node> = sub_queries(clause).iter().map(|q| q.as_ptr()).collect();
        let others: Vec<&[Node]> = sub_queries(arm).into_iter().filter(|q| !in_from.contains(&q.as_ptr())).collect();
        let scopes: Vec<Names> = outer.iter().cloned().chain([names.clone()]).collect();
        let mut looks_elsewhere = beside_coordinator;
        for query in &others {
            let found = self.query(query, &scopes, known);
            self.beside(&found, query, names);
            if verb == "select" && !has_from && !found.is_empty() {
                self.refusals.insert("no sub-query on what grows in a SELECT without FROM");
            }
            if verb == "update" || verb == "delete" {
                looks_elsewhere |= reads(query, &|t| place(t) == Some(Place::Coordinator)) && !spread.is_empty();
                let one = found.iter().chain(spread.iter().copied()).all(|item| self.is_one(item));
                if !found.is_empty() && !one {
                    self.refusals.insert("a change that looks elsewhere names one bucket");
                }
            }
        }
        if looks_elsewhere {
            self.refusals.insert("nothing that grows is joined with the coordinator's own tables");
        }
        let set = until(after(arm, "set"), &["from", "where", "returning"]);
        if verb == "update" && target.is_some_and(grows) && moves_bucket(set) {
            self.refusals.insert("a bucket never changes");
        }
        // A list that stands beside, in FROM or USING, says the bucket of each row.
        let beside = names.values().all(|item| spread.iter().all(|s| self.root(s.node) == self.root(item.node)));
        let changes = (verb == "update" || verb == "delete") && target.is_some_and(grows);
        if changes && names.len() > 1 && !beside && !spread.iter().all(|item| self.is_one(item)) {
            self.refusals.insert("a change that looks elsewhere names one bucket");
        }
        let locks = arm.windows(2).any(|w| w[0].is("for") && ["update", "share", "no", "key"].contains(&w[1].token()));
        if locks && !spread.iter().all(|item| self.is_one(item)) {
            self.refusals.insert("a lock names one bucket");
        }
    }

    /// A sub-query that speaks of the rows around it must lie beside them.
    fn beside(&mut self, found: &[Item], query: &[Node], around: &Names) {
        let mut speaks = false;
        mentions(query, &mut |nodes, n| {
            let dot = nodes.get(n + 1).is_some_and(|d| d.is("."));
            speaks |= dot && around.contains_key(nodes[n].token());
        });
        let lies_beside =
            |item: &Item| around.values().any(|a| a.lies == Lies::Spread && self.root(a.node) == self.root(item.node));
        if speaks && !found.iter().all(lies_beside) {
            self.refusals.insert("a correlated sub-query is bound to the bucket around it");
        }
    }
}

/// `bucket` on the left side of a SET list.
fn moves_bucket(set: &[Node]) -> bool {
    let assigned = split_at(set, |t| t == ",");
    assigned.iter().any(|part| match part.first() {
        Some(Node::Token(column)) => column == "bucket",
        Some(Node::Group(columns)) => columns.iter().any(|c| c.is("bucket")),
        None => false,
    })
}
