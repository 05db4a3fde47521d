use axum::extract::State;
use axum::response::Response;
use contracts::fulfilment::{AdvanceFulfilment, FulfilmentView};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::{Failure, FieldError, FulfilmentId};

use super::Shared;

/// Take a fulfilment further
///
/// To a state, through those between: `accepted`, `packed`, `labelled` (the carrier is told), `handed_over` (the order is
/// shipped), `delivered` (the order is delivered, and closed with its last parcel) or `cancelled`. Asking again for a
/// state that it reached changes nothing, so a request can be repeated without a key. Needs the scope `fulfilment`.
#[utoipa::path(
    put,
    path = "/admin/fulfilments/{id}/state",
    tag = "fulfilment",
    security(("api_key" = [])),
    params(("id" = inline(FulfilmentId), Path, description = "Id of the fulfilment.")),
    request_body = AdvanceFulfilment,
    responses(
        (status = 200, description = "The fulfilment as it is now.", body = FulfilmentView),
        (status = 403, description = "The caller lacks the scope `fulfilment`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such fulfilment.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`fulfilment_cancelled`, `already_handed_over`, `already_labelled`, `not_a_step`, `address_erased`, or before a parcel leaves `order_not_standing` or `order_changed`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn fulfilment_advance(
    State(fulfilments): State<Shared>,
    caller: Caller,
    Path(id): Path<FulfilmentId>,
    Json(step): Json<AdvanceFulfilment>,
) -> Api<Response> {
    caller.require(Scope::Fulfilment)?;
    check(&step)?;
    Ok(private(Json(fulfilments.advance(caller.store, id, step).await?)))
}

fn check(step: &AdvanceFulfilment) -> Result<(), Failure> {
    let mut errors = Vec::new();
    let mut text = |pointer: &str, text: Option<&str>, max: usize| {
        let Some(text) = text else { return };
        let (code, detail) = if text.trim().is_empty() {
            ("required", "Leave it out, or write something.".to_owned())
        } else if text.chars().any(char::is_control) {
            ("invalid_characters", "This contains characters that cannot be printed.".to_owned())
        } else if text.chars().count() > max {
            ("too_long", format!("At most {max} characters."))
        } else {
            return;
        };
        errors.push(FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail });
    };
    text("/carrier", step.carrier.as_deref(), 100);
    text("/tracking", step.tracking.as_deref(), 200);
    text("/reason", step.reason.as_deref(), 500);
    if errors.is_empty() { Ok(()) } else { Err(Failure::fields(errors)) }
}
