//! Positions (推广位): `position.create` and `position.query`, in the type that needs no PID.

use super::client::Client;
use super::errors::failure;
use super::tolerant::{Fields, Reader, list, object};
use super::wire::{Inner, MAKE_POSITIONS, POSITIONS, malformed};
use crate::unions::{ErrorClass, Position, PositionPage, UnionError};
use serde::Serialize;

/// Names of one call.
pub(super) const NAMES_MAX: usize = 50;
const NAME_CHARS_MAX: usize = 30;
const PAGE_ROWS_MAX: u32 = 100;
/// A tool vendor's own positions, without PID.
const PRIVATE: u8 = 3;
/// Chat tools: no website behind them.
const CHAT: u8 = 4;
/// A website or app behind them.
const SITE: u8 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    position_req: Asked<'a>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    union_id: i64,
    key: &'a str,
    union_type: u8,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    space_name_list: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_size: Option<u32>,
}

/// Whose positions are meant.
fn asked<'a>(client: &'a Client, method: &str) -> Result<Asked<'a>, UnionError> {
    let of = client.config().positions.as_ref();
    let of =
        of.ok_or_else(|| failure(method, ErrorClass::BadRequest, "request", "the account has no key for positions"))?;
    Ok(Asked { union_id: of.union_id, key: &of.key, union_type: PRIVATE, ..Asked::default() })
}

pub(super) async fn make(client: &Client, names: &[String]) -> Result<Vec<Position>, UnionError> {
    let fits = |name: &String| !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX;
    if names.is_empty() || names.len() > NAMES_MAX || !names.iter().all(fits) {
        let words = "1 to 50 names of 1 to 30 characters";
        return Err(failure(MAKE_POSITIONS, ErrorClass::BadRequest, "request", words));
    }
    let site_id = client.config().site_id;
    let kind = Some(if site_id.is_some() { SITE } else { CHAT });
    let position_req = Asked { kind, space_name_list: Some(names), site_id, ..asked(client, MAKE_POSITIONS)? };
    made(&client.call(MAKE_POSITIONS, &Request { position_req }).await?)
}

/// `resultList` is a map from names to numbers.
pub(super) fn made(inner: &Inner) -> Result<Vec<Position>, UnionError> {
    let by_name = data(inner).and_then(|data| object(data.get("resultList")?.get()));
    let by_name = by_name.ok_or_else(|| malformed(MAKE_POSITIONS, "shape", "the answer names no positions"))?;
    let mut reader = Reader::new(by_name.clone());
    by_name.into_keys().map(|name| position(MAKE_POSITIONS, reader.int(&name), name)).collect()
}

pub(super) async fn page(client: &Client, page: u32) -> Result<PositionPage, UnionError> {
    let (page_index, page_size) = (Some(page), Some(PAGE_ROWS_MAX));
    let position_req = Asked { page_index, page_size, ..asked(client, POSITIONS)? };
    listed(&client.call(POSITIONS, &Request { position_req }).await?, page)
}

pub(super) fn listed(inner: &Inner, page: u32) -> Result<PositionPage, UnionError> {
    let shape = || malformed(POSITIONS, "shape", "the answer is no page of positions");
    let data = data(inner).ok_or_else(shape)?;
    let rows = list_of(&data).ok_or_else(shape)?;
    let total = Reader::new(data).int("total").ok_or_else(shape)?;
    let mut positions = Vec::with_capacity(rows.len());
    for row in rows {
        let mut row = Reader::new(object(row).unwrap_or_default());
        let name = row.text("spaceName").unwrap_or_default();
        positions.push(position(POSITIONS, row.int("id"), name)?);
    }
    let more = !positions.is_empty() && total > i64::from(page) * i64::from(PAGE_ROWS_MAX);
    Ok(PositionPage { positions, more })
}

fn list_of<'a>(data: &Fields<'a>) -> Option<Vec<&'a str>> {
    Some(list(data.get("result").copied())?.into_iter().map(|raw| raw.get()).collect())
}

fn data(inner: &Inner) -> Option<Fields<'_>> {
    object(inner.fields().ok()?.get("data")?.get())
}

fn position(method: &str, id: Option<i64>, name: String) -> Result<Position, UnionError> {
    let id = id.filter(|id| *id > 0).ok_or_else(|| malformed(method, "shape", "a position without a number"))?;
    Ok(Position { id, name })
}

#[cfg(test)]
mod tests {
    use super::super::wire::tests::{opened, wrapped};
    use super::*;

    fn read<T>(
        method: &str,
        data: &str,
        with: impl Fn(&Inner) -> Result<T, UnionError>,
    ) -> Result<T, (ErrorClass, String)> {
        let body = wrapped(method, &format!("{{\"code\":200,\"data\":{data}}}"));
        with(&opened(method, &body).unwrap()).map_err(|e| (e.class, e.code))
    }

    #[test]
    fn positions_are_read_by_name_and_by_page() {
        let position = |id, name: &str| Position { id, name: name.to_owned() };
        let made = |data: &str| read(MAKE_POSITIONS, data, made);
        assert_eq!(
            made("{\"resultList\":{\"b\":\"7\",\"a\":21001775614}}"),
            Ok(vec![position(21_001_775_614, "a"), position(7, "b")])
        );
        let listed = |data: &str| read(POSITIONS, data, |inner| listed(inner, 2));
        let page = listed("{\"total\":\"201\",\"result\":[{\"id\":8,\"spaceName\":\"推手\"}]}").unwrap();
        assert_eq!(page, PositionPage { positions: vec![position(8, "推手")], more: true });
        assert!(!listed("{\"total\":200,\"result\":[{\"id\":8}]}").unwrap().more);
        // An empty page is the last, whatever it says.
        assert!(!listed("{\"total\":999}").unwrap().more);
        let shape = Err((ErrorClass::Malformed, "shape".to_owned()));
        for bad in
            ["null", "[]", "{}", "{\"resultList\":7}", "{\"resultList\":{\"a\":null}}", "{\"resultList\":{\"a\":-1}}"]
        {
            assert_eq!(made(bad), shape, "{bad}");
        }
        for bad in ["7", "{\"result\":[]}", "{\"total\":1,\"result\":7}", "{\"total\":1,\"result\":[{}]}"] {
            assert_eq!(listed(bad).map(|page| page.more).map_err(|e| e.0), Err(ErrorClass::Malformed), "{bad}");
        }
    }

    #[test]
    fn the_request_is_what_jd_documents() {
        let names = ["甲".to_owned()];
        let position_req = Asked {
            union_id: 1,
            key: "k",
            union_type: PRIVATE,
            kind: Some(CHAT),
            space_name_list: Some(&names),
            ..Asked::default()
        };
        assert_eq!(
            serde_json::to_string(&Request { position_req }).unwrap(),
            "{\"positionReq\":{\"unionId\":1,\"key\":\"k\",\"unionType\":3,\"type\":4,\"spaceNameList\":[\"甲\"]}}"
        );
    }
}
