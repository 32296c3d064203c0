//! As much of SQL as the check needs: words, groups in brackets, and the literals of Rust code that are SQL.

/// Words are lower case; operators, parameters and texts are one token each. A `{…}` of `format!` counts as a parameter.
pub fn tokens(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let until = |stop: &dyn Fn(char) -> bool| rest.find(stop).unwrap_or(rest.len());
        let length = match c {
            c if c.is_whitespace() => {
                rest = &rest[c.len_utf8()..];
                continue;
            }
            '\'' => rest[1..].find('\'').map_or(rest.len(), |n| n + 2),
            '"' => rest[1..].find('"').map_or(rest.len(), |n| n + 2),
            '{' => rest.find('}').map_or(rest.len(), |n| n + 1),
            '$' => 1 + rest[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - 1),
            c if c.is_alphanumeric() || c == '_' => until(&|c| !(c.is_alphanumeric() || c == '_')),
            '<' | '>' | '=' | '!' | ':' => until(&|c| !"<>=!:".contains(c)),
            c => c.len_utf8(),
        };
        found.push(rest[..length].to_lowercase());
        rest = &rest[length..];
    }
    found
}

/// `/*pg: … */` is what PostgreSQL gets to read; other comments go.
fn without_comments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let joined = lines.join("\n");
    let mut out = String::new();
    let mut rest = joined.as_str();
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find("*/").map_or(rest.len(), |n| at + n + 2);
        let inside = rest[at..end].trim_start_matches("/*").trim_end_matches("*/");
        out.push_str(inside.strip_prefix("pg:").unwrap_or(" "));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// A token, or what stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Token(String),
    Group(Vec<Node>),
}

impl Node {
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Node::Token(token) if token == word)
    }

    pub fn token(&self) -> &str {
        match self {
            Node::Token(token) => token,
            Node::Group(_) => "",
        }
    }

    /// The inside of a group that is a query of its own.
    pub fn query(&self) -> Option<&[Node]> {
        match self {
            Node::Group(inside) => {
                let first = inside.first().map_or("", Node::token);
                ["select", "with", "values", "insert", "update", "delete"].contains(&first).then_some(inside)
            }
            Node::Token(_) => None,
        }
    }
}

pub fn nodes(tokens: Vec<String>) -> Vec<Node> {
    let mut open: Vec<Vec<Node>> = vec![Vec::new()];
    for token in tokens {
        match token.as_str() {
            "(" => open.push(Vec::new()),
            ")" if open.len() > 1 => {
                let inside = open.pop().unwrap_or_default();
                open.last_mut().unwrap().push(Node::Group(inside));
            }
            _ => open.last_mut().unwrap().push(Node::Token(token)),
        }
    }
    open.into_iter().flatten().collect()
}

/// Statements among the string literals of a Rust file, its tests apart. The two halves of a bulk insert are one, as the
/// seam of the database sends them.
pub fn statements_of_code(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found: Vec<String> = Vec::new();
    for literal in literals(text) {
        let first = literal.split_whitespace().next().unwrap_or_default().to_owned();
        let begins = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "CREATE", "ALTER"];
        if begins.contains(&first.as_str()) {
            let half = first == "INSERT" && !tokens(&literal).iter().any(|t| t == "values" || t == "select");
            let middle = if half { " SELECT * FROM UNNEST($1) WHERE TRUE" } else { "" };
            found.push(format!("{literal}{middle}"));
        } else if first == "ON"
            && let Some(last) = found.last_mut()
            && last.ends_with("WHERE TRUE")
        {
            last.push(' ');
            last.push_str(&literal);
        }
    }
    found
}

fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
            }
            // A character, unless it is a lifetime.
            '\'' => {
                let ahead: Vec<char> = chars.clone().take(3).collect();
                if ahead.first() == Some(&'\\') {
                    chars.nth(1);
                    for c in chars.by_ref() {
                        if c == '\'' {
                            break;
                        }
                    }
                } else if ahead.get(1) == Some(&'\'') {
                    chars.nth(1);
                }
            }
            '"' => {
                let raw = previous == 'r' || previous == '#';
                let mut literal = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '"' if previous != '#' || chars.peek() == Some(&'#') => break,
                        '\\' if !raw => match chars.next() {
                            Some('\n') => {
                                while chars.peek().is_some_and(|c| c.is_whitespace()) {
                                    chars.next();
                                }
                            }
                            Some('n') => literal.push('\n'),
                            Some(c) => literal.push(c),
                            None => {}
                        },
                        c => literal.push(c),
                    }
                }
                found.push(literal);
            }
            _ => {}
        }
        previous = c;
    }
    found
}
