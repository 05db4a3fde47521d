//! Names of originals and renditions. Every name that the shop serves has one of these two shapes and no other.

use contracts::catalog::{ImageSize, ImageView, Media};
use ring::digest::{SHA256, digest};

/// The widths in pixels in which pictures are served, smallest first.
pub const WIDTHS: [u32; 6] = [160, 320, 480, 640, 960, 1280];

/// How a rendition is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Jpeg,
    /// Lossless.
    WebP,
}

impl Format {
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Jpeg => "jpg",
            Format::WebP => "webp",
        }
    }

    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::WebP => "image/webp",
        }
    }

    fn of(extension: &str) -> Option<Format> {
        [Format::Jpeg, Format::WebP].into_iter().find(|format| format.extension() == extension)
    }
}

const HEX: usize = 32;
const PREFIX: &str = "sha256-";

/// The name of an original: `sha256-<first 32 hex digits of its hash>.<extension>`.
#[must_use]
pub fn source_name(bytes: &[u8], extension: &str) -> String {
    let hash = digest(&SHA256, bytes);
    let mut name = String::with_capacity(PREFIX.len() + HEX + 1 + extension.len());
    name.push_str(PREFIX);
    for byte in &hash.as_ref()[..HEX / 2] {
        for nibble in [byte >> 4, byte & 0xf] {
            name.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    name.push('.');
    name.push_str(extension);
    name
}

/// The name of an original without its extension, checked: `sha256-` and 32 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stem(String);

impl Stem {
    pub(super) fn parse(text: &str) -> Option<Stem> {
        let hex = text.strip_prefix(PREFIX)?;
        let fine = hex.len() == HEX && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fine.then(|| Stem(text.to_owned()))
    }

    /// Of a document's `source`.
    pub(super) fn of_source(source: &str) -> Option<Stem> {
        let (stem, extension) = source.rsplit_once('.')?;
        if ["svg", "jpg", "png"].contains(&extension) { Stem::parse(stem) } else { None }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A rendition: which original, how wide, in which format.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Rendition {
    pub(super) stem: Stem,
    pub(super) width: u32,
    pub(super) format: Format,
}

impl Rendition {
    /// Reads `sha256-…-640.jpg`. Anything that is not exactly such a name is none.
    pub(super) fn parse(file: &str) -> Option<Rendition> {
        let (rest, extension) = file.rsplit_once('.')?;
        let (stem, digits) = rest.rsplit_once('-')?;
        let width = WIDTHS.into_iter().find(|width| width.to_string() == digits)?;
        Some(Rendition { stem: Stem::parse(stem)?, width, format: Format::of(extension)? })
    }

    pub(super) fn file(&self) -> String {
        format!("{}-{}.{}", self.stem.as_str(), self.width, self.format.extension())
    }
}

/// Where shoppers' browsers find `media`, with its text in one language. A picture that lies elsewhere has one size.
#[must_use]
pub fn view(media: &Media, alt: &str) -> ImageView {
    let (width, height, alt) = (media.width, media.height, alt.to_owned());
    if media.source.starts_with("https://") {
        let sizes = vec![ImageSize { width: width.max(1), url: media.source.clone() }];
        return ImageView { url: media.source.clone(), sizes, alt, width, height };
    }
    let stem = media.source.rsplit_once('.').map_or(media.source.as_str(), |(stem, _)| stem);
    // A picture is not blown up: the first size at least as wide as the original is the last.
    let enough = WIDTHS.iter().position(|&w| width > 0 && w >= width).unwrap_or(WIDTHS.len() - 1);
    let sizes: Vec<ImageSize> = WIDTHS[..=enough]
        .iter()
        .map(|&width| ImageSize { width, url: format!("/media/{stem}-{width}.{}", Format::Jpeg.extension()) })
        .collect();
    let url = sizes.last().map_or_else(String::new, |size| size.url.clone());
    ImageView { url, sizes, alt, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_follow_the_content() {
        let name = source_name(b"abc", "svg");
        assert_eq!(name, "sha256-ba7816bf8f01cfea414140de5dae2223.svg");
        assert_eq!(Stem::of_source(&name).unwrap().as_str(), "sha256-ba7816bf8f01cfea414140de5dae2223");
    }

    #[test]
    fn only_exact_names_are_read() {
        let good = "sha256-ba7816bf8f01cfea414140de5dae2223-640.jpg";
        assert_eq!(Rendition::parse(good).unwrap().file(), good);
        for bad in [
            "",
            ".",
            "..",
            "sha256-ba7816bf8f01cfea414140de5dae2223.svg",
            "sha256-ba7816bf8f01cfea414140de5dae2223-641.jpg",
            "sha256-ba7816bf8f01cfea414140de5dae2223-0640.jpg",
            "sha256-ba7816bf8f01cfea414140de5dae2223-640.png",
            "sha256-ba7816bf8f01cfea414140de5dae2223-640.jpg/",
            "sha256-BA7816BF8F01CFEA414140DE5DAE2223-640.jpg",
            "sha256-ba7816bf8f01cfea414140de5dae222-640.jpg",
            "sha256-../../../../../../../etc/passwd00-640.jpg",
            "../sha256-ba7816bf8f01cfea414140de5dae2223-640.jpg",
            "sha256-ba7816bf8f01cfea414140de5dae2223-640.jpg\0",
            "sha256-ba7816bf8f01cfea414140de5dae2223--640.jpg",
            "sha256-ba7816bf8f01cfea414140de5dae2223-+640.jpg",
        ] {
            assert!(Rendition::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn sizes_end_at_the_original_and_a_remote_picture_stays_where_it_is() {
        let mut media = Media {
            source: "sha256-ba7816bf8f01cfea414140de5dae2223.png".to_owned(),
            alt: Default::default(),
            width: 500,
            height: 400,
        };
        let widths: Vec<u32> = view(&media, "").sizes.iter().map(|size| size.width).collect();
        assert_eq!(widths, [160, 320, 480, 640]);
        media.width = 4000;
        assert_eq!(view(&media, "").sizes.len(), WIDTHS.len());
        assert!(
            view(&media, "").sizes.iter().all(|s| Rendition::parse(s.url.strip_prefix("/media/").unwrap()).is_some())
        );
        media.source = "https://cdn.example/a b.jpg".to_owned();
        let remote = view(&media, "A lamp");
        assert_eq!(
            (remote.sizes.len(), remote.url.as_str(), remote.alt.as_str()),
            (1, "https://cdn.example/a b.jpg", "A lamp")
        );
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_plain_file_name(text in "[a-f0-9sh./\\\\%\\-]{0,70}|(sha256-[a-f0-9]{30,34}-[0-9]{2,5}\\.(jpg|webp|svg))") {
            if let Some(rendition) = Rendition::parse(&text) {
                prop_assert_eq!(rendition.file(), text.clone());
                prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.'));
                prop_assert_eq!(text.matches('.').count(), 1);
            }
        }

        #[test]
        fn no_name_makes_the_reader_panic(text in any::<String>()) {
            let _ = Rendition::parse(&text);
            let _ = Stem::of_source(&text);
        }
    }
}
