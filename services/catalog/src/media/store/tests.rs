use std::sync::atomic::AtomicUsize;

use super::*;

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64\" height=\"32\"><path d=\"M0 0H64V32H0Z\" fill=\"#c33\"/></svg>";

fn counting() -> (Drawn, Arc<AtomicUsize>, String) {
    let source = source_name(SVG.as_bytes(), "svg");
    let drawn = Arc::new(AtomicUsize::new(0));
    let (count, known) = (drawn.clone(), source.clone());
    let provider: Drawn = Arc::new(move |wanted| {
        (wanted == known).then(|| {
            count.fetch_add(1, Ordering::SeqCst);
            SVG.to_owned()
        })
    });
    (provider, drawn, source)
}

#[tokio::test]
async fn a_rendition_is_made_once_for_all_who_ask_and_kept_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let (provider, drawn, source) = counting();
    let store = MediaStore::open(dir.path(), provider.clone()).unwrap();
    let all = futures::future::join_all((0..20).map(|_| store.rendition(&source, 320, Format::Jpeg))).await;
    let first = all[0].clone().unwrap();
    assert!(all.iter().all(|body| body.as_ref().unwrap() == &first));
    assert_eq!(drawn.load(Ordering::SeqCst), 1);
    let picture = ::image::load_from_memory(&first).unwrap();
    assert_eq!((picture.width(), picture.height()), (320, 160));

    let again = MediaStore::open(dir.path(), provider).unwrap();
    assert_eq!(again.rendition(&source, 320, Format::Jpeg).await.unwrap(), first);
    assert_eq!(drawn.load(Ordering::SeqCst), 1, "read from the disk");
}

#[tokio::test]
async fn an_upload_is_found_again_under_its_content() {
    let dir = tempfile::tempdir().unwrap();
    let store = MediaStore::open(dir.path(), Arc::new(|_| None)).unwrap();
    let mut out = std::io::Cursor::new(Vec::new());
    ::image::DynamicImage::from(::image::RgbImage::from_pixel(700, 350, ::image::Rgb([9, 99, 199])))
        .write_to(&mut out, ::image::ImageFormat::Png)
        .unwrap();
    let sent = Bytes::from(out.into_inner());
    let media = store.put("image/png", sent.clone()).await.unwrap();
    assert_eq!((media.width, media.height), (700, 350));
    assert_eq!(store.put("image/png; charset=binary", sent).await.unwrap(), media);
    let body = store.rendition(&media.source, 160, Format::WebP).await.unwrap();
    assert_eq!(::image::load_from_memory(&body).unwrap().width(), 160);
    let left: Vec<_> = std::fs::read_dir(dir.path().join("originals")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays behind");
}

#[tokio::test]
async fn what_is_not_there_or_too_large_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (provider, _, source) = counting();
    let store = MediaStore::open(dir.path(), provider).unwrap();
    let unknown = format!("sha256-{}.svg", "0".repeat(32));
    for (source, width) in [(unknown.as_str(), 320), (source.as_str(), 321), ("../../etc/passwd", 320), ("", 320)] {
        let failure = store.rendition(source, width, Format::Jpeg).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::NotFound, "{source}");
    }
    let failure = store.put("image/png", Bytes::from(vec![0; MAX_UPLOAD + 1])).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::TooLarge);
    assert!(store.flights.lock().is_empty());
}

#[tokio::test]
async fn pictures_of_the_demo_shop_outlive_the_code_that_drew_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = crate::demo::catalogue().media;
    media.truncate(3);
    let sources: Vec<String> = media.iter().map(|media| media.source.clone()).collect();
    MediaStore::open(dir.path(), Arc::new(|_| None)).unwrap().keep_drawings(media).await.unwrap();
    let later = MediaStore::open(dir.path(), Arc::new(|_| None)).unwrap();
    for source in sources {
        assert!(later.rendition(&source, 160, Format::Jpeg).await.is_ok(), "{source}");
    }
}

#[tokio::test]
async fn a_drawing_of_ours_can_be_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = MediaStore::open(dir.path(), Arc::new(|_| None)).unwrap();
    let media = store.put_trusted_svg(SVG.to_owned()).await.unwrap();
    assert_eq!((media.width, media.height), (64, 32));
    assert!(store.rendition(&media.source, 480, Format::Jpeg).await.is_ok());
    assert!(store.put_trusted_svg("<html>".to_owned()).await.is_err());
}
