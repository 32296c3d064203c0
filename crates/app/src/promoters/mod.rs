//! Promoters: persons in one program, who share and earn; and the codes they invite with.
//!
//! Owns `promoter`, `promoter_standing`, `invitation`, `invite_code`.
//! The inviter is fixed at joining and exists before, so no circle can arise; there is one paid level above, no more.
//! Standing (active or suspended, level) is a dated list: what was in force at an order's time decides.
//! A promoter lives in the bucket of their person.

pub(crate) mod acting;
pub mod joining;
pub mod model;
mod routes;
pub mod store;
mod terms;

pub use acting::{UNKNOWN_PROMOTER, acting, acting_active, readable};
pub use model::{NewPromoter, Promoter, Standing};
pub use routes::{PromoterBody, routes};
pub use terms::{Footing, Footings, footing};
