use axum::extract::State;
use axum::response::Response;
use contracts::archive::{PastOrderFilter, PastOrderSummary};
use contracts::catalog::TimestampSchema;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private};
use kernel::{Failure, FieldError, Page, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::PeopleHandles;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PastOrderListQuery {
    /// The whole number.
    #[param(max_length = 100)]
    number: Option<String>,
    /// The whole e-mail address: it is stored sealed, so parts of it cannot be searched.
    #[param(max_length = 254)]
    email: Option<String>,
    /// The other shop, such as `shopify`.
    #[param(max_length = 64)]
    source: Option<String>,
    /// Placed at this time or later.
    #[param(inline)]
    since: Option<TimestampSchema>,
    /// Placed before this time.
    #[param(inline)]
    until: Option<TimestampSchema>,
    /// How many, 1 to 100; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PastOrderListQuery {
    /// # Errors
    /// 422 `invalid_input` with every text that is longer than any that is kept.
    fn check(&self) -> Result<(), Failure> {
        let errors: Vec<FieldError> =
            [("/number", &self.number, 100), ("/email", &self.email, 254), ("/source", &self.source, 64)]
                .into_iter()
                .filter(|(_, text, max)| text.as_ref().is_some_and(|text| text.chars().count() > *max))
                .map(|(pointer, _, max)| FieldError {
                    pointer: pointer.to_owned(),
                    code: "too_long".to_owned(),
                    detail: format!("At most {max} characters."),
                })
                .collect();
        if errors.is_empty() { Ok(()) } else { Err(Failure::fields(errors)) }
    }
}

/// List past orders
///
/// Orders of other shops that were imported, latest first.
#[utoipa::path(
    get,
    path = "/admin/past-orders",
    tag = "past orders",
    params(PastOrderListQuery),
    responses(
        (status = 200, description = "A page of past orders.", body = Page<PastOrderSummary>),
        (status = 403, description = "The caller lacks the scope `orders`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn past_order_list(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Query(query): Query<PastOrderListQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    query.check()?;
    let page = PageRequest::new(query.limit, query.cursor)?;
    let filter = PastOrderFilter {
        number: query.number,
        email: query.email,
        source: query.source,
        since: query.since.map(|at| at.0),
        until: query.until.map(|at| at.0),
    };
    Ok(private(Json(handles.archive.past_orders(caller.store, filter, page).await?)))
}
