//! JD Union (京东联盟).
use super::*;
pub struct JdConfig {
    pub per_second: u32,
    pub daily_budget: u64,
    pub used_today: Option<(i64, u64)>,
}
impl JdConfig {
    pub fn new(_g: impl Into<String>, _k: impl Into<String>, _s: impl Into<String>) -> JdConfig {
        JdConfig { per_second: 1, daily_budget: 1, used_today: None }
    }
}
pub struct JdUnion;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct E;
impl JdUnion {
    pub fn try_new(_c: JdConfig, _k: infra::Clock) -> Result<JdUnion, E> {
        Ok(JdUnion)
    }
}
impl Union for JdUnion {
    fn capabilities(&self) -> Capabilities {
        unreachable!()
    }
    fn budget(&self) -> BudgetState {
        unreachable!()
    }
    fn search<'a>(&'a self, _: &'a GoodsQuery) -> Answer<'a, GoodsPage> {
        unreachable!()
    }
    fn channel<'a>(&'a self, _: &'a str, _: u32) -> Answer<'a, GoodsPage> {
        unreachable!()
    }
    fn detail<'a>(&'a self, _: &'a [String]) -> Answer<'a, Vec<Goods>> {
        unreachable!()
    }
    fn categories(&self, _: Option<i64>, _: u8) -> Answer<'_, Vec<Category>> {
        unreachable!()
    }
    fn coupons<'a>(&'a self, _: &'a [String]) -> Answer<'a, Vec<CouponState>> {
        unreachable!()
    }
    fn convert<'a>(&'a self, _: &'a ConvertRequest) -> Answer<'a, Converted> {
        unreachable!()
    }
    fn orders_from(&self, _: Instant, _: Instant) -> OrderCursor {
        unreachable!()
    }
    fn orders<'a>(&'a self, _: &'a OrderCursor) -> Answer<'a, OrderPage> {
        unreachable!()
    }
}
