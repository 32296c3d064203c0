//! The few rules that hold the code base together: which crate and which slice may know which.

use app::distribution::{Place, TABLES};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn all(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root().join(folder), extension, &mut found);
    assert!(!found.is_empty(), "{folder} has no .{extension}");
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// kernel <- accounting <- app, kernel <- infra <- connectors <- app <- server.
#[test]
fn crates_know_only_what_is_below_them() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("kernel", &[][..]),
        ("accounting", &["kernel"][..]),
        ("infra", &["kernel"][..]),
        ("connectors", &["kernel", "infra"][..]),
        ("sandbox", &["kernel", "infra"][..]),
        ("posters", &[][..]),
        ("app", &["kernel", "accounting", "infra", "connectors", "posters"][..]),
        ("testkit", &["kernel", "accounting", "infra", "connectors", "app"][..]),
        ("server", &["kernel", "accounting", "infra", "connectors", "posters", "sandbox", "app"][..]),
    ]);
    for (name, may) in &allowed {
        let manifest = std::fs::read_to_string(root().join(format!("crates/{name}/Cargo.toml"))).unwrap();
        let needs = manifest.split("[dev-dependencies]").next().unwrap();
        for other in allowed.keys() {
            let depends = needs.lines().any(|line| line.starts_with(&format!("{other}.workspace")));
            assert!(!depends || may.contains(other), "{name} must not need {other}");
        }
    }
}

/// The order in which `app/src/lib.rs` lists the slices; a slice imports only from its own line or above.
const LAYERS: [&[&str]; 7] = [
    &["audit", "ledger", "persons", "programs", "staff"],
    &["promoters"],
    &["catalog", "communities"],
    &["links"],
    &["orders", "posters"],
    &["commission"],
    &["operations", "reports"],
];

#[test]
fn slices_import_only_downward() {
    let layer = |slice: &str| LAYERS.iter().position(|names| names.contains(&slice));
    let mut seen = 0;
    for (path, text) in all("crates/app/src", "rs") {
        let relative = path.strip_prefix(root().join("crates/app/src")).unwrap().to_owned();
        let Some(own) = relative.iter().next().and_then(|s| s.to_str()).and_then(layer) else { continue };
        for line in text.lines() {
            for part in line.split("crate::").skip(1) {
                let inside = part.strip_prefix('{').map_or_else(|| vec![part], |list| list.split(',').collect());
                for name in inside {
                    let name: String =
                        name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                    if let Some(other) = layer(&name) {
                        seen += 1;
                        assert!(other <= own, "{}: {line}", relative.display());
                    }
                }
            }
        }
    }
    assert!(seen > 150, "only {seen} imports were looked at");
}

/// Tables that grow are read by bucket; what crosses buckets says why.
#[test]
fn statements_name_their_bucket_or_their_reason() {
    let grows = |name: &str| TABLES.contains(&(name, Place::Bucket));
    let mut looked = 0;
    for (path, text) in all("crates/app/src", "sql") {
        let code: String =
            text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
        let words: Vec<&str> =
            code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
        let named = |w: &[&str]| ["FROM", "INTO", "UPDATE", "JOIN"].contains(&w[0]) && grows(w[1]);
        if !words.windows(2).any(named) {
            continue;
        }
        looked += 1;
        assert!(text.starts_with("--"), "{}: say what it is for", path.display());
        let named = words.contains(&"bucket") || text.contains("fan-out:");
        assert!(named, "{}: name the bucket, or say `-- fan-out: reason`", path.display());
    }
    assert!(looked > 60, "only {looked} statements");
}

/// Each defect of others that we mean to be proof against and that is built so far has a test named after its number.
#[test]
fn lessons_have_tests_of_their_names() {
    let mut texts = all("crates", "rs");
    texts.retain(|(path, _)| path.iter().any(|part| part == "tests"));
    for lesson in [1, 2, 3, 4, 5, 6, 8, 9, 10, 13, 14, 15, 16, 17, 21, 23, 24, 25] {
        let name = format!("fn lesson_{lesson:02}_");
        assert!(texts.iter().any(|(_, text)| text.contains(&name)), "lesson {lesson} has no test");
    }
}

/// The API document has one place for all names: two bodies of one name would be one, and clients of the other be wrong.
#[test]
fn bodies_of_the_api_have_names_of_their_own() {
    let mut seen: BTreeMap<String, PathBuf> = BTreeMap::new();
    for (path, text) in all("crates/app/src", "rs") {
        let mut shown = false;
        for line in text.lines().map(str::trim) {
            shown |= line.starts_with("#[derive(") && line.contains("ToSchema");
            let Some(rest) = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum ")) else {
                continue;
            };
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            if shown && let Some(other) = seen.insert(name.clone(), path.clone()) {
                panic!("{name} is in {} and in {}", other.display(), path.display());
            }
            shown = false;
        }
    }
    assert!(seen.len() > 50, "only {} bodies", seen.len());
}

/// Money is whole fen.
#[test]
fn no_floats_where_money_is_decided() {
    for folder in
        ["crates/kernel/src", "crates/accounting/src", "crates/app/src", "crates/connectors/src", "crates/sandbox/src"]
    {
        for (path, text) in all(folder, "rs") {
            for (n, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let float = ["f64", "f32"]
                    .iter()
                    .any(|word| code.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|token| token == *word));
                assert!(!float, "{}:{}: {line}", path.display(), n + 1);
            }
        }
    }
}

/// Names that documents refer to exist.
#[test]
fn links_between_documents_lead_somewhere() {
    let mut pages = vec![];
    for name in ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        pages.push(root().join(name));
    }
    files(&root().join("docs"), "md", &mut pages);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
        for part in text.split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let file = page.parent().unwrap().join(target);
            assert!(file.exists(), "{} refers to {target}", page.display());
        }
    }
}
