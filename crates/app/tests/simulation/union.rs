//! The union's side of a run: lines whose reports change over time, and the pages in which they are told.

use super::dice::Dice;
use super::world::{CATEGORIES, World};
use connectors::unions::{OrderRow, jd};
use kernel::Instant;
use testkit::Report;

/// What the union says about a line from some moment on.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// `None`: the row cannot be read in full.
    pub valid_code: Option<i64>,
    pub estimate_fen: i64,
    pub actual_fen: i64,
    pub modified_at: Instant,
    pub ordered_at: Instant,
    /// Index of the code.
    pub code: usize,
    pub categories: [i64; 3],
}

pub struct Sold {
    pub account: usize,
    pub key: String,
    order_no: i64,
    parent_no: i64,
    /// Oldest first.
    pub told: Vec<Told>,
}

/// An answer of the union: its rows (line, report) as of the moment it was given.
#[derive(Clone, Debug)]
pub struct Page {
    pub account: usize,
    pub fetched_at: Instant,
    pub rows: Vec<(usize, usize)>,
}

#[derive(Default)]
pub struct Shop {
    pub sold: Vec<Sold>,
}

impl Shop {
    pub fn row(&self, world: &World, line: usize, report: usize) -> OrderRow {
        let sold = &self.sold[line];
        let told = &sold.told[report];
        let raw = Report {
            key: sold.key.clone(),
            order_no: sold.order_no,
            parent_no: sold.parent_no,
            code: world.codes[told.code].text.clone(),
            valid_code: told.valid_code.unwrap_or(17),
            estimated_fen: told.estimate_fen,
            actual_fen: told.actual_fen,
            ordered_at: told.ordered_at,
            modified_at: told.modified_at,
            categories: told.categories,
        }
        .raw();
        // A confirmed row whose fee is not there says nothing about money.
        let raw = if told.valid_code.is_none() { raw.replace("\"actualFee\":", "\"actualFees\":") } else { raw };
        jd::read_order_row(&raw).expect("a row with an id")
    }

    /// A new order of one to three lines.
    pub fn buy(&mut self, world: &World, dice: &mut Dice, now: Instant) -> String {
        let account = dice.below(world.accounts.len());
        let code = dice.below(world.codes.len());
        // Some are reported long after they were placed, a few from before there was a plan.
        let age = if dice.chance(5) { dice.between(21, 40) * 86_400 } else { dice.between(0, 5000) };
        let ordered_at = now.plus_seconds(-age);
        let lines = if dice.chance(20) { dice.between(2, 3) } else { 1 };
        for _ in 0..lines {
            let told = Told {
                valid_code: Some(dice.pick(&[16, 16, 16, 16, 15, 24, 17, 3])),
                estimate_fen: fee(dice),
                actual_fen: 0,
                modified_at: now,
                ordered_at,
                code,
                categories: dice.pick(&CATEGORIES),
            };
            self.put(account, 0, told);
        }
        format!("bought: account {account}, code {code}, {lines} lines")
    }

    fn put(&mut self, account: usize, parent_no: i64, told: Told) {
        let n = i64::try_from(self.sold.len()).unwrap();
        // Two accounts use the same keys: a key means nothing without its account.
        let same = self.sold.iter().filter(|s| s.account == account).count();
        let key = format!("row-{same}");
        self.sold.push(Sold { account, key, order_no: 280_000_000_001 + n, parent_no, told: vec![told] });
    }

    /// Something happens to a line: paid, finished, returned in part, refunded, split, found to be wrong.
    pub fn change(&mut self, world: &World, dice: &mut Dice, now: Instant) -> String {
        let line = dice.below(self.sold.len());
        let mut told = self.sold[line].told.last().unwrap().clone();
        // Two different rows of one second are told apart by when they were fetched.
        told.modified_at = if dice.chance(10) { told.modified_at } else { now };
        let what = dice.below(16);
        match what {
            0..=4 => {
                told.valid_code = Some(dice.pick(&[17, 18]));
                told.actual_fen = told.estimate_fen - dice.between(0, told.estimate_fen.clamp(0, 50));
            }
            5 | 6 => {
                told.valid_code = Some(17);
                told.actual_fen = dice.between(0, told.actual_fen.max(1));
            }
            7 => told.actual_fen = -dice.between(1, 5000),
            8 => told.valid_code = Some(dice.pick(&[3, 5, 13, 22, 25, 28, 36])),
            9 => told.valid_code = Some(dice.pick(&[-1, 33, 99, 1, 0])),
            10 => told.valid_code = None,
            11 => told.valid_code = Some(16),
            12 => told.code = dice.below(world.codes.len()),
            13 => told.categories = dice.pick(&CATEGORIES),
            14 => told.ordered_at = told.ordered_at.plus_seconds(-dice.between(1, 7200)),
            _ => {
                let parts = dice.between(2, 3);
                for at in 0..parts {
                    let part = |fen: i64| if at + 1 == parts { fen - fen / parts * at } else { fen / parts };
                    let child = Told {
                        estimate_fen: part(told.estimate_fen),
                        actual_fen: part(told.actual_fen),
                        modified_at: now,
                        ..told.clone()
                    };
                    self.put(self.sold[line].account, self.sold[line].order_no, child);
                }
                told.valid_code = Some(2);
            }
        }
        let log =
            format!("line {line} changed ({what}): {:?} {} {}", told.valid_code, told.estimate_fen, told.actual_fen);
        let last = self.sold[line].told.last().unwrap();
        if *last != told {
            self.sold[line].told.push(told);
        }
        log
    }
}

fn fee(dice: &mut Dice) -> i64 {
    match dice.below(6) {
        0 => dice.between(0, 9),
        1 => dice.between(1_000_000, 90_000_000_000),
        _ => dice.between(1, 50_000),
    }
}
