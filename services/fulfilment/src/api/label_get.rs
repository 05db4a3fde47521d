use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use contracts::identity::Scope;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};
use kernel::FulfilmentId;

use super::Shared;

/// Print a label
///
/// As the carrier draws it. It is drawn anew each time, for addresses are not kept. Needs the scope `fulfilment`.
#[utoipa::path(
    get,
    path = "/admin/fulfilments/{id}/label",
    tag = "fulfilment",
    security(("api_key" = [])),
    params(("id" = inline(FulfilmentId), Path, description = "Id of the fulfilment.")),
    responses(
        (status = 200, description = "The label.", content((String = "image/svg+xml"), (Vec<u8> = "application/pdf"))),
        (status = 403, description = "The caller lacks the scope `fulfilment`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such fulfilment.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`no_label`, `unknown_carrier` or `address_erased`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn label_get(
    State(fulfilments): State<Shared>,
    caller: Caller,
    Path(id): Path<FulfilmentId>,
) -> Api<Response> {
    caller.require(Scope::Fulfilment)?;
    let label = fulfilments.label(caller.store, id).await?;
    let mut answer = label.bytes.into_response();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(label.content_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // A drawing can carry scripts; this one is only looked at.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    Ok(private(answer))
}
