//! Pages without sign-in: `/s/{code}` redirects, `/p/{code}` shows.

use crate::ctx::Ctx;
use axum::Router;

pub fn pages() -> Router<Ctx> {
    Router::new()
}
