//! Posters: a picture, text and a QR code, 750×1334 pixels, as JPEG. No IO, no clock: the caller brings the bytes of a
//! picture and every word, and gets the bytes of a poster.
//!
//! Two layers. The photo is decoded and scaled once ([`Photo`]); the caller keeps it. Over it goes a [`Template`], an SVG
//! file in which [`Values`] are put: text, shapes and the QR code. Scaling the photo inside the SVG would cost three times
//! as much as all the rest.
//!
//! - `fonts`: Noto Sans SC, unpacked at first use; what it lacks is replaced or dropped, never drawn as an empty box.
//! - `text`: where Chinese lines may break, measured by the real widths of glyphs.
//! - `template`: placeholders, sections, and what a template may not contain.
//! - `poster`: the two posters, their words and colours.

mod colour;
mod fonts;
mod photo;
mod poster;
mod qr;
mod template;
mod text;

pub use colour::Theme;
pub use fonts::{Fonts, fonts};
pub use photo::{PIXELS_MAX, Photo, PhotoError, SIDE_MAX, drawn, scaled};
pub use poster::{Kind, Product, Recruit};
pub use template::{BYTES_MAX, HEIGHT, Template, TemplateError, Values, WIDTH};
pub use text::Weight;
