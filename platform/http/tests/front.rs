//! A tiny shop behind the front: what every request gets, whatever its handler does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(clippy::disallowed_methods, reason = "a test's tasks end with its runtime")]

use std::cell::RefCell;
use std::io::Write;
use std::sync::{Arc, Once};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use contracts::identity::{ApiKeyView, Identity, NewApiKey, Principal, Scope};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use http_kit::{Api, Caller, Front, FrontOptions, Json, Metrics, Path, Query, invalid_token, private};
use kernel::{ApiKeyId, Failure, Secret, SeededRng, StoreId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

struct OneKey;

#[async_trait]
impl Identity for OneKey {
    async fn authenticate(&self, bearer: &Secret) -> contracts::Result<Principal> {
        if !bearer.matches("good") {
            return Err(invalid_token());
        }
        let id = ApiKeyId::new(Timestamp::EPOCH, &SeededRng::new(1));
        Ok(Principal::ApiKey { id, store: StoreId::DEFAULT, scopes: vec![Scope::Orders] })
    }
    async fn create_api_key(&self, _: StoreId, _: NewApiKey) -> contracts::Result<ApiKeyView> {
        Err(Failure::internal("not in this test"))
    }
    async fn api_keys(&self, _: StoreId) -> contracts::Result<Vec<ApiKeyView>> {
        Ok(Vec::new())
    }
    async fn revoke_api_key(&self, _: StoreId, _: ApiKeyId) -> contracts::Result<()> {
        Ok(())
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sku: String,
    quantity: u32,
}

#[derive(Deserialize)]
struct Paging {
    limit: Option<u32>,
}

async fn whoami(caller: Caller) -> Api<Response> {
    caller.require(Scope::Orders)?;
    kernel::meter::count_query();
    tokio::task::yield_now().await;
    kernel::meter::count_query();
    Ok(private(Json(serde_json::json!({ "name": caller.principal.name(), "request": caller.request_id }))))
}

async fn add_line(Json(line): Json<Line>) -> Json<Line> {
    Json(line)
}

async fn broken() -> Api<()> {
    Err(Failure::internal("engine room is on fire").into())
}

async fn panics() -> StatusCode {
    panic!("secret detail of a bug")
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "done"
}

fn shop_with(options: FrontOptions) -> (Router, Arc<Metrics>) {
    log_everything();
    let metrics = Metrics::new();
    let api = Router::new()
        .route("/whoami", get(whoami))
        .route("/lines", post(add_line))
        .route("/products", get(|Query(paging): Query<Paging>| async move { format!("{:?}", paging.limit) }))
        .route("/products/{handle}", get(|Path(handle): Path<String>| async move { handle }))
        .route("/orders/{id}", get(|Path(id): Path<kernel::OrderId>| async move { id.to_string() }))
        .route("/broken", get(broken))
        .route("/stored", get(|| async { StatusCode::CONFLICT }))
        .route("/panic", get(panics));
    let router = Router::new().nest("/api/v1", api).route("/slow", get(slow));
    let front = Front::new(Arc::new(OneKey), Arc::new(SeededRng::new(7)), metrics.clone(), options);
    (front.wrap(router), metrics)
}

fn shop() -> Router {
    shop_with(FrontOptions::default()).0
}

async fn ask(router: &Router, request: Request<Body>) -> (http::response::Parts, Vec<u8>) {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    (parts, body.collect().await.unwrap().to_bytes().to_vec())
}

async fn get_with(router: &Router, path: &str, headers: &[(&str, &str)]) -> (http::response::Parts, Value) {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, body) = ask(router, request.body(Body::empty()).unwrap()).await;
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8(body).unwrap().into());
    (parts, body)
}

async fn post_json(router: &Router, body: impl Into<Body>) -> (u16, Value) {
    let request = Request::post("/api/v1/lines").header("content-type", "application/json").body(body.into()).unwrap();
    let (parts, body) = ask(router, request).await;
    (parts.status.as_u16(), serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_answer_has_an_id_and_safe_headers() {
    let shop = shop();
    let (parts, _) = get_with(&shop, "/api/v1/products", &[("x-request-id", "abc-1_Z")]).await;
    assert_eq!(parts.headers["x-request-id"], "abc-1_Z");
    assert_eq!(parts.headers["x-content-type-options"], "nosniff");
    assert!(parts.headers.contains_key("content-security-policy") && parts.headers.contains_key("referrer-policy"));
    for forged in ["", "a b", "x\u{7f}", &"x".repeat(65), "é"] {
        let request = Request::get("/nowhere").header("x-request-id", forged.as_bytes());
        let Ok(request) = request.body(Body::empty()) else { continue };
        let (parts, _) = ask(&shop, request).await;
        let id = parts.headers["x-request-id"].to_str().unwrap();
        assert!(id != forged && id.len() == 24, "{forged:?} gave {id:?}");
    }
}

#[tokio::test]
async fn callers_are_known_and_strangers_are_told_the_same() {
    let shop = shop();
    let (parts, body) =
        get_with(&shop, "/api/v1/whoami", &[("authorization", "Bearer good"), ("x-request-id", "r1")]).await;
    assert_eq!((parts.status.as_u16(), body["request"].as_str()), (200, Some("r1")));
    assert!(body["name"].as_str().unwrap().starts_with("key:"));
    assert_eq!(parts.headers["cache-control"], "private, no-store");
    let (parts, body) = get_with(&shop, "/api/v1/whoami", &[]).await;
    assert_eq!((parts.status.as_u16(), body["code"].as_str()), (401, Some("unauthenticated")));
    let mut answers = Vec::new();
    for bad in ["Bearer bad", "Bearer", "Basic good", "good"] {
        let (parts, body) = get_with(&shop, "/api/v1/products", &[("authorization", bad)]).await;
        assert_eq!(parts.status, 401, "{bad}");
        answers.push(body);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let shop = shop();
    let (parts, body) = get_with(&shop, "/nowhere", &[]).await;
    assert_eq!((parts.status.as_u16(), body["code"].as_str()), (404, Some("no_such_route")));
    assert_eq!(get_with(&shop, "/api/v1/nowhere", &[]).await.1["code"], "no_such_route");
    let (parts, body) = ask(&shop, Request::delete("/api/v1/products").body(Body::empty()).unwrap()).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((parts.status.as_u16(), body["code"].as_str()), (405, Some("method_not_allowed")));
    assert_eq!(parts.headers["allow"], "GET,HEAD");
    assert_eq!(parts.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn tricky_paths_get_nowhere() {
    let shop = shop();
    for (path, status) in [
        ("/api/v1/products/%00", 400),
        ("/api/v1/products/%ff", 400),
        ("/api/v1/products/a%zz", 400),
        ("/api/v1/products/..", 404),
        ("/api/v1/products/%2e%2e", 404),
        ("/api/v1/products/..%2f..%2fetc%2fpasswd", 404),
        ("/api/v1/orders/17", 404),
        ("/api/v1/products?limit=0&colour=red", 422),
        ("/api/v1/products?limit=%ff", 400),
    ] {
        let (parts, body) = get_with(&shop, path, &[]).await;
        assert_eq!((parts.status.as_u16(), body["status"].as_u64()), (status, Some(u64::from(status))), "{path}");
    }
    assert_eq!(get_with(&shop, "/api/v1/products/caf%C3%A9", &[]).await.1, "café");
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    let shop = shop();
    assert_eq!(post_json(&shop, r#"{"sku":"A","quantity":2}"#).await.0, 200);
    for (body, status, code) in [
        (&b"{"[..], 400, "malformed_json"),
        (b"{\"sku\":\"\xff\",\"quantity\":1}", 400, "malformed_json"),
        (br#"{"sku":"A","quantity":-1}"#, 422, "invalid_input"),
        (br#"{"sku":"A","quantity":1e400}"#, 422, "invalid_input"),
        (br#"{"sku":"A\u0000","quantity":1}"#, 422, "invalid_input"),
        (br#"{"sku":"A","quantity":1,"price":0}"#, 422, "invalid_input"),
    ] {
        let (found, problem) = post_json(&shop, body).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{}", String::from_utf8_lossy(body));
    }
    let (status, problem) = post_json(&shop, r#"{"sku":"A","quantity":"two"}"#).await;
    assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some("/quantity")));
    assert_eq!(post_json(&shop, format!("\"{}\"", "x".repeat(300_000))).await.0, 413);
    // The same without a Content-Length: the limit holds while reading.
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>("x".repeat(10_000)));
    let stream = http_body_util::StreamBody::new(futures_of(chunks));
    assert_eq!(post_json(&shop, Body::new(stream)).await.0, 413);
    let request = Request::post("/api/v1/lines").body(Body::from("{}")).unwrap();
    assert_eq!(ask(&shop, request).await.0.status, 415);
}

fn futures_of(
    chunks: impl Iterator<Item = Result<String, std::io::Error>> + Send + 'static,
) -> impl futures::Stream<Item = Result<hyper::body::Frame<bytes::Bytes>, std::io::Error>> + Send + 'static {
    futures::stream::iter(chunks.map(|chunk| chunk.map(|text| hyper::body::Frame::data(text.into()))))
}

#[tokio::test]
async fn faults_are_told_without_their_insides_and_the_shop_lives_on() {
    let shop = shop();
    for path in ["/api/v1/panic", "/api/v1/broken"] {
        let (parts, body) = get_with(&shop, path, &[]).await;
        assert_eq!((parts.status.as_u16(), body["code"].as_str()), (500, Some("internal")), "{path}");
        assert!(!body.to_string().contains("secret") && !body.to_string().contains("fire"));
    }
    assert_eq!(get_with(&shop, "/api/v1/products", &[]).await.0.status, 200);
}

#[tokio::test]
async fn people_get_pages_and_programs_get_problems() {
    let page: http_kit::ErrorPage = Arc::new(|status, failure| {
        let text = format!("<h1>{status} {}</h1>", failure.detail);
        ([("content-type", "text/html; charset=utf-8")], text).into_response()
    });
    let (shop, _) = shop_with(FrontOptions { page: Some(page), ..FrontOptions::default() });
    let html = [("accept", "text/html,*/*;q=0.8")];
    let (parts, body) = get_with(&shop, "/nowhere", &html).await;
    assert_eq!(
        (parts.status.as_u16(), parts.headers["content-type"].to_str().unwrap()),
        (404, "text/html; charset=utf-8")
    );
    assert!(body.as_str().unwrap().contains("There is nothing at this address."));
    assert_eq!(get_with(&shop, "/nowhere", &[]).await.1["code"], "no_such_route");
    assert_eq!(get_with(&shop, "/api/v1/nowhere", &html).await.1["code"], "no_such_route");
}

#[tokio::test]
async fn a_full_shop_sheds_and_recovers() {
    let (shop, metrics) = shop_with(FrontOptions { limit: 1, ..FrontOptions::default() });
    let first = tokio::spawn({
        let shop = shop.clone();
        async move { get_with(&shop, "/slow", &[]).await.0.status }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (parts, body) = get_with(&shop, "/api/v1/products", &[]).await;
    assert_eq!((parts.status.as_u16(), body["code"].as_str()), (503, Some("unavailable")));
    assert_eq!(parts.headers["retry-after"], "1");
    assert_eq!(first.await.unwrap(), 200);
    assert_eq!(get_with(&shop, "/api/v1/products", &[]).await.0.status, 200);
    assert!(metrics.text().contains("http_requests_shed_total 1"), "{}", metrics.text());
}

thread_local! {
    /// What was logged on this thread, where a test's requests are answered.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.extend_from_slice(bytes));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One log for the process, from before its first request. A subscriber for one thread alone would miss what another
/// thread logged first: tracing asks whoever comes by a place first whether anybody listens there, and keeps the answer.
fn log_everything() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::fmt().json().with_writer(|| Log).init());
}

#[tokio::test]
async fn one_line_per_request_and_bounded_series() {
    let (shop, metrics) = shop_with(FrontOptions::default());
    get_with(&shop, "/api/v1/whoami", &[("authorization", "Bearer good"), ("x-request-id", "r1")]).await;
    get_with(&shop, "/api/v1/products/secret-handle", &[]).await;
    get_with(&shop, "/api/v1/broken", &[]).await;
    get_with(&shop, "/api/v1/stored", &[]).await;
    get_with(&shop, "/probe/1", &[]).await;
    get_with(&shop, "/probe/2", &[]).await;
    let gone = tokio::time::timeout(Duration::from_millis(20), get_with(&shop, "/slow", &[])).await;
    assert!(gone.is_err());

    let text = String::from_utf8(LOGGED.take()).unwrap();
    let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<&Value> = all.iter().filter(|l| l["target"] == "request").map(|l| &l["fields"]).collect();
    assert_eq!(lines.len(), 7);
    let first = lines[0];
    assert_eq!((first["method"].as_str(), first["route"].as_str()), (Some("GET"), Some("/api/v1/whoami")));
    assert_eq!((first["status"].as_u64(), first["queries"].as_u64()), (Some(200), Some(2)));
    assert_eq!((first["request_id"].as_str(), first["principal"].as_str()), (Some("r1"), Some("api_key")));
    assert_eq!(first["outcome"], "ok");
    assert!(first["bytes"].as_u64().unwrap() > 20 && first["duration_us"].is_u64());
    assert_eq!(
        (lines[1]["route"].as_str(), lines[1]["queries"].as_u64()),
        (Some("/api/v1/products/{handle}"), Some(0))
    );
    assert_eq!((lines[2]["outcome"].as_str(), lines[3]["outcome"].as_str()), (Some("internal"), Some("refused")));
    assert_eq!((lines[4]["route"].as_str(), lines[4]["outcome"].as_str()), (Some("unmatched"), Some("no_such_route")));
    assert_eq!((lines[6]["status"].as_u64(), lines[6]["outcome"].as_str()), (Some(499), Some("client_gone")));
    let faults: Vec<&Value> = all.iter().filter(|l| l["level"] == "ERROR").map(|l| &l["fields"]).collect();
    assert_eq!(faults.len(), 1, "the inside of a fault is logged once");
    assert_eq!(faults[0]["internal"], "engine room is on fire");
    assert!(!text.contains("Bearer") && !text.contains("secret-handle"));

    let series = metrics.text();
    assert!(series.contains(r#"http_requests_total{method="GET",route="unmatched",status="4xx"} 2"#), "{series}");
    assert!(series.contains(r#"http_requests_total{method="GET",route="/slow",status="gone"} 1"#), "{series}");
    assert!(series.contains(r#"http_requests_total{method="GET",route="/api/v1/broken",status="5xx"} 1"#), "{series}");
    assert!(series.contains("http_request_duration_seconds_bucket") && series.contains("http_requests_in_flight 0"));
    assert!(!series.contains("probe"));
}

// ---- On a real socket -----------------------------------------------------------------------------------------------

async fn start(
    options: http_kit::ServerOptions,
) -> (std::net::SocketAddr, CancellationToken, tokio::task::JoinHandle<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(http_kit::serve(listener, shop(), options, stop.clone()));
    (address, stop, server)
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn slow_heads_are_cut_off_and_others_served() {
    let options = http_kit::ServerOptions { header_timeout: Duration::from_millis(200), ..Default::default() };
    let (address, _stop, _server) = start(options).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\nX-Drip: ").await.unwrap();
    let mut good = TcpStream::connect(address).await.unwrap();
    good.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let dripping = async {
        // One byte now and then does not prolong it.
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if slow.write_all(b"a").await.is_err() {
                return;
            }
        }
        panic!("the slow head was never cut off");
    };
    tokio::time::timeout(Duration::from_secs(5), dripping).await.unwrap();
    assert!(read_all(&mut good).await.ends_with("done"), "a handler may take longer than a head");
}

#[tokio::test]
async fn huge_heads_are_refused() {
    let (address, _stop, _server) = start(http_kit::ServerOptions::default()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(60_000));
    stream.write_all(head.as_bytes()).await.unwrap();
    // The refusal may be lost in the reset, because the client was not done sending.
    let answer = read_all(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let many: String = (0..200).map(|i| format!("X-{i}: 1\r\n")).collect();
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n").as_bytes()).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_drain_finishes_what_is_in_flight_and_takes_no_more() {
    let (address, stop, server) = start(http_kit::ServerOptions::default()).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut busy = TcpStream::connect(address).await.unwrap();
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    let answer = tokio::time::timeout(Duration::from_secs(3), read_all(&mut busy)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    assert!(read_all(&mut idle).await.is_empty());
    assert!(tokio::time::timeout(Duration::from_secs(3), server).await.unwrap().unwrap());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_drain_gives_up_in_time() {
    let options = http_kit::ServerOptions { drain_timeout: Duration::from_millis(50), ..Default::default() };
    let (address, stop, server) = start(options).await;
    let mut busy = TcpStream::connect(address).await.unwrap();
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    assert!(!tokio::time::timeout(Duration::from_millis(250), server).await.unwrap().unwrap());
}

#[tokio::test]
async fn connections_are_bounded_and_requests_can_be_pipelined() {
    let options = http_kit::ServerOptions { max_connections: 1, ..Default::default() };
    let (address, _stop, _server) = start(options).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    let one = "GET /api/v1/products?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET /api/v1/products?limit=2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(last.as_bytes()).await.unwrap();
    let mut byte = [0];
    let waits = tokio::time::timeout(Duration::from_millis(150), second.read(&mut byte)).await;
    assert!(waits.is_err(), "the second connection waits for the first to close");
    first.write_all(format!("{one}{one}{last}").as_bytes()).await.unwrap();
    let answers = read_all(&mut first).await;
    assert_eq!((answers.matches("HTTP/1.1 200").count(), answers.matches("Some(1)").count()), (3, 2));
    assert!(read_all(&mut second).await.ends_with("Some(2)"));
}

#[tokio::test]
async fn a_client_that_reads_nothing_loses_its_connection() {
    let options =
        http_kit::ServerOptions { max_connections: 1, write_timeout: Duration::from_millis(200), ..Default::default() };
    let (address, _stop, _server) = start(options).await;
    let mut deaf = TcpStream::connect(address).await.unwrap();
    // Pipelined until the buffers of both sides are full: more is not read, so that nothing piles up.
    let one = "GET /api/v1/products?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000);
    let mut sent = 0_usize;
    let stuffing = async {
        while deaf.write_all(one.as_bytes()).await.is_ok() {
            sent += one.len();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), stuffing).await.expect("the server breaks it off");
    assert!(sent < 64 * 1024 * 1024, "{sent} bytes were taken");
    // There is one seat only: it is free again.
    let mut good = TcpStream::connect(address).await.unwrap();
    good.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(read_all(&mut good).await.ends_with("done"));
}

#[tokio::test]
async fn one_address_cannot_have_all_connections() {
    let options = http_kit::ServerOptions { max_per_client: 2, ..Default::default() };
    let (address, _stop, _server) = start(options).await;
    let first = TcpStream::connect(address).await.unwrap();
    let _second = TcpStream::connect(address).await.unwrap();
    let mut third = TcpStream::connect(address).await.unwrap();
    let _ = third.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(read_all(&mut third).await.is_empty());
    drop(first);
    for _ in 0..100 {
        let mut fourth = TcpStream::connect(address).await.unwrap();
        let _ = fourth.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        if read_all(&mut fourth).await.ends_with("done") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a seat that was left is given to the next");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let options = http_kit::ServerOptions { header_timeout: Duration::from_millis(200), ..Default::default() };
    let (address, _stop, _server) = start(options).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut done = TcpStream::connect(address).await.unwrap();
    done.write_all(b"GET /api/v1/products?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    for idle in [&mut silent, &mut done] {
        tokio::time::timeout(Duration::from_secs(5), read_all(idle)).await.expect("closed by the server");
    }
}
