//! `cargo xtask test`: everything a newcomer's machine needs, then every test.

use std::os::unix::fs::MetadataExt as _;

use anyhow::Result;

use crate::step::{self, Build};

/// What the browser walk drives, and the Debian packages that bring it.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// # Errors
/// When a test fails or cannot be built.
pub(crate) fn run(args: &[String], build: Build) -> Result<()> {
    install_browser()?;
    let passed_on: Vec<&str> = args.iter().map(String::as_str).collect();
    let everything = !passed_on.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package"));
    if everything {
        // The walk and the crash tests start the binary itself. All targets in one command, as the tests are built below:
        // binaries alone, or a package alone, have other features, and nearly everything would be compiled twice.
        step::cargo_for(build, &["build", "--workspace", "--all-targets"])?;
    }
    let scope: &[&str] = if everything { &["--workspace"] } else { &[] };
    // An external command of cargo is not handed the settings of CI.
    let nextest = build == Build::Usual && step::succeeds("cargo", &["nextest", "--version"]);
    let runner: &[&str] =
        if nextest { &["nextest", "run", "--config-file", ".ci/nextest.toml"] } else { &["test", "--no-fail-fast"] };
    step::cargo_for(build, &[runner, scope, &passed_on].concat())?;
    if nextest && passed_on.is_empty() {
        // nextest leaves the examples in the documentation out.
        step::cargo_for(build, &["test", "--workspace", "--doc", "--quiet"])?;
    }
    Ok(())
}

/// Installs Chromium and its driver when they are missing and this may install them; says what to do otherwise.
fn install_browser() -> Result<()> {
    let browser = BROWSERS.iter().any(|name| step::succeeds(name, &["--version"]));
    if browser && step::succeeds("chromedriver", &["--version"]) {
        return Ok(());
    }
    let by_hand = format!("apt-get install {}", PACKAGES.join(" "));
    if !step::succeeds("apt-get", &["--version"]) {
        println!("The browser walk needs Chromium and chromedriver. Please install them; on Debian: {by_hand}");
        return Ok(());
    }
    if !is_root() {
        println!("The browser walk needs Chromium and chromedriver. Please install them: sudo {by_hand}");
        return Ok(());
    }
    println!("Chromium and chromedriver are missing; installing them for the browser walk.");
    step::run("apt-get", &["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    step::run("apt-get", &[install.as_slice(), &PACKAGES].concat())
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
