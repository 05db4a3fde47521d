//! Pages for what was not done: each says what happened and what to do next.

use axum::http::StatusCode;
use kernel::{ErrorKind, Failure};
use maud::{Markup, html};

use crate::layout;
use crate::parts::label;
use crate::site::PageContext;

/// What an error page says.
pub(crate) struct ErrorPage {
    pub(crate) title: &'static str,
    pub(crate) detail: String,
    /// Pointers and what is wrong there.
    pub(crate) errors: Vec<(String, String)>,
    pub(crate) advice: &'static str,
}

impl ErrorPage {
    pub(crate) fn of(failure: &Failure) -> Self {
        let (title, advice) = match failure.kind {
            ErrorKind::Forbidden => (
                "You may not do this",
                "An owner, or a colleague who may change staff, can give you a role that has this permission.",
            ),
            ErrorKind::NotFound => ("There is nothing here", "It may have been removed, or the address is wrong."),
            ErrorKind::PreconditionFailed | ErrorKind::PreconditionRequired => (
                "Somebody else changed this in the meantime",
                "Nothing was saved. Open it again, look at what changed, and repeat your change.",
            ),
            ErrorKind::Conflict => ("This is not possible now", "Go back and look at how things stand."),
            ErrorKind::Malformed | ErrorKind::Invalid => {
                ("This could not be done", "Go back, correct it and send it again.")
            }
            ErrorKind::TooLarge => ("This is too large", "Go back and send less."),
            ErrorKind::RateLimited | ErrorKind::Unavailable => {
                ("Not right now", "Wait a moment, go back and send it again. Nothing is done twice.")
            }
            ErrorKind::Internal | ErrorKind::Unauthenticated | ErrorKind::PaymentDeclined => {
                ("Something went wrong", "Go back and try again. The log of the shop says more.")
            }
        };
        let errors = failure.errors.iter().map(|e| (label(e.pointer.trim_matches('/')), e.detail.clone())).collect();
        ErrorPage { title, detail: failure.detail.clone(), errors, advice }
    }
}

pub(crate) fn error_page(ctx: &PageContext, data: &ErrorPage) -> Markup {
    let body = html! {
        div.card {
            p { (data.detail) }
            @if !data.errors.is_empty() {
                ul { @for (place, detail) in &data.errors { li { strong { bdi { (place) } ": " } (detail) } } }
            }
            p.muted { (data.advice) }
            p.actions {
                @if ctx.role.is_some() { a.button href="/admin" { "To the start" } }
                @else { a.button href="/admin/login" { "Log in" } }
            }
        }
    };
    layout::page(ctx, data.title, &body)
}

pub(crate) fn status(failure: &Failure) -> StatusCode {
    http_kit::problem::status(failure.kind)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<ErrorPage> {
    use crate::samples::HOSTILE;
    use ErrorKind as K;
    let kinds = [K::Forbidden, K::NotFound, K::PreconditionFailed, K::Conflict, K::Invalid, K::TooLarge, K::Internal];
    let mut pages: Vec<_> = kinds.into_iter().map(|kind| ErrorPage::of(&Failure::new(kind, "x", HOSTILE()))).collect();
    pages.push(ErrorPage::of(&Failure::field(HOSTILE(), "x", HOSTILE())));
    pages
}
