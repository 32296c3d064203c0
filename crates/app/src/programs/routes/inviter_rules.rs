//! GET and POST /programs/{program}/inviter-rules: bounds on the inviter part, by date and union.

use super::{DATE_TAKEN, TOO_MANY, note};
use crate::ctx::Ctx;
use crate::programs::store::{self, DatedInviterRule, INVITER_RULES_MAX};
use crate::staff::{InProgram, Input, Right, begins};
use accounting::InviterRule;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use infra::http::{Body, Failure, ProblemBody};
use kernel::{PersonId, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct InviterRuleBody {
    /// Null: every union.
    pub union: Option<String>,
    pub from: String,
    /// 0 switches the inviter part off.
    pub at_most_ppm: i64,
    /// Paid for orders placed within this many days of joining; null: without limit.
    pub days: Option<i64>,
    #[schema(value_type = String)]
    pub by: PersonId,
}

impl From<&DatedInviterRule> for InviterRuleBody {
    fn from(dated: &DatedInviterRule) -> InviterRuleBody {
        InviterRuleBody {
            union: Some(dated.union_code.clone()).filter(|code| !code.is_empty()),
            from: dated.from.rfc3339(),
            at_most_ppm: dated.rule.at_most.ppm(),
            days: dated.rule.days,
            by: dated.by,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct InviterRuleList {
    /// Newest first.
    pub items: Vec<InviterRuleBody>,
    /// Always null: all of them.
    pub next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewInviterRule {
    /// `jd`; without it every union.
    pub union: Option<String>,
    pub at_most_ppm: i64,
    pub days: Option<i64>,
    /// RFC 3339, not in the past; without it from now.
    pub from: Option<String>,
}

#[utoipa::path(get, path = "/programs/{program}/inviter-rules", tag = "programs", operation_id = "list_inviter_rules",
    params(("program" = String, Path)),
    responses((status = 200, body = InviterRuleList), (status = 404, body = ProblemBody)))]
pub async fn list(State(ctx): State<Ctx>, cx: InProgram) -> Result<Json<InviterRuleList>, Failure> {
    cx.needs(Right::Read)?;
    let rules = store::all_inviter_rules(&mut ctx.db.read().await?, cx.program.id).await?;
    Ok(Json(InviterRuleList { items: rules.iter().map(InviterRuleBody::from).collect(), next: None }))
}

#[utoipa::path(post, path = "/programs/{program}/inviter-rules", tag = "programs", operation_id = "add_inviter_rule",
    params(("program" = String, Path)), request_body = NewInviterRule,
    responses((status = 201, body = InviterRuleBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn add(
    State(ctx): State<Ctx>,
    cx: InProgram,
    Body(new): Body<NewInviterRule>,
) -> Result<(StatusCode, Json<InviterRuleBody>), Failure> {
    cx.needs(Right::ManagePrograms)?;
    let mut input = Input::default();
    let union_code = new.union.unwrap_or_default();
    if !["", "jd"].contains(&union_code.as_str()) {
        input.wrong("union", "must be jd, or left out for every union");
    }
    let at_most = input.rate("at_most_ppm", new.at_most_ppm);
    let days = new.days.map(|days| input.range("days", days, 0, 36_500));
    input.done()?;
    let from = begins("from", new.from.as_deref(), ctx.now())?;
    let dated = DatedInviterRule { union_code, from, rule: InviterRule { at_most, days }, by: cx.caller.person };
    let mut tx = ctx.db.begin().await?;
    store::lock(&mut tx, cx.program.id).await?;
    if store::inviter_rule_count(&mut tx, cx.program.id).await? >= INVITER_RULES_MAX as i64 {
        return Err(Problem::new(TOO_MANY, format!("a program keeps {INVITER_RULES_MAX} inviter rules")).into());
    }
    if !store::add_inviter_rule(&mut tx, cx.program.id, &dated).await? {
        return Err(Problem::new(DATE_TAKEN, "choose another moment").into());
    }
    let body = InviterRuleBody::from(&dated);
    let subject = cx.program.id.to_string();
    note(&ctx, &mut tx, dated.by, Some(cx.program.id), "program.inviter_rule", subject, json!(body)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(body)))
}
