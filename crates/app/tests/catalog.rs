//! Syncs, lists and bans of the catalog, on both engines.

use app::catalog::store::{self, Query, Sort};
use app::catalog::{self, Feed, Product, ProductState, SyncLimits, SyncReport, SyncStep};
use app::programs::Program;
use app::promoters::{self, NewPromoter};
use app::staff::Role;
use connectors::unions::{Category, ErrorClass, Goods};
use infra::db::Engine;
use kernel::{Bucket, Instant, Money, Rate, UnionAccountId};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use testkit::{FakeUnion, Fixture, Signed, coupon, goods, on_both_engines};

const GATEWAY: &str = "http://127.0.0.1:9/routerjson";

fn feed(text: &str) -> Feed {
    text.parse().unwrap()
}

async fn sync(f: &Fixture, account: UnionAccountId, feeds: &[&str]) -> (SyncReport, Vec<SyncStep>) {
    let mut steps = Vec::new();
    let feeds = feeds.iter().map(|text| feed(text)).collect();
    let report =
        catalog::sync(&f.ctx, account, feeds, SyncLimits::default(), |step| steps.push(step.clone())).await.unwrap();
    (report, steps)
}

async fn product(f: &Fixture, account: UnionAccountId, key: &str) -> Product {
    store::by_item(&mut f.ctx.db.read().await.unwrap(), account, key).await.unwrap().unwrap()
}

async fn count(f: &Fixture, account: UnionAccountId) -> i64 {
    store::count(&mut f.ctx.db.read().await.unwrap(), account).await.unwrap()
}

/// `count` goods with keys `{prefix}0` …
fn some(prefix: &str, count: usize) -> Vec<Goods> {
    (0..count).map(|n| goods(&format!("{prefix}{n}"), &format!("商品 {prefix}{n}"), 1000 + n as i64)).collect()
}

/// A promoter of the program, signed in.
async fn promoter(f: &Fixture, program: &Program) -> Signed {
    let signed = f.person().await;
    let new = NewPromoter {
        program: program.id,
        person: signed.person,
        display_name: "推手".to_owned(),
        inviter: None,
        invite_code: None,
    };
    let mut tx = f.ctx.db.begin().await.unwrap();
    promoters::store::create(&mut tx, &f.ctx.ids, f.ctx.now(), &new).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    signed
}

fn titles(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap().to_owned()).collect()
}

on_both_engines! {
    async fn a_sync_again_changes_nothing_but_the_time(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        fake.page("channel:22", 1, some("a", 3), true);
        // The second page repeats an item of the first, and one twice.
        let mut second = some("b", 2);
        second.push(goods("a0", "商品 a0", 1000));
        second.push(goods("b1", "商品 b1", 1001));
        fake.page("channel:22", 2, second, false);

        let (report, steps) = sync(&f, account, &["channel:22"]).await;
        assert_eq!((report.pages, report.new, report.changed), (2, 5, 0));
        assert_eq!(report.finished, [feed("channel:22")]);
        assert_eq!(
            steps[1],
            SyncStep { feed: feed("channel:22"), page: 2, seen: 4, new: 2, changed: 0 },
        );
        let first = product(&f, account, "a0").await;
        assert_eq!(first.number & 63, Bucket::of_key(account.raw(), "a0").number() as u64);
        assert!(first.number >= 64 && first.number < 1 << 36);

        f.clock.advance_seconds(60);
        let (report, _) = sync(&f, account, &["channel:22"]).await;
        assert_eq!((report.pages, report.new, report.changed), (2, 0, 0));
        assert_eq!(count(&f, account).await, 5);
        assert_eq!(product(&f, account, "a0").await, Product { seen_at: f.ctx.now(), ..first });
        assert_eq!(fake.asked(), ["channel:22 1", "channel:22 2", "channel:22 1", "channel:22 2"]);
    }

    async fn a_sync_goes_on_where_the_last_one_failed(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        for page in 1..=4 {
            fake.page("channel:22", page, some(&format!("p{page}-"), 2), page < 4);
        }
        fake.broken_page("channel:22", 3, ErrorClass::Retryable);
        fake.page("search:抽纸", 1, some("s", 2), false);

        let (report, _) = sync(&f, account, &["channel:22", "search:抽纸"]).await;
        assert_eq!((report.pages, report.new), (3, 6));
        assert_eq!(report.finished, [feed("search:抽纸")]);
        let failed: Vec<_> = report.failed.iter().map(|x| (x.feed.to_string(), x.page, x.error.class)).collect();
        assert_eq!(failed, [("channel:22".to_owned(), 3, ErrorClass::Retryable)]);
        let feeds = store::feeds(&mut f.ctx.db.read().await.unwrap(), account).await.unwrap();
        let stopped = feeds.iter().find(|x| x.feed == "channel:22").unwrap();
        assert_eq!((stopped.next_page, stopped.seen, stopped.finished_at), (3, 4, None));
        assert!(stopped.last_error.as_deref().unwrap().contains("retryable"), "{stopped:?}");

        fake.page("channel:22", 3, some("p3-", 2), true);
        let (report, steps) = sync(&f, account, &["channel:22"]).await;
        assert_eq!(steps.iter().map(|s| s.page).collect::<Vec<_>>(), [3, 4]);
        assert_eq!((report.new, report.failed.len()), (4, 0));
        let feeds = store::feeds(&mut f.ctx.db.read().await.unwrap(), account).await.unwrap();
        let done = feeds.iter().find(|x| x.feed == "channel:22").unwrap();
        assert_eq!((done.next_page, done.seen, done.last_error.clone()), (1, 8, None));
        assert_eq!(done.finished_at, Some(f.ctx.now()));
    }

    async fn limits_end_a_sync_and_the_next_goes_on(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        for page in 1..=5 {
            fake.page("channel:22", page, some(&format!("p{page}-"), 1), page < 5);
        }
        let run = async |pages_max, pages_total| {
            let limits = SyncLimits { pages_max, pages_total };
            catalog::sync(&f.ctx, account, vec![feed("channel:22"), feed("channel:1")], limits, |_| {}).await.unwrap()
        };
        assert_eq!(run(2, 2).await.pages, 2);
        assert_eq!(run(2, 10).await.finished, [feed("channel:1")]);
        let last = run(2, 10).await;
        assert_eq!((last.new, last.finished.len()), (1, 2));
        assert_eq!(fake.asked().iter().filter(|a| a.starts_with("channel:22")).count(), 5);
    }

    async fn a_page_that_cannot_be_read_stops_its_feed_only(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        fake.broken_page("channel:1", 1, ErrorClass::Malformed);
        fake.page("channel:2", 1, some("x", 501), true);
        // Offers that cannot be keyed, shown or linked are left out; odd signs do not stop the page.
        let mut odd = some("o", 4);
        odd[0].item_key = "o\u{0}0".to_owned();
        odd[1].promo_price = Money::from_fen(-1);
        odd[2].title = "抽\u{0}纸 '; DROP TABLE product; --".to_owned();
        fake.page("channel:3", 1, odd, false);
        let (report, _) = sync(&f, account, &["channel:1", "channel:2", "channel:3"]).await;
        let failed: Vec<_> = report.failed.iter().map(|x| (x.feed.to_string(), x.page, x.error.class)).collect();
        let malformed = |feed: &str| (feed.to_owned(), 1, ErrorClass::Malformed);
        assert_eq!(failed, [malformed("channel:1"), malformed("channel:2")]);
        assert_eq!((report.seen, report.new, count(&f, account).await), (2, 2, 2));
        assert_eq!(product(&f, account, "o2").await.title, "抽 纸 '; DROP TABLE product; --");
    }

    /// Several writers of the same new items at the same time, from two processes.
    async fn no_item_gets_two_numbers_and_no_number_two_items(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let other = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        let second = f.second().await;
        second.unions.put(account, 1, fake.clone());
        second.unions.put(other, 1, fake.clone());
        let items = some("i", 300);
        let mut turned = items.clone();
        turned.reverse();
        fake.page("channel:1", 1, items[..200].to_vec(), true);
        fake.page("channel:1", 2, items[200..].to_vec(), false);
        fake.page("channel:2", 1, turned[..200].to_vec(), true);
        fake.page("channel:2", 2, turned[200..].to_vec(), false);
        fake.page("channel:3", 1, items.clone(), false);
        fake.meet(3);
        let limits = SyncLimits::default();
        let walk = |ctx: app::Ctx, account, text: &'static str| {
            tokio::spawn(async move { catalog::sync(&ctx, account, vec![feed(text)], limits, |_| {}).await.unwrap() })
        };
        // Two rounds of page 1 and 2 for two walkers, and one for the other account: the third walker joins twice.
        let third = tokio::spawn({
            let ctx = second.clone();
            async move {
                let first = catalog::sync(&ctx, other, vec![feed("channel:3")], limits, |_| {}).await.unwrap();
                let again = catalog::sync(&ctx, other, vec![feed("channel:3")], limits, |_| {}).await.unwrap();
                (first, again)
            }
        });
        let a = walk(f.ctx.clone(), account, "channel:1");
        let b = walk(second.clone(), account, "channel:2");
        let (a, b, third) = (a.await.unwrap(), b.await.unwrap(), third.await.unwrap());
        assert_eq!((a.seen, b.seen), (300, 300));
        assert_eq!(a.new + b.new, 300, "{a:?} {b:?}");
        assert_eq!((third.0.new, third.1.new), (300, 0));

        let mut read = f.ctx.db.read().await.unwrap();
        let sql = "SELECT bucket, number, union_account_id, item_key FROM product";
        let rows = read.all(sql, vec![]).await.unwrap();
        let numbers: BTreeSet<i64> = rows.iter().map(|r| r.int("number").unwrap()).collect();
        let keys: BTreeSet<(i64, String)> =
            rows.iter().map(|r| (r.int("union_account_id").unwrap(), r.text("item_key").unwrap())).collect();
        assert_eq!((rows.len(), numbers.len(), keys.len()), (600, 600, 600));
        for row in &rows {
            assert_eq!(row.int("number").unwrap() & 63, row.int("bucket").unwrap());
        }
        // Every number is below the counter of its bucket: none will be given again.
        let counters = read.all("SELECT bucket, next FROM counter WHERE name = 'product'", vec![]).await.unwrap();
        let next: HashMap<i64, i64> =
            counters.iter().map(|r| (r.int("bucket").unwrap(), r.int("next").unwrap())).collect();
        assert!(numbers.iter().all(|n| (n >> 6) >= 1 && (n >> 6) < next[&(n & 63)]));
    }

    /// Both read the same page; one of them turns it and walks on.
    async fn two_syncs_of_one_feed_read_it_once(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        fake.page("channel:1", 1, some("i", 40), false);
        fake.meet(2);
        let second = f.second().await;
        second.unions.put(account, 1, fake.clone());
        let walk = |ctx: app::Ctx| {
            tokio::spawn(async move {
                catalog::sync(&ctx, account, vec![feed("channel:1")], SyncLimits::default(), |_| {}).await.unwrap()
            })
        };
        let (a, b) = (walk(f.ctx.clone()), walk(second));
        let (a, b) = (a.await.unwrap(), b.await.unwrap());
        assert_eq!(a.new + b.new, 40);
        assert_eq!(a.finished.len() + b.finished.len(), 1);
        let feeds = store::feeds(&mut f.ctx.db.read().await.unwrap(), account).await.unwrap();
        assert_eq!((feeds[0].next_page, feeds[0].seen), (1, 40));
    }

    async fn a_new_price_moves_the_final_price_and_the_time(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        let nuts = Goods {
            list_price: Money::from_fen(11_900),
            coupons: vec![coupon(4_000, 9_900)],
            ..goods("nuts", "每日坚果", 9_900)
        };
        fake.page("channel:22", 1, vec![nuts.clone()], false);
        sync(&f, account, &["channel:22"]).await;
        let before = product(&f, account, "nuts").await;
        assert_eq!(before.final_price.fen(), 5_900);

        f.clock.advance_seconds(3600);
        let dearer = Goods { promo_price: Money::from_fen(9_800), title: "每日坚果礼盒".to_owned(), ..nuts.clone() };
        fake.page("channel:22", 1, vec![dearer], false);
        let (report, _) = sync(&f, account, &["channel:22"]).await;
        assert_eq!((report.new, report.changed), (0, 1));
        let after = product(&f, account, "nuts").await;
        assert_eq!((after.final_price.fen(), after.seen_at), (9_800, f.ctx.now()));
        assert_eq!((after.number, after.first_seen), (before.number, before.first_seen));

        // An answer that was seen earlier and comes late does not undo it.
        let mut tx = f.ctx.db.begin().await.unwrap();
        let late = catalog::rules::offered(account, &nuts, before.seen_at).unwrap();
        assert_eq!(store::put(&mut tx, &[late]).await.unwrap(), store::Written::default());
        tx.commit().await.unwrap();
        assert_eq!(product(&f, account, "nuts").await, after);
    }

    async fn what_the_union_no_longer_shows_is_withdrawn_until_it_is_seen_again(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        fake.page("channel:22", 1, some("i", 30), false);
        sync(&f, account, &["channel:22"]).await;
        f.clock.advance_seconds(3600);
        let newest = f.product(account, "刚刚看到", 500).await;
        let still: Vec<Goods> = some("i", 25).into_iter().skip(5).collect();
        fake.details(still);

        let report = catalog::refresh(&f.ctx, account, 30).await.unwrap();
        assert_eq!((report.asked, report.seen, report.changed, report.withdrawn), (30, 20, 0, 10));
        let asked: Vec<usize> =
            fake.asked().iter().filter(|a| a.starts_with("detail")).map(|a| a.split(' ').count() - 1).collect();
        assert_eq!(asked, [20, 10]);
        assert_eq!(product(&f, account, "i0").await.state, ProductState::Withdrawn);
        let kept = product(&f, account, "i7").await;
        assert_eq!((kept.state, kept.seen_at), (ProductState::OnSale, f.ctx.now()));
        assert_eq!(product(&f, account, &newest.item_key).await, newest);

        let (report, _) = sync(&f, account, &["channel:22"]).await;
        assert_eq!((report.new, report.changed), (0, 10));
        assert_eq!(product(&f, account, "i0").await.state, ProductState::OnSale);

        fake.down(Some(ErrorClass::Auth));
        assert!(catalog::refresh(&f.ctx, account, 5).await.unwrap_err().to_string().contains("auth"));
        assert_eq!(product(&f, account, "i0").await.state, ProductState::OnSale);
    }

    async fn the_tree_of_categories_is_read_level_by_level(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        fake.children(0, &[(1, "家庭清洁"), (2, "食品")]);
        fake.children(1, &[(11, "纸品")]);
        fake.children(11, &[(111, "抽纸"), (112, "卷纸"), (-5, "?"), (113, " ")]);
        fake.children(111, &[(1111, "too deep")]);
        let report = catalog::sync_categories(&f.ctx, account).await.unwrap();
        assert_eq!((report.calls, report.seen, report.cut), (4, 5, false));
        fake.children(11, &[(111, "抽取式纸巾"), (112, "卷纸")]);
        catalog::sync_categories(&f.ctx, account).await.unwrap();
        let mut read = f.ctx.db.read().await.unwrap();
        let sql = "SELECT id, grade, parent_id, name FROM category WHERE union_code = 'jd' ORDER BY id";
        let rows = read.all(sql, vec![]).await.unwrap();
        let rows: Vec<_> = rows
            .iter()
            .map(|r| (r.int("id").unwrap(), r.int("grade").unwrap(), r.int("parent_id").unwrap(), r.text("name").unwrap()))
            .collect();
        let row = |id, grade, parent, name: &str| (id, grade, parent, name.to_owned());
        assert_eq!(
            rows,
            [
                row(1, 0, 0, "家庭清洁"),
                row(2, 0, 0, "食品"),
                row(11, 1, 1, "纸品"),
                row(111, 2, 11, "抽取式纸巾"),
                row(112, 2, 11, "卷纸"),
            ]
        );
    }

    async fn a_ban_survives_the_sync_and_is_for_staff_to_see(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        fake.page("channel:22", 1, some("i", 2), false);
        sync(&f, account, &["channel:22"]).await;
        let staff = f.staff(Some(program.id), Role::Operations).await;
        let reader = f.staff(Some(program.id), Role::ReadOnly).await;
        let promoter = promoter(&f, &program).await;
        let at = format!("/programs/p/products/{}", product(&f, account, "i0").await.number);

        f.post(&format!("{at}/ban"), &reader, json!({ "reason": "x" })).await.refused(403, "rights.missing");
        f.post(&format!("{at}/ban"), &promoter, json!({ "reason": "x" })).await.refused(404, "programs.unknown");
        f.post(&format!("{at}/ban"), &staff, json!({ "reason": " " })).await.refused(422, "request.fields");
        let banned = f.post(&format!("{at}/ban"), &staff, json!({ "reason": "假货投诉" })).await.ok();
        assert_eq!(banned["state"], "banned");
        // Once more changes nothing and notes nothing.
        f.post(&format!("{at}/ban"), &staff, json!({ "reason": "again" })).await.ok();

        f.clock.advance_seconds(60);
        let (report, _) = sync(&f, account, &["channel:22"]).await;
        assert_eq!((report.new, report.changed), (0, 0));
        let seen = product(&f, account, "i0").await;
        assert_eq!((seen.state, seen.seen_at), (ProductState::Banned, f.ctx.now()));
        fake.details(Vec::new());
        assert_eq!(catalog::refresh(&f.ctx, account, 10).await.unwrap().withdrawn, 1);
        assert_eq!(product(&f, account, "i0").await.state, ProductState::Banned);

        f.get(&at, &promoter).await.refused(404, "catalog.unknown_product");
        assert_eq!(f.get(&at, &reader).await.ok()["state"], "banned");
        let banned = f.get("/programs/p/products?state=banned", &reader).await.ok();
        assert_eq!(titles(&banned), ["商品 i0"]);
        f.get("/programs/p/products?state=banned", &promoter).await.refused(422, "request.fields");

        let back = f.post(&format!("{at}/unban"), &staff, json!({})).await.ok();
        assert_eq!(back["state"], "on_sale");
        let gone = format!("/programs/p/products/{}/unban", product(&f, account, "i1").await.number);
        assert_eq!(f.post(&gone, &staff, json!({})).await.ok()["state"], "withdrawn");
        let owner = f.owner().await;
        let audit = f.get("/programs/p/audit", &owner).await.ok();
        let deeds: Vec<_> = audit["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
        assert_eq!(deeds, ["catalog.unban", "catalog.ban"]);
        assert_eq!(audit["items"][1]["detail"]["reason"], "假货投诉");
    }

    async fn each_filter_keeps_what_it_says(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let cleaning = |third: i64, name: &str| {
            let category = |id, name: &str| Category { id, name: name.to_owned() };
            vec![category(15901, "家庭清洁"), category(15908, "纸品"), category(third, name)]
        };
        let soon = f.ctx.now().plus_minutes(10);
        let mut tissue = goods("tissue", "清风 原木抽纸 3层100抽", 2_990);
        tissue.brand = "清风".to_owned();
        tissue.self_run = true;
        tissue.categories = cleaning(1, "抽纸");
        tissue.coupons = vec![coupon(500, 1_000)];
        let mut rolls = goods("rolls", "维达 卷纸 100%原生木浆", 4_990);
        rolls.shop = "维达_官方旗舰店".to_owned();
        rolls.categories = cleaning(2, "卷纸");
        rolls.commission_rate = Rate::try_from_ppm(150_000).unwrap();
        let mut shampoo = goods("shampoo", "Shampoo 洗发水 ABC", 3_990);
        shampoo.coupons = vec![connectors::unions::Coupon { usable_until: Some(soon), ..coupon(2_000, 0) }];
        let mut box_of_ten = goods("box", "抽 纸 盒 aXbc", 990);
        box_of_ten.coupons = vec![coupon(500, 9_900)];
        for g in [&tissue, &rolls, &shampoo, &box_of_ten] {
            f.offer(account, g).await;
        }
        let reader = f.staff(Some(program.id), Role::ReadOnly).await;
        let found = async |query: &str| {
            let page = f.get(&format!("/programs/p/products?sort=final&desc=false&{query}"), &reader).await.ok();
            let key = |p: &Value| p["title"].as_str().unwrap().split(' ').next().unwrap().to_owned();
            page["items"].as_array().unwrap().iter().map(key).collect::<Vec<_>>()
        };
        assert_eq!(found("").await, ["抽", "Shampoo", "清风", "维达"]);
        // Two-character words are words; every word must be contained; capitals do not matter.
        assert_eq!(found("q=%E6%8A%BD%E7%BA%B8").await, ["清风"]);
        assert_eq!(found("q=%E7%BA%B8%E5%93%81").await, ["清风", "维达"]);
        assert_eq!(found("q=%E7%BA%B8%E5%93%81%E3%80%80%E7%BB%B4%E8%BE%BE").await, ["维达"]);
        assert_eq!(found("q=shampoo+aBc").await, ["Shampoo"]);
        assert_eq!(found("q=").await.len(), 4);
        // Signs of LIKE are only signs.
        assert_eq!(found("q=%25").await, ["维达"]);
        assert_eq!(found("q=_").await, ["维达"]);
        assert_eq!(found("q=a_bc").await, [""; 0]);
        assert_eq!(found("q=%5C").await, [""; 0]);
        assert_eq!(found("category=15908").await, ["清风", "维达"]);
        assert_eq!(found("category=2").await, ["维达"]);
        assert_eq!(found("category=99").await, [""; 0]);
        assert_eq!(found("price_from_fen=1990&price_to_fen=2490").await, ["Shampoo", "清风"]);
        assert_eq!(found("price_to_fen=1989").await, ["抽"]);
        assert_eq!(found("rate_from_ppm=150000").await, ["维达"]);
        assert_eq!(found("coupon=true").await, ["抽", "Shampoo", "清风"]);
        assert_eq!(found("self_run=true").await, ["清风"]);
        assert_eq!(found("self_run=false").await.len(), 3);
        assert_eq!(found("state=withdrawn").await, [""; 0]);
        // Once the coupon is over, the price is the one without it.
        f.clock.advance_seconds(601);
        assert_eq!(found("coupon=true").await, ["抽", "清风"]);
        assert_eq!(found("price_from_fen=1990&price_to_fen=2490").await, ["清风"]);
        assert_eq!(found("price_from_fen=3990&price_to_fen=3990").await, ["Shampoo"]);

        let wrong = "q=1+2+3+4+5+6+7&price_from_fen=-1&rate_from_ppm=1000001&state=sold&sort=luck&limit=101&after=x";
        let refused = f.get(&format!("/programs/p/products?{wrong}"), &reader).await.refused(422, "request.fields");
        let fields: Vec<_> =
            refused["fields"].as_array().unwrap().iter().map(|x| x["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["q", "price_from_fen", "rate_from_ppm", "state", "sort", "limit", "after"]);
    }

    /// Many rows share each sort value, and two accounts serve the program.
    async fn pages_hold_every_product_once_in_every_order(f: Fixture) {
        let program = f.program("p").await;
        let first = f.union_account(GATEWAY, &[program.id]).await;
        let second = f.union_account(GATEWAY, &[program.id]).await;
        let foreign = f.union_account(GATEWAY, &[]).await;
        for n in 0..45i64 {
            if n % 15 == 0 {
                f.clock.advance_seconds(1);
            }
            let account = [first, second, first][n as usize % 3];
            let mut g = goods(&format!("k{n}"), "抽纸", 100 + n % 4);
            g.commission_rate = Rate::try_from_ppm(n % 3 * 1000).unwrap();
            g.commission = Money::from_fen(n % 2);
            f.offer(account, &g).await;
        }
        f.product(foreign, "抽纸", 100).await;
        let reader = f.staff(Some(program.id), Role::ReadOnly).await;
        for sort in Sort::ALL {
            for desc in [true, false] {
                let mut after = String::new();
                let mut rows: Vec<(i64, i64)> = Vec::new();
                loop {
                    let path = format!("/programs/p/products?sort={}&desc={desc}&limit=7{after}", sort.word());
                    let page = f.get(&path, &reader).await.ok();
                    let items = page["items"].as_array().unwrap();
                    assert!(items.len() <= 7 && (items.len() == 7 || page["next"].is_null()));
                    for p in items {
                        let value = match sort {
                            Sort::Seen => Instant::parse_rfc3339(p["seen_at"].as_str().unwrap()).unwrap().micros(),
                            Sort::Final => p["final_fen"].as_i64().unwrap(),
                            Sort::Rate => p["rate_ppm"].as_i64().unwrap(),
                            Sort::Commission => p["commission_fen"].as_i64().unwrap(),
                        };
                        rows.push((value, p["product"].as_str().unwrap().parse().unwrap()));
                    }
                    let Some(next) = page["next"].as_str() else { break };
                    after = format!("&after={next}");
                }
                let mut sorted = rows.clone();
                sorted.sort_unstable();
                if desc {
                    sorted.reverse();
                }
                assert_eq!(rows, sorted, "{sort:?} {desc}");
                assert_eq!(rows.iter().map(|(_, n)| n).collect::<BTreeSet<_>>().len(), 45, "{sort:?} {desc}");
            }
        }
    }

    async fn one_product_shows_its_price_step_by_step(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let mut nuts = goods("nuts", "每日坚果", 9_900);
        nuts.list_price = Money::from_fen(11_900);
        nuts.coupons = vec![connectors::unions::Coupon {
            usable_until: Some(f.ctx.now().plus_days(2)),
            ..coupon(4_000, 9_900)
        }];
        let product = f.offer(account, &nuts).await;
        let promoter = promoter(&f, &program).await;
        let at = format!("/programs/p/products/{}", product.number);
        let seen = f.get(&at, &promoter).await.ok();
        assert_eq!(
            seen["price_steps"],
            json!([
                { "what": "list", "amount_fen": 11_900, "after_fen": 11_900, "note": "" },
                { "what": "promotion", "amount_fen": -2_000, "after_fen": 9_900, "note": "" },
                { "what": "coupon", "amount_fen": -4_000, "after_fen": 5_900, "note": "满99减40" },
            ])
        );
        assert_eq!((&seen["final_fen"], &seen["coupon_applies"]), (&json!(5_900), &json!(true)));
        assert_eq!((&seen["as_of"], &seen["staleness"]), (&json!("2026-11-02T02:00:00Z"), &json!("fresh")));
        assert_eq!(seen["product"], product.number.to_string());
        assert!(seen.get("coupon_link").is_none() && seen.get("app_secret").is_none());

        f.clock.advance_seconds(24 * 3600);
        assert_eq!(f.get(&at, &promoter).await.ok()["staleness"], "stale");
        f.clock.advance_seconds(6 * 24 * 3600);
        let old = f.get(&at, &promoter).await.ok();
        assert_eq!((&old["staleness"], &old["final_fen"]), (&json!("old"), &json!(9_900)));
        assert_eq!(
            old["price_steps"][2],
            json!({ "what": "coupon_over", "amount_fen": 0, "after_fen": 9_900, "note": "满99减40,已过期" })
        );
        assert_eq!(old["as_of"], "2026-11-02T02:00:00Z");
    }

    async fn another_programs_people_find_nothing(f: Fixture) {
        let program = f.program("p").await;
        let other = f.program("q").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        f.union_account(GATEWAY, &[other.id]).await;
        let product = f.product(account, "抽纸", 100).await;
        let stranger = promoter(&f, &other).await;
        let at = format!("/products/{}", product.number);
        for path in ["/products".to_owned(), at.clone(), "/feeds".to_owned()] {
            f.get(&format!("/programs/p{path}"), &stranger).await.refused(404, "programs.unknown");
        }
        f.post("/programs/p/sync", &stranger, json!({})).await.refused(404, "programs.unknown");
        // Nor through a program of their own.
        assert_eq!(f.get("/programs/q/products", &stranger).await.ok()["items"], json!([]));
        f.get(&format!("/programs/q{at}"), &stranger).await.refused(404, "catalog.unknown_product");
        let staff = f.staff(Some(other.id), Role::Owner).await;
        f.post(&format!("/programs/q{at}/ban"), &staff, json!({ "reason": "x" })).await
            .refused(404, "catalog.unknown_product");
        for odd in ["0", "-1", "x", "99999999999999999999", "18446744073709551615"] {
            f.get(&format!("/programs/q/products/{odd}"), &staff).await.refused(404, "catalog.unknown_product");
        }
        let own = promoter(&f, &program).await;
        assert_eq!(titles(&f.get("/programs/p/products", &own).await.ok()), ["抽纸"]);
        f.get("/programs/p/feeds", &own).await.refused(404, "programs.unknown");
    }

    async fn staff_sync_by_hand(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let fake = f.fake_union(account).await;
        fake.page("channel:22", 1, some("a", 3), true);
        fake.page("search:抽纸", 1, some("b", 2), false);
        fake.broken_page("channel:1", 1, ErrorClass::RateLimited);
        let staff = f.staff(Some(program.id), Role::Operations).await;
        let reader = f.staff(Some(program.id), Role::ReadOnly).await;
        f.post("/programs/p/sync", &reader, json!({})).await.refused(403, "rights.missing");
        let body = json!({ "feeds": ["nonsense", "channel:22"], "pages": 51 });
        let refused = f.post("/programs/p/sync", &staff, body).await.refused(422, "request.fields");
        assert_eq!((&refused["fields"][0]["field"], &refused["fields"][1]["field"]), (&json!("pages"), &json!("feeds[0]")));

        let body = json!({ "feeds": ["channel:22", "search:抽纸", "channel:1", "channel:22"] });
        let done = f.post("/programs/p/sync", &staff, body).await.ok();
        assert_eq!((&done["pages"], &done["new"], &done["finished"]), (&json!(2), &json!(5), &json!(["search:抽纸"])));
        assert_eq!((&done["failed"][0]["feed"], &done["failed"][0]["class"]), (&json!("channel:1"), &json!("rate_limited")));
        let feeds = f.get("/programs/p/feeds", &reader).await.ok();
        let of = |name: &str| feeds["items"].as_array().unwrap().iter().find(|x| x["feed"] == name).unwrap().clone();
        assert_eq!((&of("channel:22")["next_page"], &of("channel:22")["finished_at"]), (&json!(2), &Value::Null));
        assert!(of("channel:1")["last_error"].as_str().unwrap().contains("rate_limited"));

        let refused = f.post("/programs/p/sync", &staff, json!({ "feeds": ["channel:1"] })).await
            .refused(502, "catalog.union_failed");
        assert_eq!(refused["fields"], json!([{ "field": "class", "message": "rate_limited" }]));
        let asked = fake.asked().len();
        let all = f.post("/programs/p/sync", &staff, json!({})).await.ok();
        assert_eq!(fake.asked().len() - asked, Feed::defaults().len());
        assert_eq!(all["failed"].as_array().unwrap().len(), 1);
        let owner = f.owner().await;
        let audit = f.get("/programs/p/audit?action=catalog.sync", &owner).await.ok();
        assert_eq!(audit["items"].as_array().unwrap().len(), 3);
        assert_eq!(audit["items"][1]["detail"], json!({ "feeds": ["channel:1"], "pages": 1 }));
    }

    /// The list's page comes from the index of its order, not from a sort of everything.
    async fn lists_walk_an_index(f: Fixture) {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        f.product(account, "抽纸", 100).await;
        let mut read = f.ctx.db.read().await.unwrap();
        for sort in Sort::ALL {
            for ascending in [false, true] {
                let query = Query { sort, ascending, ..Query::default() };
                assert_eq!(store::list_for(&mut read, account, &query, f.ctx.now()).await.unwrap().len(), 1);
                if f.ctx.db.engine() == Engine::Lite {
                    let text = format!("EXPLAIN QUERY PLAN {}", store::list_text(sort, ascending));
                    let rows = read.all_built(text, vec![]).await.unwrap();
                    let plan: Vec<String> = rows.iter().map(|r| r.text("detail").unwrap()).collect();
                    let plan = plan.join("\n");
                    let index = format!("product_{}", sort.word());
                    assert!(plan.contains(&index) && !plan.contains("TEMP B-TREE"), "{plan}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_union_that_is_not_scripted_answers_nothing() {
    use connectors::unions::Union;
    let fake = FakeUnion::default();
    assert!(fake.channel("1", 1).await.unwrap().goods.is_empty());
    assert_eq!(fake.budget().used, 1);
}
