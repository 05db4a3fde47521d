//! The process: started on a port and a data directory, watched through /proc, stopped politely or not at all.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use kernel::Rng;
use tokio::time::Instant;

use super::Binary;
use crate::load::{Connection, get};

/// A free port below the range from which the kernel takes the ports of clients, so that no client is on it when the
/// shop comes back.
///
/// # Errors
/// When none of many tries is free.
pub fn free_port(rng: &dyn Rng) -> Result<u16> {
    for _ in 0..200 {
        let port = 20_000 + u16::try_from(rng.below(12_000))?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port between 20000 and 32000 is free")
}

/// How a shop is started.
#[derive(Clone, Debug)]
pub struct StartOptions {
    pub binary: Binary,
    pub port: u16,
    pub data: PathBuf,
    /// Whether an empty store gets the demo shop.
    pub demo: bool,
    /// More of the environment.
    pub environment: Vec<(String, String)>,
}

/// A running shop. Killed when dropped.
#[derive(Debug)]
pub struct Shop {
    child: Child,
    pub address: SocketAddr,
    log: PathBuf,
}

/// CPU time and memory of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// User and system time, in milliseconds; the kernel counts in steps of 10.
    pub cpu_ms: u64,
    pub resident_kib: u64,
    /// The most that was ever resident.
    pub peak_kib: u64,
}

impl Shop {
    /// Starts the binary and returns at once. Its output goes to `shop.log` beside the data directory.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(options: &StartOptions) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let home = options.data.parent().context("the data directory has no parent")?;
        let log = home.join("shop.log");
        let output = File::options().create(true).append(true).open(&log)?;
        let first_start = if options.demo { "--demo" } else { "--empty" };
        let mut command = Command::new(&options.binary.path);
        command
            .args(["serve", first_start, "--listen", &address.to_string(), "--data"])
            .arg(&options.data)
            // Away from any configuration file of whoever runs this.
            .current_dir(home)
            .envs(options.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = command.spawn().with_context(|| format!("{} cannot run", options.binary.path.display()))?;
        Ok(Shop { child, address, log })
    }

    /// Waits until `path` is answered with 200. How long that took, in microseconds.
    ///
    /// # Errors
    /// When the process ends before, or `within` is over; the end of its log is told.
    pub async fn answers(&mut self, path: &str, within: Duration) -> Result<u64> {
        let began = Instant::now();
        let request = get(self.address, path);
        loop {
            if let Ok(mut connection) = Connection::open(self.address).await
                && let Ok(answer) = connection.send_within(&request, within).await
                && answer.status == 200
            {
                return Ok(micros(began.elapsed()));
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the shop ended ({status}) before it answered {path}:\n{}", self.last_words());
            }
            if began.elapsed() > within {
                bail!("the shop did not answer {path} within {within:?}:\n{}", self.last_words());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// # Errors
    /// As [`Self::answers`].
    pub async fn ready(&mut self) -> Result<u64> {
        self.answers("/readyz", Duration::from_secs(120)).await
    }

    /// SIGKILL: no chance to finish anything.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits for the end. SIGKILL after `patience`.
    ///
    /// # Errors
    /// When it had to be killed, or ended with an error.
    pub async fn stop(&mut self, patience: Duration) -> Result<()> {
        // Signals other than SIGKILL need a system call that the standard library does not offer.
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let began = Instant::now();
        while sent.success() && began.elapsed() < patience {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("the shop ended with {status}:\n{}", self.last_words());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.kill()?;
        bail!("the shop did not end within {patience:?} of being asked to:\n{}", self.last_words())
    }

    /// # Errors
    /// When the process is gone.
    pub fn usage(&self) -> Result<Usage> {
        usage(Path::new("/proc").join(self.child.id().to_string()).as_path())
    }

    /// The end of its log.
    #[must_use]
    pub fn last_words(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log[log.len().saturating_sub(4096)..]).into_owned();
        let lines: Vec<_> = log.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // Ended already: nothing to kill.
        let _ = self.kill();
    }
}

/// Waits for SIGINT or SIGTERM: what runs shops ends in an orderly way then, so that none is left behind.
pub async fn interrupted() -> anyhow::Error {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (mut interrupt, mut terminate) = match (interrupt, terminate) {
        (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
        (Err(error), _) | (_, Err(error)) => return error.into(),
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    anyhow::anyhow!("interrupted")
}

/// What this process uses.
///
/// # Errors
/// Without /proc.
pub fn own_usage() -> Result<Usage> {
    usage(Path::new("/proc/self"))
}

/// Microseconds, as far as they fit.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn usage(process: &Path) -> Result<Usage> {
    let stat = std::fs::read_to_string(process.join("stat")).context("the figures of /proc cannot be read")?;
    let status = std::fs::read_to_string(process.join("status"))?;
    let cpu_ms = cpu_ms(&stat).context("/proc/…/stat reads like nothing known")?;
    let kib = |name| kib(&status, name).unwrap_or(0);
    Ok(Usage { cpu_ms, resident_kib: kib("VmRSS:"), peak_kib: kib("VmHWM:") })
}

/// Fields 14 and 15 of /proc/…/stat: user and system time in ticks of 10 ms. The name before them may contain anything.
fn cpu_ms(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) * 10)
}

fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_read_whatever_the_process_is_called() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(cpu_ms(stat), Some(3000));
        assert_eq!(cpu_ms("42 (x"), None);
        assert_eq!(kib("Name:\tx\nVmRSS:\t   12345 kB\nThreads:\t3\n", "VmRSS:"), Some(12345));
        assert!(own_usage().unwrap().resident_kib > 100);
    }

    #[test]
    fn a_free_port_is_free_and_low() {
        let port = free_port(&kernel::SystemRng::new()).unwrap();
        assert!((20_000..32_000).contains(&port));
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok());
    }
}
