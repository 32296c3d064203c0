//! The business parameters of a call. Numbers may come as text, as JD accepts them; what is absent, null or empty is not
//! there.

use super::refusal::Refusal;
use kernel::{Money, Rate};
use serde_json::{Map, Value};

/// Parameters, and the code with which this method refuses a bad one.
pub(super) struct Asked<'a> {
    fields: &'a Map<String, Value>,
    bad: u32,
}

impl<'a> Asked<'a> {
    pub(super) fn new(fields: &'a Map<String, Value>, bad: u32) -> Asked<'a> {
        Asked { fields, bad }
    }

    pub(super) fn bad(&self, name: &str) -> Refusal {
        Refusal::new(self.bad, format!("请求参数错误：{name}"))
    }

    fn scalar(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(i32::from(*flag).to_string())),
            Some(_) => Err(self.bad(name)),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.scalar(name)
    }

    pub(super) fn int(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let text = self.scalar(name)?;
        text.map(|text| text.trim().parse().map_err(|_| self.bad(name))).transpose()
    }

    /// A number of these, or the usual one where none is given.
    pub(super) fn int_within(&self, name: &str, usual: i64, low: i64, high: i64) -> Result<i64, Refusal> {
        let number = self.int(name)?.unwrap_or(usual);
        if (low..=high).contains(&number) { Ok(number) } else { Err(self.bad(name)) }
    }

    /// `1` asks for it; anything else does not.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self.int(name)? == Some(1))
    }

    /// Yuan.
    pub(super) fn money(&self, name: &str) -> Result<Option<Money>, Refusal> {
        let text = self.scalar(name)?;
        text.map(|text| Money::from_yuan_text(&text).map_err(|_| self.bad(name))).transpose()
    }

    /// Percent.
    pub(super) fn rate(&self, name: &str) -> Result<Option<Rate>, Refusal> {
        let text = self.scalar(name)?;
        text.map(|text| Rate::from_percent_text(&text).map_err(|_| self.bad(name))).transpose()
    }

    /// A list, or text with commas.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(|item| self.item(name, item)).collect(),
            Some(Value::String(text)) => {
                Ok(text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect())
            }
            Some(Value::Number(number)) => Ok(vec![number.to_string()]),
            Some(_) => Err(self.bad(name)),
        }
    }

    /// Only a list: for values that may hold commas themselves.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.fields.get(name) {
            Some(Value::Array(items)) => items.iter().map(|item| self.item(name, item)).collect(),
            _ => Err(self.bad(name)),
        }
    }

    fn item(&self, name: &str, item: &Value) -> Result<String, Refusal> {
        match item {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(self.bad(name)),
        }
    }

    pub(super) fn ints(&self, name: &str) -> Result<Vec<i64>, Refusal> {
        let texts = self.texts(name)?;
        texts.iter().map(|text| text.trim().parse().map_err(|_| self.bad(name))).collect()
    }
}
