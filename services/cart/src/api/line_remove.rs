use axum::extract::State;
use axum::response::Response;
use contracts::cart::CartView;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};
use kernel::{CartId, LineId};

use super::{CartSecret, Handle, shown};

/// Take a line out of a cart
#[utoipa::path(
    delete,
    path = "/carts/{id}/lines/{line_id}",
    tag = "carts",
    params(("id" = CartId, Path), ("line_id" = LineId, Path),
           ("Cart-Secret" = String, Header, description = "The cart's secret.")),
    responses(
        (status = 200, description = "The cart, changed.", body = CartView),
        (status = 404, description = "No such cart or line, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn line_remove(
    State(carts): State<Handle>,
    caller: Caller,
    Path((id, line)): Path<(CartId, LineId)>,
    secret: CartSecret,
) -> Api<Response> {
    Ok(shown(carts.remove_line(caller.store, &secret.opens(id), line).await?))
}

#[cfg(test)]
mod tests {
    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_removed_line_is_gone() {
        let client = Client::new();
        let (path, secret) = client.cart().await;
        let cart = client.send(&format!("GET {path}"), &secret, "").await;
        let line = format!("DELETE {path}/lines/{}", cart.body["lines"][0]["id"].as_str().unwrap());
        let cart = client.send(&line, &secret, "").await;
        assert_eq!((cart.status.as_u16(), &cart.body["version"]), (200, &2.into()));
        assert_eq!(cart.body["totals"]["items"]["amount_minor"], 0);
        assert_eq!(client.send(&line, &secret, "").await.problem(), (404, "not_found", vec![]));
    }
}
