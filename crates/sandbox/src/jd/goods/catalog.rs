//! All offers, and the ways to find them.

use super::{Coupon, Goods, GoodsError, GoodsSource, LoadReport, Query, Sort, file, grid, made};
use kernel::Instant;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Channels of `goods.jingfen.query` that exist here; those that nothing fits are empty.
const CHANNELS: [u32; 38] = [
    1, 2, 10, 15, 22, 23, 24, 25, 26, 27, 28, 30, 31, 32, 33, 34, 40, 41, 108, 109, 110, 112, 125, 129, 130, 153, 210,
    238, 247, 249, 315, 340, 341, 345, 346, 426, 515, 519,
];

#[derive(Debug)]
pub struct Catalog {
    /// By sales, the largest first; then by sku.
    goods: Vec<Goods>,
    /// What a keyword is looked for in, lower case.
    texts: Vec<String>,
    by_sku: HashMap<i64, usize>,
    by_item: HashMap<String, usize>,
    by_coupon: HashMap<String, (usize, usize)>,
    channels: BTreeMap<u32, Vec<usize>>,
    /// (grade, parent) → children.
    categories: BTreeMap<(u8, i64), BTreeSet<(i64, String)>>,
}

impl Catalog {
    /// `now` dates the coupons.
    pub fn load(source: &GoodsSource, seed: u64, now: Instant) -> Result<(Catalog, LoadReport), GoodsError> {
        let (goods, report) = match source {
            GoodsSource::Made { count } => {
                let goods = made::goods(seed, *count, grid(now));
                let report = LoadReport { format: "made", loaded: goods.len(), skipped: Vec::new() };
                (goods, report)
            }
            GoodsSource::File(path) => file::read(path, seed, grid(now))?,
        };
        Ok((Catalog::new(goods), report))
    }

    fn new(mut goods: Vec<Goods>) -> Catalog {
        goods.sort_by_key(|g| (Reverse(g.sales_30_days), g.sku_id));
        let mut catalog = Catalog {
            texts: Vec::with_capacity(goods.len()),
            by_sku: HashMap::new(),
            by_item: HashMap::new(),
            by_coupon: HashMap::new(),
            channels: CHANNELS.iter().map(|id| (*id, Vec::new())).collect(),
            categories: BTreeMap::new(),
            goods: Vec::new(),
        };
        for (at, item) in goods.iter().enumerate() {
            let [(c1, n1), (c2, n2), (c3, n3)] = &item.categories;
            catalog.texts.push(format!("{} {} {n1} {n2} {n3}", item.title, item.brand).to_lowercase());
            catalog.by_sku.insert(item.sku_id, at);
            catalog.by_item.insert(item.item_id.clone(), at);
            for (n, coupon) in item.coupons.iter().enumerate() {
                catalog.by_coupon.insert(coupon.link.clone(), (at, n));
            }
            for channel in &item.channels {
                catalog.channels.entry(*channel).or_default().push(at);
            }
            for (key, (id, name)) in [((0, 0), (c1, n1)), ((1, *c1), (c2, n2)), ((2, *c2), (c3, n3))] {
                catalog.categories.entry(key).or_default().insert((*id, name.clone()));
            }
        }
        catalog.goods = goods;
        catalog
    }

    /// By sales, the largest first.
    pub fn all(&self) -> &[Goods] {
        &self.goods
    }

    pub fn by_sku(&self, sku: i64) -> Option<&Goods> {
        self.by_sku.get(&sku).map(|at| &self.goods[*at])
    }

    pub fn by_item(&self, item: &str) -> Option<&Goods> {
        self.by_item.get(item).map(|at| &self.goods[*at])
    }

    /// By a detail page (`jingfen.jd.com/detail/ITEM.html`, `item.jd.com/SKU.html`) or the plain key.
    pub fn by_material(&self, material: &str) -> Option<&Goods> {
        let path = material.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let path = path.strip_prefix("https://").or_else(|| path.strip_prefix("http://")).unwrap_or(path);
        let host = path.split_once('/').map_or("", |(host, _)| host);
        // Somebody else's page is no page of goods, whatever it ends in.
        if !["", "jingfen.jd.com", "item.jd.com", "item.m.jd.com"].contains(&host) {
            return None;
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        let key = last.strip_suffix(".html").unwrap_or(last);
        self.by_item(key).or_else(|| key.parse().ok().and_then(|sku| self.by_sku(sku)))
    }

    /// One page, and how many there are.
    pub fn search(&self, query: &Query) -> (Vec<&Goods>, u64) {
        let words: Vec<String> =
            query.keyword.iter().flat_map(|k| k.split_whitespace()).map(str::to_lowercase).collect();
        let skus: BTreeSet<i64> = query.sku_ids.iter().copied().collect();
        let items: BTreeSet<&str> = query.item_ids.iter().map(String::as_str).collect();
        let fits = |at: usize, g: &Goods| {
            words.iter().all(|word| self.texts[at].contains(word.as_str()))
                && query.cid1.is_none_or(|c| c == g.categories[0].0)
                && query.cid2.is_none_or(|c| c == g.categories[1].0)
                && query.cid3.is_none_or(|c| c == g.categories[2].0)
                && (skus.is_empty() || skus.contains(&g.sku_id))
                && (items.is_empty() || items.contains(g.item_id.as_str()))
                && query.price_from.is_none_or(|p| g.final_price >= p)
                && query.price_to.is_none_or(|p| g.final_price <= p)
                && query.rate_from.is_none_or(|r| g.rate >= r)
                && query.rate_to.is_none_or(|r| g.rate <= r)
                && (!query.with_coupon || g.coupons.iter().any(|c| c.remaining > 0))
                && query.owner.as_deref().is_none_or(|o| o == if g.self_run { "g" } else { "p" })
                && query.brand_code.as_deref().is_none_or(|b| b == g.brand_code)
        };
        let found = self.goods.iter().enumerate().filter(|(at, g)| fits(*at, g));
        let mut found: Vec<&Goods> = found.map(|(_, g)| g).collect();
        if let Some((sort, descending)) = query.sort {
            let value = |g: &Goods| match sort {
                Sort::Price => g.final_price.fen(),
                Sort::Commission => g.commission.fen(),
                Sort::Rate => g.rate.ppm(),
                Sort::Sales => g.sales_30_days,
                Sort::Comments => g.comments,
            };
            found.sort_by_key(|g| (if descending { -value(g) } else { value(g) }, g.sku_id));
        }
        let total = found.len() as u64;
        (page(found.into_iter(), query.page, query.page_size), total)
    }

    /// One page of a channel, and how many there are; `None` for a channel that does not exist.
    pub fn channel(&self, elite_id: u32, at: u32, page_size: u32) -> Option<(Vec<&Goods>, u64)> {
        let all = self.channels.get(&elite_id)?;
        Some((page(all.iter().map(|at| &self.goods[*at]), at, page_size), all.len() as u64))
    }

    /// Children of a category; parent 0 and grade 0: the top.
    pub fn categories(&self, parent: i64, grade: u8) -> Vec<(i64, String)> {
        self.categories.get(&(grade, parent)).into_iter().flatten().cloned().collect()
    }

    pub fn coupon(&self, link: &str) -> Option<(&Goods, &Coupon)> {
        let (at, n) = self.by_coupon.get(link)?;
        let goods = self.goods.get(*at)?;
        goods.coupons.get(*n).map(|coupon| (goods, coupon))
    }
}

fn page<'a>(all: impl Iterator<Item = &'a Goods>, page: u32, size: u32) -> Vec<&'a Goods> {
    let (page, size) = (page as usize, size as usize);
    all.skip(page.saturating_sub(1).saturating_mul(size)).take(size).collect()
}
