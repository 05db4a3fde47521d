//! `cargo xtask licences`: every dependency's licence against the list in deny.toml.
//!
//! cargo-deny reads the same file and checks more (advisories, bans); it is not needed to build or test this project,
//! so the part that must never be forgotten is checked here, from what cargo already knows.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::MetadataCommand;
use serde::Deserialize;

use crate::root;

#[derive(Deserialize)]
struct DenyFile {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    #[serde(default)]
    clarify: Vec<Clarification>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Clarification {
    #[serde(rename = "crate")]
    name: String,
    expression: String,
}

/// # Errors
/// When deny.toml or the dependencies cannot be read, or a licence is not on the list.
pub(crate) fn run() -> Result<()> {
    let text = std::fs::read_to_string(root().join("deny.toml")).context("deny.toml cannot be read")?;
    let file: DenyFile = toml::from_str(&text).context("deny.toml cannot be understood")?;
    let metadata =
        MetadataCommand::new().current_dir(root()).exec().context("cargo could not list the dependencies")?;
    let others = metadata.packages.iter().filter(|package| package.source.is_some());
    let mut count = 0;
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    for package in others {
        count += 1;
        if let Err(why) = check(&file.licenses, package.name.as_ref(), package.license.as_deref()) {
            refused.insert(format!("{} {}", package.name, package.version), why);
        }
    }
    if refused.is_empty() {
        println!("{count} dependencies, all under licences that deny.toml allows.");
        return Ok(());
    }
    let list: Vec<String> = refused.iter().map(|(package, why)| format!("\n  {package}: {why}")).collect();
    bail!("these dependencies have licences that deny.toml does not allow:{}", list.concat())
}

fn check(licences: &Licences, name: &str, declared: Option<&str>) -> Result<(), String> {
    let clarified = licences.clarify.iter().find(|entry| entry.name == name).map(|entry| entry.expression.as_str());
    let expression =
        clarified.or(declared).ok_or("it declares no licence; add a [[licenses.clarify]] with a reason")?;
    let exception = licences.exceptions.iter().find(|entry| entry.name == name);
    let allowed = |id: &str| licences.allow.contains(id) || exception.is_some_and(|entry| entry.allow.contains(id));
    match satisfied(expression, &allowed) {
        Some(true) => Ok(()),
        Some(false) => Err(expression.to_owned()),
        None => Err(format!("`{expression}` is no SPDX expression")),
    }
}

/// Whether an SPDX expression can be satisfied with allowed licences only. `/` counts as OR, as old manifests meant
/// it; `X WITH Y` is one licence. None when the expression cannot be read.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut position = 0;
    let value = any(&tokens, &mut position, allowed)?;
    (position == tokens.len()).then_some(value)
}

fn any(tokens: &[&str], position: &mut usize, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut value = all(tokens, position, allowed)?;
    while tokens.get(*position) == Some(&"OR") {
        *position += 1;
        value |= all(tokens, position, allowed)?;
    }
    Some(value)
}

fn all(tokens: &[&str], position: &mut usize, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut value = one(tokens, position, allowed)?;
    while tokens.get(*position) == Some(&"AND") {
        *position += 1;
        value &= one(tokens, position, allowed)?;
    }
    Some(value)
}

fn one(tokens: &[&str], position: &mut usize, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let token = *tokens.get(*position)?;
    *position += 1;
    match token {
        "(" => {
            let value = any(tokens, position, allowed)?;
            (tokens.get(*position) == Some(&")")).then(|| *position += 1)?;
            Some(value)
        }
        ")" | "AND" | "OR" | "WITH" => None,
        licence if tokens.get(*position) == Some(&"WITH") => {
            let exception = tokens.get(*position + 1)?;
            *position += 2;
            Some(allowed(&format!("{licence} WITH {exception}")))
        }
        licence => Some(allowed(licence)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licences() -> Licences {
        let text = r#"
            [licenses]
            allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]
            [[licenses.exceptions]]
            crate = "roots"
            allow = ["CDLA-Permissive-2.0"]
            [[licenses.clarify]]
            crate = "silent"
            expression = "MIT"
        "#;
        toml::from_str::<DenyFile>(text).unwrap().licenses
    }

    #[test]
    fn an_expression_is_satisfied_by_allowed_licences_only() {
        for (expression, fine) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0 OR MIT", true),
            ("MIT AND GPL-3.0", false),
            ("MIT/Apache-2.0", true),
            ("(MIT OR GPL-3.0) AND Apache-2.0", true),
            ("(MIT OR Apache-2.0) AND GPL-3.0", false),
            ("GPL-3.0 AND MIT OR Apache-2.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH LLVM-exception", false),
        ] {
            assert_eq!(check(&licences(), "x", Some(expression)).is_ok(), fine, "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for expression in ["", "MIT OR", "(MIT", "MIT)", "MIT GPL-3.0", "AND MIT", "MIT WITH"] {
            assert!(check(&licences(), "x", Some(expression)).is_err(), "{expression}");
        }
        assert!(check(&licences(), "x", None).is_err());
    }

    #[test]
    fn exceptions_and_clarifications_are_for_their_crate_only() {
        assert!(check(&licences(), "roots", Some("CDLA-Permissive-2.0")).is_ok());
        assert!(check(&licences(), "other", Some("CDLA-Permissive-2.0")).is_err());
        assert!(check(&licences(), "silent", None).is_ok());
    }
}
