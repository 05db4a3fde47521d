use axum::extract::State;
use axum::response::Response;
use contracts::address::Address;
use contracts::identity::Scope;
use contracts::ledger::{AddLine, EditRequest, LineQuantity, OrderView};
use http_kit::{Api, Caller, Path};
use kernel::{Failure, OrderId, Sku};

use super::{Sent, find, finish, once};
use crate::form::{Fields, Reading};
use crate::site::Site;

fn read(order: &OrderView, fields: &Fields) -> Result<EditRequest, Failure> {
    let mut read = Reading::new(fields);
    let mut request = EditRequest { reason: read.prose("reason", 1, 500), ..EditRequest::default() };
    for line in &order.lines {
        let typed = read.integer(&format!("quantity-{}", line.line), 0, 999).and_then(|q| u32::try_from(q).ok());
        if let Some(quantity) = typed.filter(|quantity| *quantity != line.quantity) {
            request.lines.push(LineQuantity { line: line.line, quantity });
        }
    }
    if let Some(sku) = read.optional_line("sku", 64) {
        let quantity = read.needed_integer("quantity", 1, 999).and_then(|q| u32::try_from(q).ok()).unwrap_or(1);
        let unit_price = read.price("unit_price", order.currency);
        match Sku::new(&sku) {
            Ok(sku) => request.add.push(AddLine { sku, quantity, unit_price }),
            Err(_) => read.wrong("sku", "invalid_sku", "This is not a SKU."),
        }
    }
    if let Some(known) = order.contact.as_ref().map(|contact| &contact.shipping_address) {
        let address = Address {
            name: read.line("name", 1, 200),
            line1: read.line("line1", 1, 200),
            line2: read.optional_line("line2", 200),
            city: read.line("city", 1, 200),
            postal_code: read.line("postal_code", 0, 20),
            // Tax and delivery were priced for these.
            region: known.region.clone(),
            country: known.country.clone(),
        };
        request.shipping_address = (address != *known).then_some(address);
    }
    request.expected_total = read.price("expected_total", order.currency);
    read.done()?;
    Ok(request)
}

/// What the shop says of its request, said of the fields of the form.
fn of_the_form(mut failure: Failure) -> Failure {
    for error in &mut failure.errors {
        let last = error.pointer.rsplit('/').next().unwrap_or_default();
        if error.pointer.starts_with("/shipping_address/") || error.pointer.starts_with("/add/0/") {
            let name = if last == "currency" || last == "amount_minor" { "unit_price" } else { last };
            error.pointer = format!("/{name}");
        }
    }
    failure
}

/// Changes an order before it is shipped.
pub(crate) async fn edit(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<OrderId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let order = find(&site, id).await?;
    let outcome = match read(&order, &fields) {
        Ok(request) => {
            let same = once(&site, &caller, "/admin/orders/{id}/edit", &fields, &(id, &request));
            site.handles().edits.edit(site.store(), id, request, same, caller.actor()).await.map_err(of_the_form)
        }
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, Sent { id, form: "edit", fields, done: "edited" }, outcome).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_different_is_asked_for() {
        let mut order = crate::samples::order();
        let address = &mut order.contact.as_mut().unwrap().shipping_address;
        for text in [&mut address.name, &mut address.line1, &mut address.city, &mut address.postal_code] {
            *text = "x".to_owned();
        }
        address.line2 = None;
        let of = |query: &str| {
            let query = format!("reason=called&name=x&line1=x&city=x&postal_code=x&{query}");
            super::read(&order, &Fields::parse(query.as_bytes()).unwrap())
        };
        let line = &order.lines[0];
        let same = of(&format!("quantity-{}={}", line.line, line.quantity)).unwrap();
        assert_eq!((same.lines.len(), same.add.len(), same.shipping_address, same.expected_total), (0, 0, None, None));
        let fewer = of(&format!("quantity-{}=0", line.line)).unwrap();
        assert_eq!(fewer.lines, [LineQuantity { line: line.line, quantity: 0 }]);
        let more = of("sku=NEW-1&quantity=2&unit_price=1.50&expected_total=3").unwrap();
        assert_eq!((more.add[0].quantity, more.add[0].unit_price.map(|p| p.amount_minor)), (2, Some(150)));
        assert_eq!(of("line2=y").unwrap().shipping_address.unwrap().line2.as_deref(), Some("y"));
        for bad in
            ["quantity-1=-1", "quantity-1=1000", "sku=NEW-1", "sku=NEW-1&quantity=0", "unit_price=-1&sku=A&quantity=1"]
        {
            assert!(of(bad).is_err(), "{bad}");
        }
        let failure = of_the_form(Failure::field("/add/0/unit_price/currency", "wrong_currency", "No."));
        assert_eq!(failure.errors[0].pointer, "/unit_price");
    }
}
