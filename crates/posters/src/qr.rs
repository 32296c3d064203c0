//! The QR code as one path of whole pixels.

use fast_qr::{ECL, QRBuilder};
use std::fmt::Write;

/// Light modules around a code, without which readers do not find it. Less where all around is white anyway.
pub(crate) const QUIET: i64 = 4;

/// `d` of a path: the code in a square with its quiet zone. Modules are whole pixels, so that edges stay sharp. `None`
/// where the text is too long for modules of two pixels.
pub(crate) fn code(text: &str, x: i64, y: i64, side: i64, quiet: i64) -> Option<String> {
    // A quarter of a poster's code may be lost to a chat's compression; more redundancy would make modules smaller.
    let made = QRBuilder::new(text.as_bytes()).ecl(ECL::M).build().ok()?;
    let modules = i64::try_from(made.size).ok()?;
    let module = side / (modules + 2 * quiet);
    if module < 2 {
        return None;
    }
    let edge = (side - module * modules) / 2;
    let mut path = String::new();
    for (row, line) in (0..made.size).map(|row| (row, &made[row])) {
        // Neighbours become one rectangle: fewer shapes to fill.
        let mut column = 0;
        while column < made.size {
            let from = column;
            while column < made.size && line[column].value() {
                column += 1;
            }
            if column > from {
                let at = |n: usize| i64::try_from(n).unwrap_or(0) * module;
                let (left, top, wide) = (x + edge + at(from), y + edge + at(row), at(column - from));
                let _ = write!(path, "M{left} {top}h{wide}v{module}h-{wide}z");
            }
            column += 1;
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_does_not_fit_is_no_code() {
        assert!(code("https://d.example/p/abcdefghij0123456789", 0, 0, 200, QUIET).is_some());
        assert!(code(&"x".repeat(1000), 0, 0, 100, QUIET).is_none());
        assert!(code(&"x".repeat(10_000), 0, 0, 100_000, 0).is_none());
    }
}
