use kernel::{Instant, Money, Rate, UnionAccountId};

/// One offer of a union account as we last saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Part of share codes; its lowest six bits are its bucket.
    pub number: u64,
    pub union_account: UnionAccountId,
    pub item_key: String,
    pub sku_key: Option<String>,
    pub title: String,
    pub brand: String,
    pub shop: String,
    pub self_run: bool,
    /// From the top; 0 where there is none.
    pub categories: [i64; 3],
    pub category_name: String,
    pub image_url: Option<String>,
    /// What link conversion takes.
    pub material_url: String,
    pub list_price: Money,
    /// After promotions that need no coupon.
    pub promo_price: Money,
    /// Zero where there is no coupon.
    pub coupon: Money,
    pub coupon_threshold: Money,
    /// Passed to conversion exactly as it came.
    pub coupon_link: Option<String>,
    pub coupon_from: Option<Instant>,
    pub coupon_until: Option<Instant>,
    /// For one piece, with the coupon where it applies.
    pub final_price: Money,
    pub rate: Rate,
    /// The union's own figure for one piece; shown, never used to pay.
    pub commission: Money,
    pub sales_30_days: Option<i64>,
    pub good_comments: Option<Rate>,
    pub delivered_by_union: bool,
    pub in_stock: Option<bool>,
    /// Surfaces where it may not be shown.
    pub forbidden_surfaces: Vec<i64>,
    pub state: ProductState,
    pub first_seen: Instant,
    /// When the union last showed it with this price: the "as of" of every card.
    pub seen_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductState {
    OnSale,
    /// The union shows it no more.
    Withdrawn,
    /// By a person here; never shown or linked.
    Banned,
}

impl ProductState {
    pub const fn word(self) -> &'static str {
        match self {
            ProductState::OnSale => "on_sale",
            ProductState::Withdrawn => "withdrawn",
            ProductState::Banned => "banned",
        }
    }

    pub fn from_word(word: &str) -> Option<ProductState> {
        [ProductState::OnSale, ProductState::Withdrawn, ProductState::Banned].into_iter().find(|s| s.word() == word)
    }
}
