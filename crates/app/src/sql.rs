/// `sql!("find")` is the text of `sql/find.sql` beside the file that says it.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("sql/", $name, ".sql"))
    };
}
