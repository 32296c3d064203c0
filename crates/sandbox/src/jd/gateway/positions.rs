//! `position.create` and `position.query`.

use super::Found;
use super::asked::Asked;
use super::refusal::Refusal;
use crate::jd::Sandbox;
use crate::jd::positions::{CONSOLE, CannotMake, NAME_CHARS_MAX, NAMES_MAX, PRIVATE, Position};
use serde_json::{Map, Value, json};

const PAGE_MAX: i64 = 100;
const PAGE_SIZE_MAX: i64 = 100;

/// Whose positions are meant, and of which type.
fn admitted(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<i64, Refusal> {
    let config = sandbox.config();
    if asked.int("unionId")?.ok_or_else(|| asked.bad("unionId"))? != config.union_id {
        return Err(Refusal::new(2_004_410, "联盟用户不存在"));
    }
    if asked.text("key")?.ok_or_else(|| asked.bad("key"))? != config.position_key {
        return Err(Refusal::new(2_004_408, "授权码无效或已过期"));
    }
    let union_type = asked.int("unionType")?;
    union_type.filter(|kind| [PRIVATE, CONSOLE].contains(kind)).ok_or_else(|| asked.bad("unionType"))
}

fn pid(sandbox: &Sandbox, position: &Position) -> Option<String> {
    let config = sandbox.config();
    let site = if position.site_id == 0 { config.site_id } else { position.site_id };
    (position.union_type == CONSOLE).then(|| format!("{}_{site}_{}", config.union_id, position.id))
}

pub(super) fn create(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<Found, Refusal> {
    let union_type = admitted(sandbox, asked)?;
    let kind = asked.int("type")?.filter(|kind| (1..=4).contains(kind)).ok_or_else(|| asked.bad("type"))?;
    let site_id = asked.int("siteId")?.unwrap_or(0);
    let names = asked.list("spaceNameList")?;
    if names.is_empty() || names.iter().any(|name| name.trim().is_empty()) {
        return Err(asked.bad("spaceNameList"));
    }
    if names.len() > NAMES_MAX {
        return Err(Refusal::new(20_043, "推广位名称不能超过50个"));
    }
    if names.iter().any(|name| name.chars().count() > NAME_CHARS_MAX) {
        return Err(Refusal::new(20_044, "推广位名称不能超过30个字符"));
    }
    if kind != 4 && site_id != sandbox.config().site_id {
        return Err(Refusal::new(20_045, "站点不存在"));
    }
    let made = sandbox.make_positions(&names, union_type, kind, site_id).map_err(|error| match error {
        CannotMake::Taken => Refusal::new(20_042, "推广位名称重复"),
        CannotMake::TooMany => Refusal::new(20_046, "推广位数量超过上限"),
    })?;
    let by_name = |value: &dyn Fn(&Position) -> Option<Value>| -> Map<String, Value> {
        made.iter().filter_map(|position| Some((position.name.clone(), value(position)?))).collect()
    };
    let mut data = json!({
        "resultList": by_name(&|position| Some(Value::from(position.id))),
        "siteId": site_id, "type": kind, "unionId": sandbox.config().union_id,
    });
    if union_type == CONSOLE {
        data["pid"] = Value::Object(by_name(&|position| pid(sandbox, position).map(Value::from)));
    }
    Ok(Found::data(data))
}

pub(super) fn query(sandbox: &Sandbox, asked: &Asked<'_>) -> Result<Found, Refusal> {
    let union_type = admitted(sandbox, asked)?;
    let page = asked.int_within("pageIndex", 1, 1, PAGE_MAX)?;
    let size = asked.int_within("pageSize", PAGE_SIZE_MAX, 1, PAGE_SIZE_MAX)?;
    let all = sandbox.positions(union_type);
    let begin = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let shown = all.iter().skip(begin).take(usize::try_from(size).unwrap_or(0)).map(|position| {
        let mut row = json!({
            "id": position.id, "siteId": position.site_id, "spaceName": position.name, "type": position.kind,
        });
        if let Some(pid) = pid(sandbox, position) {
            row["pid"] = Value::from(pid);
        }
        row
    });
    Ok(Found::data(json!({
        "pageNo": page, "pageSize": size, "result": shown.collect::<Vec<_>>(), "total": all.len(),
    })))
}
