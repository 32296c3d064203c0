use crate::catalog::{self, Product};
use crate::communities;
use crate::orders::Line;
use crate::promoters;
use infra::db::{DbError, Tx};
use kernel::{CommunityId, LineId, ProgramId, PromoterId, UnionAccountId};
use serde::Serialize;
use std::collections::HashMap;
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
    /// How it came to its promoter: code, position, by_hand, no_code, forged, unknown_promoter, foreign_program, no_plan.
    pub attribution: String,
    #[schema(value_type = Option<String>)]
    pub promoter: Option<PromoterId>,
    pub promoter_name: Option<String>,
    /// Who invited the promoter; staff only.
    #[schema(value_type = Option<String>)]
    pub inviter: Option<PromoterId>,
    /// Staff only.
    pub inviter_name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub community: Option<CommunityId>,
    pub community_name: Option<String>,
    /// Its number in the catalog, as text; null where the catalog does not know it.
    pub product: Option<String>,
    /// The union's.
    pub image_url: Option<String>,
    /// Parts of `fee_fen` under the deal frozen at order time.
    pub direct_fen: i64,
    /// Staff only.
    pub inviter_fen: Option<i64>,
    /// Staff only.
    pub platform_fen: Option<i64>,
    pub self_purchase: bool,
    pub direct_ppm: i64,
    pub inviter_ppm: i64,
}

/// What the ids of some lines stand for, each looked up once.
pub(super) struct Names {
    pub promoters: HashMap<PromoterId, String>,
    pub communities: HashMap<CommunityId, String>,
    pub products: HashMap<(UnionAccountId, String), Product>,
}

impl Names {
    pub async fn load(tx: &mut Tx, lines: &[Line]) -> Result<Names, DbError> {
        let people = lines.iter().flat_map(|l| [l.promoter, l.inviter]).flatten().collect();
        let places = lines.iter().filter_map(|l| l.program.zip(l.community)).collect();
        let items = lines.iter().map(|l| (l.union_account, l.item_key.clone())).collect();
        Ok(Names {
            promoters: promoters::store::names(tx, people).await?,
            communities: communities::store::names(tx, places).await?,
            products: catalog::store::by_items(tx, items).await?,
        })
    }

    pub fn promoter(&self, id: Option<PromoterId>) -> Option<String> {
        id.and_then(|id| self.promoters.get(&id).cloned())
    }

    pub fn community(&self, line: &Line) -> Option<String> {
        line.community.and_then(|id| self.communities.get(&id).cloned())
    }

    pub fn product(&self, line: &Line) -> Option<&Product> {
        self.products.get(&(line.union_account, line.item_key.clone()))
    }
}

impl OrderBody {
    /// Lines with the names in them; what only staff may see is left out for others.
    pub async fn load_all(tx: &mut Tx, lines: &[Line], staff: bool) -> Result<Vec<OrderBody>, DbError> {
        let names = Names::load(tx, lines).await?;
        lines.iter().map(|line| OrderBody::new(line, &names, staff)).collect()
    }

    pub async fn load(tx: &mut Tx, line: &Line, staff: bool) -> Result<OrderBody, DbError> {
        let names = Names::load(tx, std::slice::from_ref(line)).await?;
        OrderBody::new(line, &names, staff)
    }

    fn new(line: &Line, names: &Names, staff: bool) -> Result<OrderBody, DbError> {
        let shares = line.shares().map_err(|e| DbError::Shape(format!("line {}: {e}", line.id)))?;
        let product = names.product(line);
        Ok(OrderBody {
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
            promoter_name: names.promoter(line.promoter),
            inviter: line.inviter.filter(|_| staff),
            inviter_name: names.promoter(line.inviter.filter(|_| staff)),
            community: line.community,
            community_name: names.community(line),
            product: product.map(|p| p.number.to_string()),
            image_url: product.and_then(|p| p.image_url.clone()),
            direct_fen: shares.direct.fen(),
            inviter_fen: staff.then_some(shares.inviter.fen()),
            platform_fen: staff.then_some(shares.platform.fen()),
            self_purchase: line.self_purchase,
            direct_ppm: line.direct.ppm(),
            inviter_ppm: line.inviter_rate.ppm(),
        })
    }
}
