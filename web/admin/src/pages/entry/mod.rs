//! The door: logging in and out, the first owner, invitations, forgotten passwords, one's own account.

pub(crate) mod account;
pub(crate) mod forgot;
pub(crate) mod log_in;
pub(crate) mod log_out;
pub(crate) mod reset;
pub(crate) mod setup;

use axum::http::HeaderMap;
use axum::response::Response;
use contracts::identity::{StaffLoggedIn, Visitor};
use http_kit::{SessionCookie, Visit};
use kernel::Secret;

use crate::form::Fields;
use crate::respond::{see_other, with_headers};
use crate::site::Site;
use crate::table::{Pages, get, post};

pub(crate) fn routes() -> Pages {
    Pages::new()
        .route("/admin/login", get(log_in::show).post(log_in::log_in))
        .route("/admin/logout", post(log_out::log_out))
        .route("/admin/setup/{token}", get(setup::show).post(setup::set_up))
        .route("/admin/forgot", get(forgot::show).post(forgot::ask))
        .route("/admin/reset/{token}", get(reset::show_reset).post(reset::reset))
        .route("/admin/invitations/{token}", get(reset::show_invitation).post(reset::accept))
        .route("/admin/account", get(account::show).post(account::change_password))
        .route("/admin/account/sessions/{id}/end", post(account::end_session))
}

fn visitor(site: &Site, visit: Visit) -> Visitor {
    visit.visitor(SessionCookie::Staff, site.secure())
}

/// A password as it was typed: spaces count.
fn password(fields: &Fields, name: &str) -> Secret {
    Secret::new(fields.raw(name).to_owned())
}

/// Goes to `location` with the session that has just begun.
fn begin(site: &Site, logged_in: &StaffLoggedIn, location: &str) -> Response {
    let mut out = HeaderMap::new();
    SessionCookie::Staff.set(&mut out, site.secure(), &logged_in.session.token, 0);
    with_headers(see_other(location), out)
}

/// Where to go after logging in: a page of the back office, and nowhere else.
fn next(fields: &Fields) -> &str {
    let wanted = fields.text("next");
    let ours = wanted == "/admin" || wanted.starts_with("/admin/") || wanted.starts_with("/admin?");
    let plain = wanted.len() <= 2000 && wanted.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours && plain && !wanted.starts_with("/admin/log") { wanted } else { "/admin" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_in_the_back_office() {
        let next_of = |text: &str| next(&Fields::of(vec![("next".to_owned(), text.to_owned())])).to_owned();
        assert_eq!(next_of("/admin/orders?status=confirmed"), "/admin/orders?status=confirmed");
        for bad in ["", "https://evil.test", "//evil.test", "/adminx", "/admin\\x", "/admin/\r\nx", "/admin/logout"] {
            assert_eq!(next_of(bad), "/admin", "{bad:?}");
        }
    }
}
