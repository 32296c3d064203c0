//! Checks of what people send: every wrong field is named, all of them at once.

use kernel::{Cursor, Instant, PAGE_DEFAULT, PAGE_MAX, Problem, ProblemCode, Rate};
use serde::Deserialize;
use utoipa::IntoParams;

pub const INVALID: ProblemCode = ProblemCode::new("request.fields", 422, "some fields are not valid");
pub const PAST: ProblemCode = ProblemCode::new("request.past", 422, "a rule cannot begin in the past");
pub const STALE: ProblemCode = ProblemCode::new("request.version", 409, "somebody else was faster");

/// Collects what is wrong with a request.
#[derive(Default)]
pub struct Input {
    problem: Option<Problem>,
}

impl Input {
    pub fn wrong(&mut self, field: &str, message: impl Into<String>) {
        let problem = self.problem.take().unwrap_or_else(|| Problem::new(INVALID, "correct the named fields"));
        self.problem = Some(problem.field(field, message));
    }

    /// Trimmed, between so many characters, without control characters (PostgreSQL refuses NUL).
    pub fn text(&mut self, field: &str, text: &str, min: usize, max: usize) -> String {
        let text = text.trim();
        let length = text.chars().count();
        if !(min..=max).contains(&length) {
            self.wrong(field, format!("must have {min} to {max} characters"));
        } else if text.chars().any(char::is_control) {
            self.wrong(field, "must not have control characters");
        }
        text.to_owned()
    }

    pub fn range(&mut self, field: &str, value: i64, min: i64, max: i64) -> i64 {
        if !(min..=max).contains(&value) {
            self.wrong(field, format!("must be {min} to {max}"));
        }
        value
    }

    /// Parts per million.
    pub fn rate(&mut self, field: &str, ppm: i64) -> Rate {
        Rate::try_from_ppm(ppm).unwrap_or_else(|e| {
            self.wrong(field, e.to_string());
            Rate::ZERO
        })
    }

    /// RFC 3339.
    pub fn moment(&mut self, field: &str, text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap_or_else(|_| {
            self.wrong(field, "must be a date and time as in 2026-11-02T02:00:00Z");
            Instant::from_micros(0)
        })
    }

    /// RFC 3339, where something is said.
    pub fn maybe_moment(&mut self, field: &str, text: Option<&str>) -> Option<Instant> {
        text.map(|text| self.moment(field, text))
    }

    /// Takes a value or notes why there is none.
    pub fn take<T: Default>(&mut self, field: &str, value: Result<T, String>) -> T {
        value.unwrap_or_else(|message| {
            self.wrong(field, message);
            T::default()
        })
    }

    pub fn done(self) -> Result<(), Problem> {
        self.problem.map_or(Ok(()), Err)
    }
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Rows, at most 100; 50 where not said.
    pub limit: Option<u32>,
    /// `next` of the page before, asked for with the same filters.
    pub after: Option<String>,
}

impl Paging {
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }

    /// The place that the list goes on from.
    pub fn cursor(&self) -> Result<Option<Cursor>, Problem> {
        self.after.as_deref().map(str::parse).transpose().map_err(|_| {
            Problem::new(INVALID, "correct the named fields").field("after", "is not a cursor that a list returned")
        })
    }
}

/// When a rule begins: now, or as asked; never earlier than now, because what was in force must stay findable.
pub fn begins(field: &str, asked: Option<&str>, now: Instant) -> Result<Instant, Problem> {
    let Some(text) = asked else { return Ok(now) };
    let mut input = Input::default();
    let at = input.moment(field, text);
    input.done()?;
    if at < now {
        let detail = format!("{} is before now, {}", at.rfc3339(), now.rfc3339());
        return Err(Problem::new(PAST, detail).field(field, "must not be in the past; leave it out for now"));
    }
    Ok(at)
}

/// What the loser of two changes is told.
pub fn stale(what: &str) -> Problem {
    Problem::new(STALE, format!("{what} was changed since you loaded it; load it again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_wrong_fields_are_named_at_once() {
        let mut input = Input::default();
        assert_eq!(input.text("name", "  ok ", 1, 5), "ok");
        input.text("audience", "a\u{0}b", 1, 5);
        input.range("limit", 11, 0, 10);
        let problem = input.done().unwrap_err();
        assert_eq!(problem.fields.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["audience", "limit"]);
    }

    #[test]
    fn a_rule_begins_now_or_later() {
        let now = Instant::parse_rfc3339("2026-11-02T02:00:00Z").unwrap();
        assert_eq!(begins("from", None, now), Ok(now));
        assert_eq!(begins("from", Some("2026-11-02T02:00:00Z"), now), Ok(now));
        assert_eq!(begins("from", Some("2026-11-02T01:59:59.999999Z"), now).unwrap_err().code, PAST);
        assert_eq!(begins("from", Some("tomorrow"), now).unwrap_err().code, INVALID);
    }
}
