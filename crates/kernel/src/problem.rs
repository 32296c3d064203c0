//! What a caller is told when something is refused (RFC 9457, with a stable code).

/// A refusal's identity: a literal that never changes, the HTTP status and a short title. Listed once per slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemCode {
    pub code: &'static str,
    pub status: u16,
    pub title: &'static str,
}

impl ProblemCode {
    pub const fn new(code: &'static str, status: u16, title: &'static str) -> ProblemCode {
        ProblemCode { code, status, title }
    }
}

/// One field of a request that is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    pub field: String,
    pub message: String,
}

/// A refusal of one request. `detail` is for the caller: lower case, no final stop, names the thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: ProblemCode,
    pub detail: String,
    pub fields: Vec<FieldProblem>,
}

impl Problem {
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Problem {
        Problem { code, detail: detail.into(), fields: Vec::new() }
    }

    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Problem {
        self.fields.push(FieldProblem { field: field.into(), message: message.into() });
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)?;
        for (at, field) in self.fields.iter().enumerate() {
            write!(f, "{} {}: {}", if at == 0 { ":" } else { ";" }, field.field, field.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
