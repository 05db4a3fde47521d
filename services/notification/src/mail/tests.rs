//! What holds for every letter.

use contracts::ledger::{REASON_CANCELLED, REASON_EDITED};
use contracts::notification::{MailTemplate, Message};
use kernel::Secret;

use super::letter::{Letter, Shop};
use super::orders::{self, OrderMail};
use super::{accounts, samples, template_of};

fn shop(name: &str) -> Shop {
    Shop { name: name.to_owned(), base_url: "https://shop.example".to_owned() }
}

fn hostile() -> &'static str {
    "<script>alert(1)</script>\"'>\r\nBcc: evil@example.org\u{202e}{number}"
}

#[test]
fn every_template_renders_in_every_language() {
    let shop = shop("Argosy");
    for template in MailTemplate::ALL {
        let english = samples::letter(template, &shop, "en").render(&shop, "en");
        let german = samples::letter(template, &shop, "de-AT").render(&shop, "de-AT");
        for (rendered, lang) in [(&english, "en"), (&german, "de")] {
            let name = template.name();
            assert!(!rendered.subject.is_empty() && rendered.subject.chars().count() < 80, "{name}");
            assert!(!rendered.subject.chars().any(char::is_control), "{name}");
            for body in [&rendered.text, &rendered.html] {
                assert!(body.len() > 100 && body.len() < 60_000, "{name}: {} bytes", body.len());
                assert!(!body.contains('{') || body.contains("prefers-color-scheme"), "{name}: {body}");
            }
            assert!(!rendered.text.contains('{'), "a placeholder is left in {name}: {}", rendered.text);
            assert!(rendered.html.contains(&format!("<html lang=\"{lang}\">")), "{name}");
            assert!(rendered.html.contains("https://shop.example"), "{name}");
        }
        assert_ne!(english.text, german.text, "{} is not translated", template.name());
    }
}

#[test]
fn a_confirmation_says_what_was_bought_and_where_it_goes() {
    let shop = shop("Argosy");
    let rendered = samples::letter(MailTemplate::OrderConfirmation, &shop, "de").render(&shop, "de");
    for body in [&rendered.text, &rendered.html] {
        for part in [
            "1001",
            "Harbour Court Sneaker",
            "42, white",
            "104,94\u{a0}€",
            "darin VAT 19\u{a0}%",
            "Hafenstraße 7",
            "?key=sample",
        ] {
            assert!(body.contains(part), "{part} in {body}");
        }
    }
    assert_eq!(rendered.subject, "Deine Bestellung 1001");
}

#[test]
fn hostile_names_are_inert() {
    let evil = hostile();
    let shop = shop(evil);
    let mut order = samples::order();
    order.lines[0].title = evil.to_owned();
    order.lines[0].variant_title = evil.to_owned();
    order.shipping_name = evil.to_owned();
    order.tax_lines[0].name = evil.to_owned();
    order.shipments[0].carrier = Some(evil.to_owned());
    order.shipments[0].tracking = Some(evil.to_owned());
    order.refunds[0].reason = evil.to_owned();
    let contact = samples::contact(evil);
    let url = "https://shop.example/orders/x?key=y".to_owned();
    let mail = OrderMail { order: &order, contact: &contact, url, locale: "en" };
    let invitation = Message::StaffInvitation {
        url: Secret::new("javascript:alert(1)".to_owned()),
        invited_by: evil.to_owned(),
        role: evil.to_owned(),
        valid_minutes: 60,
    };
    let letters: [Letter; 4] = [
        orders::confirmation(&mail),
        orders::shipped(&mail, None),
        orders::refunded(&mail, Some(order.refunds[0].id), 1),
        accounts::letter(&invitation, &shop, "en"),
    ];
    for letter in letters {
        let rendered = letter.render(&shop, "en");
        assert!(!rendered.subject.chars().any(char::is_control), "{}", rendered.subject);
        assert!(!rendered.html.contains("<script"), "{}", rendered.html);
        assert!(!rendered.html.contains("href=\"javascript:"), "{}", rendered.html);
        assert!(!rendered.html.contains('\u{202e}') && !rendered.text.contains('\u{202e}'));
        assert!(!rendered.text.contains("\nBcc:") && !rendered.text.contains('\r'), "{}", rendered.text);
    }
}

#[test]
fn reasons_that_nobody_wrote_are_said_in_the_language_of_the_mail() {
    let mut order = samples::order();
    let contact = samples::contact("Ann");
    let mut told = |reason: &str, locale: &str| {
        order.refunds[0].reason = reason.to_owned();
        let mail = OrderMail { order: &order, contact: &contact, url: String::new(), locale };
        orders::refunded(&mail, Some(order.refunds[0].id), 1).render(&shop("Argosy"), locale).text
    };
    assert!(told(REASON_EDITED, "en").contains("Why: Your order was changed"));
    assert!(told(REASON_EDITED, "de").contains("Weshalb: Deine Bestellung wurde geändert"));
    assert!(told(REASON_CANCELLED, "de-CH").contains("Weshalb: Deine Bestellung wurde storniert."));
    assert!(told("Ein Kratzer", "en").contains("Why: Ein Kratzer"), "what staff wrote stays as it is");
}

#[test]
fn every_message_has_its_template() {
    let url = || Secret::new("https://shop.example/x".to_owned());
    let message = Message::PasswordReset { url: url(), valid_minutes: 90 };
    assert_eq!(template_of(&message), MailTemplate::PasswordReset);
    let text = accounts::letter(&message, &shop("Argosy"), "en").render(&shop("Argosy"), "en").text;
    assert!(text.contains("for 90 minutes") && text.contains("https://shop.example/x"), "{text}");
}
