//! Promotion positions (推广位) of the account: a number that always comes back with an order.

use serde::{Deserialize, Serialize};

/// Names in one call.
pub(super) const NAMES_MAX: usize = 50;
pub(super) const NAME_CHARS_MAX: usize = 30;
/// `unionType`: positions of a tool vendor's own, without PID.
pub(super) const PRIVATE: i64 = 3;
/// `unionType`: positions of JD's console, with PID.
pub(super) const CONSOLE: i64 = 4;
const FIRST: i64 = 6_188_886_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    pub id: i64,
    pub name: String,
    pub union_type: i64,
    /// 1 site, 2 app, 3 shopping media, 4 chat tool.
    pub kind: i64,
    pub site_id: i64,
}

/// Why positions cannot be made; nothing was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CannotMake {
    Taken,
    TooMany,
}

/// All positions, in the sequence in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Positions(Vec<Position>);

impl Positions {
    pub(super) fn enter(&mut self, positions: Vec<Position>) {
        self.0.extend(positions);
    }

    pub(super) fn all(&self) -> &[Position] {
        &self.0
    }

    pub(super) fn of_type(&self, union_type: i64) -> impl Iterator<Item = &Position> {
        self.0.iter().filter(move |position| position.union_type == union_type)
    }

    /// How many of a type there may be.
    fn cap(union_type: i64) -> usize {
        if union_type == PRIVATE { 5000 } else { 500 }
    }

    /// All of the names or none.
    pub(super) fn make(
        &mut self,
        names: &[String],
        union_type: i64,
        kind: i64,
        site_id: i64,
    ) -> Result<&[Position], CannotMake> {
        let twice = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
        if twice || self.of_type(union_type).any(|position| names.contains(&position.name)) {
            return Err(CannotMake::Taken);
        }
        if self.of_type(union_type).count() + names.len() > Positions::cap(union_type) {
            return Err(CannotMake::TooMany);
        }
        let begin = self.0.len();
        for name in names {
            let id = FIRST + i64::try_from(self.0.len()).unwrap_or(0);
            self.0.push(Position { id, name: name.clone(), union_type, kind, site_id });
        }
        Ok(&self.0[begin..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_made_together_and_up_to_the_cap() {
        let mut positions = Positions::default();
        let names = |from: usize, n: usize| (from..from + n).map(|i| format!("p{i}")).collect::<Vec<_>>();
        assert_eq!(positions.make(&names(0, 2), CONSOLE, 4, 0).unwrap().len(), 2);
        assert_eq!(positions.make(&names(1, 2), CONSOLE, 4, 0), Err(CannotMake::Taken));
        assert_eq!(positions.make(&["a".to_owned(), "a".to_owned()], CONSOLE, 4, 0), Err(CannotMake::Taken));
        // The other type has names of its own.
        assert_eq!(positions.make(&names(1, 2), PRIVATE, 4, 0).unwrap().len(), 2);
        assert_eq!(positions.make(&names(2, 499), CONSOLE, 4, 0), Err(CannotMake::TooMany));
        assert_eq!(positions.make(&names(2, 498), CONSOLE, 4, 0).unwrap().len(), 498);
        let ids: std::collections::BTreeSet<i64> = positions.all().iter().map(|p| p.id).collect();
        assert_eq!(ids.len(), 502);
    }
}
