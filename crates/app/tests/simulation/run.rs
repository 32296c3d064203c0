//! One run: what happens, what the model makes of it, and the comparison after every step.

use super::dice::Dice;
use super::union::{Page, Shop};
use super::world::World;
use app::commission::{self, pull::store_batch};
use app::ctx::Ctx;
use infra::db::Tx;
use infra::db::faults::{self, Fault};
use kernel::{Bucket, Instant, LineId, Money, PersonId};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use testkit::Fixture;
use testkit::model::{self, Balances, ModelDeal, ModelLine, ModelOrder};

/// How often what goes wrong, in percent.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// The database spoils a step ([`Fault`]).
    pub storage: u64,
    /// A page is written later than others that were fetched after it.
    pub delay: u64,
    /// A row comes again though nothing has changed; or twice in a page.
    pub repeat: u64,
    /// A row that changed is left out of the page.
    pub drop: u64,
    /// The clock of whoever fetches is wrong by up to ten minutes.
    pub skew: u64,
}

impl Faults {
    pub const NONE: Faults = Faults { storage: 0, delay: 0, repeat: 0, drop: 0, skew: 0 };
    pub const ALL: Faults = Faults { storage: 30, delay: 25, repeat: 30, drop: 15, skew: 15 };
}

/// An error put into the model, to see that the comparison finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    None,
    /// The plan of today decides about old orders.
    RateOfToday,
    /// A fee that fell is not taken back.
    RefundSkipped,
    /// A part is taken of each difference instead of the whole.
    SplitOfDifference,
    /// The same settlement entry counts each time it comes.
    EntryTwice,
    /// A suspended promoter is paid like the others.
    HeldForgotten,
    /// Own purchases pay the inviter.
    OwnPurchaseShared,
    /// The report that was written last counts, not the newest.
    LastWritten,
    /// An unknown code is worth what its fee says.
    UnknownPaid,
    /// A parent that was split keeps its worth.
    ParentPaid,
}

pub const TWISTS: [Twist; 9] = [
    Twist::RateOfToday,
    Twist::RefundSkipped,
    Twist::SplitOfDifference,
    Twist::EntryTwice,
    Twist::HeldForgotten,
    Twist::OwnPurchaseShared,
    Twist::LastWritten,
    Twist::UnknownPaid,
    Twist::ParentPaid,
];

/// What the model knows of a line that the product has accepted.
#[derive(Clone, Debug)]
struct Known {
    /// Modified, fetched.
    version: (Instant, Instant),
    report: usize,
    by_hand: Option<(ModelDeal, bool)>,
    settled: BTreeMap<String, i64>,
    /// Only for [`Twist`].
    best_fee: i64,
    extra: i64,
}

/// A posting as it stands in the journal: (transaction, n, leg, account, owner, fen).
type Row = (i64, i64, i64, String, i64, i64);

/// What was seen in the database.
#[derive(Clone, Debug)]
struct Seen {
    id: LineId,
    bucket: Bucket,
    journal: Vec<Row>,
}

pub struct Run<'a> {
    ctx: &'a Ctx,
    /// Looks at what was committed; one for the whole run.
    read: Tx,
    clock: &'a infra::Clock,
    dice: Dice,
    faults: Faults,
    twist: Twist,
    world: World,
    shop: Shop,
    known: BTreeMap<usize, Known>,
    seen: BTreeMap<usize, Seen>,
    /// Fetched and not written.
    waiting: Vec<Page>,
    /// All that were ever fetched.
    pages: Vec<Page>,
    entries: Vec<(usize, String, i64)>,
    /// Balances of *unassigned* before this run, per bucket; this run adds to them.
    unassigned: Unassigned,
    pub log: Vec<String>,
    pub struck: BTreeMap<&'static str, u64>,
}

/// What lines of nobody have in a database, by bucket and account: shared by all of its runs.
pub type Unassigned = BTreeMap<(Bucket, String), i64>;

/// How a step ended.
enum Fate {
    Done,
    /// A fault came first: nothing of it may be there.
    NotDone,
    /// We do not know: all of it is there, or nothing.
    Either,
}

type Checked<T> = Result<T, String>;

impl<'a> Run<'a> {
    /// `unassigned` is what earlier runs left in this database ([`Run::left`]).
    pub async fn new(f: &'a Fixture, seed: u64, faults: Faults, twist: Twist, unassigned: Unassigned) -> Run<'a> {
        let (ctx, clock) = (&f.ctx, &f.clock);
        let mut dice = Dice::new(seed);
        // A day of its own, so that ids, and the buckets that are made from them, are the same when it is played alone.
        let start = Instant::parse_rfc3339(testkit::START).unwrap().plus_days(i64::try_from(seed % 20_000).unwrap());
        clock.set(start);
        let world = World::build(ctx, &mut dice).await;
        Run {
            ctx,
            read: ctx.db.read().await.unwrap(),
            clock,
            dice,
            faults,
            twist,
            world,
            shop: Shop::default(),
            known: BTreeMap::new(),
            seen: BTreeMap::new(),
            waiting: vec![],
            pages: vec![],
            entries: vec![],
            unassigned,
            log: vec![],
            struck: BTreeMap::new(),
        }
    }

    /// The whole run; what was not as it must be.
    pub async fn play(&mut self) -> Checked<()> {
        let steps = self.dice.between(3, 7);
        for _ in 0..steps {
            self.clock.advance_seconds(self.dice.between(2, 4000));
            let now = self.ctx.now();
            match self.dice.below(14) {
                0..=2 => self.log.push(self.shop.buy(&self.world, &mut self.dice, now)),
                _ if self.shop.sold.is_empty() => self.log.push(self.shop.buy(&self.world, &mut self.dice, now)),
                3..=7 => {
                    let what = self.shop.change(&self.world, &mut self.dice, now);
                    self.log.push(what);
                }
                8 | 9 if self.dice.chance(10) => self.settle_otherwise().await?,
                8 | 9 => self.settle().await?,
                10 => self.assign().await?,
                11 => {
                    let what = self.world.change_standing(self.ctx, &mut self.dice).await;
                    self.log.push(what);
                    self.clock.advance_seconds(2);
                }
                12 => {
                    let what = self.world.change_plan(self.ctx, &mut self.dice).await;
                    self.log.push(what);
                    self.clock.advance_seconds(2);
                }
                _ => self.deliver_waiting().await?,
            }
            if self.dice.chance(60) {
                self.pull().await?;
            }
        }
        self.end().await
    }

    /// Fetches what has changed since it was last accepted, and writes it now or later.
    async fn pull(&mut self) -> Checked<()> {
        let account = self.dice.below(self.world.accounts.len());
        let skew = if self.dice.chance(self.faults.skew) { self.dice.between(-600, 600) } else { 0 };
        let mut rows = Vec::new();
        for (line, sold) in self.shop.sold.iter().enumerate().filter(|(_, s)| s.account == account) {
            let last = sold.told.len() - 1;
            let changed = self.known.get(&line).is_none_or(|known| known.report != last);
            if changed && !self.dice.chance(self.faults.drop) || self.dice.chance(self.faults.repeat) {
                rows.push((line, last));
                if self.dice.chance(self.faults.repeat / 3) {
                    rows.push((line, last));
                }
                // A report from before, where it says itself that it is older.
                if last > 0 && self.dice.chance(self.faults.repeat / 3) {
                    let old = self.dice.below(last);
                    if sold.told[old].modified_at < sold.told[last].modified_at {
                        rows.push((line, old));
                    }
                }
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.dice.shuffle(&mut rows);
        let mut fetched_at = self.ctx.now().plus_seconds(skew);
        // Two answers of one moment would leave it to a hash which of two contents is the newer one.
        while self.pages.iter().any(|page| page.fetched_at == fetched_at) {
            fetched_at = fetched_at.plus_seconds(1);
        }
        let page = Page { account, fetched_at, rows };
        self.pages.push(page.clone());
        if self.dice.chance(self.faults.delay) {
            self.log.push(format!("page {page:?} waits"));
            self.waiting.push(page);
            return Ok(());
        }
        self.write(page).await
    }

    async fn deliver_waiting(&mut self) -> Checked<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let page = self.waiting.swap_remove(self.dice.below(self.waiting.len()));
        if !self.waiting.is_empty() && self.dice.chance(50) {
            let other = self.waiting.swap_remove(self.dice.below(self.waiting.len()));
            return self.write_both(page, other).await;
        }
        self.write(page).await
    }

    async fn write(&mut self, page: Page) -> Checked<()> {
        let rows: Vec<_> = page.rows.iter().map(|(line, report)| self.shop.row(&self.world, *line, *report)).collect();
        let account = self.world.accounts[page.account].clone();
        let ctx = self.ctx;
        self.log.push(format!("write {page:?}"));
        let work = async {
            store_batch(ctx, &account, &rows, page.fetched_at, None).await.map(|_| ()).map_err(|e| e.to_string())
        };
        let fate = self.attempt(work).await?;
        let touched: BTreeSet<usize> = page.rows.iter().map(|(line, _)| *line).collect();
        let written = self.compare(fate, &touched, 1, |run| run.accept(&page)).await?;
        if !written {
            // The next pull brings it again, or the same one tries once more at once.
            if self.dice.chance(50) {
                self.log.push("again".to_owned());
                store_batch(ctx, &account, &rows, page.fetched_at, None).await.map_err(|e| e.to_string())?;
                self.compare(Fate::Done, &touched, 1, |run| run.accept(&page)).await?;
            } else {
                self.waiting.push(page);
            }
        }
        Ok(())
    }

    /// Two workers at once.
    async fn write_both(&mut self, one: Page, other: Page) -> Checked<()> {
        self.log.push(format!("write at once {one:?} and {other:?}"));
        let rows = |page: &Page| -> Vec<_> {
            page.rows.iter().map(|(line, report)| self.shop.row(&self.world, *line, *report)).collect()
        };
        let (first, second) = (rows(&one), rows(&other));
        let accounts = &self.world.accounts;
        let (a, b) = tokio::join!(
            store_batch(self.ctx, &accounts[one.account], &first, one.fetched_at, None),
            store_batch(self.ctx, &accounts[other.account], &second, other.fetched_at, None),
        );
        a.map_err(|e| e.to_string())?;
        b.map_err(|e| e.to_string())?;
        let touched = one.rows.iter().chain(&other.rows).map(|(line, _)| *line).collect();
        self.compare(Fate::Done, &touched, 2, |run| {
            run.accept(&one);
            run.accept(&other);
        })
        .await?;
        Ok(())
    }

    /// A statement entry; sometimes one that was there before.
    async fn settle(&mut self) -> Checked<()> {
        let Some((line, id)) = self.some_line() else { return Ok(()) };
        let (line, key, fen) = if !self.entries.is_empty() && self.dice.chance(30) {
            let at = self.dice.below(self.entries.len());
            self.entries[at].clone()
        } else {
            let fee = model::fee_of(&self.line(line));
            let fen = match self.dice.below(4) {
                0 => -self.dice.between(1, 400),
                1 => self.dice.between(0, 1000),
                _ => fee - self.settled(line),
            };
            let entry = (line, format!("2026-12:{}", self.entries.len()), fen);
            self.entries.push(entry.clone());
            entry
        };
        let id = self.seen.get(&line).map_or(id, |seen| seen.id);
        self.log.push(format!("settle line {line}: {key} {fen}"));
        let ctx = self.ctx;
        let work = settle_once(ctx, id, &key, fen);
        let fate = self.attempt(work).await?;
        let booked = |run: &mut Run<'_>| run.book_entry(line, &key, fen);
        if !self.compare(fate, &BTreeSet::from([line]), 1, booked).await? {
            settle_once(ctx, id, &key, fen).await?;
            self.compare(Fate::Done, &BTreeSet::from([line]), 1, booked).await?;
        }
        Ok(())
    }

    /// The key of an entry that is there, with another amount: refused, and nothing moves.
    async fn settle_otherwise(&mut self) -> Checked<()> {
        let booked =
            |(line, key, _): &&(usize, String, i64)| self.known.get(line).is_some_and(|k| k.settled.contains_key(key));
        let Some((line, key, fen)) = self.entries.iter().find(booked).cloned() else { return Ok(()) };
        self.log.push(format!("settle line {line}: {key} with another amount"));
        if settle_once(self.ctx, self.seen[&line].id, &key, fen + 1).await.is_ok() {
            return Err(format!("line {line}: entry {key} was taken with another amount"));
        }
        self.compare(Fate::NotDone, &BTreeSet::from([line]), 0, |_| ()).await.map(|_| ())
    }

    fn book_entry(&mut self, line: usize, key: &str, fen: i64) {
        let known = self.known.get_mut(&line).unwrap();
        if known.settled.insert(key.to_owned(), fen).is_some() {
            known.extra += fen;
        }
    }

    async fn assign(&mut self) -> Checked<()> {
        let Some((line, id)) = self.some_line() else { return Ok(()) };
        let who = self.dice.below(self.world.promoters.len());
        self.log.push(format!("line {line} is given to promoter {who}"));
        let (_, self_purchase) = self.decided(line);
        let served = self.world.serves[self.shop.sold[line].account][self.world.program_of(who)];
        let deal = served.then(|| self.deal_of(line, who, self_purchase)).flatten();
        let (ctx, promoter) = (self.ctx, self.world.promoters[who].clone());
        let account = self.world.accounts[self.shop.sold[line].account].clone();
        let work = async {
            let mut tx = ctx.db.begin().await.map_err(|e| e.to_string())?;
            let by = PersonId::from_raw(7);
            let given = commission::assign(&mut tx, ctx, &account, id, &promoter, by, "simulated").await;
            given.map_err(|e| e.to_string())?;
            tx.commit().await.map_err(|e| e.to_string())
        };
        let Some(deal) = deal else {
            // No plan then, or a union account that does not serve the program.
            return match work.await {
                Ok(()) => Err(format!("line {line} was given to promoter {who}, who cannot have it")),
                Err(_) => self.compare(Fate::NotDone, &BTreeSet::from([line]), 0, |_| ()).await.map(|_| ()),
            };
        };
        let fate = self.attempt(work).await?;
        let given = |run: &mut Run<'_>| run.known.get_mut(&line).unwrap().by_hand = Some((deal, self_purchase));
        self.compare(fate, &BTreeSet::from([line]), 1, given).await?;
        Ok(())
    }

    fn some_line(&mut self) -> Option<(usize, LineId)> {
        let lines: Vec<usize> = self.known.keys().copied().collect();
        if lines.is_empty() {
            return None;
        }
        let line = self.dice.pick(&lines);
        Some((line, self.seen[&line].id))
    }

    /// Runs a step, perhaps with a fault in it.
    async fn attempt(&mut self, work: impl Future<Output = Result<(), String>>) -> Checked<Fate> {
        if !self.dice.chance(self.faults.storage) {
            return work.await.map(|()| Fate::Done);
        }
        // A conflict is followed by a pause before the next try, so it is rarer than the others.
        let fault = match self.dice.below(40) {
            0 => Fault::Conflict,
            n => [Fault::Refused, Fault::AnswerLost, Fault::DeathBefore, Fault::DeathAfter][n % 4],
        };
        let at = u32::try_from(self.dice.below(16)).unwrap();
        self.log.push(format!("fault: {fault:?} at point {at}"));
        let ran = faults::with(fault, at, work).await;
        if ran.struck {
            *self.struck.entry(fault_name(fault)).or_default() += 1;
        }
        match (ran.outcome, ran.struck) {
            (Some(Ok(())), _) => Ok(Fate::Done),
            (Some(Err(error)), false) => Err(error),
            (None, false) => Err("a death without a fault".to_owned()),
            (_, true) if matches!(fault, Fault::AnswerLost | Fault::DeathAfter) => Ok(Fate::Either),
            (_, true) => Ok(Fate::NotDone),
        }
    }

    fn accept(&mut self, page: &Page) {
        for (line, report) in &page.rows {
            let told = &self.shop.sold[*line].told[*report];
            let version = (told.modified_at, page.fetched_at);
            let fee = model::fee_of(&ModelLine {
                account: 0,
                valid_code: told.valid_code,
                estimate_fen: told.estimate_fen,
                actual_fen: told.actual_fen,
                deal: ModelDeal::default(),
                settled_fen: 0,
            });
            match self.known.get_mut(line) {
                None => {
                    let (by_hand, settled) = (None, BTreeMap::new());
                    let known = Known { version, report: *report, by_hand, settled, best_fee: fee, extra: 0 };
                    self.known.insert(*line, known);
                }
                Some(known) if version > known.version || self.twist == Twist::LastWritten => {
                    known.version = version;
                    known.report = *report;
                    known.best_fee = known.best_fee.max(fee);
                }
                Some(_) => {}
            }
        }
    }

    /// The report of a line that the model holds for the newest.
    fn told(&self, line: usize) -> &super::union::Told {
        &self.shop.sold[line].told[self.known[&line].report]
    }

    fn settled(&self, line: usize) -> i64 {
        let known = &self.known[&line];
        let extra = if self.twist == Twist::EntryTwice { known.extra } else { 0 };
        known.settled.values().sum::<i64>() + extra
    }

    fn deal_of(&self, line: usize, who: usize, self_purchase: bool) -> Option<ModelDeal> {
        let person = &self.world.people[who];
        let inviter = person.inviter.and_then(|id| self.world.people.iter().find(|p| p.id == id));
        let told = self.told(line);
        let ordered_us = if self.twist == Twist::RateOfToday { self.ctx.now() } else { told.ordered_at }.micros();
        let self_purchase = self_purchase && self.twist != Twist::OwnPurchaseShared;
        let order = ModelOrder { ordered_us, categories: &told.categories, self_purchase };
        model::deal(&self.world.plans[self.world.program_of(who)], person, inviter, &order)
    }

    /// Whose a line is, and whether it is an own purchase.
    fn decided(&self, line: usize) -> (ModelDeal, bool) {
        if let Some(by_hand) = self.known[&line].by_hand {
            return by_hand;
        }
        let told = self.told(line);
        let account = self.shop.sold[line].account;
        let code = &self.world.codes[told.code];
        let Some(who) = code.promoter else { return Default::default() };
        if !self.world.serves[account][self.world.program_of(who)] {
            return Default::default();
        }
        let nobody = ModelDeal { program: self.world.people[who].program, ..ModelDeal::default() };
        let deal = self.deal_of(line, who, code.self_purchase);
        deal.map_or((nobody, false), |deal| (deal, code.self_purchase))
    }

    fn line(&self, line: usize) -> ModelLine {
        let (told, known) = (self.told(line), &self.known[&line]);
        let (mut deal, _) = self.decided(line);
        let (mut valid_code, mut actual_fen) = (told.valid_code, told.actual_fen);
        match self.twist {
            Twist::HeldForgotten => {
                for share in [&mut deal.direct, &mut deal.inviter].into_iter().flatten() {
                    share.held = false;
                }
            }
            Twist::RefundSkipped if valid_code == Some(17) => actual_fen = actual_fen.max(known.best_fee),
            Twist::UnknownPaid if valid_code.is_some_and(|c| [-1, 33, 99, 1, 0].contains(&c)) => valid_code = Some(16),
            Twist::ParentPaid if valid_code == Some(2) => valid_code = Some(16),
            _ => {}
        }
        ModelLine {
            account: self.world.accounts[self.shop.sold[line].account].id.raw(),
            valid_code,
            estimate_fen: told.estimate_fen,
            actual_fen,
            deal,
            settled_fen: self.settled(line),
        }
    }

    fn balances_of(&self, line: usize) -> Balances {
        if !self.known.contains_key(&line) {
            return Balances::new();
        }
        let whole = self.line(line);
        if self.twist == Twist::SplitOfDifference && whole.settled_fen != 0 {
            // F − S split at once, and S beside it.
            let mut open = ModelLine { settled_fen: 0, ..whole.clone() };
            open.valid_code = Some(17);
            open.actual_fen = model::fee_of(&whole) - whole.settled_fen;
            let rest = ModelLine { valid_code: None, ..whole.clone() };
            let mut all = model::line_balances(&open);
            model::add(&mut all, &model::line_balances(&rest));
            all.retain(|_, fen| *fen != 0);
            return all;
        }
        model::line_balances(&whole)
    }

    /// The database after a step against the model with the step done, or not, or either; whether it was done.
    async fn compare(
        &mut self,
        fate: Fate,
        touched: &BTreeSet<usize>,
        steps: usize,
        done: impl Fn(&mut Run<'a>),
    ) -> Checked<bool> {
        let before = self.known.clone();
        let old: Vec<Balances> = touched.iter().map(|line| self.balances_of(*line)).collect();
        if !matches!(fate, Fate::Done) {
            match (self.look(touched, &old, 0).await, &fate) {
                (Ok(()), _) => return Ok(false),
                (Err(error), Fate::NotDone) => return Err(format!("a step that failed left something: {error}")),
                (Err(_), _) => {}
            }
        }
        done(self);
        let outcome = self.look(touched, &old, steps).await;
        if outcome.is_err() {
            self.known = before;
        }
        outcome.map(|()| true)
    }

    /// Everything that §7 of the books says, about the lines that were touched and every balance of this run. At most
    /// `steps` new transactions a line, none where its books need not move (`old`: before the step).
    async fn look(&mut self, touched: &BTreeSet<usize>, old: &[Balances], steps: usize) -> Checked<()> {
        let mut seen: BTreeMap<usize, Seen> = BTreeMap::new();
        let fresh: Vec<usize> = touched.iter().copied().filter(|line| !self.seen.contains_key(line)).collect();
        let homes = super::look::homes(&mut self.read, &fresh, &self.shop, &self.world).await?;
        for line in touched {
            let home = homes.get(line).copied().or_else(|| self.seen.get(line).map(|s| (s.bucket, s.id)));
            match (home, self.known.contains_key(line)) {
                (Some((bucket, id)), true) => {
                    seen.insert(*line, Seen { id, bucket, journal: vec![] });
                }
                (None, false) => {}
                (Some(_), false) => return Err(format!("line {line} has a home and was never accepted")),
                (None, true) => return Err(format!("line {line} was accepted and has no home")),
            }
        }
        self.look_at_lines(&seen).await?;
        let mut journals = super::look::journals(&mut self.read, seen.values().map(|s| s.id).collect()).await?;
        for (at, line) in touched.iter().enumerate() {
            let Some(now) = seen.get_mut(line) else { continue };
            now.journal = journals.remove(&now.id).unwrap_or_default();
            let was = self.seen.get(line).map_or(&[][..], |s| &s.journal);
            super::look::journal(*line, was, &now.journal, &self.balances_of(*line))?;
            let moved = self.balances_of(*line) != old[at];
            let new = super::look::transactions(&now.journal) - super::look::transactions(was);
            if new > steps || (new > 0 && steps == 1 && !moved) {
                return Err(format!("line {line}: {new} new transactions in one step (moved: {moved})"));
            }
        }
        let before = std::mem::take(&mut self.seen);
        let mut all = before.clone();
        all.extend(seen);
        self.seen = all;
        let outcome = self.look_at_balances().await;
        if outcome.is_err() {
            self.seen = before;
        }
        outcome
    }

    /// The stored lines: newest report, deal, settled part.
    async fn look_at_lines(&mut self, seen: &BTreeMap<usize, Seen>) -> Checked<()> {
        let ids = seen.values().map(|s| s.id).collect();
        let stored = app::orders::store::find_all(&mut self.read, ids).await.map_err(|e| e.to_string())?;
        for (line, home) in seen {
            let stored = stored.get(&home.id).ok_or_else(|| format!("line {line} is not in its home"))?;
            let expected = self.line(*line);
            let deal = |promoter: Option<kernel::PromoterId>, ppm: kernel::Rate, held| {
                promoter.map(|p| model::ModelShare { promoter: p.raw(), ppm: ppm.ppm(), held })
            };
            let has = (
                (stored.version.modified_at, stored.version.fetched_at),
                stored.settled.fen(),
                ModelDeal {
                    program: stored.program.map_or(0, |p| p.raw()),
                    direct: deal(stored.promoter, stored.direct, stored.direct_held),
                    inviter: deal(stored.inviter, stored.inviter_rate, stored.inviter_held),
                },
            );
            let must = (self.known[line].version, expected.settled_fen, expected.deal);
            if has != must {
                return Err(format!("line {line} is stored as\n  {has:?}, must be\n  {must:?}"));
            }
        }
        Ok(())
    }

    /// Every partial balance: the sum of the model's lines of its bucket, in as many postings as the journal has.
    async fn look_at_balances(&mut self) -> Checked<()> {
        let mut must: BTreeMap<(Bucket, String, i64), (i64, i64)> = BTreeMap::new();
        let mut nobodys: BTreeMap<(Bucket, String), i64> = BTreeMap::new();
        for (line, seen) in &self.seen {
            for ((account, owner), fen) in self.balances_of(*line) {
                if owner == 0 {
                    *nobodys.entry((seen.bucket, account.to_owned())).or_default() += fen;
                } else {
                    must.entry((seen.bucket, account.to_owned(), owner)).or_default().0 += fen;
                }
            }
            for (_, _, _, account, owner, _) in seen.journal.iter().filter(|row| row.4 != 0) {
                must.entry((seen.bucket, account.clone(), *owner)).or_default().1 += 1;
            }
        }
        let has = super::look::balances(&mut self.read, &self.world.owners()).await?;
        if has != must {
            let differ = |(key, value): &(&(Bucket, String, i64), &(i64, i64))| must.get(*key) != Some(*value);
            let wrong: Vec<_> = has.iter().filter(differ).collect();
            return Err(format!("balances differ: has {wrong:?}\n  of {has:?}\n  must be {must:?}"));
        }
        // Only where a line of this run is or was nobody's.
        let nobodys_line = |seen: &&Seen| seen.journal.iter().any(|row| row.4 == 0);
        let buckets: BTreeSet<Bucket> = self.seen.values().filter(nobodys_line).map(|s| s.bucket).collect();
        for (key, fen) in super::look::unassigned(&mut self.read, &buckets).await? {
            let must = self.unassigned.get(&key).copied().unwrap_or(0) + nobodys.remove(&key).unwrap_or(0);
            if fen != must {
                return Err(format!("unassigned {key:?}: has {fen}, must be {must}"));
            }
        }
        match nobodys.iter().find(|(_, fen)| **fen != 0) {
            Some((key, fen)) => Err(format!("unassigned {key:?}: {fen} fen are not there")),
            None => Ok(()),
        }
    }

    /// What waits is written, then what is true now; then everything that was ever fetched comes again, in any order.
    async fn end(&mut self) -> Checked<()> {
        self.faults = Faults::NONE;
        self.clock.advance_seconds(700);
        while !self.waiting.is_empty() {
            self.deliver_waiting().await?;
        }
        for account in 0..self.world.accounts.len() {
            let of_account = self.shop.sold.iter().enumerate().filter(|(_, s)| s.account == account);
            let rows = of_account.map(|(line, s)| (line, s.told.len() - 1)).collect();
            let page = Page { account, fetched_at: self.ctx.now(), rows };
            self.write(page.clone()).await?;
            self.pages.push(page);
        }
        let mut pages = std::mem::take(&mut self.pages);
        self.dice.shuffle(&mut pages);
        let transactions =
            |run: &Run<'_>| run.seen.values().map(|s| super::look::transactions(&s.journal)).sum::<usize>();
        let before = transactions(self);
        for page in pages {
            let rows: Vec<_> = page.rows.iter().map(|(line, at)| self.shop.row(&self.world, *line, *at)).collect();
            let account = &self.world.accounts[page.account];
            let stored = store_batch(self.ctx, account, &rows, page.fetched_at, None).await;
            let (recorded, booked) = stored.map_err(|e| e.to_string())?;
            if (recorded.new, recorded.changed, booked) != (0, 0, 0) {
                return Err(format!("a replay of {page:?} changed something: {recorded:?}, {booked} transactions"));
            }
            self.accept(&page);
        }
        for (line, key, fen) in &self.entries {
            settle_once(self.ctx, self.seen[line].id, key, *fen).await?;
        }
        self.look_again().await.map_err(|e| format!("after the replay: {e}"))?;
        let after = transactions(self);
        if before != after {
            return Err(format!("the replay added {} transactions", after - before));
        }
        if self.known.len() != self.shop.sold.len() {
            return Err(format!("{} lines were sold, {} are known", self.shop.sold.len(), self.known.len()));
        }
        self.look_at_earnings().await
    }

    /// What the roll-up of earnings says of everybody.
    async fn look_at_earnings(&mut self) -> Checked<()> {
        let (from, to) = (self.ctx.now().plus_days(-90), self.ctx.now().plus_days(1));
        for promoter in &self.world.promoters {
            let has =
                commission::store::earned(&mut self.read, promoter.id, from, to).await.map_err(|e| e.to_string())?;
            let mut must = (0, 0);
            for line in self.known.keys() {
                let line = self.line(*line);
                let fee = model::fee_of(&line);
                for (sum, share) in [(&mut must.0, line.deal.direct), (&mut must.1, line.deal.inviter)] {
                    if let Some(share) = share.filter(|s| s.promoter == promoter.id.raw()) {
                        *sum += model::part(fee, share.ppm);
                    }
                }
            }
            if (has.direct.fen(), has.inviter.fen()) != must {
                return Err(format!("{} earned {has:?}, must be {must:?}", promoter.id));
            }
        }
        Ok(())
    }

    /// Once more at everything, as after a step that did nothing.
    pub async fn look_again(&mut self) -> Checked<()> {
        let all: BTreeSet<usize> = self.seen.keys().copied().collect();
        let old: Vec<Balances> = all.iter().map(|line| self.balances_of(*line)).collect();
        self.look(&all, &old, 0).await
    }

    /// Lines of this run.
    pub fn lines(&self) -> usize {
        self.seen.len()
    }

    /// What lines of nobody have now, for the next run in this database.
    pub fn left(mut self) -> Unassigned {
        for (line, seen) in &self.seen {
            for ((account, _), fen) in self.balances_of(*line).into_iter().filter(|((_, owner), _)| *owner == 0) {
                *self.unassigned.entry((seen.bucket, account.to_owned())).or_default() += fen;
            }
        }
        std::mem::take(&mut self.unassigned)
    }
}

async fn settle_once(ctx: &Ctx, id: LineId, key: &str, fen: i64) -> Result<(), String> {
    let mut tx = ctx.db.begin().await.map_err(|e| e.to_string())?;
    commission::settle_line(&mut tx, ctx, id, key, Money::from_fen(fen)).await.map_err(|e| e.to_string())?;
    tx.commit().await.map_err(|e| e.to_string())
}

fn fault_name(fault: Fault) -> &'static str {
    match fault {
        Fault::Refused => "refused",
        Fault::Conflict => "conflict",
        Fault::AnswerLost => "answer lost",
        Fault::DeathBefore => "death before",
        Fault::DeathAfter => "death after",
    }
}
