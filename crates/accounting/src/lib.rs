//! Every decision about a fen. Pure: values in, values out; the caller stores them.
//!
//! - [`plan`]: which plan line decides about an order line, and what it gives whom ([`Deal`]).
//! - [`split`]: an amount into direct, inviter and platform part.
//! - [`tax`]: what is withheld from a payment, by dated tables.
//! - [`target`]: what the books must say about a line, as a function of its latest report.
//! - [`Transaction`]: balanced legs; the only thing the ledger accepts.
//!
//! The rules are those of docs/books.md. Two levels are built in: a [`Deal`] has no place for a third payee.

mod books;
mod plan;
mod split;
pub mod tax;

pub use books::{
    Account, AccountKind, LineBooks, Root, Transaction, UnbalancedLegs, difference, fee_of_record, target,
};
pub use plan::{Deal, InviterRule, Level, LineFacts, Payee, Payees, PlanError, PlanLine, Scope, deal, deciding_line};
pub use split::{Shares, Terms, TermsError, split};
