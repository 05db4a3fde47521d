use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{PriceList, TermsKind};
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Handle;
use super::document::found;

/// Read a price list
#[utoipa::path(
    get,
    path = "/admin/price-lists/{handle}",
    tag = "selling",
    params(("handle" = String, Path, description = "The price list's handle.")),
    responses(
        (status = 200, description = "The document, with its version as ETag.", body = PriceList),
        (status = 404, description = "No such price list.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn price_list_get(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Promotions)?;
    found(terms.document(caller.store, TermsKind::PriceList, &handle).await?, "price list")
}
