//! Which binary is run: that of this workspace as it is shipped, or a given one.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The root of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The `argosy` binary.
#[derive(Clone, Debug)]
pub struct Binary {
    pub path: PathBuf,
}

impl Binary {
    /// `given`, or that of this workspace as it is shipped, built now.
    ///
    /// # Errors
    /// When the given file does not exist, or the build fails.
    pub fn locate(given: Option<&Path>) -> Result<Self> {
        let path = match given {
            Some(path) => path.to_owned(),
            None => {
                eprintln!("building argosy (profile dist) …");
                let mut cargo = Command::new("cargo");
                cargo.args(["build", "--profile", "dist", "--quiet", "-p", "argosy"]).current_dir(workspace());
                if !cargo.status().context("cargo could not be started")?.success() {
                    bail!("argosy could not be built; with --bin PATH a binary that is there already is used");
                }
                target_directory()?.join("dist/argosy")
            }
        };
        let path = path.canonicalize().with_context(|| format!("there is no binary at {}", path.display()))?;
        Ok(Binary { path })
    }

    /// # Errors
    /// When the file is gone.
    pub fn size_bytes(&self) -> Result<u64> {
        Ok(std::fs::metadata(&self.path)?.len())
    }
}

/// Where cargo builds to: the default may be changed by the environment and by cargo's configuration.
fn target_directory() -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).current_dir(workspace());
    let output = cargo.output().context("cargo could not be started")?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata said nothing")?;
    let directory = metadata["target_directory"].as_str().context("cargo metadata named no target directory")?;
    Ok(PathBuf::from(directory))
}
