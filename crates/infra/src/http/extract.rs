//! axum's extractors answer with plain text; ours with the problem body.

use super::Failure;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use kernel::{Problem, ProblemCode};
use serde::de::DeserializeOwned;

const BAD_BODY: ProblemCode = ProblemCode::new("request.body", 400, "the request body is not as documented");
const BAD_QUERY: ProblemCode = ProblemCode::new("request.query", 400, "the query is not as documented");
const BAD_PATH: ProblemCode = ProblemCode::new("request.path", 404, "there is nothing at this address");

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let axum::Json(value) = axum::Json::<T>::from_request(request, state)
            .await
            .map_err(|e| Problem::new(BAD_BODY, e.body_text().to_lowercase()))?;
        Ok(Body(value))
    }
}

/// The query string.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Query(value) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|e| Problem::new(BAD_QUERY, e.body_text().to_lowercase()))?;
        Ok(Params(value))
    }
}

/// Path parameters; an id that is none is a place that does not exist.
pub struct PathOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathOf<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path(value) = Path::<T>::from_request_parts(parts, state)
            .await
            .map_err(|e| Problem::new(BAD_PATH, e.body_text().to_lowercase()))?;
        Ok(PathOf(value))
    }
}
