//! Identities at WeChat, and the ticket of somebody whom WeChat knows and we do not yet.
//!
//! The ticket says which user of which app stood before us. It is sealed with the master key and good for ten minutes, for
//! one purpose: to join with it, or to bind the identity to the person who signs in. Who has used it holds an identity
//! that belongs to somebody, so it works once.

use super::store;
use crate::audit::{self, Deed};
use crate::ctx::Ctx;
use infra::db::Tx;
use infra::http::Failure;
use infra::secrets;
use kernel::{Bucket, Instant, PersonId, Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub const BAD_TICKET: ProblemCode = ProblemCode::new("wechat.ticket", 401, "the wechat ticket is not valid");
pub const BOUND: ProblemCode = ProblemCode::new("wechat.bound", 409, "this wechat user is bound to somebody");

pub const TICKET_SECONDS: i64 = 600;
const PREFIX: &str = "dgw_";
const PURPOSE: &str = "wechat-ticket/0";
/// Characters of a ticket at the most.
const TICKET_MAX: usize = 1024;

/// One user of one app at WeChat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub appid: String,
    pub openid: String,
}

#[derive(Serialize, Deserialize)]
struct Inside {
    #[serde(flatten)]
    identity: Identity,
    until_us: i64,
}

impl Identity {
    pub fn bucket(&self) -> Bucket {
        Bucket::of_key(0, &format!("{}/{}", self.appid, self.openid))
    }

    /// A ticket, and when it ends.
    pub fn ticket(&self, ctx: &Ctx) -> Result<(String, Instant), Failure> {
        let until = ctx.now().plus_seconds(TICKET_SECONDS);
        let inside = Inside { identity: self.clone(), until_us: until.micros() };
        let text = serde_json::to_vec(&inside).map_err(Failure::broken)?;
        let sealed = ctx.master.seal(PURPOSE, &text).map_err(Failure::broken)?;
        Ok((format!("{PREFIX}{}", secrets::hex(&sealed)), until))
    }

    /// Whom a ticket was made for. Forged, of another purpose and over read the same.
    pub fn of_ticket(ctx: &Ctx, ticket: &str) -> Result<Identity, Problem> {
        let sealed = ticket.strip_prefix(PREFIX).filter(|_| ticket.len() <= TICKET_MAX).and_then(secrets::unhex);
        let opened = sealed.and_then(|sealed| ctx.master.open(PURPOSE, &sealed).ok());
        let inside = opened.and_then(|text| serde_json::from_slice::<Inside>(&text).ok());
        let inside = inside.filter(|inside| ctx.now().micros() < inside.until_us);
        inside.map(|inside| inside.identity).ok_or_else(|| Problem::new(BAD_TICKET, "sign in by wechat again"))
    }

    /// Makes the identity this person's, for ever. Theirs already: nothing changes.
    pub async fn bind(&self, ctx: &Ctx, tx: &mut Tx, person: PersonId) -> Result<(), Failure> {
        if store::take_identity(tx, self, person, ctx.now()).await? {
            let (subject, detail) = (person.to_string(), json!({ "appid": self.appid }));
            let deed = Deed { by: person, program: None, action: "person.wechat", subject, detail };
            return Ok(audit::note(tx, &ctx.ids, ctx.now(), deed).await?);
        }
        if store::person_of_identity(tx, self).await? == Some(person) {
            return Ok(());
        }
        Err(Problem::new(BOUND, "another person signs in with it").into())
    }
}
