//! Programs: one audience-facing product each, the tenants of the platform; and the union accounts behind them.
//!
//! Owns `program`, `program_alias`, `admission`, `roster_entry`, `plan_line`, `inviter_rule`, `legal_entity`,
//! `union_account`, `union_account_program`, `union_budget`, `rules_document`, `rules_receipt`.
//! States: draft → live → closed. Rules are dated and never begin in the past, so what was in force at an order's time
//! can always be found again.
//! Bounds: 1,000 plan lines of a program, 200 programs, 200 union accounts and legal entities (`PLAN_LINES_MAX`,
//! `PROGRAMS_MAX`, `ACCOUNTS_MAX`); 1,000 roster numbers in one request.
//!
//! What is where:
//! - `presets`: the twelve programs as shipped (product.md §3.1); a new program is a draft made from one, or from blanks,
//!   with the preset's admission and one plan line in force at once.
//! - `rules`: codes, colours, addresses, gateways, and the default split: 60 % direct and 10 % inviter (product.md §4);
//!   of a promoter's own purchase 70 %, their sum, since no inviter is paid there.
//! - `routes/view`, `life`: settings behind a version, opening, closing. A former code stays an alias for ever: paths,
//!   bodies and links that name it find the program, and no other program may take it.
//! - `routes/admission`, `plan`, `inviter_rules`, `roster`: the dated rules and who may join by number.
//! - `routes/entities`, `accounts`, `test_account`: above programs, for staff of all. A union account's secret is sealed
//!   under the master key, bound to the account's id, and never answered or logged.
//! - `rules_document`: what promoters read before they push: versioned, with read receipts.
//! - `wechat`: appid and secret of the program's mini program and official account; the secrets are sealed as those of
//!   union accounts are. `routes/wechat_js`: the signature with which its pages may use WeChat's own functions.
//! - `routes/public`: what anybody may know of a program, for its faces.
//! - `secrets`: all that is sealed here, for a rotation of the master key.
//! - `unions`: connections to union accounts, remade when the account's version changes.
//!
//! Reading needs `Right::Read`, changing `Right::ManagePrograms`, in the program; making programs, and all that stands
//! above them, for all programs. Every change is in the audit log.

pub mod model;
pub mod presets;
mod routes;
mod rules;
pub mod rules_document;
pub mod secrets;
pub mod store;
mod unions;
pub mod wechat;

pub use model::{Admission, Program, ProgramState};
pub use routes::rules_document::CHANGED as RULES_CHANGED;
pub use routes::{AccountBody, ProgramBody, ProgramFields, draft, routes, turn};
pub use store::{DatedInviterRule, rules_in_force};
/// Rises when a link may lead elsewhere, or nowhere: somebody was suspended, a program turned, an account changed, an item
/// was banned.
pub const LINKS_EPOCH: &str = "links";

pub use unions::{UnionAccount, Unions, find_account, note_budget, position_seal_context, seal_context, used_budget};
