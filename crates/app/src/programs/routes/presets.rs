//! GET /programs/presets: programs as they are shipped.

use crate::programs::presets::{PRESETS, Preset};
use crate::staff::Caller;
use axum::Json;
use infra::http::{Failure, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct PresetBody {
    pub code: &'static str,
    pub name: &'static str,
    pub audience: &'static str,
    /// `open`, `invite` or `roster`.
    pub admission: &'static str,
    pub theme_colour: &'static str,
    #[schema(value_type = Object)]
    pub catalog_scope: serde_json::Value,
}

#[derive(Serialize, ToSchema)]
pub struct PresetList {
    pub items: Vec<PresetBody>,
}

fn body(preset: &Preset) -> Result<PresetBody, Failure> {
    Ok(PresetBody {
        code: preset.code,
        name: preset.name,
        audience: preset.audience,
        admission: preset.admission.word(),
        theme_colour: preset.theme_colour,
        catalog_scope: serde_json::from_str(preset.catalog_scope).map_err(Failure::broken)?,
    })
}

#[utoipa::path(get, path = "/programs/presets", tag = "programs", operation_id = "list_presets",
    responses((status = 200, body = PresetList), (status = 401, body = ProblemBody)))]
pub async fn presets(_caller: Caller) -> Result<Json<PresetList>, Failure> {
    Ok(Json(PresetList { items: PRESETS.iter().map(body).collect::<Result<_, _>>()? }))
}
