//! Reading what JD writes: strings and numbers interchangeable, `""`, `"--"`, `"null"`, null and absent all mean none.
//!
//! Values are read from their text as it stands in the answer ([`RawValue`]), so that `6.54` never passes through a
//! floating-point number. What cannot be read becomes a named defect, never a panic and never a default that pays.

use jiff::civil;
use kernel::{Instant, Money, Rate, Zone};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

pub(super) type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The fields of an object; `None` if the text is none. Of a repeated key the last counts.
pub(super) fn object(text: &str) -> Option<Fields<'_>> {
    serde_json::from_str(text).ok()
}

/// The elements of a list; none, `null` and empty text are the empty list. `None` if it is something else.
pub(super) fn list(raw: Option<&RawValue>) -> Option<Vec<&RawValue>> {
    match scalar(raw) {
        Scalar::None => Some(Vec::new()),
        Scalar::Text(_) => None,
        Scalar::Nested => serde_json::from_str(raw?.get()).ok(),
    }
}

/// One value that is not a list or object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    None,
    /// Trimmed, never empty.
    Text(String),
    Nested,
}

pub(super) fn scalar(raw: Option<&RawValue>) -> Scalar {
    let Some(raw) = raw else { return Scalar::None };
    let written = raw.get().trim();
    let text = match written.as_bytes().first() {
        Some(b'{' | b'[') => return Scalar::Nested,
        Some(b'"') => match serde_json::from_str::<String>(written) {
            Ok(text) => text.trim().to_owned(),
            // A lone surrogate: valid for the raw reader, no text for us.
            Err(_) => return Scalar::Nested,
        },
        _ => written.to_owned(),
    };
    match text.as_str() {
        "" | "--" | "null" => Scalar::None,
        _ => Scalar::Text(text),
    }
}

/// Reads the fields of one row and collects what could not be read, as `field: reason`.
pub(super) struct Reader<'a> {
    fields: Fields<'a>,
    defects: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(fields: Fields<'a>) -> Reader<'a> {
        Reader { fields, defects: Vec::new() }
    }

    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.fields.get(name).copied()
    }

    pub(super) fn defect(&mut self, name: &str, reason: &str) {
        self.defects.push(format!("{name}: {reason}"));
    }

    pub(super) fn into_defects(self) -> Vec<String> {
        self.defects
    }

    pub(super) fn is_sound(&self) -> bool {
        self.defects.is_empty()
    }

    /// A nested object; none where absent or not an object.
    pub(super) fn child(&self, name: &str) -> Reader<'a> {
        Reader::new(self.raw(name).and_then(|raw| object(raw.get())).unwrap_or_default())
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match scalar(self.raw(name)) {
            Scalar::None => None,
            Scalar::Text(text) => Some(text),
            Scalar::Nested => {
                self.defect(name, "neither text nor a number");
                None
            }
        }
    }

    /// An id; `0` means none.
    pub(super) fn id(&mut self, name: &str) -> Option<String> {
        self.text(name).filter(|id| id != "0")
    }

    /// Like [`Reader::text`], but none is a defect.
    pub(super) fn required_text(&mut self, name: &str) -> String {
        let sound = self.defects.len();
        match self.text(name) {
            Some(text) => text,
            None => {
                self.missing(name, sound);
                String::new()
            }
        }
    }

    fn missing(&mut self, name: &str, sound: usize) {
        if self.defects.len() == sound {
            self.defect(name, "missing");
        }
    }

    fn parsed<T>(&mut self, name: &str, wanted: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            let shown: String = text.chars().take(40).collect();
            self.defect(name, &format!("`{shown}` is not {wanted}"));
        }
        value
    }

    /// Yuan to fen, half up.
    pub(super) fn money(&mut self, name: &str) -> Option<Money> {
        self.parsed(name, "an amount", |text| Money::from_yuan_text(text).ok())
    }

    pub(super) fn required_money(&mut self, name: &str) -> Money {
        let sound = self.defects.len();
        self.money(name).unwrap_or_else(|| {
            self.missing(name, sound);
            Money::ZERO
        })
    }

    /// Percent to ppm.
    pub(super) fn rate(&mut self, name: &str) -> Option<Rate> {
        self.parsed(name, "a percentage", |text| Rate::from_percent_text(text).ok())
    }

    pub(super) fn int(&mut self, name: &str) -> Option<i64> {
        self.parsed(name, "a whole number", whole)
    }

    /// `yyyy-mm-dd hh:mm:ss` in China time, or milliseconds; `0` means none.
    pub(super) fn time(&mut self, name: &str) -> Option<Instant> {
        self.id(name)?;
        self.parsed(name, "a time", moment)
    }

    pub(super) fn required_time(&mut self, name: &str) -> Option<Instant> {
        let sound = self.defects.len();
        let time = self.time(name);
        if time.is_none() {
            self.missing(name, sound);
        }
        time
    }

    /// `yyyymmdd` as text or number; `0` and `"0"` mean none.
    pub(super) fn date(&mut self, name: &str) -> Option<String> {
        self.id(name)?;
        self.parsed(name, "a date", |text| is_date(text).then(|| text.to_owned()))
    }

    /// Truth as `true`, `1`, `"1"` or `"true"`, in any case; none and everything else is false.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text == "1" || text.eq_ignore_ascii_case("true"))
    }

    pub(super) fn settlements(&mut self, name: &str) -> Vec<(String, Money)> {
        let Some(raw) = self.raw(name) else { return Vec::new() };
        let text = match scalar(Some(raw)) {
            Scalar::None => return Vec::new(),
            Scalar::Text(text) => text,
            Scalar::Nested => raw.get().to_owned(),
        };
        balance_entries(&text).unwrap_or_else(|| {
            self.defect(name, "not a list of dates and amounts");
            Vec::new()
        })
    }
}

/// A whole number; a fraction of zeros is allowed, because some languages print numbers so.
fn whole(text: &str) -> Option<i64> {
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => digits,
        Some(_) => return None,
        None => text,
    };
    digits.parse().ok()
}

fn moment(text: &str) -> Option<Instant> {
    if let Some(ms) = whole(text) {
        // Milliseconds of the years 2001 to 2286; anything else is no time that JD would write.
        return (1_000_000_000_000..10_000_000_000_000).contains(&ms).then(|| Instant::from_millis(ms));
    }
    Instant::parse_local(text, &Zone::china()).ok()
}

fn is_date(text: &str) -> bool {
    let part = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(4, 6), part(6, 8)) else { return false };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) && civil::Date::new(year, month, day).is_ok()
}

/// `balanceExt`: looks like JSON, but has bare keys: `{20191020:10,20191120:-2}`. Quotes and blanks are accepted.
/// `None` if it cannot be read in full: half of a settlement history would be worse than none.
pub(super) fn balance_entries(text: &str) -> Option<Vec<(String, Money)>> {
    let inside = text.trim();
    if inside.is_empty() {
        return Some(Vec::new());
    }
    let inside = inside.strip_prefix('{')?.strip_suffix('}')?.trim();
    if inside.is_empty() {
        return Some(Vec::new());
    }
    inside.split(',').map(balance_entry).collect()
}

fn balance_entry(entry: &str) -> Option<(String, Money)> {
    let (date, amount) = entry.split_once(':')?;
    let date = unquoted(date);
    let amount = Money::from_yuan_text(unquoted(amount)).ok()?;
    is_date(date).then(|| (date.to_owned(), amount))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<T>(value: &str, with: impl FnOnce(&mut Reader<'_>) -> T) -> (T, Vec<String>) {
        let text = format!("{{\"f\":{value}}}");
        let mut reader = Reader::new(object(&text).unwrap());
        let got = with(&mut reader);
        (got, reader.into_defects())
    }

    #[test]
    fn strings_and_numbers_are_interchangeable() {
        for written in ["6.54", "\"6.54\"", "\" 6.540 \"", "6.535", "654e-2"] {
            assert_eq!(read(written, |r| r.money("f")), (Some(Money::from_fen(654)), vec![]), "{written}");
        }
        assert_eq!(read("-1.34", |r| r.money("f")).0, Some(Money::from_fen(-134)));
        assert_eq!(read("\"1.8\"", |r| r.rate("f")).0.map(Rate::ppm), Some(18_000));
        for written in ["3", "\"3\"", "3.0", "\"3.00\""] {
            assert_eq!(read(written, |r| r.int("f")).0, Some(3), "{written}");
        }
        for written in ["true", "1", "\"1\"", "\"TRUE\""] {
            assert!(read(written, |r| r.flag("f")).0, "{written}");
        }
        // 2 ** 53 + 1 has no double of its own.
        assert_eq!(read("9007199254740993", |r| r.id("f")).0.as_deref(), Some("9007199254740993"));
    }

    #[test]
    fn every_way_of_writing_none_is_none_and_no_defect() {
        for written in ["null", "\"\"", "\"--\"", "\"null\"", "\"  \""] {
            assert_eq!(read(written, |r| r.money("f")), (None, vec![]), "{written}");
            assert_eq!(read(written, |r| r.time("f")), (None, vec![]), "{written}");
            assert_eq!(read(written, |r| r.settlements("f")), (vec![], vec![]), "{written}");
        }
        assert_eq!(read("1", |r| r.money("absent")), (None, vec![]));
    }

    #[test]
    fn what_cannot_be_read_is_a_named_defect() {
        assert_eq!(read("\"zwei\"", |r| r.money("f")), (None, vec!["f: `zwei` is not an amount".to_owned()]));
        assert_eq!(read("{}", |r| r.int("f")), (None, vec!["f: neither text nor a number".to_owned()]));
        assert_eq!(read("1.5", |r| r.int("f")).1.len(), 1);
        assert_eq!(read("\"\\ud800\"", |r| r.text("f")).1.len(), 1);
        assert_eq!(read("null", |r| r.required_money("f")), (Money::ZERO, vec!["f: missing".to_owned()]));
        assert_eq!(read("[]", |r| r.required_text("f")).1, ["f: neither text nor a number"]);
        assert_eq!(read("\"{20240620:1,\"", |r| r.settlements("f")).1.len(), 1);
    }

    #[test]
    fn pay_month_comes_in_four_forms() {
        for (written, date) in
            [("\"0\"", None), ("0", None), ("\"20240620\"", Some("20240620")), ("20240620", Some("20240620"))]
        {
            assert_eq!(read(written, |r| r.date("f")), (date.map(str::to_owned), vec![]), "{written}");
        }
        for written in ["\"20241320\"", "202406", "\"+2024062\"", "\"2024年6月\""] {
            assert_eq!(read(written, |r| r.date("f")).1.len(), 1, "{written}");
        }
    }

    #[test]
    fn times_are_china_time_or_milliseconds() {
        let at = Some(Instant::parse_rfc3339("2024-05-20T04:31:05Z").unwrap());
        for written in ["\"2024-05-20 12:31:05\"", "1716179465000", "\"1716179465000\""] {
            assert_eq!(read(written, |r| r.time("f")), (at, vec![]), "{written}");
        }
        assert_eq!(read("0", |r| r.time("f")), (None, vec![]));
        assert_eq!(read("17", |r| r.time("f")).1.len(), 1);
    }

    #[test]
    fn balance_entries_have_bare_keys() {
        let fen = |entries: &str| {
            balance_entries(entries).map(|e| e.into_iter().map(|(d, m)| (d, m.fen())).collect::<Vec<_>>())
        };
        assert_eq!(
            fen("{20191020:10,20191120:-2}"),
            Some(vec![("20191020".to_owned(), 1000), ("20191120".to_owned(), -200)])
        );
        assert_eq!(fen("{ \"20191020\" : \"10.5\" }"), Some(vec![("20191020".to_owned(), 1050)]));
        assert_eq!(fen(""), Some(vec![]));
        assert_eq!(fen("{}"), Some(vec![]));
        for bad in ["{", "{:}", "{20191020}", "{20191320:1}", "20191020:1", "{20191020:1,}", "{20191020:x}"] {
            assert_eq!(fen(bad), None, "{bad}");
        }
        // A real object instead of text.
        assert_eq!(
            read("{\"20191020\":10}", |r| r.settlements("f")).0,
            [("20191020".to_owned(), Money::from_fen(1000))]
        );
    }

    proptest! {
        #[test]
        fn readers_never_panic(text in ".{0,60}") {
            let json = serde_json::to_string(&text).unwrap();
            let whole = format!("{{\"f\":{json}}}");
            let mut reader = Reader::new(object(&whole).unwrap());
            let _ = (reader.money("f"), reader.rate("f"), reader.int("f"), reader.time("f"), reader.date("f"));
            let _ = (reader.flag("f"), reader.settlements("f"), list(reader.raw("f")));
            let _ = (balance_entries(&text), object(&text), moment(&text), whole_or_date(&text));
        }

        #[test]
        fn readers_never_panic_near_the_real_forms(text in "[-+0-9.:,{}eE\" ]{0,40}") {
            let _ = (balance_entries(&text), moment(&text), whole_or_date(&text), Money::from_yuan_text(&text));
            let _ = Rate::from_percent_text(&text);
        }

        #[test]
        fn balance_entries_round_trip(
            entries in proptest::collection::vec(((2000i16..2100, 1i8..13, 1i8..29), -1_000_000i64..1_000_000), 0..8)
        ) {
            let entries: Vec<(String, Money)> = entries
                .into_iter()
                .map(|((y, m, d), fen)| (format!("{y:04}{m:02}{d:02}"), Money::from_fen(fen)))
                .collect();
            let written: Vec<String> = entries.iter().map(|(d, m)| format!("{d}:{}", m.yuan())).collect();
            prop_assert_eq!(balance_entries(&format!("{{{}}}", written.join(","))), Some(entries));
        }
    }

    fn whole_or_date(text: &str) -> (Option<i64>, bool) {
        (whole(text), is_date(text))
    }
}
