//! The gateway as our connector meets it, and what the connector would never ask.

use super::*;
use connectors::unions::jd::PositionsOf;
use connectors::unions::{ConvertRequest, ErrorClass, GoodsQuery};
use kernel::Money;

#[tokio::test]
async fn search_finds_pages_and_narrows() {
    let served = Served::new().await;
    let union = served.union();
    let all = served.sandbox.goods().all();
    let everything = GoodsQuery { page: 1, page_size: 30, ..GoodsQuery::default() };
    let page = union.search(&everything).await.unwrap();
    assert_eq!((page.goods.len(), page.total, page.more), (30, all.len() as u64, true));
    let mut seen = std::collections::BTreeSet::new();
    for number in 1..=14 {
        let page = union.search(&GoodsQuery { page: number, ..everything.clone() }).await.unwrap();
        assert_eq!(page.more, number < 14);
        seen.extend(page.goods.into_iter().map(|g| g.item_key));
    }
    assert_eq!(seen.len(), all.len());
    // Past the end (202) and nothing found (201) are empty pages to the connector.
    assert_eq!(union.search(&GoodsQuery { page: 15, ..everything.clone() }).await.unwrap().goods, []);
    let nonsense = GoodsQuery { keyword: Some("zzqxj没有这种东西".to_owned()), ..everything.clone() };
    assert_eq!(union.search(&nonsense).await.unwrap().goods, []);
    assert_eq!(served.sandbox.stats().refused_by_code.keys().collect::<Vec<_>>(), ["201", "202"]);

    let (low, high) = (Money::from_fen(5000), Money::from_fen(20_000));
    let priced = GoodsQuery { price_from: Some(low), price_to: Some(high), with_coupon: true, ..everything.clone() };
    let page = union.search(&priced).await.unwrap();
    assert!(!page.goods.is_empty());
    assert!(page.goods.iter().all(|g| !g.coupons.is_empty() && (low..=high).contains(&g.coupon_price)));

    let [(cid1, _), _, (cid3, _)] = all[0].categories.clone();
    for category in [(1, cid1), (3, cid3)] {
        let page = union.search(&GoodsQuery { category: Some(category), ..everything.clone() }).await.unwrap();
        let place = usize::from(category.0) - 1;
        assert!(!page.goods.is_empty() && page.goods.iter().all(|g| g.categories[place].id == category.1));
    }
}

#[tokio::test]
async fn an_offer_arrives_whole() {
    let served = Served::new().await;
    let union = served.union();
    let made = served.with_coupon();
    let goods = union.detail(std::slice::from_ref(&made.item_id)).await.unwrap().remove(0);
    assert_eq!((&goods.item_key, &goods.title, &goods.shop), (&made.item_id, &made.title, &made.shop));
    assert_eq!((goods.list_price, goods.promo_price, goods.coupon_price), (made.list, made.promo, made.final_price));
    assert_eq!((goods.commission_rate, goods.self_run), (made.rate, made.self_run));
    assert_eq!((goods.sales_30_days, goods.in_stock), (Some(made.sales_30_days), Some(made.in_stock)));
    assert_eq!(goods.sku_key, Some(made.sku_id.to_string()));
    assert_eq!(goods.categories.iter().map(|c| (c.id, c.name.clone())).collect::<Vec<_>>(), made.categories);
    assert_eq!(goods.coupons.iter().filter(|c| c.best).count(), 1);
    assert_eq!(goods.coupons.len(), made.coupons.len());
    assert_eq!(goods.coupons[0].link, made.coupons[0].link);
    assert!(goods.image_url.unwrap().starts_with(&served.base));

    // By sku: another method, which knows no coupons.
    let by_sku = union.detail(&[made.sku_id.to_string(), "1".to_owned()]).await.unwrap();
    assert_eq!(by_sku.len(), 1);
    assert_eq!((by_sku[0].promo_price, by_sku[0].coupons.len(), &by_sku[0].title), (made.promo, 0, &made.title));
    assert_eq!(union.detail(&["unknownItemId".to_owned()]).await.unwrap(), []);
}

#[tokio::test]
async fn channels_categories_and_coupons() {
    let served = Served::new().await;
    let union = served.union();
    let page = union.channel("1", 1).await.unwrap();
    assert!(!page.goods.is_empty());
    assert_eq!(union.channel("98765", 1).await.unwrap().goods, []);

    let tops = union.categories(None, 0).await.unwrap();
    assert!(tops.len() > 3);
    let seconds = union.categories(Some(tops[0].id), 1).await.unwrap();
    let thirds = union.categories(Some(seconds[0].id), 2).await.unwrap();
    assert!(!thirds.is_empty());
    assert_eq!(union.categories(Some(thirds[0].id), 2).await.unwrap(), []);

    let made = &served.with_coupon().coupons[0];
    let asked = [made.link.clone(), "http://coupon.m.jd.com/none".to_owned()];
    let states = union.coupons(&asked).await.unwrap();
    assert_eq!(states.len(), 1);
    let state = &states[0];
    assert_eq!((state.amount, state.threshold, &state.link), (made.amount, made.threshold, &made.link));
    assert_eq!((state.remaining, state.total), (Some(made.remaining), Some(made.total)));
    assert!(state.valid);
    // Long after, the coupon is over: said so by the query, gone from the offer, refused by the link.
    served.clock.advance_seconds(2 * 365 * 86_400);
    assert!(!union.coupons(&asked).await.unwrap()[0].valid);
    let item = served.with_coupon();
    let goods = union.detail(std::slice::from_ref(&item.item_id)).await.unwrap().remove(0);
    assert_eq!((goods.coupons.len(), goods.coupon_price), (0, item.promo));
    let request = request(&item.material_url, Some(&made.link), "a");
    let dropped = union.convert(&request).await.unwrap().coupon_dropped.unwrap();
    assert!(dropped.contains("2001906"), "{dropped}");
}

fn request(material: &str, coupon: Option<&str>, tracking: &str) -> ConvertRequest {
    ConvertRequest {
        material_url: material.to_owned(),
        coupon_link: coupon.map(str::to_owned),
        tracking: tracking.to_owned(),
        position: None,
    }
}

#[tokio::test]
async fn links_are_converted_and_a_wrong_coupon_dropped() {
    let served = Served::new().await;
    let union = served.union();
    let made = served.with_coupon();
    let own = &made.coupons.iter().find(|c| c.best).unwrap().link;
    let link = union.convert(&request(&made.material_url, Some(own), "p1_g2-x")).await.unwrap();
    assert_eq!(link.coupon_dropped, None);
    assert!(link.long_url.starts_with(&format!("{}/jdc?", served.base)), "{}", link.long_url);
    let short = link.short_url.unwrap();
    assert!(short.starts_with(&format!("{}/u/", served.base)), "{short}");
    // A link made here is material too.
    assert!(union.convert(&request(&short, None, "p2")).await.is_ok());
    assert!(union.convert(&request(&link.long_url, None, "p2")).await.is_ok());

    let other = |g: &&Goods| g.sku_id != made.sku_id && g.coupons.iter().any(|c| c.best && c.link != *own);
    let other = served.sandbox.goods().all().iter().find(other).unwrap();
    let strange = &other.coupons.iter().find(|c| c.best).unwrap().link;
    let link = union.convert(&request(&made.material_url, Some(strange), "p1")).await.unwrap();
    assert_eq!(link.coupon_dropped.as_deref(), Some("优惠券与商品不匹配 (2001909)"));
    let link = union.convert(&request(&made.material_url, Some("http://coupon.m.jd.com/none"), "p1")).await.unwrap();
    assert_eq!(link.coupon_dropped.as_deref(), Some("优惠券无效 (2001905)"));

    for (material, code) in
        [(made.sku_id.to_string(), "2001101"), ("jingfen.jd.com/detail/none.html".into(), "2001102")]
    {
        let error = union.convert(&request(&material, None, "p1")).await.unwrap_err();
        assert_eq!((error.class, error.code.as_str()), (ErrorClass::MaterialRefused, code));
    }
    assert_eq!(served.sandbox.stats().links, 5);
}

#[tokio::test]
async fn who_signs_wrongly_or_late_is_turned_away() {
    let served = Served::new().await;
    let query = GoodsQuery { page: 1, page_size: 1, ..GoodsQuery::default() };
    let error = served.union_of("other-secret", &served.clock).search(&query).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Auth, "12"));
    for (seconds, accepted) in [(600, true), (-600, true), (601, false), (-601, false)] {
        let clock = Clock::held_at(served.clock.now().plus_seconds(seconds));
        match served.union_of("demo-secret", &clock).search(&query).await {
            Ok(_) => assert!(accepted, "{seconds}"),
            Err(error) => {
                assert!(!accepted, "{seconds}");
                assert_eq!((error.class, error.code.as_str()), (ErrorClass::Auth, "8"));
            }
        }
    }
}

const NOON: &str = "2026-03-02 12:00:00";

/// One call by hand: gateway code (`gw…`) or inner code, and the inner result.
async fn call(sandbox: &Sandbox, method: &str, business: &str) -> (String, Value) {
    let pairs = [
        ("360buy_param_json", business),
        ("app_key", "demo-key"),
        ("method", method),
        ("timestamp", NOON),
        ("v", "1.0"),
    ];
    read(&post_form(sandbox, "/routerjson", &signed("demo-secret", &pairs)).await.1)
}

fn read(body: &str) -> (String, Value) {
    let body: Value = serde_json::from_str(body).unwrap();
    if let Some(error) = body.get("error_response") {
        return (format!("gw{}", error["code"].as_str().unwrap()), body);
    }
    let (_, envelope) = body.as_object().unwrap().iter().next().unwrap();
    let (_, inner) = envelope.as_object().unwrap().iter().find(|(key, _)| *key != "code").unwrap();
    let inner: Value = serde_json::from_str(inner.as_str().unwrap()).unwrap();
    (inner["code"].to_string(), inner)
}

#[tokio::test]
async fn system_parameters_are_checked_one_by_one() {
    let clock = Clock::held_at(noon());
    let sandbox = sandbox(&clock);
    let business = "{\"req\":{\"parentId\":0,\"grade\":0}}";
    let good = [
        ("360buy_param_json", business),
        ("app_key", "demo-key"),
        ("method", "jd.union.open.category.goods.get"),
        ("timestamp", NOON),
        ("v", "1.0"),
    ];
    for (name, value, code) in [
        ("v", "1.0", "200"),
        ("method", "", "gw14"),
        ("method", "jd.union.open.goods.none", "gw15"),
        ("v", "", "gw4"),
        ("v", "2.0", "gw5"),
        ("app_key", "", "gw21"),
        ("app_key", "somebody", "gw21"),
        ("timestamp", "", "gw7"),
        ("timestamp", "yesterday", "gw8"),
        ("timestamp", "2026-03-02 12:10:01", "gw8"),
        ("timestamp", "2026-03-02 04:09:59.500+0000", "200"),
        ("360buy_param_json", "{", "400"),
        ("360buy_param_json", "", "400"),
        ("360buy_param_json", "{\"req\":{\"parentId\":0,\"grade\":3}}", "400"),
    ] {
        let pairs = good.map(|(k, v)| if k == name { (k, value) } else { (k, v) });
        let form = signed("demo-secret", &pairs);
        assert_eq!(read(&post_form(&sandbox, "/routerjson", &form).await.1).0, code, "{name}={value}");
        // The same by GET.
        assert_eq!(read(&fetch(&sandbox, &format!("/routerjson?{form}")).await.1).0, code, "{name}={value}");
    }
    let full = signed("demo-secret", &good.map(|(k, v)| (if k == "360buy_param_json" { "param_json" } else { k }, v)));
    assert_eq!(read(&post_form(&sandbox, "/routerjson", &full).await.1).0, "200");
    let unsigned = full.split("&sign=").next().unwrap();
    assert_eq!(read(&post_form(&sandbox, "/routerjson", unsigned).await.1).0, "gw11");
    assert_eq!(read(&post_form(&sandbox, "/routerjson", &full.replace("grade", "Grade")).await.1).0, "gw12");
}

#[tokio::test]
async fn sizes_windows_and_kinds_are_refused_with_the_methods_own_codes() {
    let clock = Clock::held_at(noon());
    let sandbox = sandbox(&clock);
    let order = |more: &str| format!("{{\"orderReq\":{{\"pageIndex\":1,\"pageSize\":500,\"type\":3,{more}}}}}");
    let window = |from: &str, to: &str| order(&format!("\"startTime\":\"{from}\",\"endTime\":\"{to}\""));
    let skus: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    let material = &sandbox.goods().all()[0].material_url;
    let link = |more: &str| format!("{{\"promotionCodeReq\":{{\"materialId\":\"{material}\",{more}}}}}");
    let urls = format!("{{\"couponUrls\":[{}\"x\"]}}", "\"x\",".repeat(50));
    for (method, business, code) in [
        ("order.row.query", window("2026-03-02 11:00:00", "2026-03-02 12:00:00"), "200"),
        ("order.row.query", window("2026-03-02 10:59:59", "2026-03-02 12:00:00"), "2002453"),
        ("order.row.query", window("2026-03-02 12:00:00", "2026-03-02 11:59:59"), "2002400"),
        ("order.row.query", window("2025-11-30 12:00:00", "2025-11-30 13:00:00"), "2002400"),
        ("order.row.query", window("2026-03-02", "2026-03-02 12:00:00"), "2002400"),
        ("order.row.query", order("\"orderId\":1"), "200"),
        ("order.row.query", order("\"orderId\":1,\"childUnionId\":7"), "2002403"),
        ("order.row.query", order("\"x\":1").replace("500", "501"), "2002400"),
        ("order.row.query", order("\"x\":1").replace("500", "0"), "2002400"),
        ("order.row.query", "{\"goodsReq\":{}}".to_owned(), "2002400"),
        ("goods.query", "{\"goodsReqDTO\":{\"keyword\":\"x\"}}".to_owned(), "400"),
        ("goods.query", "{\"goodsReqDTO\":{\"sceneId\":1,\"pageSize\":31}}".to_owned(), "400"),
        ("goods.query", "{\"goodsReqDTO\":{\"sceneId\":1,\"pageSize\":\"30\"}}".to_owned(), "200"),
        ("goods.query", "{\"goodsReqDTO\":{\"sceneId\":1,\"skuIds\":[1]}}".to_owned(), "411"),
        ("goods.query", "{\"goodsReqDTO\":{\"sceneId\":2,\"itemIds\":[\"a\"]}}".to_owned(), "411"),
        ("goods.query", "{\"goodsReqDTO\":{\"sceneId\":1,\"pageIndex\":9999}}".to_owned(), "202"),
        ("goods.query", "{\"goodsReqDTO\":{\"sceneId\":1,\"sortName\":\"beauty\"}}".to_owned(), "400"),
        ("goods.jingfen.query", "{\"goodsReq\":{\"eliteId\":1,\"pageSize\":51}}".to_owned(), "400"),
        ("goods.jingfen.query", "{\"goodsReq\":{\"pageSize\":50}}".to_owned(), "400"),
        ("goods.promotiongoodsinfo.query", format!("{{\"skuIds\":\"{}\"}}", skus.join(",")), "400"),
        ("coupon.query", urls, "2006400"),
        ("coupon.query", "{\"couponUrls\":\"x\"}".to_owned(), "2006400"),
        ("promotion.bysubunionid.get", link("\"subUnionId\":\"a b\""), "2001208"),
        ("promotion.bysubunionid.get", link(&format!("\"subUnionId\":\"{}\"", "a".repeat(81))), "2001230"),
        ("promotion.bysubunionid.get", link("\"subUnionId\":\"a\",\"pid\":\"1_2_3\""), "2001214"),
        ("promotion.bysubunionid.get", link("\"pid\":\"1000000001_2_3\""), "2001215"),
        ("promotion.bysubunionid.get", link("\"pid\":\"x\""), "2001213"),
        ("promotion.bysubunionid.get", link("\"chainType\":4"), "2001212"),
        ("promotion.bysubunionid.get", link("\"giftCouponKey\":\"k\""), "2001919"),
    ] {
        assert_eq!(call(&sandbox, &format!("jd.union.open.{method}"), &business).await.0, code, "{method} {business}");
    }
    let stats = sandbox.stats();
    assert_eq!(stats.calls_by_method["jd.union.open.order.row.query"], 10);
    assert_eq!((stats.refused_by_code["2002453"], stats.refused_by_code["411"]), (1, 2));
    // Long and short by what was asked for; the short one is the usual.
    for (chain, long, short) in
        [("\"chainType\":1", true, false), ("\"x\":1", false, true), ("\"chainType\":3", true, true)]
    {
        let (_, inner) = call(&sandbox, "jd.union.open.promotion.bysubunionid.get", &link(chain)).await;
        let has = |name: &str| inner["data"].get(name).is_some();
        assert_eq!((has("clickURL"), has("shortURL")), (long, short), "{chain}");
    }
}

#[tokio::test]
async fn a_link_is_a_keyword_and_lists_are_sorted() {
    let clock = Clock::held_at(noon());
    let sandbox = sandbox(&clock);
    let goods = &sandbox.goods().all()[7];
    let query = |more: &str| format!("{{\"goodsReqDTO\":{{\"sceneId\":1,{more}}}}}");
    let by_link = query(&format!("\"keyword\":\"{}\"", goods.material_url));
    let (_, inner) = call(&sandbox, "jd.union.open.goods.query", &by_link).await;
    assert_eq!((inner["totalCount"].as_u64(), inner["data"][0]["skuId"].as_i64()), (Some(1), Some(goods.sku_id)));
    for (sort, descending) in [("asc", false), ("desc", true)] {
        let asked = query(&format!("\"sortName\":\"price\",\"sort\":\"{sort}\",\"pageSize\":30"));
        let (_, inner) = call(&sandbox, "jd.union.open.goods.query", &asked).await;
        let prices: Vec<String> = inner["data"].as_array().unwrap().iter().map(price).collect();
        let fen: Vec<i64> = prices.iter().map(|p| Money::from_yuan_text(p).unwrap().fen()).collect();
        let mut sorted = fen.clone();
        sorted.sort_unstable();
        if descending {
            sorted.reverse();
        }
        assert_eq!(fen, sorted);
    }
}

fn price(goods: &Value) -> String {
    goods["priceInfo"]["lowestCouponPrice"].to_string()
}

#[tokio::test]
async fn positions_are_made_listed_and_come_back_with_orders() {
    let served = Served::new().await;
    let with = |key: &str, union_id: i64, site_id: Option<i64>| {
        let mut config = JdConfig::new(format!("{}/routerjson", served.base), "demo-key", "demo-secret");
        (config.per_second, config.max_attempts, config.site_id) = (100_000, 1, site_id);
        config.positions = Some(PositionsOf { union_id, key: key.to_owned() });
        JdUnion::try_new(config, served.clock.clone()).unwrap()
    };
    let union = with("demo-position-key", 1_000_000_001, None);
    let names: Vec<String> = (0..50).map(|n| format!("推手-{n}")).collect();
    let made = union.make_positions(&names).await.unwrap();
    assert_eq!(made.iter().map(|p| &p.name).collect::<std::collections::BTreeSet<_>>(), names.iter().collect());
    let error = union.make_positions(&names[..1]).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::BadRequest, "20042"));
    for n in 1..3 {
        let names: Vec<String> = (0..50).map(|m| format!("更多-{n}-{m}")).collect();
        union.make_positions(&names).await.unwrap();
    }
    let (first, second) = (union.positions(1).await.unwrap(), union.positions(2).await.unwrap());
    assert_eq!((first.positions.len(), first.more, second.positions.len(), second.more), (100, true, 50, false));
    assert_eq!(served.sandbox.stats().positions, 150);
    for (union, code) in
        [(with("wrong", 1_000_000_001, None), "2004408"), (with("demo-position-key", 2, None), "2004410")]
    {
        let error = union.positions(1).await.unwrap_err();
        assert_eq!((error.class, error.code.as_str()), (ErrorClass::Permission, code));
    }
    // A website's positions, and its links, need the registered site.
    let elsewhere = with("demo-position-key", 1_000_000_001, Some(5));
    assert_eq!(elsewhere.make_positions(&["站".to_owned()]).await.unwrap_err().code, "20045");
    let material = served.with_coupon().material_url.clone();
    let error = elsewhere.convert(&request(&material, None, "p1")).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Permission, "2001501"));

    let site = with("demo-position-key", 1_000_000_001, Some(4_000_000_060));
    let position = Some(made[0].id);
    let link = site.convert(&ConvertRequest { position, ..request(&material, None, "p1") }).await.unwrap();
    assert_eq!(link.short_url, None);
    let p = link.long_url.split("p=").nth(1).unwrap();
    let (status, page) = fetch(&served.sandbox, &format!("/jdc?e=&p={p}")).await;
    assert!(status.is_success(), "{page}");
    let (status, page) = post_form(&served.sandbox, "/shop/buy", &format!("link={}&quantity=1", &p[..7])).await;
    assert!(status.is_success(), "{page}");
    let rows = walk(&union, noon().plus_seconds(-60), noon().plus_seconds(60)).await;
    served.clock.advance_seconds(60);
    let rows = [rows.unwrap(), walk(&union, noon(), noon().plus_seconds(60)).await.unwrap()].concat();
    assert_eq!(rows[0].position, position.map(|id| id.to_string()));
}

#[tokio::test]
async fn orders_are_walked_by_the_time_of_their_order() {
    let served = Served::new().await;
    let sku = served.sandbox.goods().all()[0].sku_id;
    for _ in 0..5 {
        buy(&served.sandbox, &[(sku, 1)], Life::Finished);
        served.clock.advance_seconds(1000);
    }
    served.clock.advance_seconds(30 * 86_400);
    let union = served.union();
    let mut cursor = Some(union.orders_placed(noon(), noon().plus_seconds(2500)));
    let mut rows = Vec::new();
    while let Some(at) = cursor {
        let page = union.orders(&at).await.unwrap();
        rows.extend(page.rows);
        cursor = page.next;
    }
    // Three orders of those moments, each as it stands a month later.
    let keys: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.row_key.as_str()).collect();
    assert_eq!(keys.len(), 3);
    assert!(rows.iter().all(|row| row.state == kernel::LineState::Confirmed));
}
