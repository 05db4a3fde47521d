//! The intake of webhooks: `POST /webhooks/{provider}`, and the same for a provider within the process.
//!
//! A webhook carries no truth. It is checked, and then only wakes the saga, which asks the provider; one that repeats
//! what is settled costs a look and no write. One whose order is not known is recorded in the inbox, once.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::{Request, State};
use contracts::checkout::Checkout;
use contracts::payment::{Providers, WebhookInbox};
use http_kit::{Api, Json, Path, Problem, ProblemDocument};
use kernel::{ErrorKind, Failure, OrderId, SharedClock, StoreId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::signature::SIGNATURE_HEADER;

/// The largest webhook that is read, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Where webhooks are delivered to.
#[async_trait]
pub trait WebhookSink: Send + Sync {
    /// Delivers the bytes of one webhook as `POST /webhooks/{provider}` would.
    ///
    /// # Errors
    /// As the route; `Unavailable` and `Internal` ask for another try.
    async fn deliver(&self, provider: &str, signature: &str, body: &[u8]) -> Result<(), Failure>;
}

/// Checks webhooks and wakes the saga.
pub struct WebhookIntake {
    store: StoreId,
    providers: Providers,
    inbox: Arc<dyn WebhookInbox>,
    checkout: Arc<dyn Checkout>,
    clock: SharedClock,
}

/// The answer to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Received {
    /// Whether its order is known here. False: it was written down, and nothing else happened.
    pub known: bool,
}

/// The order that a provider's key belongs to: keys are `{order}:{attempt}`.
#[must_use]
pub fn order_of_key(key: &str) -> Option<OrderId> {
    key.split_once(':')?.0.parse().ok()
}

impl WebhookIntake {
    #[must_use]
    pub fn new(
        store: StoreId,
        providers: Providers,
        inbox: Arc<dyn WebhookInbox>,
        checkout: Arc<dyn Checkout>,
        clock: SharedClock,
    ) -> Self {
        WebhookIntake { store, providers, inbox, checkout, clock }
    }

    /// Takes one webhook in.
    ///
    /// # Errors
    /// 404 for a provider this shop does not have, 401 for a bad signature, and the saga's or the inbox's failure when
    /// nothing came of it; the provider sends it again then.
    pub async fn receive(&self, provider: &str, signature: &str, body: &[u8]) -> Result<Received, Failure> {
        let sender = self.providers.get(provider).ok_or_else(|| Failure::not_found("payment provider"))?;
        let hint = sender.verify_webhook(signature, body, self.clock.now())?;
        let order = order_of_key(&hint.key);
        let known = match order {
            Some(order) => self.checkout.resume(self.store, order).await,
            None => Err(Failure::not_found("order")),
        };
        match known {
            Ok(()) => Ok(Received { known: true }),
            // Before its order, or of something else: written down once.
            Err(failure) if failure.kind == ErrorKind::NotFound => {
                self.inbox.receive(self.store, sender.name(), &hint.webhook_id, order).await?;
                tracing::debug!(webhook = hint.webhook_id, "A webhook came whose order is not known.");
                Ok(Received { known: false })
            }
            // The provider sends it again; until then the resolver may have done it.
            Err(failure) => Err(failure),
        }
    }
}

#[async_trait]
impl WebhookSink for WebhookIntake {
    async fn deliver(&self, provider: &str, signature: &str, body: &[u8]) -> Result<(), Failure> {
        self.receive(provider, signature, body).await.map(|_| ())
    }
}

/// The routes of payment below `/api/v1`.
pub fn routes(intake: Arc<WebhookIntake>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(webhook_receive)).with_state(intake)
}

/// Receives a webhook of a payment provider. No login: the signature over the raw body is what counts.
#[utoipa::path(
    post,
    path = "/webhooks/{provider}",
    tag = "payments",
    params(
        ("provider" = String, Path, description = "Name of the provider, e.g. `test`"),
        ("Provider-Signature" = String, Header,
            description = "`t=<unix seconds>,v1=<hex HMAC-SHA256 of \"t.body\">`, at most five minutes old"),
    ),
    request_body(content = Object, content_type = "application/json", description = "As the provider sends it, at most 64 KiB"),
    responses(
        (status = 200, description = "Received now or before", body = Received),
        (status = 401, description = "The signature, its age or the body is not good", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 404, description = "No such provider", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Larger than 64 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Could not be recorded now; send it again", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
async fn webhook_receive(
    State(intake): State<Arc<WebhookIntake>>,
    Path(provider): Path<String>,
    request: Request,
) -> Api<Json<Received>> {
    let signature = request.headers().get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let signature = signature.ok_or_else(|| {
        let detail = format!("The header {SIGNATURE_HEADER} is missing or not text.");
        Problem::from(Failure::new(ErrorKind::Unauthenticated, "invalid_signature", detail))
    })?;
    let body = http_kit::read_body(request, BODY_LIMIT).await?;
    Ok(Json(intake.receive(&provider, &signature, &body).await?))
}
