//! `argosy search`: is the index like the catalog, and make it anew.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use contracts::search::SearchCheck;

use super::say;
use crate::attach::{has_data, with_shop};
use crate::cli::{SearchCommand, SearchOptions};
use crate::config::keys::Settings;

pub(crate) async fn run(command: SearchCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    let (answer, SearchOptions { json }) = match command {
        SearchCommand::Check(options) => {
            (with_shop(settings, async |client| client.get("/api/v1/admin/search").await).await?, options)
        }
        SearchCommand::Rebuild(options) => {
            let rebuild = async |client: &crate::client::Client| {
                client.post("/api/v1/admin/search/rebuild", "application/json", Bytes::new()).await
            };
            (with_shop(settings, rebuild).await?, options)
        }
    };
    let check: SearchCheck = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
    if json {
        say(&format!("{}\n", serde_json::to_string_pretty(&check)?))?;
    } else {
        say(&told(&check))?;
    }
    Ok(if check.agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(check: &SearchCheck) -> String {
    let mut text = format!(
        "{} products on sale, {} in index {} ({}).\n",
        check.catalog,
        check.indexed,
        check.generation,
        check.languages.join(", ")
    );
    if let Some(at) = check.last_repair {
        text += &format!("A difference was repaired at {}.\n", at.0);
    }
    if check.agrees {
        return text + "The index agrees with the catalog.\n";
    }
    for (what, handles) in [("Missing or outdated", &check.outdated), ("No longer on sale", &check.surplus)] {
        if !handles.is_empty() {
            text += &format!("{what}: {}\n", handles.join(", "));
        }
    }
    text + "What to do: wait a second and check again; when it stays, run `argosy search rebuild`.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_what_to_do() {
        let mut check = SearchCheck {
            catalog: 3,
            indexed: 2,
            outdated: vec!["a-shoe".to_owned()],
            surplus: Vec::new(),
            agrees: false,
            generation: "1".to_owned(),
            languages: vec!["en".to_owned()],
            last_repair: None,
        };
        let text = told(&check);
        for part in ["3 products on sale, 2 in index 1 (en)", "Missing or outdated: a-shoe", "argosy search rebuild"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        check.agrees = true;
        assert!(told(&check).contains("agrees"));
    }
}
