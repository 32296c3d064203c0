//! Pictures of goods: decoded within bounds, scaled, and kept as pixels or written as JPEG.

use crate::fonts::fonts;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use resvg::tiny_skia;
use std::io::Cursor;

/// Pixels of a side; a larger picture is refused before it is decoded.
pub const SIDE_MAX: u32 = 4000;
/// Pixels of a picture.
pub const PIXELS_MAX: u64 = 16_000_000;
/// What a decoder may use.
const MEMORY_MAX: u64 = 128 << 20;
const QUALITY: u8 = 85;

#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("the picture cannot be decoded: {0}")]
    Undecodable(String),
    #[error("the picture has {0}×{1} pixels, at most {SIDE_MAX}×{SIDE_MAX} are taken")]
    TooLarge(u32, u32),
    #[error("the picture cannot be written: {0}")]
    Unwritable(String),
}

/// Opaque pixels, red, green, blue and 255.
#[derive(Clone)]
pub struct Photo {
    pub width: u32,
    pub height: u32,
    pub(crate) pixels: Vec<u8>,
}

impl Photo {
    /// JPEG, PNG, WebP or the first picture of a GIF. What is transparent lies on white.
    pub fn decode(bytes: &[u8]) -> Result<Photo, PhotoError> {
        let wrong = |e: &dyn std::fmt::Display| PhotoError::Undecodable(e.to_string());
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| wrong(&e))?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(SIDE_MAX);
        limits.max_image_height = Some(SIDE_MAX);
        limits.max_alloc = Some(MEMORY_MAX);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(|e| wrong(&e))?;
        let (width, height) = decoder.dimensions();
        if width == 0 || height == 0 || u64::from(width) * u64::from(height) > PIXELS_MAX {
            return Err(PhotoError::TooLarge(width, height));
        }
        let turned = decoder.orientation().map_err(|e| wrong(&e))?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| wrong(&e))?;
        picture.apply_orientation(turned);
        let mut picture = picture.into_rgba8();
        for pixel in picture.pixels_mut().filter(|p| p.0[3] != 255) {
            let alpha = u32::from(pixel.0[3]);
            for channel in &mut pixel.0[..3] {
                *channel = u8::try_from((u32::from(*channel) * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255);
            }
            pixel.0[3] = 255;
        }
        Ok(Photo { width: picture.width(), height: picture.height(), pixels: picture.into_raw() })
    }

    /// Width and height, from the header alone.
    pub(crate) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?.into_dimensions().ok()
    }

    /// The picture in a box, larger or smaller than it was: a tenth may be cut off its edges, so that a square fills
    /// what is nearly one; else all of it is there, with white beside it.
    pub fn fitted(&self, width: u32, height: u32) -> Result<Photo, PhotoError> {
        let (w, h) = (u64::from(self.width), u64::from(self.height));
        let (across, along) = (w * u64::from(height), h * u64::from(width));
        if across.abs_diff(along) * 10 <= across.max(along) {
            return self.filling(width, height);
        }
        let wide = across > along;
        let (inner_w, inner_h) = match wide {
            true => (width, at_least_one(u64::from(width) * h / w)),
            false => (at_least_one(u64::from(height) * w / h), height),
        };
        let inner = self.resized(inner_w, inner_h)?;
        if (inner_w, inner_h) == (width, height) {
            return Ok(inner);
        }
        let mut whole = Photo { width, height, pixels: vec![255; (width * height * 4) as usize] };
        whole.put(&inner, (width - inner_w) / 2, (height - inner_h) / 2);
        Ok(whole)
    }

    /// The middle of the picture, in the shape of the box.
    fn filling(&self, width: u32, height: u32) -> Result<Photo, PhotoError> {
        let (w, h) = (u64::from(self.width), u64::from(self.height));
        let cut_w = at_least_one((h * u64::from(width) / u64::from(height)).min(w));
        let cut_h = at_least_one((w * u64::from(height) / u64::from(width)).min(h));
        let (left, top) = ((self.width - cut_w) / 2, (self.height - cut_h) / 2);
        let options = options().crop(left.into(), top.into(), cut_w.into(), cut_h.into());
        self.resized_with(width, height, &options)
    }

    /// At most so wide, never larger than it was.
    pub fn narrowed(&self, width: u32) -> Result<Photo, PhotoError> {
        if self.width <= width {
            return Ok(self.clone());
        }
        self.resized(width, at_least_one(u64::from(self.height) * u64::from(width) / u64::from(self.width)))
    }

    fn resized(&self, width: u32, height: u32) -> Result<Photo, PhotoError> {
        if (width, height) == (self.width, self.height) {
            return Ok(self.clone());
        }
        self.resized_with(width, height, &options())
    }

    fn resized_with(&self, width: u32, height: u32, options: &ResizeOptions) -> Result<Photo, PhotoError> {
        let wrong = |e: &dyn std::fmt::Display| PhotoError::Undecodable(e.to_string());
        let from = ImageRef::new(self.width, self.height, &self.pixels, PixelType::U8x4).map_err(|e| wrong(&e))?;
        let mut to = Image::new(width, height, PixelType::U8x4);
        Resizer::new().resize(&from, &mut to, options).map_err(|e| wrong(&e))?;
        Ok(Photo { width, height, pixels: to.into_vec() })
    }

    /// Copies a smaller picture into this one; what does not fit is left out.
    fn put(&mut self, other: &Photo, x: u32, y: u32) {
        copy_rows(&mut self.pixels, (self.width, self.height), other, x, y);
    }

    pub fn jpeg(&self) -> Result<Vec<u8>, PhotoError> {
        jpeg(&self.pixels, self.width, self.height)
    }

    /// Memory that keeping it takes.
    pub fn bytes(&self) -> usize {
        self.pixels.len()
    }
}

/// All pixels are opaque, so alpha needs no care. Lanczos keeps the print on packs sharp.
fn options() -> ResizeOptions {
    ResizeOptions::new().use_alpha(false).resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
}

fn at_least_one(side: u64) -> u32 {
    u32::try_from(side).unwrap_or(u32::MAX).max(1)
}

pub(crate) fn copy_rows(to: &mut [u8], (width, height): (u32, u32), photo: &Photo, x: u32, y: u32) {
    let at = |column: u32, row: u32, wide: u32| (row as usize * wide as usize + column as usize) * 4;
    let length = photo.width.min(width.saturating_sub(x)) as usize * 4;
    for row in 0..photo.height.min(height.saturating_sub(y)) {
        let (source, target) = (at(0, row, photo.width), at(x, y + row, width));
        to[target..target + length].copy_from_slice(&photo.pixels[source..source + length]);
    }
}

pub(crate) fn jpeg(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PhotoError> {
    let wrong = |e: &dyn std::fmt::Display| PhotoError::Unwritable(e.to_string());
    let side = |side: u32| u16::try_from(side).map_err(|e| wrong(&e));
    let mut out = Vec::with_capacity(160 << 10);
    let mut encoder = Encoder::new(&mut out, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(pixels, side(width)?, side(height)?, ColorType::Rgba).map_err(|e| wrong(&e))?;
    Ok(out)
}

/// A picture scaled to at most this width, as JPEG.
pub fn scaled(bytes: &[u8], width: u32) -> Result<Vec<u8>, PhotoError> {
    Photo::decode(bytes)?.narrowed(width)?.jpeg()
}

/// An SVG picture of our own sandbox, `width` pixels wide. Not for anybody else's: drawing one is not bounded.
pub fn drawn(svg: &str, width: u32) -> Result<Photo, PhotoError> {
    let wrong = |e: &dyn std::fmt::Display| PhotoError::Undecodable(e.to_string());
    let tree = crate::template::parsed(svg, fonts()).map_err(|e| wrong(&e))?;
    let size = tree.size().to_int_size();
    let size = size.scale_to_width(width).ok_or_else(|| wrong(&"it has no size"))?;
    if size.height() > SIDE_MAX {
        return Err(PhotoError::TooLarge(size.width(), size.height()));
    }
    let mut map = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or_else(|| wrong(&"it has no size"))?;
    map.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tree_scale(&tree, size), &mut map.as_mut());
    Ok(Photo { width: size.width(), height: size.height(), pixels: map.take() })
}

#[allow(clippy::float_arithmetic)] // The drawing library counts in floats.
fn tree_scale(tree: &usvg::Tree, size: tiny_skia::IntSize) -> tiny_skia::Transform {
    let (own, wanted) = (tree.size(), size.to_size());
    tiny_skia::Transform::from_scale(wanted.width() / own.width(), wanted.height() / own.height())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
        let picture = image::RgbaImage::from_pixel(width, height, image::Rgba(pixel));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn pixel(photo: &Photo, x: u32, y: u32) -> [u8; 4] {
        let at = ((y * photo.width + x) * 4) as usize;
        photo.pixels[at..at + 4].try_into().unwrap()
    }

    #[test]
    fn a_picture_fits_its_box_with_white_beside_it() {
        let wide = Photo::decode(&picture(400, 100, [0, 0, 200, 255])).unwrap().fitted(200, 200).unwrap();
        assert_eq!((wide.width, wide.height), (200, 200));
        assert_eq!(pixel(&wide, 100, 10), [255; 4]);
        assert_eq!(pixel(&wide, 100, 100), [0, 0, 200, 255]);
        assert_eq!((pixel(&wide, 100, 74), pixel(&wide, 100, 76)), ([255; 4], [0, 0, 200, 255]));
        let line = Photo::decode(&picture(3000, 1, [0, 0, 200, 255])).unwrap().fitted(200, 200).unwrap();
        assert_eq!((line.width, line.height), (200, 200));
    }

    #[test]
    fn what_is_transparent_lies_on_white() {
        let photo = Photo::decode(&picture(10, 10, [0, 0, 0, 0])).unwrap();
        assert_eq!(pixel(&photo, 5, 5), [255; 4]);
        let half = Photo::decode(&picture(10, 10, [0, 0, 0, 51])).unwrap();
        assert_eq!(pixel(&half, 5, 5), [204, 204, 204, 255]);
    }

    #[test]
    fn pictures_become_narrower_and_never_wider() {
        let bytes = picture(1000, 500, [9, 9, 9, 255]);
        let narrowed = Photo::decode(&scaled(&bytes, 400).unwrap()).unwrap();
        assert_eq!((narrowed.width, narrowed.height), (400, 200));
        let same = Photo::decode(&scaled(&bytes, 2000).unwrap()).unwrap();
        assert_eq!((same.width, same.height), (1000, 500));
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_refused() {
        for bytes in [&b""[..], b"GIF89a", b"<svg/>", &[0xff, 0xd8, 0xff, 0xe0, 0, 0]] {
            assert!(matches!(Photo::decode(bytes), Err(PhotoError::Undecodable(_))), "{bytes:?}");
        }
        let wide = picture(SIDE_MAX + 1, 1, [1, 1, 1, 255]);
        assert!(Photo::decode(&wide).is_err());
        // The header alone says 60,000 × 60,000: nothing is set aside for it.
        let mut bomb = picture(1, 1, [1, 1, 1, 255]);
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        assert!(Photo::decode(&bomb).is_err());
        let mut cut = picture(500, 500, [1, 2, 3, 255]);
        cut.truncate(cut.len() / 2);
        assert!(Photo::decode(&cut).is_err());
    }

    #[test]
    fn a_drawing_of_the_sandbox_becomes_a_picture() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400' width='400' height='400'>\
                   <rect width='400' height='400' fill='#00c800'/><text x='10' y='80' font-size='70'>苹果</text></svg>";
        let photo = drawn(svg, 800).unwrap();
        assert_eq!((photo.width, photo.height), (800, 800));
        assert_eq!(pixel(&photo, 790, 790), [0, 200, 0, 255]);
        assert!(photo.pixels.chunks(4).any(|p| p == [0, 0, 0, 255]), "the letters are drawn");
        assert!(drawn("<svg", 800).is_err());
    }
}
