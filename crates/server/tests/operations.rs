//! Backup, restore, rotation, refusal of newer schemas and a clean stop, with the real program.
#![cfg(unix)]

mod program;

use infra::db::{Db, Durability};
use infra::secrets::{MasterKey, hex};
use program::{Folder, command, done, fetch, free_port, refused, run};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Node numbers that are held (a second from now: one that is given back is free at once).
const HELD: &str = "SELECT COUNT(*) AS n FROM lease WHERE name LIKE 'node/%' AND until_us / 1000000 > CAST(strftime('%s', 'now') AS INTEGER) + 1";

const DEMO: [&str; 3] = ["--config", "d/daogou.toml", "--demo"];

/// A day of the demo in folder `d`: made once, copied for each test.
fn played(name: &str) -> Folder {
    static MADE: OnceLock<()> = OnceLock::new();
    // What is made here stays until the next time.
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("played");
    MADE.get_or_init(|| {
        let _ = std::fs::remove_dir_all(&made);
        std::fs::create_dir_all(&made).unwrap();
        let (port, shop) = (free_port().to_string(), free_port().to_string());
        let demo = ["demo", "--dir", "d", "--days", "1", "--port", &port, "--sandbox-port", &shop, "--once"];
        done(&run(&made, &demo));
    });
    let folder = Folder::new(name);
    assert!(Command::new("cp").arg("-a").arg(made.join("d")).arg(&folder.0).status().unwrap().success());
    folder
}

fn with_demo<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&DEMO[..], args].concat()
}

fn demo(dir: &Path, args: &[&str]) -> Output {
    run(dir, &with_demo(args))
}

/// A server that is ended with the test, whatever comes.
struct Server {
    child: Child,
    port: u16,
    log: std::path::PathBuf,
}

impl Server {
    fn start(dir: &Path) -> Server {
        let port = free_port();
        let log = dir.join(format!("serve-{port}.log"));
        let child = command(dir, &with_demo(&["serve", "--listen", &format!("127.0.0.1:{port}")]))
            .env("DAOGOU_HTTP__METRICS_LISTEN", "")
            .env("DAOGOU_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1"]"#)
            // A file takes everything; a pipe that nobody reads would stop the server once it is full.
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let server = Server { child, port, log };
        assert!(fetch(port, "/readyz").contains("ready"));
        server
    }

    /// SIGTERM; how long it took to end well.
    fn stop(mut self) -> Duration {
        let asked = Instant::now();
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "{}", std::fs::read_to_string(&self.log).unwrap());
        asked.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The only backup in a folder.
fn only_backup(folder: &Path) -> PathBuf {
    let all = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut named: Vec<PathBuf> =
        all.filter(|p| p.file_name().unwrap().to_str().unwrap().starts_with("backup-")).collect();
    assert_eq!(named.len(), 1, "{named:?}");
    named.remove(0)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs something on the database of a stopped installation.
fn on_database<T>(file: &Path, work: impl AsyncFnOnce(&Db) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::open(&format!("sqlite:{}", file.display()), Durability::Full, 1).await.unwrap();
        let outcome = work(&db).await;
        db.close().await;
        outcome
    })
}

fn number(file: &Path, sql: &'static str) -> i64 {
    on_database(file, async |db| db.read().await.unwrap().one(sql, vec![]).await.unwrap().unwrap().int("n").unwrap())
}

fn change(file: &Path, sql: &str) {
    on_database(file, async |db| {
        let mut tx = db.begin().await.unwrap();
        assert!(tx.run_once(sql.to_owned()).await.unwrap() > 0);
        tx.commit().await.unwrap();
    });
}

/// Puts what is in the files now into the manifest, as somebody would who wants to be believed.
fn sign_anew(backup: &Path) {
    let path = backup.join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for entry in manifest["files"].as_array_mut().unwrap() {
        let bytes = std::fs::read(backup.join(entry["name"].as_str().unwrap())).unwrap();
        entry["bytes"] = bytes.len().into();
        entry["sha256"] = hex(&Sha256::digest(&bytes)).into();
    }
    std::fs::write(&path, manifest.to_string()).unwrap();
}

#[test]
fn a_backup_made_while_serving_becomes_the_installation_again() {
    let folder = played("backup");
    let dir = folder.0.as_path();
    let server = Server::start(dir);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                fetch(server.port, "/s/00000000000000000000");
            }
        });
        let made = demo(dir, &["backup", "--to", "kept"]);
        // Whatever came of it, the reader ends.
        over.store(true, Ordering::SeqCst);
        let made = done(&made);
        assert!(made.contains("master key is not in it") && made.contains("restore --check"), "{made}");
    });
    let backup = only_backup(&dir.join("kept"));
    assert_eq!(names(&backup), ["clicks.db", "main.db", "manifest.json"]);
    assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o700);
    let key = std::fs::read_to_string(dir.join("d/master.key")).unwrap();
    let raw = infra::secrets::unhex(key.trim()).unwrap();
    for name in names(&backup) {
        let file = backup.join(&name);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(32).any(|w| w == &raw[..] || w == &key.as_bytes()[..32]), "the key is in {name}");
    }
    let from = backup.to_str().unwrap();
    // Looking changes nothing and needs nobody to stop.
    let before = names(&dir.join("d/data"));
    let checked = done(&demo(dir, &["restore", "--check", "--from", from]));
    assert!(checked.contains("the backup is whole") && checked.contains(" 0 differences"), "{checked}");
    assert_eq!(names(&dir.join("d/data")), before);
    refused(&demo(dir, &["restore", "--from", from]), &["daogou.db is there already", "move it away"]);
    refused(&demo(dir, &["restore", "--from", "kept"]), &["holds backups", "--from kept/backup-"]);
    server.stop();

    let lines = number(&dir.join("d/data/daogou.db"), "SELECT COUNT(*) AS n FROM order_line");
    assert!(lines > 10, "{lines}");
    std::fs::rename(dir.join("d/data"), dir.join("lost")).unwrap();
    let restored = done(&demo(dir, &["restore", "--from", from]));
    assert!(restored.contains("the backup is restored"), "{restored}");
    assert_eq!(names(&dir.join("d/data")), ["clicks.db", "daogou.db"]);
    assert_eq!(number(&dir.join("d/data/daogou.db"), "SELECT COUNT(*) AS n FROM order_line"), lines);
    assert!(done(&demo(dir, &["ledger", "verify", "--json"])).contains(r#""differences":0"#));
    Server::start(dir).stop();

    // Old ones go, others stay.
    std::fs::create_dir(dir.join("kept/backup-of-somebody")).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    let again = done(&demo(dir, &["backup", "--to", "kept", "--keep", "1", "--json"]));
    assert!(again.contains(r#""removed":1"#), "{again}");
    assert!(!backup.exists() && dir.join("kept/backup-of-somebody").exists());
}

#[test]
fn a_backup_that_cannot_be_trusted_is_refused_with_its_reason() {
    let folder = played("bad-backup");
    let dir = folder.0.as_path();
    done(&demo(dir, &["backup", "--to", "kept"]));
    let good = only_backup(&dir.join("kept"));
    let before = names(&dir.join("d/data"));
    let spoilt = |name: &str, spoil: &dyn Fn(&Path)| {
        let copy = dir.join(name);
        assert!(Command::new("cp").arg("-a").arg(&good).arg(&copy).status().unwrap().success());
        spoil(&copy);
        copy.to_str().unwrap().to_owned()
    };
    let check = |from: &str| demo(dir, &["restore", "--check", "--from", from]);

    let from = spoilt("truncated", &|copy| {
        let file = std::fs::File::options().write(true).open(copy.join("main.db")).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    });
    refused(&check(&from), &["main.db is truncated", "take another backup"]);
    let from = spoilt("tampered", &|copy| {
        let mut bytes = std::fs::read(copy.join("main.db")).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(copy.join("main.db"), bytes).unwrap();
    });
    refused(&check(&from), &["main.db was changed", "SHA-256", "take another backup"]);
    let from = spoilt("garbage", &|copy| {
        std::fs::write(copy.join("main.db"), vec![7; 100_000]).unwrap();
        sign_anew(copy);
    });
    refused(&check(&from), &["no database that can be read"]);
    let from = spoilt("without-clicks", &|copy| std::fs::remove_file(copy.join("clicks.db")).unwrap());
    refused(&check(&from), &["clicks.db cannot be read"]);
    let from = spoilt("half-manifest", &|copy| std::fs::write(copy.join("manifest.json"), "{").unwrap());
    refused(&check(&from), &["manifest.json is damaged"]);
    let from = spoilt("newer-format", &|copy| {
        std::fs::write(copy.join("manifest.json"), r#"{"format":9,"program":"7.1.0"}"#).unwrap();
    });
    refused(&check(&from), &["newer format", "7.1.0"]);
    let from = spoilt("newer-schema", &|copy| {
        change(&copy.join("main.db"), "INSERT INTO schema_migration VALUES ('main', 9999, 'x', 'x', 0)");
        sign_anew(copy);
    });
    refused(&check(&from), &["schema 9999", "use daogou"]);
    refused(&check("nowhere"), &["nowhere is no backup"]);

    // Another installation: its backup with our key, and its database under our manifest.
    done(&run(dir, &["init", "--dir", "other"]));
    done(&run(dir, &["--config", "other/daogou.toml", "backup", "--to", "others"]));
    let others = only_backup(&dir.join("others"));
    refused(&check(others.to_str().unwrap()), &["cannot be used with this master key", "another installation"]);
    let from = spoilt("exchanged", &|copy| {
        for name in ["main.db", "clicks.db"] {
            std::fs::copy(others.join(name), copy.join(name)).unwrap();
        }
        sign_anew(copy);
    });
    refused(&check(&from), &["the database in", "its manifest speaks of"]);
    assert_eq!(names(&dir.join("d/data")), before, "nothing is left of what was tried");

    // A tampered row in an otherwise whole backup: the verification finds it.
    let from = spoilt("row", &|copy| {
        change(&copy.join("main.db"), "UPDATE ledger_balance SET balance_fen = balance_fen + 1 WHERE balance_fen > 0");
        sign_anew(copy);
    });
    let found = check(&from);
    assert_eq!(found.status.code(), Some(1), "{}", text(&found));
    assert!(text(&found).contains("differences"), "{}", text(&found));

    std::fs::rename(dir.join("d/master.key"), dir.join("away.key")).unwrap();
    refused(&check(good.to_str().unwrap()), &["master.key is missing", "no backup holds it"]);
    // A database that was made with another key is refused by every command.
    std::fs::copy(dir.join("other/master.key"), dir.join("d/master.key")).unwrap();
    refused(&demo(dir, &["programs", "list"]), &["another installation", "key file"]);
}

#[test]
fn a_disk_that_fills_up_in_the_middle_leaves_no_backup() {
    let folder = played("full-disk");
    let dir = folder.0.as_path();
    assert!(std::fs::metadata(dir.join("d/data/daogou.db")).unwrap().len() > 4 << 20);
    let program = env!("CARGO_BIN_EXE_daogou");
    // The file may not grow beyond 2 MB: the write that would do it fails, as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f 2048; exec '{program}' {} backup --to kept", DEMO.join(" "));
    let failed = Command::new("bash").current_dir(dir).args(["-c", &script]).output().unwrap();
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!((failed.status.code(), said.trim_end().lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("could not be finished") && said.contains("nothing was left in kept"), "{said}");
    assert_eq!(names(&dir.join("kept")), [".daogou-backup.lock"]);

    // A disk that is seen to be too small is not even begun with, where a small disk can be had.
    let script = format!(
        "mkdir small && mount -t tmpfs -o size=1m none small || exit 77; '{program}' {} backup --to small; code=$?; ls -A small; exit $code",
        DEMO.join(" ")
    );
    let small = Command::new("unshare").current_dir(dir).args(["-rm", "bash", "-c", &script]).output();
    if let Ok(small) = small.map(|output| (output.status.code(), text(&output)))
        && small.0 == Some(1)
        && !small.1.contains("unshare")
    {
        assert!(small.1.contains("MB free; nothing was written") && !small.1.contains("backup-"), "{}", small.1);
    }

    // A backup that was killed left its folder; the next one clears it away.
    std::fs::create_dir(dir.join("kept/.unfinished-0011")).unwrap();
    std::fs::write(dir.join("kept/.unfinished-0011/main.db"), "half").unwrap();
    done(&demo(dir, &["backup", "--to", "kept"]));
    assert_eq!(names(&dir.join("kept")).len(), 2);
    done(&demo(dir, &["restore", "--check", "--from", only_backup(&dir.join("kept")).to_str().unwrap()]));
}

#[test]
fn on_postgresql_its_own_tools_are_named() {
    let folder = Folder::new("pg-words");
    let dir = folder.0.as_path();
    std::fs::write(dir.join("daogou.toml"), "[database]\nurl = 'postgres://u@127.0.0.1:1/d'\n").unwrap();
    refused(&run(dir, &["backup", "--to", "kept"]), &["pg_dump --format=custom", "docs/operations.md"]);
    refused(&run(dir, &["restore", "--from", "kept"]), &["pg_restore", "ledger verify"]);
    assert!(!dir.join("kept").exists());
}

#[test]
fn a_newer_schema_is_refused_by_every_command() {
    let folder = Folder::new("newer");
    let dir = folder.0.as_path();
    done(&run(dir, &["init"]));
    change(&dir.join("data/daogou.db"), "INSERT INTO schema_migration VALUES ('main', 9999, 'x', 'x', 0)");
    let promoter = "prm_0000000000000";
    for args in [
        &["init"][..],
        &["serve"],
        &["worker"],
        &["migrate"],
        &["backup", "--to", "kept"],
        &["secrets", "rotate"],
        &["alarms", "test"],
        &["sync", "goods"],
        &["orders", "pull"],
        &["ledger", "verify"],
        &["ledger", "export"],
        &["programs", "list"],
        &["unions", "list"],
        &["promoters", "list", "--program", "x"],
        &["communities", "list", "--program", "x"],
        &["links", "show", "00000000000000000000"],
        &["links", "make", "--program", "x", "--promoter", promoter, "--product", "1"],
        &["persons", "password", "owner"],
    ] {
        refused(&run(dir, args), &["schema main/9999", "use a newer program"]);
    }
    let seen = run(dir, &["doctor"]);
    assert!(seen.status.code() == Some(1) && text(&seen).contains("schema main/9999"), "{}", text(&seen));
    let leases = number(&dir.join("data/daogou.db"), HELD);
    assert_eq!((leases, dir.join("kept").exists()), (0, false));
}

/// Check, subject, state and words of each line of the doctor, and the exit code.
type Seen = (Vec<[String; 4]>, Option<i32>);

fn doctor(mut command: Command) -> Seen {
    let output = command.output().unwrap();
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let read =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("{}", text(&output)));
    let word = |value: &serde_json::Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let checks = lines.lines().map(read).filter(|value| value["done"].is_null());
    let checks = checks.map(|v| [word(&v, "check"), word(&v, "subject"), word(&v, "state"), word(&v, "says")]);
    (checks.collect(), output.status.code())
}

#[track_caller]
fn found(all: &Seen, check: &str, state: &str, says: &str) {
    let found = all.0.iter().any(|[c, _, s, w]| c == check && s == state && w.contains(says));
    assert!(found, "no {check} {state} {says} in {all:#?}");
}

/// Answers each call with this date and nothing else.
fn gateway_at(date: &'static str) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    port
}

#[test]
fn the_doctor_sees_what_is_wrong_and_changes_nothing() {
    let folder = played("doctor");
    let dir = folder.0.as_path();
    let database = dir.join("d/data/daogou.db");
    let ask = || {
        let mut command = command(dir, &with_demo(&["doctor", "--json"]));
        command.env("DAOGOU_ALARMS__DISK_MB", "1");
        command
    };
    // The demo has ended: its shop is closed, and nobody has worked in the background.
    let all = doctor(ask());
    assert_eq!(all.1, Some(1));
    found(&all, "master key", "ok", "generation 0");
    found(&all, "database", "ok", "up to date");
    found(&all, "union", "fail", "no connection");
    found(&all, "backup", "warn", "never");
    found(&all, "alarms", "warn", "nobody is told");
    found(&all, "verify", "warn", "never verified");
    found(&all, "certificate", "ok", "127.0.0.1");
    found(&all, "nodes", "ok", "0 of 64");
    found(&all, "disk", "ok", "MB free");
    found(&all, "worker", "warn", "nobody has worked");

    // A gateway that lives in another hour, a budget that is spent, a job that is given up, an alarm too.
    let port = gateway_at("Wed, 25 Nov 2020 00:00:00 GMT");
    change(
        &database,
        &format!("UPDATE union_account SET gateway_url = 'http://127.0.0.1:{port}/routerjson', daily_budget = 1"),
    );
    change(
        &database,
        "INSERT INTO job (id, name, job_key, payload, state, run_at_us, lease_until_us, attempts, last_error) VALUES (1, 'ledger.verify', 'x', '{}', 'failed', 0, 0, 8, 'no luck')",
    );
    change(
        &database,
        "INSERT INTO job (id, name, job_key, payload, every_s, state, run_at_us, lease_until_us, attempts) VALUES (2, 'db.analyze', '', '{}', 3600, 'ready', 0, 0, 0)",
    );
    change(
        &database,
        "INSERT INTO alarm_notice VALUES (1, 'wecom', 'x', 9000000000000000, 12, 1, 'the robot is gone')",
    );
    let today = "INSERT OR REPLACE INTO union_budget SELECT id, CAST(strftime('%s', 'now') + 28800 AS INTEGER) / 86400, 5 FROM union_account";
    change(&database, today);
    done(&demo(dir, &["backup", "--to", "kept"]));
    let all = doctor(ask());
    found(&all, "union", "ok", "answers");
    found(&all, "clock", "fail", "behind this machine");
    found(&all, "budget", "fail", "5 of 1 calls today");
    found(&all, "job", "fail", "ledger.verify: no luck");
    found(&all, "worker", "warn", "1 jobs are overdue");
    found(&all, "alarms", "fail", "the robot is gone");
    found(&all, "backup", "ok", "0 hours ago");
    let mut full = ask();
    full.env("DAOGOU_ALARMS__DISK_MB", "4000000000");
    found(&doctor(full), "disk", "fail", "is an alarm");

    // The table says the same as the lines.
    let table = demo(dir, &["doctor"]);
    assert_eq!(table.status.code(), Some(1));
    assert!(text(&table).contains("no luck") && text(&table).contains("docs/operations.md"), "{}", text(&table));

    let key = dir.join("d/master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    found(&doctor(ask()), "master key", "fail", "chmod 600");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&key, MasterKey::draw().to_hex()).unwrap();
    found(&doctor(ask()), "installation", "fail", "another installation");
    std::fs::rename(&database, dir.join("away.db")).unwrap();
    found(&doctor(ask()), "database", "fail", "daogou restore");
    assert!(!database.exists(), "looking makes no database");
}

/// Serves TLS on this machine with a certificate of this many days, signed by an authority of its own; port and authority.
fn tls_server(from_days: i64, until_days: i64) -> (u16, String) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(rcgen::DnType::CommonName, "tests");
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::from_params(&authority, &authority_key);
    let mut own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let now =
        rcgen::date_time_ymd(1970, 1, 1) + std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let days = |days: i64| Duration::from_secs(u64::try_from(days.abs()).unwrap() * 86_400);
    own.not_before = now - days(from_days);
    own.not_after =
        if until_days < 0 { now - days(until_days) } else { now + days(until_days) + Duration::from_secs(3600) };
    let key = KeyPair::generate().unwrap();
    let chain = vec![own.signed_by(&key, &issuer).unwrap().der().clone()];
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
            while session.is_handshaking() && session.complete_io(&mut stream).is_ok() {}
        }
    });
    (port, root.pem())
}

#[test]
fn the_doctor_tells_how_long_the_certificate_is_good() {
    let folder = Folder::new("certificate");
    let dir = folder.0.as_path();
    done(&run(dir, &["init"]));
    let ask = |port: u16, authority: &str| {
        std::fs::write(dir.join("authority.pem"), authority).unwrap();
        let mut command = command(dir, &["doctor", "--json"]);
        command.env("DAOGOU_PUBLIC_URL", format!("https://127.0.0.1:{port}"));
        command.env("SSL_CERT_FILE", dir.join("authority.pem")).env_remove("SSL_CERT_DIR");
        doctor(command)
    };
    for (days, state) in [(90, "ok"), (20, "warn"), (2, "fail")] {
        let (port, authority) = tls_server(1, days);
        found(&ask(port, &authority), "certificate", state, &format!("{days} days left"));
    }
    let (port, authority) = tls_server(10, -1);
    found(&ask(port, &authority), "certificate", "fail", "expired");
    let (_, another) = tls_server(1, 90);
    let (port, _) = tls_server(1, 90);
    found(&ask(port, &another), "certificate", "fail", "invalid peer certificate");
    found(&ask(free_port(), &another), "certificate", "fail", "does not show one");
}

/// A tool of PostgreSQL, of the newest server here.
fn pg_tool(name: &str) -> PathBuf {
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().map(|e| e.unwrap().path()).collect();
    versions.sort();
    let newest = versions.pop().map(|version| version.join("bin").join(name)).filter(|tool| tool.exists());
    newest.unwrap_or_else(|| PathBuf::from(name))
}

#[test]
fn on_postgresql_dump_and_restore_make_the_installation_again() {
    let folder = Folder::new("pg-drill");
    let dir = folder.0.as_path();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fresh = || runtime.block_on(testkit::Database::fresh(infra::db::Engine::Pg));
    let (one, other) = (fresh(), fresh());
    let (first, second) = (one.url.clone(), other.url.clone());
    done(&run(dir, &["init", "--database", &first]));
    done(&run(dir, &["programs", "create", "--preset", "starter", "--open"]));
    let mut ask = command(dir, &["doctor", "--json"]);
    ask.env("DAOGOU_HTTP__METRICS_LISTEN", "");
    let all = doctor(ask);
    assert_eq!(all.1, Some(0), "{all:#?}");
    found(&all, "clock", "ok", "the same as here");
    found(&all, "backup", "ok", "pg_dump");

    let dump = Command::new(pg_tool("pg_dump"))
        .current_dir(dir)
        .args(["--format=custom", "--file=daogou.dump", &first])
        .output();
    done(&dump.unwrap());
    let restored = Command::new(pg_tool("pg_restore"))
        .current_dir(dir)
        .args(["--no-owner", "--exit-on-error", "--dbname", &second, "daogou.dump"])
        .output();
    done(&restored.unwrap());
    let mut list = command(dir, &["programs", "list", "--json"]);
    assert!(done(&list.env("DAOGOU_DATABASE__URL", &second).output().unwrap()).contains(r#""code":"starter""#));
    let mut verify = command(dir, &["ledger", "verify", "--json"]);
    assert!(done(&verify.env("DAOGOU_DATABASE__URL", &second).output().unwrap()).contains(r#""differences":0"#));
    // The restored database is of this installation: with another key it is refused, and so is a newer schema.
    std::fs::write(dir.join("master.key"), MasterKey::draw().to_hex()).unwrap();
    refused(&run(dir, &["programs", "list"]), &["another installation"]);
    runtime.block_on(async {
        let db = Db::open(&second, Durability::Full, 1).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        tx.run_once("INSERT INTO schema_migration VALUES ('main', 9999, 'x', 'x', 0)".to_owned()).await.unwrap();
        tx.commit().await.unwrap();
    });
    for args in [&["migrate"][..], &["serve"], &["worker"], &["programs", "list"], &["secrets", "rotate"]] {
        let mut newer = command(dir, args);
        refused(&newer.env("DAOGOU_DATABASE__URL", &second).output().unwrap(), &["schema main/9999"]);
    }
}

#[test]
fn alarms_are_tried_from_the_command_line() {
    let folder = Folder::new("alarm");
    let dir = folder.0.as_path();
    done(&run(dir, &["init"]));
    refused(&run(dir, &["alarms", "test"]), &["alarms.wecom_webhook"]);
    let port = free_port();
    let mut robot = command(dir, &["sandbox", "wecom", "--port", &port.to_string(), "--key", "robot-key"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    fetch(port, "/sandbox/wecom/messages");
    let address = |key: &str| format!("http://127.0.0.1:{port}/cgi-bin/webhook/send?key={key}");
    let test = |demo: bool, key: &str| {
        let mut command = command(dir, if demo { &["--demo", "alarms", "test"] } else { &["alarms", "test"] });
        command.env("DAOGOU_ALARMS__WECOM_WEBHOOK", address(key)).output().unwrap()
    };
    assert!(done(&test(true, "robot-key")).contains("wecom: taken"));
    assert!(fetch(port, "/sandbox/wecom/messages").contains("告警通道测试"));
    let wrong = test(true, "stray-key");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong).contains("93000") && !text(&wrong).contains("stray-key"), "{}", text(&wrong));
    refused(&test(false, "robot-key"), &["`alarms.wecom_webhook`", "https"]);
    robot.kill().unwrap();
    robot.wait().unwrap();
}

/// Every sealed secret opens with the key in the file.
fn all_open(dir: &Path) {
    let key = std::fs::read_to_string(dir.join("d/master.key")).unwrap();
    let master = MasterKey::from_hex(&key).unwrap();
    on_database(&dir.join("d/data/daogou.db"), async |db| {
        let mut read = db.read().await.unwrap();
        let accounts = read.all("SELECT app_secret FROM union_account", vec![]).await.unwrap();
        assert!(!accounts.is_empty());
        let closed = app::programs::secrets::first_closed(&mut read, &master).await.unwrap();
        assert!(closed.is_none(), "{closed:?}");
    });
}

#[test]
fn a_rotation_keeps_what_was_issued_and_survives_being_killed() {
    let folder = played("rotate");
    let dir = folder.0.as_path();
    let database = dir.join("d/data/daogou.db");
    let key_file = dir.join("d/master.key");
    let first = std::fs::read_to_string(&key_file).unwrap();
    let code = on_database(&database, async |db| {
        let rows = db.read().await.unwrap().all("SELECT code FROM conversion LIMIT 1", vec![]).await.unwrap();
        rows[0].text("code").unwrap()
    });
    let server = Server::start(dir);
    refused(&demo(dir, &["secrets", "rotate"]), &["1 other processes work", "stop `serve`"]);
    assert_eq!(std::fs::read_to_string(&key_file).unwrap(), first);
    server.stop();

    let sessions = "SELECT COUNT(*) AS n FROM session";
    assert!(number(&database, sessions) > 0);
    let done_once = done(&demo(dir, &["secrets", "rotate"]));
    assert!(done_once.contains("generation 1") && done_once.contains("Copy the file"), "{done_once}");
    let second = std::fs::read_to_string(&key_file).unwrap();
    assert!(second.contains(first.trim()) && second.lines().count() == 3, "older generations stay");
    assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    all_open(dir);
    assert!(number(&database, sessions) > 0, "sessions stay unless it is said");
    done(&demo(dir, &["links", "show", &code]));
    // The key from before knows no secret any more, and says so.
    std::fs::write(&key_file, &first).unwrap();
    refused(&demo(dir, &["programs", "list"]), &["from before a rotation", "newer key file"]);

    // Killed after the file was written: the next one goes on with that generation.
    let begun = MasterKey::from_hex(&second).unwrap().rotated().unwrap();
    std::fs::write(&key_file, begun.to_hex()).unwrap();
    all_open(dir);
    assert!(done(&demo(dir, &["secrets", "rotate", "--end-sessions"])).contains("generation 2"));
    assert_eq!(MasterKey::from_hex(&std::fs::read_to_string(&key_file).unwrap()).unwrap().to_hex(), begun.to_hex());
    assert_eq!(number(&database, sessions), 0);
    all_open(dir);

    // Killed at any moment.
    for n in 0..10u64 {
        let mut child = command(dir, &with_demo(&["secrets", "rotate", "--nothing-runs"]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(15 * n));
        let _ = child.kill();
        child.wait().unwrap();
        all_open(dir);
    }
    done(&demo(dir, &["secrets", "rotate", "--nothing-runs"]));
    all_open(dir);
    done(&demo(dir, &["links", "show", &code]));
    let stray = number(&database, "SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'secrets.rotate'");
    assert!(stray >= 3, "{stray}");

    let from_environment =
        command(dir, &with_demo(&["secrets", "rotate"])).env("DAOGOU_MASTER_KEY", first.trim()).output();
    refused(&from_environment.unwrap(), &["DAOGOU_MASTER_KEY", "master_key_file"]);
}

/// The status line's code of one opening of a link by somebody with an address of their own.
fn open_link(port: u16, code: &str, who: u64) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let agent =
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0";
    let address = format!("100.{}.{}.{}", 64 + who % 60, who / 250 % 250, who % 250);
    let request = format!(
        "GET /s/{code} HTTP/1.1\r\nHost: x\r\nUser-Agent: {agent}\r\nX-Forwarded-For: {address}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

#[test]
fn a_clean_stop_loses_no_click_and_keeps_no_lease() {
    let folder = played("stop");
    let dir = folder.0.as_path();
    let (database, log) = (dir.join("d/data/daogou.db"), dir.join("d/data/clicks.db"));
    let codes: Vec<String> = on_database(&database, async |db| {
        let sql = "SELECT code FROM conversion ORDER BY converted_at_us DESC LIMIT 50";
        let rows = db.read().await.unwrap().all(sql, vec![]).await.unwrap();
        rows.iter().map(|row| row.text("code").unwrap()).collect()
    });
    let clicks = "SELECT COUNT(*) AS n FROM click WHERE surface = 'redirect' AND class = 'human'";
    let before = number(&log, clicks);
    let server = Server::start(dir);
    let port = server.port;
    // Those whose links are cached lead on; the shop is not there to be asked for others.
    let probed = AtomicU64::new(0);
    let good: Vec<String> = codes
        .into_iter()
        .filter(|code| {
            probed.fetch_add(1, Ordering::SeqCst);
            open_link(port, code, 0) == Some(302)
        })
        .take(10)
        .collect();
    assert!(!good.is_empty());
    let answered = AtomicU64::new(0);
    let sent = AtomicU64::new(0);
    let took = std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let (good, answered, sent) = (&good, &answered, &sent);
            scope.spawn(move || {
                for n in 0.. {
                    sent.fetch_add(1, Ordering::SeqCst);
                    match open_link(port, &good[n as usize % good.len()], thread * 100_000 + n) {
                        Some(302) => answered.fetch_add(1, Ordering::SeqCst),
                        _ => break,
                    };
                }
            });
        }
        while answered.load(Ordering::SeqCst) < 300 {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.stop()
    });
    let (answered, sent) = (answered.load(Ordering::SeqCst) as i64, sent.load(Ordering::SeqCst) as i64);
    let probed = probed.load(Ordering::SeqCst) as i64;
    let written = number(&log, clicks) - before;
    assert!(written >= answered + good.len() as i64, "{answered} people were sent on, {written} clicks are written");
    assert!(written <= sent + probed, "{sent} sent, {probed} probed, {written} written");
    assert!(took < Duration::from_secs(25), "{took:?}");
    assert_eq!(number(&database, "SELECT COUNT(*) AS n FROM job WHERE state = 'running'"), 0);
    assert_eq!(number(&database, HELD), 0);
}
