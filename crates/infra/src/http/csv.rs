//! Lists as files: a page at a time from the database into the answer, so a long one takes no more memory than a short.

use super::Failure;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kernel::{Instant, Money, Rate, Zone};

/// Rows of one read.
pub const CSV_ROWS: u32 = 500;
/// Spreadsheets take a file without it for another encoding.
const MARK: &str = "\u{feff}";

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// What others wrote: never read as a formula.
    Text(String),
    /// A number of ours, as it is.
    Number(String),
    Empty,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    pub fn yes(yes: bool) -> Cell {
        Cell::text(if yes { "是" } else { "否" })
    }

    /// `yyyy-mm-dd hh:mm:ss` in a zone, which the header names.
    pub fn time(at: Instant, zone: &Zone) -> Cell {
        Cell::text(at.local(zone))
    }

    pub fn maybe<T: Into<Cell>>(value: Option<T>) -> Cell {
        value.map_or(Cell::Empty, Into::into)
    }

    fn write(&self, out: &mut String) {
        let text = match self {
            Cell::Empty => return,
            Cell::Number(text) => return out.push_str(text),
            Cell::Text(text) => text,
        };
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let quoted = text.contains([',', '"', '\n', '\r']);
        if quoted {
            out.push('"');
        }
        if formula {
            out.push('\'');
        }
        if quoted {
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(text);
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::text(text)
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}
impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Number(number.to_string())
    }
}
/// In yuan with two places.
impl From<Money> for Cell {
    fn from(amount: Money) -> Cell {
        Cell::Number(amount.yuan())
    }
}
/// In percent.
impl From<Rate> for Cell {
    fn from(rate: Rate) -> Cell {
        Cell::Number(rate.percent())
    }
}

/// `row![a, b]`: cells of a row, each by its `From`.
#[macro_export]
macro_rules! row {
    ($($cell:expr),* $(,)?) => { vec![$($crate::http::Cell::from($cell)),*] };
}

fn write_row(row: &[Cell], out: &mut String) {
    for (n, cell) in row.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        cell.write(out);
    }
    out.push_str("\r\n");
}

/// Head of a column of times: says in which zone.
pub fn in_zone(words: &str, zone: &Zone) -> String {
    format!("{words}({})", zone.name())
}

/// Rows of one read, and from where the next goes on; `None`: these were the last.
pub type CsvPage<C> = (Vec<Vec<Cell>>, Option<C>);

/// A file of this name (`orders` → `orders.csv`). `page` is asked with what it needs and the place that the page before
/// gave, from `None` on, and only as fast as the reader reads; every call is a short read of its own. What fails before
/// the first row is a refusal; later the answer breaks off, so that half a file is not taken for a whole one.
pub async fn csv<S, C, F, R>(name: &str, header: &[&str], needs: S, page: F) -> Result<Response, Failure>
where
    S: Clone + Send + 'static,
    C: Send + 'static,
    F: Fn(S, Option<C>) -> R + Send + 'static,
    R: Future<Output = Result<CsvPage<C>, Failure>> + Send + 'static,
{
    let first = page(needs.clone(), None).await?;
    let mut text = MARK.to_owned();
    write_row(&header.iter().copied().map(Cell::from).collect::<Vec<_>>(), &mut text);
    let pages = stream::try_unfold((Some(Ok(first)), text, needs, page), |(next, mut text, needs, page)| async move {
        let (rows, after) = match next {
            None => return Ok(None),
            Some(Ok(read)) => read,
            Some(Err(place)) => page(needs.clone(), Some(place)).await.map_err(|failure| {
                tracing::error!(error = %failure, "an export broke off");
                std::io::Error::other(failure.to_string())
            })?,
        };
        for row in &rows {
            write_row(row, &mut text);
        }
        let bytes = Bytes::from(std::mem::take(&mut text));
        Ok::<_, std::io::Error>(Some((bytes, (after.map(Err), text, needs, page))))
    });
    let mut response = Body::from_stream(pages).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = format!("attachment; filename=\"{name}.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(Failure::broken)?);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(row: &[Cell]) -> String {
        let mut out = String::new();
        write_row(row, &mut out);
        out
    }

    #[test]
    fn what_others_wrote_is_never_a_formula_and_our_numbers_stay_numbers() {
        let row = row!["=1+1", "+86", "-x", "@a", "\tb", "\rc", "a-b", Money::from_fen(-1234), -5i64];
        assert_eq!(line(&row), "'=1+1,'+86,'-x,'@a,'\tb,\"'\rc\",a-b,-12.34,-5\r\n");
        let quoted = row!["a,b", "say \"hi\"", "=\"x\",1"];
        assert_eq!(line(&quoted), "\"a,b\",\"say \"\"hi\"\"\",\"'=\"\"x\"\",1\"\r\n");
        assert_eq!(line(&[Cell::Empty, Cell::yes(true), Cell::maybe(Some(7i64))]), ",是,7\r\n");
    }
}
