//! Goods, and a union that answers what a test wrote down for it.

use crate::Fixture;
use app::catalog::{Product, rules, store};
use connectors::unions::{
    Answer, BudgetState, Capabilities, Category, ConvertRequest, Converted, Coupon, CouponState, ErrorClass, Goods,
    GoodsPage, GoodsQuery, OrderCursor, OrderPage, Union, UnionError,
};
use kernel::{Instant, Money, Rate, UnionAccountId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Barrier;

static ITEMS: AtomicU32 = AtomicU32::new(1);

/// An offer without promotion and coupon, 3 % commission; change what matters.
pub fn goods(item_key: &str, title: &str, fen: i64) -> Goods {
    let rate = Rate::try_from_ppm(30_000).expect("a rate");
    let price = Money::from_fen(fen);
    Goods {
        item_key: item_key.to_owned(),
        sku_key: None,
        title: title.to_owned(),
        brand: String::new(),
        shop: String::new(),
        self_run: false,
        categories: Vec::new(),
        image_url: None,
        material_url: format!("jingfen.jd.com/detail/{item_key}.html"),
        list_price: price,
        promo_price: price,
        coupon_price: price,
        coupons: Vec::new(),
        commission_rate: rate,
        commission: rate.part_of(price),
        sales_30_days: None,
        comments: None,
        good_comments: None,
        delivered_by_union: false,
        in_stock: Some(true),
        forbidden_surfaces: Vec::new(),
        raw: String::new(),
    }
}

/// A coupon of this amount, usable from this spend on, without dates.
pub fn coupon(amount_fen: i64, threshold_fen: i64) -> Coupon {
    Coupon {
        link: format!("http://coupon.m.jd.com/{amount_fen}-{threshold_fen}"),
        amount: Money::from_fen(amount_fen),
        threshold: Money::from_fen(threshold_fen),
        usable_from: None,
        usable_until: None,
        best: false,
    }
}

/// A union in memory. Pages that nobody wrote down are empty and the last; details that nobody wrote down are absent.
#[derive(Default)]
pub struct FakeUnion {
    pages: Mutex<HashMap<(String, u32), Result<GoodsPage, UnionError>>>,
    details: Mutex<HashMap<String, Goods>>,
    down: Mutex<Option<UnionError>>,
    categories: Mutex<HashMap<i64, Vec<Category>>>,
    gate: Mutex<Option<Arc<Barrier>>>,
    asked: Mutex<Vec<String>>,
    calls: AtomicU64,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeUnion {
    pub fn error(class: ErrorClass) -> UnionError {
        UnionError {
            union: "jd",
            method: "fake".to_owned(),
            class,
            code: "scripted".to_owned(),
            message: "as the test wants it".to_owned(),
            retry_after: None,
        }
    }

    /// `feed` is `channel:22` or `search:…`.
    pub fn page(&self, feed: &str, page: u32, goods: Vec<Goods>, more: bool) {
        let total = goods.len() as u64;
        held(&self.pages).insert((feed.to_owned(), page), Ok(GoodsPage { goods, total, more }));
    }

    pub fn broken_page(&self, feed: &str, page: u32, class: ErrorClass) {
        held(&self.pages).insert((feed.to_owned(), page), Err(FakeUnion::error(class)));
    }

    pub fn details(&self, goods: Vec<Goods>) {
        *held(&self.details) = goods.into_iter().map(|g| (g.item_key.clone(), g)).collect();
    }

    /// From now on `detail` and `categories` fail, or work again.
    pub fn down(&self, class: Option<ErrorClass>) {
        *held(&self.down) = class.map(FakeUnion::error);
    }

    /// Children of a category; 0 for the top.
    pub fn children(&self, parent: i64, children: &[(i64, &str)]) {
        let children = children.iter().map(|(id, name)| Category { id: *id, name: (*name).to_owned() }).collect();
        held(&self.categories).insert(parent, children);
    }

    /// Pages are answered to so many callers at once.
    pub fn meet(&self, callers: usize) {
        *held(&self.gate) = Some(Arc::new(Barrier::new(callers)));
    }

    /// What was asked for, in order: `channel:22 3`, `detail a b`, `categories 0`.
    pub fn asked(&self) -> Vec<String> {
        held(&self.asked).clone()
    }

    fn note(&self, what: String) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        held(&self.asked).push(what);
    }

    fn answer(&self, feed: String, page: u32) -> Answer<'_, GoodsPage> {
        self.note(format!("{feed} {page}"));
        Box::pin(async move {
            let gate = held(&self.gate).clone();
            if let Some(gate) = gate {
                gate.wait().await;
            }
            held(&self.pages).get(&(feed, page)).cloned().unwrap_or_else(|| Ok(GoodsPage::default()))
        })
    }
}

impl Union for FakeUnion {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            union: "jd",
            order_window_max: Duration::from_secs(3600),
            order_page_max: 500,
            link_life: Some(Duration::from_secs(60 * 86_400)),
            tracking_max: 80,
            detail_max: 20,
            coupons_max: 50,
            search_page_max: 30,
            channel_page_max: 50,
        }
    }

    fn budget(&self) -> BudgetState {
        BudgetState { used: self.calls.load(Ordering::SeqCst), limit: 1_000_000, day: 20_000 }
    }

    fn search<'a>(&'a self, query: &'a GoodsQuery) -> Answer<'a, GoodsPage> {
        self.answer(format!("search:{}", query.keyword.as_deref().unwrap_or_default()), query.page)
    }

    fn channel<'a>(&'a self, channel: &'a str, page: u32) -> Answer<'a, GoodsPage> {
        self.answer(format!("channel:{channel}"), page)
    }

    fn detail<'a>(&'a self, item_keys: &'a [String]) -> Answer<'a, Vec<Goods>> {
        self.note(format!("detail {}", item_keys.join(" ")));
        Box::pin(async move {
            if let Some(error) = held(&self.down).clone() {
                return Err(error);
            }
            let details = held(&self.details);
            Ok(item_keys.iter().filter_map(|key| details.get(key).cloned()).collect())
        })
    }

    fn categories(&self, parent: Option<i64>, _grade: u8) -> Answer<'_, Vec<Category>> {
        let parent = parent.unwrap_or(0);
        self.note(format!("categories {parent}"));
        Box::pin(async move {
            if let Some(error) = held(&self.down).clone() {
                return Err(error);
            }
            Ok(held(&self.categories).get(&parent).cloned().unwrap_or_default())
        })
    }

    fn coupons<'a>(&'a self, _links: &'a [String]) -> Answer<'a, Vec<CouponState>> {
        self.note("coupons".to_owned());
        Box::pin(async { Ok(Vec::new()) })
    }

    fn convert<'a>(&'a self, _request: &'a ConvertRequest) -> Answer<'a, Converted> {
        self.note("convert".to_owned());
        Box::pin(async { Err(FakeUnion::error(ErrorClass::Permission)) })
    }

    fn orders_placed(&self, from: Instant, to: Instant) -> OrderCursor {
        self.orders_from(from, to)
    }

    fn orders_from(&self, _from: Instant, _to: Instant) -> OrderCursor {
        OrderCursor(String::new())
    }

    fn orders<'a>(&'a self, _cursor: &'a OrderCursor) -> Answer<'a, OrderPage> {
        self.note("orders".to_owned());
        Box::pin(async { Err(FakeUnion::error(ErrorClass::Permission)) })
    }
}

impl Fixture {
    /// A product of an account seen now, written through the store; its item key is new.
    pub async fn product(&self, account: UnionAccountId, title: &str, final_fen: i64) -> Product {
        let key = format!("item{}", ITEMS.fetch_add(1, Ordering::SeqCst));
        self.offer(account, &goods(&key, title, final_fen)).await
    }

    /// What an account offers now, written through the store.
    pub async fn offer(&self, account: UnionAccountId, goods: &Goods) -> Product {
        let product = rules::offered(account, goods, self.ctx.now()).expect("an offer that can be shown");
        let mut tx = self.ctx.db.begin().await.expect("a transaction");
        store::put(&mut tx, &[product]).await.expect("written");
        let product = store::by_item(&mut tx, account, &goods.item_key).await.expect("a query").expect("the product");
        tx.commit().await.expect("committed");
        product
    }

    /// Puts a union in memory in the place of an account's connection.
    pub async fn fake_union(&self, account: UnionAccountId) -> Arc<FakeUnion> {
        let fake = Arc::new(FakeUnion::default());
        let version = self.account(account).await.version;
        self.ctx.unions.put(account, version, fake.clone());
        fake
    }
}
