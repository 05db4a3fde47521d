use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::PromotionStanding;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::Failure;

use super::Handle;

/// Read how a promotion stands
///
/// Whether shoppers can have it now, and how often each of its codes was used. Uses count orders that were not cancelled,
/// and only where a limit is or was set.
#[utoipa::path(
    get,
    path = "/admin/promotions/{handle}/standing",
    tag = "selling",
    params(("handle" = String, Path, description = "The promotion's handle.")),
    responses(
        (status = 200, description = "Its state and uses at this moment.", body = PromotionStanding),
        (status = 404, description = "No such promotion.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn promotion_standing(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Promotions)?;
    let standing = terms.promotion_standing(caller.store, &handle).await?;
    Ok(private(Json(standing.ok_or_else(|| Failure::not_found("promotion"))?)))
}
