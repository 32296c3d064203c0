//! The two fonts, and which characters they have.

use crate::text::Weight;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider, charmap::Charmap};
use std::io::Read;
use std::sync::{Arc, OnceLock};
use unicode_normalization::UnicodeNormalization;
use usvg::fontdb;

/// All of GBK.
const BOLD: &[u8] = include_bytes!("../assets/fonts/NotoSansSC-Bold.ttf.zst");
/// GB2312; the rest is taken from the other.
const REGULAR: &[u8] = include_bytes!("../assets/fonts/NotoSansSC-Regular.ttf.zst");

/// Drawn for a letter that no font has: the reader sees that something stands there.
const STAND_IN: char = '*';

/// A font with what is asked of it again and again.
struct Font {
    chars: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    units: i64,
    id: fontdb::ID,
}

impl Font {
    fn advance(&self, c: char) -> Option<i64> {
        let glyph = self.chars.map(c).filter(|glyph| glyph.to_u32() != 0)?;
        // Whole units of the font: nothing is lost.
        self.widths.advance_width(glyph).map(|units| units as i64)
    }
}

/// Unpacked once, kept for ever.
pub struct Fonts {
    bold: Font,
    regular: Font,
    pub(crate) database: Arc<fontdb::Database>,
}

/// The fonts; the first call unpacks them, some 10 MB.
pub fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| {
        let mut database = fontdb::Database::new();
        let bold = load(&mut database, BOLD);
        let regular = load(&mut database, REGULAR);
        Fonts { bold, regular, database: Arc::new(database) }
    })
}

fn load(database: &mut fontdb::Database, packed: &'static [u8]) -> Font {
    let mut plain = Vec::new();
    let unpacked =
        ruzstd::decoding::StreamingDecoder::new(packed).ok().and_then(|mut s| s.read_to_end(&mut plain).ok());
    assert!(unpacked.is_some(), "the fonts are part of the program");
    // Lives as long as the program: the fonts are never given up.
    let data: &'static [u8] = Vec::leak(plain);
    let source = fontdb::Source::Binary(Arc::new(data));
    let id = database.load_font_source(source).first().copied().unwrap_or_default();
    let font = FontRef::new(data).expect("the fonts are part of the program");
    let metrics = font.metrics(Size::unscaled(), LocationRef::default());
    Font {
        chars: font.charmap(),
        widths: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
        units: i64::from(metrics.units_per_em),
        id,
    }
}

impl Fonts {
    fn of(&self, weight: Weight) -> [&Font; 2] {
        match weight {
            Weight::Bold => [&self.bold, &self.regular],
            Weight::Regular => [&self.regular, &self.bold],
        }
    }

    pub fn has(&self, c: char) -> bool {
        self.of(Weight::Bold).iter().any(|font| font.advance(c).is_some())
    }

    /// Width in thousandths of the font's size.
    pub(crate) fn advance(&self, c: char, weight: Weight) -> i64 {
        let found = self.of(weight).into_iter().find_map(|font| font.advance(c).map(|units| units * 1000 / font.units));
        found.unwrap_or(0)
    }

    pub(crate) fn selected(&self, weight: Weight) -> fontdb::ID {
        self.of(weight)[0].id
    }

    /// The font that has a character, of those not yet tried.
    pub(crate) fn with(&self, c: char, tried: &[fontdb::ID]) -> Option<fontdb::ID> {
        let fonts = self.of(Weight::Regular);
        fonts.into_iter().find(|font| !tried.contains(&font.id) && font.advance(c).is_some()).map(|font| font.id)
    }

    /// A text of one line in which every character can be drawn: white space is a single space, decorated letters are
    /// plain ones, emoji are left out, and a letter that no font has becomes an asterisk.
    pub fn drawable(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_whitespace() || c.is_control() {
                self.space(&mut out);
            } else if self.has(c) {
                out.push(c);
            } else {
                self.replace(c, &mut out);
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    fn space(&self, out: &mut String) {
        if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }

    fn replace(&self, c: char, out: &mut String) {
        let plain: String = std::iter::once(c).nfkc().collect();
        // A lone accent (a variation mark, a joiner) decomposes into itself and is no letter.
        if plain.chars().all(|p| p != c && self.has(p)) {
            out.push_str(&plain);
        } else if c.is_alphanumeric() {
            // Rows of unknown letters say nothing more than one.
            if !out.ends_with(STAND_IN) {
                out.push(STAND_IN);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_brands_are_drawn_and_the_rest_is_never_a_box() {
        let fonts = fonts();
        for (text, drawn) in [
            ("喆堃囍镕烎㎡", "喆堃囍镕烎㎡"),
            ("小美🍓妈妈👨‍👩‍👧", "小美妈妈"),
            ("Dr.Martens® 1460™", "Dr.Martens® 1460™"),
            ("𝐀𝐧𝐧𝐚 𝒞𝒽ℯ𝓃", "Anna Chen"),
            ("𠮷野家", "*野家"),
            ("สวัสดี ok", "* ok"),
            ("❤️❤️", ""),
            ("  a\n\tb\u{0}c  ", "a b c"),
            ("①②③", "①②③"),
            ("e\u{301}", "e"),
            ("50℃ 3×5 ≥", "50℃ 3×5 ≥"),
        ] {
            assert_eq!(fonts.drawable(text), drawn, "{text}");
            assert!(fonts.drawable(text).chars().all(|c| fonts.has(c)));
        }
    }

    #[test]
    fn widths_are_those_of_the_glyphs() {
        let fonts = fonts();
        assert_eq!(fonts.advance('国', Weight::Bold), 1000);
        assert_eq!(fonts.advance('喆', Weight::Regular), 1000, "taken from the other font");
        let (narrow, wide) = (fonts.advance('i', Weight::Bold), fonts.advance('W', Weight::Bold));
        assert!(200 < narrow && narrow < 400 && 700 < wide && wide < 1000, "{narrow} {wide}");
        // Figures are of one width: prices do not dance.
        assert_eq!(fonts.advance('1', Weight::Bold), fonts.advance('8', Weight::Bold));
    }
}
