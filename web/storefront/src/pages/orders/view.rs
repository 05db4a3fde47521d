//! The order's page.

use contracts::ledger::{
    FulfilmentStatus, OrderLineView, OrderStatus, OrderView, PaymentStatus, RefundState, ReturnStatus, ShipmentStatus,
    ShipmentView,
};
use kernel::Timestamp;
use maud::{Markup, html};

use crate::format::{country, date_time};
use crate::layout::{self, Head};
use crate::pages::orders::pay::action_url;
use crate::parts::{Tone, notice, thumbnail, total_row, totals};
use crate::site::PageContext;

pub(crate) fn order_page(ctx: &PageContext<'_>, order: &OrderView) -> Markup {
    let t = ctx.phrases;
    let head = Head { title: t.order_number(&order.number), ..Head::default() };
    let main = html! {
        header.page-header {
            p.eyebrow { (t.order_number(&order.number)) }
            h1 { (headline(ctx, order)) }
            p.muted { (t.placed_on) " " (time(ctx, order.placed_at.0)) }
        }
        (attention(ctx, order))
        @if !matches!(order.status, OrderStatus::Cancelled) { (steps(ctx, order)) }
        div.with-aside {
            div {
                section aria-labelledby="lines" {
                    h2 #lines { (t.items) }
                    ul.lines role="list" { @for line in &order.lines { (order_line(ctx, line)) } }
                }
                @if !order.shipments.is_empty() { (shipments(ctx, order)) }
                @if !order.returns.is_empty() { (returns(ctx, order)) }
                (timeline(ctx, order))
            }
            (summary(ctx, order))
        }
    };
    layout::page(ctx, &head, &main)
}

fn time(ctx: &PageContext<'_>, at: Timestamp) -> Markup {
    html! { time datetime=(at) { (date_time(&ctx.here.market.locale, at)) } }
}

fn headline(ctx: &PageContext<'_>, order: &OrderView) -> &'static str {
    let t = ctx.phrases;
    match (order.status, order.payment_status, order.fulfilment_status) {
        (OrderStatus::Cancelled, _, _) => t.order_cancelled,
        (OrderStatus::PaymentFailed, _, _) => t.order_payment_failed,
        (OrderStatus::Pending, PaymentStatus::RequiresAction, _) => t.order_requires_action,
        (OrderStatus::Pending, _, _) => t.order_pending,
        (_, _, FulfilmentStatus::Returned) => t.order_returned,
        (_, _, FulfilmentStatus::Delivered) => t.order_delivered,
        (_, _, FulfilmentStatus::Shipped) => t.order_shipped,
        (_, _, FulfilmentStatus::PartiallyShipped) => t.order_partly_shipped,
        (_, _, FulfilmentStatus::Unfulfilled) => t.order_confirmed,
    }
}

/// What the shopper has to do, when there is something.
fn attention(ctx: &PageContext<'_>, order: &OrderView) -> Markup {
    let t = ctx.phrases;
    let pending = order.status == OrderStatus::Pending;
    html! {
        @if let Some(url) = action_url(order).filter(|_| pending) {
            (notice(Tone::Attention, t.action_needed))
            p.actions { a.button href=(url) { (t.continue_payment) } }
        } @else if pending {
            (notice(Tone::Attention, t.still_pending))
            p.actions { a.button.secondary href={ "/orders/" (order.id) "/return" } { (t.look_again) } }
        } @else if order.status == OrderStatus::PaymentFailed {
            (notice(Tone::Bad, t.payment_failed_text))
            p.actions { a.button href=(ctx.url("/checkout")) { (t.try_other_payment) } }
        } @else if order.status == OrderStatus::Cancelled {
            (notice(Tone::Attention, t.cancelled_text))
        }
    }
}

/// Placed, paid, shipped, delivered: where it is.
fn steps(ctx: &PageContext<'_>, order: &OrderView) -> Markup {
    use FulfilmentStatus as F;
    let t = ctx.phrases;
    let confirmed = matches!(order.status, OrderStatus::Confirmed | OrderStatus::Closed);
    let shipped = matches!(order.fulfilment_status, F::Shipped | F::Delivered | F::Returned);
    let delivered = matches!(order.fulfilment_status, F::Delivered | F::Returned);
    let done = [true, confirmed, shipped, delivered];
    let next = done.iter().position(|done| !done);
    html! {
        ol.steps aria-label=(t.progress) {
            @for (index, (name, done)) in t.steps.iter().zip(done).enumerate() {
                li.done[done] aria-current=[(next == Some(index)).then_some("step")] {
                    span { (name) }
                    @if done { span.visually-hidden { " " (t.step_done) } }
                }
            }
        }
    }
}

fn order_line(ctx: &PageContext<'_>, line: &OrderLineView) -> Markup {
    let t = ctx.phrases;
    html! {
        li.line {
            (thumbnail(line.image.as_deref(), ""))
            div.what {
                h3 { a href=(ctx.url(&format!("/products/{}", line.product_handle))) { (line.title) } }
                @if !line.variant_title.is_empty() { p.muted { (line.variant_title) } }
                p.muted { (t.pieces(line.quantity)) " × " (ctx.money(line.unit_price)) }
                @if line.returned > 0 { p.muted.small { (t.returned_pieces(line.returned)) } }
            }
            p.sum { (ctx.money(line.total)) }
        }
    }
}

fn shipments(ctx: &PageContext<'_>, order: &OrderView) -> Markup {
    let t = ctx.phrases;
    html! {
        section aria-labelledby="shipments" {
            h2 #shipments { (t.shipments) }
            ul.cards role="list" {
                @for (index, shipment) in order.shipments.iter().enumerate() { (shipment_card(ctx, order, index, shipment)) }
            }
        }
    }
}

fn shipment_card(ctx: &PageContext<'_>, order: &OrderView, index: usize, shipment: &ShipmentView) -> Markup {
    let t = ctx.phrases;
    html! {
        li {
            h3 { (t.shipment(index + 1)) }
            p {
                @match (shipment.status, shipment.delivered_at) {
                    (ShipmentStatus::Delivered, Some(at)) => { (t.delivered_on) " " (time(ctx, at.0)) }
                    (ShipmentStatus::Delivered, None) => (t.steps[3]),
                    (ShipmentStatus::Shipped, _) => { (t.shipped_on) " " (time(ctx, shipment.shipped_at.0)) }
                }
            }
            @if let Some(carrier) = &shipment.carrier { p.muted { (t.carrier) ": " (carrier) } }
            @if let Some(tracking) = &shipment.tracking { p.muted { (t.tracking_number) ": " span.code { (tracking) } } }
            ul.plain {
                @for part in &shipment.lines {
                    @if let Some(line) = order.lines.iter().find(|line| line.line == part.line) {
                        li.muted.small { (part.quantity) " × " (line.title) }
                    }
                }
            }
        }
    }
}

fn returns(ctx: &PageContext<'_>, order: &OrderView) -> Markup {
    let t = ctx.phrases;
    html! {
        section aria-labelledby="returns" {
            h2 #returns { (t.returns) }
            ul.cards role="list" {
                @for returned in &order.returns {
                    li {
                        p {
                            (match returned.status {
                                ReturnStatus::Requested => t.return_requested,
                                ReturnStatus::Received => t.return_received,
                            })
                            ", " (time(ctx, returned.at.0))
                        }
                        @if !returned.reason.is_empty() { p.muted { (returned.reason) } }
                    }
                }
            }
        }
    }
}

fn timeline(ctx: &PageContext<'_>, order: &OrderView) -> Markup {
    let t = ctx.phrases;
    html! {
        // Notes are the shop's own.
        @let entries: Vec<_> = order.timeline.iter().rev().filter(|entry| entry.event != "order.note_added").collect();
        @if !entries.is_empty() {
            section aria-labelledby="timeline" {
                h2 #timeline { (t.timeline) }
                ol.timeline {
                    @for entry in entries {
                        li {
                            p { (t.event(&entry.event).unwrap_or(&entry.text)) }
                            p.muted.small { (time(ctx, entry.at.0)) }
                        }
                    }
                }
            }
        }
    }
}

fn summary(ctx: &PageContext<'_>, order: &OrderView) -> Markup {
    let t = ctx.phrases;
    html! {
        aside.summary aria-labelledby="summary" {
            h2 #summary { (t.summary) }
            (totals(ctx, &order.totals, &order.discounts, &order.tax_lines, true))
            @let refunds: Vec<_> = order.refunds.iter().filter(|refund| refund.status != RefundState::Failed).collect();
            @if !refunds.is_empty() {
                h3 { (t.refunds) }
                dl.totals {
                    @for refund in refunds {
                        @let label = if refund.status == RefundState::Pending { t.refund_pending } else { t.refunded };
                        (total_row(label, &ctx.money(refund.amount), None))
                    }
                }
            }
            h3 { (t.payment) }
            p { (t.payment_status(order.payment_status)) }
            h3 { (t.shipping_method) }
            p { (order.shipping_name) }
            @if let Some(contact) = &order.contact {
                @let address = &contact.shipping_address;
                h3 { (t.delivery_address) }
                address {
                    (address.name) br;
                    (address.line1) br;
                    @if let Some(line2) = &address.line2 { (line2) br; }
                    (address.postal_code) " " (address.city) br;
                    @if let Some(region) = &address.region { (region) br; }
                    (country(&ctx.here.market.locale, &address.country))
                }
                h3 { (t.contact) }
                p.break { (contact.email) }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<OrderView> {
    use crate::goods;
    let status = |status, payment_status, fulfilment_status| {
        let mut order = goods::order(goods::HOSTILE);
        (order.status, order.payment_status, order.fulfilment_status) = (status, payment_status, fulfilment_status);
        order
    };
    let mut plain = status(OrderStatus::Confirmed, PaymentStatus::Paid, FulfilmentStatus::Unfulfilled);
    (plain.contact, plain.next_action) = (None, None);
    plain.shipments.clear();
    plain.refunds.clear();
    plain.returns.clear();
    plain.timeline.clear();
    vec![
        plain,
        status(OrderStatus::Pending, PaymentStatus::RequiresAction, FulfilmentStatus::Unfulfilled),
        status(OrderStatus::Pending, PaymentStatus::Unknown, FulfilmentStatus::Unfulfilled),
        status(OrderStatus::PaymentFailed, PaymentStatus::Declined, FulfilmentStatus::Unfulfilled),
        status(OrderStatus::Confirmed, PaymentStatus::Paid, FulfilmentStatus::PartiallyShipped),
        status(OrderStatus::Confirmed, PaymentStatus::Paid, FulfilmentStatus::Shipped),
        status(OrderStatus::Closed, PaymentStatus::PartiallyRefunded, FulfilmentStatus::Delivered),
        status(OrderStatus::Closed, PaymentStatus::Refunded, FulfilmentStatus::Returned),
        status(OrderStatus::Cancelled, PaymentStatus::Voided, FulfilmentStatus::Unfulfilled),
    ]
}
