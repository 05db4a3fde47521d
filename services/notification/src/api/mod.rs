//! The routes of mails and outgoing webhooks, below `/api/v1/admin`. All need the scope `notifications`: a list of mails says
//! who ordered when, and an endpoint hears of everything.

mod delivery_list;
mod delivery_replay;
mod endpoint_change;
mod endpoint_create;
mod endpoint_delete;
mod endpoint_get;
mod endpoint_list;
mod endpoint_ping;
mod mail_forget;
mod mail_list;
mod mail_preview;
mod mail_retry;
mod secret_rotate;

use std::sync::Arc;

use contracts::notification::{MailQueue, Webhooks};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Notification;

type SharedQueue = Arc<dyn MailQueue>;
type SharedWebhooks = Arc<dyn Webhooks>;

/// `/admin/mails`, `/admin/webhook-endpoints` and what is below them, without `/api/v1`.
pub fn routes(notification: &Notification) -> OpenApiRouter {
    let queue: SharedQueue = Arc::new(notification.clone());
    let webhooks: SharedWebhooks = Arc::new(notification.clone());
    let mails = OpenApiRouter::new()
        .routes(routes!(mail_list::mail_list))
        .routes(routes!(mail_retry::mail_retry))
        .routes(routes!(mail_preview::mail_preview))
        .routes(routes!(mail_forget::mail_forget))
        .with_state(queue);
    OpenApiRouter::new()
        .routes(routes!(endpoint_list::endpoint_list, endpoint_create::endpoint_create))
        .routes(routes!(endpoint_get::endpoint_get, endpoint_change::endpoint_change, endpoint_delete::endpoint_delete))
        .routes(routes!(secret_rotate::secret_rotate))
        .routes(routes!(endpoint_ping::endpoint_ping))
        .routes(routes!(delivery_list::delivery_list))
        .routes(routes!(delivery_replay::delivery_replay))
        .with_state(webhooks)
        .merge(mails)
}
