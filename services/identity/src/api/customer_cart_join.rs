use axum::extract::State;
use axum::response::Response;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Failure;

use super::{CartHandle, GuestSecret, PeopleHandles};

/// Find your cart
///
/// The cart of your account. With a guest's `Cart-Secret`, that cart is merged into it first: per line the larger
/// quantity stands.
#[utoipa::path(
    post,
    path = "/customers/me/cart",
    tag = "customers",
    params(("Cart-Secret" = Option<String>, Header, description = "The secret of a guest's cart.")),
    responses(
        (status = 200, description = "Id and secret of the cart.", body = CartHandle),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "You have no cart, and named none.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_cart_join(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    GuestSecret(guest): GuestSecret,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    let cart = handles.customers.cart(caller.store, id, guest).await?.ok_or_else(|| Failure::not_found("cart"))?;
    Ok(private(Json(CartHandle::from(cart))))
}
