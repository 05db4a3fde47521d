//! What it was measured on.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use tokio::time::Instant;

use crate::load::stats::{grouped, median, millis, percent, percentile};
use crate::shop::workspace;

/// The machine and the commit.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub cores: usize,
    pub model: String,
    pub memory_gib: u64,
    pub system: String,
    pub commit: String,
}

impl Machine {
    /// Looks around. What cannot be found out is called unknown.
    #[must_use]
    pub fn look() -> Self {
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let system = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let kib = value(&memory, "MemTotal").and_then(|v| v.split(' ').next()?.parse::<u64>().ok());
        Machine {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            model: value(&cpu, "model name").unwrap_or_else(|| "unknown processor".to_owned()),
            memory_gib: kib.unwrap_or(0).div_ceil(1024 * 1024),
            system: system.trim().to_owned(),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
        }
    }

    #[must_use]
    pub fn line(&self) -> String {
        let Machine { cores, model, memory_gib, system, .. } = self;
        format!("{cores} cores of {model}, {memory_gib} GiB of memory, Linux {system}")
    }
}

/// The commit, and whether there is more than it in the tree.
fn commit() -> Option<String> {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(workspace()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", "*.rs", "*.toml", "*.sql"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit} with uncommitted changes") })
}

/// What an `fdatasync` of 4 KiB costs in `directory` now: median and 99th percentile, in microseconds.
///
/// # Errors
/// When nothing can be written there.
pub fn flush(directory: &Path) -> Result<(u64, u64)> {
    let mut file: File = tempfile::tempfile_in(directory)?;
    let mut took = Vec::with_capacity(200);
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        took.push(crate::shop::micros(began.elapsed()));
    }
    Ok((median(&mut took), percentile(&mut took, 99)))
}

/// [`flush`] as a note.
pub(super) fn flush_note(directory: &Path) -> Result<String> {
    let (median, high) = flush(directory)?;
    Ok(format!("flush {} (p99 {})", millis(median), millis(high)))
}

/// How the processor time of a measurement was shared.
pub(super) fn shares(client_ms: u64, server_ms: u64, elapsed_us: u64) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let used = client_ms + server_ms;
    let of_all = percent(used * 1000, elapsed_us.saturating_mul(cores));
    format!(
        "processor: client {} %, shop {} % of the {} ms used; both together {of_all} % of {cores} cores",
        percent(client_ms, used),
        percent(server_ms, used),
        grouped(used)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        let told = shares(250, 750, 1_000_000);
        assert!(told.starts_with("processor: client 25 %, shop 75 % of the 1,000 ms used"), "{told}");
    }

    #[test]
    fn a_flush_takes_time() {
        let (median, high) = flush(&std::env::temp_dir()).unwrap();
        assert!(median <= high && high > 0);
    }
}
