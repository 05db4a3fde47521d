//! What it was measured on.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use tokio::time::Instant;

use crate::load::stats::{median, millis, percent, percentile};
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

/// Processor time of the whole machine since it was started, in milliseconds over all cores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Processors {
    busy_ms: u64,
    idle_ms: u64,
}

/// # Errors
/// Without /proc.
pub(super) fn processors() -> Result<Processors> {
    parse_processors(&std::fs::read_to_string("/proc/stat")?).context("/proc/stat reads like nothing known")
}

/// The first line: user, nice, system, idle, iowait, irq, softirq, steal, in ticks of 10 ms.
fn parse_processors(stat: &str) -> Option<Processors> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_ascii_whitespace().map_while(|t| t.parse().ok()).take(8).collect();
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(Processors { busy_ms: (ticks.iter().sum::<u64>() - idle) * 10, idle_ms: idle * 10 })
}

/// How the processor time of a measurement was shared between the client, the shop, everything else and nothing.
pub(super) fn shares(client_ms: u64, server_ms: u64, before: Processors, after: Processors) -> String {
    let busy = after.busy_ms.saturating_sub(before.busy_ms);
    let all = (busy + after.idle_ms.saturating_sub(before.idle_ms)).max(client_ms + server_ms);
    // The system's work for the network on their behalf is not always counted as theirs.
    let elsewhere = busy.saturating_sub(client_ms + server_ms);
    let of_all = |part| percent(part, all);
    format!(
        "processors: client {} %, shop {} %, elsewhere {} %, idle {} %",
        of_all(client_ms),
        of_all(server_ms),
        of_all(elsewhere),
        of_all(all.saturating_sub(client_ms + server_ms + elsewhere))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        let before = parse_processors("cpu  10 0 10 100 0 0 0 0 0 0\ncpu0 1 2").unwrap();
        let after = parse_processors("cpu  80 0 40 200 0 0 0 0 0 0\n").unwrap();
        assert_eq!(before, Processors { busy_ms: 200, idle_ms: 1000 });
        let told = shares(250, 650, before, after);
        assert_eq!(told, "processors: client 12 %, shop 32 %, elsewhere 5 %, idle 50 %");
        assert_eq!(parse_processors("intr 1 2"), None);
        assert!(processors().unwrap().busy_ms > 0);
    }

    #[test]
    fn a_flush_takes_time() {
        let (median, high) = flush(&std::env::temp_dir()).unwrap();
        assert!(median <= high && high > 0);
    }
}
