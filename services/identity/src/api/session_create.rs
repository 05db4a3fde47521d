use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::catalog::TimestampSchema;
use contracts::identity::{CustomerView, LogIn, LoggedIn};
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, SessionCookie, Visit, private};
use serde::Serialize;
use utoipa::ToSchema;

use super::{CartHandle, GuestSecret, PeopleHandles, absolute_s};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionStarted {
    customer: CustomerView,
    /// For clients without cookies: `Authorization: Bearer …`.
    token: String,
    /// The latest end; a month without a request ends it as well.
    expires_at: TimestampSchema,
    /// The customer's cart, with the guest's in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cart: Option<CartHandle>,
}

/// Log in
///
/// Begins a session: a cookie for browsers, and the same token in the answer for other clients, as a bearer token.
/// A wrong address and a wrong password give the same answer. With a `Cart-Secret`, the guest's cart is merged into
/// the customer's: per line the larger quantity stands.
#[utoipa::path(
    post,
    path = "/sessions",
    tag = "customers",
    params(("Cart-Secret" = Option<String>, Header, description = "The secret of a guest's cart.")),
    request_body = LogIn,
    responses(
        (status = 201, description = "Logged in.", body = SessionStarted),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn session_create(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    GuestSecret(guest): GuestSecret,
    Json(log_in): Json<LogIn>,
) -> Api<Response> {
    let from = visit.visitor(SessionCookie::Customer, handles.secure);
    let logged_in = handles.customers.log_in(caller.store, log_in, guest, &from).await?;
    let LoggedIn { customer, session, cart } = logged_in;
    let started = SessionStarted {
        customer,
        token: session.token.expose().clone(),
        expires_at: session.expires_at.into(),
        cart: cart.map(CartHandle::from),
    };
    let mut response = private((StatusCode::CREATED, Json(started)).into_response());
    let lasts_s = absolute_s(SessionCookie::Customer);
    SessionCookie::Customer.set(response.headers_mut(), handles.secure, &session.token, lasts_s);
    Ok(response)
}
