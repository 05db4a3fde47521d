//! What other services write to somebody: about accounts and invitations.

use contracts::notification::Message;

use super::format::{fill, inert};
use super::letter::{Block, Letter, Shop};
use super::phrases::{Phrases, phrases};

pub(crate) fn letter(message: &Message, shop: &Shop, locale: &str) -> Letter {
    let p = phrases(locale);
    let shop_name = inert(&shop.name);
    let of_shop = |phrase: &str| fill(phrase, &[("shop", &shop_name)]);
    match message {
        Message::PasswordReset { url, valid_minutes } => Letter {
            subject: p.reset_subject.to_owned(),
            preheader: p.reset_text.to_owned(),
            blocks: vec![
                Block::Title(p.reset_title.to_owned()),
                Block::Text(p.reset_text.to_owned()),
                Block::Button { label: p.reset_button.to_owned(), url: url.expose().clone() },
                Block::Text(validity(p, *valid_minutes)),
                Block::Small(p.reset_ignore.to_owned()),
            ],
        },
        Message::EmailVerification { url, valid_minutes } => Letter {
            subject: p.verify_subject.to_owned(),
            preheader: of_shop(p.verify_text),
            blocks: vec![
                Block::Title(p.verify_title.to_owned()),
                Block::Text(of_shop(p.verify_text)),
                Block::Button { label: p.verify_button.to_owned(), url: url.expose().clone() },
                Block::Text(validity(p, *valid_minutes)),
                Block::Small(of_shop(p.verify_ignore)),
            ],
        },
        Message::AlreadyRegistered { login_url } => Letter {
            subject: p.known_subject.to_owned(),
            preheader: of_shop(p.known_text),
            blocks: vec![
                Block::Title(p.known_title.to_owned()),
                Block::Text(of_shop(p.known_text)),
                Block::Button { label: p.known_button.to_owned(), url: login_url.clone() },
                Block::Small(p.known_ignore.to_owned()),
            ],
        },
        Message::StaffInvitation { url, invited_by, role, valid_minutes } => {
            let (name, role) = (inert(invited_by), inert(role));
            let all = |phrase: &str| fill(phrase, &[("name", &name), ("role", &role), ("shop", &shop_name)]);
            Letter {
                subject: all(p.invite_subject),
                preheader: all(p.invite_text),
                blocks: vec![
                    Block::Title(all(p.invite_title)),
                    Block::Text(all(p.invite_text)),
                    Block::Button { label: p.invite_button.to_owned(), url: url.expose().clone() },
                    Block::Text(validity(p, *valid_minutes)),
                    Block::Small(p.invite_ignore.to_owned()),
                ],
            }
        }
    }
}

fn validity(p: &Phrases, minutes: u32) -> String {
    let (phrase, count) = match minutes {
        m if m >= 2880 && m.is_multiple_of(1440) => (p.valid_days, m / 1440),
        m if m >= 120 && m.is_multiple_of(60) => (p.valid_hours, m / 60),
        m => (p.valid_minutes, m),
    };
    fill(phrase, &[("count", &count.to_string())])
}
