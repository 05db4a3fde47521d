//! Pieces of the account's pages.

use kernel::FieldError;
use maud::{Markup, html};

use crate::layout::{self, Head};
use crate::parts::{Tone, notice};
use crate::site::PageContext;

/// One field of a form.
pub(super) struct Input<'a> {
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    pub(super) value: &'a str,
    pub(super) kind: &'a str,
    pub(super) autocomplete: &'a str,
    pub(super) required: bool,
    pub(super) max: u32,
    pub(super) hint: Option<&'a str>,
}

/// A field with its label and what is wrong with it. Errors are found by the last part of their pointer.
pub(super) fn input(ctx: &PageContext<'_>, errors: &[FieldError], field: &Input<'_>) -> Markup {
    let t = ctx.phrases;
    let error = errors.iter().find(|error| error.pointer.rsplit('/').next() == Some(field.name));
    let (error_id, hint_id) = (format!("{}-error", field.name), format!("{}-hint", field.name));
    let described = match (error, field.hint) {
        (Some(_), _) => Some(&error_id),
        (None, Some(_)) => Some(&hint_id),
        (None, None) => None,
    };
    html! {
        div.field {
            label for=(field.name) {
                (field.label)
                @if !field.required { " " span.muted { (t.optional) } }
            }
            input id=(field.name) name=(field.name) type=(field.kind) value=(field.value)
                autocomplete=(field.autocomplete) maxlength=(field.max) required[field.required]
                aria-invalid=[error.map(|_| "true")] aria-describedby=[described];
            @if let Some(error) = error {
                p.error id=(error_id) { (t.account.explain(&error.code)) }
            } @else if let Some(hint) = field.hint {
                p.muted.small id=(hint_id) { (hint) }
            }
        }
    }
}

pub(super) fn email(ctx: &PageContext<'_>, errors: &[FieldError], value: &str) -> Markup {
    let field = Input {
        name: "email",
        label: ctx.phrases.account.email,
        value,
        kind: "email",
        autocomplete: "username",
        required: true,
        max: 254,
        hint: None,
    };
    input(ctx, errors, &field)
}

/// A password that is known, or a new one with the rule for it. Never filled in.
pub(super) fn password(ctx: &PageContext<'_>, errors: &[FieldError], name: &str, label: &str, new: bool) -> Markup {
    let field = Input {
        name,
        label,
        value: "",
        kind: "password",
        autocomplete: if new { "new-password" } else { "current-password" },
        required: true,
        max: 128,
        hint: new.then_some(ctx.phrases.account.password_hint),
    };
    input(ctx, errors, &field)
}

/// A page with one thing to do.
pub(super) fn single(ctx: &PageContext<'_>, title: &str, said: Option<(Tone, &str)>, body: &Markup) -> Markup {
    let head = Head { title: title.to_owned(), ..Head::default() };
    let main = html! {
        section.message {
            h1 { (title) }
            @if let Some((tone, text)) = said { (notice(tone, text)) }
            (body)
        }
    };
    layout::page(ctx, &head, &main)
}
