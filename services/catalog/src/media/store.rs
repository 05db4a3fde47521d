//! The media store: a folder of originals, a folder of renditions, and the hottest of them in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use contracts::Result;
use contracts::catalog::Media;
use kernel::{ErrorKind, Failure};
use parking_lot::Mutex;
use tokio::sync::{OnceCell, Semaphore};

use super::hot::Hot;
use super::image;
use super::name::{Format, Rendition, Stem, WIDTHS, source_name};
use crate::demo::DemoMedia;

/// Most bytes of an upload.
pub const MAX_UPLOAD: usize = 20 * 1024 * 1024;
/// Most bytes of renditions in memory.
const HOT_BYTES: usize = 32 * 1024 * 1024;
/// Written into the folder of renditions; raised when the same original is to look different.
const GENERATION: &str = "1";

/// Vector originals that code of ours draws: given a source, its SVG.
pub type Drawn = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

type Flight = Arc<OnceCell<Result<Bytes>>>;

/// Originals and their renditions. Shared by `Arc`.
pub struct MediaStore {
    originals: PathBuf,
    renditions: PathBuf,
    drawn: Drawn,
    hot: Mutex<Hot>,
    /// Renditions being made now: whoever asks for the same one waits for it.
    flights: Mutex<HashMap<String, Flight>>,
    /// As many pictures at once as there are cores, so that a burst of new ones does not take all memory.
    makers: Semaphore,
    /// Uploads are decoded one after the other: each may take 300 MB.
    intake: Semaphore,
    temporary: AtomicU64,
}

impl MediaStore {
    /// Opens the store in `dir`, which is made when missing. `drawn` knows the vector originals.
    ///
    /// # Errors
    /// Internal, when the folders cannot be made.
    pub fn open(dir: &Path, drawn: Drawn) -> Result<Arc<MediaStore>> {
        let store = MediaStore {
            originals: dir.join("originals"),
            renditions: dir.join("renditions").join(GENERATION),
            drawn,
            hot: Mutex::new(Hot::new(HOT_BYTES)),
            flights: Mutex::new(HashMap::new()),
            makers: Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)),
            intake: Semaphore::new(1),
            temporary: AtomicU64::new(0),
        };
        for folder in [&store.originals, &store.renditions] {
            std::fs::create_dir_all(folder).map_err(|e| Failure::internal(format!("{}: {e}", folder.display())))?;
        }
        Ok(Arc::new(store))
    }

    /// Keeps an uploaded picture. The same picture again gives the same `source`.
    ///
    /// # Errors
    /// `image_too_large` (413) above 20 MB or 40 megapixels; `unsupported_image` or `invalid_image` (422).
    pub async fn put(self: &Arc<Self>, content_type: &str, bytes: Bytes) -> Result<Media> {
        if bytes.len() > MAX_UPLOAD {
            return Err(Failure::new(ErrorKind::TooLarge, "image_too_large", "A picture has at most 20 MB."));
        }
        let (store, content_type) = (self.clone(), content_type.to_owned());
        let _turn = self.intake.acquire().await.map_err(Failure::internal)?;
        blocking(move || {
            let kept = image::take_in(&content_type, &bytes)?;
            let source = source_name(&kept.bytes, kept.extension);
            store.write(&store.originals.join(&source), &kept.bytes, true)?;
            Ok(Media { source, alt: Default::default(), width: kept.width, height: kept.height })
        })
        .await
    }

    /// Keeps a vector picture that we drew ourselves. Never for anything that came from outside.
    ///
    /// # Errors
    /// Internal, when it is not an SVG or cannot be written.
    pub async fn put_trusted_svg(self: &Arc<Self>, svg: String) -> Result<Media> {
        let store = self.clone();
        blocking(move || {
            let size = image::parse(&svg)?.size();
            let source = source_name(svg.as_bytes(), "svg");
            store.write(&store.originals.join(&source), svg.as_bytes(), true)?;
            let pixels = |length: f32| length.round() as u32;
            Ok(Media { source, alt: Default::default(), width: pixels(size.width()), height: pixels(size.height()) })
        })
        .await
    }

    /// Keeps drawings of ours under the names they have, as [`Self::put_trusted_svg`] would give them. So pictures of
    /// the demo shop outlive a change of the code that drew them.
    ///
    /// # Errors
    /// Internal, when they cannot be written.
    pub async fn keep_drawings(self: &Arc<Self>, drawings: Vec<DemoMedia>) -> Result<()> {
        let store = self.clone();
        blocking(move || {
            for DemoMedia { source, svg } in drawings {
                // Not worth a flush each: as long as the code stays the same they can be drawn again.
                store.write(&store.originals.join(source_name(svg.as_bytes(), "svg")), svg.as_bytes(), false)?;
                debug_assert_eq!(source, source_name(svg.as_bytes(), "svg"));
            }
            Ok(())
        })
        .await
    }

    /// The picture `source`, `width` pixels wide (one of [`WIDTHS`]; an original that is narrower stays as it is).
    ///
    /// # Errors
    /// Not found, for an unknown source or width.
    pub async fn rendition(self: &Arc<Self>, source: &str, width: u32, format: Format) -> Result<Bytes> {
        let stem = Stem::of_source(source).ok_or_else(|| Failure::not_found("picture"))?;
        if !WIDTHS.contains(&width) {
            return Err(Failure::not_found("picture"));
        }
        self.get(Rendition { stem, width, format }).await
    }

    pub(super) async fn get(self: &Arc<Self>, wanted: Rendition) -> Result<Bytes> {
        let file = wanted.file();
        if let Some(body) = self.hot.lock().get(&file) {
            return Ok(body);
        }
        let flight = self.flights.lock().entry(file.clone()).or_default().clone();
        let made = flight.get_or_init(|| self.load_or_make(wanted)).await.clone();
        if let Ok(body) = &made {
            self.hot.lock().put(file.clone(), body.clone());
        }
        // The next one to ask finds it in memory or on the disk, or may try again.
        self.flights.lock().remove(&file);
        made
    }

    async fn load_or_make(self: &Arc<Self>, wanted: Rendition) -> Result<Bytes> {
        let _turn = self.makers.acquire().await.map_err(Failure::internal)?;
        let store = self.clone();
        blocking(move || {
            let path = store.renditions.join(wanted.file());
            if let Ok(body) = std::fs::read(&path) {
                return Ok(Bytes::from(body));
            }
            let body = store.make(&wanted)?;
            // A full disk costs the copy, not the picture.
            if let Err(failure) = store.write(&path, &body, false) {
                tracing::warn!(file = wanted.file(), error = failure.internal, "a rendition could not be kept");
            }
            Ok(Bytes::from(body))
        })
        .await
    }

    fn make(&self, wanted: &Rendition) -> Result<Vec<u8>> {
        let name = |extension: &str| format!("{}.{extension}", wanted.stem.as_str());
        if let Some(svg) = (self.drawn)(&name("svg")) {
            return image::draw(&svg, wanted.width, wanted.format);
        }
        for extension in ["jpg", "png"] {
            if let Ok(bytes) = std::fs::read(self.originals.join(name(extension))) {
                return image::scale(&bytes, wanted.width, wanted.format);
            }
        }
        match std::fs::read_to_string(self.originals.join(name("svg"))) {
            Ok(svg) => image::draw(&svg, wanted.width, wanted.format),
            Err(_) => Err(Failure::not_found("picture")),
        }
    }

    /// Writes a file as a whole or not at all. An original must survive a power cut, a rendition can be made again.
    fn write(&self, path: &Path, bytes: &[u8], durable: bool) -> Result<()> {
        if path.exists() {
            return Ok(());
        }
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("{number}.tmp"));
        let write = || -> std::io::Result<()> {
            use std::io::Write as _;
            let mut file = std::fs::File::create(&temporary)?;
            file.write_all(bytes)?;
            if durable {
                file.sync_all()?;
            }
            std::fs::rename(&temporary, path)?;
            match (durable, path.parent()) {
                (true, Some(folder)) => std::fs::File::open(folder)?.sync_all(),
                _ => Ok(()),
            }
        };
        write().map_err(|error| {
            // Left behind it would only take room.
            let _ = std::fs::remove_file(&temporary);
            Failure::internal(format!("{}: {error}", path.display()))
        })
    }
}

/// Runs `work` where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Failure::internal)?
}

#[cfg(test)]
mod tests;
