//! `argosy undo`: takes back an import.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use catalog::import::{BulkChange, UndoReport};
use kernel::Page;

use super::say;
use crate::attach::{has_data, with_shop};
use crate::cli::UndoCommand;
use crate::config::keys::Settings;

pub(crate) async fn run(command: &UndoCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    let Some(change) = command.change else {
        let answer = with_shop(settings, async |client| client.get("/api/v1/admin/changes").await).await?;
        let page: Page<BulkChange> = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
        let text = match command.json {
            true => format!("{}\n", serde_json::to_string_pretty(&page.items)?),
            false => page.items.iter().map(line).collect(),
        };
        say(if text.is_empty() { "There is nothing to undo.\n" } else { &text })?;
        return Ok(ExitCode::SUCCESS);
    };
    let path = format!("/api/v1/admin/changes/{change}/undo");
    let undo = async |client: &crate::client::Client| client.post(&path, "application/json", Bytes::new()).await;
    let answer = with_shop(settings, undo).await?;
    let report: UndoReport = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
    if command.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        say(&told(&report))?;
    }
    Ok(if report.kept.is_empty() && report.stock_kept.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line(change: &BulkChange) -> String {
    let state = change.undone_at.map(|at| format!(", undone {}", at.0)).unwrap_or_default();
    let BulkChange { id, kind, at, actor, products, .. } = change;
    format!("{id}  {}  {kind} of {products} products by {actor}{state}\n", at.0)
}

fn told(report: &UndoReport) -> String {
    let UndoReport { change, restored, deleted, kept, stock, stock_kept } = report;
    let mut text = format!(
        "Change {change} is taken back: {restored} products as before, {deleted} deleted, units of {stock} SKUs moved back. \
         Orders were not touched.\n"
    );
    if !kept.is_empty() {
        text += &format!("Edited since, and left as they are: {}\n", kept.join(", "));
    }
    if !stock_kept.is_empty() {
        text += &format!("Units left where they are:\n- {}\n", stock_kept.join("\n- "));
    }
    text
}
