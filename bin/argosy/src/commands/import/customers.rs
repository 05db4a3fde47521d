//! A file of customers.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use bytes::Bytes;
use contracts::identity::CustomerImportReport;

use super::PRINTED;
use crate::attach::with_shop;
use crate::cli::ImportCommand;
use crate::commands::say;
use crate::config::keys::Settings;

pub(super) async fn run(command: &ImportCommand, file: Bytes, settings: &Settings) -> Result<ExitCode> {
    let path = format!("/api/v1/admin/imports/customers?dry_run={}", command.dry_run);
    let send = async |client: &crate::client::Client| client.post_for(&path, "text/csv", file).await;
    let report: CustomerImportReport = with_shop(settings, send).await?;
    if command.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        say(&told(&report))?;
    }
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(report: &CustomerImportReport) -> String {
    let CustomerImportReport { rows, created, known, failed, .. } = report;
    let would = if report.dry_run { "Nothing was changed. It would be:\n" } else { "" };
    let mut text = format!(
        "{would}{rows} rows: {created} customers created, {known} have an account already, {failed} left out.\n"
    );
    if *created > 0 {
        text += "They have no password; each sets one through a password reset.\n";
    }
    if let Some(import) = report.import {
        let _ = writeln!(text, "Take it back with: argosy undo customers-{import}");
    }
    if !report.ignored_columns.is_empty() {
        let _ = writeln!(text, "Columns without a place in an account: {}.", report.ignored_columns.join(", "));
    }
    for error in report.errors.iter().take(PRINTED) {
        let column = if error.column.is_empty() { String::new() } else { format!(", {}", error.column) };
        let _ = writeln!(text, "line {}{column}: {}", error.line, error.message);
    }
    if let Some(more) = report.errors.len().checked_sub(PRINTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "… and {more} more; --json shows all of them.");
    }
    text
}
