//! Stock: levels, locations, transfers between them, stock-takes, and what holds for one SKU.

pub(crate) mod counts;
pub(crate) mod levels;
pub(crate) mod locations;
pub(crate) mod sku;
pub(crate) mod transfer;
pub(crate) mod transfers;

use contracts::ledger::{Idempotency, Location};
use http_kit::{Caller, idempotency};
use kernel::{Failure, Sku};
use serde::Serialize;

use crate::form::{Fields, Reading};
use crate::site::{Site, key_of};
use crate::table::{Pages, get, post};

/// The most units that anything here can be about.
const MAX_UNITS: i64 = 1_000_000_000;
/// The most bytes of the name of a location.
const MAX_NAME: usize = 64;

pub(crate) fn routes() -> Pages {
    Pages::new()
        .route("/admin/stock", get(levels::show))
        .route("/admin/stock-settings", post(levels::set))
        .route("/admin/stock/{sku}", get(sku::show))
        .route("/admin/stock/{sku}/adjust", post(sku::adjust))
        .route("/admin/stock/{sku}/threshold", post(sku::set_threshold))
        .route("/admin/stock/{sku}/policy", post(sku::put_policy))
        .route("/admin/stock/{sku}/bundle", post(sku::put_bundle))
        .route("/admin/locations", get(locations::show).post(locations::put))
        .route("/admin/locations/{location}/close", post(locations::close))
        .route("/admin/locations/{location}/open", post(locations::open))
        .route("/admin/transfers", get(transfers::show).post(transfers::create))
        .route("/admin/transfers/{id}", get(transfer::show))
        .route("/admin/transfers/{id}/receive", post(transfer::receive))
        .route("/admin/stock-counts", get(counts::show).post(counts::count))
}

/// What makes sending a form that moves stock twice the same as sending it once (I11).
fn once(site: &Site, caller: &Caller, route: &str, fields: &Fields, body: &impl Serialize) -> Idempotency {
    idempotency(caller, None, "POST", route, &key_of(site, fields), body)
}

/// Locations as choices of a list.
fn location_choices(locations: &[Location]) -> Vec<(String, String)> {
    locations.iter().map(|location| (location.location.clone(), name_of(location))).collect()
}

/// What people call a location.
fn name_of(location: &Location) -> String {
    if location.title.is_empty() { location.location.clone() } else { location.title.clone() }
}

/// The SKU typed into `name`.
fn sku_at(read: &mut Reading<'_>, name: &str) -> Option<Sku> {
    let sku = Sku::new(read.fields.text(name)).ok();
    if sku.is_none() {
        read.wrong(name, "required", "Write the SKU of a variant.");
    }
    sku
}

/// The SKU that an address is about.
fn sku_of(text: &str) -> Result<Sku, Failure> {
    Sku::new(text).map_err(|_| Failure::not_found("SKU"))
}
