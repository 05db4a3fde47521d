//! `argosy export`: what the shop has, as a file.

mod orders;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::attach::{has_data, with_shop};
use crate::cli::{ExportCommand, ExportWhat, FormatName};
use crate::client::Client;
use crate::config::keys::Settings;

pub(crate) async fn run(command: &ExportCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    let mut target = Target::open(command.to.as_deref())?;
    let done = with_shop(settings, async |client| write(client, command, target.out()).await).await;
    let written = target.close(done)?;
    if let Some(path) = &command.to {
        eprintln!("{written} bytes in {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes as the answers come, so that a large shop is never in memory as a whole. How many bytes that were.
async fn write(client: &Client, command: &ExportCommand, out: &mut (dyn Write + Send)) -> Result<u64> {
    let format = command.format;
    let path = match (command.what, format) {
        (ExportWhat::Products, _) => format!("/api/v1/admin/exports/products?format={}", format.name()),
        (ExportWhat::Stock, _) => "/api/v1/admin/exports/products?format=stock".to_owned(),
        (ExportWhat::Customers, FormatName::Json | FormatName::Csv) => {
            format!("/api/v1/admin/exports/customers?format={}", format.name())
        }
        (ExportWhat::Orders, FormatName::Json | FormatName::Csv) => return orders::write(client, command, out).await,
        (ExportWhat::Customers | ExportWhat::Orders, _) => bail!("customers and orders are written as json or csv"),
    };
    client.save(&path, out).await
}

/// A file that is there whole or not at all, or standard output.
enum Target {
    Standard(std::io::Stdout),
    File { out: BufWriter<File>, fresh: PathBuf, path: PathBuf },
}

impl Target {
    fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Target::Standard(std::io::stdout())) };
        let fresh = path.with_extension(format!("{}.partial", std::process::id()));
        let file = File::create(&fresh).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Target::File { out: BufWriter::new(file), fresh, path: path.to_owned() })
    }

    fn out(&mut self) -> &mut (dyn Write + Send) {
        match self {
            Target::Standard(out) => out,
            Target::File { out, .. } => out,
        }
    }

    /// A file of the same name is replaced when everything is there; what was begun and not ended is removed.
    fn close(self, done: Result<u64>) -> Result<u64> {
        let Target::File { out, fresh, path } = self else {
            std::io::stdout().flush()?;
            return done;
        };
        let kept = done.and_then(|written| {
            let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.sync_all()?;
            std::fs::rename(&fresh, &path).with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(written)
        });
        if kept.is_err() {
            let _ = std::fs::remove_file(&fresh);
        }
        kept
    }
}
