//! The routes of identity, below `/api/v1`: keys, customers' accounts, and staff with their roles.

mod address_create;
mod address_list;
mod address_put;
mod address_remove;
mod api_key_create;
mod api_key_list;
mod api_key_revoke;
mod customer_cart_join;
mod customer_change;
mod customer_erase;
mod customer_erase_staff;
mod customer_export;
mod customer_export_staff;
mod customer_get;
mod customer_get_staff;
mod customer_list_staff;
mod customer_order_list;
mod customer_order_list_staff;
mod customer_password_put;
mod customer_past_order_get;
mod customer_past_order_list;
mod customer_register;
mod customer_verification_send;
mod customers_export;
mod customers_import;
mod customers_import_list;
mod customers_import_undo;
mod email_verify;
mod invitation_accept;
mod orders_import;
mod orders_import_list;
mod orders_import_undo;
mod password_reset_redeem;
mod password_reset_request;
mod past_order_erase;
mod past_order_get;
mod past_order_list;
mod role_delete;
mod role_list;
mod role_put;
mod session_create;
mod session_end;
mod session_end_current;
mod session_list;
mod setup_create;
mod staff_change;
mod staff_get;
mod staff_invite;
mod staff_list;
mod staff_me_get;
mod staff_password_put;
mod staff_remove;
mod staff_reset_redeem;
mod staff_reset_request;
mod staff_session_create;
mod staff_session_end;
mod staff_session_end_current;
mod staff_session_list;

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use contracts::archive::PastOrders;
use contracts::cart::CartAccess;
use contracts::catalog::TimestampSchema;
use contracts::identity::{CustomerExchange, Customers, GuestCart, Identity, Staff, StaffLoggedIn, StaffView};
use http::StatusCode;
use http::request::Parts;
use http_kit::{Json, SessionCookie, private};
use kernel::{CartId, Failure, PageRequest, Secret};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::people::sessions::absolute_ms;
use crate::store::session::Table;

type SharedIdentity = Arc<dyn Identity>;

/// What the routes of customers and staff call.
#[derive(Clone)]
pub struct PeopleHandles {
    pub customers: Arc<dyn Customers>,
    pub staff: Arc<dyn Staff>,
    pub exchange: Arc<dyn CustomerExchange>,
    pub archive: Arc<dyn PastOrders>,
    /// Whether the shop's public address is `https://`: cookies are for TLS only then.
    pub secure: bool,
}

impl std::fmt::Debug for PeopleHandles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeopleHandles").field("secure", &self.secure).finish_non_exhaustive()
    }
}

/// `/admin/api-keys` and what is below it.
pub fn routes(identity: Arc<dyn Identity>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(api_key_create::api_key_create, api_key_list::api_key_list))
        .routes(routes!(api_key_revoke::api_key_revoke))
        .with_state(identity)
}

/// Accounts: `/customers`, `/sessions`, resets and verifications, and the back office of people.
pub fn people_routes(handles: PeopleHandles) -> OpenApiRouter {
    OpenApiRouter::new().merge(customer_routes()).merge(staff_routes()).with_state(handles)
}

fn customer_routes() -> OpenApiRouter<PeopleHandles> {
    OpenApiRouter::new()
        .routes(routes!(customer_register::customer_register))
        .routes(routes!(customer_get::customer_get, customer_change::customer_change))
        .routes(routes!(customer_password_put::customer_password_put))
        .routes(routes!(customer_verification_send::customer_verification_send))
        .routes(routes!(customer_export::customer_export))
        .routes(routes!(customer_erase::customer_erase))
        .routes(routes!(customer_order_list::customer_order_list))
        .routes(routes!(customer_cart_join::customer_cart_join))
        .routes(routes!(address_list::address_list, address_create::address_create))
        .routes(routes!(address_put::address_put, address_remove::address_remove))
        .routes(routes!(session_create::session_create))
        .routes(routes!(session_end_current::session_end_current))
        .routes(routes!(session_list::session_list))
        .routes(routes!(session_end::session_end))
        .routes(routes!(password_reset_request::password_reset_request))
        .routes(routes!(password_reset_redeem::password_reset_redeem))
        .routes(routes!(email_verify::email_verify))
        .routes(routes!(customer_list_staff::customer_list_staff))
        .routes(routes!(customer_get_staff::customer_get_staff))
        .routes(routes!(customer_order_list_staff::customer_order_list_staff))
        .routes(routes!(customer_export_staff::customer_export_staff))
        .routes(routes!(customer_erase_staff::customer_erase_staff))
        .routes(routes!(customers_import::customers_import, customers_import_list::customers_import_list))
        .routes(routes!(customers_import_undo::customers_import_undo))
        .routes(routes!(customers_export::customers_export))
        .merge(past_order_routes())
}

fn past_order_routes() -> OpenApiRouter<PeopleHandles> {
    OpenApiRouter::new()
        .routes(routes!(orders_import::orders_import, orders_import_list::orders_import_list))
        .routes(routes!(orders_import_undo::orders_import_undo))
        .routes(routes!(past_order_list::past_order_list))
        .routes(routes!(past_order_get::past_order_get))
        .routes(routes!(past_order_erase::past_order_erase))
        .routes(routes!(customer_past_order_list::customer_past_order_list))
        .routes(routes!(customer_past_order_get::customer_past_order_get))
}

fn staff_routes() -> OpenApiRouter<PeopleHandles> {
    OpenApiRouter::new()
        .routes(routes!(setup_create::setup_create))
        .routes(routes!(staff_session_create::staff_session_create))
        .routes(routes!(staff_session_end_current::staff_session_end_current))
        .routes(routes!(invitation_accept::invitation_accept))
        .routes(routes!(staff_me_get::staff_me_get))
        .routes(routes!(staff_password_put::staff_password_put))
        .routes(routes!(staff_session_list::staff_session_list))
        .routes(routes!(staff_session_end::staff_session_end))
        .routes(routes!(staff_reset_request::staff_reset_request))
        .routes(routes!(staff_reset_redeem::staff_reset_redeem))
        .routes(routes!(staff_list::staff_list, staff_invite::staff_invite))
        .routes(routes!(staff_get::staff_get, staff_change::staff_change, staff_remove::staff_remove))
        .routes(routes!(role_list::role_list))
        .routes(routes!(role_put::role_put, role_delete::role_delete))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// How many, 1 to 100; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl ListQuery {
    fn page(self) -> Result<PageRequest, Failure> {
        PageRequest::new(self.limit, self.cursor)
    }
}

/// A cart and what opens it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CartHandle {
    id: CartId,
    /// Sent as header `Cart-Secret`.
    secret: String,
}

impl From<CartAccess> for CartHandle {
    fn from(access: CartAccess) -> Self {
        CartHandle { id: access.id, secret: access.secret.expose().clone() }
    }
}

/// The `Cart-Secret` header, when there is one.
pub(crate) struct GuestSecret(pub(crate) Option<GuestCart>);

impl<S: Send + Sync> FromRequestParts<S> for GuestSecret {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let text = parts.headers.get("cart-secret").and_then(|value| value.to_str().ok());
        let secret = text.filter(|text| !text.is_empty() && text.len() <= 256);
        Ok(GuestSecret(secret.map(|text| GuestCart { id: None, secret: Secret::new(text.to_owned()) })))
    }
}

/// The answer that begins a session of staff.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StaffSessionStarted {
    staff: StaffView,
    /// For clients without cookies: `Authorization: Bearer …`.
    token: String,
    /// The latest end; some hours without a request end it as well.
    expires_at: TimestampSchema,
}

fn staff_session(logged_in: StaffLoggedIn, secure: bool) -> Response {
    let StaffLoggedIn { staff, session } = logged_in;
    let token = session.token.expose().clone();
    let started = StaffSessionStarted { staff, token, expires_at: session.expires_at.into() };
    let mut response = private((StatusCode::CREATED, Json(started)).into_response());
    SessionCookie::Staff.set(response.headers_mut(), secure, &session.token, absolute_s(SessionCookie::Staff));
    response
}

/// How long a cookie is kept, in seconds: as long as the longest session.
fn absolute_s(cookie: SessionCookie) -> i64 {
    let table = match cookie {
        SessionCookie::Customer => Table::Customer,
        SessionCookie::Staff => Table::Staff,
    };
    absolute_ms(table) / 1000
}
