//! Customers' accounts as their owners, and those who would like to be, use them.

use contracts::identity::{Customers as _, Scope};
use contracts::notification::Message;
use kernel::{Currency, Money, OrderId, PersonId};
use serde_json::{Value, json};

use crate::support::{PASSWORD, STORE, Shop};

const ANN: &str = "ann@mail.test";
const BOB: &str = "bob@mail.test";

fn new(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}

#[tokio::test]
async fn an_account_is_made_used_and_left() {
    let shop = Shop::open();
    let made =
        shop.guest().post("/customers", json!({"email": " Ann@Mail.test ", "password": PASSWORD, "name": "Ann"})).await;
    assert_eq!((made.status, made.body), (201, json!({"email": "Ann@Mail.test"})));
    let logged_in = shop.guest().post("/sessions", new("ANN@mail.test")).await;
    assert_eq!(logged_in.status, 201);
    let cookie = logged_in.cookie.unwrap();
    assert!(cookie.starts_with("__Host-argosy-session=argosy_c_"), "{cookie}");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");

    let browser = shop.guest().with_cookie(cookie.split(';').next().unwrap());
    let me = browser.get("/customers/me").await;
    assert_eq!((me.status, &me.body["email"], &me.body["name"]), (200, &json!("Ann@Mail.test"), &json!("Ann")));
    let mine = browser.clone().with("origin", "https://shop.test");
    assert_eq!(mine.send("PATCH", "/customers/me", Some(json!({"name": "Anna"}))).await.body["name"], "Anna");
    assert_eq!(mine.send("DELETE", "/sessions/current", None).await.status, 204);
    assert_eq!(browser.get("/customers/me").await.status, 401);
}

#[tokio::test]
async fn what_is_personal_is_nowhere_in_the_file() {
    let shop = Shop::open();
    let ann = shop.customer(ANN).await.with("user-agent", "AnnsBrowser/1");
    let address = json!({"address": {"name": "Ann Archer", "line1": "1 Quay Street", "city": "Ulm", "postal_code": "89073", "country": "DE"}});
    assert_eq!(ann.post("/customers/me/addresses", address).await.status, 201);
    for secret in [
        ANN,
        "Ann",
        "Quay Street",
        PASSWORD,
        "AnnsBrowser",
        ann.bearer.as_deref().unwrap(),
        &ann.bearer.as_deref().unwrap()[9..],
    ] {
        assert!(!shop.keeps(secret), "{secret}");
    }
}

#[tokio::test]
async fn known_and_unknown_addresses_are_answered_alike() {
    let shop = Shop::open();
    shop.customer(ANN).await;
    let (known, unknown) =
        (shop.guest().post("/customers", new(ANN)).await, shop.guest().post("/customers", new(BOB)).await);
    assert_eq!((known.status, known.body), (unknown.status, json!({"email": ANN})));
    let wrong = |email: &str| json!({"email": email, "password": "a wrong password"});
    let (known, unknown) = (
        shop.guest().post("/sessions", wrong(ANN)).await,
        shop.guest().post("/sessions", wrong("nobody@mail.test")).await,
    );
    assert_eq!(known.code(), (401, "invalid_credentials"));
    assert_eq!((known.status, known.body), (unknown.status, unknown.body));
    let ask = |email: &str| json!({"email": email});
    let known = shop.guest().post("/password-resets", ask(ANN)).await;
    let unknown = shop.guest().post("/password-resets", ask("nobody@mail.test")).await;
    assert_eq!((known.status, known.body), (unknown.status, unknown.body));
    // Only the owners of the mailboxes can tell.
    assert!(shop.mails("nobody@mail.test").await.is_empty());
    let anns = shop.mails(ANN).await;
    assert!(matches!(anns[1], Message::AlreadyRegistered { .. }) && matches!(anns[2], Message::PasswordReset { .. }));
    // And registering again did not change the password.
    shop.guest().logged_in("/sessions", ANN, PASSWORD).await;
}

#[tokio::test]
async fn logging_in_ends_the_session_that_was_there() {
    let shop = Shop::open();
    let first = shop.customer(ANN).await;
    let cookie = format!("__Host-argosy-session={}", first.bearer.clone().unwrap());
    let again = shop.guest().with_cookie(&cookie).with("sec-fetch-site", "same-origin");
    assert_eq!(again.post("/sessions", new(ANN)).await.status, 201);
    assert_eq!(first.get("/customers/me").await.code(), (401, "invalid_token"));
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_at_once_and_elsewhere() {
    let shop = Shop::open();
    let (here, there) = (shop.customer(ANN).await, shop.guest().logged_in("/sessions", ANN, PASSWORD).await);
    // Another process looks at the same file.
    let (other, _) = crate::support::people(shop.dir.path(), shop.clock.clone(), 9, None);
    let token = kernel::Secret::new(there.bearer.clone().unwrap());
    contracts::identity::Identity::authenticate(&other, &token).await.unwrap();
    assert_eq!(there.get("/customers/me").await.status, 200);
    let change = json!({"current": PASSWORD, "new": "another long password"});
    assert_eq!(here.send("PUT", "/customers/me/password", Some(change)).await.status, 204);
    assert_eq!(here.get("/customers/me").await.status, 200, "the one that asked goes on");
    assert_eq!(there.get("/customers/me").await.status, 401);
    tokio::time::sleep(std::time::Duration::from_millis(1000)).await;
    assert!(contracts::identity::Identity::authenticate(&other, &token).await.is_err());
    assert_eq!(shop.guest().post("/sessions", new(ANN)).await.code(), (401, "invalid_credentials"));
}

#[tokio::test]
async fn of_two_who_change_a_password_at_once_the_second_does_not_know_it_any_more() {
    let shop = Shop::open();
    let (owner, thief) = (shop.customer(ANN).await, shop.guest().logged_in("/sessions", ANN, PASSWORD).await);
    let change = |new: &str| Some(json!({"current": PASSWORD, "new": new}));
    let (one, other) = tokio::join!(
        owner.send("PUT", "/customers/me/password", change("the owner's password")),
        thief.send("PUT", "/customers/me/password", change("the thief's password")),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 401]);
    let (won, lost) = if one.status == 204 { (owner, thief) } else { (thief, owner) };
    assert_eq!((won.get("/customers/me").await.status, lost.get("/customers/me").await.status), (200, 401));
}

#[tokio::test]
async fn a_reset_works_once_and_for_an_hour() {
    let shop = Shop::open();
    let before = shop.customer(ANN).await;
    let redeem = |token: &str, password: &str| json!({"token": token, "password": password});
    let ask = async || shop.guest().post("/password-resets", json!({"email": ANN})).await;
    assert_eq!(ask().await.status, 202);
    let late = shop.mailed(ANN).await;
    shop.clock.advance_s(3600);
    let path = "/password-resets/redeem";
    assert_eq!(shop.guest().post(path, redeem(&late, "another long password")).await.code(), (422, "invalid_token"));
    ask().await;
    let token = shop.mailed(ANN).await;
    let weak = shop.guest().post(path, redeem(&token, "password123")).await;
    assert_eq!((weak.status, &weak.body["errors"][0]["pointer"]), (422, &json!("/password")));
    assert_eq!(shop.guest().post(path, redeem(&token, "another long password")).await.status, 204);
    assert_eq!(shop.guest().post(path, redeem(&token, "yet another password")).await.code(), (422, "invalid_token"));
    assert_eq!(before.get("/customers/me").await.status, 401);
    let after = shop.guest().logged_in("/sessions", ANN, "another long password").await;
    assert_eq!(after.get("/customers/me").await.body["email_verified"], true, "the mailbox was shown to be theirs");
    for bad in ["", "x", &"A".repeat(43), &"A".repeat(100)] {
        assert_eq!(
            shop.guest().post(path, redeem(bad, "another long password")).await.code(),
            (422, "invalid_token"),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn a_later_reset_link_takes_the_place_of_the_one_before() {
    let shop = Shop::open();
    shop.customer(ANN).await;
    shop.guest().post("/password-resets", json!({"email": ANN})).await;
    let first = shop.mailed(ANN).await;
    shop.clock.advance_s(1);
    shop.guest().post("/password-resets", json!({"email": ANN})).await;
    let redeem = json!({"token": first, "password": "another long password"});
    assert_eq!(shop.guest().post("/password-resets/redeem", redeem).await.code(), (422, "invalid_token"));
}

#[tokio::test]
async fn an_address_is_verified_by_the_link_in_the_mail() {
    let shop = Shop::open();
    let ann = shop.customer(ANN).await;
    assert_eq!(ann.get("/customers/me").await.body["email_verified"], false);
    let token = shop.mailed(ANN).await;
    for (token, status) in [("nonsense", 422), (token.as_str(), 204), (token.as_str(), 422)] {
        assert_eq!(shop.guest().post("/email-verifications", json!({"token": token})).await.status, status);
    }
    assert_eq!(ann.get("/customers/me").await.body["email_verified"], true);
    // A token of one kind does not do another's work.
    shop.guest().post("/password-resets", json!({"email": ANN})).await;
    let reset = shop.mailed(ANN).await;
    assert_eq!(shop.guest().post("/email-verifications", json!({"token": reset})).await.status, 422);
}

#[tokio::test]
async fn weak_passwords_and_bad_input_are_named() {
    let shop = Shop::open();
    for (body, pointers) in [
        (json!({"email": "nonsense", "password": "short"}), vec!["/email", "/password"]),
        (json!({"email": ANN, "password": "x".repeat(200)}), vec!["/password"]),
        (json!({"email": ANN, "password": "password2026"}), vec!["/password"]),
        (json!({"email": ANN, "password": PASSWORD, "name": "A\u{7}", "locale": "d/e"}), vec!["/name", "/locale"]),
    ] {
        let answer = shop.guest().post("/customers", body).await;
        let found: Vec<&str> =
            answer.body["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        assert_eq!((answer.status, found), (422, pointers));
    }
    assert_eq!(
        shop.guest().post("/customers", json!({"email": ANN, "password": PASSWORD, "admin": true})).await.status,
        422
    );
}

#[tokio::test]
async fn guessing_is_slowed_and_the_owner_is_not_locked_out() {
    let shop = Shop::open();
    shop.customer(ANN).await;
    let wrong = json!({"email": ANN, "password": "a wrong password"});
    let mut refused = 0;
    for i in 0..200 {
        let thief = shop.guest().at(&format!("198.51.100.{i}"));
        let answer = thief.post("/sessions", wrong.clone()).await;
        refused += u32::from(answer.status == 429);
        assert!(answer.status == 401 || answer.retry_after.is_some_and(|s| s <= 60));
    }
    assert!(refused > 150, "{refused}");
    // Somebody who tries an unknown address meets the same wall.
    for i in 0..200 {
        let body = json!({"email": "nobody@mail.test", "password": "a wrong password"});
        shop.guest().at(&format!("198.51.100.{i}")).post("/sessions", body).await;
    }
    let unknown = json!({"email": "nobody@mail.test", "password": PASSWORD});
    assert_eq!(shop.guest().at("203.0.113.5").post("/sessions", unknown).await.code(), (429, "too_many_attempts"));
    assert_eq!(shop.guest().at("203.0.113.5").post("/sessions", new(ANN)).await.code(), (429, "too_many_attempts"));
    // Ann, where she was before, gets in; and anywhere with a mail.
    shop.guest().logged_in("/sessions", ANN, PASSWORD).await;
    shop.guest().at("203.0.113.5").post("/password-resets", json!({"email": ANN})).await;
    let reset = json!({"token": shop.mailed(ANN).await, "password": "another long password"});
    assert_eq!(shop.guest().at("203.0.113.5").post("/password-resets/redeem", reset).await.status, 204);
    shop.guest().at("203.0.113.5").logged_in("/sessions", ANN, "another long password").await;
}

#[tokio::test]
async fn a_mailbox_is_not_filled() {
    let shop = Shop::open();
    shop.customer(ANN).await;
    let mut sent = 0;
    for i in 0..50 {
        let answer = shop.guest().at(&format!("198.51.100.{i}")).post("/password-resets", json!({"email": ANN})).await;
        sent += u32::from(answer.status == 202);
    }
    assert!(sent <= 7, "{sent}");
}

#[tokio::test]
async fn sessions_end_when_unused_and_when_they_are_old() {
    let shop = Shop::open();
    let ann = shop.customer(ANN).await;
    shop.clock.advance_s(29 * 86_400);
    assert_eq!(ann.get("/customers/me").await.status, 200);
    shop.clock.advance_s(29 * 86_400);
    assert_eq!(ann.get("/customers/me").await.status, 200, "its use a month ago counts");
    shop.clock.advance_s(31 * 86_400);
    assert_eq!(ann.get("/customers/me").await.status, 401);
    let ann = shop.guest().logged_in("/sessions", ANN, PASSWORD).await;
    for _ in 0..9 {
        shop.clock.advance_s(20 * 86_400 - 1);
        ann.get("/customers/me").await;
    }
    shop.clock.advance_s(86_400);
    assert_eq!(ann.get("/customers/me").await.status, 401, "half a year is the end of any session");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_only() {
    let shop = Shop::open();
    let (ann, bob) = (shop.customer(ANN).await, shop.customer(BOB).await);
    shop.guest().with("user-agent", "Old/1").logged_in("/sessions", ANN, PASSWORD).await;
    let list = ann.get("/customers/me/sessions").await.body["items"].clone();
    let other = list.as_array().unwrap().iter().find(|s| s["current"] == false).unwrap();
    assert_eq!(
        (list.as_array().unwrap().len(), &other["user_agent"], &other["address"]),
        (2, &json!("Old/1"), &json!("192.0.2.1"))
    );
    let path = format!("/customers/me/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(bob.send("DELETE", &path, None).await.status, 404);
    assert_eq!(ann.send("DELETE", &path, None).await.status, 204);
    assert_eq!(ann.send("DELETE", &path, None).await.status, 404);
}

fn address(city: &str, default: bool) -> Value {
    json!({"address": {"name": "Ann", "line1": "1 Quay", "city": city, "postal_code": "1", "country": "DE"}, "default": default})
}

#[tokio::test]
async fn an_address_book_always_has_a_default() {
    let shop = Shop::open();
    let (ann, bob) = (shop.customer(ANN).await, shop.customer(BOB).await);
    let path = "/customers/me/addresses";
    let ulm = ann.post(path, address("Ulm", false)).await.body;
    assert_eq!(ulm["default"], true);
    let bonn = ann.post(path, address("Bonn", true)).await.body;
    let cities = async || {
        let list = ann.get(path).await.body["items"].clone();
        list.as_array()
            .unwrap()
            .iter()
            .map(|a| (a["address"]["city"].as_str().unwrap().to_owned(), a["default"] == true))
            .collect::<Vec<_>>()
    };
    assert_eq!(cities().await, [("Ulm".to_owned(), false), ("Bonn".to_owned(), true)]);
    let one = |a: &Value| format!("{path}/{}", a["id"].as_str().unwrap());
    // Another customer sees, changes and removes none of it.
    assert_eq!(bob.get(path).await.body["items"], json!([]));
    assert_eq!(bob.send("PUT", &one(&ulm), Some(address("Rome", true))).await.status, 404);
    assert_eq!(bob.send("DELETE", &one(&ulm), None).await.status, 404);
    assert_eq!(ann.send("PUT", &one(&ulm), Some(address("Trier", false))).await.status, 200);
    assert_eq!(ann.send("DELETE", &one(&bonn), None).await.status, 204);
    assert_eq!(cities().await, [("Trier".to_owned(), true)]);
    let bad = ann
        .post(path, json!({"address": {"name": "", "line1": "1", "city": "x", "postal_code": "1", "country": "XX"}}))
        .await;
    assert_eq!((bad.status, &bad.body["errors"][0]["pointer"]), (422, &json!("/address/name")));
}

#[tokio::test]
async fn a_session_cookie_changes_nothing_from_elsewhere() {
    let shop = Shop::open();
    let token = shop.customer(ANN).await.bearer.unwrap();
    let browser = || shop.guest().with_cookie(&format!("__Host-argosy-session={token}"));
    let change = || Some(json!({"name": "Mallory"}));
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("origin", "null"),
        ("x-nothing", "said"),
    ] {
        let answer = browser().with(name, value).send("PATCH", "/customers/me", change()).await;
        assert_eq!(answer.code(), (403, "csrf"), "{name}: {value}");
    }
    assert_eq!(browser().with("sec-fetch-site", "cross-site").get("/customers/me").await.status, 200);
    assert_eq!(
        browser().with("origin", "https://shop.test").send("PATCH", "/customers/me", change()).await.status,
        200
    );
    // The name that plain HTTP would use is not looked at, nor is one kind of session taken for the other.
    for name in ["argosy-session", "__Host-argosy-staff"] {
        assert_eq!(
            shop.guest().with_cookie(&format!("{name}={token}")).get("/customers/me").await.status,
            401,
            "{name}"
        );
    }
}

fn order(n: u8, status: &str, fulfilment: &str) -> contracts::ledger::OrderView {
    let money = json!(Money::new(100, Currency::EUR));
    serde_json::from_value(json!({
        "id": OrderId::derive(1, b"t", &n.to_string()), "number": n.to_string(), "status": status, "payment_status": "paid",
        "fulfilment_status": fulfilment, "currency": "EUR", "cart_id": "00000000-0000-7000-8000-000000000009",
        "cart_version": 1, "placed_at": "2027-01-01T00:00:00Z", "lines": [], "discounts": [], "tax_lines": [],
        "shipping_option": "s", "shipping_name": "S", "captured": money, "refunded": money, "shipments": [], "refunds": [],
        "returns": [], "timeline": [],
        "totals": {"items": money, "discount": money, "shipping": money, "tax": money, "tax_added": money, "total": money,
                   "gift_card": money, "due": money},
    }))
    .unwrap()
}

/// A checkout that places whatever it is asked for.
struct Till(OrderId);

#[async_trait::async_trait]
impl contracts::checkout::Checkout for Till {
    async fn quote(
        &self,
        _: kernel::StoreId,
        _: &contracts::cart::CartAccess,
        _: &contracts::checkout::QuoteRequest,
    ) -> contracts::Result<contracts::checkout::Quote> {
        Err(kernel::Failure::internal("not in this test"))
    }
    async fn place(
        &self,
        _: kernel::StoreId,
        _: &contracts::cart::CartAccess,
        _: contracts::checkout::PlaceOrder,
        _: contracts::ledger::Idempotency,
        _: Option<String>,
    ) -> contracts::Result<contracts::checkout::Placed> {
        let response = contracts::ledger::StoredResponse {
            status: 201,
            location: None,
            body: axum::body::Bytes::from_static(b"{}"),
        };
        Ok(contracts::checkout::Placed {
            order_id: self.0,
            secret: kernel::Secret::new("s".to_owned()),
            response,
            replayed: false,
        })
    }
    async fn resume(&self, _: kernel::StoreId, _: OrderId) -> contracts::Result<()> {
        Ok(())
    }
    fn order_secret(&self, _: OrderId) -> kernel::Secret {
        kernel::Secret::new("s".to_owned())
    }
}

async fn place(shop: &Shop, customer: kernel::CustomerId, order: OrderId) {
    use contracts::checkout::Checkout as _;
    let cart = kernel::CartId::from_uuid(uuid::Uuid::nil());
    let placing = identity::Placing::new(std::sync::Arc::new(Till(order)), shop.people.clone());
    let access = contracts::cart::CartAccess { id: cart, secret: kernel::Secret::new("s".to_owned()) };
    let mut asked: contracts::checkout::PlaceOrder = serde_json::from_value(json!({
        "cart_id": cart, "cart_version": 1, "email": ANN, "shipping_option": "s", "payment": {"provider": "test", "token": "t"},
        "shipping_address": {"name": "A", "line1": "1", "city": "U", "postal_code": "1", "country": "DE"},
    }))
    .unwrap();
    asked.customer = Some(customer);
    let idempotency =
        contracts::ledger::Idempotency { scope: b"s".to_vec(), key: "k".to_owned(), fingerprint: [0; 32] };
    placing.place(STORE, &access, asked, idempotency, None).await.unwrap();
}

#[tokio::test]
async fn a_customers_orders_are_listed_page_by_page_and_to_nobody_else() {
    let shop = Shop::open();
    let (ann, bob) = (shop.customer(ANN).await, shop.customer(BOB).await);
    let id = ann.get("/customers/me").await.body["id"].as_str().unwrap().parse().unwrap();
    for n in 1..=5 {
        let order = order(n, "confirmed", "shipped");
        place(&shop, id, order.id).await;
        place(&shop, id, order.id).await;
        shop.book.orders.lock().push(order);
        shop.clock.advance_s(1);
    }
    let (mut path, mut numbers) = ("/customers/me/orders?limit=2".to_owned(), Vec::new());
    loop {
        let page = ann.get(&path).await.body;
        numbers.extend(page["items"].as_array().unwrap().iter().map(|o| o["number"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/customers/me/orders?limit=2&cursor={next}");
    }
    assert_eq!(numbers, ["5", "4", "3", "2", "1"]);
    assert_eq!(bob.get("/customers/me/orders").await.body["items"], json!([]));
    let first = OrderId::derive(1, b"t", "1");
    assert!(shop.people.owns_order(STORE, id, first).await.unwrap());
    let bobs = bob.get("/customers/me").await.body["id"].as_str().unwrap().parse().unwrap();
    assert!(!shop.people.owns_order(STORE, bobs, first).await.unwrap());
    for bad in ["?limit=0", "?limit=101", "?cursor=zz", "?cursor=61"] {
        assert_eq!(ann.get(&format!("/customers/me/orders{bad}")).await.status, 422, "{bad}");
    }
}

#[tokio::test]
async fn an_order_that_is_placed_while_an_account_is_erased_keeps_it() {
    let shop = Shop::open();
    let ann = shop.customer(ANN).await;
    let id: kernel::CustomerId = ann.get("/customers/me").await.body["id"].as_str().unwrap().parse().unwrap();
    let (sent, late) = (order(1, "closed", "delivered"), order(2, "confirmed", "unfulfilled"));
    place(&shop, id, sent.id).await;
    shop.book.orders.lock().push(sent);
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    *shop.book.gate.lock() = Some(gate.clone());
    let meanwhile = async {
        while shop.book.asked.load(std::sync::atomic::Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        shop.clock.advance_s(1);
        place(&shop, id, late.id).await;
        shop.book.orders.lock().push(late.clone());
        gate.add_permits(100);
    };
    let (erased, ()) = tokio::join!(ann.post("/customers/me/erase", json!({"password": PASSWORD})), meanwhile);
    assert_eq!(erased.code(), (409, "orders_open"));
    assert_eq!(ann.get("/customers/me").await.status, 200);
    // The address of the order can be erased once it was sent, with the account.
    shop.book.orders.lock()[1] = order(2, "closed", "delivered");
    assert_eq!(ann.post("/customers/me/erase", json!({"password": PASSWORD})).await.status, 204);
    assert!(shop.book.erased.lock().contains(&PersonId::of_order(id, late.id)));
}

#[tokio::test]
async fn a_person_takes_their_data_along_and_is_forgotten() {
    let shop = Shop::open();
    let ann = shop.customer(ANN).await;
    ann.post("/customers/me/addresses", address("Ulm", false)).await;
    let id: kernel::CustomerId = ann.get("/customers/me").await.body["id"].as_str().unwrap().parse().unwrap();
    let open = order(1, "confirmed", "unfulfilled");
    place(&shop, id, open.id).await;
    shop.book.orders.lock().push(open.clone());
    let export = ann.get("/customers/me/export").await.body;
    assert_eq!(
        (&export["customer"]["email"], &export["addresses"][0]["address"]["city"]),
        (&json!(ANN), &json!("Ulm"))
    );
    assert_eq!((&export["orders"][0]["number"], export["sessions"].as_array().unwrap().len()), (&json!("1"), 1));

    let erase = |password: &str| json!({"password": password});
    assert_eq!(ann.post("/customers/me/erase", erase("a wrong password")).await.code(), (401, "invalid_credentials"));
    assert_eq!(ann.post("/customers/me/erase", erase(PASSWORD)).await.code(), (409, "orders_open"));
    shop.book.orders.lock()[0] = order(1, "closed", "delivered");
    assert_eq!(ann.post("/customers/me/erase", erase(PASSWORD)).await.status, 204);
    assert_eq!(shop.book.erased.lock().as_slice(), [PersonId::of_order(id, open.id)]);
    assert_eq!(shop.mailbox.1.lock().as_slice(), [ANN]);
    assert_eq!(ann.get("/customers/me").await.status, 401);
    assert_eq!(shop.guest().post("/sessions", new(ANN)).await.code(), (401, "invalid_credentials"));
    let admin = shop.key(Scope::Customers).await;
    assert_eq!(admin.get(&format!("/admin/customers/{id}")).await.status, 404);
    assert_eq!(admin.get("/admin/customers").await.body["items"], json!([]));
    // The address is free for a new beginning, which has nothing of the old.
    let again = shop.customer(ANN).await;
    assert_eq!(again.get("/customers/me/orders").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_guests_cart_comes_along() {
    let shop = Shop::open();
    shop.customer(ANN).await;
    let guest = shop.guest().with("cart-secret", "s3cret");
    let logged_in = guest.post("/sessions", new(ANN)).await.body;
    assert_eq!(logged_in["cart"]["secret"].as_str().unwrap().len(), 32);
    assert_eq!(shop.trolleys.0.lock().last().unwrap().1.as_deref(), Some("s3cret"));
    assert_eq!(shop.guest().post("/sessions", new(ANN)).await.body["cart"], Value::Null);
}

#[tokio::test]
async fn the_back_office_finds_customers() {
    let shop = Shop::open();
    for i in 0..5 {
        shop.customer(&format!("c{i}@mail.test")).await;
        shop.clock.advance_s(1);
    }
    let admin = shop.key(Scope::Customers).await;
    let found = admin.get("/admin/customers?email=C3@mail.test").await.body;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.get(&format!("/admin/customers/{id}")).await.body["email"], "c3@mail.test");
    assert_eq!(admin.get(&format!("/admin/customers/{id}/orders")).await.status, 200);
    assert_eq!(admin.get("/admin/customers?email=c9@mail.test").await.body["items"], json!([]));
    let (mut path, mut seen) = ("/admin/customers?limit=2".to_owned(), Vec::new());
    loop {
        let page = admin.get(&path).await.body;
        seen.extend(page["items"].as_array().unwrap().iter().map(|c| c["email"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/admin/customers?limit=2&cursor={next}");
    }
    assert_eq!(seen, ["c4@mail.test", "c3@mail.test", "c2@mail.test", "c1@mail.test", "c0@mail.test"]);
    let reader = shop.key(Scope::ReadOnly).await;
    assert_eq!(reader.get("/admin/customers").await.status, 200);
    assert_eq!(reader.post(&format!("/admin/customers/{id}/erase"), json!({})).await.status, 403);
    assert_eq!(shop.key(Scope::Orders).await.get("/admin/customers").await.status, 403);
    assert_eq!(admin.send("POST", &format!("/admin/customers/{id}/erase"), None).await.status, 204);
    assert_eq!(admin.send("POST", &format!("/admin/customers/{id}/erase"), None).await.status, 404);
}

#[tokio::test]
async fn customers_go_out_and_come_in_without_passwords() {
    let shop = Shop::open();
    let ann = shop.customer(ANN).await;
    let address = json!({"address": {"name": "Ann Archer", "line1": "1 Quay Street", "city": "Ulm", "postal_code": "89073", "country": "DE"}});
    assert_eq!(ann.post("/customers/me/addresses", address.clone()).await.status, 201);
    shop.customer(BOB).await;
    let key = shop.key(Scope::Customers).await;
    let file = key.get("/admin/exports/customers").await.body;
    let mut names: Vec<_> =
        file["customers"].as_array().unwrap().iter().map(|c| c["email"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, [ANN, BOB]);
    assert!(!file.to_string().contains("argon2") && !file.to_string().contains(PASSWORD));
    assert_eq!(shop.key(Scope::Orders).await.get("/admin/exports/customers").await.status, 403);
    let again = key.post("/admin/imports/customers", file.clone()).await;
    assert_eq!((&again.body["created"], &again.body["known"]), (&json!(0), &json!(2)), "{}", again.body);
    assert!(again.body["import"].is_null());

    let other = Shop::open();
    let key = other.key(Scope::Customers).await;
    let dry = key.post("/admin/imports/customers?dry_run=true", file.clone()).await;
    assert_eq!((&dry.body["created"], &dry.body["import"]), (&json!(2), &Value::Null), "{}", dry.body);
    assert_eq!(key.get("/admin/customers").await.body["items"], json!([]));
    let made = key.post("/admin/imports/customers", file.clone()).await;
    assert_eq!((made.status, &made.body["created"], &made.body["errors"]), (200, &json!(2), &json!([])));
    assert_eq!(key.get("/admin/exports/customers").await.body, file);
    assert!(!other.keeps("Quay Street") && !other.keeps(ANN), "sealed like everybody else");

    // No password opens the account, and changing one needs the one before; the mailbox does.
    let log_in = json!({"email": ANN, "password": PASSWORD});
    assert_eq!(other.guest().post("/sessions", log_in.clone()).await.code(), (401, "invalid_credentials"));
    assert_eq!(other.guest().post("/password-resets", json!({"email": ANN})).await.status, 202);
    let reset = json!({"token": other.mailed(ANN).await, "password": PASSWORD});
    assert!(other.guest().post("/password-resets/redeem", reset).await.status < 300);
    assert_eq!(other.guest().post("/sessions", log_in).await.status, 201);

    // Who set a password did something since; the other is gone, and can come again.
    let import = made.body["import"].as_i64().unwrap();
    let listed = key.get("/admin/imports/customers").await.body;
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["customers"]), (&json!(import), &json!(2)));
    let undo = format!("/admin/imports/customers/{import}/undo");
    let undone = key.post(&undo, Value::Null).await;
    assert_eq!((&undone.body["removed"], &undone.body["kept"]), (&json!(1), &json!(1)), "{}", undone.body);
    assert_eq!(key.post(&undo, Value::Null).await.code(), (409, "already_undone"));
    assert_eq!(key.post("/admin/imports/customers/99/undo", Value::Null).await.status, 404);
    let back = key.post("/admin/imports/customers", file).await;
    assert_eq!((&back.body["created"], &back.body["known"]), (&json!(1), &json!(1)), "{}", back.body);
}

#[tokio::test]
async fn what_is_wrong_with_a_customer_leaves_the_others_alone() {
    let shop = Shop::open();
    let key = shop.key(Scope::Customers).await;
    let address =
        json!({"address": {"name": "Ann", "line1": "1 Quay", "city": "Ulm", "postal_code": "1", "country": "XX"}});
    let file = json!({"format": "argosy-customers-1", "customers": [
        {"email": "nobody"}, {"email": ANN, "addresses": [address]}, {"email": BOB, "password": "hidden-secret"},
        {"email": "fine@mail.test"}, {"email": "FINE@mail.test"},
    ]});
    let done = key.post("/admin/imports/customers", file).await.body;
    assert_eq!((&done["created"], &done["known"], &done["failed"]), (&json!(1), &json!(1), &json!(3)), "{done}");
    let told: Vec<_> = done["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["line"].as_u64().unwrap(), e["column"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [(1, "email"), (2, "addresses/0/country"), (3, "")]);
    assert!(!done.to_string().contains("hidden-secret") && !done.to_string().contains("nobody"));
    let none = key.post("/admin/imports/customers", json!({"format": "else"})).await;
    assert_eq!(none.code(), (422, "not_a_customer_export"));
}
