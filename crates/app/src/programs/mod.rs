//! Programs: one audience-facing product each, the tenants of the platform; and the union accounts behind them.
//!
//! Owns `program`, `program_alias`, `admission`, `roster_entry`, `plan_line`, `inviter_rule`, `legal_entity`,
//! `union_account`, `union_account_program`, `union_budget`.
//! States: draft → live → closed. Rules are dated and never begin in the past, so what was in force at an order's time
//! can always be found again.
//! Bounds: at most 1,000 plan lines and 200 programs (`PLAN_LINES_MAX`, `PROGRAMS_MAX`).

pub mod model;
pub mod presets;
mod routes;
mod rules;
pub mod store;
mod unions;

pub use model::{Admission, Program, ProgramState};
pub use routes::{AccountBody, ProgramBody, ProgramFields, draft, routes, turn};
pub use unions::{UnionAccount, Unions, find_account, note_budget, seal_context};
