use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::{MailFilter, MailStatus, MailView};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private};
use kernel::{OrderId, Page, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::SharedQueue;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MailListQuery {
    /// Only mails in this status.
    #[param(inline)]
    status: Option<MailStatus>,
    /// Only mails about this order.
    #[param(inline)]
    order: Option<OrderId>,
    /// How many; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List mails
///
/// Latest first: what became of each, never whom it went to.
#[utoipa::path(
    get,
    path = "/admin/mails",
    tag = "mails",
    security(("api_key" = [])),
    params(MailListQuery),
    responses(
        (status = 200, description = "A page of mails.", body = Page<MailView>),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn mail_list(
    State(queue): State<SharedQueue>,
    caller: Caller,
    Query(query): Query<MailListQuery>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let page = PageRequest::new(query.limit, query.cursor)?;
    let filter = MailFilter { status: query.status, order: query.order };
    Ok(private(Json(queue.mails(caller.store, filter, page).await?)))
}
