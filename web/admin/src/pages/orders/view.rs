//! One order as staff see it, and the forms for what can be done with it now.

use contracts::identity::Scope;
use contracts::ledger::{
    FulfilmentStatus, HistoryEntry, HistoryKind, LineQuantity, OrderLineView, OrderStatus, OrderView, PaymentStatus,
    RefundView, ReturnStatus, ReturnView, ShipmentStatus, ShipmentView,
};
use maud::{Markup, html};

use crate::form::Draft;
use crate::layout;
use crate::parts::{Field, Form, money, percent, said, state, table, time};
use crate::site::PageContext;

/// What the page shows.
pub(crate) struct OrderPage {
    pub(crate) order: OrderView,
    /// Its story, in order of time.
    pub(crate) history: Vec<HistoryEntry>,
    /// Makes sending one of the forms twice the same as sending it once.
    pub(crate) key: String,
    pub(crate) draft: Draft,
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<OrderPage> {
    use crate::samples::{HOSTILE, draft, history, order};
    let mut shipped = order();
    shipped.fulfilment_status = FulfilmentStatus::PartiallyShipped;
    let mut erased = order();
    erased.contact = None;
    erased.status = OrderStatus::Cancelled;
    let forms = ["edit", "ship", "refund", "cancel", "return", "note", "deliver", "receive"];
    let mut pages: Vec<OrderPage> = forms
        .into_iter()
        .map(|form| {
            let fields =
                ["sku", "unit_price", "name", "carrier", "tracking", "reason", "text", "quantity-1", "amount", "what"];
            OrderPage { order: shipped.clone(), history: history(), key: HOSTILE(), draft: draft(form, &fields) }
        })
        .collect();
    pages.push(OrderPage { order: erased, history: Vec::new(), key: "k".to_owned(), draft: Draft::default() });
    pages
}

pub(crate) fn order_page(ctx: &PageContext, data: &OrderPage) -> Markup {
    let order = &data.order;
    let title = format!("Order {}", order.number);
    let papers = format!("/admin/orders/{}", order.id);
    let main = html! {
        div.head {
            h1 { (title) }
            (state(order.status)) (state(order.payment_status)) (state(order.fulfilment_status))
            a.button.secondary href=(format!("{papers}/invoice.pdf")) { "Invoice" }
            a.button.secondary href=(format!("{papers}/packing-slip.pdf")) { "Packing slip" }
        }
        p.muted {
            "Placed " (time(order.placed_at))
            @if ctx.may_read(Scope::Fulfilment) {
                " · " a href=(format!("/admin/fulfilments?order={}", order.id)) { "Fulfilments" }
            }
            @if ctx.may(Scope::Notifications) {
                " · " a href=(format!("/admin/mails?order={}", order.id)) { "Mails" }
            }
        }
        @if !offered(order).contains(&data.draft.form.as_str()) { (Form::new(&data.draft.form, &data.draft).complaint()) }
        div.columns {
            div.stack {
                (lines(order))
                (shipments(ctx, data))
                (returns(ctx, data))
                (refunds(&order.refunds))
                @if ctx.may(Scope::Orders) { (actions(data)) }
            }
            div.stack {
                (sums(order))
                (contact(order))
                (timeline(ctx, data))
            }
        }
    };
    layout::frame(ctx, &title, &main)
}

fn lines(order: &OrderView) -> Markup {
    let rows: Vec<Markup> = order
        .lines
        .iter()
        .map(|line| {
            html! {
                tr {
                    td {
                        a href=(format!("/admin/products/{}", crate::parts::encoded(&line.product_handle))) { (said(&line.title)) }
                        @if !line.variant_title.is_empty() { br; (said(&line.variant_title)) }
                        br; code { (said(line.sku.as_str())) }
                    }
                    td.number {
                        (line.quantity)
                        @if line.backordered > 0 { br; span.muted { (line.backordered) " not there yet" } }
                    }
                    td.number { (money(line.unit_price)) }
                    td.number { (money(line.discount)) }
                    td.number { (money(line.tax)) }
                    td.number { (money(line.total)) }
                    td.number { (line.shipped) }
                    td.number { (line.returned) }
                }
            }
        })
        .collect();
    let heads = ["Item", "Quantity", "Price", "Discount", "Tax", "Total", "Shipped", "Returned"];
    html! { section.stack { h2 { "Items" } (table("Items", &heads, &rows, "Nothing.")) } }
}

fn sums(order: &OrderView) -> Markup {
    let totals = &order.totals;
    html! {
        section.card {
            h2 { "Money" }
            dl.sums {
                dt { "Items" } dd { (money(totals.items)) }
                @for discount in &order.discounts {
                    dt { (said(&discount.label)) @if let Some(code) = &discount.code { " (" (said(code)) ")" } }
                    dd { "−" (money(discount.amount)) }
                }
                dt { (said(&order.shipping_name)) } dd { (money(totals.shipping)) }
                @for tax in &order.tax_lines {
                    dt { (said(&tax.name)) " " (percent(tax.rate)) @if tax.included { " (included)" } }
                    dd { (money(tax.amount)) }
                }
                dt.total { "Total" } dd.total { (money(totals.total)) }
                @if totals.gift_card.amount_minor != 0 {
                    dt { "By gift card" } dd { (money(totals.gift_card)) }
                }
                dt { "Captured" } dd { (money(order.captured)) }
                dt { "Refunded" } dd { (money(order.refunded)) }
            }
        }
    }
}

fn contact(order: &OrderView) -> Markup {
    let address = |address: &contracts::address::Address| {
        let region = address.region.as_deref().unwrap_or("");
        html! {
            p {
                (said(&address.name)) br; (said(&address.line1)) br;
                @if let Some(line2) = &address.line2 { (said(line2)) br; }
                (said(&address.postal_code)) " " (said(&address.city)) br;
                @if !region.is_empty() { (said(region)) br; }
                (said(&address.country))
            }
        }
    };
    html! {
        section.card {
            h2 { "Customer" }
            @match &order.contact {
                Some(contact) => {
                    p { (said(&contact.email)) }
                    h3 { "Delivery" }
                    (address(&contact.shipping_address))
                    @if let Some(billing) = &contact.billing_address { h3 { "Invoice" } (address(billing)) }
                }
                None => p.muted { "Their data was erased." }
            }
        }
    }
}

fn units(order: &OrderView, lines: &[LineQuantity]) -> Markup {
    let title =
        |number: u32| order.lines.iter().find(|line| line.line == number).map_or("", |line| line.title.as_str());
    html! { ul { @for line in lines { li { (line.quantity) " × " (said(title(line.line))) } } } }
}

fn shipments(ctx: &PageContext, data: &OrderPage) -> Markup {
    let order = &data.order;
    let shipment = |shipment: &ShipmentView| {
        html! {
            div.card {
                div.head {
                    (state(shipment.status)) (time(shipment.shipped_at))
                    @if let Some(carrier) = &shipment.carrier { (said(carrier)) }
                    @if let Some(tracking) = &shipment.tracking { code { (said(tracking)) } }
                }
                (units(order, &shipment.lines))
                @if shipment.status == ShipmentStatus::Shipped && ctx.may(Scope::Orders) {
                    form.inline method="post" action=(format!("/admin/orders/{}/shipments/{}/deliver", order.id, shipment.id)) {
                        input type="hidden" name="key" value=(format!("{}-deliver-{}", data.key, shipment.id));
                        button.secondary type="submit" { "It has arrived" }
                    }
                }
            }
        }
    };
    html! {
        @if !order.shipments.is_empty() {
            section.stack #shipments { h2 { "Shipments" } @for one in &order.shipments { (shipment(one)) } }
        }
    }
}

fn returns(ctx: &PageContext, data: &OrderPage) -> Markup {
    let order = &data.order;
    let one = |returned: &ReturnView| {
        html! {
            div.card {
                div.head { (state(returned.status)) (time(returned.at)) }
                (units(order, &returned.lines))
                @if !returned.reason.is_empty() { p { (said(&returned.reason)) } }
                @if returned.status == ReturnStatus::Requested && ctx.may(Scope::Orders) {
                    form method="post" action=(format!("/admin/orders/{}/returns/{}/receive", order.id, returned.id)) {
                        input type="hidden" name="key" value=(format!("{}-receive-{}", data.key, returned.id));
                        (Form::new(&returned.id.to_string(), &Draft::default())
                            .check("restock", "yes", "Put the units back into stock", true))
                        p.actions { button.secondary type="submit" { "The goods are back" } }
                    }
                }
            }
        }
    };
    html! {
        @if !order.returns.is_empty() {
            section.stack #returns { h2 { "Returns" } @for returned in &order.returns { (one(returned)) } }
        }
    }
}

fn refunds(refunds: &[RefundView]) -> Markup {
    let rows: Vec<Markup> = refunds
        .iter()
        .map(|refund| {
            html! {
                tr {
                    td { (time(refund.at)) }
                    td { (state(refund.status)) }
                    td.number {
                        (money(refund.amount))
                        @if let Some(part) = refund.gift_card { br; "of it to gift cards " (money(part)) }
                    }
                    td { (said(&refund.reason)) }
                }
            }
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            section.stack #refunds {
                h2 { "Refunds" }
                (table("Refunds", &["When", "State", "Amount", "Reason"], &rows, ""))
            }
        }
    }
}

/// Inputs for how many units of each line, of which there are at most `most`.
fn quantities(order: &OrderView, form: &Form<'_>, most: impl Fn(&OrderLineView) -> u32, filled: bool) -> Markup {
    html! {
        fieldset {
            legend { "Units" }
            div.fields {
                @for line in &order.lines {
                    @let most = most(line);
                    @if most > 0 {
                        (form.input(&Field::new(&format!("quantity-{}", line.line), &format!("{} {} (of {most})", line.title, line.variant_title))
                            .kind("count").value(&if filled { most.to_string() } else { String::new() })))
                    }
                }
            }
        }
    }
}

fn hidden_key(data: &OrderPage, form: &str) -> Markup {
    html! { input type="hidden" name="key" value=(format!("{}-{form}", data.key)); }
}

/// The forms that make sense for the order as it stands. What else was sent, such as from a page that was opened before,
/// is answered at the top.
fn offered(order: &OrderView) -> Vec<&'static str> {
    let stands = matches!(order.status, OrderStatus::Confirmed | OrderStatus::Closed);
    let to_ship = order.lines.iter().any(|line| line.shipped < line.quantity);
    let to_return = order.lines.iter().any(|line| line.returned < line.shipped);
    let paid = matches!(order.payment_status, PaymentStatus::Paid | PaymentStatus::PartiallyRefunded)
        || (order.payment_status == PaymentStatus::NotRequired && order.totals.gift_card.amount_minor > 0);
    let nothing_shipped = order.fulfilment_status == FulfilmentStatus::Unfulfilled;
    let cancellable = nothing_shipped && !matches!(order.status, OrderStatus::Cancelled | OrderStatus::Closed);
    let forms = [
        ("note", true),
        ("edit", order.status == OrderStatus::Confirmed && nothing_shipped),
        ("ship", stands && to_ship),
        ("refund", stands && paid),
        ("return", stands && to_return),
        ("cancel", cancellable),
    ];
    forms.into_iter().filter(|(_, makes_sense)| *makes_sense).map(|(form, _)| form).collect()
}

fn actions(data: &OrderPage) -> Markup {
    let base = format!("/admin/orders/{}", data.order.id);
    let offered = offered(&data.order);
    html! {
        @if offered.contains(&"ship") { (ship(data, &base)) }
        @if offered.contains(&"edit") { (edit(data, &base)) }
        @if offered.contains(&"refund") { (refund(data, &base)) }
        @if offered.contains(&"return") { (request_return(data, &base)) }
        @if offered.contains(&"cancel") { (cancel(data, &base)) }
    }
}

fn ship(data: &OrderPage, base: &str) -> Markup {
    let form = Form::new("ship", &data.draft);
    html! {
        details.card #ship open {
            summary { "Ship" }
            form method="post" action=(format!("{base}/ship")) {
                (form.complaint())
                (hidden_key(data, "ship"))
                (quantities(&data.order, &form, |line| line.quantity.saturating_sub(line.shipped), true))
                div.fields {
                    (form.input(&Field::new("carrier", "Carrier")))
                    (form.input(&Field::new("tracking", "Tracking number")))
                }
                p.actions { button type="submit" { "Ship these" } }
            }
        }
    }
}

fn edit(data: &OrderPage, base: &str) -> Markup {
    let form = Form::new("edit", &data.draft);
    let order = &data.order;
    let currency = order.currency;
    html! {
        details.card #edit open[data.draft.form == "edit"] {
            summary { "Change" }
            form method="post" action=(format!("{base}/edit")) {
                (form.complaint())
                (hidden_key(data, "edit"))
                p.muted { "Stock follows at once, and what the order costs less goes back to the customer. It cannot come to cost more." }
                fieldset {
                    legend { "Units" }
                    div.fields {
                        @for line in &order.lines {
                            (form.input(&Field::new(&format!("quantity-{}", line.line), &format!("{} {}", line.title, line.variant_title))
                                .kind("count").value(&line.quantity.to_string()).hint("0 takes it off.")))
                        }
                    }
                }
                fieldset {
                    legend { "Add" }
                    div.fields {
                        (form.input(&Field::new("sku", "SKU")))
                        (form.input(&Field::new("quantity", "Units").kind("count").value("1")))
                        (form.input(&Field::new("unit_price", &format!("Price of one in {currency}")).kind("money").hint("The price of now when empty.")))
                    }
                }
                @if let Some(contact) = &order.contact {
                    @let to = &contact.shipping_address;
                    fieldset {
                        legend { "Deliver to" }
                        div.fields {
                            (form.input(&Field::new("name", "Name").value(&to.name).required()))
                            (form.input(&Field::new("line1", "Street").value(&to.line1).required()))
                            (form.input(&Field::new("line2", "Addition").value(to.line2.as_deref().unwrap_or(""))))
                            (form.input(&Field::new("postal_code", "Postal code").value(&to.postal_code)))
                            (form.input(&Field::new("city", "City").value(&to.city).required()))
                        }
                    }
                }
                div.fields {
                    (form.input(&Field::new("expected_total", &format!("New total in {currency}")).kind("money").hint("Only when it was agreed on: another one is refused.")))
                }
                (form.area(&Field::new("reason", "Reason").hint("The customer can read it; name no people.").required(), 2))
                p.actions { button type="submit" { "Change the order" } }
            }
        }
    }
}

fn refund(data: &OrderPage, base: &str) -> Markup {
    let form = Form::new("refund", &data.draft);
    let what = [
        ("amount".to_owned(), "An amount".to_owned()),
        ("lines".to_owned(), "Some units".to_owned()),
        ("all".to_owned(), "All that is left".to_owned()),
    ];
    html! {
        details.card #refund open[data.draft.form == "refund"] {
            summary { "Refund" }
            form method="post" action=(format!("{base}/refund")) {
                (form.complaint())
                (hidden_key(data, "refund"))
                div.fields {
                    (form.select(&Field::new("what", "What"), &what))
                    (form.input(&Field::new("amount", &format!("Amount in {}", data.order.currency)).kind("money")))
                }
                (quantities(&data.order, &form, |line| line.quantity, false))
                (form.check("restock", "yes", "Put the units back into stock", false))
                (form.area(&Field::new("reason", "Reason").hint("The customer reads it in the mail about the refund."), 2))
                p.actions { button type="submit" { "Refund" } }
            }
        }
    }
}

fn request_return(data: &OrderPage, base: &str) -> Markup {
    let form = Form::new("return", &data.draft);
    html! {
        details.card #return open[data.draft.form == "return"] {
            summary { "Return" }
            form method="post" action=(format!("{base}/returns")) {
                (form.complaint())
                (hidden_key(data, "return"))
                (quantities(&data.order, &form, |line| line.shipped.saturating_sub(line.returned), false))
                (form.area(&Field::new("reason", "Reason"), 2))
                p.actions { button type="submit" { "Record the return" } }
            }
        }
    }
}

fn cancel(data: &OrderPage, base: &str) -> Markup {
    let form = Form::new("cancel", &data.draft);
    html! {
        details.card #cancel open[data.draft.form == "cancel"] {
            summary { "Cancel" }
            form method="post" action=(format!("{base}/cancel")) {
                (form.complaint())
                (hidden_key(data, "cancel"))
                p.muted { "What was paid goes back, and the stock is free again. This cannot be undone." }
                (form.area(&Field::new("reason", "Reason"), 2))
                p.actions { button.danger type="submit" { "Cancel the order" } }
            }
        }
    }
}

/// The notes of a moment, and what moved and was done in it, and why.
fn behind(same: &[HistoryEntry]) -> Markup {
    let others: Vec<_> =
        same.iter().filter(|entry| !matches!(entry.kind, HistoryKind::Event | HistoryKind::Note)).collect();
    html! {
        @for note in same.iter().filter(|entry| entry.kind == HistoryKind::Note) { p.note { (said(&note.text)) } }
        @if !others.is_empty() {
            ul.behind {
                @for entry in &others {
                    li {
                        (said(&entry.text))
                        @if let Some(reason) = &entry.reason { " Why: " (said(reason)) }
                    }
                }
            }
        }
    }
}

/// What happened in one moment: its events, latest first. A commit that has several tells what is behind it with the first.
fn moment(same: &[HistoryEntry]) -> Markup {
    let events: Vec<_> = same.iter().filter(|entry| entry.kind == HistoryKind::Event).collect();
    html! {
        @for (place, entry) in events.iter().enumerate().rev() {
            li {
                span { (time(entry.at)) " " code { (said(&entry.name)) } }
                p { (said(&entry.text)) }
                @if place == 0 { (behind(same)) }
            }
        }
        @if events.is_empty() {
            li { span { (time(same[0].at)) } (behind(same)) }
        }
    }
}

fn timeline(ctx: &PageContext, data: &OrderPage) -> Markup {
    let form = Form::new("note", &data.draft);
    html! {
        section.card #timeline {
            h2 { "Timeline" }
            ol.timeline {
                @for same in data.history.chunk_by(|one, next| one.at == next.at).rev() { (moment(same)) }
            }
            @if ctx.may(Scope::Orders) {
                form method="post" action=(format!("/admin/orders/{}/notes", data.order.id)) {
                    (form.complaint())
                    (hidden_key(data, "note"))
                    (form.area(&Field::new("text", "Note").hint("For colleagues; the customer does not see it.").required(), 2))
                    p.actions { button.secondary type="submit" { "Add the note" } }
                }
            }
        }
    }
}
