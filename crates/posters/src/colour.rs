//! A program's colours, and those derived from them. Whole numbers throughout.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour([i64; 3]);

const WHITE: Colour = Colour([255; 3]);
const BLACK: Colour = Colour([20, 18, 18]);
/// Where a program's colour is none.
const USUAL: Colour = Colour([225, 37, 27]);
/// Contrast that text needs on its ground, in hundredths (WCAG 2: 4.5 for text, 3 for large text).
const TEXT_CONTRAST: i64 = 450;
const LARGE_CONTRAST: i64 = 300;

impl Colour {
    fn parse(text: &str) -> Option<Colour> {
        let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii())?;
        let part = |at: usize| i64::from_str_radix(&hex[at..at + 2], 16).ok();
        Some(Colour([part(0)?, part(2)?, part(4)?]))
    }

    fn text(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0[0], self.0[1], self.0[2])
    }

    /// `percent` of `other` mixed in.
    fn mixed(self, other: Colour, percent: i64) -> Colour {
        let mut mixed = [0; 3];
        for (at, slot) in mixed.iter_mut().enumerate() {
            *slot = (self.0[at] * (100 - percent) + other.0[at] * percent) / 100;
        }
        Colour(mixed)
    }

    /// Relative luminance in parts per million, with squares in the place of sRGB's power of 2.4: a little lighter in
    /// the dark, the same order.
    fn luminance(self) -> i64 {
        let [r, g, b] = self.0;
        (r * r * 2126 + g * g * 7152 + b * b * 722) * 100 / (255 * 255)
    }

    /// In hundredths.
    fn contrast(self, other: Colour) -> i64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 50_000) * 100 / (a.min(b) + 50_000)
    }

    /// A neighbour of the same strength: red glows orange, blue turns to cyan, and nothing turns to mud.
    fn neighbour(self) -> Colour {
        let mut order = [0, 1, 2];
        order.sort_by_key(|at| self.0[*at]);
        let mut next = self;
        next.0[order[1]] += (self.0[order[2]] - self.0[order[1]]) * 30 / 100;
        next
    }

    /// Darkened until it can be read on white.
    fn readable(self, contrast: i64) -> Colour {
        (0..=20).map(|step| self.mixed(BLACK, step * 5)).find(|c| c.contrast(WHITE) >= contrast).unwrap_or(BLACK)
    }
}

/// Every colour of a poster as `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The program's own.
    pub theme: String,
    /// Its second colour: the other end of a gradient.
    pub accent: String,
    /// The first colour, darker.
    pub deep: String,
    /// Grounds: a breath and a touch of the first colour on white.
    pub mist: String,
    pub soft: String,
    /// The first colour as text on white, large and small.
    pub ink: String,
    pub ink_small: String,
    /// Text on the first colour.
    pub on: String,
}

impl Theme {
    /// From `#rrggbb`; an empty second colour is derived.
    pub fn new(theme: &str, accent: &str) -> Theme {
        let own = Colour::parse(theme).unwrap_or(USUAL);
        let on = if own.contrast(WHITE) >= LARGE_CONTRAST { WHITE } else { BLACK };
        let derived = if on == WHITE { own.neighbour() } else { own.mixed(WHITE, 35) };
        Theme {
            theme: own.text(),
            accent: Colour::parse(accent).unwrap_or(derived).text(),
            deep: own.mixed(BLACK, 28).text(),
            mist: own.mixed(WHITE, 95).text(),
            soft: own.mixed(WHITE, 88).text(),
            ink: own.readable(LARGE_CONTRAST).text(),
            ink_small: own.readable(TEXT_CONTRAST).text(),
            on: on.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_whatever_colour_a_program_chose() {
        for own in ["#e1251b", "#ffd400", "#000000", "#ffffff", "#00b96b", "#1677ff", "#7a4dff", "#ff8fb1"] {
            let theme = Theme::new(own, "");
            let colour = |text: &str| Colour::parse(text).unwrap();
            assert!(colour(&theme.ink).contrast(WHITE) >= LARGE_CONTRAST, "{theme:?}");
            assert!(colour(&theme.ink_small).contrast(WHITE) >= TEXT_CONTRAST, "{theme:?}");
            assert!(colour(&theme.on).contrast(colour(own)) >= LARGE_CONTRAST, "{theme:?}");
            assert_eq!(theme.theme, own);
        }
        assert_eq!(Theme::new("#e1251b", "").ink, "#e1251b", "what can be read stays");
        assert_eq!(Theme::new("#ffd400", "").on, "#141212");
        assert_eq!(Theme::new("#e1251b", "#112233").accent, "#112233");
        assert_eq!(Theme::new("red\"/><script>", "").theme, "#e1251b");
    }
}
