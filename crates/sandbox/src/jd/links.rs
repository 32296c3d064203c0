//! Tracked links: what was converted, under a short code.

use super::draw::Draw;
use kernel::Instant;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Short links live so long; long ones for ever.
const SHORT_DAYS: i64 = 60;
/// Longest `subUnionId`.
pub(super) const TRACKING_CHARS_MAX: usize = 80;
const CODE_LETTERS: usize = 7;
const TAIL_LETTERS: usize = 25;

/// What a link leads to, and what it says about who shared it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    pub code: String,
    pub sku_id: i64,
    pub coupon: Option<String>,
    pub sub_union_id: String,
    pub position_id: i64,
    pub made_at: Instant,
}

impl Link {
    pub(super) fn short_lives(&self, now: Instant) -> bool {
        now < self.made_at.plus_days(SHORT_DAYS)
    }
}

#[derive(Debug, Default)]
pub(super) struct Links {
    seed: u64,
    /// In the sequence in which they were made.
    made: Vec<Link>,
    by_code: HashMap<String, usize>,
}

impl Links {
    pub(super) fn new(seed: u64) -> Links {
        Links { seed, ..Links::default() }
    }

    /// Keeps a link under a new code, whatever code it came with. Every conversion makes one, as JD does.
    pub(super) fn make(&mut self, link: Link) -> &Link {
        let number = i64::try_from(self.made.len()).unwrap_or(i64::MAX);
        let mut draw = Draw::new(self.seed, "link", number);
        let mut code = draw.word(CODE_LETTERS);
        while self.by_code.contains_key(&code) {
            code = draw.word(CODE_LETTERS);
        }
        let at = self.enter(Link { code, ..link });
        &self.made[at]
    }

    /// A link that has its code already (from the state file).
    pub(super) fn enter(&mut self, link: Link) -> usize {
        let at = self.made.len();
        self.by_code.insert(link.code.clone(), at);
        self.made.push(link);
        at
    }

    pub(super) fn all(&self) -> &[Link] {
        &self.made
    }

    pub(super) fn by_code(&self, code: &str) -> Option<&Link> {
        self.by_code.get(code).and_then(|at| self.made.get(*at))
    }

    /// By the `p` of a long link.
    pub(super) fn by_long(&self, p: &str) -> Option<&Link> {
        let link = self.by_code(p.get(..CODE_LETTERS)?)?;
        (self.long(link) == p).then_some(link)
    }

    /// The `p` of a long link: the code, and letters that cannot be guessed from it.
    pub(super) fn long(&self, link: &Link) -> String {
        let tail = Draw::new(self.seed, &format!("long {}", link.code), 0).word(TAIL_LETTERS);
        format!("{}{tail}", link.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_new_every_time_and_lead_back() {
        let mut links = Links::new(1);
        let link = Link {
            code: String::new(),
            sku_id: 1,
            coupon: None,
            sub_union_id: "a".to_owned(),
            position_id: 0,
            made_at: Instant::from_micros(0),
        };
        let codes: Vec<String> = (0..50).map(|_| links.make(link.clone()).code.clone()).collect();
        assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), 50);
        for code in &codes {
            let link = links.by_code(code).unwrap();
            let long = links.long(link);
            assert_eq!((link.code.as_str(), long.len()), (code.as_str(), 32));
            assert_eq!(links.by_long(&long), Some(link));
            assert_eq!(links.by_long(&long[..31]), None);
        }
        assert_eq!((links.by_code("none"), links.by_long("链接")), (None, None));
        let day = |n| Instant::from_micros(0).plus_days(n);
        assert!(link.short_lives(day(59)) && !link.short_lives(day(60)));
    }
}
