//! Endpoints and deliveries, as staff manages them.

use async_trait::async_trait;
use contracts::Result;
use contracts::notification::{
    ChangeWebhookEndpoint, DeliveryStatus, DeliveryView, NewWebhookEndpoint, PingResult, ReplayRequest, Replayed,
    WebhookEndpointView, Webhooks,
};
use infra::sqlite::Fault;
use kernel::{Cursor, EventId, Failure, FieldError, Page, PageRequest, StoreId, WebhookEndpointId};
use serde_json::json;

use super::client::Target;
use super::sign;
use crate::service::Notification;
use crate::store::delivery;
use crate::store::endpoint::{self, EndpointRow};

/// The most endpoints of a store: each may have deliveries under way.
const MAX_ENDPOINTS: usize = 50;
const MAX_TYPES: usize = 50;
/// How long the secret before still signs.
const OVERLAP_MS: i64 = 24 * 3_600_000;
/// What secrets are sealed as.
pub(super) const SECRET: &[u8] = b"webhook secret";

fn no_such() -> Failure {
    Failure::not_found("webhook endpoint")
}

fn view(row: &EndpointRow, secret: Option<&[u8]>) -> WebhookEndpointView {
    WebhookEndpointView {
        id: row.id,
        url: row.url.clone(),
        description: row.description.clone(),
        event_types: row.event_types.clone(),
        enabled: row.enabled,
        disabled_reason: row.disabled_reason.clone(),
        failing_since: row.failing_since.map(Into::into),
        created_at: row.created_at.into(),
        secret: secret.map(sign::shown),
    }
}

fn checked_description(text: &str, errors: &mut Vec<FieldError>) -> String {
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        let detail = "A description has at most 200 printable characters.".to_owned();
        errors.push(FieldError { pointer: "/description".to_owned(), code: "invalid_description".to_owned(), detail });
    }
    text.trim().to_owned()
}

fn checked_types(types: &[String], errors: &mut Vec<FieldError>) -> Vec<String> {
    let mut checked: Vec<String> = Vec::new();
    if types.len() > MAX_TYPES {
        let detail = format!("Name at most {MAX_TYPES} types; one with a star, such as order.*, stands for many.");
        errors.push(FieldError { pointer: "/event_types".to_owned(), code: "too_many".to_owned(), detail });
        return checked;
    }
    for (i, kind) in types.iter().enumerate() {
        let name = kind.strip_suffix('*').unwrap_or(kind);
        let proper = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_');
        if kind.is_empty() || kind.len() > 100 || !name.chars().all(proper) {
            let detail = "Write a type as order.paid, or order.* for all of a kind.".to_owned();
            errors.push(FieldError { pointer: format!("/event_types/{i}"), code: "invalid_type".to_owned(), detail });
        } else if !checked.contains(kind) {
            checked.push(kind.clone());
        }
    }
    checked
}

impl Notification {
    /// Whether `url` can be one; what is wrong joins `errors`.
    fn checked_url(&self, url: &str, errors: &mut Vec<FieldError>) -> String {
        if let Err(failure) = Target::parse(url, self.0.dispatcher.settings()) {
            errors.extend(failure.errors);
        }
        url.to_owned()
    }

    async fn change<T: Send + 'static>(
        &self,
        store: StoreId,
        id: WebhookEndpointId,
        change: impl FnOnce(&mut EndpointRow) -> Result<T> + Send + 'static,
    ) -> Result<(EndpointRow, T)> {
        let changed = self.0.db.write(move |conn| {
            let mut row = endpoint::get(conn, store, id)?.ok_or_else(no_such)?;
            let out = change(&mut row)?;
            endpoint::put(conn, store, &row)?;
            Ok::<_, Fault>((row, out))
        });
        let changed = changed.await?;
        self.0.dispatcher.wake();
        Ok(changed)
    }
}

#[async_trait]
impl Webhooks for Notification {
    async fn endpoints(&self, store: StoreId) -> Result<Vec<WebhookEndpointView>> {
        let rows = self.0.db.read(move |conn| endpoint::list(conn, store)).await?;
        Ok(rows.iter().map(|row| view(row, None)).collect())
    }

    async fn endpoint(&self, store: StoreId, id: WebhookEndpointId) -> Result<WebhookEndpointView> {
        let row = self.0.db.read(move |conn| endpoint::get(conn, store, id)).await?;
        Ok(view(&row.ok_or_else(no_such)?, None))
    }

    async fn create_endpoint(&self, store: StoreId, new: NewWebhookEndpoint) -> Result<WebhookEndpointView> {
        let mut errors = Vec::new();
        let url = self.checked_url(&new.url, &mut errors);
        let description = checked_description(&new.description, &mut errors);
        let event_types = checked_types(&new.event_types, &mut errors);
        if !errors.is_empty() {
            return Err(Failure::fields(errors));
        }
        let (inner, now) = (&self.0, self.0.clock.now());
        // Not from a time on: a clock that is set back would make it miss what happens until it is that time again.
        let begins_after = inner.follower.books.last_position().await?;
        let id = WebhookEndpointId::new(now, inner.rng.as_ref());
        let secret = sign::new_secret(inner.rng.as_ref());
        let (key, wrapped_key) = inner.vault.new_person(id.as_bytes(), inner.rng.as_ref());
        let row = EndpointRow {
            id,
            url,
            description,
            event_types,
            wrapped_key,
            secret: key.seal(SECRET, &secret, inner.rng.as_ref()),
            old_secret: None,
            old_expires_at: None,
            enabled: true,
            disabled_reason: None,
            failing_since: None,
            created_at: now,
            begins_after,
        };
        let shown = view(&row, Some(&secret));
        let stored = inner.db.write(move |conn| {
            if endpoint::list(conn, store)?.len() >= MAX_ENDPOINTS {
                let detail = format!("A store has at most {MAX_ENDPOINTS} endpoints. Delete one that is not needed.");
                return Err(Failure::conflict("too_many_endpoints", detail).into());
            }
            endpoint::put(conn, store, &row)?;
            Ok::<_, Fault>(())
        });
        stored.await?;
        tracing::info!(endpoint = %id, "a webhook endpoint was made");
        Ok(shown)
    }

    async fn change_endpoint(
        &self,
        store: StoreId,
        id: WebhookEndpointId,
        change: ChangeWebhookEndpoint,
    ) -> Result<WebhookEndpointView> {
        let mut errors = Vec::new();
        let url = change.url.as_deref().map(|url| self.checked_url(url, &mut errors));
        let description = change.description.as_deref().map(|text| checked_description(text, &mut errors));
        let event_types = change.event_types.as_deref().map(|types| checked_types(types, &mut errors));
        if !errors.is_empty() {
            return Err(Failure::fields(errors));
        }
        let apply = move |row: &mut EndpointRow| {
            row.url = url.unwrap_or_else(|| row.url.clone());
            row.description = description.unwrap_or_else(|| row.description.clone());
            row.event_types = event_types.unwrap_or_else(|| row.event_types.clone());
            if let Some(enabled) = change.enabled {
                row.enabled = enabled;
                row.disabled_reason = None;
                // Whoever switches it on believes in it: the days are counted anew.
                row.failing_since = None;
            }
            Ok(())
        };
        let (row, ()) = self.change(store, id, apply).await?;
        Ok(view(&row, None))
    }

    async fn rotate_secret(&self, store: StoreId, id: WebhookEndpointId) -> Result<WebhookEndpointView> {
        let (vault, rng, now) = (self.0.vault.clone(), std::sync::Arc::clone(&self.0.rng), self.0.clock.now());
        let rotate = move |row: &mut EndpointRow| {
            let secret = sign::new_secret(rng.as_ref());
            let key = vault.unwrap_person(row.id.as_bytes(), &row.wrapped_key)?;
            let sealed = key.seal(SECRET, &secret, rng.as_ref());
            row.old_secret = Some(std::mem::replace(&mut row.secret, sealed));
            row.old_expires_at = Some(now.plus_millis(OVERLAP_MS));
            Ok(secret)
        };
        let (row, secret) = self.change(store, id, rotate).await?;
        tracing::info!(endpoint = %id, "the secret of a webhook endpoint was changed");
        Ok(view(&row, Some(&secret)))
    }

    async fn delete_endpoint(&self, store: StoreId, id: WebhookEndpointId) -> Result<()> {
        let found = self.0.db.write(move |conn| endpoint::delete(conn, store, id)).await?;
        if !found {
            return Err(no_such());
        }
        tracing::info!(endpoint = %id, "a webhook endpoint was deleted");
        Ok(())
    }

    async fn deliveries(
        &self,
        store: StoreId,
        id: WebhookEndpointId,
        status: Option<DeliveryStatus>,
        page: PageRequest,
    ) -> Result<Page<DeliveryView>> {
        let before = match page.cursor.as_deref() {
            Some(text) => Some(position(text)?),
            None => None,
        };
        let limit = page.limit;
        let mut items = self
            .0
            .db
            .read(move |conn| {
                endpoint::get(conn, store, id)?.ok_or_else(no_such)?;
                Ok::<_, Fault>(delivery::list(conn, store, id, status, before, limit + 1)?)
            })
            .await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|one| Cursor::encode(&[&one.event_id.to_string()]).as_str().to_owned());
        Ok(Page { items, next_cursor })
    }

    async fn replay(&self, store: StoreId, id: WebhookEndpointId, which: ReplayRequest) -> Result<Replayed> {
        if which.event_id.is_none() && which.since.is_none() && which.until.is_none() && !which.only_failed {
            let detail = "Say which deliveries: event_id, since, until or only_failed.";
            return Err(Failure::field("", "nothing_named", detail));
        }
        let now = self.0.clock.now();
        let deliveries = self
            .0
            .db
            .write(move |conn| {
                endpoint::get(conn, store, id)?.ok_or_else(no_such)?;
                let count = delivery::replay(conn, store, id, &which, now)?;
                if count == 0 && which.event_id.is_some() {
                    return Err(Failure::not_found("delivery").into());
                }
                Ok::<_, Fault>(count)
            })
            .await?;
        self.0.dispatcher.wake();
        tracing::info!(endpoint = %id, deliveries, "webhooks are replayed");
        Ok(Replayed { deliveries })
    }

    async fn ping(&self, store: StoreId, id: WebhookEndpointId) -> Result<PingResult> {
        let row = self.0.db.read(move |conn| endpoint::get(conn, store, id)).await?.ok_or_else(no_such)?;
        let now = self.0.clock.now();
        let event = EventId::new(now, self.0.rng.as_ref());
        let body = json!({ "type": "webhook.ping", "timestamp": now, "data": { "endpoint_id": id } }).to_string();
        Ok(match self.0.dispatcher.send(&row, &event.to_string(), &body).await {
            Ok(status) => PingResult { delivered: (200..300).contains(&status), status: Some(status), error: None },
            Err(why) => PingResult { delivered: false, status: None, error: Some(why) },
        })
    }
}

fn position(cursor: &str) -> Result<EventId> {
    let parts = Cursor::decode(cursor, 1)?;
    let wrong = || Failure::invalid("invalid_cursor", "This cursor was not made by this list.");
    parts.first().and_then(|id| id.parse().ok()).ok_or_else(wrong)
}
