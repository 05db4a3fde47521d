use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{SellingSettings, TermsKind};
use http_kit::{Api, Caller, Problems};

use super::Handle;
use super::document::found;

/// Read the selling settings
///
/// Time zone, country and how tax is rounded. Until they are written, version 0 says what the configuration says.
#[utoipa::path(
    get,
    path = "/admin/selling-settings",
    tag = "selling",
    responses((status = 200, description = "The settings, with their version as ETag.", body = SellingSettings), Problems)
)]
pub(super) async fn settings_get(State(terms): State<Handle>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Settings)?;
    found(terms.document(caller.store, TermsKind::Settings, "shop").await?, "settings")
}
