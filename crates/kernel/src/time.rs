use jiff::civil;
use jiff::tz::TimeZone;
use std::fmt;

/// A moment, in microseconds UTC since 1970. Read from the clock only in `infra`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    #[error("`{0}` is not a date and time of the form yyyy-mm-dd hh:mm:ss")]
    NotATime(String),
    #[error("`{0}` is not a known time zone")]
    UnknownZone(String),
    #[error("`{0}` is not a month of the form yyyy-mm")]
    NotAMonth(String),
    #[error("the time is outside the years that can be shown")]
    OutOfRange,
}

const SECOND: i64 = 1_000_000;

impl Instant {
    pub const fn from_micros(micros: i64) -> Instant {
        Instant(micros)
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    pub const fn from_millis(ms: i64) -> Instant {
        Instant(ms.saturating_mul(1000))
    }

    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    pub const fn plus_seconds(self, seconds: i64) -> Instant {
        Instant(self.0.saturating_add(seconds.saturating_mul(SECOND)))
    }

    pub const fn plus_minutes(self, minutes: i64) -> Instant {
        self.plus_seconds(minutes.saturating_mul(60))
    }

    pub const fn plus_days(self, days: i64) -> Instant {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// `yyyy-mm-dd hh:mm:ss` in a zone, as JD and Taobao write times. A time that a zone skips is taken as if the
    /// clock had not jumped.
    pub fn parse_local(text: &str, zone: &Zone) -> Result<Instant, TimeError> {
        let bad = || TimeError::NotATime(text.chars().take(40).collect());
        let text = text.trim();
        // jiff also reads dates alone and many other forms; unions write exactly this one.
        if text.len() < 19 {
            return Err(bad());
        }
        let local: civil::DateTime = text.parse().map_err(|_| bad())?;
        zone.instant(local).map_err(|_| bad())
    }

    /// `yyyy-mm-dd hh:mm:ss` in a zone.
    pub fn local(self, zone: &Zone) -> String {
        zone.civil(self).map_or_else(|_| self.0.to_string(), |t| t.strftime("%Y-%m-%d %H:%M:%S").to_string())
    }

    /// `yyyy-mm-dd` in a zone.
    pub fn local_date(self, zone: &Zone) -> String {
        zone.civil(self).map_or_else(|_| self.0.to_string(), |t| t.strftime("%Y-%m-%d").to_string())
    }

    /// RFC 3339 in UTC, the form of JSON bodies.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_microsecond(self.0).map_or_else(|_| self.0.to_string(), |t| t.to_string())
    }

    pub fn parse_rfc3339(text: &str) -> Result<Instant, TimeError> {
        text.trim()
            .parse::<jiff::Timestamp>()
            .map(|t| Instant(t.as_microsecond()))
            .map_err(|_| TimeError::NotATime(text.chars().take(40).collect()))
    }
}

/// A time zone by its IANA name, from the database compiled into the binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    pub fn named(name: &str) -> Result<Zone, TimeError> {
        TimeZone::get(name)
            .map(|zone| Zone { name: name.to_owned(), zone })
            .map_err(|_| TimeError::UnknownZone(name.chars().take(60).collect()))
    }

    /// GMT+8 without rules: the zone in which JD and Taobao write times.
    pub fn china() -> Zone {
        Zone { name: "Asia/Shanghai".to_owned(), zone: TimeZone::fixed(jiff::tz::offset(8)) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    fn instant(&self, local: civil::DateTime) -> Result<Instant, TimeError> {
        let at = self.zone.to_timestamp(local).map_err(|_| TimeError::OutOfRange)?;
        Ok(Instant(at.as_microsecond()))
    }

    fn civil(&self, at: Instant) -> Result<civil::DateTime, TimeError> {
        let at = jiff::Timestamp::from_microsecond(at.0).map_err(|_| TimeError::OutOfRange)?;
        Ok(self.zone.to_datetime(at))
    }

    /// Days since 1970-01-01 of the civil date in this zone; the key of daily roll-ups.
    pub fn day(&self, at: Instant) -> Result<i64, TimeError> {
        let date = self.civil(at)?.date();
        let epoch = civil::date(1970, 1, 1);
        let span = epoch.until((jiff::Unit::Day, date)).map_err(|_| TimeError::OutOfRange)?;
        Ok(i64::from(span.get_days()))
    }

    /// The first moment of a day as counted by [`Zone::day`].
    pub fn day_start(&self, day: i64) -> Result<Instant, TimeError> {
        let days = i32::try_from(day).map_err(|_| TimeError::OutOfRange)?;
        let span = jiff::Span::new().try_days(days).map_err(|_| TimeError::OutOfRange)?;
        let date = civil::date(1970, 1, 1).checked_add(span).map_err(|_| TimeError::OutOfRange)?;
        self.instant(date.at(0, 0, 0, 0))
    }

    pub fn month(&self, at: Instant) -> Result<Month, TimeError> {
        let local = self.civil(at)?;
        Ok(Month { year: local.year(), month: local.month() })
    }
}

/// A calendar month; its borders depend on the zone and are half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// `yyyy-mm`.
    pub fn parse(text: &str) -> Result<Month, TimeError> {
        let bad = || TimeError::NotAMonth(text.chars().take(20).collect());
        let (year, month) = text.split_once('-').ok_or_else(bad)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(bad());
        }
        let year = year.parse().map_err(|_| bad())?;
        let month = month.parse().map_err(|_| bad())?;
        if !(1..=12).contains(&month) {
            return Err(bad());
        }
        Ok(Month { year, month })
    }

    pub fn year(self) -> i16 {
        self.year
    }

    /// Months since year 0: neighbours differ by one, over the turn of a year, too.
    pub fn ordinal(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }

    /// First moment of the month and first moment after it.
    pub fn borders(self, zone: &Zone) -> Result<(Instant, Instant), TimeError> {
        let first = civil::Date::new(self.year, self.month, 1).map_err(|_| TimeError::OutOfRange)?;
        let next = first.checked_add(jiff::Span::new().months(1)).map_err(|_| TimeError::OutOfRange)?;
        Ok((zone.instant(first.at(0, 0, 0, 0))?, zone.instant(next.at(0, 0, 0, 0))?))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn china_time_is_eight_hours_ahead() {
        let at = Instant::parse_rfc3339("2026-06-10T16:30:05Z").unwrap();
        assert_eq!(at.local(&Zone::china()), "2026-06-11 00:30:05");
        assert_eq!(Instant::parse_local("2026-06-11 00:30:05", &Zone::china()), Ok(at));
        for bad in ["", "2026-06-11", "2026-13-11 00:00:00", "0", "昨天"] {
            assert!(Instant::parse_local(bad, &Zone::china()).is_err(), "{bad}");
        }
    }

    #[test]
    fn months_and_days_follow_the_zone_and_not_the_machine() {
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        let at = Instant::parse_rfc3339("2026-10-31T16:00:00Z").unwrap();
        assert_eq!(shanghai.month(at).unwrap().to_string(), "2026-11");
        assert_eq!(Zone::named("UTC").unwrap().month(at).unwrap().to_string(), "2026-10");
        let (start, end) = Month::parse("2026-11").unwrap().borders(&shanghai).unwrap();
        assert_eq!(start, at);
        assert_eq!(end.rfc3339(), "2026-11-30T16:00:00Z");
        assert_eq!(shanghai.day_start(shanghai.day(at).unwrap()), Ok(at));
        assert!(Zone::named("Mars/Olympus").is_err());
        assert!(Month::parse("2026-13").is_err());
    }
}
