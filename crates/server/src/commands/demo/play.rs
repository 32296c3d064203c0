//! Two weeks of sharing, opening and buying. Everything goes over HTTP; orders come back through the connector.

use super::Stage;
use super::people::{Member, People, items, text};
use crate::failure::Failure;
use app::commission;
use futures_util::stream::{self, StreamExt};
use kernel::UnionAccountId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use sandbox::jd::{Buy, Life};
use serde_json::{Value, json};
use std::time::Duration;

/// People who act at the same time.
const AT_ONCE: usize = 8;
/// The round in which one promoter is suspended, to show held shares.
const SUSPENDED_IN: i64 = 32;
const SUSPENDED: usize = 8;

const CHAT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.54 Language/zh_CN";
const PHONE: &str = "Mozilla/5.0 (Linux; Android 15; V2324A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
const PREVIEW: &str = "TelegramBot (like TwitterBot)";
const ROBOT: &str = "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)";

/// What happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Did {
    pub shares: u64,
    pub openings: u64,
    pub purchases: u64,
    pub rows: u64,
    pub transactions: u64,
}

impl Did {
    fn add(&mut self, other: Did) {
        self.shares += other.shares;
        self.openings += other.openings;
        self.purchases += other.purchases;
        self.rows += other.rows;
        self.transactions += other.transactions;
    }

    pub fn text(self) -> String {
        format!(
            "{} shares, {} openings, {} purchases, {} order rows, {} bookings",
            self.shares, self.openings, self.purchases, self.rows, self.transactions
        )
    }

    pub fn json(self) -> Value {
        json!({ "shares": self.shares, "openings": self.openings, "purchases": self.purchases, "rows": self.rows,
                "transactions": self.transactions })
    }
}

pub struct Player<'a> {
    stage: &'a Stage,
    account: UnionAccountId,
    people: &'a People,
    /// Goods that promoters choose from, per program of [`People`].
    shelves: Vec<(&'static str, Vec<String>)>,
    sums: Did,
}

impl<'a> Player<'a> {
    pub async fn new(stage: &'a Stage, account: UnionAccountId, people: &'a People) -> Result<Player<'a>, Failure> {
        let mut shelves: Vec<(&'static str, Vec<String>)> = Vec::new();
        for member in &people.promoters {
            if shelves.iter().any(|(program, _)| *program == member.program) {
                continue;
            }
            // What sells in chat groups: everyday prices, a fair rate. A file of dear goods has none of those: then all.
            let path = format!("/programs/{}/products", member.program);
            let mut goods = Vec::new();
            for filter in [
                "sort=commission&coupon=true&price_to_fen=6000",
                "sort=seen&coupon=true&price_to_fen=12000",
                "sort=seen&price_from_fen=3000&price_to_fen=40000",
                "sort=seen",
            ] {
                if filter == "sort=seen" && !goods.is_empty() {
                    break;
                }
                let query = format!("{path}?limit=100&rate_from_ppm=10000&{filter}");
                let page = stage.client.get(&member.session, &query).await?;
                goods.extend(items(&page).filter_map(|p| p["product"].as_str().map(str::to_owned)));
            }
            if goods.is_empty() {
                return Err(Failure::failed("the catalog has nothing to share; look at `sync goods`"));
            }
            shelves.push((member.program, goods));
        }
        Ok(Player { stage, account, people, shelves, sums: Did::default() })
    }

    pub fn sums(&self) -> Did {
        self.sums
    }

    /// One round: everybody shares, people open and buy, orders are pulled. In the short ones of the last hours a few.
    pub async fn round(&mut self, round: i64) -> Result<Did, Failure> {
        if round == SUSPENDED_IN {
            self.suspend().await?;
        }
        let seed = self.stage.seed.wrapping_mul(1_000_003).wrapping_add(round.unsigned_abs());
        let course = self.stage.course;
        let takes_part = |at: usize| {
            let suspended = at == SUSPENDED && round >= SUSPENDED_IN;
            let its_turn = round < course.quarters || (at as u64 + round.unsigned_abs()).is_multiple_of(10);
            !suspended && its_turn
        };
        let acts = self.people.promoters.iter().enumerate().filter(|(at, _)| takes_part(*at));
        let acts: Vec<_> = acts
            .map(|(at, member)| {
                let random = StdRng::seed_from_u64(seed.wrapping_mul(31).wrapping_add(at as u64));
                self.act(member, random, round)
            })
            .collect();
        let mut did = Did::default();
        let mut acting = stream::iter(acts).buffer_unordered(AT_ONCE);
        while let Some(done) = acting.next().await {
            did.add(done?);
        }
        drop(acting);
        did.purchases += self.strangers(round)?;
        // People open and buy during the round; the union reports a little later.
        self.stage.clock.advance_seconds(course.seconds(round) * 39 / 40);
        let (rows, transactions) = self.pull_rows().await?;
        (did.rows, did.transactions) = (rows, transactions);
        self.sums.add(did);
        Ok(did)
    }

    /// One promoter shares into one of their communities; members open the link, some buy.
    async fn act(&self, member: &Member, mut random: StdRng, round: i64) -> Result<Did, Failure> {
        let mut did = Did::default();
        // Nights are quiet.
        let quiet = round < self.stage.course.quarters && round % super::ROUNDS_A_DAY == 3;
        if random.random_range(0..100) < if quiet { 70 } else { 25 } {
            return Ok(did);
        }
        let shelf = self.shelves.iter().find(|(program, _)| *program == member.program).map(|(_, goods)| goods);
        let Some(shelf) = shelf else { return Ok(did) };
        let product = &shelf[random.random_range(0..shelf.len())];
        let for_self = random.random_range(0..30) == 0;
        let body = if for_self {
            json!({ "product": product, "self_purchase": true })
        } else {
            let community = &member.communities[random.random_range(0..member.communities.len())];
            json!({ "product": product, "community": community })
        };
        let path = format!("/programs/{}/links", member.program);
        let link = self.stage.client.post(&member.session, &path, body).await?;
        did.shares += 1;
        let url = text(&link, "url")?;
        let page = text(&link, "page")?;
        let client = &self.stage.client;
        // The chat programs look first.
        if random.random_range(0..2) == 0 {
            client.open(&url, Method::HEAD, CHAT).await?;
        } else {
            client.open(&url, Method::GET, PREVIEW).await?;
        }
        did.openings += 1;
        let openings = if for_self { 1 } else { random.random_range(1..9) };
        for n in 0..openings {
            if random.random_range(0..4) == 0 {
                client.open(&page, Method::GET, PHONE).await?;
            }
            let Some(shop) = client.open(&url, Method::GET, if n % 3 == 0 { PHONE } else { CHAT }).await? else {
                break;
            };
            did.openings += 1;
            if for_self || random.random_range(0..100) < 12 {
                let quantity = if random.random_range(0..8) == 0 { 2 } else { 1 };
                client.buy(&shop, quantity).await?;
                did.purchases += 1;
            }
        }
        if random.random_range(0..20) == 0 {
            client.open(&url, Method::GET, ROBOT).await?;
            did.openings += 1;
        }
        Ok(did)
    }

    /// Orders that are nobody's: no code, or one that was never ours. They go to the unassigned inbox.
    fn strangers(&self, round: i64) -> Result<u64, Failure> {
        if round % 6 != 2 {
            return Ok(0);
        }
        let goods = self.stage.sandbox.goods().all();
        let mut random = StdRng::seed_from_u64(self.stage.seed.wrapping_add(round.unsigned_abs()));
        for code in ["", "2notOurCode00000000x"] {
            let sku = goods[random.random_range(0..goods.len())].sku_id;
            let order = Buy {
                items: vec![(sku, 1)],
                sub_union_id: code.to_owned(),
                with_coupon: false,
                at: None,
                life: Life::Usual,
            };
            self.stage.sandbox.buy(order).map_err(Failure::failed)?;
        }
        Ok(2)
    }

    async fn suspend(&self) -> Result<(), Failure> {
        let member = &self.people.promoters[SUSPENDED];
        let path = format!("/programs/{}/promoters/{}/suspend", member.program, member.promoter);
        self.stage
            .client
            .post(&self.people.owner, &path, json!({ "reason": "演示：刷单嫌疑，核查中" }))
            .await
            .map(|_| ())
    }

    /// Goes on by itself while the demo serves: now and then somebody shares, and people open and buy. What fails (a
    /// promoter was suspended, a code's owner changed their password) is the visitor's doing and no matter.
    pub async fn live(&self, every: Duration) -> ! {
        let mut random = StdRng::seed_from_u64(self.stage.seed);
        loop {
            tokio::time::sleep(every.mul_f32(random.random_range(0.5..1.5))).await;
            let member = &self.people.promoters[random.random_range(0..self.people.promoters.len())];
            let own = StdRng::seed_from_u64(random.random());
            if self.act(member, own, self.stage.course.quarters).await.is_ok_and(|did| did.purchases > 0) {
                // What the books will know, the sandbox must still know after a restart.
                if let Err(error) = self.stage.sandbox.save() {
                    tracing::warn!(error = %error, "the sandbox could not be saved");
                }
            }
        }
    }

    pub async fn pull(&mut self) -> Result<(), Failure> {
        self.pull_rows().await.map(|_| ())
    }

    async fn pull_rows(&self) -> Result<(u64, u64), Failure> {
        // What the books know, the sandbox must still know after a restart.
        self.stage.sandbox.save().map_err(Failure::failed)?;
        let report = commission::pull_orders(&self.stage.ctx, self.account, None, None, |_| {}).await;
        let report = report.map_err(Failure::failed)?;
        Ok((report.rows, report.transactions))
    }
}
