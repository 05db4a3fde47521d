//! `argosy export`: the catalog as a file that can be imported again.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use catalog::import::escape;
use contracts::ledger::OrderSummary;
use kernel::Page;

use super::say;
use crate::attach::{has_data, with_shop};
use crate::cli::{ExportCommand, ExportWhat, FormatName};
use crate::client::Client;
use crate::config::keys::Settings;

pub(crate) async fn run(command: &ExportCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    let file = with_shop(settings, async |client| match command.what {
        ExportWhat::Products => products(client, command.format).await,
        ExportWhat::Stock => products(client, FormatName::Stock).await,
        ExportWhat::Orders => orders(client, command.format).await,
    });
    let file = file.await?;
    match &command.to {
        None => say(&String::from_utf8_lossy(&file))?,
        Some(path) => {
            write(path, &file).with_context(|| format!("{} cannot be written", path.display()))?;
            eprintln!("{} bytes in {}", file.len(), path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whole or not at all: a file of the same name is replaced when everything is there.
fn write(path: &Path, file: &[u8]) -> Result<()> {
    let fresh = path.with_extension(format!("{}.partial", std::process::id()));
    let outcome = std::fs::File::create(&fresh).and_then(|mut out| {
        out.write_all(file)?;
        out.sync_all()
    });
    let outcome = outcome.and_then(|()| std::fs::rename(&fresh, path));
    if outcome.is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    Ok(outcome?)
}

async fn products(client: &Client, format: FormatName) -> Result<Vec<u8>> {
    let path = format!("/api/v1/admin/exports/products?format={}", format.name());
    Ok(client.fetch(&path).await?.to_vec())
}

/// Every order, latest first, without anybody's name.
async fn orders(client: &Client, format: FormatName) -> Result<Vec<u8>> {
    let mut all: Vec<OrderSummary> = Vec::new();
    let mut cursor = None;
    loop {
        let behind = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
        let answer = client.get(&format!("/api/v1/admin/orders?limit=100{behind}")).await?;
        let page: Page<OrderSummary> = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
        all.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    if format == FormatName::Json {
        return Ok(serde_json::to_vec_pretty(&all)?);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["Number", "Id", "Placed at", "Status", "Payment", "Fulfilment", "Total", "Currency"])?;
    for order in &all {
        let word =
            |value: serde_json::Result<serde_json::Value>| anyhow::Ok(value?.as_str().unwrap_or_default().to_owned());
        let cells = [
            order.number.clone(),
            order.id.to_string(),
            order.placed_at.0.to_string(),
            word(serde_json::to_value(order.status))?,
            word(serde_json::to_value(order.payment_status))?,
            word(serde_json::to_value(order.fulfilment_status))?,
            order.total.decimal(),
            order.total.currency.to_string(),
        ];
        writer.write_record(cells.iter().map(|cell| escape(cell).into_owned()))?;
    }
    Ok(writer.into_inner()?)
}
