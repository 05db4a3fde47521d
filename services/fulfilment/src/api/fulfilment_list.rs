use axum::extract::State;
use axum::response::Response;
use contracts::fulfilment::{FulfilmentFilter, FulfilmentState, FulfilmentView};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private};
use kernel::{OrderId, Page, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shared;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FulfilmentListQuery {
    /// Only fulfilments in this state.
    #[param(inline)]
    state: Option<FulfilmentState>,
    /// Only those of this order.
    #[param(inline)]
    order: Option<OrderId>,
    /// Only those of this location.
    location: Option<String>,
    /// How many; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List fulfilments
///
/// Oldest first, as they are to be packed. Whoever packs asks for `state=requested`, takes each to `accepted`, and goes
/// on from there. Needs the scope `fulfilment` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/fulfilments",
    tag = "fulfilment",
    security(("api_key" = [])),
    params(FulfilmentListQuery),
    responses(
        (status = 200, description = "A page of fulfilments.", body = Page<FulfilmentView>),
        (status = 403, description = "The caller lacks the scope `fulfilment`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn fulfilment_list(
    State(fulfilments): State<Shared>,
    caller: Caller,
    Query(query): Query<FulfilmentListQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Fulfilment)?;
    let page = PageRequest::new(query.limit, query.cursor)?;
    let filter = FulfilmentFilter { state: query.state, order: query.order, location: query.location };
    Ok(private(Json(fulfilments.fulfilments(caller.store, filter, page).await?)))
}
