//! A poster as an SVG file with placeholders, so that designers change it without Rust.
//!
//! | placeholder | stands for |
//! | --- | --- |
//! | `{{name}}` | a value, escaped |
//! | `{{name width=654 size=36}}` | as much of it as fits into one line, in pixels; `weight=bold` measures bold letters |
//! | `{{name width=654 size=36 lines=2 leading=52 x=48}}` | up to so many lines, each a `tspan`; fewer than all are centred |
//! | `{{name.size width=300 size=96 least=48}}` | the largest size at which it fits into one line |
//! | `{{#name}}…{{/name}}`, `{{^name}}…{{/name}}` | what is drawn where there is such a value, and where there is none |
//! | `{{qr x=500 y=1000 size=210}}` | `d` of a path: the code with its quiet zone; `quiet=1` where all around is white |
//! | `{{photo x=0 y=0 width=750 height=750}}` | nothing: the photo lies there, beneath everything |
//!
//! A template is 750×1334, of a few plain elements, refers to nothing outside itself, and has no script, style sheet,
//! filter or document type: what it costs to draw is bounded by its length.

use crate::fonts::{Fonts, fonts};
use crate::photo::{Photo, PhotoError, copy_rows, jpeg};
use crate::text::{Setting, Weight, lines, size_for};
use crate::{qr, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use resvg::tiny_skia;
use std::collections::BTreeMap;
use std::fmt::Write;
use usvg::roxmltree;

pub const WIDTH: u32 = 750;
pub const HEIGHT: u32 = 1334;
/// Bytes of a template.
pub const BYTES_MAX: usize = 64 * 1024;
const ELEMENTS_MAX: usize = 2000;
const SECTIONS_DEEP_MAX: usize = 8;
const LINES_MAX: i64 = 20;

/// Words of a poster by the name of their placeholder. Empty is absent.
pub type Values = BTreeMap<&'static str, String>;

/// Why a template cannot be used, or a poster not be drawn; for the designer.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("the template has {0} bytes, at most {BYTES_MAX} are taken")]
    TooLong(usize),
    #[error("{0}")]
    Placeholder(String),
    #[error("it is no SVG: {0}")]
    Xml(String),
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Picture(#[from] PhotoError),
}

fn placeholder<T>(words: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError::Placeholder(words.into()))
}

fn refused<T>(words: impl Into<String>) -> Result<T, TemplateError> {
    Err(TemplateError::Refused(words.into()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Value(&'static str),
    Fitted { name: &'static str, set: Setting, leading: i64, x: Option<i64> },
    Size { name: &'static str, width: i64, weight: Weight, least: i64, most: i64 },
    Section { name: &'static str, present: bool, body: Vec<Piece> },
    Code { x: i64, y: i64, size: i64, quiet: i64 },
}

/// A checked template.
#[derive(Clone, Debug)]
pub struct Template {
    pieces: Vec<Piece>,
    photo: Option<Area>,
}

impl Template {
    /// `known`: names of values that there are.
    pub fn parse(svg: &str, known: &'static [&'static str]) -> Result<Template, TemplateError> {
        if svg.len() > BYTES_MAX {
            return Err(TemplateError::TooLong(svg.len()));
        }
        let mut parser = Parser { rest: svg, known, photo: None };
        let pieces = parser.pieces(None, 0)?;
        Ok(Template { pieces, photo: parser.photo })
    }

    /// Width and height in which the photo is wanted.
    pub fn photo_size(&self) -> Option<(u32, u32)> {
        let side = |side: i64| u32::try_from(side).unwrap_or(1);
        self.photo.map(|area| (side(area.width), side(area.height)))
    }

    /// Refuses what a program's own template may not contain. `values` has every value that there can be.
    pub fn check(&self, values: &Values) -> Result<(), TemplateError> {
        for values in [values, &Values::new()] {
            check(&self.text(values)?, values.get("logo"))?;
        }
        Ok(())
    }

    /// The SVG with its values.
    fn text(&self, values: &Values) -> Result<String, TemplateError> {
        let mut out = String::with_capacity(16 << 10);
        expand(&self.pieces, values, fonts(), &mut out)?;
        Ok(out)
    }

    /// The poster as JPEG. The photo has [`Template::photo_size`].
    pub fn render(&self, values: &Values, photo: Option<&Photo>) -> Result<Vec<u8>, TemplateError> {
        let tree = parsed(&self.text(values)?, fonts())?;
        let Some(mut map) = tiny_skia::Pixmap::new(WIDTH, HEIGHT) else { return refused("no memory for the poster") };
        map.fill(tiny_skia::Color::WHITE);
        if let (Some(area), Some(photo)) = (self.photo, photo) {
            let at = |at: i64| u32::try_from(at).unwrap_or(0);
            copy_rows(map.data_mut(), (WIDTH, HEIGHT), photo, at(area.x), at(area.y));
        }
        resvg::render(&tree, tiny_skia::Transform::identity(), &mut map.as_mut());
        // White lies beneath everything, so premultiplied pixels are the plain ones.
        Ok(jpeg(map.data(), WIDTH, HEIGHT)?)
    }
}

struct Parser<'a> {
    rest: &'a str,
    known: &'static [&'static str],
    photo: Option<Area>,
}

impl<'a> Parser<'a> {
    fn name(&self, name: &str) -> Result<&'static str, TemplateError> {
        match self.known.iter().find(|known| **known == name) {
            Some(known) => Ok(known),
            None => placeholder(format!("there is no value `{name}`; there are {}", self.known.join(", "))),
        }
    }

    /// Up to the end of the section `within`, or of the file.
    fn pieces(&mut self, within: Option<&str>, deep: usize) -> Result<Vec<Piece>, TemplateError> {
        if deep > SECTIONS_DEEP_MAX {
            return placeholder(format!("sections stand at most {SECTIONS_DEEP_MAX} deep"));
        }
        let mut pieces = Vec::new();
        while let Some((before, after)) = self.rest.split_once("{{") {
            pieces.push(Piece::Text(before.to_owned()));
            let Some((inside, after)) = after.split_once("}}") else { return placeholder("`{{` without `}}`") };
            self.rest = after;
            let inside = inside.trim();
            match inside.split_at_checked(1) {
                Some((mark @ ("#" | "^"), name)) => {
                    let name = self.name(name)?;
                    let body = self.pieces(Some(name), deep + 1)?;
                    pieces.push(Piece::Section { name, present: mark == "#", body });
                }
                Some(("/", name)) if within == Some(name) => return Ok(pieces),
                Some(("/", name)) => return placeholder(format!("`{{{{/{name}}}}}` ends no section")),
                _ => pieces.extend(self.placed(inside)?),
            }
        }
        if let Some(name) = within {
            return placeholder(format!("the section `{name}` has no end"));
        }
        pieces.push(Piece::Text(std::mem::take(&mut self.rest).to_owned()));
        Ok(pieces)
    }

    fn placed(&mut self, inside: &'a str) -> Result<Option<Piece>, TemplateError> {
        let mut words = inside.split_whitespace();
        let name = words.next().unwrap_or_default();
        let mut given = Given { name, left: BTreeMap::new() };
        for word in words {
            match word.split_once('=') {
                Some((key, value)) => given.left.insert(key, value),
                None => return placeholder(format!("`{inside}`: `{word}` is not KEY=VALUE")),
            };
        }
        let piece = match name {
            "qr" => {
                let (x, y, size) = (given.place("x")?, given.place("y")?, given.pixels("size")?);
                Some(Piece::Code { x, y, size, quiet: given.number_or("quiet", 0, qr::QUIET, qr::QUIET)? })
            }
            "photo" => {
                let area = Area {
                    x: given.place("x")?,
                    y: given.place("y")?,
                    width: given.pixels("width")?,
                    height: given.pixels("height")?,
                };
                if area.x + area.width > WIDTH.into() || area.y + area.height > HEIGHT.into() {
                    return placeholder("`photo` reaches over the edge");
                }
                if self.photo.replace(area).is_some() {
                    return placeholder("`photo` stands twice");
                }
                None
            }
            _ => Some(self.value(name, &mut given)?),
        };
        match given.left.keys().next() {
            Some(key) => placeholder(format!("`{name}` takes no `{key}`")),
            None => Ok(piece),
        }
    }

    fn value(&self, name: &str, given: &mut Given) -> Result<Piece, TemplateError> {
        if let Some(name) = name.strip_suffix(".size") {
            return Ok(Piece::Size {
                name: self.name(name)?,
                width: given.pixels("width")?,
                weight: given.weight()?,
                least: given.pixels("least")?,
                most: given.pixels("size")?,
            });
        }
        let name = self.name(name)?;
        if given.left.is_empty() {
            return Ok(Piece::Value(name));
        }
        let lines = given.number_or("lines", 1, LINES_MAX, 1)?;
        let set = Setting {
            width: given.pixels("width")?,
            size: given.pixels("size")?,
            weight: given.weight()?,
            lines: usize::try_from(lines).unwrap_or(1),
        };
        let (leading, x) = if lines > 1 { (given.pixels("leading")?, Some(given.place("x")?)) } else { (0, None) };
        Ok(Piece::Fitted { name, set, leading, x })
    }
}

/// What a placeholder was given; everything must be taken.
struct Given<'a> {
    name: &'a str,
    left: BTreeMap<&'a str, &'a str>,
}

impl Given<'_> {
    fn number(&mut self, key: &str, least: i64, most: i64) -> Result<i64, TemplateError> {
        let name = self.name;
        let Some(text) = self.left.remove(key) else { return placeholder(format!("`{name}` needs `{key}`")) };
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => placeholder(format!("`{name}`: `{key}` must be a whole number from {least} to {most}")),
        }
    }

    fn number_or(&mut self, key: &str, least: i64, most: i64, usual: i64) -> Result<i64, TemplateError> {
        if self.left.contains_key(key) { self.number(key, least, most) } else { Ok(usual) }
    }

    /// A length.
    fn pixels(&mut self, key: &str) -> Result<i64, TemplateError> {
        self.number(key, 1, HEIGHT.into())
    }

    /// A coordinate.
    fn place(&mut self, key: &str) -> Result<i64, TemplateError> {
        self.number(key, 0, HEIGHT.into())
    }

    fn weight(&mut self) -> Result<Weight, TemplateError> {
        match self.left.remove("weight") {
            None | Some("regular") => Ok(Weight::Regular),
            Some("bold") => Ok(Weight::Bold),
            Some(other) => placeholder(format!("`{}`: `weight={other}` is neither regular nor bold", self.name)),
        }
    }
}

fn escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // No XML at all.
            c if c.is_control() => {}
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
}

/// Every value is put in once and not looked at again: braces in it mean nothing.
fn expand(pieces: &[Piece], values: &Values, fonts: &Fonts, out: &mut String) -> Result<(), TemplateError> {
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Value(name) => escaped(value(name), out),
            Piece::Section { name, present, body } => {
                if value(name).is_empty() != *present {
                    expand(body, values, fonts, out)?;
                }
            }
            Piece::Size { name, width, weight, least, most } => {
                let size = size_for(fonts, value(name), *width, *weight, *least, *most);
                let _ = write!(out, "{size}");
            }
            Piece::Fitted { name, set, leading, x } => {
                let broken = lines(fonts, value(name), *set);
                let Some(x) = x else {
                    escaped(broken.first().map_or("", String::as_str), out);
                    continue;
                };
                let missing = i64::try_from(set.lines.saturating_sub(broken.len())).unwrap_or(0);
                let mut down = missing * leading / 2;
                for line in broken {
                    // An opening bracket is white in its left half: it hangs over, so that the text stands flush.
                    let hangs = line.starts_with(text::BRACKETS);
                    let x = if hangs { x - set.size * 9 / 20 } else { *x };
                    let _ = write!(out, "<tspan x=\"{x}\" dy=\"{down}\">");
                    escaped(&line, out);
                    out.push_str("</tspan>");
                    down = *leading;
                }
            }
            Piece::Code { x, y, size, quiet } => match value("qr") {
                "" => out.push_str("M0 0"),
                address => match qr::code(address, *x, *y, *size, *quiet) {
                    Some(path) => out.push_str(&path),
                    None => return refused(format!("{address} does not fit into a code of {size} pixels")),
                },
            },
        }
    }
    Ok(())
}

/// Reads an SVG without looking outside of it.
pub(crate) fn parsed(svg: &str, fonts: &'static Fonts) -> Result<usvg::Tree, TemplateError> {
    let document = roxmltree::Document::parse(svg).map_err(|e| TemplateError::Xml(e.to_string()))?;
    let options = usvg::Options {
        fontdb: fonts.database.clone(),
        font_resolver: usvg::FontResolver {
            // There is one family, whatever a template names.
            select_font: Box::new(|font, _| {
                let weight = if font.weight() >= 600 { Weight::Bold } else { Weight::Regular };
                Some(fonts.selected(weight))
            }),
            select_fallback: Box::new(|c, tried, _| fonts.with(c, tried)),
        },
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_string: Box::new(|_, _| None),
            ..usvg::ImageHrefResolver::default()
        },
        ..usvg::Options::default()
    };
    usvg::Tree::from_xmltree(&document, &options).map_err(|e| TemplateError::Xml(e.to_string()))
}

const SVG: &str = "http://www.w3.org/2000/svg";
const ELEMENTS: [&str; 19] = [
    "svg",
    "g",
    "defs",
    "title",
    "desc",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "image",
];

fn check(svg: &str, logo: Option<&String>) -> Result<(), TemplateError> {
    let document = roxmltree::Document::parse(svg).map_err(|e| TemplateError::Xml(e.to_string()))?;
    let root = document.root_element();
    let says = |name: &str, wanted: u32| root.attribute(name) == Some(wanted.to_string().as_str());
    let whole = format!("0 0 {WIDTH} {HEIGHT}");
    if !says("width", WIDTH) || !says("height", HEIGHT) || root.attribute("viewBox") != Some(&whole) {
        return refused(format!("the svg element must say width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"{whole}\""));
    }
    let mut elements = 0;
    for node in document.descendants() {
        if node.is_pi() {
            return refused("processing instructions are not taken");
        }
        if !node.is_element() {
            continue;
        }
        elements += 1;
        let name = node.tag_name();
        if name.namespace() != Some(SVG) || !ELEMENTS.contains(&name.name()) {
            return refused(format!("`{}` is not taken; {} are", name.name(), ELEMENTS.join(", ")));
        }
        for attribute in node.attributes() {
            allowed(name.name(), attribute.name(), attribute.value(), logo)?;
        }
    }
    if elements > ELEMENTS_MAX {
        return refused(format!("it has {elements} elements, at most {ELEMENTS_MAX} are taken"));
    }
    Ok(())
}

/// Nothing that runs, and nothing from outside.
fn allowed(element: &str, name: &str, value: &str, logo: Option<&String>) -> Result<(), TemplateError> {
    let lower = value.to_ascii_lowercase();
    if name.to_ascii_lowercase().starts_with("on") {
        return refused(format!("`{element}`: `{name}` is not taken"));
    }
    if name == "href" {
        let own = match element {
            "image" => value.is_empty() || Some(value) == logo.map(String::as_str) || is_small_picture(value),
            _ => value.starts_with('#'),
        };
        return match own {
            true => Ok(()),
            false => {
                refused(format!("`{element}`: `href` may name a part of the file or hold a PNG, JPEG or WebP picture"))
            }
        };
    }
    let inside = |part: &str| part.trim_start().trim_start_matches(['"', '\'']).starts_with('#');
    if lower.split("url(").skip(1).any(|part| !inside(part))
        || lower.contains("@import")
        || lower.contains("javascript:")
    {
        return refused(format!("`{element}`: `{name}` refers to something outside the file"));
    }
    Ok(())
}

/// A picture as a data URL whose header says that it is no larger than a poster.
pub(crate) fn is_small_picture(url: &str) -> bool {
    let kinds = ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,"];
    let Some(data) = kinds.iter().find_map(|kind| url.strip_prefix(kind)) else { return false };
    BASE64.decode(data).ok().and_then(|bytes| Photo::size(&bytes)).is_some_and(|(w, h)| w <= HEIGHT && h <= HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["title", "coupon", "logo", "theme", "qr", "photo"];

    fn svg(inside: &str) -> String {
        format!("<svg xmlns='{SVG}' width='750' height='1334' viewBox='0 0 750 1334'>{inside}</svg>")
    }

    fn text(template: &str, values: &[(&'static str, &str)]) -> String {
        let values = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Template::parse(template, KNOWN).unwrap().text(&values).unwrap()
    }

    #[test]
    fn values_are_put_in_and_cannot_break_out() {
        assert_eq!(text("<a>{{title}}</a>", &[("title", "x")]), "<a>x</a>");
        let evil = "</text><script>\"'&{{theme}}\u{1}";
        let put = text("<a b=\"{{title}}\">{{ title }}</a>", &[("title", evil), ("theme", "t")]);
        let safe = "&lt;/text&gt;&lt;script&gt;&quot;&apos;&amp;{{theme}}";
        assert_eq!(put, format!("<a b=\"{safe}\">{safe}</a>"));
        let fitted = text("{{title width=700 size=10}}", &[("title", "<b>&")]);
        assert_eq!(fitted, "&lt;b&gt;&amp;");
    }

    #[test]
    fn sections_are_there_or_not() {
        let template = "a{{#coupon}}b{{title}}{{^logo}}c{{/logo}}{{/coupon}}{{^coupon}}d{{/coupon}}e";
        assert_eq!(text(template, &[]), "ade");
        assert_eq!(text(template, &[("coupon", "1"), ("title", "T")]), "abTce");
        assert_eq!(text(template, &[("coupon", "1"), ("logo", "L")]), "abe");
    }

    #[test]
    fn lines_are_tspans_and_fewer_are_centred() {
        let template = "{{title width=40 size=10 lines=2 leading=20 x=5}}";
        let two = "<tspan x=\"5\" dy=\"0\">一二三四</tspan><tspan x=\"5\" dy=\"20\">五六七</tspan>";
        assert_eq!(text(template, &[("title", "一二三四五六七")]), two);
        assert_eq!(text(template, &[("title", "【一】")]), "<tspan x=\"1\" dy=\"10\">【一】</tspan>");
        assert_eq!(text(template, &[("title", "一二")]), "<tspan x=\"5\" dy=\"10\">一二</tspan>");
        assert_eq!(text(template, &[]), "");
        assert_eq!(text("{{title.size width=40 size=30 least=5}}", &[("title", "一二")]), "20");
    }

    #[test]
    fn a_wrong_placeholder_is_named() {
        for (template, words) in [
            ("{{price}}", "`price`"),
            ("{{title", "without"),
            ("{{#coupon}}x", "`coupon` has no end"),
            ("{{#coupon}}{{/logo}}{{/coupon}}", "{{/logo}}"),
            ("{{/coupon}}", "ends no section"),
            ("{{title width=10}}", "needs `size`"),
            ("{{title width=x size=10}}", "`width`"),
            ("{{title width=10 size=10 lines=2}}", "needs `leading`"),
            ("{{title width=10 size=10 colour=red}}", "takes no `colour`"),
            ("{{title width=10 size=10 weight=heavy}}", "heavy"),
            ("{{title bold}}", "KEY=VALUE"),
            ("{{qr x=1 y=1}}", "needs `size`"),
            ("{{photo x=1 y=1 width=750 height=1}}", "edge"),
            ("{{photo x=0 y=0 width=1 height=1}}{{photo x=0 y=0 width=1 height=1}}", "twice"),
        ] {
            let error = Template::parse(template, KNOWN).unwrap_err().to_string();
            assert!(error.contains(words), "{template}: {error}");
        }
        let deep = "{{#title}}".repeat(20) + &"{{/title}}".repeat(20);
        assert!(Template::parse(&deep, KNOWN).is_err());
        assert!(matches!(Template::parse(&" ".repeat(BYTES_MAX + 1), KNOWN), Err(TemplateError::TooLong(_))));
    }

    #[test]
    fn what_runs_or_comes_from_outside_is_refused() {
        let pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
        let values: Values =
            KNOWN.iter().map(|name| (*name, if *name == "logo" { pixel } else { "x" }.to_owned())).collect();
        let judged = |svg: &str| Template::parse(svg, KNOWN).unwrap().check(&values);
        for inside in [
            "<rect width='10' height='10' fill='url(#g)' style='stroke:url( \"#g\" )'/>",
            "<image href='{{logo}}' width='9' height='9'/>",
            &format!("<image href='{pixel}'/>"),
            "{{#logo}}<text>{{title}}</text>{{/logo}}",
            "<path d='{{qr x=1 y=1 size=100}}'/>",
        ] {
            judged(&svg(inside)).unwrap_or_else(|e| panic!("{inside}: {e}"));
        }
        for inside in [
            "<script>1</script>",
            "<style>@import 'x'</style>",
            "<foreignObject/>",
            "<use href='#a'/>",
            "<filter id='f'/>",
            "<a href='#x'/>",
            "<animate/>",
            "<rect onclick='x'/>",
            "<rect onLoad='x'/>",
            "<image href='file:///etc/passwd'/>",
            "<image href='/etc/passwd'/>",
            "<image href='https://example.org/x.png'/>",
            "<image xmlns:xlink='http://www.w3.org/1999/xlink' xlink:href='x.png'/>",
            "<image href='data:image/svg+xml;base64,PHN2Zy8+'/>",
            "<image href='data:image/png;base64,AAAA'/>",
            "<linearGradient id='g' href='other.svg#g'/>",
            "<rect fill='url(http://example.org/x#y)'/>",
            "<rect style='fill:URL(x.svg#y)'/>",
            "<x:rect xmlns:x='urn:other'/>",
            "<?php 1 ?>",
            "{{#logo}}<script/>{{/logo}}",
            "{{^logo}}<script/>{{/logo}}",
            &"<g/>".repeat(ELEMENTS_MAX + 1),
            "<g>",
        ] {
            assert!(judged(&svg(inside)).is_err(), "{inside}");
        }
        assert!(judged("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>").is_err());
        assert!(judged("<rect/>").is_err());
        let entity = format!("<!DOCTYPE svg [<!ENTITY a 'aaaa'>]>{}", svg("<text>&a;</text>"));
        assert!(judged(&entity).is_err());
    }

    #[test]
    fn a_file_is_not_read_even_where_nobody_checked() {
        let folder = std::env::temp_dir().join(format!("daogou-poster-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("black.png");
        image::RgbaImage::from_pixel(9, 9, image::Rgba([0, 0, 0, 255])).save(&file).unwrap();
        let inside = format!("<image href='{}' width='750' height='1334'/>", file.display());
        let poster = Template::parse(&svg(&inside), KNOWN).unwrap().render(&Values::new(), None).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let photo = Photo::decode(&poster).unwrap();
        assert!(photo.pixels.iter().all(|part| *part > 250), "the poster stays white");
    }
}
