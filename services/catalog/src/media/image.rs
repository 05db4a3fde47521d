//! Pixels: reading what was uploaded, drawing what is a vector, scaling, encoding. All of it blocks.

use std::io::Cursor;

use contracts::Result;
use fast_image_resize::images::Image;
use fast_image_resize::{PixelType, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage};
use kernel::{ErrorKind, Failure};
use resvg::{tiny_skia, usvg};

use super::name::Format;

/// Most pixels of an upload: 40 megapixels.
const MAX_PIXELS: u64 = 40_000_000;
/// Longest side of an upload, in pixels.
const MAX_SIDE: u32 = 20_000;
/// Most memory that decoding may take: 40 megapixels with four channels of 16 bits.
const MAX_MEMORY: u64 = MAX_PIXELS * 8;
/// An original is kept no larger than this, in pixels: twice the widest rendition, for screens yet to come.
const KEEP_SIDE: u32 = 2_560;

const JPEG_QUALITY: u8 = 82;
/// Originals are encoded once more for every rendition, so they start out better.
const ORIGINAL_QUALITY: u8 = 92;

/// An upload as it is kept.
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    pub(super) extension: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
}

fn unreadable(_: impl std::fmt::Display) -> Failure {
    Failure::invalid("invalid_image", "This file cannot be read as a PNG, JPEG or WebP picture.")
}

/// Decodes an upload and encodes it anew: only its pixels remain.
///
/// # Errors
/// `unsupported_image` for other formats, `image_too_large`, `invalid_image`.
pub(super) fn take_in(content_type: &str, bytes: &[u8]) -> Result<Kept> {
    let declared = match content_type.split(';').next().unwrap_or_default().trim() {
        "image/png" => ImageFormat::Png,
        "image/jpeg" => ImageFormat::Jpeg,
        "image/webp" => ImageFormat::WebP,
        _ => {
            return Err(Failure::invalid(
                "unsupported_image",
                "Send a picture as image/png, image/jpeg or image/webp.",
            ));
        }
    };
    // The declared decoder is used whatever the content: a file cannot pick its own.
    let mut reader = ImageReader::with_format(Cursor::new(bytes), declared);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(too_large_or_unreadable)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(unreadable("empty"));
    }
    // Judged by the header, before any pixel is unpacked.
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(too_many_pixels());
    }
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(too_large_or_unreadable)?;
    picture.apply_orientation(orientation);
    let picture = shrink(picture, KEEP_SIDE)?;
    let (width, height) = (picture.width(), picture.height());
    let opaque = !picture.color().has_alpha() || picture.to_rgba8().pixels().all(|pixel| pixel.0[3] == u8::MAX);
    if opaque && declared != ImageFormat::Png {
        let bytes = jpeg(&picture.to_rgb8(), ORIGINAL_QUALITY)?;
        return Ok(Kept { bytes, extension: "jpg", width, height });
    }
    let mut out = Cursor::new(Vec::new());
    let plain = if opaque { DynamicImage::from(picture.to_rgb8()) } else { DynamicImage::from(picture.to_rgba8()) };
    plain.write_to(&mut out, ImageFormat::Png).map_err(Failure::internal)?;
    Ok(Kept { bytes: out.into_inner(), extension: "png", width, height })
}

fn too_many_pixels() -> Failure {
    Failure::new(ErrorKind::TooLarge, "image_too_large", "A picture has at most 40 megapixels; make it smaller.")
}

fn too_large_or_unreadable(error: image::ImageError) -> Failure {
    match error {
        image::ImageError::Limits(_) => too_many_pixels(),
        other => unreadable(other),
    }
}

fn shrink(picture: DynamicImage, side: u32) -> Result<DynamicImage> {
    let longest = picture.width().max(picture.height());
    if longest <= side {
        return Ok(picture);
    }
    let scaled = |length: u32| (u64::from(length) * u64::from(side) / u64::from(longest)).max(1) as u32;
    resize(&picture, scaled(picture.width()), scaled(picture.height()))
}

/// Always with four channels: one kind of pixel is all that the resizer is compiled for.
fn resize(picture: &DynamicImage, width: u32, height: u32) -> Result<DynamicImage> {
    let source = picture.to_rgba8().into_raw();
    let source = Image::from_vec_u8(picture.width(), picture.height(), source, PixelType::U8x4);
    let mut target = Image::new(width, height, PixelType::U8x4);
    Resizer::new().resize(&source.map_err(Failure::internal)?, &mut target, None).map_err(Failure::internal)?;
    let pixels = RgbaImage::from_raw(width, height, target.into_vec());
    let scaled = DynamicImage::from(pixels.ok_or_else(|| Failure::internal("a picture of the wrong size"))?);
    Ok(if picture.color().has_alpha() { scaled } else { DynamicImage::from(scaled.to_rgb8()) })
}

/// A rendition of a picture that [`take_in`] kept, `width` pixels wide or as wide as it is.
pub(super) fn scale(bytes: &[u8], width: u32, format: Format) -> Result<Vec<u8>> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(Failure::internal)?;
    let picture = reader.decode().map_err(Failure::internal)?;
    let picture = if picture.width() > width {
        let height = (u64::from(picture.height()) * u64::from(width) / u64::from(picture.width())).max(1);
        resize(&picture, width, u32::try_from(height).map_err(Failure::internal)?)?
    } else {
        picture
    };
    encode(&on_white(&picture.to_rgba8()), format)
}

/// A rendition of a vector picture, `width` pixels wide.
#[allow(clippy::float_arithmetic)] // The size of a drawing, not money.
pub(super) fn draw(svg: &str, width: u32, format: Format) -> Result<Vec<u8>> {
    let tree = parse(svg)?;
    let size = tree.size();
    let scale = width as f32 / size.width();
    let height = (size.height() * scale).round().clamp(1.0, 8_192.0) as u32;
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or_else(|| Failure::internal("no room for a picture"))?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    // Everything lies on white, so the pixels are opaque and need no unmultiplying.
    let rgb = pixels.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let rgb = RgbImage::from_raw(width, height, rgb).ok_or_else(|| Failure::internal("a picture of the wrong size"))?;
    encode(&rgb, format)
}

/// Reads a vector picture of ours; it can refer to nothing outside itself.
pub(super) fn parse(svg: &str) -> Result<usvg::Tree> {
    let nothing =
        usvg::ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let options = usvg::Options { image_href_resolver: nothing, ..Default::default() };
    usvg::Tree::from_str(svg, &options).map_err(Failure::internal)
}

fn on_white(picture: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, a] = picture.get_pixel(x, y).0;
        let over = |v: u8| ((u32::from(v) * u32::from(a) + 255 * (255 - u32::from(a)) + 127) / 255) as u8;
        image::Rgb([over(r), over(g), over(b)])
    })
}

fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality).encode_image(picture).map_err(Failure::internal)?;
    Ok(out)
}

fn encode(picture: &RgbImage, format: Format) -> Result<Vec<u8>> {
    match format {
        Format::Jpeg => jpeg(picture, JPEG_QUALITY),
        Format::WebP => {
            let mut out = Vec::new();
            WebPEncoder::new_lossless(&mut out)
                .encode(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
                .map_err(Failure::internal)?;
            Ok(out)
        }
    }
}

#[cfg(test)]
mod tests;
