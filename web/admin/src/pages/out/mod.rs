//! What leaves the shop: mails, webhooks, and parcels on their way.

pub(crate) mod fulfilment;
pub(crate) mod fulfilments;
pub(crate) mod mails;
pub(crate) mod webhook;
pub(crate) mod webhooks;

use crate::table::{Pages, get, post};

pub(crate) fn routes() -> Pages {
    Pages::new()
        .route("/admin/fulfilments", get(fulfilments::show))
        .route("/admin/fulfilments/{id}", get(fulfilment::show).post(fulfilment::advance))
        .route("/admin/fulfilments/{id}/label", get(fulfilment::label))
        .route("/admin/mails", get(mails::show))
        .route("/admin/mails/{id}/retry", post(mails::retry))
        .route("/admin/mails/preview/{template}", get(mails::preview))
        .route("/admin/webhooks", get(webhooks::show).post(webhooks::create))
        .route("/admin/webhooks/{id}", get(webhook::show).post(webhook::change))
        .route("/admin/webhooks/{id}/ping", post(webhook::ping))
        .route("/admin/webhooks/{id}/replay", post(webhook::replay))
        .route("/admin/webhooks/{id}/delete", post(webhook::delete))
}
