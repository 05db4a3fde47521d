//! A shop with accounts behind the front, and browsers that use it.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use contracts::Result;
use contracts::cart::CustomerCarts;
use contracts::identity::{GuestCart, Identity as _, NewApiKey, Scope, Staff as _};
use contracts::ledger::{Actor, OrderView};
use contracts::notification::{Message, NewMail};
use http::Request;
use http_body_util::BodyExt as _;
use http_kit::{ClientAddress, Front, FrontOptions, Metrics};
use identity::{Identity, Letters, PasswordCost, People, PeopleHandles, PeopleParts, Purchases};
use infra::Spawner;
use infra::vault::Vault;
use kernel::{CartId, Clock, CustomerId, OrderId, PersonId, Secret, SeededRng, SharedRng, StoreId, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;

pub const STORE: StoreId = StoreId::DEFAULT;
pub const PASSWORD: &str = "correct horse battery";

/// A clock that goes when it is told to.
#[derive(Default)]
pub struct Hand(Mutex<i64>);

impl Hand {
    pub fn advance_s(&self, seconds: i64) {
        *self.0.lock() += seconds * 1000;
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + *self.0.lock())
    }
}

/// Mails that were asked for: to whom, and what.
#[derive(Default)]
pub struct Mailbox(Mutex<Vec<NewMail>>, pub Mutex<Vec<String>>);

#[async_trait]
impl Letters for Mailbox {
    async fn write(&self, _: StoreId, mail: NewMail) -> Result<()> {
        self.0.lock().push(mail);
        Ok(())
    }
    async fn forget(&self, _: StoreId, address: &Secret) -> Result<()> {
        self.1.lock().push(address.expose().clone());
        Ok(())
    }
}

/// A ledger that knows the orders it was given.
#[derive(Default)]
pub struct Book {
    pub orders: Mutex<Vec<OrderView>>,
    pub erased: Mutex<Vec<PersonId>>,
    /// How often an order was asked for.
    pub asked: AtomicUsize,
    /// Until it opens, nobody hears of an order.
    pub gate: Mutex<Option<Arc<Semaphore>>>,
}

#[async_trait]
impl Purchases for Book {
    async fn order(&self, _: StoreId, id: OrderId) -> Result<Option<OrderView>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let gate = self.gate.lock().clone();
        if let Some(gate) = gate {
            drop(gate.acquire().await);
        }
        Ok(self.orders.lock().iter().find(|order| order.id == id).cloned())
    }
    async fn erase(&self, _: StoreId, person: PersonId, _: Actor) -> Result<()> {
        self.erased.lock().push(person);
        Ok(())
    }
}

/// Carts that were joined: customer, and the guest's secret.
#[derive(Default)]
pub struct Trolleys(pub Mutex<Vec<(CustomerId, Option<String>)>>);

#[async_trait]
impl CustomerCarts for Trolleys {
    async fn join(
        &self,
        _: StoreId,
        customer: CustomerId,
        _: &Secret,
        guest: Option<&GuestCart>,
    ) -> Result<Option<CartId>> {
        let guest = guest.map(|guest| guest.secret.expose().clone());
        let found = guest.is_some().then(|| CartId::from_uuid(customer.uuid()));
        self.0.lock().push((customer, guest));
        Ok(found)
    }
    async fn leave(&self, _: StoreId, _: CustomerId, _: CartId) -> Result<()> {
        Ok(())
    }
}

pub struct Shop {
    router: Router,
    pub identity: Identity,
    pub people: Arc<People>,
    pub clock: Arc<Hand>,
    pub mailbox: Arc<Mailbox>,
    pub book: Arc<Book>,
    pub trolleys: Arc<Trolleys>,
    pub dir: tempfile::TempDir,
}

pub struct Reply {
    pub status: u16,
    pub body: Value,
    /// The `Set-Cookie` that came with it.
    pub cookie: Option<String>,
    pub retry_after: Option<u32>,
}

impl Reply {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or(""))
    }
}

/// Another process on the same file, with the same master key.
pub fn people(dir: &Path, clock: Arc<Hand>, seed: u64, shop: Option<&Shop>) -> (Identity, Arc<People>) {
    let rng: SharedRng = Arc::new(SeededRng::new(seed));
    let identity = Identity::open(dir, clock, Arc::clone(&rng)).unwrap();
    let parts = PeopleParts {
        vault: Vault::from_bytes(&[7; 32]),
        mails: shop.map_or_else(Arc::default, |shop| Arc::clone(&shop.mailbox)),
        carts: Arc::new(Trolleys::default()),
        purchases: Arc::new(Book::default()),
        spawner: Spawner::new(),
        base_url: "https://shop.test".to_owned(),
        locale: "en".to_owned(),
        cost: PasswordCost { memory_kib: 64, passes: 1, at_once: 4 },
    };
    let people = Arc::new(People::open(&identity, parts).unwrap());
    (identity, people)
}

impl Shop {
    pub fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let rng: SharedRng = Arc::new(SeededRng::new(1));
        let clock = Arc::new(Hand::default());
        let identity = Identity::open(dir.path(), clock.clone(), Arc::clone(&rng)).unwrap();
        let (mailbox, book, trolleys) = (Arc::<Mailbox>::default(), Arc::<Book>::default(), Arc::<Trolleys>::default());
        let parts = PeopleParts {
            vault: Vault::from_bytes(&[7; 32]),
            mails: mailbox.clone(),
            carts: trolleys.clone(),
            purchases: book.clone(),
            spawner: Spawner::new(),
            base_url: "https://shop.test".to_owned(),
            locale: "en".to_owned(),
            cost: PasswordCost { memory_kib: 64, passes: 1, at_once: 4 },
        };
        let people = Arc::new(People::open(&identity, parts).unwrap());
        let handles = PeopleHandles {
            customers: people.clone(),
            staff: people.clone(),
            exchange: people.clone(),
            archive: people.clone(),
            secure: true,
        };
        let shared: Arc<Identity> = Arc::new(identity.clone());
        let (router, _) = OpenApiRouter::new()
            .nest("/api/v1", identity::routes(shared.clone()).merge(identity::people_routes(handles)))
            .split_for_parts();
        let options = FrontOptions { base_url: Some("https://shop.test".to_owned()), ..FrontOptions::default() };
        let front = Front::new(shared, rng, Metrics::new(), options);
        Shop { router: front.wrap(router), identity, people, clock, mailbox, book, trolleys, dir }
    }

    /// A client at home, with nothing to show.
    pub fn guest(&self) -> Client<'_> {
        Client { shop: self, address: "192.0.2.1".parse().unwrap(), bearer: None, cookie: None, headers: Vec::new() }
    }

    pub async fn key(&self, scope: Scope) -> Client<'_> {
        let new = NewApiKey { name: format!("{scope:?}"), scopes: vec![scope] };
        self.guest().with_bearer(&self.identity.create_api_key(STORE, new).await.unwrap().key.unwrap())
    }

    /// A customer who has registered and logged in.
    pub async fn customer(&self, email: &str) -> Client<'_> {
        let new = json!({"email": email, "password": PASSWORD, "name": "Ann"});
        assert_eq!(self.guest().post("/customers", new).await.status, 201);
        self.guest().logged_in("/sessions", email, PASSWORD).await
    }

    /// The owner, made with the link of the first start.
    pub async fn owner(&self) -> Client<'_> {
        let token = self.people.setup_token(STORE).await.unwrap().unwrap();
        let setup = json!({"token": token.expose(), "email": "owner@shop.test", "name": "Olga", "password": PASSWORD});
        let made = self.guest().post("/admin/setup", setup).await;
        assert_eq!(made.status, 201, "{}", made.body);
        self.guest().with_bearer(made.body["token"].as_str().unwrap())
    }

    /// A colleague in `role`, invited by `by` and come.
    pub async fn colleague(&self, by: &Client<'_>, role: &str) -> (Client<'_>, String) {
        let email = if role == "owner" { "second@shop.test".to_owned() } else { format!("{role}@shop.test") };
        let new = json!({"email": email, "name": role, "role": role});
        let invited = by.post("/admin/staff", new).await;
        assert_eq!(invited.status, 201, "{}", invited.body);
        let accept = json!({"token": self.mailed(&email).await, "password": PASSWORD});
        let made = self.guest().post("/admin/invitations/accept", accept).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = invited.body["id"].as_str().unwrap().to_owned();
        (self.guest().with_bearer(made.body["token"].as_str().unwrap()), id)
    }

    /// The mails to `email` so far; mails are sent in the background.
    pub async fn mails(&self, email: &str) -> Vec<Message> {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        let mails = self.mailbox.0.lock();
        mails.iter().filter(|mail| mail.to.expose() == email).map(|mail| mail.message.clone()).collect()
    }

    /// The token of the last link that was mailed to `email`.
    pub async fn mailed(&self, email: &str) -> String {
        let url = match self.mails(email).await.pop().unwrap() {
            Message::PasswordReset { url, .. }
            | Message::EmailVerification { url, .. }
            | Message::StaffInvitation { url, .. } => url,
            Message::AlreadyRegistered { .. } => panic!("no link in this mail"),
            #[allow(unreachable_patterns, reason = "other kinds of mail may come")]
            _ => panic!("another mail"),
        };
        assert!(url.expose().starts_with("https://shop.test/"));
        url.expose().rsplit('/').next().unwrap().to_owned()
    }

    /// Whether `needle` stands in any file of the shop.
    pub fn keeps(&self, needle: &str) -> bool {
        std::fs::read_dir(self.dir.path()).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
            bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
        })
    }
}

#[derive(Clone)]
pub struct Client<'a> {
    shop: &'a Shop,
    address: IpAddr,
    pub bearer: Option<String>,
    pub cookie: Option<String>,
    headers: Vec<(String, String)>,
}

impl<'a> Client<'a> {
    pub fn at(mut self, address: &str) -> Self {
        self.address = address.parse().unwrap();
        self
    }

    pub fn with_bearer(mut self, token: &str) -> Self {
        self.bearer = Some(token.to_owned());
        self
    }

    /// A browser: shows a cookie instead of a bearer token.
    pub fn with_cookie(mut self, cookie: &str) -> Self {
        self.cookie = Some(cookie.to_owned());
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub async fn logged_in(&self, path: &str, email: &str, password: &str) -> Client<'a> {
        let made = self.post(path, json!({"email": email, "password": password})).await;
        assert_eq!(made.status, 201, "{}", made.body);
        self.clone().with_bearer(made.body["token"].as_str().unwrap())
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body)).await
    }

    /// Sends a file as it is.
    pub async fn upload(&self, path: &str, file: &str) -> Reply {
        self.send_text("POST", path, Some(("text/csv", file.to_owned()))).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.send_text(method, path, body.map(|body| ("application/json", body.to_string()))).await
    }

    async fn send_text(&self, method: &str, path: &str, body: Option<(&str, String)>) -> Reply {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("host", "shop.test");
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = match body {
            Some((kind, body)) => {
                request = request.header("content-type", kind);
                Body::from(body)
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ClientAddress(self.address));
        let (parts, body) = self.shop.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Reply {
            status: parts.status.as_u16(),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            cookie: header("set-cookie"),
            retry_after: header("retry-after").and_then(|text| text.parse().ok()),
        }
    }
}
