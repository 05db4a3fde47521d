use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{Promotion, PromotionState, TermsKind};
use http_kit::{Api, Caller, Problems, Query};
use kernel::Page;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Handle;
use super::document::{PageQuery, page};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PromotionQuery {
    /// Only those that stand like this now.
    #[param(nullable = false, inline)]
    state: Option<PromotionState>,
    /// 1 to 100, 24 when absent.
    #[param(nullable = false, minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// List promotions
///
/// What each is worth, for whom and when; how often one was used is told by its standing.
#[utoipa::path(
    get,
    path = "/admin/promotions",
    tag = "selling",
    params(PromotionQuery),
    responses((status = 200, description = "A page of documents, by handle.", body = Page<Promotion>), Problems)
)]
pub(super) async fn promotion_list(
    State(terms): State<Handle>,
    caller: Caller,
    Query(query): Query<PromotionQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Promotions)?;
    let PromotionQuery { state, limit, cursor } = query;
    let mut promotions = terms.documents(caller.store, TermsKind::Promotion).await?;
    if let Some(state) = state {
        let states = terms.promotion_states(caller.store).await?;
        promotions.retain(|promotion| states.get(promotion.handle()) == Some(&state));
    }
    page(promotions, PageQuery { limit, cursor })
}
