//! Logs on standard output, written by a thread of their own so that a line costs a request no waiting.

mod json;

use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::keys::{LogFormat, Settings};

/// The most bytes that wait for a reader that does not keep up; lines beyond it are dropped and counted.
const BUFFER: usize = 8 * 1024 * 1024;
/// How long lines are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(25);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    dropped: u64,
    closing: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

/// Takes lines; clones feed the same thread.
#[derive(Clone)]
struct Lines(Arc<Shared>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.waiting.lock();
        if waiting.bytes.len() + line.len() > BUFFER {
            waiting.dropped += 1;
        } else {
            let first = waiting.bytes.is_empty();
            waiting.bytes.extend_from_slice(line);
            if first {
                self.0.wake.notify_one();
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

/// The thread that writes. Dropping it writes what is left.
pub(crate) struct Telemetry {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.shared.waiting.lock().closing = true;
        self.shared.wake.notify_one();
        if let Some(writer) = self.writer.take() {
            // Its panic, if any, was already printed; there is nowhere left to log it.
            let _ = writer.join();
        }
    }
}

/// Starts logging as `settings` say.
///
/// # Errors
/// When the filter cannot be read or logging was started before.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<Telemetry> {
    let (lines, telemetry) = writer(io::stdout());
    let filter = EnvFilter::try_new(&settings.log_filter)?;
    let terminal = io::stdout().is_terminal();
    let json = match settings.log_format {
        LogFormat::Auto => !terminal,
        LogFormat::Pretty => false,
        LogFormat::Json => true,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(lines);
    if json {
        registry.with(layer.with_ansi(false).event_format(json::JsonLines)).try_init()?;
    } else {
        registry.with(layer.compact().with_ansi(terminal)).try_init()?;
    }
    Ok(telemetry)
}

/// Starts logging for a command: warnings and errors, on standard error. Once per process; later calls do nothing.
pub(crate) fn start_quietly() {
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).compact().with_target(false);
    // A second start is refused, and the first one does the work.
    let _ = tracing_subscriber::registry().with(EnvFilter::new("warn")).with(layer).try_init();
}

fn writer(mut out: impl Write + Send + 'static) -> (Lines, Telemetry) {
    let shared = Arc::new(Shared::default());
    let lines = Lines(Arc::clone(&shared));
    let theirs = Arc::clone(&shared);
    let writer = infra::thread::spawn_named("log-writer", move || write_loop(&theirs, &mut out));
    (lines, Telemetry { shared, writer: Some(writer) })
}

fn write_loop(shared: &Shared, out: &mut impl Write) {
    let mut batch = Vec::new();
    loop {
        let (dropped, closing) = {
            let mut waiting = shared.waiting.lock();
            while waiting.bytes.is_empty() && !waiting.closing {
                shared.wake.wait(&mut waiting);
            }
            if !waiting.closing {
                // Woken early only by closing: further lines notify nobody.
                shared.wake.wait_for(&mut waiting, GATHER);
            }
            std::mem::swap(&mut batch, &mut waiting.bytes);
            (std::mem::take(&mut waiting.dropped), waiting.closing)
        };
        // A closed pipe is the reader's choice; the shop goes on without its log.
        let _ = out.write_all(&batch);
        if dropped > 0 {
            let _ = writeln!(out, "{{\"level\":\"WARN\",\"message\":\"log lines were dropped\",\"lines\":{dropped}}}");
        }
        let _ = out.flush();
        batch.clear();
        if closing && shared.waiting.lock().bytes.is_empty() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_once_and_whole() {
        let page = Page::default();
        let (lines, telemetry) = writer(page.clone());
        let writers: Vec<_> = (0..4)
            .map(|thread| {
                let mut lines = lines.clone();
                infra::thread::spawn_named("test", move || {
                    for n in 0..500 {
                        // As the formatter does: a line is one write.
                        lines.write_all(format!("line {thread} {n}\n").as_bytes()).unwrap();
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        drop(telemetry);
        let text = String::from_utf8(page.0.lock().clone()).unwrap();
        let mut found: Vec<&str> = text.lines().collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 2_000);
    }

    #[test]
    fn a_reader_that_does_not_keep_up_costs_lines_not_memory() {
        let shared = Arc::new(Shared::default());
        let mut lines = Lines(Arc::clone(&shared));
        let line = vec![b'x'; 1024 * 1024];
        for _ in 0..20 {
            lines.write_all(&line).unwrap();
        }
        let waiting = shared.waiting.lock();
        assert_eq!((waiting.bytes.len(), waiting.dropped), (BUFFER, 12));
    }
}
