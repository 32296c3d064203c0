//! The books for auditors: both programs accept every part, and see a fen too much in each.

use app::ledger::{self, Format, Part};
use infra::db::Engine;
use kernel::{Bucket, Month, Zone};
use std::process::Command;
use testkit::{Fixture, Report, on_both_engines};

async fn export(f: &Fixture, format: Format, part: Part) -> (String, u64) {
    let mut out = Vec::new();
    let mut tx = f.ctx.db.snapshot().await.unwrap();
    let count = ledger::export(&mut tx, format, part, &Zone::china(), &mut out).await.unwrap();
    (String::from_utf8(out).unwrap(), count)
}

/// What the auditor's program says: nothing, or why not.
fn check(format: Format, text: &str) -> Result<(), String> {
    let name = format!("daogou-{}-{}", std::process::id(), infra::secrets::hex(&infra::secrets::random::<6>()));
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, text).unwrap();
    let mut command = match format {
        Format::Beancount => Command::new("bean-check"),
        Format::Hledger => Command::new("hledger"),
    };
    match format {
        Format::Beancount => command.arg(&file),
        Format::Hledger => command.arg("-f").arg(&file).args(["check", "--strict"]),
    };
    let done = command.env("LANG", "C.UTF-8").output().unwrap_or_else(|e| {
        panic!("{format:?}'s program cannot be run ({e}): run the tests with `make test`, which installs it")
    });
    let _ = std::fs::remove_file(&file);
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

/// One figure of a line with this in it is another; the first such line, or the last.
fn spoilt(text: &str, mark: &str, last: bool) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let found: Vec<usize> = (0..lines.len()).filter(|n| lines[*n].contains(mark)).collect();
    let at = *if last { found.last() } else { found.first() }.unwrap_or_else(|| panic!("no {mark} in {text}"));
    let point = lines[at].rfind('.').unwrap();
    let digit = lines[at].as_bytes()[point + 2];
    lines[at].replace_range(point + 2..point + 3, if digit == b'5' { "6" } else { "5" });
    lines.join("\n") + "\n"
}

/// October to December, with returns, among promoters of several buckets.
async fn story(f: &Fixture) {
    let program = f.program("p").await;
    let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
    let inviter = f.promoter(&program, "邀请人", None).await;
    for n in 0..8 {
        let promoter = f.promoter(&program, &format!("推荐官 {n}"), Some(inviter.id)).await;
        for m in 0..4 {
            let code = f.code(&promoter, 0);
            let paid = Report::paid(&format!("K{n}-{m}"), &code, 137 + 311 * n + 17 * m, f.ctx.now());
            f.report(account, std::slice::from_ref(&paid)).await;
            f.clock.advance_seconds(86_400);
            f.report(account, &[paid.later(if m == 3 { 3 } else { 17 }, 131 + 300 * n, 1)]).await;
            f.clock.advance_seconds(86_400);
        }
    }
    f.assert_verified().await;
}

on_both_engines! {
    async fn both_auditors_accept_every_part_and_see_a_fen_too_much(f: Fixture) {
        story(&f).await;
        let months = ["2026-10", "2026-11", "2026-12", "2027-01"].map(|text| Month::parse(text).unwrap());
        let middle = Bucket::from_low_bits(31);
        let whole = Part::whole();
        let halves = [Part { last: middle, ..whole }, Part { first: Bucket::from_low_bits(32), ..whole }];
        for format in [Format::Beancount, Format::Hledger] {
            let (text, count) = export(&f, format, whole).await;
            assert!(count >= 64, "{count}");
            assert_eq!(check(format, &text), Ok(()), "{text}");
            let mut in_parts = 0;
            for half in halves {
                for month in months {
                    let (text, count) = export(&f, format, Part { month: Some(month), ..half }).await;
                    assert_eq!(check(format, &text), Ok(()), "{month}: {text}");
                    in_parts += count;
                }
            }
            assert_eq!(in_parts, count);

            let (december, _) = export(&f, format, Part { month: Some(months[2]), ..whole }).await;
            let (mark, owner) = match format {
                Format::Beancount => (" ~ 0 CNY", "Waiting "),
                Format::Hledger => (" == CNY ", "Waiting "),
            };
            // An assertion at the beginning, one at the end, and a posting in between.
            let (first, last) = (spoilt(&december, mark, false), spoilt(&december, mark, true));
            assert!(check(format, &first).is_err(), "what was carried forward is not checked: {first}");
            assert!(check(format, &last).is_err(), "what is there in the end is not checked: {last}");
            let postings = december.split("\n\n").nth(3).unwrap();
            let at = december.find(postings).unwrap();
            let wrong = december[..at].to_owned() + &spoilt(&december[at..], owner, false);
            assert!(check(format, &wrong).is_err(), "a posting is not checked: {wrong}");
            // Whole months without anything.
            let (text, count) = export(&f, format, Part { month: Some(months[0]), ..whole }).await;
            assert_eq!((check(format, &text), count), (Ok(()), 0), "{text}");
        }
    }

    /// What a month ends with is what the next one begins with.
    async fn months_follow_each_other(f: Fixture) {
        story(&f).await;
        let of = async |text: &str| {
            let month = Some(Month::parse(text).unwrap());
            export(&f, Format::Beancount, Part { month, ..Part::whole() }).await.0
        };
        let balances = |text: &str, day: &str| -> Vec<String> {
            let begin = format!("{day} balance ");
            let found = text.lines().filter(|line| line.starts_with(&begin) && !line.contains(" 0.00 ~"));
            found.map(str::to_owned).collect()
        };
        let (november, december) = (of("2026-11").await, of("2026-12").await);
        let ends = balances(&november, "2026-12-01");
        assert!(ends.len() > 5, "{november}");
        assert_eq!(ends, balances(&december, "2026-12-01"));
    }
}

#[tokio::test]
async fn books_without_anything_are_accepted() {
    let f = Fixture::new(Engine::Lite).await;
    for format in [Format::Beancount, Format::Hledger] {
        let (text, count) = export(&f, format, Part::whole()).await;
        assert_eq!((check(format, &text), count), (Ok(()), 0), "{text}");
    }
}
