//! A program's colour, moved towards black or white until text in it can be read (WCAG 2: 4.5 to 1).

/// Luminance of white, in the unit used here.
const WHITE: u64 = 255 * 255;
/// The constant that WCAG adds to both sides of the ratio: 5 % of white.
const FLARE: u64 = WHITE / 20;

#[derive(Clone, Copy)]
struct Rgb([u64; 3]);

impl Rgb {
    /// `#rrggbb`; anything else is the house's red.
    fn parse(text: &str) -> Rgb {
        let part = |at: usize| text.get(at..at + 2).and_then(|hex| u64::from_str_radix(hex, 16).ok());
        match (text.len(), part(1), part(3), part(5)) {
            (7, Some(r), Some(g), Some(b)) => Rgb([r, g, b]),
            _ => Rgb([0xe1, 0x25, 0x1b]),
        }
    }

    /// Relative luminance with a gamma of 2: a little more than WCAG's, so that dark colours are called too light rather
    /// than readable.
    fn luminance(self) -> u64 {
        let [r, g, b] = self.0.map(|c| c * c);
        (2126 * r + 7152 * g + 722 * b) / 10_000
    }

    /// `part` of 16 of the way to black (0) or white (255).
    fn towards(self, end: u64, part: u64) -> Rgb {
        Rgb(self.0.map(|c| (c * (16 - part) + end * part) / 16))
    }

    fn text(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

fn readable(light: u64, dark: u64) -> bool {
    (light + FLARE) * 10 >= (dark + FLARE) * 45
}

/// For text on white and for white text on it.
pub fn on_white(colour: &str) -> String {
    let own = Rgb::parse(colour);
    (0..=16).map(|part| own.towards(0, part)).find(|c| readable(WHITE, c.luminance())).unwrap_or(Rgb([0; 3])).text()
}

/// For text on the dark cards.
pub fn on_dark(colour: &str) -> String {
    let own = Rgb::parse(colour);
    let card = Rgb::parse("#212226").luminance();
    (0..=16).map(|part| own.towards(255, part)).find(|c| readable(c.luminance(), card)).unwrap_or(Rgb([255; 3])).text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_colour_becomes_readable() {
        for colour in ["#ffff00", "#00ff00", "#ffffff", "#000000", "#e1251b", "#1677ff", "nonsense", "#ééééé"] {
            assert!(readable(WHITE, Rgb::parse(&on_white(colour)).luminance()), "{colour}");
            assert!(readable(Rgb::parse(&on_dark(colour)).luminance(), Rgb::parse("#212226").luminance()), "{colour}");
        }
        assert_eq!(on_white("#b41e16"), "#b41e16", "what is readable stays");
    }
}
