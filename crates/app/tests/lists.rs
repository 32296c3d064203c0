//! What lists show, how they are narrowed, and their files, on both engines.

use accounting::{PlanLine, Scope, Terms};
use app::catalog::{self, Product};
use app::communities::{self, Community, NewCommunity};
use app::links::store as links;
use app::programs::{self, Program};
use app::promoters::{self, Promoter, Standing};
use app::staff::Role;
use infra::args;
use infra::db::{Col, Engine, LOOK_MAX};
use kernel::{Instant, PersonId, Rate, SELF_COMMUNITY, ShareCode, UnionAccountId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{Fixture, Report, Signed, coupon, goods, on_both_engines};

const GATEWAY: &str = "http://127.0.0.1:9/routerjson";

/// A program with an owner, an inviter, a seller whom they invited, the seller's community, and the item of the reports.
struct Stage {
    f: Fixture,
    program: Program,
    account: UnionAccountId,
    owner: Signed,
    upper: (Promoter, Signed),
    lower: (Promoter, Signed),
    community: Community,
    product: Product,
}

impl Stage {
    async fn new(f: Fixture) -> Stage {
        let program = f.program("p").await;
        let account = f.union_account(GATEWAY, &[program.id]).await;
        let upper = f.signed_promoter(&program, "上家", None).await;
        let lower = f.signed_promoter(&program, "王小美", Some(upper.0.id)).await;
        let community = community(&f, &program, &lower.0, "邻里团", "information").await;
        let mut soap = goods("item1", "香氛洗衣液", 9_980);
        soap.image_url = Some("https://img.jd.test/soap.jpg".to_owned());
        let product = f.offer(account, &soap).await;
        let owner = f.owner().await;
        Stage { f, program, account, owner, upper, lower, community, product }
    }

    fn code(&self, community: u16) -> String {
        self.f.code(&self.lower.0, community)
    }

    async fn report(&self, report: &Report) {
        self.f.report(self.account, std::slice::from_ref(report)).await;
    }

    /// A list below the program.
    async fn list(&self, path: &str, who: &Signed) -> Value {
        self.f.get(&format!("/programs/p/{path}"), who).await.ok()
    }

    /// One field of each item.
    async fn of(&self, path: &str, who: &Signed, field: &str) -> Vec<Value> {
        self.list(path, who).await["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
    }

    /// The rows of a file below the program, its head first.
    async fn file(&self, path: &str, who: &Signed) -> Vec<Vec<String>> {
        let reply = self.f.get(&format!("/programs/p/{path}"), who).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert_eq!(reply.headers["content-type"], "text/csv; charset=utf-8");
        let disposition = reply.headers["content-disposition"].to_str().unwrap().to_owned();
        assert!(disposition.starts_with("attachment; filename=\"") && disposition.ends_with(".csv\""), "{disposition}");
        cells(reply.text.strip_prefix('\u{feff}').expect("a byte order mark"))
    }

    /// Copies of the only line of this key, each a second older than the one before; titles as the expression says.
    async fn copies(&self, row_key: &str, count: i64, title: &str) {
        let columns = "program_id, union_account_id, order_no, parent_no, modified_us, fetched_us, content_hash, state, \
             raw_status, needs_review, defects, finished_us, item_key, sku_key, quantity, returned, unit_price_fen, \
             estimated_base_fen, estimated_fee_fen, actual_base_fen, actual_fee_fen, commission_rate_ppm, category1, \
             category2, category3, tracking, position, settle_on, settled_fen, attribution, evidence, promoter_id, \
             inviter_id, community_id, self_purchase, plan_line_id, direct_ppm, inviter_ppm, direct_held, inviter_held, \
             assigned_by, first_seen_us, version";
        let text = format!(
            "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count})
             INSERT INTO order_line (bucket, id, row_key, ordered_us, title, {columns})
             SELECT bucket, id - n * CAST(4194304 AS BIGINT), row_key || '-' || n, ordered_us - n * CAST(1000000 AS BIGINT), {title}, {columns}
             FROM order_line, counted WHERE row_key = '{row_key}'"
        );
        let mut tx = self.f.ctx.db.begin().await.unwrap();
        assert_eq!(tx.run_once(text).await.unwrap(), count.unsigned_abs());
        tx.commit().await.unwrap();
    }
}

async fn community(f: &Fixture, program: &Program, promoter: &Promoter, name: &str, kind: &str) -> Community {
    let mut tx = f.ctx.db.begin().await.unwrap();
    let new = NewCommunity { name: name.to_owned(), kind: Some(kind.to_owned()), ..NewCommunity::default() };
    let made = communities::make(&f.ctx, &mut tx, program, promoter, &new).await.unwrap();
    tx.commit().await.unwrap();
    made
}

/// RFC 4180.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(cell.is_empty() && row.is_empty() && !quoted, "the file breaks off");
    rows
}

/// A moment as a query parameter.
fn at(moment: Instant) -> String {
    moment.rfc3339()
}

const EXPORTS: [&str; 9] = [
    "products/export",
    "promoters/export",
    "communities/export",
    "links/export",
    "clicks/export",
    "orders/export",
    "ledger/transactions/export",
    "invite-codes/export",
    "roster/export",
];

async fn orders_filters(f: Fixture) {
    let s = Stage::new(f).await;
    let start = s.f.ctx.now();
    let in_community = Report::paid("IN", &s.code(s.community.ordinal), 654, start.plus_seconds(-60));
    let mut other = Report { order_no: 280_000_000_777, ..Report::paid("OUT", &s.code(0), 1000, start) };
    other.ordered_at = start.plus_days(-100);
    let strange = Report { valid_code: 99, ..Report::paid("STRANGE", &s.code(0), 500, start.plus_seconds(-30)) };
    for report in [&in_community, &other, &strange] {
        s.report(report).await;
    }
    let ids = |items: Vec<Value>| items.into_iter().map(|id| id.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let all = ids(s.of("orders", &s.owner, "id").await);
    let [strange, inside, old] = all.as_slice() else { panic!("{all:?}") };

    let first = s.list("orders?state=pending&limit=1", &s.owner).await;
    let item = &first["items"][0];
    let wanted = json!({
        "promoter": s.lower.0.id, "promoter_name": "王小美", "inviter": s.upper.0.id, "inviter_name": "上家",
        "community": s.community.id, "community_name": "邻里团", "product": s.product.number.to_string(),
        "image_url": "https://img.jd.test/soap.jpg", "fee_fen": 654, "direct_fen": 392, "inviter_fen": 65,
        "platform_fen": 197,
    });
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&item[field], value, "{field} of {item}");
    }
    assert!(first["next"].is_string());

    // By hand to the inviter: another promoter, nobody above, no community.
    let body = json!({ "promoter": s.upper.0.id, "reason": "the buyer asked them" });
    let given = s.f.post(&format!("/orders/{old}/assign"), &s.owner, body).await.ok();
    assert_eq!((&given["promoter_name"], &given["inviter_fen"]), (&json!("上家"), &json!(0)), "{given}");

    let (from, to) = (at(start.plus_seconds(-61)), at(start.plus_seconds(-30)));
    let community = s.community.id;
    for (query, wanted) in [
        (String::new(), vec![strange, inside, old]),
        (format!("from={from}"), vec![strange, inside]),
        (format!("to={to}"), vec![inside, old]),
        (format!("from={from}&to={to}"), vec![inside]),
        ("state=unknown".into(), vec![strange]),
        ("review=true".into(), vec![strange]),
        (format!("promoter={}", s.upper.0.id), vec![old]),
        ("order_no=280000000777".into(), vec![old]),
        ("order_no=1".into(), vec![]),
        ("attribution=by_hand".into(), vec![old]),
        ("attribution=code".into(), vec![strange, inside]),
        (format!("community={community}"), vec![inside]),
        ("item_key=item1&state=pending".into(), vec![inside, old]),
        ("item_key=item2".into(), vec![]),
        ("q=%E6%B4%97%E8%A1%A3".into(), vec![strange, inside, old]),
        ("q=%E6%8A%BD%E7%BA%B8".into(), vec![]),
        ("q=%25".into(), vec![]),
        (format!("q=%E6%B4%97%E8%A1%A3&promoter={}&state=pending", s.lower.0.id), vec![inside]),
    ] {
        assert_eq!(
            ids(s.of(&format!("orders?{query}"), &s.owner, "id").await).iter().collect::<Vec<_>>(),
            wanted,
            "{query}"
        );
        // The file is narrowed by the same.
        let file = s.file(&format!("orders/export?{query}"), &s.owner).await;
        assert_eq!(file[1..].iter().map(|row| &row[0]).collect::<Vec<_>>(), wanted, "{query}");
    }
    for bad in ["state=sold", "attribution=luck", "from=yesterday", "after=x", "q=%00"] {
        s.f.get(&format!("/programs/p/orders?{bad}"), &s.owner).await.refused(400, "orders.filter");
    }
    // The seller sees their own, and no part of others.
    let own = s.list("orders?state=pending", &s.lower.1).await;
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    let item = &own["items"][0];
    assert_eq!((&item["direct_fen"], &item["promoter_name"]), (&json!(392), &json!("王小美")));
    for hidden in ["inviter", "inviter_name", "inviter_fen", "platform_fen"] {
        assert_eq!(item[hidden], Value::Null, "{hidden}");
    }
    assert_eq!(
        ids(s.of("orders", &s.upper.1, "id").await),
        std::slice::from_ref(old),
        "the team's orders are not the inviter's"
    );
    let lower = format!("/programs/p/orders?promoter={}", s.lower.0.id);
    s.f.get(&lower, &s.upper.1).await.refused(404, "promoters.unknown");
    // Nobody's lines are narrowed too.
    s.report(&Report::paid("NOBODY", "", 100, start)).await;
    let inbox = |query: &str| format!("/union-accounts/{}/unassigned?{query}", s.account);
    for (query, count) in [("", 1), ("attribution=no_code", 1), ("attribution=forged", 0), ("q=%E6%B4%97", 1)] {
        let found = s.f.get(&inbox(query), &s.owner).await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}");
    }
    s.f.assert_verified().await;
}

/// Rows of a title search come in pages that look at so many lines each, and together they are all.
async fn bounded_looks(f: Fixture) {
    let s = Stage::new(f).await;
    s.report(&Report::paid("ONE", &s.code(0), 100, s.f.ctx.now())).await;
    // Every five hundredth is a tissue.
    s.copies("ONE", LOOK_MAX + 1000, "CASE WHEN n % 500 = 0 THEN '抽纸 ABC' ELSE title END").await;
    let (mut after, mut found, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let page = s.list(&format!("orders?q=%E6%8A%BD%E7%BA%B8+abc&limit=30{after}"), &s.owner).await;
        found.extend(page["items"].as_array().unwrap().iter().map(|o| o["ordered_at"].as_str().unwrap().to_owned()));
        pages += 1;
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(found.len() as i64, (LOOK_MAX + 1000) / 500, "in {pages} pages");
    assert!(found.windows(2).all(|two| two[0] > two[1]));
    let nothing = s.list("orders?q=nothing", &s.owner).await;
    assert!(nothing["items"].as_array().unwrap().is_empty() && nothing["next"].is_string(), "there is more to look at");
    let next = nothing["next"].as_str().unwrap();
    let rest = s.list(&format!("orders?q=nothing&after={next}"), &s.owner).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (0, &Value::Null));
    // A filter with an index fills its pages.
    assert_eq!(s.list("orders?item_key=none", &s.owner).await["next"], Value::Null);
    assert_eq!(s.file("orders/export?q=abc", &s.owner).await.len() as i64, (LOOK_MAX + 1000) / 500 + 1);
}

async fn files(f: Fixture) {
    let s = Stage::new(f).await;
    s.report(&Report::paid("ONE", &s.code(s.community.ordinal), 654, s.f.ctx.now())).await;
    let evil = "CASE n % 6 WHEN 0 THEN '=1+1' WHEN 1 THEN '+86, \"x\"' WHEN 2 THEN '-1' WHEN 3 THEN '@SUM(A1)' \
                WHEN 4 THEN '正常' ELSE 'a-b' END";
    s.copies("ONE", 2999, evil).await;
    // Somebody else's orders, in the same tables.
    let other = s.f.program("other").await;
    let theirs = s.f.union_account("http://127.0.0.1:9/other", &[other.id]).await;
    let stranger = s.f.promoter(&other, "别家", None).await;
    s.f.report(theirs, &[Report::paid("THEIRS", &s.f.code(&stranger, 0), 900, s.f.ctx.now())]).await;

    let file = s.file("orders/export", &s.owner).await;
    assert_eq!(file.len(), 3001);
    let head = &file[0];
    assert_eq!((head[0].as_str(), head[3].as_str()), ("订单行", "下单时间(Asia/Shanghai)"));
    assert!(file.iter().all(|row| row.len() == head.len()));
    let column = |name: &str| head.iter().position(|h| h == name).unwrap_or_else(|| panic!("{name} in {head:?}"));
    assert_eq!(file[1..].iter().map(|row| &row[0]).collect::<BTreeSet<_>>().len(), 3000, "every line once");
    let titles: BTreeSet<&str> = file[1..].iter().map(|row| row[column("标题")].as_str()).collect();
    assert_eq!(titles, BTreeSet::from(["'+86, \"x\"", "'-1", "'=1+1", "'@SUM(A1)", "a-b", "正常", "香氛洗衣液"]));
    let first = &file[1];
    for (name, value) in [
        ("推手名称", "王小美"),
        ("社群名称", "邻里团"),
        ("状态", "已付款"),
        ("归属", "推广码"),
        ("佣金(元)", "6.54"),
        ("分佣(元)", "3.92"),
        ("分佣比例(%)", "60"),
        ("邀请人名称", "上家"),
        ("邀请分佣(元)", "0.65"),
        ("平台留存(元)", "1.97"),
        ("自购", "否"),
        ("下单时间(Asia/Shanghai)", "2026-11-02 10:00:00"),
    ] {
        assert_eq!(first[column(name)], value, "{name}");
    }
    assert!(!s.f.get("/programs/p/orders/export", &s.owner).await.text.contains("别家"));
    let own = s.file("orders/export", &s.lower.1).await;
    assert_eq!(own.len(), 3001);
    assert!(["邀请人", "邀请分佣(元)", "平台留存(元)"].iter().all(|hidden| !own[0].iter().any(|h| h == hidden)));
    assert_eq!(s.file("orders/export", &s.upper.1).await.len(), 1, "an inviter gets the head alone");

    // A negative amount of ours stays a number.
    let legs = s.file("ledger/transactions/export", &s.owner).await;
    let amounts: Vec<&str> = legs[1..].iter().map(|row| row.last().unwrap().as_str()).collect();
    assert_eq!((legs[0][6].as_str(), legs.len()), ("科目", 5), "one row per leg");
    assert!(amounts.contains(&"-3.92") && amounts.contains(&"6.54"), "{amounts:?}");
}

async fn rights_of_files(f: Fixture) {
    let s = Stage::new(f).await;
    s.report(&Report::paid("ONE", &s.code(0), 654, s.f.ctx.now())).await;
    let body = json!({ "items": [{ "number": "=K1", "note": "x,y" }] });
    s.f.post("/programs/p/roster", &s.owner, body).await.ok();
    s.f.post("/programs/p/invite-codes", &s.lower.1, json!({})).await.ok();
    s.f.post("/programs/p/invite-codes", &s.owner, json!({ "owner": true })).await.ok();
    for path in EXPORTS {
        let file = s.file(path, &s.owner).await;
        assert!(!file[0][0].is_ascii(), "{path}: {:?}", file[0]);
        let nobody = s.f.person().await;
        s.f.get(&format!("/programs/p/{path}"), &nobody).await.refused(404, "programs.unknown");
    }
    assert_eq!(s.file("roster/export", &s.owner).await[1], ["'=K1", "x,y", "", ""]);
    assert_eq!(s.file("products/export", &s.owner).await[1][..2], [s.product.number.to_string(), "香氛洗衣液".into()]);
    assert_eq!(s.file("promoters/export?level=0", &s.owner).await.len(), 3);
    assert_eq!(s.file("communities/export", &s.owner).await[1][1], "邻里团");
    // A promoter's own: codes, communities, links, clicks, orders, goods; not people, roster, books and deeds.
    assert_eq!(s.file("invite-codes/export", &s.owner).await.len(), 3);
    assert_eq!(s.file("invite-codes/export", &s.lower.1).await.len(), 2);
    assert_eq!(s.file("invite-codes/export", &s.upper.1).await.len(), 1);
    assert_eq!(s.file("communities/export", &s.upper.1).await.len(), 1);
    assert_eq!(s.file("communities/export", &s.lower.1).await.len(), 2);
    for path in ["promoters/export", "roster/export", "ledger/transactions/export", "audit/export"] {
        s.f.get(&format!("/programs/p/{path}"), &s.lower.1).await.refused(404, "programs.unknown");
    }
    let reader = s.f.staff(Some(s.program.id), Role::ReadOnly).await;
    for path in ["ledger/transactions/export", "audit/export"] {
        s.f.get(&format!("/programs/p/{path}"), &reader).await.refused(403, "rights.missing");
    }
    s.f.get("/audit/export", &reader).await.refused(403, "rights.missing");
    // Deeds: those of the program, and those above.
    let deeds = s.file("audit/export?action=roster", &s.owner).await;
    assert_eq!((deeds.len(), deeds[1][4].as_str()), (2, "roster.add"));
    let above = s.f.get("/audit/export", &s.owner).await;
    assert_eq!((above.status, cells(above.text.trim_start_matches('\u{feff}')).len()), (200, 1));
    s.f.get("/programs/p/orders/export?state=sold", &s.owner).await.refused(400, "orders.filter");
}

async fn people_and_places(f: Fixture) {
    let s = Stage::new(f).await;
    let start = s.f.ctx.now();
    let mut tx = s.f.ctx.db.begin().await.unwrap();
    let standing = Standing { suspended: false, level: 2 };
    let by = PersonId::from_raw(0);
    promoters::store::set_standing(&mut tx, &s.f.ctx.ids, start, s.upper.0.id, standing, "", by).await.unwrap();
    tx.commit().await.unwrap();
    s.f.clock.advance_seconds(3600);
    s.f.promoter(&s.program, "新来的", Some(s.lower.0.id)).await;
    let names = async |query: &str| s.of(&format!("promoters?{query}"), &s.owner, "display_name").await;
    let later = at(start.plus_seconds(1));
    for (query, wanted) in [
        ("level=2".to_owned(), json!(["上家"])),
        (format!("joined_from={later}"), json!(["新来的"])),
        (format!("joined_to={later}&level=0"), json!(["王小美"])),
        (format!("inviter={}", s.lower.0.id), json!(["新来的"])),
        ("q=%E7%8E%8B".to_owned(), json!(["王小美"])),
    ] {
        assert_eq!(json!(names(&query).await), wanted, "{query}");
    }
    s.f.get("/programs/p/promoters?joined_from=x", &s.owner).await.refused(422, "request.fields");

    community(&s.f, &s.program, &s.lower.0, "Mama 50%_群", "服务").await;
    s.f.clock.advance_seconds(1);
    let other = community(&s.f, &s.program, &s.upper.0, "上家的群", "服务").await;
    let names = async |query: &str, who: &Signed| s.of(&format!("communities?{query}"), who, "name").await;
    let service = "kind=%E6%9C%8D%E5%8A%A1";
    assert_eq!(json!(names(service, &s.owner).await), json!(["上家的群", "Mama 50%_群"]));
    assert_eq!(json!(names(&format!("{service}&promoter={}", s.upper.0.id), &s.owner).await), json!(["上家的群"]));
    assert_eq!(json!(names("q=mama", &s.owner).await), json!(["Mama 50%_群"]));
    assert_eq!(json!(names("q=50%25_", &s.lower.1).await), json!(["Mama 50%_群"]));
    assert_eq!(json!(names("q=5%25", &s.owner).await), json!([]));
    assert_eq!(json!(names("q=%E7%BE%A4", &s.lower.1).await), json!(["Mama 50%_群"]), "only their own");
    let shown = s.list(&format!("communities/{}", other.id), &s.owner).await;
    assert_eq!((&shown["promoter_name"], &shown["name"]), (&json!("上家"), &json!("上家的群")));
    assert_eq!(s.of("communities?q=mama", &s.owner, "promoter_name").await, [json!("王小美")]);

    // Counted over all programs of the person.
    let second = s.f.program("second").await;
    let elsewhere = s.f.promoter_of(&second, s.lower.0.person, "王小美", None).await;
    community(&s.f, &second, &elsewhere, "别处的群", "服务").await;
    assert_eq!(s.list("communities/limit", &s.lower.1).await, json!({ "used": 3, "limit": 10 }));
    let of = format!("communities/limit?promoter={}", s.upper.0.id);
    assert_eq!(s.list(&of, &s.owner).await, json!({ "used": 1, "limit": 10 }));
    s.f.get("/programs/p/communities/limit", &s.owner).await.refused(400, "promoters.name_one");
    s.f.get(&format!("/programs/p/{of}"), &s.lower.1).await.refused(404, "promoters.unknown");
    let body = json!({ "version": other.version });
    s.f.post(&format!("/programs/p/communities/{}/close", other.id), &s.upper.1, body).await.ok();
    assert_eq!(s.list("communities/limit", &s.upper.1).await["used"], 0);
}

async fn links_list(f: Fixture) {
    let s = Stage::new(f).await;
    let start = s.f.ctx.now();
    let tissue = s.f.offer(s.account, &goods("tissue", "抽纸", 1_000)).await;
    let ordinal = s.community.ordinal;
    // Promoter, community, product, coupon, why none; converted a second after the one before.
    let made = [
        (&s.lower.0, ordinal, s.product.number, "", None),
        (&s.lower.0, 0, tissue.number, "c1", Some("coupon gone")),
        (&s.lower.0, 0, tissue.number, "c2", None),
        (&s.upper.0, SELF_COMMUNITY, tissue.number, "", None),
    ];
    let mut codes = Vec::new();
    let mut tx = s.f.ctx.db.begin().await.unwrap();
    for (n, (promoter, community, product, coupon, dropped)) in made.into_iter().enumerate() {
        let bucket = promoter.id.bucket();
        let code = ShareCode { bucket, promoter: promoter.number, community, product };
        let code = code.text(&s.f.ctx.codes).unwrap();
        let key = links::Key { bucket, code: &code, coupon, program: s.program.id };
        let says = links::Says { promoter: promoter.id, product, community };
        let at = start.plus_seconds(n as i64);
        let conversion = links::Conversion {
            url: "https://u.jd.test/x".into(),
            coupon_dropped: dropped.map(str::to_owned),
            renew_at: at.plus_days(59),
        };
        links::put_conversion(&mut tx, &key, says, s.account, &conversion, at).await.unwrap();
        codes.push(code);
    }
    tx.commit().await.unwrap();
    let first = &s.list("links?limit=1", &s.owner).await["items"][0];
    let wanted = json!({
        "code": codes[3], "url": format!("http://127.0.0.1:8080/s/{}", codes[3]),
        "page": format!("http://127.0.0.1:8080/p/{}", codes[3]), "promoter": s.upper.0.id, "promoter_name": "上家",
        "community": null, "community_name": null, "self_purchase": true, "product": tissue.number.to_string(),
        "title": "抽纸", "coupon_dropped": null, "converted_at": "2026-11-02T02:00:03Z",
        "renew_at": "2026-12-31T02:00:03Z",
    });
    assert_eq!(first, &wanted);
    let code = async |query: &str, who: &Signed| json!(s.of(&format!("links?{query}"), who, "code").await);
    let [a, b, c, d] = codes.as_slice() else { panic!() };
    assert_eq!(b, c, "one code with two coupons");
    let (from, to) = (at(start.plus_seconds(1)), at(start.plus_seconds(3)));
    for (query, wanted) in [
        (String::new(), json!([d, c, b, a])),
        (format!("product={}", tissue.number), json!([d, c, b])),
        (format!("promoter={}", s.lower.0.id), json!([c, b, a])),
        (format!("community={}", s.community.id), json!([a])),
        ("coupon_dropped=true".into(), json!([b])),
        (format!("coupon_dropped=false&product={}", tissue.number), json!([d, c])),
        (format!("from={from}&to={to}"), json!([c, b])),
    ] {
        assert_eq!(code(&query, &s.owner).await, wanted, "{query}");
    }
    // Page by page, over the code that appears twice.
    let (mut after, mut paged) = (String::new(), Vec::new());
    loop {
        let page = s.list(&format!("links?limit=1{after}"), &s.owner).await;
        paged.extend(page["items"].as_array().unwrap().iter().map(|l| l["code"].clone()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(json!(paged), json!([d, c, b, a]));
    assert_eq!(code("", &s.upper.1).await, json!([d]));
    assert_eq!(code("", &s.lower.1).await, json!([c, b, a]));
    s.f.get(&format!("/programs/p/links?promoter={}", s.upper.0.id), &s.lower.1)
        .await
        .refused(404, "promoters.unknown");
    let theirs = format!("/programs/p/links?community={}", s.community.id);
    s.f.get(&theirs, &s.upper.1).await.refused(404, "links.unknown_community");
    s.f.get("/programs/p/links?after=x", &s.owner).await.refused(422, "request.fields");
    let file = s.file("links/export", &s.lower.1).await;
    assert_eq!((file.len(), file[2][9].as_str(), file[3][5].as_str()), (4, "coupon gone", "邻里团"));
}

async fn clicks_list(f: Fixture) {
    let s = Stage::new(f).await;
    let start = s.f.ctx.now();
    let click = |n: i64, promoter: &Promoter, community: u16, class: &str| {
        let id = n << 22 | i64::from(promoter.id.bucket().number()) << 16;
        args![
            promoter.id.bucket(),
            id,
            start.plus_seconds(-n),
            s.program.id,
            promoter.id,
            i64::from(community),
            i64::try_from(s.product.number).unwrap(),
            class,
            "redirect",
            vec![0u8],
            "wechat"
        ]
    };
    let mut rows = vec![
        click(1, &s.lower.0, s.community.ordinal, "human"),
        click(2, &s.upper.0, 0, "human"),
        click(3, &s.lower.0, 0, "robot"),
    ];
    // Yesterday and before: more previews than one page looks at, then a HEAD.
    rows.extend((0..LOOK_MAX + 100).map(|n| click(100_000 + n, &s.upper.0, 0, "preview")));
    rows.push(click(500_000, &s.upper.0, 0, "head"));
    let mut tx = s.f.ctx.clicks.begin().await.unwrap();
    let head = "INSERT INTO click (bucket, id, at_us, program_id, promoter_id, community, product_number, class, \
                surface, address_hash, agent)";
    use Col::{Bytes as B, Int as I, Text as T};
    tx.bulk(head, &[I, I, I, I, I, I, I, T, T, B, T], rows, "").await.unwrap();
    tx.commit().await.unwrap();

    let first = &s.list("clicks?class=human&limit=1", &s.owner).await["items"][0];
    let wanted = json!({
        "at": "2026-11-02T01:59:59Z", "promoter": s.lower.0.id, "promoter_name": "王小美",
        "community": s.community.ordinal, "community_id": s.community.id, "community_name": "邻里团",
        "product": s.product.number.to_string(), "title": "香氛洗衣液", "class": "human", "surface": "redirect",
        "agent": "wechat",
    });
    assert_eq!(first, &wanted);
    let count = async |query: &str, who: &Signed| s.of(&format!("clicks?{query}"), who, "class").await.len();
    assert_eq!(count("class=filtered&limit=2", &s.owner).await, 2);
    assert_eq!(count(&format!("community={}&promoter={}", s.community.ordinal, s.lower.0.id), &s.owner).await, 1);
    assert_eq!(count("product=1", &s.owner).await, 0);
    assert_eq!(count(&format!("product={}&to={}", s.product.number, at(start.plus_seconds(-1))), &s.owner).await, 50);
    // The rare one lies beyond what one page looks at.
    let page = s.list("clicks?class=head", &s.owner).await;
    assert!(page["items"].as_array().unwrap().is_empty());
    let page = s.list(&format!("clicks?class=head&after={}", page["next"].as_str().unwrap()), &s.owner).await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
    assert_eq!(s.file("clicks/export?class=head", &s.owner).await.len(), 2);
    s.f.get("/programs/p/clicks?class=cat", &s.owner).await.refused(422, "request.fields");
    // One's own.
    assert_eq!(count("", &s.lower.1).await, 2);
    assert_eq!(s.file("clicks/export", &s.lower.1).await.len(), 3);
    s.f.get(&format!("/programs/p/clicks?promoter={}", s.upper.0.id), &s.lower.1)
        .await
        .refused(404, "promoters.unknown");
    let counts = s.list("clicks/counts?days=1", &s.lower.1).await;
    assert_eq!(counts["days"], json!([{ "date": "2026-11-02", "classes": { "human": 1, "robot": 1 } }]));
    let counts = s.list(&format!("clicks/counts?days=1&promoter={}", s.upper.0.id), &s.owner).await;
    assert_eq!(counts["days"], json!([{ "date": "2026-11-02", "classes": { "human": 1 } }]));
}

async fn earning_and_history(f: Fixture) {
    let s = Stage::new(f).await;
    // 99.80 yuan × 3 %: 2.99, of which 60 % by sharing, 70 % by buying.
    let product = format!("products/{}", s.product.number);
    let shown = s.list(&product, &s.lower.1).await;
    let commission = shown["commission_fen"].as_i64().unwrap();
    assert_eq!(commission, 299);
    assert_eq!((&shown["earn_fen"], &shown["self_earn_fen"]), (&json!(179), &json!(209)));
    let listed = s.list("products", &s.lower.1).await;
    assert_eq!((&listed["items"][0]["earn_fen"], &listed["items"][0]["self_earn_fen"]), (&json!(179), &json!(209)));
    let staff = s.list("products", &s.owner).await;
    assert_eq!((&staff["items"][0]["earn_fen"], &staff["items"][0]["self_earn_fen"]), (&Value::Null, &Value::Null));
    // A line for the level beats the program's, one for the category beats both.
    let rate = |ppm| Rate::try_from_ppm(ppm).unwrap();
    let mut soap = goods("item1", "香氛洗衣液", 8_000);
    soap.categories =
        vec![1, 2, 3].into_iter().map(|id| connectors::unions::Category { id, name: format!("c{id}") }).collect();
    let now = s.f.ctx.now();
    for (scope, ppm, wanted) in [(Scope::Level(0), 500_000, 120), (Scope::Category(3), 800_000, 192)] {
        let line = PlanLine {
            id: s.f.ctx.ids.next(s.program.id.bucket()),
            scope,
            shared: Terms::try_new(rate(ppm), rate(0)).unwrap(),
            self_purchase: rate(0),
            from: now,
            until: None,
        };
        let mut tx = s.f.ctx.db.begin().await.unwrap();
        programs::store::add_plan_line(&mut tx, s.program.id, &line, s.owner.person, now).await.unwrap();
        tx.commit().await.unwrap();
        s.f.offer(s.account, &soap).await;
        let shown = s.list(&product, &s.lower.1).await;
        assert_eq!((&shown["earn_fen"], &shown["self_earn_fen"]), (&json!(wanted), &json!(0)), "{shown}");
    }

    // The last offer of each day in China: 23:59 and 00:01 are two.
    let path = format!("{product}/history");
    let points = async |who: &Signed| s.list(&path, who).await["items"].as_array().unwrap().clone();
    let seen = points(&s.lower.1).await;
    assert_eq!((seen.len(), &seen[0]["date"], &seen[0]["final_fen"]), (1, &json!("2026-11-02"), &json!(8_000)));
    for (moment, fen) in
        [("2026-11-02T15:59:00Z", 7_000), ("2026-11-02T16:01:00Z", 6_000), ("2026-11-03T01:00:00Z", 6_500)]
    {
        s.f.clock.set(Instant::parse_rfc3339(moment).unwrap());
        let mut offer = goods("item1", "香氛洗衣液", fen);
        offer.coupons = vec![coupon(500, 1_000)];
        offer.sales_30_days = Some(12);
        s.f.offer(s.account, &offer).await;
    }
    let seen = points(&s.lower.1).await;
    let wanted = json!([
        { "date": "2026-11-02", "list_fen": 7000, "promo_fen": 7000, "coupon_fen": 500, "final_fen": 6500,
          "rate_ppm": 30000, "commission_fen": 210, "sales_30_days": 12 },
        { "date": "2026-11-03", "list_fen": 6500, "promo_fen": 6500, "coupon_fen": 500, "final_fen": 6000,
          "rate_ppm": 30000, "commission_fen": 195, "sales_30_days": 12 },
    ]);
    assert_eq!(json!(seen), wanted);
    // A banned product is nobody's but the staff's.
    let ban = format!("/programs/p/{product}/ban");
    s.f.post(&ban, &s.owner, json!({ "reason": "test test" })).await.ok();
    s.f.get(&format!("/programs/p/{path}"), &s.lower.1).await.refused(404, "catalog.unknown_product");
    // 90 days with today; older ones are not shown, and erased.
    s.f.clock.set(Instant::parse_rfc3339("2027-01-31T02:00:00Z").unwrap());
    let owner = s.f.owner().await;
    assert_eq!(points(&owner).await.len(), 1, "the second day is the first of 90");
    assert_eq!(catalog::purge_points(&s.f.ctx).await.unwrap(), 1);
    assert_eq!(points(&owner).await.len(), 1);
    s.f.clock.advance_seconds(86_400);
    assert_eq!(catalog::purge_points(&s.f.ctx).await.unwrap(), 1);
    assert!(points(&owner).await.is_empty());
}

async fn audit_filters(f: Fixture) {
    let s = Stage::new(f).await;
    let second = s.f.owner().await;
    let suspend = format!("/programs/p/promoters/{}/suspend", s.lower.0.id);
    s.f.post(&suspend, &s.owner, json!({ "reason": "too many returns" })).await.ok();
    s.f.clock.advance_seconds(60);
    let reinstate = format!("/programs/p/promoters/{}/reinstate", s.lower.0.id);
    s.f.post(&reinstate, &second, json!({ "reason": "explained well" })).await.ok();
    let middle = at(s.f.ctx.now());
    s.f.clock.advance_seconds(60);
    s.f.post("/programs/p/invite-codes", &s.owner, json!({ "owner": true })).await.ok();
    let actions = async |query: &str| json!(s.of(&format!("audit?{query}"), &s.owner, "action").await);
    let (person, subject) = (second.person, s.lower.0.id);
    for (query, wanted) in [
        ("action=promoter.".to_owned(), json!(["promoter.reinstate", "promoter.suspend"])),
        ("action=promoter.suspend".to_owned(), json!(["promoter.suspend"])),
        ("action=%25".to_owned(), json!([])),
        (format!("person={person}"), json!(["promoter.reinstate"])),
        (format!("subject={subject}"), json!(["promoter.reinstate", "promoter.suspend"])),
        (format!("from={middle}"), json!(["invite_code.add", "promoter.reinstate"])),
        (format!("to={middle}"), json!(["promoter.suspend"])),
    ] {
        assert_eq!(actions(&query).await, wanted, "{query}");
    }
    let entry = &s.list(&format!("audit?person={person}"), &s.owner).await["items"][0];
    assert!(entry["person_name"].as_str().unwrap().starts_with("person-"), "{entry}");
    for bad in ["from=x", "person=x", "action=", "limit=101", "after=x"] {
        s.f.get(&format!("/programs/p/audit?{bad}"), &s.owner).await.refused(422, "request.fields");
    }
}

async fn earnings(f: Fixture) {
    let s = Stage::new(f).await;
    let zoned = |text: &str| Instant::parse_rfc3339(text).unwrap();
    // Midnight in China, and the last of the month before.
    let today = Report::paid("TODAY", &s.code(0), 1000, zoned("2026-11-01T16:00:00Z"));
    let month = Report::paid("MONTH", &s.code(0), 654, zoned("2026-11-01T15:59:59Z"));
    let before = Report::paid("BEFORE", &s.code(0), 300, zoned("2026-10-31T15:59:59Z"));
    for report in [&today, &month, &before] {
        s.report(report).await;
    }
    let own = |p: &Promoter, what: &str| format!("promoters/{}/{what}", p.id);
    let figures = async |p: &Promoter, who: &Signed| {
        let body = s.list(&own(p, "earnings"), who).await;
        assert_eq!(body["time_zone"], "Asia/Shanghai");
        ["today_fen", "month_fen", "inviter_fen_month"].map(|field| body[field].as_i64().unwrap())
    };
    assert_eq!(figures(&s.lower.0, &s.lower.1).await, [600, 600 + 392, 0]);
    assert_eq!(figures(&s.upper.0, &s.upper.1).await, [100, 100 + 65, 100 + 65]);
    let team = s.list(&own(&s.upper.0, "team"), &s.upper.1).await;
    let wanted = json!({ "heads": 1, "joined_30_days": 1, "inviter_fen_month": 165, "inviter_fen_total": 195 });
    assert_eq!(team, wanted);
    // A cancelled order takes it back; one given to somebody else moves.
    s.report(&today.later(3, 0, 1)).await;
    assert_eq!(figures(&s.lower.0, &s.lower.1).await, [0, 392, 0]);
    let line = s.f.lines().await.into_iter().find(|l| l.row_key == "MONTH").unwrap();
    let body = json!({ "promoter": s.upper.0.id, "reason": "the buyer asked them" });
    s.f.post(&format!("/orders/{}/assign", line.id), &s.owner, body).await.ok();
    assert_eq!(figures(&s.lower.0, &s.owner).await, [0, 0, 0]);
    assert_eq!(figures(&s.upper.0, &s.owner).await, [0, 392, 0]);
    s.f.get(&format!("/programs/p/{}", own(&s.lower.0, "earnings")), &s.upper.1)
        .await
        .refused(404, "promoters.unknown");

    // The sums are those of the postings, and those that an upgrade finds.
    let text = app::migrations::MAIN.iter().find(|m| m.number == 12).unwrap().text;
    let select = text.split("INSERT INTO earning").nth(1).unwrap();
    let select = select[select.find("SELECT").unwrap()..select.find(';').unwrap()].to_owned();
    let mut read = s.f.ctx.db.read().await.unwrap();
    let table = "SELECT bucket, promoter_id, quarter, direct_fen, inviter_fen FROM earning".to_owned();
    let mut sums = Vec::new();
    for sql in [table, select] {
        let mut found = BTreeSet::new();
        for row in read.all_built(sql, vec![]).await.unwrap() {
            let columns = ["bucket", "promoter_id", "quarter", "direct_fen", "inviter_fen"];
            let figures = columns.map(|column| row.int(column).unwrap());
            // What moved away leaves a zero behind.
            if figures[3..] != [0, 0] {
                found.insert(figures);
            }
        }
        sums.push(found);
    }
    drop(read);
    assert_eq!(sums[0].len(), 3, "{sums:?}");
    assert_eq!(sums[0], sums[1]);

    let ledger = s.list(&own(&s.lower.0, "ledger"), &s.lower.1).await;
    let lines: Vec<(i64, &str, bool)> = ledger["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| (i["amount_fen"].as_i64().unwrap(), i["role"].as_str().unwrap(), i["order"].is_string()))
        .collect();
    // Newest first: what was given away, the cancelled one, and the three that came in. All of it direct.
    assert_eq!(lines.len(), 5, "{ledger}");
    assert_eq!((lines[0], lines[1]), ((-392, "direct", true), (-600, "direct", true)));
    assert_eq!(lines.iter().map(|l| l.0).sum::<i64>(), 180);
    let first = &ledger["items"][0];
    assert_eq!((&first["account"], &first["title"]), (&json!("person.waiting"), &json!("香氛洗衣液")));
    assert_eq!((&first["order"], &first["n"], &first["reason"]), (&json!(line.id), &json!(2), &json!("assigned")));
    // The inviter sees amounts of the team, not which orders.
    let upper = s.list(&own(&s.upper.0, "ledger"), &s.upper.1).await;
    for item in upper["items"].as_array().unwrap() {
        // The line is theirs directly now; of the others they are only the inviter.
        let theirs = item["order"] == json!(line.id);
        assert_eq!(item["role"] == json!("direct"), theirs, "{item}");
        assert_eq!(item["title"].is_string(), theirs, "{item}");
        assert!(theirs || item["order"].is_null());
    }
    assert!(upper["items"].as_array().unwrap().iter().any(|i| i["order"].is_null()));
    let staff = s.list(&own(&s.upper.0, "ledger"), &s.owner).await;
    assert!(staff["items"].as_array().unwrap().iter().all(|i| i["order"].is_string() && i["title"].is_string()));
    // Page by page it is the same.
    let (mut after, mut paged) = (String::new(), Vec::new());
    loop {
        let page = s.list(&format!("{}?limit=2{after}", own(&s.lower.0, "ledger")), &s.lower.1).await;
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(json!(paged), ledger["items"]);
    s.f.get(&format!("/programs/p/{}", own(&s.upper.0, "ledger")), &s.lower.1).await.refused(404, "promoters.unknown");
    s.f.assert_verified().await;
}

on_both_engines! {
    async fn orders_are_found_by_every_filter_and_show_names_and_parts(f: Fixture) {
        orders_filters(f).await;
    }

    async fn a_search_without_an_index_looks_at_so_many_rows_a_page(f: Fixture) {
        bounded_looks(f).await;
    }

    async fn a_file_holds_every_row_and_no_formula(f: Fixture) {
        files(f).await;
    }

    async fn files_have_the_rights_of_their_lists(f: Fixture) {
        rights_of_files(f).await;
    }

    async fn promoters_and_communities_are_narrowed_and_the_limit_is_told(f: Fixture) {
        people_and_places(f).await;
    }

    async fn links_are_listed_by_their_conversion(f: Fixture) {
        links_list(f).await;
    }

    async fn clicks_are_narrowed_and_promoters_see_their_own(f: Fixture) {
        clicks_list(f).await;
    }

    async fn goods_say_what_one_earns_and_what_they_cost_before(f: Fixture) {
        earning_and_history(f).await;
    }

    async fn deeds_are_found(f: Fixture) {
        audit_filters(f).await;
    }

    async fn lesson_13_earnings_of_the_programs_own_day_and_month(f: Fixture) {
        earnings(f).await;
    }
}

/// Every list that grows is served by an index of its filter: SQLite says which, once it has looked at what is there.
#[tokio::test]
async fn lists_use_their_indexes() {
    let s = Stage::new(Fixture::new(Engine::Lite).await).await;
    s.report(&Report::paid("ONE", &s.code(s.community.ordinal), 654, s.f.ctx.now())).await;
    s.copies("ONE", 20_000, "title").await;
    let program = s.program.id.raw();
    let mut tx = s.f.ctx.db.begin().await.unwrap();
    for fill in [
        "UPDATE order_line SET promoter_id = id % 97, inviter_id = NULL, community_id = id % 89, order_no = id,
            item_key = id % 83, union_account_id = id % 5, program_id = CASE id % 4 WHEN 0 THEN 0 ELSE program_id END,
            state = CASE id % 500 WHEN 2 THEN 'unknown' ELSE 'confirmed' END, needs_review = CASE id % 500 WHEN 0 THEN 1 ELSE 0 END,
            attribution = CASE id % 500 WHEN 1 THEN 'by_hand' ELSE 'code' END".to_owned(),
        format!("INSERT INTO conversion (bucket, code, coupon_key, program_id, union_account_id, url, coupon_dropped,
            converted_at_us, renew_at_us, promoter_id, product_number, community)
            SELECT bucket, id, '', {program}, 1, '', CASE id % 500 WHEN 0 THEN 'x' END, id, id, id % 97, id % 83, 0
            FROM order_line"),
        format!("INSERT INTO ledger_posting (bucket, transaction_id, seq, account, owner, currency, amount_fen)
            SELECT bucket, id - 4194304, 9, 'person.waiting', id % 97, 'CNY', 1 FROM order_line WHERE program_id = {program}"),
        format!("INSERT INTO ledger_transaction (bucket, id, program_id, line_id, n, booked_us, event_us, reason)
            SELECT bucket, id - 4194304, program_id, id, 9, 1, 1, '' FROM order_line WHERE program_id = {program}"),
    ] {
        tx.run_once(fill).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = s.f.ctx.clicks.begin().await.unwrap();
    let fill = format!(
        "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 5000)
        INSERT INTO click (bucket, id, at_us, program_id, promoter_id, community, product_number, class, surface,
            address_hash, agent)
        SELECT n % 64, n, n, {program}, n % 97, 0, n % 83, 'human', 'page', x'00', '' FROM counted"
    );
    tx.run_once(fill).await.unwrap();
    tx.commit().await.unwrap();
    s.f.ctx.db.analyze().await.unwrap();
    s.f.ctx.clicks.analyze().await.unwrap();
    let main = s.f.ctx.db.read().await.unwrap();
    let clicks = s.f.ctx.clicks.read().await.unwrap();
    let mut engines = [main, clicks];
    for engine in &mut engines {
        // Explaining does not look whether the schema changed; a statement does.
        engine.all("SELECT 1 FROM schema_migration LIMIT 1", vec![]).await.unwrap();
    }
    let mut wrong = Vec::new();
    let orders = include_str!("../src/orders/sql/list.sql");
    let links = include_str!("../src/links/sql/list.sql");
    let log = include_str!("../src/links/sql/clicks.sql");
    let own = include_str!("../src/ledger/sql/of_person.sql");
    // From the newest on, without an end.
    let moments = |of: i64| args![of, i64::MAX, i64::MIN, 0i64, 50i64];
    let codes = args![program, i64::MAX, "", "", 50i64];
    let own_args = args![1i64, i64::MAX, i64::MIN, 50i64];
    for (db, text, args, condition, index) in [
        (0, orders, moments(program), "", "order_line_program"),
        (0, orders, moments(0), "AND union_account_id = 1", "order_line_unassigned"),
        (0, orders, moments(program), "AND state = 'unknown'", "order_line_state"),
        (0, orders, moments(program), "AND promoter_id = 1", "order_line_of_promoter"),
        (0, orders, moments(program), "AND order_no = '1'", "order_line_no"),
        (0, orders, moments(program), "AND community_id = 1", "order_line_of_community"),
        (0, orders, moments(program), "AND item_key = '1'", "order_line_item"),
        (0, orders, moments(program), "AND attribution = 'by_hand' AND attribution <> 'code'", "order_line_by_hand"),
        (0, orders, moments(program), "AND needs_review = 1", "order_line_review"),
        (0, links, codes.clone(), "", "conversion_program"),
        (
            0,
            links,
            codes.clone(),
            "AND bucket = (SELECT MIN(bucket) FROM conversion) AND promoter_id = 1",
            "conversion_promoter",
        ),
        (0, links, codes.clone(), "AND product_number = 1", "conversion_product"),
        (0, links, codes, "AND coupon_dropped IS NOT NULL", "conversion_dropped"),
        (0, own, own_args, "", "ledger_posting_person"),
        (1, log, moments(program), "", "click_program"),
        (1, log, moments(program), "AND bucket = 1 AND promoter_id = 1", "click_promoter"),
        (1, log, moments(program), "AND product_number = 1", "click_product"),
    ] {
        let text = format!("EXPLAIN QUERY PLAN {}", text.replace("/*and*/", condition));
        let rows = engines[db].all_built(text, args).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.text("detail").unwrap()).collect();
        if !plan.iter().any(|step| step.contains(&format!("INDEX {index} "))) {
            wrong.push(format!("{condition}: {plan:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
