//! `cargo xtask gen`: the reference pages, written by the program they describe.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::root;
use crate::step::{self, Build};

/// What `argosy reference` is asked for, and the page it becomes.
const PAGES: [(&str, &str); 3] = [("openapi", "openapi.json"), ("config", "config.md"), ("cli", "cli.md")];

/// # Errors
/// When the program cannot be built or run, a page cannot be written, or, with `check`, a page is stale.
pub(crate) fn run(check: bool, build: Build) -> Result<()> {
    let folder = root().join("docs/reference");
    let program = program(check, build)?;
    let mut stale = Vec::new();
    for (subject, file) in PAGES {
        let page = ask(&program, subject)?;
        let path = folder.join(file);
        if check {
            stale.extend(difference(&path, &page).map(|why| format!("docs/reference/{file}: {why}")));
        } else if difference(&path, &page).is_some() {
            std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            std::fs::write(&path, &page).with_context(|| format!("{} cannot be written", path.display()))?;
            println!("wrote docs/reference/{file}");
        }
    }
    if stale.is_empty() {
        println!("docs/reference is what the code says.");
        return Ok(());
    }
    bail!("the reference is not what the code says; run `cargo xtask gen`:\n  {}", stale.join("\n  "))
}

/// Builds the program that is asked. A check comes with all the others, so it takes the build of the tests: a package
/// alone has other features, and nearly everything would be compiled once more.
fn program(check: bool, build: Build) -> Result<PathBuf> {
    let what: &[&str] = if check { &["--workspace", "--all-targets"] } else { &["-p", "argosy"] };
    step::cargo_for(build, &[&["build", "--quiet"], what].concat())?;
    Ok(root().join("target/debug/argosy"))
}

fn ask(program: &Path, subject: &str) -> Result<String> {
    let output = Command::new(program)
        .args(["reference", subject])
        .current_dir(root())
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("{} could not be started", program.display()))?;
    if !output.status.success() {
        bail!("`argosy reference {subject}` failed ({})", output.status);
    }
    let mut page =
        String::from_utf8(output.stdout).with_context(|| format!("`argosy reference {subject}` is not text"))?;
    if page.trim().is_empty() {
        bail!("`argosy reference {subject}` printed nothing");
    }
    if !page.ends_with('\n') {
        page.push('\n');
    }
    Ok(page)
}

/// How the file differs from `page`; none when it does not.
fn difference(path: &Path, page: &str) -> Option<String> {
    let Ok(found) = std::fs::read_to_string(path) else { return Some("it is missing".to_owned()) };
    if found == page {
        return None;
    }
    let same = found.lines().zip(page.lines()).take_while(|(old, new)| old == new).count();
    Some(format!("it differs from line {}", same + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_page_is_told_with_its_first_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cli.md");
        assert_eq!(difference(&path, "a\nb\n").as_deref(), Some("it is missing"));
        std::fs::write(&path, "a\nb\n").unwrap();
        assert_eq!(difference(&path, "a\nb\n"), None);
        assert_eq!(difference(&path, "a\nc\n").as_deref(), Some("it differs from line 2"));
        assert_eq!(difference(&path, "a\nb\nc\n").as_deref(), Some("it differs from line 3"));
    }
}
