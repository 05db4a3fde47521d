//! `POST /cart/lines/{id}`: changes the quantity of a line, or removes it.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use contracts::cart::{LineChange, MAX_QUANTITY};
use kernel::{ErrorKind, LineId};

use crate::form::Fields;
use crate::pages::error;
use crate::respond::see_other;
use crate::site::Site;

pub(crate) async fn change(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let Ok(line) = id.parse::<LineId>() else { return error::not_found(&site) };
    let quantity = if fields.get("remove").is_some() {
        0
    } else {
        match fields.text("quantity").parse::<u32>() {
            Ok(quantity) if quantity <= MAX_QUANTITY => quantity,
            _ => return see_other(&site.url("/cart?notice=quantity")),
        }
    };
    let Some(access) = crate::cookies::cart(&headers) else { return see_other(&site.url("/cart?notice=gone")) };
    let handles = &site.shop.handles;
    let changed = match quantity {
        0 => handles.carts.remove_line(handles.store, &access, line).await,
        quantity => handles.carts.change_line(handles.store, &access, line, LineChange { quantity }).await,
    };
    match changed {
        Ok(_) if quantity == 0 => see_other(&site.url("/cart?notice=removed")),
        Ok(_) => see_other(&site.url("/cart?notice=updated")),
        Err(failure) if failure.kind == ErrorKind::NotFound => see_other(&site.url("/cart?notice=gone")),
        Err(failure) if matches!(failure.kind, ErrorKind::Invalid | ErrorKind::Conflict) => {
            see_other(&site.url("/cart?notice=quantity"))
        }
        Err(failure) => error::failure(&site, &failure),
    }
}
