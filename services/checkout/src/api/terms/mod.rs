//! The routes of the documents that say on what terms the shop sells.

mod customer_group_delete;
mod customer_group_get;
mod customer_group_list;
mod customer_group_put;
mod document;
mod price_list_delete;
mod price_list_get;
mod price_list_list;
mod price_list_put;
mod promotion_delete;
mod promotion_get;
mod promotion_list;
mod promotion_put;
mod promotion_standing;
mod settings_get;
mod settings_put;
mod shipping_zone_delete;
mod shipping_zone_get;
mod shipping_zone_list;
mod shipping_zone_put;
mod tax_zone_delete;
mod tax_zone_get;
mod tax_zone_list;
mod tax_zone_put;

use std::sync::Arc;

use contracts::selling::SellingTerms;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::BodyProblems;

/// What the handlers hold.
type Handle = Arc<dyn SellingTerms>;

/// Promotions, price lists, customer groups, tax zones, shipping zones and settings, without `/api/v1`.
pub fn terms_routes(terms: Arc<dyn SellingTerms>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(promotion_list::promotion_list))
        .routes(routes!(promotion_get::promotion_get, promotion_put::promotion_put, promotion_delete::promotion_delete))
        .routes(routes!(promotion_standing::promotion_standing))
        .routes(routes!(price_list_list::price_list_list))
        .routes(routes!(
            price_list_get::price_list_get,
            price_list_put::price_list_put,
            price_list_delete::price_list_delete
        ))
        .routes(routes!(customer_group_list::customer_group_list))
        .routes(routes!(
            customer_group_get::customer_group_get,
            customer_group_put::customer_group_put,
            customer_group_delete::customer_group_delete
        ))
        .routes(routes!(tax_zone_list::tax_zone_list))
        .routes(routes!(tax_zone_get::tax_zone_get, tax_zone_put::tax_zone_put, tax_zone_delete::tax_zone_delete))
        .routes(routes!(shipping_zone_list::shipping_zone_list))
        .routes(routes!(
            shipping_zone_get::shipping_zone_get,
            shipping_zone_put::shipping_zone_put,
            shipping_zone_delete::shipping_zone_delete
        ))
        .routes(routes!(settings_get::settings_get, settings_put::settings_put))
        .with_state(terms)
}

#[cfg(test)]
mod tests;
