use crate::orders::Line;
use kernel::{CommunityId, LineId, ProgramId, PromoterId, UnionAccountId};
use serde::Serialize;
use utoipa::ToSchema;

/// An order line as operators see it. Buyers are not in it: unions do not tell, and nobody needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBody {
    #[schema(value_type = String)]
    pub id: LineId,
    #[schema(value_type = Option<String>)]
    pub program: Option<ProgramId>,
    #[schema(value_type = String)]
    pub union_account: UnionAccountId,
    /// The union's order number, and that of the order it was split from.
    pub order_no: String,
    pub parent_no: Option<String>,
    /// expected, pending, confirmed, superseded, invalid, unknown.
    pub state: String,
    /// The union's own code.
    pub union_status: String,
    pub needs_review: bool,
    /// What could not be read of the report; empty in good order.
    pub defects: String,
    pub title: String,
    pub item_key: String,
    pub quantity: i64,
    pub returned: i64,
    pub unit_price_fen: i64,
    pub sale_fen: i64,
    pub estimated_fee_fen: i64,
    pub actual_fee_fen: i64,
    /// Fee of record: what the line is worth by its latest report.
    pub fee_fen: i64,
    pub settled_fen: i64,
    pub ordered_at: String,
    pub finished_at: Option<String>,
    pub modified_at: String,
    /// How it came to its promoter: code, by_hand, no_code, forged, unknown_promoter, foreign_program, no_plan.
    pub attribution: String,
    #[schema(value_type = Option<String>)]
    pub promoter: Option<PromoterId>,
    #[schema(value_type = Option<String>)]
    pub inviter: Option<PromoterId>,
    #[schema(value_type = Option<String>)]
    pub community: Option<CommunityId>,
    pub self_purchase: bool,
    pub direct_ppm: i64,
    pub inviter_ppm: i64,
}

impl From<&Line> for OrderBody {
    fn from(line: &Line) -> OrderBody {
        OrderBody {
            id: line.id,
            program: line.program,
            union_account: line.union_account,
            order_no: line.order_no.clone(),
            parent_no: line.parent_no.clone(),
            state: line.state.word().to_owned(),
            union_status: line.raw_status.clone(),
            needs_review: line.needs_review,
            defects: line.defects.clone(),
            title: line.title.clone(),
            item_key: line.item_key.clone(),
            quantity: line.quantity,
            returned: line.returned,
            unit_price_fen: line.unit_price.fen(),
            sale_fen: line.sale().fen(),
            estimated_fee_fen: line.estimated_fee.fen(),
            actual_fee_fen: line.actual_fee.fen(),
            fee_fen: line.fee().fen(),
            settled_fen: line.settled.fen(),
            ordered_at: line.ordered_at.rfc3339(),
            finished_at: line.finished_at.map(|t| t.rfc3339()),
            modified_at: line.version.modified_at.rfc3339(),
            attribution: line.attribution.word().to_owned(),
            promoter: line.promoter,
            inviter: line.inviter,
            community: line.community,
            self_purchase: line.self_purchase,
            direct_ppm: line.direct.ppm(),
            inviter_ppm: line.inviter_rate.ppm(),
        }
    }
}
