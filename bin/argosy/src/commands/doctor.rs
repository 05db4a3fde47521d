//! `argosy doctor`: is everything as it must be, and if not, what to do.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use contracts::ledger::InvariantReport;

use super::say;
use crate::attach::{has_data, with_shop};
use crate::cli::DoctorCommand;
use crate::config::keys::Settings;

pub(crate) async fn run(command: &DoctorCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    let answer = with_shop(settings, async |client| client.get("/api/v1/admin/invariants").await).await?;
    let reports: Vec<InvariantReport> =
        serde_json::from_value(answer["items"].clone()).context("the shop's answer cannot be read")?;
    if command.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&reports)?))?;
    } else {
        say(&told(&reports))?;
    }
    let healthy = reports.iter().all(|report| report.violations.is_empty());
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(reports: &[InvariantReport]) -> String {
    let mut text = String::new();
    for report in reports {
        let outcome = match (&report.not_applicable, report.violations.len()) {
            (Some(why), _) => format!("does not apply: {why}"),
            (None, 0) => format!("holds ({} checked)", report.checked),
            (None, broken) => format!("BROKEN: {broken} of {} checked", report.checked),
        };
        let _ = writeln!(text, "{:<4} {outcome}\n     {}", report.id, report.statement);
        for violation in &report.violations {
            let _ = writeln!(text, "     - {}\n       What to do: {}", violation.detail, violation.remedy);
        }
    }
    let broken = reports.iter().filter(|report| !report.violations.is_empty()).count();
    let verdict = match broken {
        0 => "Everything holds.".to_owned(),
        n => format!("{n} of {} invariants are broken.", reports.len()),
    };
    let _ = writeln!(text, "\n{verdict}");
    text
}

#[cfg(test)]
mod tests {
    use contracts::ledger::Violation;

    use super::*;

    #[test]
    fn a_violation_says_what_to_do() {
        let report = |id: &str, violations| InvariantReport {
            id: id.to_owned(),
            statement: "Stock is never negative".to_owned(),
            checked: 3,
            not_applicable: None,
            violations,
        };
        let violation = Violation { detail: "SHOE-42 has -1".to_owned(), remedy: "Count it.".to_owned() };
        let text = told(&[report("I1", vec![violation]), report("I2", Vec::new())]);
        for part in ["I1   BROKEN: 1 of 3", "What to do: Count it.", "I2   holds (3 checked)", "1 of 2 invariants"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }
}
