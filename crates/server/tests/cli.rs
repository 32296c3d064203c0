//! The program as people start it: exit codes, one line per error, and the demo in small.

mod program;

use program::{Folder, command, done, fetch, free_port, refused, run};
use std::io::Read;
use std::process::{Command, Stdio};

#[test]
fn an_installation_from_nothing() {
    let folder = Folder::new("init");
    let dir = folder.0.as_path();
    refused(&run(dir, &["serve"]), &["daogou.toml", "daogou init"]);
    let made = done(&run(dir, &["init", "--owner", "alice"]));
    assert!(made.contains("alice") && made.contains("password"), "{made}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.join("master.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let key = std::fs::read_to_string(dir.join("master.key")).unwrap();
    assert!(done(&run(dir, &["init"])).contains("an owner already"));
    assert_eq!(std::fs::read_to_string(dir.join("master.key")).unwrap(), key, "the key is never replaced");
    assert!(done(&run(dir, &["migrate"])).contains("up to date"));

    assert!(done(&run(dir, &["programs", "create", "--preset", "starter", "--open"])).contains("live"));
    refused(&run(dir, &["programs", "create", "--preset", "nothing"]), &["preset"]);
    let list = done(&run(dir, &["programs", "list", "--json"]));
    assert!(list.contains(r#""code":"starter""#), "{list}");
    let joined = done(&run(dir, &["promoters", "add", "--program", "starter", "--name", "bobby", "--json"]));
    let promoter = joined.split(r#""promoter":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let made = run(dir, &["communities", "add", "--program", "starter", "--promoter", &promoter, "--name", "邻里群"]);
    assert!(done(&made).contains("邻里群"));
    refused(&run(dir, &["communities", "list", "--program", "nowhere"]), &["no program nowhere"]);
    assert_eq!(done(&run(dir, &["promoters", "invite", "--program", "starter"])).trim().len(), 8);
    refused(&run(dir, &["links", "show", "00000000000000000000"]), &["never issued"]);
    assert!(done(&run(dir, &["persons", "password", "alice"])).contains("alice"));

    refused(&run(dir, &["orders", "pull"]), &["no active union account"]);
    refused(&run(dir, &["orders", "pull", "--from", "yesterday"]), &["--from", "2026-11-02"]);
    refused(&run(dir, &["sync", "goods", "--feed", "nothing"]), &["channel:22"]);
    refused(&run(dir, &["ledger", "export", "--zone", "Mars"]), &["--zone"]);
    refused(&run(dir, &["nonsense"]), &["nonsense"]);
    refused(&run(dir, &["sandbox", "jd", "--faults", "lightning"]), &["lightning", "no_sub_union"]);
    assert!(done(&run(dir, &["ledger", "verify", "--json"])).contains(r#""differences":0"#));
    done(&run(dir, &["ledger", "export", "--out", "books.beancount"]));
    assert!(dir.join("books.beancount").is_file());
    assert!(done(&run(dir, &["ledger", "export", "--format", "hledger"])).contains("commodity CNY"));
    refused(&run(dir, &["ledger", "export", "--month", "2026-13"]), &["--month"]);
    refused(&run(dir, &["ledger", "export", "--buckets", "9-70"]), &["--buckets", "0-63"]);

    std::fs::write(dir.join("daogou.toml"), "publik_url = 'x'\n").unwrap();
    refused(&run(dir, &["migrate"]), &["`publik_url`"]);
    std::fs::write(dir.join("daogou.toml"), "").unwrap();
    let mut wrong = command(dir, &["migrate"]);
    refused(&wrong.env("DAOGOU_DATABASE__URLL", "x").output().unwrap(), &["the environment", "`database.urll`"]);
    std::fs::write(dir.join("master.key"), "short").unwrap();
    refused(&run(dir, &["programs", "list"]), &["64 hexadecimal"]);
}

#[cfg(unix)]
#[test]
fn the_demo_in_small_then_served() {
    let folder = Folder::new("demo");
    let dir = folder.0.as_path();
    let (port, shop) = (free_port(), free_port());
    let (port_text, shop_text) = (port.to_string(), shop.to_string());
    let demo = ["demo", "--dir", "d", "--days", "1", "--port", &port_text, "--sandbox-port", &shop_text, "--once"];
    let shown = done(&run(dir, &demo));
    assert!(shown.contains(" 0 differences") && shown.contains("shares, "), "{shown}");
    assert!(dir.join("d/sign-ins.json").is_file());
    // A second start makes nothing new and comes to the same end.
    let again = done(&run(dir, &demo));
    assert!(again.contains(" 0 differences") && !again.contains("shares, "), "{again}");

    let elsewhere = free_port().to_string();
    let moved = ["demo", "--dir", "d", "--port", &port_text, "--sandbox-port", &elsewhere, "--once"];
    refused(&run(dir, &moved), &["sandbox address", "--dir"]);

    let config = ["--config", "d/daogou.toml"];
    refused(&run(dir, &[&config[..], &["serve"]].concat()), &["demo's database", "--demo"]);
    let verified = done(&run(dir, &[&config[..], &["--demo", "ledger", "verify", "--json"]].concat()));
    assert!(verified.contains(r#""differences":0"#), "{verified}");

    let metrics_port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let mut server = command(dir, &[&config[..], &["--demo", "serve", "--listen", &listen]].concat())
        .env("DAOGOU_HTTP__METRICS_LISTEN", format!("127.0.0.1:{metrics_port}"))
        .env("DAOGOU_LOG__FORMAT", "json")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(fetch(port, "/healthz").contains("200 OK"));
    assert!(fetch(port, "/readyz").contains("ready"));
    let page = fetch(port, "/");
    assert!(page.contains("GMV") && page.contains("content-security-policy") && page.contains("芬香"), "{page}");
    assert!(fetch(port, "/api/openapi.json").contains(r#""openapi":"3.1"#));
    assert!(fetch(port, "/api/docs/").contains("swagger"));
    assert!(fetch(port, "/nowhere").contains("application/problem+json"));
    assert!(fetch(port, "/s/00000000000000000000").starts_with("HTTP/1.1 404"));
    assert!(fetch(metrics_port, "/metrics").contains("daogou_http_requests_total"));
    assert!(Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap().success());
    let mut log = String::new();
    server.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(server.wait().unwrap().success(), "{log}");
    assert!(!log.contains("demo-secret"), "a secret is in the log");
    assert!(log.lines().all(|line| line.starts_with('{')), "{log}");
}
