//! `daogou persons`: a new password for somebody who lost theirs.

use super::{Common, with};
use crate::failure::Failure;
use app::audit::{self, Deed};
use app::persons::{self, rules};
use clap::Subcommand;
use infra::password;
use serde_json::json;

#[derive(Subcommand)]
pub enum What {
    /// Give a person a new one-time password and end their sessions
    Password {
        /// Sign-in name
        name: String,
    },
}

pub async fn run(common: &Common, what: What) -> Result<(), Failure> {
    let What::Password { name } = what;
    let name = rules::sign_in_name(&name).map_err(Failure::usage)?;
    with(common, async |ctx, tell| {
        let new = rules::one_time_password(persons::session::random_bytes());
        let hash = password::hash(&new).await.map_err(Failure::failed)?;
        let mut tx = ctx.db.begin().await?;
        let found = persons::store::find_by_name(&mut tx, &name).await?;
        let person = found.ok_or_else(|| Failure::usage(format!("nobody signs in as {name}")))?;
        if !persons::store::set_password(&mut tx, person.id, &hash, &person.password_hash).await? {
            return Err(Failure::failed("somebody else changed the password at this moment; try again"));
        }
        // No session has the id 0, so none stays.
        persons::store::end_other_sessions(&mut tx, person.id, kernel::TokenId::from_raw(0)).await?;
        let detail = json!({ "by": "command line" });
        let subject = person.id.to_string();
        let deed = Deed { by: person.id, program: None, action: "person.password_reset", subject, detail };
        audit::note(&mut tx, &ctx.ids, ctx.now(), deed).await?;
        tx.commit().await?;
        tell.line(format!("{name}  {new}"));
        tell.json(&json!({ "name": name, "password": new }));
        Ok(())
    })
    .await
}
