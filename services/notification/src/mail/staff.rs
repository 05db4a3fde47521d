//! What the shop writes to its own people.

use super::format::{fill, inert};
use super::letter::{Block, Letter};
use super::phrases::phrases;
use crate::store::mail::{DisabledEndpoint, LowStock};

pub(crate) fn low_stock(stock: &LowStock, locale: &str) -> Letter {
    let p = phrases(locale);
    let (sku, location) = (inert(&stock.sku), inert(&stock.location));
    let values = [
        ("sku", sku.as_str()),
        ("location", location.as_str()),
        ("available", &stock.available.to_string()),
        ("threshold", &stock.threshold.to_string()),
    ];
    let text = fill(p.low_text, &values);
    Letter {
        subject: fill(p.low_subject, &values),
        preheader: text.clone(),
        blocks: vec![Block::Title(fill(p.low_title, &values)), Block::Text(text)],
    }
}

pub(crate) fn endpoint_disabled(endpoint: &DisabledEndpoint, locale: &str) -> Letter {
    let p = phrases(locale);
    let text = fill(p.endpoint_text, &[("url", &inert(&endpoint.url)), ("reason", &inert(&endpoint.reason))]);
    Letter {
        subject: p.endpoint_subject.to_owned(),
        preheader: text.clone(),
        blocks: vec![
            Block::Title(p.endpoint_title.to_owned()),
            Block::Text(text),
            Block::Text(p.endpoint_next.to_owned()),
        ],
    }
}
