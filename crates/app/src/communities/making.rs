//! Making a community, within the person's limit.

use super::model::{ACTIVE, Community};
use super::store;
use crate::ctx::Ctx;
use crate::programs::Program;
use crate::promoters::{self, Promoter};
use crate::staff::Input;
use infra::db::Tx;
use infra::http::Failure;
use kernel::{CommunityId, Problem, ProblemCode};
use serde::Deserialize;
use utoipa::ToSchema;

pub const LIMIT: ProblemCode = ProblemCode::new("communities.limit", 409, "no more communities");
pub const ORDINALS_USED_UP: ProblemCode =
    ProblemCode::new("communities.ordinals_used_up", 409, "this promoter has made too many communities");

/// What a community is for where nobody says otherwise: it tells what is on offer.
pub const INFORMATION: &str = "information";
pub const MEMBERS_MAX: i64 = 1_000_000;

/// What is said of a community when it is made.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct NewCommunity {
    pub name: String,
    /// `information` where not said.
    pub kind: Option<String>,
    #[serde(default)]
    pub city: String,
    #[serde(default)]
    pub member_count: i64,
}

/// Makes a community of an active promoter. The limit is the program's, counted over all programs of the person.
pub async fn make(
    ctx: &Ctx,
    tx: &mut Tx,
    program: &Program,
    promoter: &Promoter,
    new: &NewCommunity,
) -> Result<Community, Failure> {
    let mut input = Input::default();
    let name = input.text("name", &new.name, 1, 40);
    let kind = input.text("kind", new.kind.as_deref().unwrap_or(INFORMATION), 1, 30);
    let city = input.text("city", &new.city, 0, 30);
    let member_count = input.range("member_count", new.member_count, 0, MEMBERS_MAX);
    input.done()?;
    let id: CommunityId = ctx.ids.next(promoter.id.bucket());
    // The promoter's row first: communities of one promoter are made one after the other.
    let ordinal = promoters::store::take_ordinal(tx, promoter.id).await?.ok_or_else(|| {
        Problem::new(
            ORDINALS_USED_UP,
            "share codes have room for 1,022 communities of a promoter, closed ones included",
        )
    })?;
    let slot = store::take_slot(tx, promoter.person, program.community_limit, id).await?.ok_or_else(|| {
        let detail =
            format!("at most {} per person, counted over all programs; close one first", program.community_limit);
        Problem::new(LIMIT, detail)
    })?;
    let community = Community {
        id,
        program: program.id,
        promoter: promoter.id,
        person: promoter.person,
        ordinal,
        name,
        kind,
        city,
        member_count,
        state: ACTIVE.to_owned(),
        created_at: ctx.now(),
        version: 1,
    };
    store::insert(tx, &community, slot).await?;
    Ok(community)
}
