//! `argosy undo`: takes back an import.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use catalog::import::{BulkChange, UndoReport};
use contracts::identity::{CustomerImport, CustomerUndoReport};
use kernel::Page;
use serde_json::json;

use super::say;
use crate::attach::{has_data, with_shop};
use crate::cli::UndoCommand;
use crate::client::Client;
use crate::config::keys::Settings;

/// What stands before the number of an import of customers.
const CUSTOMERS: &str = "customers-";

pub(crate) async fn run(command: &UndoCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    let Some(change) = &command.change else { return list(command, settings).await };
    if let Some(import) = change.strip_prefix(CUSTOMERS) {
        return customers(command, import, settings).await;
    }
    let change: i64 = change.parse().with_context(|| format!("{change} is no change; argosy undo lists them"))?;
    let path = format!("/api/v1/admin/changes/{change}/undo");
    let undo = async |client: &Client| client.post_for(&path, "application/json", Bytes::new()).await;
    let report: UndoReport = with_shop(settings, undo).await?;
    if command.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        say(&told(&report))?;
    }
    Ok(if report.kept.is_empty() && report.stock_kept.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What can be taken back, products before customers.
async fn list(command: &UndoCommand, settings: &Settings) -> Result<ExitCode> {
    let both = async |client: &Client| {
        let changes = client.get("/api/v1/admin/changes").await?;
        anyhow::Ok((changes, client.get("/api/v1/admin/imports/customers").await?))
    };
    let (changes, imports) = with_shop(settings, both).await?;
    let changes: Page<BulkChange> = serde_json::from_value(changes).context("the shop's answer cannot be read")?;
    let imports: Page<CustomerImport> = serde_json::from_value(imports).context("the shop's answer cannot be read")?;
    let text = if command.json {
        let all = json!({ "changes": changes.items, "customers": imports.items });
        format!("{}\n", serde_json::to_string_pretty(&all)?)
    } else {
        changes.items.iter().map(line).chain(imports.items.iter().map(customers_line)).collect()
    };
    say(if text.is_empty() { "There is nothing to undo.\n" } else { &text })?;
    Ok(ExitCode::SUCCESS)
}

async fn customers(command: &UndoCommand, import: &str, settings: &Settings) -> Result<ExitCode> {
    let import: i64 = import.parse().with_context(|| format!("{import} is no import; argosy undo lists them"))?;
    let path = format!("/api/v1/admin/imports/customers/{import}/undo");
    let undo = async |client: &Client| client.post_for(&path, "application/json", Bytes::new()).await;
    let report: CustomerUndoReport = with_shop(settings, undo).await?;
    let CustomerUndoReport { removed, kept, .. } = report;
    say(&match command.json {
        true => format!("{}\n", serde_json::to_string_pretty(&report)?),
        false => format!("{removed} customers are gone again; {kept} did something since and were left.\n"),
    })?;
    Ok(if kept == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn customers_line(import: &CustomerImport) -> String {
    let state = import.undone_at.map(|at| format!(", undone {}", at.0)).unwrap_or_default();
    let CustomerImport { id, at, actor, customers, .. } = import;
    format!("{CUSTOMERS}{id}  {}  import of {customers} customers by {actor}{state}\n", at.0)
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
