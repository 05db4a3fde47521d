//! `cargo xtask fuzz`: what the tools of others find in a running shop. Schemathesis asks for everything in the OpenAPI
//! document in every way it can think of; wapiti walks through the pages and tries to break into them.
//!
//! Both come from PyPI, into `target/fuzz`, so this needs a network once and is no part of CI.

mod shop;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

use self::shop::{People, Shop};
use crate::{root, step};

/// The tools, in the versions that the documentation speaks of. Each has libraries of its own: they do not agree on them.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const WAPITI: &str = "wapiti3==3.2.3";
const CONFIG: &str = include_str!("schemathesis.toml");
const HOOKS: &str = include_str!("hooks.py");
/// Cases of generated data for each operation and round. A shop that has been fuzzed for long is full of nonsense, so
/// each round has a new one.
const EXAMPLES: u32 = 80;
/// What wapiti tries. Left out are its looks at forms without tokens (a post counts by where it comes from), at cookies
/// (they are `Secure` and `__Host-` behind TLS, and there is none here), and what is about programs that are not in use.
const MODULES: &str = "backup,crlf,csp,exec,file,htaccess,http_headers,log4shell,methods,permanentxss,redirect,shellshock,\
                       sql,ssrf,timesql,upload,xss,xxe";

/// So many pages of a folder are looked at: search and listings link to every combination of their filters, and products are
/// all the same page.
const FILES: &str = "15";
/// The demo shop's other markets, which have the same pages once more.
const MARKETS: [&str; 2] = ["uk", "us"];
/// Forms with more fields are left out, as each field is attacked by itself: the back office has forms that grow by a row
/// with each press of a button.
const FIELDS: &str = "40";

/// Pages that are attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Pages {
    Storefront,
    Admin,
}

#[derive(Args)]
pub(crate) struct Options {
    /// At least so many requests to the API, in rounds of some ten thousand.
    #[arg(long, default_value_t = 10_000)]
    cases: u64,
    /// Seed of the first round; the next ones count up.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fuzz this program instead of building one.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Look for holes in these pages too, with wapiti.
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    pages: Vec<Pages>,
    /// How long each of wapiti's modules may take.
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    module_seconds: u32,
}

/// # Errors
/// When the tools cannot be installed, the shop does not start, or anything was found.
pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = root().join("target/fuzz");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let schemathesis = install(&folder, SCHEMATHESIS)?.join("schemathesis");
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => {
            step::cargo(&["build", "--release", "-p", "argosy"])?;
            root().join("target/release/argosy")
        }
    };
    let (mut asked, mut found, mut round) = (0, 0, 0);
    while asked < options.cases {
        let (cases, failures) = api(&binary, &schemathesis, &folder, options.seed + round)?;
        (asked, found, round) = (asked + cases, found + failures, round + 1);
        println!("round {round}: {cases} cases, {failures} findings; {asked} cases and {found} findings so far");
        if cases == 0 {
            bail!("schemathesis asked for nothing");
        }
    }
    let mut holes = 0;
    for part in &options.pages {
        holes += pages(&binary, &install(&folder, WAPITI)?.join("wapiti"), &folder, *part, options.module_seconds)?;
    }
    println!("{asked} cases, {found} findings; {holes} holes in pages");
    if found + holes == 0 { Ok(()) } else { bail!("something was found; the reports are in target/fuzz") }
}

/// Installs a tool, and finds the folder of its programs.
fn install(folder: &Path, tool: &str) -> Result<PathBuf> {
    let venv = folder.join(tool.split("==").next().unwrap_or(tool));
    let programs = venv.join("bin");
    let python = programs.join("python");
    if !python.exists() {
        step::run("python3", &["-m", "venv", &venv.to_string_lossy()])?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", tool];
    step::run(&python.to_string_lossy(), &pip)?;
    Ok(programs)
}

/// One round against a new shop: how many cases, and how many of them failed in different ways.
fn api(binary: &Path, schemathesis: &Path, folder: &Path, seed: u64) -> Result<(u64, u64)> {
    let shop = Shop::start(binary)?;
    let people = People::arrive(&shop)?;
    let config = folder.join("schemathesis.toml");
    std::fs::write(&config, people.filled_in(CONFIG))?;
    std::fs::write(folder.join("hooks.py"), HOOKS)?;
    let report = folder.join(format!("api-{seed}.json"));
    // Removed first, so that an old one is never read as this round's.
    let _ = std::fs::remove_file(&report);
    let status = Command::new(schemathesis)
        .arg("--config-file")
        .arg(&config)
        .args(["run", &format!("{}/api/v1/openapi.json", shop.base), "--no-color", "--report", "json"])
        .arg("--report-json-path")
        .arg(&report)
        .args(["--max-examples", &EXAMPLES.to_string(), "--seed", &seed.to_string()])
        .env("PYTHONPATH", folder)
        .current_dir(folder)
        .status()
        .context("schemathesis could not be started")?;
    let text = std::fs::read_to_string(&report).with_context(|| format!("schemathesis wrote no report ({status})"))?;
    let report: Value = serde_json::from_str(&text)?;
    let count = |name: &str| report["test_cases"][name].as_u64().unwrap_or(0);
    let errors = report["errors"].as_array().map_or(0, Vec::len) as u64;
    shop.still_well()?;
    Ok((count("generated"), count("unique_failures") + errors))
}

/// How many holes wapiti sees in these pages, as their visitors or as the shop's owner.
fn pages(binary: &Path, wapiti: &Path, folder: &Path, part: Pages, module_seconds: u32) -> Result<u64> {
    let shop = Shop::start(binary)?;
    let people = People::arrive(&shop)?;
    let (name, path) = match part {
        Pages::Storefront => ("storefront", "/"),
        Pages::Admin => ("admin", "/admin"),
    };
    let report = folder.join(format!("pages-{name}.json"));
    let _ = std::fs::remove_file(&report);
    let mut command = Command::new(wapiti);
    command.args(["--url", &format!("{}{path}", shop.base), "--scope", "folder", "--flush-session"]);
    command.args(["--module", MODULES, "--max-files-per-dir", FILES, "--max-parameters", FIELDS]);
    command.args(["--max-attack-time", &module_seconds.to_string()]);
    command.args(["--exclude", &format!("{}/admin/log-out", shop.base), "--no-bugreport", "--verbose", "1"]);
    for market in MARKETS {
        command.args(["--exclude", &format!("{}/{market}/*", shop.base)]);
    }
    command.args(["--store-session", &folder.to_string_lossy(), "--format", "json"]).arg("--output").arg(&report);
    if part == Pages::Admin {
        command.args(["--header", &format!("Cookie: argosy-staff={}", people.staff)]);
        command.args(["--header", &format!("Origin: {}", shop.base)]);
    }
    let status = command.current_dir(folder).status().context("wapiti could not be started")?;
    let text = std::fs::read_to_string(&report).with_context(|| format!("wapiti wrote no report ({status})"))?;
    let report: Value = serde_json::from_str(&text)?;
    let mut holes = 0;
    for (kind, found) in
        ["vulnerabilities", "anomalies"].into_iter().filter_map(|key| report[key].as_object()).flatten()
    {
        for one in found.as_array().into_iter().flatten() {
            println!("{name}: {kind}: {} {} {}", one["method"], one["path"], one["info"]);
            holes += 1;
        }
    }
    shop.still_well()?;
    Ok(holes)
}
