//! `argosy webhooks`: where webhooks go, what became of them, and sending them once more.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use contracts::notification::{PingResult, ReplayRequest, Replayed, WebhookEndpointView};
use kernel::{Page, Timestamp};

use super::say;
use crate::attach::{has_data, with_shop};
use crate::cli::{WebhookReplay, WebhooksCommand};
use crate::config::keys::Settings;

const ENDPOINTS: &str = "/api/v1/admin/webhook-endpoints";

pub(crate) async fn run(command: WebhooksCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    match command {
        WebhooksCommand::List { json } => {
            let answer = with_shop(settings, async |client| client.get(ENDPOINTS).await).await?;
            let page: Page<WebhookEndpointView> =
                serde_json::from_value(answer).context("the shop's answer cannot be read")?;
            if json {
                say(&format!("{}\n", serde_json::to_string_pretty(&page.items)?))?;
            } else {
                say(&listed(&page.items))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        WebhooksCommand::Ping { endpoint } => {
            let path = format!("{ENDPOINTS}/{endpoint}/ping");
            let ping =
                async |client: &crate::client::Client| client.post(&path, "application/json", Bytes::new()).await;
            let answer = with_shop(settings, ping).await?;
            let result: PingResult = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
            let text = match (result.delivered, result.status, result.error) {
                (true, Some(status), _) => format!("Delivered; it answered {status}.\n"),
                (_, Some(status), _) => format!("Not taken; it answered {status}.\n"),
                (_, None, error) => format!("Not delivered: {}\n", error.unwrap_or_default()),
            };
            say(&text)?;
            Ok(if result.delivered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        WebhooksCommand::Replay(replay) => {
            let path = format!("{ENDPOINTS}/{}/replay", replay.endpoint);
            let body = Bytes::from(serde_json::to_vec(&asked(&replay)?)?);
            let send = async |client: &crate::client::Client| client.post(&path, "application/json", body).await;
            let answer = with_shop(settings, send).await?;
            let replayed: Replayed = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
            say(&format!("{} deliveries are on their way.\n", replayed.deliveries))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn asked(replay: &WebhookReplay) -> Result<ReplayRequest> {
    let time = |text: &Option<String>| match text {
        Some(text) => match Timestamp::parse(text) {
            Ok(at) => Ok(Some(at.into())),
            Err(_) => bail!("{text:?} is no time; write one as 2026-11-22T08:00:00Z"),
        },
        None => Ok(None),
    };
    let event_id = match &replay.event {
        Some(text) => match text.parse() {
            Ok(id) => Some(id),
            Err(_) => bail!("{text:?} is no id of an event"),
        },
        None => None,
    };
    Ok(ReplayRequest { event_id, since: time(&replay.since)?, until: time(&replay.until)?, only_failed: replay.failed })
}

fn listed(endpoints: &[WebhookEndpointView]) -> String {
    if endpoints.is_empty() {
        return format!("There are no endpoints. Make one with POST {ENDPOINTS}.\n");
    }
    let mut text = String::new();
    for endpoint in endpoints {
        let state = match (endpoint.enabled, &endpoint.disabled_reason, &endpoint.failing_since) {
            (true, _, None) => "on".to_owned(),
            (true, _, Some(since)) => format!("failing since {}", since.0),
            (false, Some(reason), _) => format!("off: {reason}"),
            (false, None, _) => "off".to_owned(),
        };
        let types = if endpoint.event_types.is_empty() { "*".to_owned() } else { endpoint.event_types.join(",") };
        let _ = writeln!(text, "{}  {}  {types}  {state}", endpoint.id, endpoint.url);
    }
    text
}
