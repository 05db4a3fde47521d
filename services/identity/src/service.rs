//! The identity service: makes, lists and revokes keys, and recognises them and the tokens of sessions without a query.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use contracts::Result;
use contracts::identity::{ApiKeyView, NewApiKey, OWNER, Principal, Scope};
use http_kit::invalid_token;
use infra::sqlite::{Db, DbError, Options, Synchronous};
use kernel::{ApiKeyId, Failure, FieldError, Secret, SharedClock, SharedRng, StoreId};
use parking_lot::RwLock;
use tokio::time::Instant;

use crate::people::sessions;
use crate::store;
use crate::store::api_key::LiveKey;
use crate::store::session::{LiveSession, Owner, Table};
use crate::store::token::Purpose;
use crate::token::{self, Kind, TokenHash};

/// How old the knowledge of keys and sessions may be. Half of the second within which a revocation must hold.
const FRESH: Duration = Duration::from_millis(500);
/// The most of them remembered; beyond that they are looked up again, which costs microseconds.
const REMEMBERED: usize = 10_000;
/// How long a link that creates the owner works, in seconds.
const SETUP_S: i64 = 24 * 3600;

/// The identity service on SQLite. Clones share everything.
#[derive(Clone)]
pub struct Identity {
    /// With a single reader, because `pragma data_version` compares only within one connection.
    db: Db,
    known: Arc<RwLock<Known>>,
    clock: SharedClock,
    rng: SharedRng,
}

/// What a token opens.
enum Live {
    Key(LiveKey),
    /// With the time at which its use was last noted, in milliseconds since the Unix epoch.
    Session {
        table: Table,
        session: LiveSession,
        touched: AtomicI64,
    },
}

/// The live tokens that were asked for since the file last changed.
#[derive(Default)]
struct Known {
    live: HashMap<TokenHash, Arc<Live>>,
    version: i64,
    checked: Option<Instant>,
}

impl Known {
    fn is_fresh(&self) -> bool {
        self.checked.is_some_and(|at| at.elapsed() < FRESH)
    }

    fn forget(&mut self) {
        self.live.clear();
        self.checked = None;
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("path", &self.db.path()).finish_non_exhaustive()
    }
}

impl Identity {
    /// Opens (or creates) `identity.db` in `data_dir`. Several processes may have it open.
    ///
    /// # Errors
    /// When the file cannot be opened or its schema cannot be brought up to date.
    pub fn open(data_dir: &Path, clock: SharedClock, rng: SharedRng) -> std::result::Result<Self, DbError> {
        let options = Options { synchronous: Synchronous::Full, readers: 1 };
        let db = Db::open(&data_dir.join("identity.db"), store::MIGRATIONS, options)?;
        Ok(Identity { db, known: Arc::default(), clock, rng })
    }

    /// A token for a link that creates the owner; earlier ones stop working. None when there is an owner. Needs nothing
    /// of a running shop, so that a command can make one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn setup_token(&self, store: StoreId) -> Result<Option<Secret>> {
        let token = token::generate(Kind::Once, &*self.rng);
        let hash = token::hash_of(Kind::Once, &token).ok_or_else(|| Failure::internal("a new token is none"))?;
        let expires_at = self.clock.now().plus_secs(SETUP_S);
        let open = self
            .db
            .write(move |conn| {
                if store::staff::active_in(conn, store, OWNER)? > 0 {
                    store::token::drop_all(conn, store, Purpose::Setup, store.as_bytes())?;
                    return Ok::<_, DbError>(false);
                }
                store::token::put(conn, store, Purpose::Setup, store.as_bytes(), &hash, expires_at)?;
                Ok(true)
            })
            .await?;
        Ok(open.then_some(token))
    }

    pub(crate) fn path(&self) -> &Path {
        self.db.path()
    }

    pub(crate) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    pub(crate) fn rng(&self) -> &SharedRng {
        &self.rng
    }

    /// Looks everything up again: something was revoked, or somebody may do something else now.
    pub(crate) fn forget(&self) {
        self.known.write().forget();
    }

    fn recognise(&self, kind: Kind, hash: &TokenHash) -> Result<Option<Arc<Live>>> {
        {
            let known = self.known.read();
            if known.is_fresh()
                && let Some(live) = known.live.get(hash)
            {
                return Ok(Some(Arc::clone(live)));
            }
        }
        // The lock is held while reading, and the version is read before the token: a token read before a revocation
        // can then only be remembered under a version that the next check finds outdated.
        let mut known = self.known.write();
        let (version, remembered) = (known.version, known.live.get(hash).cloned());
        let (now_version, live) = self.db.read_now(|conn| {
            let now_version = store::data_version(conn)?;
            let live = match remembered {
                Some(live) if now_version == version => Some(live),
                _ => look_up(conn, kind, hash)?.map(Arc::new),
            };
            Ok::<_, DbError>((now_version, live))
        })?;
        if now_version != version || known.live.len() >= REMEMBERED {
            known.live.clear();
        }
        known.version = now_version;
        known.checked = Some(Instant::now());
        if let Some(live) = &live {
            known.live.insert(*hash, Arc::clone(live));
        }
        Ok(live)
    }

    /// The principal of a session that has not ended; notes from time to time that it is used.
    async fn principal(
        &self,
        table: Table,
        hash: TokenHash,
        session: &LiveSession,
        touched: &AtomicI64,
    ) -> Result<Principal> {
        let now = self.clock.now();
        let seen = touched.load(Ordering::Relaxed);
        if now >= session.expires_at || now.millis().saturating_sub(seen) >= sessions::idle_ms(table) {
            return Err(invalid_token());
        }
        let due = now.millis().saturating_sub(seen) >= sessions::TOUCH_EVERY_MS;
        if due && touched.compare_exchange(seen, now.millis(), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            // One of the requests of this moment writes; that it is not written costs nothing but an earlier end.
            let written = self.db.write(move |conn| store::session::touch(conn, table, &hash, now)).await;
            if let Err(error) = written {
                tracing::warn!(session = %session.id, %error, "the use of a session could not be noted");
            }
        }
        let (store, id) = (session.store, session.id);
        Ok(match &session.owner {
            Owner::Customer(customer) => Principal::Customer { id: *customer, store, session: id },
            Owner::Staff { id: staff, role, scopes } => {
                Principal::Staff { id: *staff, store, session: id, role: role.clone(), scopes: scopes.clone() }
            }
        })
    }
}

fn look_up(conn: &rusqlite::Connection, kind: Kind, hash: &TokenHash) -> std::result::Result<Option<Live>, DbError> {
    let session = |table| {
        let found = store::session::live(conn, table, hash)?;
        Ok(found.map(|session| {
            let touched = AtomicI64::new(session.seen_at.millis());
            Live::Session { table, session, touched }
        }))
    };
    match kind {
        Kind::ApiKey => Ok(store::api_key::live(conn, hash)?.map(Live::Key)),
        Kind::CustomerSession => session(Table::Customer),
        Kind::StaffSession => session(Table::Staff),
        Kind::Once => Ok(None),
    }
}

#[async_trait]
impl contracts::identity::Identity for Identity {
    async fn authenticate(&self, bearer: &Secret) -> Result<Principal> {
        let (kind, hash) = token::read(bearer).ok_or_else(invalid_token)?;
        let live = self.recognise(kind, &hash)?.ok_or_else(invalid_token)?;
        match &*live {
            Live::Key(key) => Ok(Principal::ApiKey { id: key.id, store: key.store, scopes: key.scopes.clone() }),
            Live::Session { table, session, touched } => self.principal(*table, hash, session, touched).await,
        }
    }

    async fn create_api_key(&self, store: StoreId, new: NewApiKey) -> Result<ApiKeyView> {
        let (name, scopes) = checked(new)?;
        let text = token::generate(Kind::ApiKey, &*self.rng);
        let hash = token::hash_of(Kind::ApiKey, &text).ok_or_else(|| Failure::internal("a new key is not a key"))?;
        let now = self.clock.now();
        let id = ApiKeyId::new(now, &*self.rng);
        let view = ApiKeyView { id, name, scopes, created_at: now.into(), revoked_at: None, key: None };
        let row = view.clone();
        self.db.write(move |conn| store::api_key::insert(conn, store, &row, &hash)).await?;
        tracing::info!(key = %id, scopes = ?view.scopes, "an API key was created");
        Ok(ApiKeyView { key: Some(text.expose().clone()), ..view })
    }

    async fn api_keys(&self, store: StoreId) -> Result<Vec<ApiKeyView>> {
        Ok(self.db.read(move |conn| store::api_key::list(conn, store)).await?)
    }

    async fn revoke_api_key(&self, store: StoreId, id: ApiKeyId) -> Result<()> {
        let now = self.clock.now();
        let found = self.db.write(move |conn| store::api_key::revoke(conn, store, id, now)).await?;
        self.forget();
        if !found {
            return Err(Failure::not_found("API key"));
        }
        tracing::info!(key = %id, "an API key was revoked");
        Ok(())
    }
}

/// The name, trimmed, and the scopes, each once.
fn checked(new: NewApiKey) -> Result<(String, Vec<Scope>)> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, code: &str, detail: &str| {
        errors.push(FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail: detail.to_owned() });
    };
    let name = new.name.trim();
    if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        wrong("/name", "invalid_name", "A name has 1 to 100 printable characters.");
    }
    let mut scopes: Vec<Scope> = Vec::new();
    for scope in new.scopes {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        wrong("/scopes", "scope_required", "Name at least one scope.");
    }
    if errors.is_empty() { Ok((name.to_owned(), scopes)) } else { Err(Failure::fields(errors)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::identity::Identity as _;
    use kernel::{ErrorKind, SeededRng, Timestamp};

    struct At(i64);
    impl kernel::Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0)
        }
    }

    fn open(dir: &Path, seed: u64) -> Identity {
        Identity::open(dir, Arc::new(At(1_000 * seed.cast_signed())), Arc::new(SeededRng::new(seed))).unwrap()
    }

    fn wanted(name: &str, scopes: &[Scope]) -> NewApiKey {
        NewApiKey { name: name.to_owned(), scopes: scopes.to_vec() }
    }

    fn text(view: &ApiKeyView) -> Secret {
        Secret::new(view.key.clone().unwrap())
    }

    #[tokio::test]
    async fn a_key_opens_what_it_was_made_for() {
        let dir = tempfile::tempdir().unwrap();
        let identity = open(dir.path(), 1);
        let scopes = [Scope::Orders, Scope::Stock, Scope::Orders];
        let made = identity.create_api_key(StoreId::DEFAULT, wanted(" till ", &scopes)).await.unwrap();
        assert_eq!((made.name.as_str(), made.scopes.as_slice()), ("till", &[Scope::Orders, Scope::Stock][..]));
        let expected = Principal::ApiKey { id: made.id, store: StoreId::DEFAULT, scopes: made.scopes.clone() };
        assert_eq!(identity.authenticate(&text(&made)).await.unwrap(), expected);
        // It is known to whoever opens the file later, and its text is nowhere in it.
        drop(identity);
        let again = open(dir.path(), 2);
        assert_eq!(again.authenticate(&text(&made)).await.unwrap(), expected);
        assert_eq!(again.api_keys(StoreId::DEFAULT).await.unwrap(), [ApiKeyView { key: None, ..made.clone() }]);
        drop(again);
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let needle = &made.key.as_deref().unwrap().as_bytes()[7..];
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
    }

    #[tokio::test]
    async fn everything_else_is_refused_in_the_same_words() {
        let dir = tempfile::tempdir().unwrap();
        let identity = open(dir.path(), 1);
        let made = identity.create_api_key(StoreId::DEFAULT, wanted("a", &[Scope::Admin])).await.unwrap();
        identity.revoke_api_key(StoreId::DEFAULT, made.id).await.unwrap();
        let unknown = token::generate(Kind::ApiKey, &SeededRng::new(99));
        let mut changed = made.key.clone().unwrap();
        changed.replace_range(10..11, if &changed[10..11] == "A" { "B" } else { "A" });
        for bad in
            [text(&made), unknown, Secret::new(changed), Secret::new(String::new()), Secret::new("x".repeat(4000))]
        {
            let failure = identity.authenticate(&bad).await.unwrap_err();
            assert_eq!(failure, invalid_token());
            assert_eq!(failure.kind, ErrorKind::Unauthenticated);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_known_key_costs_no_query_and_a_revocation_holds_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let identity = open(dir.path(), 1);
        let made = identity.create_api_key(StoreId::DEFAULT, wanted("a", &[Scope::Admin])).await.unwrap();
        identity.authenticate(&text(&made)).await.unwrap();
        // The only reader is taken, so that a query would have to wait until it is given back.
        let (started, taken) = std::sync::mpsc::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let db = identity.db.clone();
        let holder = infra::thread::spawn_named("holder", move || {
            let _ = db.read_now(|_| {
                started.send(()).unwrap();
                let _ = released.recv_timeout(Duration::from_secs(5));
                Ok::<_, DbError>(())
            });
        });
        taken.recv().unwrap();
        identity.authenticate(&text(&made)).await.unwrap();
        assert!(release.send(()).is_ok(), "the reader was still taken when the answer came");
        holder.join().unwrap();
        identity.revoke_api_key(StoreId::DEFAULT, made.id).await.unwrap();
        assert!(identity.authenticate(&text(&made)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_process_writes_holds_within_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let (shop, command) = (open(dir.path(), 1), open(dir.path(), 2));
        let made = command.create_api_key(StoreId::DEFAULT, wanted("a", &[Scope::Admin])).await.unwrap();
        let kept = command.create_api_key(StoreId::DEFAULT, wanted("b", &[Scope::Admin])).await.unwrap();
        for key in [&made, &kept] {
            shop.authenticate(&text(key)).await.unwrap();
        }
        command.revoke_api_key(StoreId::DEFAULT, made.id).await.unwrap();
        tokio::time::advance(Duration::from_millis(999)).await;
        assert!(shop.authenticate(&text(&made)).await.is_err());
        shop.authenticate(&text(&kept)).await.unwrap();
        let late = command.create_api_key(StoreId::DEFAULT, wanted("c", &[Scope::Admin])).await.unwrap();
        shop.authenticate(&text(&late)).await.unwrap();
    }

    #[tokio::test]
    async fn stores_do_not_see_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let identity = open(dir.path(), 1);
        let other = StoreId::new(Timestamp::from_millis(5), &SeededRng::new(5));
        let made = identity.create_api_key(other, wanted("a", &[Scope::Admin])).await.unwrap();
        assert!(identity.api_keys(StoreId::DEFAULT).await.unwrap().is_empty());
        let failure = identity.revoke_api_key(StoreId::DEFAULT, made.id).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::NotFound);
        let principal = identity.authenticate(&text(&made)).await.unwrap();
        assert!(matches!(principal, Principal::ApiKey { store, .. } if store == other));
    }

    #[tokio::test]
    async fn revoking_twice_keeps_the_first_time() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (open(dir.path(), 1), open(dir.path(), 2));
        let made = first.create_api_key(StoreId::DEFAULT, wanted("a", &[Scope::Admin])).await.unwrap();
        first.revoke_api_key(StoreId::DEFAULT, made.id).await.unwrap();
        second.revoke_api_key(StoreId::DEFAULT, made.id).await.unwrap();
        let listed = first.api_keys(StoreId::DEFAULT).await.unwrap();
        assert_eq!(listed[0].revoked_at, Some(Timestamp::from_millis(1_000).into()));
    }

    #[tokio::test]
    async fn names_and_scopes_are_checked_together() {
        let dir = tempfile::tempdir().unwrap();
        let identity = open(dir.path(), 1);
        for name in ["", "  ", "a\nb", &"x".repeat(101)] {
            let failure = identity.create_api_key(StoreId::DEFAULT, wanted(name, &[])).await.unwrap_err();
            let pointers: Vec<&str> = failure.errors.iter().map(|e| e.pointer.as_str()).collect();
            assert_eq!((failure.kind, pointers), (ErrorKind::Invalid, vec!["/name", "/scopes"]), "{name:?}");
        }
        assert!(identity.api_keys(StoreId::DEFAULT).await.unwrap().is_empty());
    }
}
