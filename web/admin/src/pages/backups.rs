//! `GET /admin/backups`: when the last backup was taken, and how one is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::Scope;
use http_kit::{Api, Caller};
use kernel::Timestamp;
use maud::{Markup, html};

use crate::layout::{self, Section};
use crate::parts::time;
use crate::respond::page;
use crate::site::{PageContext, Site};

const COMMANDS: &str = "\
argosy backup /mnt/backups --keys-to /mnt/usb/shop-keys.db
argosy backup verify /mnt/backups/argosy-2026-11-22T02-00-00-000Z
argosy restore /mnt/backups/argosy-2026-11-22T02-00-00-000Z --keys /mnt/usb/shop-keys.db --data NEWDIR";

pub(crate) fn backups_page(ctx: &PageContext, last: Option<Timestamp>) -> Markup {
    let body = html! {
        @match last {
            Some(at) => p.lead { "The last backup was taken " (time(at.into())) "." },
            None => p.notice.wait { "No backup was taken on this machine yet." },
        }
        section.card {
            h2 { "How a backup is taken" }
            p { "On the machine of the shop, while it is open: the first command takes one, the second reads it through, the third makes a shop of it again." }
            pre { (COMMANDS) }
            p { "Names and addresses in a backup are locked. Their keys go into a file of their own: keep it apart from the backups, and keep only the latest, so that whoever the shop erased is erased in all of them." }
            p.muted { "Let the machine run the first command every night." }
        }
    };
    layout::page(ctx, "Backups", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<Option<Timestamp>> {
    vec![None, Some(crate::samples::at().0)]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Admin)?;
    let last = (site.handles().last_backup)();
    Ok(page(StatusCode::OK, backups_page(&site.context(&caller, Section::Backups), last)))
}
