//! A file of orders, which become history.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Result, bail};
use bytes::Bytes;
use contracts::archive::{OrderImportNote, OrderImportReport};
use indicatif::ProgressBar;

use super::{PRINTED, WHOLE_BYTES, encoded};
use crate::attach::with_shop;
use crate::cli::ImportCommand;
use crate::client::Client;
use crate::commands::say;
use crate::config::keys::Settings;

pub(super) async fn run(command: &ImportCommand, file: Bytes, settings: &Settings) -> Result<ExitCode> {
    if file.len() > WHOLE_BYTES {
        bail!(
            "the file is larger than the {} MiB that the shop takes; part it, for example by year",
            WHOLE_BYTES >> 20
        );
    }
    let mut path = format!("/api/v1/admin/imports/orders?dry_run={}", command.dry_run);
    for (name, value) in [("source", &command.source), ("currency", &command.currency)] {
        if let Some(value) = value {
            let _ = write!(path, "&{name}={}", encoded(value));
        }
    }
    let bar = ProgressBar::new_spinner();
    bar.set_message("The shop takes the orders in");
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let send = async |client: &Client| client.post_for(&path, "text/csv", file).await;
    let report: Result<OrderImportReport> = with_shop(settings, send).await;
    bar.finish_and_clear();
    let report = report?;
    if command.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        say(&told(&report))?;
    }
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(report: &OrderImportReport) -> String {
    let OrderImportReport { rows, created, updated, unchanged, failed, own, doubtful, .. } = report;
    let would = if report.dry_run { "Nothing was changed. It would be:\n" } else { "" };
    let mut text = format!(
        "{would}{rows} rows: {created} past orders created, {updated} updated, {unchanged} unchanged, {failed} left out.\n"
    );
    if !report.value.is_empty() {
        let value: Vec<String> = report.value.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "The new ones come to {}.", value.join(" and "));
    }
    if *own > 0 {
        let _ = writeln!(text, "{own} are orders of this shop itself and were left alone.");
    }
    if let Some(import) = report.import {
        let _ = writeln!(text, "Take it back with: argosy undo orders-{import}");
    }
    if !report.ignored_columns.is_empty() {
        let _ = writeln!(text, "Columns without a place in a past order: {}.", report.ignored_columns.join(", "));
    }
    list(&mut text, &report.errors);
    if *doubtful > 0 {
        let _ = writeln!(text, "{doubtful} sums do not add up; they were taken as they are:");
        list(&mut text, &report.warnings);
    }
    text
}

fn list(text: &mut String, notes: &[OrderImportNote]) {
    for OrderImportNote { line, number, column, message } in notes.iter().take(PRINTED) {
        let number = if number.is_empty() { String::new() } else { format!(", order {number}") };
        let column = if column.is_empty() { String::new() } else { format!(", {column}") };
        let _ = writeln!(text, "line {line}{number}{column}: {message}");
    }
    if let Some(more) = notes.len().checked_sub(PRINTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "… and {more} more; --json shows them.");
    }
}
