//! The reference samples, opened by the real code. They live beside the workspace and may be absent.

use super::super::goods::{category_rows, coupon_rows, goods_page, promoted_goods};
use super::super::links::converted;
use super::super::orders;
use super::super::positions::{listed, made};
use super::super::sign::sign;
use super::super::wire::{
    CATEGORIES, CHANNEL, COMMON_LINK, COUPONS, GOODS, Inner, LINK, MAKE_POSITIONS, ORDER_ROWS, POSITIONS, PROMOTED,
    Reply, open, tests::opened,
};
use crate::unions::{ErrorClass, OrderRow, UnionError};
use kernel::{Instant, LineState, Rate};
use serde_json::Value;
use std::path::PathBuf;

fn samples() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/samples");
    if !folder.is_dir() {
        println!("skipped: {} is not here", folder.display());
        return None;
    }
    Some(folder)
}

fn text(name: &str) -> Option<String> {
    Some(std::fs::read_to_string(samples()?.join(name)).unwrap())
}

/// A sample's inner result; `None` only where the samples are absent.
fn sample(method: &str, name: &str) -> Option<Result<Inner, UnionError>> {
    Some(opened(method, &text(name)?))
}

fn rows(name: &str) -> Option<(Vec<OrderRow>, bool)> {
    Some(orders::rows(&sample(ORDER_ROWS, name)?.unwrap()).unwrap())
}

fn china(text: &str) -> Option<Instant> {
    Some(Instant::parse_local(text, &kernel::Zone::china()).unwrap())
}

#[test]
fn every_signature_vector_of_jd_is_reproduced() {
    let Some(vectors) = text("sign_vectors.json") else { return };
    let vectors: Vec<Value> = serde_json::from_str(&vectors).unwrap();
    let mut seen = 0;
    for vector in &vectors {
        let id = vector["id"].as_str().unwrap();
        if !id.starts_with("JD-") {
            continue;
        }
        let parameters: Vec<(&str, &str)> =
            vector["params"].as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
        assert_eq!(sign(vector["secret"].as_str().unwrap(), &parameters), vector["expected"].as_str().unwrap(), "{id}");
        seen += 1;
    }
    assert_eq!(seen, 8);
}

#[test]
fn every_sample_opens_or_names_its_error() {
    let Some(folder) = samples() else { return };
    let refused = [
        ("jd_error_gateway_sign12", ErrorClass::Auth, "12"),
        ("jd_error_gateway_token19", ErrorClass::Auth, "19"),
        ("jd_error_inner_2001909", ErrorClass::CouponRefused, "2001909"),
        ("jd_error_inner_2002453", ErrorClass::BadRequest, "2002453"),
        ("jd_error_inner_403", ErrorClass::Permission, "403"),
        ("jd_error_inner_429", ErrorClass::RateLimited, "429"),
        ("jd_goods_query_none", ErrorClass::Empty, "201"),
    ];
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("jd_") {
            continue;
        }
        seen += 1;
        let body = std::fs::read(&path).unwrap();
        let outer: Value = serde_json::from_slice(&body).unwrap();
        let key = outer.as_object().unwrap().keys().next().unwrap();
        // No segment of JD's method names holds an underscore.
        let method = key.strip_suffix("_responce").map_or_else(|| GOODS.to_owned(), |key| key.replace('_', "."));
        let answer = open(&method, &Reply { status: 200, retry_after: None, body: &body });
        match refused.iter().find(|(refused, ..)| *refused == name) {
            Some((_, class, code)) => {
                let error = answer.unwrap_err().error;
                assert_eq!((error.class, error.code.as_str()), (*class, *code), "{name}");
                assert!(!error.message.is_empty(), "{name}");
            }
            None => {
                let inner = answer.unwrap_or_else(|refusal| panic!("{name}: {}", refusal.error));
                assert!(inner.fields().unwrap().contains_key("code"), "{name}");
            }
        }
    }
    assert!(seen >= 31, "{seen}");
}

#[test]
fn positions_and_links_of_a_website_are_read() {
    let Some(answer) = sample(MAKE_POSITIONS, "jd_position_create.json") else { return };
    let positions = made(&answer.unwrap()).unwrap();
    assert_eq!(
        positions.iter().map(|p| (p.name.as_str(), p.id)).collect::<Vec<_>>(),
        [("测试专用-01", 21_001_775_614)]
    );
    let page = listed(&sample(POSITIONS, "jd_position_query.json").unwrap().unwrap(), 1).unwrap();
    let seen: Vec<_> = page.positions.iter().map(|p| (p.name.as_str(), p.id)).collect();
    assert_eq!((seen, page.more), (vec![("推手-10086", 6_188_886_186), ("推手-10087", 6_188_886_187)], false));
    let link = converted(&sample(COMMON_LINK, "jd_promotion_common_get.json").unwrap().unwrap()).unwrap();
    assert!(link.long_url.starts_with("https://union-click.jd.com/jdc?"));
    assert_eq!(link.short_url, None);
}

#[test]
fn the_first_page_holds_a_split_a_cancellation_and_says_that_more_follow() {
    let Some((rows, more)) = rows("jd_order_row_query_page1.json") else { return };
    assert!(more);
    let seen: Vec<_> = rows
        .iter()
        .map(|r| (r.row_key.as_str(), r.parent_no.as_deref(), r.state, r.estimated_fee.fen(), r.actual_fee.fen()))
        .collect();
    let parent = Some("280000000002");
    assert_eq!(
        seen,
        [
            ("2800000000000000011", None, LineState::Pending, 269, 0),
            ("2800000000000000021", None, LineState::Superseded, 122, 0),
            ("2800000000000000031", parent, LineState::Pending, 122, 0),
            ("2800000000000000041", parent, LineState::Pending, 215, 0),
            ("2800000000000000051", None, LineState::Invalid, 0, 0),
        ]
    );
    assert!(rows.iter().all(|r| r.defects.is_empty() && !r.needs_review && r.settlements.is_empty()));
    let first = &rows[0];
    assert_eq!((first.order_no.as_str(), first.raw_status.as_str()), ("280000000001", "16"));
    assert_eq!((first.item_key.as_str(), first.sku_key.as_deref()), ("aB3kQ9sampleItemA1", Some("100012345001")));
    assert_eq!((first.tracking.as_deref(), first.position.as_deref()), (Some("p10086_g77_k7Qp2x"), Some("6188886186")));
    assert_eq!(
        (first.quantity, first.returned, first.unit_price.fen(), first.estimated_base.fen()),
        (2, 0, 5490, 9980)
    );
    assert_eq!(
        (first.commission_rate.map(Rate::ppm), &first.categories[..]),
        (Some(30_000), &[15901, 15908, 15921][..])
    );
    assert_eq!((first.ordered_at, first.finished_at), (china("2024-05-20 12:03:11"), None));
    assert_eq!((first.modified_at, &first.settle_on), (china("2024-05-20 12:03:40"), &None));
    // The text between the brackets of `data`, untouched.
    let wire: Value = serde_json::from_str(&text("jd_order_row_query_page1.json").unwrap()).unwrap();
    let inner = wire["jd_union_open_order_row_query_responce"]["queryResult"].as_str().unwrap();
    assert!(inner.contains(&format!("[{},{}", first.raw, rows[1].raw)));
}

#[test]
fn the_second_page_holds_returns_clawbacks_deposits_and_a_refusal() {
    let Some((rows, more)) = rows("jd_order_row_query_page2.json") else { return };
    assert!(!more);
    let seen: Vec<_> = rows.iter().map(|r| (r.state, r.estimated_fee.fen(), r.actual_fee.fen())).collect();
    assert_eq!(
        seen,
        [
            (LineState::Confirmed, 1077, 1077),
            (LineState::Confirmed, 269, 135),
            (LineState::Expected, 215, 0),
            (LineState::Expected, 149, 0),
            (LineState::Invalid, 0, 0),
        ]
    );
    let entries = |row: &OrderRow| row.settlements.iter().map(|(d, m)| (d.clone(), m.fen())).collect::<Vec<_>>();
    assert_eq!(entries(&rows[0]), [("20240620".to_owned(), 1077)]);
    assert_eq!(entries(&rows[1]), [("20240420".to_owned(), 269), ("20240520".to_owned(), -134)]);
    assert_eq!((rows[0].quantity, rows[0].returned, rows[0].actual_base.fen()), (3, 1, 7980));
    assert_eq!((rows[0].settle_on.as_deref(), rows[2].settle_on.as_deref()), (Some("20240620"), None));
    assert_eq!(rows[0].finished_at, china("2024-05-20 12:31:05"));
    assert_eq!((rows[2].tracking.as_deref(), rows[2].position.as_deref()), (None, Some("6188886187")));
    assert_eq!(rows[4].raw_status, "30");
    assert!(rows.iter().all(|r| r.defects.is_empty()));
}

#[test]
fn the_late_report_is_the_same_row_with_a_lower_fee() {
    let (Some((late, _)), Some((before, _))) =
        (rows("jd_order_row_query_late.json"), rows("jd_order_row_query_page2.json"))
    else {
        return;
    };
    assert_eq!(late[0].row_key, before[0].row_key);
    assert!(late[0].modified_at > before[0].modified_at);
    assert_eq!(late[0].actual_fee.checked_sub(before[0].actual_fee).unwrap().fen(), -538);
    assert_eq!(late[0].settlements[1].1.fen(), -538);
    assert_eq!((late[0].settle_on.as_deref(), late[0].returned), (Some("20240720"), 2));
}

#[test]
fn no_rows_is_an_empty_last_page() {
    assert!(rows("jd_order_row_query_empty.json").is_none_or(|(rows, more)| rows.is_empty() && !more));
}

#[test]
fn the_official_example_is_read_in_full() {
    let Some((rows, more)) = rows("jd_order_row_doc_example.json") else { return };
    assert!(more);
    let row = &rows[0];
    assert_eq!((row.state, row.estimated_fee.fen(), row.estimated_base.fen()), (LineState::Pending, 243, 5400));
    assert_eq!(row.settlements.iter().map(|(_, m)| m.fen()).collect::<Vec<_>>(), [1000, -200]);
    assert_eq!(
        (&row.categories[..], row.position.as_deref(), &row.settle_on),
        (&[1620, 11158, 11969][..], None, &None)
    );
    assert_eq!((row.item_key.as_str(), row.defects.len()), ("44303679033", 0));
}

#[test]
fn goods_and_channels_are_read_with_their_coupons() {
    let Some(answer) = sample(GOODS, "jd_goods_query.json") else { return };
    let page = goods_page(answer, 1, 20, 1).unwrap();
    assert_eq!((page.goods.len(), page.total, page.more), (2, 10_000, true));
    let (first, second) = (&page.goods[0], &page.goods[1]);
    assert_eq!((first.item_key.as_str(), first.sku_key.as_deref()), ("aB3kQ9sampleItemA1", Some("100012345001")));
    assert_eq!((first.list_price.fen(), first.promo_price.fen(), first.coupon_price.fen()), (5990, 5490, 4490));
    assert_eq!((first.commission.fen(), first.commission_rate.ppm()), (135, 30_000));
    let coupons: Vec<_> = first.coupons.iter().map(|c| (c.amount.fen(), c.threshold.fen(), c.best)).collect();
    assert_eq!(coupons, [(1000, 5000, true), (300, 3900, false)]);
    assert_eq!(
        first.coupons[0].link,
        "http://coupon.m.jd.com/coupons/show.action?key=sample1&roleId=100001&to=mall.jd.com"
    );
    assert_eq!((first.brand.as_str(), first.shop.as_str(), first.self_run), ("立白", "立白京东自营官方旗舰店", true));
    assert_eq!(first.material_url, "jingfen.jd.com/detail/aB3kQ9sampleItemA1.html");
    assert_eq!(first.categories.iter().map(|c| c.id).collect::<Vec<_>>(), [15901, 15908, 15921]);
    assert_eq!((first.sales_30_days, first.comments), (Some(12_345), Some(200_000)));
    assert_eq!((first.good_comments.map(Rate::ppm), first.in_stock), (Some(980_000), None));
    assert!(first.image_url.as_deref().is_some_and(|url| url.ends_with("/100012345001_1.jpg")));
    assert_eq!((second.self_run, second.delivered_by_union, second.coupons.len()), (false, false, 0));
    assert_eq!((second.promo_price.fen(), second.coupon_price.fen(), second.commission.fen()), (3990, 3990, 599));
    assert_eq!(second.forbidden_surfaces, Vec::<i64>::new());

    let channel = goods_page(sample(CHANNEL, "jd_goods_jingfen_query.json").unwrap(), 4, 50, 1).unwrap();
    assert_eq!((channel.goods.len(), channel.total, channel.more), (2, 186, false));
    assert_eq!((channel.goods[0].coupon_price.fen(), channel.goods[0].commission_rate.ppm()), (15_900, 15_000));
    let none = goods_page(sample(GOODS, "jd_goods_query_none.json").unwrap(), 1, 20, 1).unwrap();
    assert_eq!((none.goods.len(), none.total, none.more), (0, 0, false));
}

#[test]
fn the_other_methods_are_read() {
    let Some(promoted) = sample(PROMOTED, "jd_goods_promotiongoodsinfo_query.json") else { return };
    let goods = promoted_goods(&promoted.unwrap()).unwrap();
    assert_eq!((goods[0].item_key.as_str(), goods[0].list_price.fen()), ("100012345001", 5990));
    // 54.90 × 3 % = 1.647, cut.
    assert_eq!((goods[0].promo_price.fen(), goods[0].commission.fen()), (5490, 164));
    assert_eq!(
        goods[0].categories.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        ["家庭清洁/纸品", "衣物清洁", "洗衣液"]
    );

    let categories = category_rows(&sample(CATEGORIES, "jd_category_goods_get.json").unwrap().unwrap()).unwrap();
    assert_eq!(categories.iter().map(|c| c.id).collect::<Vec<_>>(), [737, 652, 1320]);
    assert_eq!(categories[1].name, "数码");

    let coupons = coupon_rows(&sample(COUPONS, "jd_coupon_query.json").unwrap().unwrap()).unwrap();
    assert_eq!((coupons[0].amount.fen(), coupons[0].threshold.fen(), coupons[0].valid), (1000, 5000, true));
    assert_eq!((coupons[0].remaining, coupons[0].total), (Some(9990), Some(10_000)));
    assert_eq!(coupons[0].usable_until, Some(Instant::from_millis(1_716_652_799_000)));

    let link = converted(&sample(LINK, "jd_promotion_bysubunionid_get.json").unwrap().unwrap()).unwrap();
    assert_eq!(link.long_url, "https://union-click.jd.com/jdc?e=SAMPLE&p=SAMPLELONG");
    assert_eq!((link.short_url.as_deref(), link.coupon_dropped), (Some("https://u.jd.com/Sample1"), None));
}
