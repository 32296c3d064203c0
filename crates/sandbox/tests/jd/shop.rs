//! Buying as a person does, and the control paths.

use super::*;
use connectors::unions::ConvertRequest;

#[tokio::test]
async fn a_person_opens_the_link_and_buys() {
    let served = Served::new().await;
    let goods = served.with_coupon().clone();
    let request = ConvertRequest {
        material_url: goods.material_url.clone(),
        coupon_link: Some(goods.coupons[0].link.clone()),
        tracking: "share_code_0001".to_owned(),
        position: None,
    };
    let link = served.union().convert(&request).await.unwrap();
    assert_eq!(link.coupon_dropped, None);
    let short = link.short_url.unwrap();
    let path = short.strip_prefix(&served.base).unwrap();
    for address in [path, link.long_url.strip_prefix(&served.base).unwrap()] {
        let (status, page) = fetch(&served.sandbox, address).await;
        assert!(status.is_success(), "{address}: {page}");
        assert!(page.contains("沙箱") && page.contains("立即购买") && page.contains(&goods.brand), "{page}");
        assert!(!page.contains("<script"));
    }
    let code = path.strip_prefix("/u/").unwrap();
    let (status, page) = post_form(&served.sandbox, "/shop/buy", &format!("link={code}&quantity=2&coupon=1")).await;
    assert!(status.is_success(), "{page}");
    let rows = served.sandbox.rows_at(served.clock.now().plus_days(1));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["subUnionId"], "share_code_0001");
    assert_eq!(rows[0]["skuNum"].to_string(), "2");
    for bad in [
        "link=nothing&quantity=1",
        &format!("link={code}&quantity=0"),
        &format!("link={code}&quantity=x"),
        "quantity=1",
    ] {
        let (status, _) = post_form(&served.sandbox, "/shop/buy", bad).await;
        assert!(status.is_client_error(), "{bad}: {status}");
    }
    assert_eq!(fetch(&served.sandbox, "/u/nothing").await.0, StatusCode::NOT_FOUND);
    let (status, svg) = fetch(&served.sandbox, &goods.image).await;
    assert!(status.is_success() && svg.starts_with("<svg"));
}

#[tokio::test]
async fn the_clock_is_moved_and_orders_are_placed_by_hand() {
    let clock = Clock::held_at(noon());
    let sandbox = sandbox(&clock);
    let (status, said) = post_json(&sandbox, "/sandbox/clock", r#"{"advance_seconds": 3600}"#).await;
    assert!(status.is_success(), "{said}");
    assert_eq!(clock.now(), noon().plus_seconds(3600));
    let (status, _) = post_json(&sandbox, "/sandbox/clock", r#"{"at": "2026-03-05T00:00:00Z"}"#).await;
    assert!(status.is_success());
    assert_eq!(clock.now(), at("2026-03-05T00:00:00Z"));
    assert!(post_json(&sandbox, "/sandbox/clock", r#"{"at": "yesterday"}"#).await.0.is_client_error());
    let sku = sandbox.goods().all()[0].sku_id;
    let order =
        format!(r#"{{"items": [[{sku}, 1]], "sub_union_id": "x", "with_coupon": false, "life": "violation:27"}}"#);
    let (status, said) = post_json(&sandbox, "/sandbox/buy", &order).await;
    assert!(status.is_success(), "{said}");
    assert!(post_json(&sandbox, "/sandbox/buy", &order.replace(&sku.to_string(), "1")).await.0.is_client_error());
    let (status, orders) = fetch(&sandbox, "/sandbox/orders?limit=10").await;
    assert!(status.is_success() && orders.contains("violation:27"), "{orders}");
    let (_, stats) = fetch(&sandbox, "/sandbox/stats").await;
    assert!(stats.contains(r#""orders":1"#), "{stats}");
}
