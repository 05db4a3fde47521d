//! Products, their stock and pictures, and the categories and collections that they stand in.

pub(crate) mod categories;
pub(crate) mod change;
pub(crate) mod collections;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod media;
pub(crate) mod show;
pub(crate) mod stock;
pub(crate) mod variant;
pub(crate) mod view;

use axum::Router;
use axum::routing::{get, post};
use contracts::market::Texts;

use crate::form::Reading;
use crate::site::Site;

pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin/products", get(list::show))
        .route("/admin/new-product", get(create::show).post(create::create))
        .route("/admin/products/{handle}", get(show::show).post(change::change))
        .route("/admin/products/{handle}/delete", post(change::delete))
        .route("/admin/products/{handle}/variants", post(variant::add))
        .route("/admin/products/{handle}/stock", post(stock::adjust))
        .route("/admin/products/{handle}/media", post(media::add))
        .route("/admin/products/{handle}/media/remove", post(media::remove))
        .route("/admin/categories", get(categories::show).post(categories::put))
        .route("/admin/categories/{handle}/delete", post(categories::delete))
        .route("/admin/collections", get(collections::show).post(collections::put))
        .route("/admin/collections/{handle}/delete", post(collections::delete))
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
