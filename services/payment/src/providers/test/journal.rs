//! The test provider's memory: one JSON line per call, appended with a single write before the call is applied.
//!
//! Once write() has returned, the line outlives the process (not a loss of power: the shop's own money records do not
//! rest on this file, and a real provider keeps its books elsewhere). Replaying the lines gives the same books, because
//! the books are deterministic. A line counts when it ends with a newline; a torn last one never answered anybody and
//! is cut off at start.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use contracts::payment::{AuthoriseRequest, ProviderRefund};
use kernel::{Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::core::{Core, Payment};

/// A journal larger than this is folded at start into one line per payment.
pub(super) const COMPACT_ABOVE_BYTES: u64 = 16 * 1024 * 1024;

/// Why the journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the test provider's journal {path} cannot be read or written")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("line {line} of the test provider's journal {path} is damaged; move the file away to start without it")]
    Damaged { path: PathBuf, line: usize, source: serde_json::Error },
}

/// One line: a call as it was made, or, after folding, what stands.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry<'a> {
    Authorise {
        at_ms: i64,
        #[serde(borrow)]
        key: Cow<'a, str>,
        amount: Money,
        #[serde(borrow)]
        token: Cow<'a, str>,
        #[serde(borrow)]
        order: Cow<'a, str>,
        #[serde(borrow)]
        return_url: Cow<'a, str>,
    },
    Capture {
        at_ms: i64,
        #[serde(borrow)]
        reference: Cow<'a, str>,
        #[serde(borrow)]
        key: Cow<'a, str>,
        amount: Money,
    },
    Void {
        at_ms: i64,
        #[serde(borrow)]
        reference: Cow<'a, str>,
        #[serde(borrow)]
        key: Cow<'a, str>,
    },
    Refund {
        at_ms: i64,
        #[serde(borrow)]
        reference: Cow<'a, str>,
        #[serde(borrow)]
        key: Cow<'a, str>,
        amount: Money,
    },
    CompleteAction {
        at_ms: i64,
        #[serde(borrow)]
        reference: Cow<'a, str>,
        approve: bool,
    },
    DecideDue {
        at_ms: i64,
    },
    Payment(Cow<'a, Payment>),
    Refunded(Cow<'a, ProviderRefund>),
}

impl Entry<'_> {
    /// Does to `core` what the call did. Its answer was given when the line was written.
    fn replay(self, core: &mut Core) {
        let at = Timestamp::from_millis;
        match self {
            Entry::Authorise { at_ms, key, amount, token, order, return_url } => {
                let request = AuthoriseRequest {
                    key: key.into_owned(),
                    amount,
                    token: token.into_owned(),
                    order: order.into_owned(),
                    return_url: return_url.into_owned(),
                };
                let _ = core.authorise(&request, at(at_ms));
            }
            Entry::Capture { at_ms, reference, key, amount } => {
                let _ = core.capture(&reference, &key, amount, at(at_ms));
            }
            Entry::Void { at_ms, reference, key } => {
                let _ = core.void(&reference, &key, at(at_ms));
            }
            Entry::Refund { at_ms, reference, key, amount } => {
                let _ = core.refund(&reference, &key, amount, at(at_ms));
            }
            Entry::CompleteAction { at_ms, reference, approve } => {
                let _ = core.complete_action(&reference, approve, at(at_ms));
            }
            Entry::DecideDue { at_ms } => {
                core.decide_due(at(at_ms));
            }
            Entry::Payment(payment) => core.restore_payment(payment.into_owned()),
            Entry::Refunded(refund) => core.restore_refund(refund.into_owned()),
        }
    }
}

/// An open journal, at the end of its last whole line.
pub(super) struct Journal {
    file: Option<File>,
    /// Bytes of whole lines.
    len: u64,
    /// Whether a failed write could not be undone: the file's end is unknown until the next start.
    broken: bool,
    line: Vec<u8>,
}

impl Journal {
    /// A journal that remembers nothing, for tests and benchmarks.
    pub(super) fn none() -> Self {
        Journal { file: None, len: 0, broken: false, line: Vec::new() }
    }

    /// Replays the journal at `path` into `core` and opens it for appending; created when it is missing.
    pub(super) fn open(path: &Path, core: &mut Core, compact_above_bytes: u64) -> Result<Self, JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let mut file = options().read(true).append(true).create(true).open(path).map_err(io)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for (index, line) in bytes[..whole].split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let entry: Entry<'_> = serde_json::from_slice(line).map_err(|source| JournalError::Damaged {
                path: path.to_owned(),
                line: index + 1,
                source,
            })?;
            entry.replay(core);
        }
        let mut len = whole as u64;
        if bytes.len() > whole {
            tracing::warn!(
                torn_bytes = bytes.len() - whole,
                "The test provider's journal ended within a line; it is cut off."
            );
            file.set_len(len).map_err(io)?;
        }
        drop(bytes);
        if len > compact_above_bytes {
            len = fold(path, core).map_err(io)?;
            file = options().append(true).open(path).map_err(io)?;
        }
        Ok(Journal { file: Some(file), len, broken: false, line: Vec::with_capacity(512) })
    }

    /// Appends `entry` with one write. After an error the file is as it was before, or the journal takes no more.
    pub(super) fn append(&mut self, entry: &Entry<'_>) -> std::io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if self.broken {
            return Err(std::io::Error::other("an earlier write to the journal failed"));
        }
        self.line.clear();
        serde_json::to_writer(&mut self.line, entry)?;
        self.line.push(b'\n');
        // One write: write_all only continues when the kernel took a part, as it does on a full disk.
        if let Err(error) = file.write_all(&self.line) {
            self.broken = file.set_len(self.len).is_err();
            return Err(error);
        }
        self.len += self.line.len() as u64;
        Ok(())
    }
}

/// Only the owner of the shop reads and writes its payments.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Writes what stands beside the journal and takes its place in one rename. The new length in bytes.
fn fold(path: &Path, core: &Core) -> std::io::Result<u64> {
    let beside = path.with_extension("log.new");
    let file = options().write(true).create(true).truncate(true).open(&beside)?;
    let mut writer = BufWriter::new(file);
    let payments = core.raw_payments().map(|payment| Entry::Payment(Cow::Borrowed(payment)));
    let refunds = core.raw_refunds().map(|refund| Entry::Refunded(Cow::Borrowed(refund)));
    for entry in payments.chain(refunds) {
        serde_json::to_writer(&mut writer, &entry)?;
        writer.write_all(b"\n")?;
    }
    let file = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(file.metadata()?.len())
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    const EUR_10: Money = Money::new(1_000, Currency::EUR);

    fn authorise(key: &str, token: &str) -> Entry<'static> {
        Entry::Authorise {
            at_ms: 1_000,
            key: key.to_owned().into(),
            amount: EUR_10,
            token: token.to_owned().into(),
            order: "order".into(),
            return_url: "/orders/ü\"?a=b".into(),
        }
    }

    /// A journal of many kinds of calls, and the books it makes.
    fn write(path: &Path) -> Core {
        let mut core = Core::new("");
        let mut journal = Journal::open(path, &mut core, u64::MAX).unwrap();
        let reference = |core: &Core, key| core.find(key).unwrap().reference;
        let mut call = |core: &mut Core, entry: Entry<'_>| {
            journal.append(&entry).unwrap();
            entry.replay(core);
        };
        for (key, token) in [
            ("a:1", "tok_approve"),
            ("b:1", "tok_3ds"),
            ("c:1", "tok_slow"),
            ("d:1", "tok_decline"),
            ("e:1", "tok_slow"),
        ] {
            call(&mut core, authorise(key, token));
        }
        let a = reference(&core, "a:1");
        call(&mut core, Entry::Capture { at_ms: 1_001, reference: a.clone().into(), key: "ca".into(), amount: EUR_10 });
        let half = Money::new(500, Currency::EUR);
        call(&mut core, Entry::Refund { at_ms: 1_002, reference: a.clone().into(), key: "ra".into(), amount: half });
        call(&mut core, Entry::Refund { at_ms: 1_003, reference: a.into(), key: "rb".into(), amount: EUR_10 });
        let b = reference(&core, "b:1");
        call(&mut core, Entry::CompleteAction { at_ms: 1_004, reference: b.into(), approve: false });
        let c = reference(&core, "c:1");
        call(&mut core, Entry::Void { at_ms: 1_005, reference: c.into(), key: "vc".into() });
        call(&mut core, authorise("f:1", "tok_approve"));
        core
    }

    #[test]
    fn a_restart_finds_the_same_books() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test-provider.log");
        let before = write(&path);
        let mut after = Core::new("");
        Journal::open(&path, &mut after, u64::MAX).unwrap();
        assert_eq!(after, before);
        assert_eq!(after.payments().count(), 6);
    }

    #[test]
    fn a_journal_torn_at_any_byte_of_its_last_line_loses_that_line_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test-provider.log");
        write(&path);
        let bytes = std::fs::read(&path).unwrap();
        let last = bytes[..bytes.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
        let mut expected = Core::new("");
        for line in bytes[..last].split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            serde_json::from_slice::<Entry<'_>>(line).unwrap().replay(&mut expected);
        }
        for end in last..bytes.len() {
            std::fs::write(&path, &bytes[..end]).unwrap();
            let mut core = Core::new("");
            let mut journal = Journal::open(&path, &mut core, u64::MAX).unwrap();
            assert_eq!(core, expected, "torn after {end} of {} bytes", bytes.len());
            // What is written next must not stick to the torn line.
            let next = authorise("next:1", "tok_approve");
            journal.append(&next).unwrap();
            next.replay(&mut core);
            let mut again = Core::new("");
            Journal::open(&path, &mut again, u64::MAX).unwrap();
            assert_eq!(again, core, "torn after {end} bytes, then continued");
        }
    }

    #[test]
    fn damage_before_the_last_line_is_refused_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test-provider.log");
        write(&path);
        let text = std::fs::read_to_string(&path).unwrap().replacen("{\"capture\"", "{\"cap~ure\"", 1);
        std::fs::write(&path, text).unwrap();
        match Journal::open(&path, &mut Core::new(""), u64::MAX) {
            Err(JournalError::Damaged { line, .. }) => assert_eq!(line, 6),
            other => panic!("expected damage, got {:?}", other.map(|journal| journal.len)),
        }
    }

    #[test]
    fn a_large_journal_is_folded_and_gives_the_same_books() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test-provider.log");
        let before = write(&path);
        let lines = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
        assert_eq!(lines(&path), 11);
        let mut folded = Core::new("");
        let mut journal = Journal::open(&path, &mut folded, 10).unwrap();
        assert_eq!(folded, before);
        assert_eq!(lines(&path), 8, "six payments and two refunds");
        let next = authorise("next:1", "tok_approve");
        journal.append(&next).unwrap();
        next.replay(&mut folded);
        let mut after = Core::new("");
        Journal::open(&path, &mut after, u64::MAX).unwrap();
        assert_eq!(after, folded);
        assert!(after.find("e:1").is_some_and(|p| p.status == contracts::payment::ProviderStatus::Processing));
        assert!(after.next_decision().is_some(), "the slow payment is still to be decided");
    }
}
