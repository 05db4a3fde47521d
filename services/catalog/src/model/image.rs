//! Where the pictures of a product are found, as shoppers' browsers need it.

use contracts::catalog::{ImageSize, ImageView};

/// The widths in pixels in which the shop serves its own pictures, smallest first.
const WIDTHS: [u32; 6] = [160, 320, 480, 640, 960, 1280];

/// The view of a picture: our own in several sizes, an imported one where it lies.
pub(crate) fn view(source: &str, width: u32, height: u32, alt: &str) -> ImageView {
    let alt = alt.to_owned();
    if source.starts_with("https://") {
        return ImageView { url: source.to_owned(), sizes: Vec::new(), alt, width, height };
    }
    let stem = source.rsplit_once('.').map_or(source, |(stem, _)| stem);
    let sizes: Vec<ImageSize> =
        WIDTHS.iter().map(|&width| ImageSize { width, url: format!("/media/{stem}-{width}.jpg") }).collect();
    let url = sizes.last().map_or_else(String::new, |size| size.url.clone());
    ImageView { url, sizes, alt, width, height }
}
