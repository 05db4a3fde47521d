//! Products, their stock and pictures, and the categories and collections that they stand in.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod listings;
pub(crate) mod media;
pub(crate) mod show;
pub(crate) mod stock;
pub(crate) mod variant;
pub(crate) mod view;

use contracts::market::Texts;

use crate::form::Reading;
use crate::table::{Pages, get, post};

pub(crate) fn routes() -> Pages {
    Pages::new()
        .route("/admin/products", get(list::show))
        .route("/admin/new-product", get(create::show).post(create::create))
        .route("/admin/products/{handle}", get(show::show).post(change::change))
        .route("/admin/products/{handle}/delete", post(change::delete))
        .route("/admin/products/{handle}/variants", post(variant::add))
        .route("/admin/products/{handle}/stock", post(stock::adjust))
        .route("/admin/products/{handle}/media", post(media::add))
        .route("/admin/products/{handle}/media/remove", post(media::remove))
        .route("/admin/categories", get(listings::show).post(listings::put))
        .route("/admin/categories/{handle}/delete", post(listings::delete))
        .route("/admin/collections", get(listings::show).post(listings::put))
        .route("/admin/collections/{handle}/delete", post(listings::delete))
}

/// The texts of the inputs `{name}-{locale}`, over those of languages that the form does not show. An empty input takes
/// its language away.
fn texts(read: &Reading<'_>, name: &str, locales: &[String], before: &Texts) -> Texts {
    let mut texts = before.clone();
    for locale in locales {
        match read.fields.get(&format!("{name}-{locale}")) {
            Some(text) => texts.0.insert(locale.clone(), text.replace("\r\n", "\n")),
            None => texts.0.remove(locale),
        };
    }
    texts
}

/// Whether `text` can be a handle in an address.
fn is_handle(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
