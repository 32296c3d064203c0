use super::DbError;
use kernel::{Bucket, Id, Instant, Kind, LineState, Money, Rate};

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// The type of a column in a bulk insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Col {
    Int,
    Text,
    Bytes,
}

impl Col {
    pub(super) const fn pg_type(self) -> &'static str {
        match self {
            Col::Int => "BIGINT",
            Col::Text => "TEXT",
            Col::Bytes => "BYTEA",
        }
    }
}

pub(super) enum Array {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Blobs(Vec<Option<Vec<u8>>>),
}

/// Rows turned into one array per column.
pub(super) fn columns(types: &[Col], rows: Vec<Vec<Arg>>) -> Result<Vec<Array>, DbError> {
    let mut arrays: Vec<Array> = types
        .iter()
        .map(|t| match t {
            Col::Int => Array::Ints(Vec::with_capacity(rows.len())),
            Col::Text => Array::Texts(Vec::with_capacity(rows.len())),
            Col::Bytes => Array::Blobs(Vec::with_capacity(rows.len())),
        })
        .collect();
    for row in rows {
        for (array, arg) in arrays.iter_mut().zip(row) {
            match (array, arg) {
                (Array::Ints(list), Arg::Int(v)) => list.push(v),
                (Array::Texts(list), Arg::Text(v)) => list.push(v),
                (Array::Blobs(list), Arg::Bytes(v)) => list.push(v),
                (_, arg) => return Err(DbError::Shape(format!("{arg:?} in a column of another type"))),
            }
        }
    }
    Ok(arrays)
}

macro_rules! arg_from {
    ($($from:ty => |$v:ident| $arg:expr;)*) => {$(
        impl From<$from> for Arg {
            fn from($v: $from) -> Arg {
                $arg
            }
        }
    )*};
}

arg_from! {
    i64 => |v| Arg::Int(Some(v));
    Option<i64> => |v| Arg::Int(v);
    i32 => |v| Arg::Int(Some(v.into()));
    u32 => |v| Arg::Int(Some(v.into()));
    bool => |v| Arg::Int(Some(v.into()));
    &str => |v| Arg::Text(Some(v.to_owned()));
    String => |v| Arg::Text(Some(v));
    &String => |v| Arg::Text(Some(v.clone()));
    Option<String> => |v| Arg::Text(v);
    Option<&str> => |v| Arg::Text(v.map(str::to_owned));
    Vec<u8> => |v| Arg::Bytes(Some(v));
    Option<Vec<u8>> => |v| Arg::Bytes(v);
    Bucket => |v| Arg::Int(Some(v.number().into()));
    Money => |v| Arg::Int(Some(v.fen()));
    Option<Money> => |v| Arg::Int(v.map(Money::fen));
    Rate => |v| Arg::Int(Some(v.ppm()));
    Option<Rate> => |v| Arg::Int(v.map(Rate::ppm));
    Instant => |v| Arg::Int(Some(v.micros()));
    Option<Instant> => |v| Arg::Int(v.map(Instant::micros));
    LineState => |v| Arg::Text(Some(v.word().to_owned()));
}

impl<K: Kind> From<Id<K>> for Arg {
    fn from(v: Id<K>) -> Arg {
        Arg::Int(Some(v.raw()))
    }
}

impl<K: Kind> From<Option<Id<K>>> for Arg {
    fn from(v: Option<Id<K>>) -> Arg {
        Arg::Int(v.map(Id::raw))
    }
}

/// `args![a, b]`: parameters of a statement, each by its `From`.
#[macro_export]
macro_rules! args {
    ($($arg:expr),* $(,)?) => { vec![$($crate::db::Arg::from($arg)),*] };
}
