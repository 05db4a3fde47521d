use http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

async fn get(router: &Router, path: &str, etag: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::get(path);
    if let Some(etag) = etag {
        request = request.header("if-none-match", etag);
    }
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn pictures_are_served_for_ever_and_nothing_else_is_served() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret.jpg"), "secret").unwrap();
    let store = MediaStore::open(dir.path(), Arc::new(crate::demo::artwork)).unwrap();
    let router = media_routes(store);
    let demo = crate::demo::catalogue();
    let stem = demo.media[0].source.strip_suffix(".svg").unwrap();

    let path = format!("/media/{stem}-160.jpg");
    let (status, headers, body) = get(&router, &path, None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[CONTENT_TYPE], "image/jpeg");
    assert_eq!(headers[CACHE_CONTROL], FOR_EVER);
    assert_eq!(::image::load_from_memory(&body).unwrap().width(), 160);
    let etag = headers[ETAG].to_str().unwrap();
    assert_eq!(get(&router, &path, Some(etag)).await.0, StatusCode::NOT_MODIFIED);

    for bad in [
        "/media/..%2Fsecret.jpg",
        "/media/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/media/secret.jpg",
        "/media/%00",
        "/media/%ff%fe",
        &format!("/media/{stem}.svg"),
        &format!("/media/{stem}-161.jpg"),
        &format!("/media/{stem}-160.jpg%00"),
        &format!("/media/{stem}-160.png"),
        &format!("/media/sha256-{}-160.jpg", "a".repeat(32)),
    ] {
        let (status, headers, body) = get(&router, bad, None).await;
        assert!(status.is_client_error(), "{bad}: {status}");
        assert!(headers.get(CACHE_CONTROL).is_none_or(|v| v != FOR_EVER), "{bad}");
        assert!(!body.windows(6).any(|w| w == b"secret"), "{bad}");
    }
}
