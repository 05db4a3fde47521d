//! `argosy mail`: what became of mails, and how they look.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use contracts::notification::{MailPreview, MailTemplate, MailView};
use kernel::Page;

use super::say;
use crate::attach::{has_data, with_shop};
use crate::cli::{MailCommand, MailPart};
use crate::config::keys::Settings;

pub(crate) async fn run(command: MailCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    match command {
        MailCommand::List { status, json } => {
            let filter = status.map(|status| format!("&status={status}")).unwrap_or_default();
            let path = format!("/api/v1/admin/mails?limit=100{filter}");
            let answer = with_shop(settings, async |client| client.get(&path).await).await?;
            let page: Page<MailView> = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
            if json {
                say(&format!("{}\n", serde_json::to_string_pretty(&page.items)?))?;
            } else {
                say(&listed(&page.items))?;
            }
        }
        MailCommand::Retry { id } => {
            let path = format!("/api/v1/admin/mails/{id}/retry");
            let retry =
                async |client: &crate::client::Client| client.post(&path, "application/json", Bytes::new()).await;
            with_shop(settings, retry).await?;
            say(&format!("Mail {id} is tried again now.\n"))?;
        }
        MailCommand::Preview { template, locale, part } => {
            if MailTemplate::from_name(&template).is_none() {
                let names: Vec<&str> = MailTemplate::ALL.into_iter().map(MailTemplate::name).collect();
                bail!("there is no mail {template:?}; there are {}", names.join(", "));
            }
            if !locale.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                bail!("{locale:?} is no locale; write one as en or de-AT");
            }
            let path = format!("/api/v1/admin/mails/preview/{template}?locale={locale}");
            let answer = with_shop(settings, async |client| client.get(&path).await).await?;
            let preview: MailPreview = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
            say(&match part {
                MailPart::Text => format!("Subject: {}\n\n{}", preview.subject, preview.text),
                MailPart::Html => preview.html,
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(mails: &[MailView]) -> String {
    if mails.is_empty() {
        return "There are no mails.\n".to_owned();
    }
    let mut text = String::new();
    for mail in mails {
        let rest = match (&mail.last_error, &mail.file) {
            (Some(error), _) => error.as_str(),
            (None, Some(file)) => file.as_str(),
            (None, None) => "",
        };
        let (status, template) = (mail.status.name(), mail.template.name());
        let _ = writeln!(text, "{}  {}  {status:<7}  {template:<20}  {rest}", mail.id, mail.created_at.0);
    }
    text
}
