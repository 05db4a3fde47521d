//! Every template with samples, for the preview and the test that renders them all.

use contracts::address::Address;
use contracts::checkout::{TaxLine, Totals};
use contracts::ledger::{
    Contact, FulfilmentStatus, LineQuantity, OrderLineView, OrderStatus, OrderView, PaymentStatus, RefundState,
    RefundView, ReturnStatus, ReturnView, ShipmentStatus, ShipmentView,
};
use contracts::notification::{MailTemplate, Message};
use kernel::{CartId, Currency, Money, OrderId, Rate, RefundId, ReturnId, Secret, ShipmentId, Sku, Timestamp};
use uuid::Uuid;

use super::letter::{Letter, Shop};
use super::orders::{self, OrderMail};
use super::{accounts, staff};
use crate::store::mail::{DisabledEndpoint, LowStock};

const AT: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// `template` filled with samples.
pub(crate) fn letter(template: MailTemplate, shop: &Shop, locale: &str) -> Letter {
    let (order, contact) = (order(), contact("Ann Example"));
    let url = format!("{}/orders/{}?key=sample", shop.base_url, order.id);
    let mail = OrderMail { order: &order, contact: &contact, url, locale };
    let link = || Secret::new(format!("{}/account/link/sample", shop.base_url));
    let shipment = Some(shipment_id());
    match template {
        MailTemplate::OrderConfirmation => orders::confirmation(&mail),
        MailTemplate::OrderShipped => orders::shipped(&mail, shipment),
        MailTemplate::OrderDelivered => orders::delivered(&mail, shipment),
        MailTemplate::OrderRefunded => orders::refunded(&mail, Some(refund_id()), 7_999),
        MailTemplate::OrderCancelled => orders::cancelled(&mail, false),
        MailTemplate::ReturnReceived => orders::return_received(&mail, Some(return_id())),
        MailTemplate::PasswordReset => {
            accounts::letter(&Message::PasswordReset { url: link(), valid_minutes: 60 }, shop, locale)
        }
        MailTemplate::EmailVerification => {
            accounts::letter(&Message::EmailVerification { url: link(), valid_minutes: 2880 }, shop, locale)
        }
        MailTemplate::AlreadyRegistered => {
            let login_url = format!("{}/account/login", shop.base_url);
            accounts::letter(&Message::AlreadyRegistered { login_url }, shop, locale)
        }
        MailTemplate::StaffInvitation => {
            let (invited_by, role) = ("Robin".to_owned(), "support".to_owned());
            let message = Message::StaffInvitation { url: link(), invited_by, role, valid_minutes: 10_080 };
            accounts::letter(&message, shop, locale)
        }
        MailTemplate::LowStock => staff::low_stock(
            &LowStock { sku: "HARBOUR-42".to_owned(), location: "main".to_owned(), available: 3, threshold: 5 },
            locale,
        ),
        MailTemplate::WebhookEndpointDisabled => staff::endpoint_disabled(
            &DisabledEndpoint {
                url: "https://hooks.example/argosy".to_owned(),
                reason: "Every delivery failed for five days.".to_owned(),
            },
            locale,
        ),
    }
}

fn shipment_id() -> ShipmentId {
    ShipmentId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002))
}

fn refund_id() -> RefundId {
    RefundId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0004))
}

fn return_id() -> ReturnId {
    ReturnId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0003))
}

pub(crate) fn contact(name: &str) -> Contact {
    Contact {
        vat_id: None,
        email: "ann@example.org".to_owned(),
        shipping_address: Address {
            name: name.to_owned(),
            line1: "Hafenstraße 7".to_owned(),
            line2: None,
            city: "Hamburg".to_owned(),
            region: None,
            postal_code: "20359".to_owned(),
            country: "DE".to_owned(),
        },
        billing_address: None,
    }
}

fn line(number: u32, sku: &str, title: &str, variant: &str, quantity: u32, unit_minor: i64) -> OrderLineView {
    let eur = |minor| Money::new(minor, Currency::EUR);
    OrderLineView {
        line: number,
        sku: Sku::new(sku).expect("the samples have proper SKUs"),
        product_handle: "sample".to_owned(),
        title: title.to_owned(),
        variant_title: variant.to_owned(),
        quantity,
        unit_price: eur(unit_minor),
        discount: eur(0),
        tax: eur(0),
        total: eur(unit_minor * i64::from(quantity)),
        shipped: quantity,
        returned: 0,
        backordered: 0,
        image: None,
    }
}

pub(crate) fn order() -> OrderView {
    let eur = |minor| Money::new(minor, Currency::EUR);
    OrderView {
        id: OrderId::from_uuid(Uuid::from_u128(0x0000_0000_0000_8000_8000_0000_0000_0001)),
        number: "1001".to_owned(),
        status: OrderStatus::Confirmed,
        payment_status: PaymentStatus::Paid,
        fulfilment_status: FulfilmentStatus::Shipped,
        currency: Currency::EUR,
        cart_id: CartId::from_uuid(Uuid::from_u128(1)),
        cart_version: 3,
        placed_at: AT.into(),
        lines: vec![
            line(1, "HARBOUR-42", "Harbour Court Sneaker", "42, white", 1, 7_999),
            line(2, "CARE-WAX", "Beeswax for leather", "", 2, 1_250),
        ],
        discounts: Vec::new(),
        tax_lines: vec![TaxLine {
            name: "VAT".to_owned(),
            rate: Rate::from_ppm(190_000),
            amount: eur(1_676),
            included: true,
        }],
        shipping_option: "standard".to_owned(),
        shipping_name: "Standard".to_owned(),
        totals: Totals {
            items: eur(10_499),
            discount: eur(500),
            shipping: eur(495),
            tax: eur(1_676),
            tax_added: eur(0),
            total: eur(10_494),
            gift_card: eur(0),
            due: eur(10_494),
        },
        captured: eur(10_494),
        refunded: eur(0),
        next_action: None,
        shipments: vec![ShipmentView {
            id: shipment_id(),
            status: ShipmentStatus::Shipped,
            lines: vec![LineQuantity { line: 1, quantity: 1 }, LineQuantity { line: 2, quantity: 2 }],
            carrier: Some("simulated".to_owned()),
            tracking: Some("SIM0123456789".to_owned()),
            shipped_at: AT.into(),
            delivered_at: None,
        }],
        refunds: vec![RefundView {
            id: refund_id(),
            status: RefundState::Succeeded,
            amount: eur(7_999),
            gift_card: None,
            reason: "A scratch on the left one.".to_owned(),
            at: AT.into(),
        }],
        returns: vec![ReturnView {
            id: return_id(),
            status: ReturnStatus::Received,
            lines: vec![LineQuantity { line: 2, quantity: 1 }],
            reason: "too many".to_owned(),
            at: AT.into(),
        }],
        timeline: Vec::new(),
        person_id: None,
        sources: Vec::new(),
        edits: Vec::new(),
        contact: None,
    }
}
