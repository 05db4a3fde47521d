use axum::extract::State;
use axum::response::Response;
use contracts::cart::{CartView, LineChange};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};
use kernel::{CartId, LineId};

use super::{CartSecret, Handle, shown};

/// Change the quantity of a line
///
/// 0 removes the line. The same quantity again changes nothing, not even the version.
#[utoipa::path(
    patch,
    path = "/carts/{id}/lines/{line_id}",
    tag = "carts",
    params(("id" = CartId, Path), ("line_id" = LineId, Path),
           ("Cart-Secret" = String, Header, description = "The cart's secret.")),
    request_body = LineChange,
    responses(
        (status = 200, description = "The cart, changed.", body = CartView),
        (status = 404, description = "No such cart or line, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn line_change(
    State(carts): State<Handle>,
    caller: Caller,
    Path((id, line)): Path<(CartId, LineId)>,
    secret: CartSecret,
    Json(change): Json<LineChange>,
) -> Api<Response> {
    Ok(shown(carts.change_line(caller.store, &secret.opens(id), line, change).await?))
}

#[cfg(test)]
mod tests {
    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_quantity_is_set_not_added() {
        let client = Client::new();
        let (path, secret) = client.cart().await;
        let cart = client.send(&format!("GET {path}"), &secret, "").await;
        let line = format!("PATCH {path}/lines/{}", cart.body["lines"][0]["id"].as_str().unwrap());
        let cart = client.send(&line, &secret, r#"{"quantity":7}"#).await;
        assert_eq!((&cart.body["version"], &cart.body["lines"][0]["quantity"]), (&2.into(), &7.into()));
        let same = client.send(&line, &secret, r#"{"quantity":7}"#).await;
        assert_eq!((same.status.as_u16(), &same.body["version"]), (200, &2.into()));
        let refused = client.send(&line, &secret, r#"{"quantity":1000}"#).await;
        assert_eq!(refused.problem(), (422, "invalid_quantity", vec!["/quantity"]));
        let gone = client.send(&line, &secret, r#"{"quantity":0}"#).await;
        assert_eq!((&gone.body["version"], gone.body["lines"].as_array().unwrap().len()), (&3.into(), 0));
        assert_eq!(client.send(&line, &secret, r#"{"quantity":1}"#).await.status, 404);
    }
}
