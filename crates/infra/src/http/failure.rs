use crate::db::DbError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{Problem, ProblemCode};
use serde::Serialize;
use std::error::Error;

const UNAVAILABLE: ProblemCode = ProblemCode::new("server.unavailable", 503, "temporarily unavailable");
const BROKEN: ProblemCode = ProblemCode::new("server.error", 500, "something went wrong");
const CONFLICT: ProblemCode = ProblemCode::new("server.busy", 503, "too many changes at once, try again");

/// Why a request has no good answer.
#[derive(Debug)]
pub enum Failure {
    /// The caller is told.
    Refused(Box<Problem>),
    /// The caller gets the request id; the log gets the rest.
    Broken(Box<dyn Error + Send + Sync>),
}

impl<P: Into<Problem>> From<P> for Failure {
    fn from(problem: P) -> Failure {
        Failure::Refused(Box::new(problem.into()))
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Failure {
        let code = if error.is_unavailable() {
            UNAVAILABLE
        } else if error.is_conflict() {
            CONFLICT
        } else {
            return Failure::Broken(Box::new(error));
        };
        tracing::warn!(error = %error, "the database did not answer");
        Failure::Refused(Box::new(Problem::new(code, "the database does not answer; nothing was changed, try again")))
    }
}

impl Failure {
    pub fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
        Failure::Broken(error.into())
    }

    /// The stable code, also of what is only logged.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Refused(problem) => problem.code.code,
            Failure::Broken(_) => BROKEN.code,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Refused(problem) => write!(f, "{problem}"),
            Failure::Broken(error) => write!(f, "{error}"),
        }
    }
}

/// RFC 9457 body, `application/problem+json`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// Always `about:blank#CODE`: the code says it.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The request id, as in the log.
    pub instance: String,
    /// Stable; for programs.
    pub code: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldBody>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct FieldBody {
    pub field: String,
    pub message: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = match self {
            Failure::Refused(problem) => *problem,
            Failure::Broken(error) => {
                tracing::error!(request_id = %super::request_id(), error = %chain(&*error), "request failed");
                Problem::new(BROKEN, "the request failed on our side; quote the instance when you ask for help")
            }
        };
        let status = StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ProblemBody {
            r#type: format!("about:blank#{}", problem.code.code),
            title: problem.code.title.to_owned(),
            status: status.as_u16(),
            detail: problem.detail,
            instance: super::request_id(),
            code: problem.code.code.to_owned(),
            fields: problem.fields.into_iter().map(|f| FieldBody { field: f.field, message: f.message }).collect(),
        };
        let mut response = (status, axum::Json(body)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json; charset=utf-8"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
