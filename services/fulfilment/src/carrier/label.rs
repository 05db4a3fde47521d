//! A label of 10 × 15 cm as SVG: what a browser prints and every script can be written in.

use contracts::fulfilment::Parcel;
use maud::{Markup, PreEscaped, html};

use super::barcode::bars;

/// The longest line that fits, in characters.
const LINE: usize = 44;

/// The label of `parcel` at the carrier called `carrier`.
pub(crate) fn svg(carrier: &str, parcel: &Parcel, tracking: &str) -> String {
    let to = &parcel.to;
    let place = format!("{} {}", to.postal_code, to.city);
    let lines = [
        to.name.as_str(),
        to.line1.as_str(),
        to.line2.as_deref().unwrap_or(""),
        place.trim(),
        to.region.as_deref().unwrap_or(""),
    ];
    let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).map(shortened).collect();
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="150mm" viewBox="0 0 400 600"
            font-family="Helvetica, Arial, sans-serif" {
            rect width="400" height="600" fill="#fff" {}
            rect x="8" y="8" width="384" height="584" fill="none" stroke="#000" stroke-width="2" {}
            text x="24" y="48" font-size="26" font-weight="700" { (shortened(&carrier.to_uppercase())) }
            text x="376" y="48" font-size="14" text-anchor="end" { (shortened(&parcel.reference)) }
            line x1="8" y1="66" x2="392" y2="66" stroke="#000" stroke-width="2" {}
            @for (i, line) in lines.iter().enumerate() {
                text x="24" y=(110 + 30 * i) font-size=(if i == 0 { 20 } else { 17 }) { (line) }
            }
            text x="24" y="330" font-size="64" font-weight="700" { (to.country) }
            text x="376" y="330" font-size="14" text-anchor="end" { (parcel.units) " pcs" }
            line x1="8" y1="352" x2="392" y2="352" stroke="#000" stroke-width="2" {}
            (barcode(tracking))
            text x="200" y="570" font-size="20" text-anchor="middle" font-family="monospace" { (shortened(tracking)) }
        }
    };
    markup.into_string()
}

fn barcode(tracking: &str) -> Markup {
    let Some((bars, width)) = bars(tracking) else { return PreEscaped(String::new()) };
    html! {
        svg x="24" y="376" width="352" height="160" viewBox={ "0 0 " (width) " 10" } preserveAspectRatio="none" {
            @for (offset, width) in bars {
                rect x=(offset) y="0" width=(width) height="10" fill="#000" {}
            }
        }
    }
}

/// On one line, without control characters, cut where the paper ends.
fn shortened(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LINE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::address::Address;
    use kernel::{Currency, FulfilmentId, Timestamp};

    #[test]
    fn a_hostile_name_is_only_a_name() {
        let evil = "<script>alert(1)</script>\"'&";
        let parcel = Parcel {
            key: FulfilmentId::from_uuid(uuid::Uuid::nil()),
            announced_at: Timestamp::EPOCH,
            reference: evil.to_owned(),
            to: Address {
                name: evil.to_owned(),
                line1: "Hafenstraße 7".to_owned(),
                line2: None,
                city: "Łódź".to_owned(),
                region: None,
                postal_code: "90-001".to_owned(),
                country: "PL".to_owned(),
            },
            units: 3,
            currency: Currency::EUR,
        };
        let label = svg("simulated", &parcel, "SIM123");
        assert!(label.starts_with("<svg") && !label.contains("<script"), "{label}");
        for part in ["Łódź", "Hafenstraße 7", "SIM123", "3 pcs"] {
            assert!(label.contains(part), "{part}");
        }
    }
}
