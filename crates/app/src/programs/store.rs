//! Statements of this slice.

use super::model::{Program, ProgramState};
use infra::args;
use infra::db::{DbError, Row, Tx};
use kernel::{ProgramId, Zone};

fn program(row: &Row) -> Result<Program, DbError> {
    let shape = |what: String| DbError::Shape(what);
    let zone = row.text("time_zone")?;
    let state = row.text("state")?;
    Ok(Program {
        id: row.id("id")?,
        code: row.text("code")?,
        name: row.text("name")?,
        audience: row.text("audience")?,
        state: ProgramState::from_word(&state).ok_or_else(|| shape(format!("program state {state}")))?,
        zone: Zone::named(&zone).map_err(|e| shape(e.to_string()))?,
        community_limit: row.int("community_limit")?,
        public_url: row.text("public_url")?,
        theme_colour: row.text("theme_colour")?,
        catalog_scope: row.text("catalog_scope")?,
        version: row.int("version")?,
    })
}

pub async fn find(tx: &mut Tx, id: ProgramId) -> Result<Option<Program>, DbError> {
    tx.one(sql!("find"), args![id]).await?.as_ref().map(program).transpose()
}

/// By its code or by a code that it once had.
pub async fn find_by_code(tx: &mut Tx, code: &str) -> Result<Option<Program>, DbError> {
    tx.one(sql!("find_by_code"), args![code]).await?.as_ref().map(program).transpose()
}
