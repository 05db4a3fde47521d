//! Slow, hostile and lying clients against the real program: what they send costs bounded memory and time, changes
//! nothing for others, and is not believed. The limits of the server itself are tested in http-kit; here is what only the whole
//! shop shows.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Shop;

const PASSWORD: &str = "correct horse battery";
/// What a hostile client may cost, in KiB of resident memory.
const PRICE_KIB: u64 = 300 * 1024;

fn resident_kib(shop: &Shop) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", shop.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn connect(shop: &Shop) -> TcpStream {
    let stream = TcpStream::connect(shop.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}

/// Whether an honest shopper is served, and soon.
#[allow(clippy::disallowed_methods, reason = "how long a real request takes is the point")]
fn others_are_served(shop: &Shop) {
    let begun = Instant::now();
    assert_eq!(shop.get("/", "").0, 200);
    assert_eq!(shop.post("/api/v1/carts", "", "{}").0, 201);
    assert!(begun.elapsed() < Duration::from_secs(10), "others wait");
}

#[test]
fn hostile_clients_cost_little_and_delay_nobody() {
    let shop = Shop::start("--demo");
    others_are_served(&shop);
    let before = resident_kib(&shop);
    let mut held = Vec::new();
    // Heads that never end, bodies that never come, connections that say nothing, answers that nobody reads.
    for _ in 0..250 {
        let mut slow = connect(&shop);
        slow.write_all(b"GET / HTTP/1.1\r\nHost: shop\r\nX-Drip: a").unwrap();
        let mut waiting = connect(&shop);
        let json = "Content-Type: application/json\r\nContent-Length: 200000";
        write!(waiting, "POST /api/v1/carts HTTP/1.1\r\nHost: shop\r\n{json}\r\n\r\n{{").unwrap();
        held.extend([slow, waiting, connect(&shop)]);
    }
    for _ in 0..50 {
        let mut deaf = connect(&shop);
        let _ = deaf.write_all("GET /api/v1/openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(100).as_bytes());
        held.push(deaf);
    }
    others_are_served(&shop);
    let cost = resident_kib(&shop).saturating_sub(before);
    assert!(cost < PRICE_KIB, "{} hostile connections cost {cost} KiB", held.len());
    // All are given up on: the heads, the bodies, and the connections that say nothing.
    for (mut stream, answer) in held.drain(..3).zip(["", "HTTP/1.1 408", ""]) {
        let mut said = Vec::new();
        let ended = stream.read_to_end(&mut said);
        let waited = ended.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!waited, "a connection was kept");
        assert!(String::from_utf8_lossy(&said).starts_with(answer), "{answer}");
    }
    others_are_served(&shop);
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_early() {
    let shop = Shop::start("--empty");
    let json = "Content-Type: application/json\r\n";
    let refused = |body: &str| {
        let (status, _, answer) = shop.post("/api/v1/carts", "", body);
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(&"[".repeat(200_000)), (400, "malformed_json".to_owned()));
    assert_eq!(refused(&format!(r#"{{"currency":{}{}}}"#, "[".repeat(40), "]".repeat(40))).0, 400);
    assert_eq!(refused(&format!(r#"{{"currency":"{}"}}"#, "x".repeat(300_000))), (413, "body_too_large".to_owned()));
    let lines: Vec<Value> = (0..5_000).map(|i| json!({"sku": format!("S{i}"), "quantity": 1})).collect();
    assert!([413, 422].contains(&refused(&json!({ "lines": lines }).to_string()).0));
    // A body that never ends is not read to its end.
    let mut endless = connect(&shop);
    let head = format!("POST /api/v1/carts HTTP/1.1\r\nHost: shop\r\n{json}Transfer-Encoding: chunked\r\n\r\n");
    endless.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let mut sent = 0;
    while sent < 64 * 1024 * 1024 && endless.write_all(chunk.as_bytes()).is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 64 * 1024 * 1024, "an endless body was read");
    // Pages have limits, and a limit that is none is refused.
    for (path, status) in [
        ("/api/v1/products?limit=100", 200),
        ("/api/v1/products?limit=101", 422),
        ("/api/v1/products?limit=0", 422),
        ("/api/v1/search?q=shoe&limit=4294967295", 422),
        ("/api/v1/products?cursor=nonsense", 422),
        (&format!("/api/v1/search?q={}", "x".repeat(201)), 422),
    ] {
        assert_eq!(shop.get(path, "").0, status, "{path}");
    }
    let many: String = (0..6_000).map(|i| format!("f{i}=1&")).collect();
    let form = "Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://shop\r\n";
    let (status, ..) = shop.send("POST", "/cart/coupons", form, &many);
    assert!((400..500).contains(&status), "{status}");
}

#[test]
fn forwarded_addresses_are_believed_from_our_own_proxies_only() {
    // The sixth wrong password from one place waits; each from a place of its own does not yet.
    let attempts = |settings: &[(&str, &str)], forwarded: &dyn Fn(usize) -> String| {
        let shop = Shop::start_with(tempfile::tempdir().unwrap(), "--empty", settings);
        (0..12)
            .map(|i| {
                let body = json!({"email": "ann@mail.test", "password": "wrong password"}).to_string();
                shop.post("/api/v1/sessions", &format!("X-Forwarded-For: {}\r\n", forwarded(i)), &body).0
            })
            .filter(|status| *status == 429)
            .count()
    };
    let spoofed = |i: usize| format!("192.0.2.{i}");
    let through_a_proxy = |i: usize| format!("192.0.2.{i}, 203.0.113.7");
    assert!(attempts(&[], &spoofed) > 0, "without a proxy nobody else's word counts");
    let one = ("ARGOSY_PROXIES", "1");
    assert_eq!(attempts(&[one], &spoofed), 0, "what the proxy saw counts");
    assert!(attempts(&[one], &through_a_proxy) > 0, "what the client wrote before it does not");
    let elsewhere = ("ARGOSY_PROXY_NETWORKS", "10.0.0.0/8");
    assert!(attempts(&[one, elsewhere], &spoofed) > 0, "a client that goes around the proxy is a client");
    assert_eq!(attempts(&[one, ("ARGOSY_PROXY_NETWORKS", "10.0.0.0/8, 127.0.0.1")], &spoofed), 0);
}

/// An API key with every scope, as the headers of a request.
fn admin(shop: &Shop) -> String {
    let key = crate::support::text(&shop.run(&["api-key", "create", "--name", "test", "--scope", "admin"]).stdout);
    format!("Authorization: Bearer {}\r\n", key.split_whitespace().last().unwrap())
}

#[test]
fn codes_cannot_be_guessed_and_a_found_one_keeps_working() {
    let shop = Shop::start("--demo");
    let key = admin(&shop);
    let card = json!({"code": "GIFT-2345-WXYZ", "balance": {"amount_minor": 1000, "currency": "EUR"}}).to_string();
    assert_eq!(shop.post("/api/v1/admin/gift-cards", &key, &card).0, 201);
    let listed: Value = serde_json::from_str(&shop.get("/api/v1/products?limit=1", "").2).unwrap();
    let handle = listed["items"][0]["handle"].as_str().unwrap();
    let product: Value = serde_json::from_str(&shop.get(&format!("/api/v1/products/{handle}"), "").2).unwrap();
    let lines = json!({"lines": [{"sku": product["variants"][0]["sku"], "quantity": 1}]}).to_string();
    let cart = shop.post("/api/v1/carts", "", &lines).2;
    let (path, secret) =
        (format!("/api/v1/carts/{}/quote", cart["id"].as_str().unwrap()), cart["secret"].as_str().unwrap());
    let quote = |code: &str| {
        let body = json!({ "gift_cards": [code] }).to_string();
        let (status, _, quote) = shop.post(&path, &format!("Cart-Secret: {secret}\r\n"), &body);
        assert_eq!(status, 200, "the rest of the quote is as ever: {quote}");
        (quote["gift_cards"].as_array().map_or(0, Vec::len), quote["notes"][0]["reason"].as_str().map(str::to_owned))
    };
    assert_eq!(quote("GIFT-2345-WXYZ"), (1, None));
    let guesses: Vec<_> = (0..40).map(|i| quote(&format!("GUESS-{i:04}"))).collect();
    let refused = guesses.iter().filter(|(_, reason)| reason.as_deref() == Some("too_many_attempts")).count();
    assert!(refused >= 15, "{refused} of 40 were not looked up");
    assert_eq!(quote("GIFT-2345-WXYZ"), (1, None), "what was found is found");
    // An address of its own is not slowed, and an existing card is not told from one that does not exist.
    let other = json!({"code": "OTHER-2345-WXYZ", "balance": {"amount_minor": 1000, "currency": "EUR"}}).to_string();
    assert_eq!(shop.post("/api/v1/admin/gift-cards", &key, &other).0, 201);
    let (existing, missing) = (quote("OTHER-2345-WXYZ"), quote("OTHER-2345-NONE"));
    assert_eq!(existing, missing);
}

#[test]
fn hostile_pictures_stay_outside() {
    let shop = Shop::start("--empty");
    let key = admin(&shop);
    let send = |kind: &str, body: &str| {
        let (status, _, answer) =
            shop.send("POST", "/api/v1/admin/media", &format!("{key}Content-Type: {kind}\r\n"), body);
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    };
    let script = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for (kind, body, status, code) in [
        ("image/svg+xml", script, 422, "unsupported_image"),
        ("image/png", script, 422, "invalid_image"),
        ("image/gif", "GIF89a/*<script>*/=1;", 422, "unsupported_image"),
        ("image/jpeg", "GIF89a/*<script>*/=1;", 422, "invalid_image"),
        ("text/html", "<script>alert(1)</script>", 422, "unsupported_image"),
        ("image/png", "", 422, "invalid_image"),
    ] {
        assert_eq!(send(kind, body), (status, code.to_owned()), "{kind}");
    }
    // A picture that is announced as too large is refused before it comes.
    let mut large = connect(&shop);
    let head = format!("POST /api/v1/admin/media HTTP/1.1\r\nHost: shop\r\n{key}Content-Type: image/png\r\n");
    write!(large, "{head}Content-Length: 30000000\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    large.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("body_too_large"), "{answer}");
    // Nobody uploads without the scope, and the body is not read to find that out.
    let (status, ..) = shop.send("POST", "/api/v1/admin/media", "Content-Type: image/png\r\n", "x");
    assert_eq!(status, 401);
}

#[test]
fn a_page_runs_nothing_that_is_not_the_shops() {
    let shop = Shop::start("--demo");
    for path in ["/", "/cart", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "/account/log-in", "/admin", "/nowhere"] {
        let (_, head, body) = shop.get(path, "Accept: text/html\r\n");
        let head = head.to_lowercase();
        let csp = head.lines().find(|line| line.starts_with("content-security-policy:")).unwrap_or_default();
        assert!(csp.contains("default-src 'self'") || csp.contains("default-src 'none'"), "{path}: {csp}");
        assert!(!csp.contains("unsafe-eval") && csp.contains("frame-ancestors 'none'"), "{path}: {csp}");
        assert!(!csp.contains("script-src 'unsafe-inline'") && !body.contains("<script>alert"), "{path}: {csp}");
        assert!(head.contains("x-content-type-options: nosniff"), "{path}");
        assert!(head.contains("x-frame-options: deny") && head.contains("referrer-policy:"), "{path}");
    }
    // A session's cookie from another site's page changes nothing.
    let register = json!({"email": "ann@mail.test", "password": PASSWORD}).to_string();
    shop.post("/api/v1/customers", "", &register);
    let (_, _, session) = shop.post("/api/v1/sessions", "", &register);
    let cookie = format!("Cookie: argosy-session={}\r\n", session["token"].as_str().unwrap());
    for (origin, status) in [("Origin: http://evil.test\r\n", 403), ("", 403), ("Origin: http://shop\r\n", 200)] {
        let headers = format!("{cookie}{origin}Content-Type: application/json\r\n");
        let answer = shop.send("PATCH", "/api/v1/customers/me", &headers, r#"{"name":"Ann"}"#);
        assert_eq!(answer.0, status, "{origin}: {}", answer.2);
    }
}
