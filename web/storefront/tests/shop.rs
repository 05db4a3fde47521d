//! The storefront as a browser meets it: requests in, pages and cookies out, services in memory behind it.
#![allow(clippy::unwrap_used, reason = "tests may end here")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use contracts::identity::Principal;
use contracts::ledger::{OrderStatus, PaymentStatus};
use http_kit::Caller;
use kernel::{CustomerId, StoreId};
use support::{ORDER_SECRET, World};
use tower::ServiceExt;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn location(&self) -> &str {
        assert!(self.status.is_redirection(), "{} {}", self.status, self.body);
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// The value of the hidden field `name`.
    fn field(&self, name: &str) -> &str {
        let start =
            self.body.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}: {}", self.body));
        let rest = &self.body[start..];
        let value = &rest[rest.find("value=\"").unwrap() + 7..];
        &value[..value.find('"').unwrap()]
    }

    fn says(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

/// Sends requests and keeps cookies, as a browser does.
#[derive(Clone)]
struct Browser {
    shop: Router,
    cookies: BTreeMap<String, String>,
    /// Whose session the front finds in the request.
    signed_in: Option<CustomerId>,
}

fn open(products: u64) -> (Browser, Arc<World>) {
    let (storefront, world) = support::shop(products);
    (Browser { shop: storefront::routes(storefront), cookies: BTreeMap::new(), signed_in: None }, world)
}

impl Browser {
    fn stranger(&self) -> Browser {
        Browser { shop: self.shop.clone(), cookies: BTreeMap::new(), signed_in: None }
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert(header::HOST, "shop.test".parse().unwrap());
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        if let Some(id) = self.signed_in {
            let principal = Principal::Customer { id, session: support::accounts::id(), store: StoreId::DEFAULT };
            request.extensions_mut().insert(Caller { principal, ..Caller::anonymous("") });
        }
        let response = self.shop.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            assert!(
                text.contains("SameSite=Lax") && (text.contains("HttpOnly") || text.starts_with("has_cart")),
                "{text}"
            );
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        self.send(request).await
    }

    async fn add(&mut self, prefix: &str) -> Answer {
        let form = [("product", "shoe-0"), ("option-0", "Red"), ("option-1", "44"), ("quantity", "2")];
        self.post(&format!("{prefix}/cart/lines"), &form).await
    }

    /// Sends the checkout with the hidden fields of `page`, a good address, and `changes` to it.
    async fn order(&mut self, page: &Answer, changes: &[(&str, &str)]) -> Answer {
        let mut form = BTreeMap::from([
            ("intent", "place"),
            ("email", "ann@example.org"),
            ("name", "Ann Möwe"),
            ("line1", "Hafenstraße 5"),
            ("city", "Hamburg"),
            ("postal_code", "20359"),
            ("country", "DE"),
            ("shipping_option", "standard"),
            ("token", "tok_approve"),
        ]);
        for name in ["cart_id", "cart_version", "key", "total", "due"] {
            form.insert(name, page.field(name));
        }
        form.extend(changes.iter().copied());
        self.post("/checkout", &form.into_iter().collect::<Vec<_>>()).await
    }
}

#[tokio::test]
async fn a_page_is_rendered_once_and_served_from_memory() {
    let (mut browser, world) = open(30);
    let first = browser.get("/products/shoe-1").await;
    assert_eq!(first.status, StatusCode::OK);
    let lookups = world.lookups.load(Ordering::SeqCst);
    let again = browser.get("/products/shoe-1").await;
    assert_eq!((again.body.as_str(), world.lookups.load(Ordering::SeqCst)), (first.body.as_str(), lookups));
    assert!(again.headers[header::CACHE_CONTROL].to_str().unwrap().starts_with("public"));
    assert!(again.headers.get(header::SET_COOKIE).is_none());
    assert_eq!(again.headers["surrogate-key"].to_str().unwrap().split(' ').count(), 2);

    let etag = first.headers[header::ETAG].clone();
    let request = Request::get("/products/shoe-1").header(header::IF_NONE_MATCH, &etag).body(Body::empty()).unwrap();
    let known = browser.send(request).await;
    assert_eq!((known.status, known.body.as_str()), (StatusCode::NOT_MODIFIED, ""));

    let request =
        Request::get("/products/shoe-1").header(header::ACCEPT_ENCODING, "gzip, br").body(Body::empty()).unwrap();
    let small = browser.send(request).await;
    assert_eq!(small.headers[header::CONTENT_ENCODING], "br");
    assert_eq!(small.headers[header::ETAG], etag);

    world.change_products(|product| product.title.push_str(" II"));
    let changed = browser.get("/products/shoe-1").await;
    assert!(changed.says("Moss Low 2 II") && changed.headers[header::ETAG] != etag);
}

#[tokio::test]
async fn parameters_that_are_not_ours_make_no_other_page() {
    let (mut browser, _) = open(30);
    let plain = browser.get("/products").await;
    for same in ["/products?utm_source=x", "/products?sort=newest", "/products?sort=nonsense&q=%zz"] {
        assert_eq!(browser.get(same).await.body, plain.body, "{same}");
    }
    assert_ne!(browser.get("/products?sort=title&utm=1").await.body, plain.body);
    assert_eq!(browser.get("/products?cursor=zz").await.location(), "/products");
    let product = browser.get("/products/shoe-1").await;
    assert_eq!(browser.get("/products/shoe-1?variant=NONE").await.body, product.body);
    let red = browser.get("/products/shoe-1?variant=SHOE-1-Red-40&x=y").await;
    assert!(red.says("value=\"Red\" required autocomplete=\"off\" checked") && red.says("href=\"/products/shoe-1\""));
}

#[tokio::test]
async fn a_list_is_walked_to_its_end_by_its_next_links() {
    let (mut browser, _) = open(30);
    let mut seen = BTreeSet::new();
    let mut path = "/uk/categories/sneakers?sort=price_asc".to_owned();
    loop {
        let page = browser.get(&path).await;
        let handles = page
            .body
            .split("<h3><a href=\"/uk/products/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned());
        seen.extend(handles);
        let Some(next) = page.body.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().replace("&amp;", "&");
        assert!(path.starts_with("/uk/categories/sneakers?sort=price_asc&cursor="), "{path}");
    }
    assert_eq!(seen.len(), 30);
    assert!(browser.get("/categories/boots").await.says("Hier ist noch nichts"));
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    let (mut browser, _) = open(30);
    browser.add("").await;
    let mut waiting = vec!["/".to_owned(), "/cart".to_owned(), "/checkout".to_owned(), "/sitemap.xml".to_owned()];
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(path) = waiting.pop() {
        let page = browser.get(&path).await;
        if page.status == StatusCode::SEE_OTHER {
            // The cart is shown in the market of its currency, an account to whoever logs in.
            let to = page.location().to_owned();
            assert!(to == "/account/login" || seen.contains(&to), "{path} to {to}");
            if seen.insert(to.clone()) {
                waiting.push(to);
            }
            continue;
        }
        assert!(page.status == StatusCode::OK, "{path}: {}", page.status);
        assert_eq!(page.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        let links = page
            .body
            .split("href=\"")
            .skip(1)
            .chain(page.body.split("src=\"").skip(1))
            .map(|rest| rest.split('"').next().unwrap());
        let locations = page.body.split("<loc>http://shop.test").skip(1).map(|rest| rest.split('<').next().unwrap());
        for link in links.chain(locations) {
            let link = link.replace("&amp;", "&");
            if link.starts_with('/') && !link.starts_with("/media/") && seen.insert(link.clone()) {
                waiting.push(link);
            }
        }
    }
    assert!(seen.len() > 100, "30 products in 3 markets: {}", seen.len());
    let elsewhere = browser.stranger().get("/uk/cart").await;
    assert!(elsewhere.says("Your cart is empty."));
}

#[tokio::test]
async fn assets_are_immutable_and_policies_strict() {
    let (mut browser, _) = open(1);
    let home = browser.get("/").await;
    let style = home.body.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let css = browser.get(style).await;
    assert!(css.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert_eq!(browser.get("/assets/shop-000000000000.css").await.status, StatusCode::NOT_FOUND);
    let policy = home.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    assert!(browser.get("/robots.txt").await.says("Sitemap: http://shop.test/sitemap.xml"));
    assert!(browser.get("/").await.says("application/ld+json"));
}

#[tokio::test]
async fn each_market_has_its_own_pages_and_the_cart_comes_along() {
    let (mut browser, world) = open(3);
    assert!(browser.get("/products/shoe-0").await.says("79,00\u{a0}€"));
    let british = browser.get("/uk/products/shoe-0").await;
    assert!(british.says("£79.00") && british.says("<html lang=\"en-GB\">") && british.says("Add to cart"));
    browser.add("").await;
    let changed = browser.post("/market", &[("market", "us"), ("path", "/products/shoe-0")]).await;
    assert_eq!(changed.location(), "/us/products/shoe-0");
    assert_eq!(browser.get("/cart").await.location(), "/us/cart", "a cart is shown in its own currency");
    let cart = browser.get("/us/cart").await;
    assert!(cart.says("$158.00"), "{}", cart.body);
    assert_eq!(browser.post("/market", &[("market", "uk"), ("path", "//evil.test")]).await.location(), "/uk");
    assert_eq!(browser.post("/market", &[("market", "mars")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.orders.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn the_picker_works_without_script_and_says_what_is_not_there() {
    let (mut browser, _) = open(3);
    assert_eq!(browser.add("").await.location(), "/cart?notice=added");
    assert!(browser.get("/cart?notice=added").await.says("In den Warenkorb gelegt."));
    for (colour, size) in [("Black", "44"), ("Blue", "40"), ("", "")] {
        let form = [("product", "shoe-0"), ("option-0", colour), ("option-1", size)];
        let refused = browser.post("/cart/lines", &form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(
            refused.says("Diese Kombination gibt es nicht")
                && refused.headers[header::CACHE_CONTROL] == "private, no-store"
        );
    }
    let sold_out = browser.post("/cart/lines", &[("product", "shoe-0"), ("option-0", "Red"), ("option-1", "42")]).await;
    assert_eq!(sold_out.status, StatusCode::CONFLICT);
    for quantity in ["0", "-1", "1000", "x", "1.5", "99999999999999"] {
        let form = [("product", "shoe-0"), ("option-0", "Red"), ("option-1", "44"), ("quantity", quantity)];
        assert_eq!(browser.post("/cart/lines", &form).await.status, StatusCode::BAD_REQUEST, "{quantity}");
    }
    assert_eq!(browser.get("/cart/count").await.body, "{\"count\":2}");
    assert_eq!(browser.stranger().get("/cart/count").await.body, "{\"count\":0}");
}

#[tokio::test]
async fn the_cart_changes_and_tells_of_changed_prices() {
    let (mut browser, world) = open(3);
    browser.add("").await;
    let cart = browser.get("/cart").await;
    let line = cart.body.split("/cart/lines/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/cart/lines/{line}");
    assert_eq!(browser.post(&path, &[("quantity", "3")]).await.location(), "/cart?notice=updated");
    assert!(browser.get("/cart").await.says("237,00"));
    for bad in ["x", "1000", "-1", ""] {
        assert_eq!(browser.post(&path, &[("quantity", bad)]).await.location(), "/cart?notice=quantity", "{bad}");
    }
    world.change_products(|product| product.variants.iter_mut().for_each(|variant| variant.price.amount_minor = 8_500));
    let changed = browser.get("/cart").await;
    assert!(changed.says("hat sich von 79,00\u{a0}€ auf 85,00\u{a0}€ geändert"), "{}", changed.body);
    assert!(!browser.get("/cart").await.says("geändert"), "said once");
    world.change_products(|product| product.variants.iter_mut().for_each(|variant| variant.available = false));
    assert!(browser.get("/cart").await.says("ist ausverkauft"));
    assert_eq!(browser.post(&path, &[("quantity", "3"), ("remove", "1")]).await.location(), "/cart?notice=removed");
    assert!(browser.get("/cart").await.says("Dein Warenkorb ist leer."));
    assert_eq!(browser.post("/cart/lines/nonsense", &[("quantity", "1")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/checkout").await.location(), "/cart");
}

#[tokio::test]
async fn an_order_is_placed_once_however_often_it_is_sent() {
    let (mut browser, world) = open(3);
    browser.add("").await;
    let page = browser.get("/checkout").await;
    assert_eq!(page.headers[header::CACHE_CONTROL], "private, no-store");
    let placed = browser.order(&page, &[]).await;
    let order = placed.location().to_owned();
    assert!(order.starts_with("/orders/"));
    assert!(!browser.cookies.contains_key("cart"), "the cart has become an order");
    assert_eq!(browser.order(&page, &[]).await.location(), order, "sent again after the answer");
    assert_eq!(world.orders.lock().unwrap().len(), 1);

    let shown = browser.get(&order).await;
    assert!(shown.says("Danke, deine Bestellung ist bestätigt") && shown.says("Ann Möwe"));
    assert_eq!(shown.headers[header::CACHE_CONTROL], "private, no-store");
    let mut stranger = browser.stranger();
    assert_eq!(stranger.get(&order).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&format!("{order}?key=wrong")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&format!("{order}?key={ORDER_SECRET}")).await.location(), order);
    assert!(stranger.get(&order).await.says("Ann Möwe"), "the key has moved into the cookie");
    assert_eq!(browser.get("/orders/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bad_input_is_kept_named_and_escaped() {
    let (mut browser, world) = open(3);
    browser.add("").await;
    let page = browser.get("/checkout").await;
    let hostile = "\"><script>alert(1)</script>";
    let again = browser.order(&page, &[("email", "nope"), ("name", hostile), ("line1", ""), ("country", "GB")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.says("&quot;&gt;&lt;script&gt;alert(1)") && !again.says("<script>alert"));
    assert!(again.says("id=\"email-error\"") && again.says("id=\"line1-error\"") && again.says("id=\"country-error\""));
    assert!(again.says("value=\"20359\""), "what was right is kept");
    assert_eq!(again.field("key"), page.field("key"), "nothing was decided under this key");
    assert_eq!(world.orders.lock().unwrap().len(), 0);
    assert!(browser.order(&again, &[]).await.location().starts_with("/orders/"));
}

#[tokio::test]
async fn the_total_that_was_shown_is_the_total_that_is_paid() {
    let (mut browser, world) = open(3);
    browser.add("").await;
    let page = browser.get("/checkout").await;
    let changed = browser.order(&page, &[("country", "FR")]).await;
    assert_eq!(changed.status, StatusCode::CONFLICT);
    assert!(changed.says("Die Summe ist nicht mehr 162,90\u{a0}€"), "{}", changed.body);
    assert_ne!(changed.field("total"), page.field("total"));
    assert_eq!(world.orders.lock().unwrap().len(), 0);
    let updated = browser.order(&page, &[("country", "FR"), ("intent", "update"), ("email", "half")]).await;
    assert_eq!((updated.status, updated.field("total")), (StatusCode::OK, changed.field("total")));
    assert!(updated.says("value=\"half\"") && !updated.says("email-error"), "an update does not nag");
    assert!(browser.order(&changed, &[("country", "FR")]).await.location().starts_with("/orders/"));

    browser.add("").await;
    let page = browser.get("/checkout").await;
    browser.add("").await;
    let stale = browser.order(&page, &[]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(
        stale.says("Dein Warenkorb hat sich geändert") && stale.field("cart_version") != page.field("cart_version")
    );
}

#[tokio::test]
async fn a_declined_payment_can_be_tried_again() {
    let (mut browser, world) = open(3);
    browser.add("").await;
    let page = browser.get("/checkout").await;
    let declined = browser.order(&page, &[("token", "tok_decline")]).await;
    assert_eq!(declined.status, StatusCode::PAYMENT_REQUIRED);
    assert!(declined.says("Deine Zahlung wurde abgelehnt") && declined.says("value=\"Ann Möwe\""));
    assert_ne!(declined.field("key"), page.field("key"), "the old key has its answer");
    let order = browser.order(&declined, &[]).await.location().to_owned();
    assert!(browser.get(&order).await.says("bestätigt"));
    let statuses: Vec<_> = world.orders.lock().unwrap().values().map(|order| order.status).collect();
    assert!(statuses.contains(&OrderStatus::Confirmed));
}

#[tokio::test]
async fn a_redirect_payment_goes_out_and_comes_back() {
    let (mut browser, world) = open(3);
    browser.add("").await;
    let page = browser.get("/checkout").await;
    assert_eq!(browser.order(&page, &[("token", "tok_3ds")]).await.location(), "/test-provider/3ds");
    assert!(browser.cookies.contains_key("cart"), "the cart is kept until the payment is certain");
    let id = *world.orders.lock().unwrap().keys().next().unwrap();
    let waiting = browser.get(&format!("/orders/{id}")).await;
    assert!(waiting.says("Weiter zur Zahlung") && waiting.says("/test-provider/3ds"));
    assert_eq!(browser.stranger().get(&format!("/orders/{id}/return")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&format!("/orders/{id}/return")).await.location(), format!("/orders/{id}"));
    assert!(browser.get(&format!("/orders/{id}")).await.says("Danke, deine Bestellung ist bestätigt"));
    assert!(!browser.cookies.contains_key("cart"));
}

#[tokio::test]
async fn an_undecided_payment_is_waited_for() {
    let (mut browser, world) = open(3);
    browser.add("").await;
    let page = browser.get("/checkout").await;
    let back = browser.order(&page, &[("token", "tok_slow")]).await.location().to_owned();
    assert!(back.ends_with("/return"));
    let waiting = browser.get(&back).await;
    assert!(waiting.says("http-equiv=\"refresh\" content=\"2; url=/orders/") && waiting.says("return?n=1"));
    for order in world.orders.lock().unwrap().values_mut() {
        (order.status, order.payment_status) = (OrderStatus::PaymentFailed, PaymentStatus::Declined);
    }
    let order = browser.get(&back).await.location().to_owned();
    assert!(browser.get(&order).await.says("Andere Zahlung versuchen"));
    assert!(browser.cookies.contains_key("cart"), "a failed order leaves the cart");
}

#[tokio::test]
async fn bad_requests_get_a_page_and_change_nothing() {
    let (mut browser, _) = open(3);
    let post = |path: &str, site: &str, content_type: &str, body: Vec<u8>| {
        Request::post(path)
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .unwrap()
    };
    let form = "application/x-www-form-urlencoded";
    let add = b"product=shoe-0&option-0=Red&option-1=44".to_vec();
    let cases = [
        (post("/cart/lines", "cross-site", form, add.clone()), StatusCode::FORBIDDEN),
        (post("/market", "same-site", form, b"market=us".to_vec()), StatusCode::FORBIDDEN),
        (post("/cart/lines", "same-origin", form, vec![b'a'; 70_000]), StatusCode::PAYLOAD_TOO_LARGE),
        (post("/cart/lines", "same-origin", form, b"a=%ff%".to_vec()), StatusCode::BAD_REQUEST),
        (post("/cart/lines", "same-origin", form, vec![0xff, b'=', 0xfe]), StatusCode::BAD_REQUEST),
        (post("/cart/lines", "same-origin", "application/json", b"{}".to_vec()), StatusCode::BAD_REQUEST),
        (post("/", "same-origin", form, Vec::new()), StatusCode::METHOD_NOT_ALLOWED),
        (Request::get("/cart/lines").body(Body::empty()).unwrap(), StatusCode::METHOD_NOT_ALLOWED),
        (Request::get("/products/..%2f..%2fetc").body(Body::empty()).unwrap(), StatusCode::NOT_FOUND),
        (Request::get("/products/Shoe-0").body(Body::empty()).unwrap(), StatusCode::NOT_FOUND),
        (Request::get("/uk/nowhere").body(Body::empty()).unwrap(), StatusCode::NOT_FOUND),
    ];
    for (request, status) in cases {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = browser.send(request).await;
        assert_eq!(answer.status, status, "{what}");
        assert!(answer.says("<h1>") && answer.headers[header::CACHE_CONTROL] == "private, no-store", "{what}");
        assert!(browser.cookies.is_empty(), "{what}");
    }
    assert!(browser.get("/uk/nowhere").await.says("We cannot find this page"));
    assert_eq!(browser.get("/products/").await.location(), "/products");
    assert_eq!(browser.get("/uk/").await.location(), "/uk");
    assert_eq!(browser.get("//evil.test/").await.status, StatusCode::NOT_FOUND);
    browser.cookies.insert("cart".to_owned(), "01890000-0000-7000-8000-000000000001.gone".to_owned());
    assert!(browser.get("/cart").await.says("leer") && !browser.cookies.contains_key("cart"));
}

#[tokio::test]
async fn coupons_come_into_the_cart_and_go_and_what_they_do_is_said() {
    let (mut browser, _) = open(3);
    browser.add("").await;
    assert_eq!(browser.post("/cart/coupons", &[("code", "ten")]).await.location(), "/cart#coupons");
    assert_eq!(browser.post("/cart/coupons", &[("code", "<b>OLD")]).await.location(), "/cart#coupons");
    let cart = browser.get("/cart").await;
    assert!(cart.says("Ten off (TEN)") && cart.says("\u{2212}10,00"), "{}", cart.body);
    assert!(cart.says("&lt;B&gt;OLD ist nicht mit &lt;B&gt;OLD kombinierbar"), "{}", cart.body);
    let page = browser.get("/checkout").await;
    assert!(page.says("\u{2212}10,00\u{a0}€ Ten off (TEN)</span>"), "on its line: {}", page.body);
    assert_eq!(browser.post("/cart/coupons", &[("remove", "TEN")]).await.location(), "/cart?notice=coupon_removed");
    assert!(!browser.get("/cart").await.says("Ten off"));
    assert_eq!(browser.post("/cart/coupons", &[("code", " ")]).await.location(), "/cart?notice=coupon_invalid");
    let mut stranger = browser.stranger();
    assert_eq!(stranger.post("/cart/coupons", &[("code", "TEN")]).await.location(), "/cart?notice=gone");
}

#[tokio::test]
async fn a_gift_card_pays_its_part_and_the_rest_is_what_was_shown() {
    let (mut browser, world) = open(3);
    browser.add("").await;
    let page = browser.get("/checkout").await;
    let updated = browser.order(&page, &[("intent", "update"), ("gift_card_1", "GIFT-2345-WXYZ")]).await;
    assert!(updated.says("Endung WXYZ zahlt 25,00") && updated.says("GIFT-2345-WXYZ"), "{}", updated.body);
    // The page before knew of no gift card: what would be left to pay is not what it showed.
    let stale = browser.order(&page, &[("gift_card_1", "GIFT-2345-WXYZ")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let placed = browser.order(&updated, &[("gift_card_1", "GIFT-2345-WXYZ")]).await;
    assert!(placed.location().starts_with("/orders/"), "{}", placed.body);
    assert_eq!(world.orders.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_search_is_an_address_and_changes_with_the_catalog() {
    let (mut browser, world) = open(9);
    let home = browser.get("/uk").await;
    assert!(home.says("role=\"search\"") && home.says("action=\"/uk/search\""));
    assert!(home.says("data-suggest=\"/api/v1/search/suggest?currency=GBP&amp;locale=en-GB\""));

    let found = browser.get("/search?q=fjord&utm_source=mail").await;
    assert!(found.says("Ergebnisse für „fjord“") && found.says("2 Artikel") && found.says("noindex"), "{}", found.body);
    assert!(found.says("name=\"filter.colour\" value=\"Red\""));
    assert!(found.says("value=\"fjord\" placeholder"), "the box keeps what was typed");
    let lookups = world.lookups.load(Ordering::SeqCst);
    let again = browser.get("/search?q=fjord").await;
    assert_eq!((again.body, world.lookups.load(Ordering::SeqCst)), (found.body, lookups), "kept under one address");
    world.change_products(|product| product.title = product.title.replace("Fjord", "Sound"));
    assert!(browser.get("/search?q=fjord").await.says("Nichts gefunden"));

    let narrowed = browser.get("/uk/search?q=moss&filter.colour=Red&sort=price_asc").await;
    assert!(narrowed.says("Remove filter:") && narrowed.says("href=\"/uk/search?q=moss&amp;sort=price_asc\""));
    assert!(narrowed.says("checked") && narrowed.says("Clear all filters"));
    assert_eq!(browser.get("/search?q=moss&filter.heel=1").await.location(), "/search?q=moss");
    let hostile = browser.get("/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E&filter.%22%3E=1").await;
    assert_eq!(hostile.location(), "/search?q=%3Cscript%3Ealert%281%29%3C%2Fscript%3E");
    let hostile = browser.get("/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert!(hostile.status.is_success() && !hostile.says("<script>alert"));
}

#[tokio::test]
async fn logging_in_brings_the_cart_along_and_logging_out_leaves_nothing() {
    use support::accounts::{EMAIL, PASSWORD};
    let (mut browser, _) = open(3);
    assert_eq!(browser.get("/account").await.location(), "/account/login");
    assert!(browser.get("/").await.says("href=\"/account\""), "the way there is on every page");
    browser.add("").await;
    let cart = browser.cookies["cart"].clone();
    let wrong = browser.post("/account/login", &[("email", EMAIL), ("password", "something else")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.says("gehören nicht zusammen") && wrong.says(EMAIL) && !wrong.says("something else"));
    assert!(!browser.cookies.contains_key("argosy-session"));
    assert_eq!(
        browser.post("/account/login", &[("email", EMAIL), ("password", PASSWORD)]).await.location(),
        "/account"
    );
    assert_eq!(browser.cookies["argosy-session"], "argosy_c_token");
    let id = cart.split('.').next().unwrap();
    assert_eq!(browser.cookies["cart"], format!("{id}.joined"));
    assert_eq!(browser.post("/account/logout", &[]).await.location(), "/account/login?notice=out");
    for name in ["argosy-session", "cart"] {
        assert!(browser.cookies.get(name).is_none_or(String::is_empty), "{name}");
    }
}

#[tokio::test]
async fn accounts_are_made_and_passwords_set_without_script() {
    let (mut browser, _) = open(1);
    let short = browser.post("/account/register", &[("email", "x@y.test"), ("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.says("aria-invalid=\"true\"") && short.says("zu kurz") && !short.says("value=\"short\""));
    let made = browser.post("/account/register", &[("email", "x@y.test"), ("password", "long enough, really")]).await;
    assert_eq!(made.location(), "/account/login?notice=registered");
    assert!(browser.post("/account/forgot", &[("email", "x@y.test")]).await.says("ist ein Link unterwegs"));
    let password = [("password", "long enough, really")];
    assert_eq!(browser.post("/account/reset/good", &password).await.location(), "/account/login?notice=reset");
    let used = browser.post("/account/reset/used", &password).await;
    assert!(used.status == StatusCode::UNPROCESSABLE_ENTITY && used.says("gilt nicht mehr"));
    let asked = browser.get("/account/verify/good").await;
    assert!(asked.says("action=\"/account/verify/good\""), "opening the link changes nothing");
    assert!(browser.post("/account/verify/good", &[]).await.says("ist bestätigt"));
    assert!(browser.post("/account/verify/used", &[]).await.says("gilt nicht mehr"));
    for path in ["/account/login", "/account/register", "/account/forgot", "/account/reset/x", "/account/verify/x"] {
        let page = browser.get(path).await;
        assert_eq!(page.headers[header::CACHE_CONTROL], "private, no-store", "{path}");
    }
}

#[tokio::test]
async fn orders_of_the_shop_before_stand_in_the_account() {
    let (mut ann, _) = open(1);
    assert_eq!(ann.get("/account/past-orders").await.location(), "/account/login");
    ann.signed_in = Some(support::accounts::customer());
    let one = format!("/account/past-orders/{}", support::accounts::customer());
    for path in ["/account", "/account/past-orders"] {
        let page = ann.get(path).await;
        assert!(page.says(&format!("href=\"{one}\"")) && page.says("D-77"), "{path}");
    }
    let page = ann.get(&one).await;
    assert!(page.says("Old mug &lt;b&gt;") && page.says("19,00"), "{}", page.body);
    assert_eq!(page.headers[header::CACHE_CONTROL], "private, no-store");
    for strange in ["/account/past-orders/00000000-0000-7000-8000-000000000099", "/account/past-orders/x"] {
        assert_eq!(ann.get(strange).await.status, StatusCode::NOT_FOUND, "{strange}");
    }
}

#[tokio::test]
async fn who_pays_other_prices_sees_them_and_nobody_else_does() {
    let (mut everybody, world) = open(30);
    let mut ann = everybody.stranger();
    ann.signed_in = Some(support::accounts::customer());
    let paths = [
        "/",
        "/products/shoe-1",
        "/products/shoe-1?variant=SHOE-1-Black-42",
        "/products",
        "/search?q=runner",
        "/uk/products",
    ];
    for path in paths {
        let shelf = everybody.get(path).await;
        assert!(shelf.headers[header::CACHE_CONTROL].to_str().unwrap().starts_with("public"), "{path}");
        // Who has an account but no prices of his own is served what everybody is.
        let own = ann.get(path).await;
        assert_eq!((&own.body, &own.headers[header::ETAG]), (&shelf.body, &shelf.headers[header::ETAG]), "{path}");
    }
    world.group.lock().unwrap().push(support::accounts::customer());
    for path in paths {
        let (shelf, own) = (everybody.get(path).await, ann.get(path).await);
        assert_eq!(own.status, StatusCode::OK, "{path}");
        assert_eq!(own.headers[header::CACHE_CONTROL], "private, no-store", "{path}");
        assert!(own.headers.get(header::ETAG).is_none() && own.headers.get("surrogate-key").is_none(), "{path}");
        let told =
            if path.starts_with("/uk") { "These are your own prices." } else { "Das sind deine eigenen Preise." };
        assert!(own.says(told) && !shelf.says(told), "{path}");
        assert!(first_price(&own.body) * 2 <= first_price(&shelf.body), "{path}: {} {}", own.body, shelf.body);
    }
    // The browser's copy of everybody's page is not good for him.
    let etag = everybody.get("/products/shoe-1").await.headers[header::ETAG].clone();
    let request = Request::get("/products/shoe-1").header(header::IF_NONE_MATCH, etag).body(Body::empty()).unwrap();
    assert_eq!(ann.send(request).await.status, StatusCode::OK);
    assert_eq!(ann.get("/products/nothing").await.status, StatusCode::NOT_FOUND);
}

/// The first amount on a page, in minor units.
fn first_price(page: &str) -> u64 {
    let (_, rest) = page.split_once("class=\"price").unwrap();
    let text: String = rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| *c != '<').collect();
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}
