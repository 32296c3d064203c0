use super::{Arg, DbError, Tx};
use kernel::Cursor;

/// What a list is narrowed by. Only filters that were asked for reach the statement: each condition is our own text, so
/// that the engine can choose the index for it, and what people typed is an argument.
pub struct Conditions {
    text: String,
    args: Vec<Arg>,
}

impl Conditions {
    /// Begins after the arguments that the statement always has.
    pub fn after(args: Vec<Arg>) -> Conditions {
        Conditions { text: String::new(), args }
    }

    /// `column = ?`: the question marks become the next parameters.
    pub fn and(&mut self, condition: &'static str, args: Vec<Arg>) {
        self.text.push_str(" AND ");
        let mut args = args.into_iter();
        for c in condition.chars() {
            match (c, args.len()) {
                ('?', 1..) => {
                    self.args.extend(args.next());
                    self.text.push_str(&format!("${}", self.args.len()));
                }
                (c, _) => self.text.push(c),
            }
        }
    }

    /// As [`Conditions::and`], where there is a value.
    pub fn maybe(&mut self, condition: &'static str, arg: Option<impl Into<Arg>>) {
        if let Some(arg) = arg {
            self.and(condition, vec![arg.into()]);
        }
    }

    /// The statement with the conditions in the place of `/*and*/`, and its arguments.
    pub fn within(&self, statement: &str) -> (String, Vec<Arg>) {
        (statement.replace("/*and*/", &self.text), self.args.clone())
    }
}

/// Rows that one page looks at where no index serves a filter.
pub const LOOK_MAX: i64 = 10_000;

/// Where the look of one page ends, if there are more than [`LOOK_MAX`] rows to look at. `statement` gives `sort` and `id`
/// of the row so far down the list; `rows` is which of its arguments says how far (in the list itself: the page's size).
/// A page may then be short, or empty, and still name a next one.
pub async fn look(tx: &mut Tx, statement: &str, rows: usize, so_far: &Conditions) -> Result<Option<Cursor>, DbError> {
    let (text, mut args) = so_far.within(statement);
    if let Some(arg) = args.get_mut(rows - 1) {
        *arg = Arg::Int(Some(LOOK_MAX));
    }
    let found = tx.all_built(text, args).await?;
    found.first().map(|row| Ok(Cursor { sort: row.int("sort")?, id: row.int("id")? })).transpose()
}

/// `%text%` in lower case for `LOWER(column /*pg: COLLATE "C" */) LIKE ? ESCAPE '!'`: latin letters in whichever case, the
/// wildcards of LIKE taken literally. (LIKE itself disregards case on one engine only.)
pub fn containing(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let escaped: String =
        text.chars().flat_map(|c| ['!'].into_iter().filter(move |_| "!%_".contains(c)).chain([c])).collect();
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    #[test]
    fn only_what_was_asked_for_reaches_the_statement() {
        let mut conditions = Conditions::after(args![7i64]);
        conditions.maybe("state = ?", None::<String>);
        conditions.maybe("city = ?", Some("x' OR 1=1"));
        conditions.and("(at, id) >= (?, ?)", args![1i64, 2i64]);
        let (text, args) = conditions.within("SELECT a FROM t WHERE p = $1/*and*/ LIMIT 5");
        assert_eq!(text, "SELECT a FROM t WHERE p = $1 AND city = $2 AND (at, id) >= ($3, $4) LIMIT 5");
        assert_eq!(args, args![7i64, "x' OR 1=1", 1i64, 2i64]);
    }

    #[test]
    fn wildcards_are_letters() {
        assert_eq!(containing("50%_A!"), "%50!%!_a!!%");
    }
}
