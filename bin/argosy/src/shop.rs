//! The shop, put together: every part opened in the order in which they need each other, and one router over them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use admin::Admin;
use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::StatusCode;
use cart::CartService;
use catalog::{Assortment, CatalogService};
use checkout::prices::{PriceKeeper, PriceKeeperParts};
use checkout::quote::{Quoter, QuoterParts};
use checkout::{CheckoutService, OrderEditor, OrderEditorParts, Resolver, SagaParts, SagaSettings, TermsService};
use contracts::catalog::{CatalogRead, View};
use contracts::checkout::Checkout;
use contracts::ledger::{Actor, OrderEdits, SetStock, Stock, StockRules};
use contracts::payment::{Provider, Providers};
use http_kit::{Front, FrontOptions, Metrics};
use identity::{Identity, Placing};
use infra::Spawner;
use infra::vault::Vault;
use kernel::{SharedClock, SharedRng, Sku, StoreId, SystemClock, SystemRng};
use ledger::engine::sqlite::SqliteOptions;
use ledger::feed::Feed;
use ledger::relay::{Relay, SalesConsumer};
use ledger::{LedgerParts, LedgerService};
use payment::reconciler::{Progress, Reconciler};
use payment::{TestProvider, WebhookIntake};
use search::{SearchParts, SearchService};
use storefront::Storefront;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::accounts::{self, Accounts};
use crate::config::keys::{FirstStart, Settings};
use crate::local_key;
use crate::meters::{BuildMeter, LedgerMeter, NotificationMeter};
use crate::outbound::Outbound;

/// The store of a single-store installation.
const STORE: StoreId = StoreId::DEFAULT;
/// Reading connections of the ledger.
const LEDGER_READERS: usize = 4;
/// Stock levels on their way to the ledger at once: they share its commits.
const LEVELS_AT_ONCE: usize = 256;
const RESOLVE_EVERY: Duration = Duration::from_secs(1);
const RECONCILE_EVERY: Duration = Duration::from_secs(60);
const RELAY_EVERY: Duration = Duration::from_secs(1);
const FEED_EVERY: Duration = Duration::from_millis(500);
const KEEP_PRICES_EVERY: Duration = Duration::from_secs(1);
const SWEEP_CARTS_EVERY: Duration = Duration::from_secs(3600);

/// Everything that serves a store, open.
pub(crate) struct Shop {
    router: Router,
    openapi: OpenApi,
    identity: Arc<Identity>,
    /// Resolves when the thread of the ledger has written its last batch.
    ledger_closed: tokio::sync::oneshot::Receiver<()>,
}

/// What every part is given.
struct World<'a> {
    data: &'a Path,
    clock: SharedClock,
    rng: SharedRng,
    spawner: &'a Spawner,
}

impl Shop {
    /// Opens the shop kept in `data`, which will be served at `address`.
    ///
    /// # Errors
    /// When a part cannot be opened: which, and why.
    pub(crate) async fn open(
        settings: &Settings,
        data: &Path,
        address: SocketAddr,
        spawner: &Spawner,
        metrics: &Arc<Metrics>,
    ) -> Result<Self> {
        let (clock, rng): (SharedClock, SharedRng) = (Arc::new(SystemClock), Arc::new(SystemRng::new()));
        let world = World { data, clock: Arc::clone(&clock), rng: Arc::clone(&rng), spawner };
        let terms = Arc::new(settings.terms.clone());
        let first = terms.markets.first().context("a shop needs a market")?;
        let view = View { currency: first.currency, locale: first.locale.clone() };

        let identity = Identity::open(data, Arc::clone(&clock), Arc::clone(&rng)).context("identity.db")?;
        let identity = Arc::new(identity);
        local_key::ensure(data, identity.as_ref()).await?;
        let vault = Vault::open(&data.join("keys").join("master"), rng.as_ref()).context("keys/master")?;

        let catalog =
            CatalogService::open(data, STORE, view, (clock.clone(), rng.clone()), spawner.clone()).map_err(told)?;
        let (ledger, ledger_closed) = open_ledger(&world, vault.clone(), settings, &catalog)?;
        metrics.register(|registry| {
            registry.register_collector(Box::new(LedgerMeter(ledger.clone())));
            registry.register_collector(Box::new(BuildMeter));
        });
        let filled = fill(settings, &catalog, &ledger).await?;
        catalog.set_all_available(STORE, ledger.all_available(STORE).await.map_err(told)?);
        catalog.set_all_backorder(STORE, ledger.all_backorderable(STORE).await.map_err(told)?);
        let locales = terms.markets.iter().map(|market| market.locale.clone()).collect();
        let search = open_search(&world, locales, &catalog, filled).await?;

        let catalog_read: Arc<dyn CatalogRead> = catalog.clone();
        let carts = CartService::open(data, catalog_read.clone(), first.currency, clock.clone(), rng.clone());
        let carts = carts.map_err(told)?;
        let selling =
            TermsService::open(data, Arc::clone(&terms), ledger.clone(), (clock.clone(), rng.clone()), spawner.clone())
                .map_err(told)?;
        let feed = Feed { ledger: ledger.clone(), source: selling.clone(), poll: FEED_EVERY };
        spawner.background().spawn("feed-checkout", feed.run(spawner.token()));
        let mut prices = PriceKeeper::new(PriceKeeperParts {
            store: STORE,
            terms: selling.clone(),
            catalog: catalog_read.clone(),
            contents: catalog.clone(),
            shelves: catalog.clone(),
            clock: clock.clone(),
        });
        // Before the first page is shown; what it was before is looked up while the shop is open.
        prices.tell().await.map_err(told)?;
        spawner.spawn("prices", prices.run(KEEP_PRICES_EVERY, spawner.token()));
        let quotes = Arc::new(Quoter::new(QuoterParts {
            carts: carts.clone(),
            catalog: catalog_read.clone(),
            terms: selling.snapshots().clone(),
            vouchers: ledger.clone(),
            clock: clock.clone(),
        }));

        let edits: Arc<dyn OrderEdits> = Arc::new(OrderEditor::new(OrderEditorParts {
            orders: ledger.clone(),
            ledger: ledger.clone(),
            quotes: quotes.clone(),
        }));

        let (provider, deliveries) = open_provider(&world, settings, &vault)?;
        let providers = Providers::new(vec![Arc::new(provider.clone())]);
        let checkout = CheckoutService::new(SagaParts {
            ledger: ledger.clone(),
            quotes,
            providers: providers.clone(),
            vault: vault.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            spawner: spawner.clone(),
            settings: SagaSettings { hold_ms: settings.hold_minutes as i64 * 60_000, ..SagaSettings::default() },
        });
        let placing: Arc<dyn Checkout> = Arc::new(checkout.clone());
        let webhooks = WebhookIntake::new(STORE, providers, ledger.clone(), placing.clone(), clock.clone());
        let webhooks = Arc::new(webhooks);
        deliveries.start(webhooks.clone());
        let outbound = Outbound {
            store: STORE,
            data,
            settings,
            address,
            ledger: &ledger,
            checkout: &checkout,
            vault: &vault,
            clock: &clock,
            rng: &rng,
            spawner,
        };
        let notification = outbound.notification()?;
        let meter = NotificationMeter(notification.clone());
        metrics.register(|registry| registry.register_collector(Box::new(meter)));
        let people = Accounts {
            settings,
            address,
            identity: &identity,
            vault: &vault,
            mails: Arc::new(notification.clone()),
            carts: &carts,
            ledger: &ledger,
            spawner,
        };
        let people = people.open()?;
        let placing: Arc<dyn Checkout> = Arc::new(Placing::new(placing, people.clone()));
        let fulfilment = outbound.fulfilment(FEED_EVERY)?;
        start_background(&world, checkout, &ledger, provider.clone(), &carts, &catalog);

        let back_office = Admin {
            orders: ledger.clone(),
            edits: edits.clone(),
            history: ledger.clone(),
            stock: ledger.clone(),
            inventory: ledger.clone(),
            stock_rules: ledger.clone(),
            vouchers: ledger.clone(),
            books: ledger.clone(),
            catalog: catalog.clone(),
            catalog_read: catalog_read.clone(),
            customers: people.clone(),
            past_orders: people.clone(),
            staff: people.clone(),
            identity: identity.clone(),
            terms: selling.clone(),
            mails: Arc::new(notification.clone()),
            webhooks: Arc::new(notification.clone()),
            fulfilments: fulfilment.clone(),
            markets: terms.markets.clone(),
            store: STORE,
            name: settings.store_name.clone(),
            base_url: settings.base_url.clone(),
            last_backup: Arc::new({
                let data = settings.data.clone();
                move || crate::commands::backup::last(&data)
            }),
            clock: clock.clone(),
            rng: rng.clone(),
        };
        let storefront = Storefront {
            catalog: catalog_read,
            carts: carts.clone(),
            checkout: placing.clone(),
            orders: ledger.clone(),
            customers: people.clone(),
            past_orders: people.clone(),
            search: search.clone(),
            group_prices: selling.clone(),
            markets: terms.markets.clone(),
            store: STORE,
            name: settings.store_name.clone(),
            base_url: settings.base_url.clone(),
            clock,
            rng: rng.clone(),
        };
        let secrets = placing.clone();
        let api = OpenApiRouter::new()
            .merge(catalog::routes(catalog.clone(), ledger.clone()))
            .merge(search::routes(search))
            .merge(cart::routes(carts))
            .merge(checkout::api::routes(placing))
            .merge(checkout::api::edit_routes(edits))
            .merge(checkout::api::terms_routes(selling))
            .merge(ledger::api::routes(ledger::api::Handles {
                orders: ledger.clone(),
                history: ledger.clone(),
                stock: ledger.clone(),
                inventory: ledger.clone(),
                stock_rules: ledger.clone(),
                vouchers: ledger.clone(),
                books: ledger.clone(),
                secret_of: Arc::new(move |order| secrets.order_secret(order)),
                owns: accounts::owns(&people),
            }))
            .merge(payment::routes(webhooks))
            .merge(identity::routes(identity.clone()))
            .merge(accounts::routes(settings, &people))
            .merge(notification::routes(&notification))
            .merge(fulfilment::routes(fulfilment))
            .fallback(async || StatusCode::NOT_FOUND);
        let (api, mut openapi) = described().nest("/api/v1", api).split_for_parts();
        http_kit::describe(&mut openapi);
        let options = FrontOptions {
            limit: settings.max_requests,
            page: Some(storefront::error_page(storefront.clone())),
            base_url: settings.base_url.clone(),
            ..FrontOptions::default()
        };
        let front = Front::new(identity.clone(), rng, Arc::clone(metrics), options);
        let pages = Router::new()
            .merge(api)
            .merge(http_kit::docs_routes(&openapi)?)
            .merge(payment::test_pages(provider))
            .merge(catalog::media::media_routes(Arc::clone(catalog.media())))
            .merge(admin::routes(back_office))
            .merge(storefront::routes(storefront));
        tracing::debug!(%address, "the shop is put together");
        Ok(Shop { router: front.wrap(pages), openapi, identity, ledger_closed })
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    pub(crate) const fn openapi(&self) -> &OpenApi {
        &self.openapi
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Lets go of every part and waits for the last batch of the ledger. The background must be drained before.
    pub(crate) async fn close(self) {
        let Shop { router, ledger_closed, .. } = self;
        drop(router);
        if tokio::time::timeout(Duration::from_secs(5), ledger_closed).await.is_err() {
            tracing::warn!("something still holds the ledger; its thread ends with the process");
        }
    }
}

/// A failure of a service, with the part that is for the log.
pub(crate) fn told(failure: kernel::Failure) -> anyhow::Error {
    match failure.internal {
        Some(internal) => anyhow::anyhow!(internal),
        None => anyhow::anyhow!(failure.detail),
    }
}

fn open_ledger(
    world: &World<'_>,
    vault: Vault,
    settings: &Settings,
    catalog: &Arc<CatalogService>,
) -> Result<(Arc<LedgerService>, tokio::sync::oneshot::Receiver<()>)> {
    let commit_delay = (settings.commit_delay_us > 0).then(|| Duration::from_micros(settings.commit_delay_us));
    let options = SqliteOptions { commit_delay };
    let (engine, reader) = ledger::engine::sqlite::open_with(&world.data.join("ledger.db"), LEDGER_READERS, options)
        .context("ledger.db cannot be opened")?;
    let (ledger, batcher) = LedgerService::new(LedgerParts {
        engine: Box::new(engine),
        reader: Arc::new(reader),
        clock: Arc::clone(&world.clock),
        rng: Arc::clone(&world.rng),
        vault,
        availability: catalog.clone(),
    });
    let (closed, ledger_closed) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // A thread of its own: a commit blocks, and nothing else should wait for it.
    infra::thread::spawn_named("ledger", move || {
        runtime.block_on(batcher);
        // Nobody waits when the process is leaving at once.
        let _ = closed.send(());
    });
    Ok((ledger, ledger_closed))
}

fn open_provider(
    world: &World<'_>,
    settings: &Settings,
    vault: &Vault,
) -> Result<(TestProvider, payment::providers::test::Deliveries)> {
    let secret = kernel::Secret::new(vault.derived("webhooks of the test provider", b""));
    let own = payment::providers::test::Settings { webhooks: settings.test_webhooks, ..Default::default() };
    let journal = world.data.join("test-provider.journal");
    TestProvider::open(Some(&journal), own, &secret, Arc::clone(&world.clock), world.spawner.clone())
        .context("test-provider.journal cannot be opened")
}

/// The search over the catalog, following it from now on.
async fn open_search(
    world: &World<'_>,
    locales: Vec<String>,
    catalog: &Arc<CatalogService>,
    with_demo: bool,
) -> Result<Arc<SearchService>> {
    let parts = SearchParts {
        catalog: catalog.clone(),
        read: catalog.clone(),
        contents: catalog.clone(),
        clock: Arc::clone(&world.clock),
        locales,
        default_view: catalog.default_view().clone(),
    };
    let search = SearchService::open(world.data, &[STORE], parts).await.map_err(told)?;
    if with_demo {
        search.seed_synonyms(STORE, search::demo_synonyms()).await.map_err(told)?;
    }
    world.spawner.background().spawn("search", search.clone().follow(world.spawner.token()));
    Ok(search)
}

/// The demo shop, for a store in which nothing is on sale. Whether it was set up.
async fn fill(settings: &Settings, catalog: &Arc<CatalogService>, ledger: &Arc<LedgerService>) -> Result<bool> {
    if settings.first_start == FirstStart::Empty || !catalog.is_empty(STORE) {
        return Ok(false);
    }
    let catalog::demo::Demo { product_types, categories, collections, products, stock, media } =
        catalog::demo::catalogue();
    let count = products.len();
    // Stock first: the products come in one transaction, so a start that is cut short begins again from here.
    for levels in stock.chunks(LEVELS_AT_ONCE) {
        let set = |(sku, on_hand): &(Sku, i64)| {
            let (sku, on_hand) = (sku.clone(), *on_hand);
            async move {
                let request = SetStock { location: contracts::ledger::DEFAULT_LOCATION.to_owned(), on_hand };
                ledger.set(STORE, &sku, request, Actor::system()).await
            }
        };
        futures::future::try_join_all(levels.iter().map(set)).await.map_err(told)?;
    }
    // A later version may draw its shoes differently; the products of this store keep theirs.
    catalog.media().keep_drawings(media).await.map_err(told)?;
    let assortment = Assortment { product_types, categories, collections, products };
    catalog.load(STORE, assortment).await.map_err(told)?;
    tracing::info!(products = count, "the demo shop was set up");
    Ok(true)
}

/// What goes on without being asked.
fn start_background(
    world: &World<'_>,
    checkout: CheckoutService,
    ledger: &Arc<LedgerService>,
    provider: TestProvider,
    carts: &Arc<CartService>,
    catalog: &Arc<CatalogService>,
) {
    let spawner = world.spawner;
    // Nobody waits for these; the resolver, which takes orders further, is waited for.
    let behind = &spawner.background();
    let token = || spawner.token();
    spawner.spawn("resolver", Resolver::new(checkout.clone()).run(RESOLVE_EVERY, token()));
    let reconciler = Reconciler {
        store: STORE,
        provider: Arc::new(provider) as Arc<dyn Provider>,
        books: ledger.clone(),
        checkout: Arc::new(checkout),
        clock: Arc::clone(&world.clock),
        quiet_ms: 60_000,
    };
    reconciler.start(Progress::default(), RECONCILE_EVERY, behind);
    let relay = Relay {
        ledger: ledger.clone(),
        consumer: Arc::new(SalesConsumer::new(ledger.clone())),
        clock: Arc::clone(&world.clock),
        rng: Arc::clone(&world.rng),
        poll: RELAY_EVERY,
    };
    behind.spawn("relay-sales", relay.run(token()));
    spawner.spawn("preorders", Arc::clone(ledger).end_preorders_in_time(RELAY_EVERY, token()));
    let feed = Feed { ledger: ledger.clone(), source: catalog.clone(), poll: FEED_EVERY };
    behind.spawn("feed-catalog", feed.run(token()));
    let (carts, stop) = (Arc::clone(carts), token());
    behind.spawn("cart-sweep", async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SWEEP_CARTS_EVERY) => {}
            }
            match carts.sweep(STORE).await {
                Ok(0) => {}
                Ok(swept) => tracing::info!(swept, "carts that nobody touched for 90 days were deleted"),
                Err(failure) => tracing::warn!(%failure, internal = failure.internal, "the sweep of carts failed"),
            }
        }
    });
}

/// The document that the routes are added to.
fn described() -> OpenApiRouter {
    use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
    use utoipa::openapi::{Components, Info, License, OpenApiBuilder};
    let mut info = Info::new("Argosy", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The HTTP API of an Argosy shop. Amounts are in minor units of their currency; ids are opaque; times are RFC \
         3339 in UTC; errors are problem documents (RFC 9457). Back-office routes need an API key or a session of \
         staff, customers' own a session of theirs: `Authorization: Bearer …`."
            .to_owned(),
    );
    info.license = Some(License::new("MIT OR Apache-2.0"));
    let mut components = Components::new();
    components.add_security_scheme("api_key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info).components(Some(components)).build())
}
