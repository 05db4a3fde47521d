use super::*;

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let picture =
        RgbaImage::from_fn(width, height, |x, y| image::Rgba([x as u8, y as u8, 90, if x < 4 { 0 } else { 255 }]));
    DynamicImage::from(picture).write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

/// A PNG whose header promises `width` by `height` pixels and whose data are a few bytes.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        let mut crc = u32::MAX;
        for &byte in bytes {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        !crc
    };
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let mut out = (data.len() as u32).to_be_bytes().to_vec();
        let body = [kind, data].concat();
        out.extend_from_slice(&body);
        out.extend_from_slice(&crc(&body).to_be_bytes());
        out
    };
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend_from_slice(&[8, 6, 0, 0, 0]);
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", &[0x78, 0x9c, 1, 0, 0, 0xff, 0xff]),
        chunk(b"IEND", &[]),
    ]
    .concat()
}

#[test]
fn a_decompression_bomb_is_refused_by_its_header() {
    for (width, height) in [(8_000, 5_001), (100_000, 100_000), (30_000, 10), (u32::MAX >> 1, u32::MAX >> 1)] {
        let failure = take_in("image/png", &bomb(width, height)).err().expect("refused");
        assert!(["image_too_large", "invalid_image"].contains(&failure.code.as_ref()), "{width}x{height}: {failure}");
    }
    let failure = take_in("image/png", &bomb(8_000, 5_001)).err().unwrap();
    assert_eq!(failure.kind, ErrorKind::TooLarge);
}

#[test]
fn only_pixels_of_the_declared_kind_get_in() {
    for (content_type, bytes, code) in [
        ("image/svg+xml", b"<svg/>".to_vec(), "unsupported_image"),
        ("image/gif", b"GIF89a".to_vec(), "unsupported_image"),
        ("text/html", b"<script>".to_vec(), "unsupported_image"),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "invalid_image"),
        ("image/jpeg", png(20, 20), "invalid_image"),
        ("image/webp", Vec::new(), "invalid_image"),
        ("image/png", png(20, 20)[..60].to_vec(), "invalid_image"),
    ] {
        let failure = take_in(content_type, &bytes).err().expect("refused");
        assert_eq!(failure.code, code, "{content_type}");
    }
}

#[test]
fn what_hides_behind_the_pixels_does_not_get_in() {
    let mut sent = png(40, 30);
    sent.extend_from_slice(b"<script>alert(1)</script>");
    let kept = take_in("image/png", &sent).unwrap();
    assert_eq!((kept.width, kept.height, kept.extension), (40, 30, "png"));
    assert!(!kept.bytes.windows(8).any(|w| w == b"<script>"));
}

#[test]
fn a_large_original_is_kept_smaller_and_an_opaque_webp_becomes_a_jpeg() {
    let kept = take_in("image/png", &png(3_000, 1_500)).unwrap();
    assert_eq!((kept.width, kept.height), (2_560, 1_280));
    let mut webp = Vec::new();
    WebPEncoder::new_lossless(&mut webp).encode(&[120; 12], 2, 2, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(take_in("image/webp", &webp).unwrap().extension, "jpg");
}

#[test]
fn a_rendition_keeps_its_shape_and_is_never_blown_up() {
    let kept = take_in("image/png", &png(800, 400)).unwrap();
    for (width, expected) in [(320, (320, 160)), (1280, (800, 400))] {
        let body = scale(&kept.bytes, width, Format::Jpeg).unwrap();
        let picture = image::load_from_memory(&body).unwrap();
        assert_eq!((picture.width(), picture.height()), expected);
    }
    // Where it is transparent it is white.
    let body = scale(&kept.bytes, 1280, Format::WebP).unwrap();
    assert_eq!(image::load_from_memory(&body).unwrap().to_rgb8().get_pixel(0, 200).0, [255, 255, 255]);
}

#[test]
fn a_vector_cannot_reach_outside_itself() {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'><image href='/etc/passwd' width='9' height='9'/>\
               <image href='data:image/svg+xml;base64,PHN2Zy8+' width='9' height='9'/></svg>";
    let body = draw(svg, 160, Format::WebP).unwrap();
    assert!(image::load_from_memory(&body).unwrap().to_rgb8().pixels().all(|p| p.0 == [255, 255, 255]));
    assert!(draw("<svg", 160, Format::Jpeg).is_err());
}
