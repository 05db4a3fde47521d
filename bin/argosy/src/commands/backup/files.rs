//! Files: copied, hashed, on the disk.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use ring::digest::{Context, SHA256};

use super::manifest::PlainFile;

/// A directory that only its owner can read.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn private_dir(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("{} cannot be made", path.display()))
}

/// A new file that only its owner can read.
///
/// # Errors
/// When it exists, or cannot be made.
pub(crate) fn private_file(path: &Path) -> Result<File> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.with_context(|| format!("{} cannot be made", path.display()))
}

/// Copies `limit` bytes of `from`, or all of them, and says what was copied. The copy is on the disk afterwards.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn copy(from: &Path, to: &Path, name: &str, limit: Option<u64>) -> Result<PlainFile> {
    if let Some(folder) = to.parent() {
        private_dir(folder)?;
    }
    let source = File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    let mut target = BufWriter::new(private_file(to)?);
    let mut hash = Hashing::default();
    hash.read_all(source.take(limit.unwrap_or(u64::MAX)), |bytes| target.write_all(bytes))
        .with_context(|| format!("{} cannot be copied to {}", from.display(), to.display()))?;
    target.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    Ok(hash.file(name))
}

/// What is in the file at `path`.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn hashed(path: &Path, name: &str) -> Result<PlainFile> {
    let source = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut hash = Hashing::default();
    hash.read_all(source, |_| Ok(())).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(hash.file(name))
}

/// Puts names of files, and renames, on the disk.
///
/// # Errors
/// When the directory cannot be opened.
pub(crate) fn sync_dir(path: &Path) -> Result<()> {
    Ok(File::open(path)?.sync_all()?)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

struct Hashing {
    context: Context,
    bytes: u64,
}

impl Default for Hashing {
    fn default() -> Self {
        Hashing { context: Context::new(&SHA256), bytes: 0 }
    }
}

impl Hashing {
    fn read_all(&mut self, mut from: impl Read, mut each: impl FnMut(&[u8]) -> std::io::Result<()>) -> Result<()> {
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let length = from.read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            self.context.update(&buffer[..length]);
            self.bytes += length as u64;
            each(&buffer[..length])?;
        }
    }

    fn file(self, name: &str) -> PlainFile {
        let sha256 = hex(self.context.finish().as_ref());
        PlainFile { name: name.to_owned(), bytes: self.bytes, sha256 }
    }
}
