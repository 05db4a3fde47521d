use axum::extract::State;
use axum::response::Response;
use contracts::fulfilment::FulfilmentView;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::FulfilmentId;

use super::Shared;

/// Show a fulfilment
///
/// With its address and what the carrier said. Needs the scope `fulfilment` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/fulfilments/{id}",
    tag = "fulfilment",
    security(("api_key" = [])),
    params(("id" = inline(FulfilmentId), Path, description = "Id of the fulfilment.")),
    responses(
        (status = 200, description = "The fulfilment.", body = FulfilmentView),
        (status = 403, description = "The caller lacks the scope `fulfilment`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such fulfilment.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn fulfilment_get(
    State(fulfilments): State<Shared>,
    caller: Caller,
    Path(id): Path<FulfilmentId>,
) -> Api<Response> {
    caller.require_read(Scope::Fulfilment)?;
    Ok(private(Json(fulfilments.fulfilment(caller.store, id).await?)))
}
