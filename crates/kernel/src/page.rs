use crate::Instant;
use std::fmt;
use std::str::FromStr;

/// Rows of a page where the caller does not say.
pub const PAGE_DEFAULT: u32 = 50;
/// Rows of a page at the most.
pub const PAGE_MAX: u32 = 100;

/// Where the next page of a keyset list begins: after the row with this sort value and id. Its text is opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub sort: i64,
    pub id: i64,
}

impl Cursor {
    /// Where a list that begins with the newest goes on: after the page before, and before `to`.
    pub fn newest(after: Option<Cursor>, to: Option<Instant>) -> Cursor {
        let edge = Cursor { sort: to.map_or(i64::MAX, Instant::micros), id: i64::MIN };
        after.filter(|at| (at.sort, at.id) < (edge.sort, edge.id)).unwrap_or(edge)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor that a list returned")]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.sort as u64, self.id as u64)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;
    fn from_str(text: &str) -> Result<Cursor, NotACursor> {
        if text.len() != 32 || !text.is_ascii() {
            return Err(NotACursor);
        }
        let half = |part: &str| u64::from_str_radix(part, 16).map(|n| n as i64).map_err(|_| NotACursor);
        Ok(Cursor { sort: half(&text[..16])?, id: half(&text[16..])? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_within_its_span() {
        let to = Some(Instant::from_micros(10));
        let before = Cursor { sort: 9, id: 5 };
        assert_eq!(Cursor::newest(Some(before), to), before);
        assert_eq!(Cursor::newest(Some(Cursor { sort: 10, id: 0 }), to), Cursor::newest(None, to));
        assert_eq!(Cursor::newest(None, None), Cursor { sort: i64::MAX, id: i64::MIN });
    }

    #[test]
    fn cursors_round_trip_also_below_zero() {
        let cursor = Cursor { sort: -5, id: i64::MAX };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert!("x".parse::<Cursor>().is_err());
        assert!("+123456789012345612345678901234567".parse::<Cursor>().is_err());
    }
}
