//! Orders whose share code did not come back, found by the position of the link; and changes that the union showed too
//! late, found by the slow sweep. The real connector against the JD sandbox behind a socket, with its faults.

use app::commission::{self, SWEEP_DAYS};
use app::links::{self, NewLink};
use app::orders::{Attribution, Line};
use app::programs::Program;
use app::programs::store::{AccountTracking, put_account_tracking};
use app::programs::{find_account, position_seal_context, store};
use app::promoters::Promoter;
use infra::args;
use kernel::{ProgramId, UnionAccountId};
use sandbox::jd::{Buy, Config, GoodsSource, Life, Sandbox};
use serde_json::json;
use testkit::{Fixture, goods, on_both_engines};

struct World {
    f: Fixture,
    sandbox: Sandbox,
    program: Program,
    account: UnionAccountId,
    product: u64,
    base: String,
}

impl World {
    async fn new(f: Fixture) -> World {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let config = Config::new(f.clock.clone(), &base);
        let sandbox = Sandbox::try_new(Config { goods: GoodsSource::Made { count: 20 }, ..config }).unwrap().0;
        let router = sandbox.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let program = f.program("p").await;
        let account = f.union_account(&format!("{base}/routerjson"), &[program.id]).await;
        let material_url = sandbox.goods().all()[0].material_url.clone();
        let offered = connectors::unions::Goods { material_url, ..goods("item", "好纸", 10_000) };
        let product = f.offer(account, &offered).await.number;
        World { f, sandbox, program, account, product, base }
    }

    /// The account makes positions from now on; with this key.
    async fn with_positions(&self, site_id: Option<i64>) {
        let ctx = &self.f.ctx;
        let key = ctx.master.seal(&position_seal_context(self.account), b"demo-position-key").unwrap();
        let tracking = AccountTracking { site_id, position_union_id: Some(1_000_000_001), position_key: Some(key) };
        let mut tx = ctx.db.begin().await.unwrap();
        let (account, _) = find_account(&mut tx, self.account).await.unwrap().unwrap();
        put_account_tracking(&mut tx, self.account, &tracking).await.unwrap();
        assert!(store::update_account(&mut tx, &account, None).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn share(&self, promoter: &Promoter) -> String {
        let new = NewLink { product: self.product, community: None, self_purchase: false, convert: true };
        links::make(&self.f.ctx, &self.program, promoter, &new).await.unwrap().union_url.unwrap()
    }

    /// Somebody opens the union's link and buys.
    async fn buy(&self, link: &str) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let page = http.get(link).send().await.unwrap().text().await.unwrap();
        let code = page.split("name=\"link\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let form = [("link", code.as_str()), ("quantity", "1"), ("coupon", "")];
        let answer = http.post(format!("{}/shop/buy", self.base)).form(&form).send().await.unwrap();
        assert!(answer.status().is_success() || answer.status().is_redirection(), "{}", answer.status());
    }

    async fn pull(&self) {
        self.f.clock.advance_seconds(1800);
        commission::pull_orders(&self.f.ctx, self.account, None, None, |_| {}).await.unwrap();
    }

    async fn lines_of(&self, promoter: &Promoter) -> Vec<Line> {
        self.f.lines().await.into_iter().filter(|line| line.promoter == Some(promoter.id)).collect()
    }

    async fn positions(&self) -> Vec<(i64, Option<i64>)> {
        let mut read = self.f.ctx.db.read().await.unwrap();
        let sql =
            "SELECT position_id, promoter_id FROM promoter_position WHERE union_account_id = $1 ORDER BY position_id";
        let rows = read.all(sql, args![self.account]).await.unwrap();
        rows.iter().map(|row| (row.int("position_id").unwrap(), row.opt_int("promoter_id").unwrap())).collect()
    }
}

on_both_engines! {
    async fn an_order_without_its_code_is_found_by_the_position_of_its_link(f: Fixture) {
        let w = World::new(f).await;
        w.with_positions(None).await;
        w.sandbox.set_faults("no_sub_union=100".parse().unwrap());
        let upper = w.f.promoter(&w.program, "甲", None).await;
        let lower = w.f.promoter(&w.program, "乙", Some(upper.id)).await;
        let (first, second) = (w.share(&lower).await, w.share(&upper).await);
        assert_eq!(w.positions().await.len(), 50, "made together");
        assert_eq!(w.positions().await.iter().filter(|(_, promoter)| promoter.is_some()).count(), 2);
        // Many at once get positions of their own, and each promoter one.
        let mut made = Vec::new();
        for n in 0..20 {
            made.push(w.f.promoter(&w.program, &format!("推手{n}"), None).await);
        }
        futures_util::future::join_all(made.iter().map(|promoter| w.share(promoter))).await;
        let taken: Vec<i64> = w.positions().await.iter().filter_map(|(_, promoter)| *promoter).collect();
        assert_eq!(taken.len(), 22);

        w.buy(&first).await;
        w.buy(&first).await;
        w.buy(&second).await;
        w.pull().await;
        let lines = w.lines_of(&lower).await;
        assert_eq!(lines.len(), 2);
        for line in &lines {
            assert_eq!((line.attribution, line.tracking.as_str()), (Attribution::Position, ""));
            assert_eq!((line.inviter, line.community, line.self_purchase), (Some(upper.id), None, false));
            assert_eq!(line.bucket, lower.id.bucket(), "with everything else of the promoter");
            let evidence = app::orders::evidence(line, &w.f.ctx.codes);
            assert_eq!((&evidence["code"], &evidence["promoter"]), (&json!(null), &json!(lower.id)), "{evidence}");
            assert_eq!(evidence["position"], json!(line.position));
        }
        assert_eq!(w.lines_of(&upper).await.len(), 1);
        w.f.assert_verified().await;
        let owner = w.f.owner().await;
        let listed = w.f.get("/programs/p/orders?attribution=position", &owner).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
        // Nothing changes when the same comes again; the code decides once it comes back.
        let books = w.f.books().await;
        w.pull().await;
        assert_eq!(w.f.books().await, books);
        w.sandbox.set_faults("none".parse().unwrap());
        w.f.clock.advance_seconds(60);
        let from = w.f.clock.now().plus_days(-1);
        commission::pull_orders(&w.f.ctx, w.account, Some(from), None, |_| {}).await.unwrap();
        assert!(w.lines_of(&lower).await.iter().all(|line| line.attribution == Attribution::Code));
        assert_eq!(w.f.books().await, books);
    }

    async fn positions_that_were_made_and_never_heard_of_are_found_again(f: Fixture) {
        let w = World::new(f).await;
        w.with_positions(Some(4_000_000_060)).await;
        let promoter = w.f.promoter(&w.program, "甲", None).await;
        // Every answer is lost: positions are made, and found taken by the attempts that follow; none is heard of.
        w.sandbox.set_faults("drop=100".parse().unwrap());
        let union = w.f.ctx.unions.connect(&w.f.ctx, w.account).await.unwrap().1;
        let names: Vec<String> = (0..50).map(|n| format!("dg-lost-{n}")).collect();
        union.make_positions(&names).await.unwrap_err();
        let new = NewLink { product: w.product, community: None, self_purchase: false, convert: true };
        assert!(links::make(&w.f.ctx, &w.program, &promoter, &new).await.is_err());
        assert_eq!((w.sandbox.stats().positions, w.positions().await.len()), (50, 0));
        w.sandbox.set_faults("none".parse().unwrap());
        let link = w.share(&promoter).await;
        assert!(link.contains("/jdc?"), "links of a website are long ones: {link}");
        assert_eq!((w.sandbox.stats().positions, w.positions().await.len()), (50, 50), "those that were made");
        w.buy(&link).await;
        w.pull().await;
        assert_eq!(w.lines_of(&promoter).await[0].attribution, Attribution::Code);
    }

    async fn where_there_are_no_more_positions_links_go_out_without(f: Fixture) {
        let w = World::new(f).await;
        w.with_positions(None).await;
        // The account's 5,000 are taken by somebody else.
        let union = w.f.ctx.unions.connect(&w.f.ctx, w.account).await.unwrap().1;
        for call in 0..100 {
            let names: Vec<String> = (0..50).map(|n| format!("other-{call}-{n}")).collect();
            union.make_positions(&names).await.unwrap();
        }
        let promoter = w.f.promoter(&w.program, "甲", None).await;
        let link = w.share(&promoter).await;
        let asked = w.sandbox.stats().calls_by_method["jd.union.open.position.create"];
        let other = w.f.promoter(&w.program, "乙", None).await;
        w.share(&other).await;
        assert_eq!(w.sandbox.stats().calls_by_method["jd.union.open.position.create"], asked, "asked again within the hour");
        assert_eq!(w.positions().await, []);
        w.buy(&link).await;
        w.pull().await;
        assert_eq!(w.lines_of(&promoter).await.len(), 1);
    }

    async fn another_programs_promoter_is_not_paid_by_position(f: Fixture) {
        let w = World::new(f).await;
        let elsewhere = w.f.program("q").await;
        let stranger = w.f.promoter(&elsewhere, "外", None).await;
        let mut tx = w.f.ctx.db.begin().await.unwrap();
        let position = connectors::unions::Position { id: 77, name: "dg1".to_owned() };
        links::store::add_positions(&mut tx, w.account, &[position], w.f.clock.now()).await.unwrap();
        links::store::take_position(&mut tx, w.account, stranger.id, w.f.clock.now()).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let sku = w.sandbox.goods().all()[0].sku_id;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for position in [77, 78] {
            let body = json!({ "items": [[sku, 1]], "position_id": position, "life": "paid" });
            assert!(http.post(format!("{}/sandbox/buy", w.base)).json(&body).send().await.unwrap().status().is_success());
        }
        w.pull().await;
        let mut found: Vec<(String, Attribution, Option<ProgramId>)> =
            w.f.lines().await.into_iter().map(|l| (l.position, l.attribution, l.program)).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            found,
            [("77".to_owned(), Attribution::ForeignProgram, None), ("78".to_owned(), Attribution::NoCode, None)]
        );
    }

    async fn what_was_shown_too_late_is_found_by_the_sweep(f: Fixture) {
        let w = World::new(f).await;
        let promoter = w.f.promoter(&w.program, "甲", None).await;
        let code = w.f.code(&promoter, 0);
        let sku = w.sandbox.goods().all()[0].sku_id;
        w.sandbox.set_faults("late=60".parse().unwrap());
        let begin = w.f.clock.now();
        for n in 0..30 {
            let at = Some(begin.plus_seconds(n * 7200));
            let order = Buy { items: vec![(sku, 1)], sub_union_id: code.clone(), with_coupon: false, at, life: Life::Paid };
            w.sandbox.buy(order).unwrap();
        }
        w.f.clock.advance_seconds(10 * 86_400);
        let pulled = commission::pull_orders(&w.f.ctx, w.account, None, None, |_| {}).await.unwrap();
        assert!((1..25).contains(&pulled.new), "{pulled:?}");
        let watermark = app::orders::store::watermark(&mut w.f.ctx.db.read().await.unwrap(), w.account).await.unwrap();
        // In small steps; where one run ends the next goes on, and a round has an end.
        let (mut runs, mut rounds) = (0, 0);
        while rounds < 2 {
            let report = commission::sweep_orders(&w.f.ctx, w.account, 200, |_| {}).await.unwrap();
            assert!(report.read.pages <= 200 && !report.spared, "{report:?}");
            rounds += i32::from(report.finished);
            runs += 1;
            assert!(runs < 20);
        }
        let windows = SWEEP_DAYS * 86_400 / 3599 + 1;
        assert!(i64::from(runs) >= 2 * windows / 200, "{runs} runs");
        assert_eq!(w.lines_of(&promoter).await.len(), 30);
        let after = app::orders::store::watermark(&mut w.f.ctx.db.read().await.unwrap(), w.account).await.unwrap();
        assert_eq!(after, watermark, "the sweep is no pull");
        w.f.assert_verified().await;
        let swept = app::orders::store::sweep(&mut w.f.ctx.db.read().await.unwrap(), w.account).await.unwrap().unwrap();
        assert_eq!((swept.rounds, swept.walk, swept.finished_at.is_some()), (2, None, true));
        // Another round finds nothing.
        let again = commission::sweep_orders(&w.f.ctx, w.account, u32::MAX, |_| {}).await.unwrap();
        assert_eq!((again.read.new, again.read.changed, again.read.transactions, again.finished), (0, 0, 0, true));
    }

    async fn the_sweep_spares_the_budget_and_outlives_a_long_rest(f: Fixture) {
        let w = World::new(f).await;
        let report = commission::sweep_orders(&w.f.ctx, w.account, 5, |_| {}).await.unwrap();
        assert_eq!((report.read.pages, report.finished), (5, false));
        // The account rests for a quarter: the union does not know the round's windows any more.
        w.f.clock.advance_seconds(100 * 86_400);
        let error = commission::sweep_orders(&w.f.ctx, w.account, 5, |_| {}).await.unwrap_err();
        assert!(error.to_string().contains("90 days"), "{error}");
        let report = commission::sweep_orders(&w.f.ctx, w.account, 5, |_| {}).await.unwrap();
        assert_eq!((report.read.pages, report.finished), (5, false));
        let mut tx = w.f.ctx.db.begin().await.unwrap();
        let (mut account, _) = find_account(&mut tx, w.account).await.unwrap().unwrap();
        account.daily_budget = 20;
        assert!(store::update_account(&mut tx, &account, None).await.unwrap());
        tx.commit().await.unwrap();
        let mut read = 0;
        for _ in 0..5 {
            let report = commission::sweep_orders(&w.f.ctx, w.account, 3, |_| {}).await.unwrap();
            read += report.read.pages;
            if report.spared {
                break;
            }
        }
        assert!(read <= 5, "{read} pages on top of five, of twenty calls a day");
        assert!(commission::sweep_orders(&w.f.ctx, w.account, 3, |_| {}).await.unwrap().spared);
        // Tomorrow it goes on.
        w.f.clock.advance_seconds(86_400);
        assert_eq!(commission::sweep_orders(&w.f.ctx, w.account, 3, |_| {}).await.unwrap().read.pages, 3);
    }

    async fn tracking_of_an_account_is_set_and_its_key_never_shown(f: Fixture) {
        let owner = f.owner().await;
        let program = f.program("p").await;
        let account = f.union_account("http://127.0.0.1:9/routerjson", &[program.id]).await;
        let path = format!("/union-accounts/{account}");
        let shown = f.get(&path, &owner).await.ok();
        assert_eq!((&shown["site_id"], &shown["position_union_id"]), (&json!(null), &json!(null)));
        let change = |version: i64, tracking: serde_json::Value| json!({ "version": version, "tracking": tracking });
        let refused = f.patch(&path, &owner, change(1, json!({ "position_union_id": 7 }))).await;
        assert!(refused.json["fields"].to_string().contains("tracking.position_key"), "{}", refused.json);
        let refused = f.patch(&path, &owner, change(1, json!({ "site_id": 0 }))).await;
        assert!(refused.json["fields"].to_string().contains("tracking.site_id"), "{}", refused.json);
        let set = json!({ "site_id": 4, "position_union_id": 7, "position_key": "a-secret-key" });
        let shown = f.patch(&path, &owner, change(1, set)).await.ok();
        assert_eq!((&shown["site_id"], &shown["position_union_id"]), (&json!(4), &json!(7)));
        assert!(!shown.to_string().contains("a-secret-key"));
        // The key stays where it is left out, and goes with the number.
        f.patch(&path, &owner, change(2, json!({ "position_union_id": 8 }))).await.ok();
        let stored = store::account_tracking(&mut f.ctx.db.read().await.unwrap(), account).await.unwrap();
        let key = f.ctx.master.open(&position_seal_context(account), &stored.position_key.unwrap()).unwrap();
        assert_eq!((key, stored.site_id, stored.position_union_id), (b"a-secret-key".to_vec(), None, Some(8)));
        // A rotation of the master key seals it anew with the rest.
        let next = f.ctx.master.rotated().unwrap();
        let mut tx = f.ctx.db.begin().await.unwrap();
        assert_eq!(app::programs::secrets::seal_anew(&mut tx, &next).await.unwrap(), 2);
        let stored = store::account_tracking(&mut tx, account).await.unwrap().position_key.unwrap();
        assert_eq!(next.open(&position_seal_context(account), &stored).unwrap(), b"a-secret-key");
        assert!(f.ctx.master.open(&position_seal_context(account), &stored).is_err());
        assert!(app::programs::secrets::first_closed(&mut tx, &next).await.unwrap().is_none());
        assert!(app::programs::secrets::first_closed(&mut tx, &f.ctx.master).await.unwrap().is_some());
        drop(tx);
        f.patch(&path, &owner, change(3, json!({}))).await.ok();
        let stored = store::account_tracking(&mut f.ctx.db.read().await.unwrap(), account).await.unwrap();
        assert_eq!(stored, AccountTracking::default());
    }
}
