//! From the first line of the log to the last: how a shop opens, serves and closes.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http_kit::{Metrics, Proxies, ServerOptions, serve};
use infra::Spawner;
use infra::thread::{BEHIND_THE_LEDGER, step_back};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::keys::Settings;
use crate::lock::DataDir;
use crate::probes::{self, Readiness};
use crate::shop::Shop;
use crate::telemetry;

/// Runs the shop until it is asked to stop.
///
/// # Errors
/// When it cannot open. Once it is open, only a second signal ends it early.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let telemetry = telemetry::start(settings)?;
    let runtime = runtime(settings.threads)?;
    let outcome = runtime.block_on(open_serve_close(settings));
    // What still blocks after the drain had its time.
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(telemetry);
    outcome
}

/// A runtime of `threads` workers; 0 takes one per core.
///
/// # Errors
/// When the operating system refuses its threads.
pub(crate) fn runtime(threads: usize) -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if threads > 0 {
        builder.worker_threads(threads);
    }
    // The ledger has a thread of its own, and every order waits for it: what runs here lets it go first.
    builder.on_thread_start(|| step_back(BEHIND_THE_LEDGER));
    builder.enable_all().thread_name("argosy").build().context("the runtime cannot be started")
}

async fn open_serve_close(settings: &Settings) -> Result<()> {
    let mut signals = Signals::listen()?;
    let data = DataDir::hold(&settings.data)?;
    let mut open = tokio::select! {
        open = OpenShop::open(settings, data, settings.listen) => open?,
        name = signals.next() => {
            tracing::info!(signal = name, "stopped while opening");
            return Ok(());
        }
    };
    let owner_link = crate::accounts::owner_link(open.shop.identity(), &open.url(settings)).await?;
    open.welcome(settings, owner_link.as_deref());
    let signal = open.serve_until(signals.next()).await;
    tracing::info!(signal, "closing: no new connections, requests under way may finish");
    tokio::select! {
        () = open.close() => Ok(()),
        name = signals.next() => {
            tracing::warn!(signal = name, "asked to stop again: leaving at once");
            anyhow::bail!("stopped before everything was finished")
        }
    }
}

/// A shop that answers requests. Also what commands open for themselves when no shop runs on their data.
pub(crate) struct OpenShop {
    pub(crate) address: SocketAddr,
    ops: Option<SocketAddr>,
    serving: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
    stop: CancellationToken,
    readiness: Readiness,
    spawner: Spawner,
    shop: Shop,
    drain_timeout: Duration,
    /// Let go of last.
    data: DataDir,
}

impl OpenShop {
    /// Opens everything and starts to listen at `listen`. Serving needs [`Self::serve_until`].
    ///
    /// # Errors
    /// When an address is taken or a part of the shop cannot open.
    pub(crate) async fn open(settings: &Settings, mut data: DataDir, listen: SocketAddr) -> Result<Self> {
        let listener = bind(listen, "--listen").await?;
        let ops_listener = match settings.ops_listen {
            Some(address) => Some(bind(address, "--ops-listen").await?),
            None => None,
        };
        let address = listener.local_addr()?;
        let ops = ops_listener.as_ref().map(TcpListener::local_addr).transpose()?;

        let spawner = Spawner::with_background().context("the thread for what can wait cannot be started")?;
        let metrics = Metrics::new();
        let readiness = Readiness::default();
        let shop = Shop::open(settings, data.path(), address, &spawner, &metrics).await?;
        let probes = probes::routes(readiness.clone(), &metrics);

        let drain_timeout = Duration::from_secs(settings.drain_timeout_s);
        let options = ServerOptions {
            max_connections: settings.max_connections,
            drain_timeout,
            // So that one client alone can neither hold all connections nor all places of requests at work.
            max_per_client: (settings.max_connections.min(settings.max_requests) / 4).max(64),
            proxies: Proxies { count: settings.proxies, networks: settings.proxy_networks.clone() },
            ..ServerOptions::default()
        };
        let stop = CancellationToken::new();
        let router = shop.router();
        let serving: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = match ops_listener {
            None => {
                let all = serve(listener, router.merge(probes), options, stop.clone());
                Box::pin(async move {
                    all.await;
                })
            }
            Some(ops_listener) => {
                let main = serve(listener, router, options.clone(), stop.clone());
                let ops = serve(ops_listener, probes, options, stop.clone());
                Box::pin(async move {
                    futures::future::join(main, ops).await;
                })
            }
        };
        data.announce(Some(address))?;
        readiness.set(true);
        Ok(OpenShop { address, ops, serving, stop, readiness, spawner, shop, drain_timeout, data })
    }

    /// Serves until `end` is there, and goes on serving: [`Self::close`] ends it.
    pub(crate) async fn serve_until<T>(&mut self, end: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            end = end => end,
            // Serving ends only after `stop`, which only `close` fires.
            () = &mut self.serving => unreachable!("the server stopped by itself"),
        }
    }

    /// Finishes what is under way, within the drain timeout, and closes the databases.
    pub(crate) async fn close(self) {
        let OpenShop { serving, stop, readiness, spawner, shop, drain_timeout, data, .. } = self;
        readiness.set(false);
        stop.cancel();
        serving.await;
        let drained = spawner.drain(drain_timeout).await;
        shop.close().await;
        drop(data);
        tracing::info!(drained, "closed");
    }

    /// The description of the API.
    pub(crate) const fn openapi(&self) -> &utoipa::openapi::OpenApi {
        self.shop.openapi()
    }

    fn url(&self, settings: &Settings) -> String {
        crate::accounts::base_url(settings, self.address)
    }

    /// Says where the shop is and what to do first: `owner_link` creates the owner, while there is none.
    fn welcome(&self, settings: &Settings, owner_link: Option<&str>) {
        let url = self.url(settings);
        let first = owner_link
            .map(|link| format!("\n  First      {link}\n             (makes you the owner; works once, for a day)"));
        let first = first.unwrap_or_default();
        let data = settings.data.display();
        let ops =
            self.ops.map(|ops| format!("\n  Health     http://{ops}/readyz, /livez, /metrics")).unwrap_or_default();
        let text = format!(
            "\n  {} is open: {url}\n\n  API        {url}/api/docs\n  Data       {data}{ops}{first}\n  \
             Try        argosy --data {data} api-key create --name me --scope admin\n  Stop       Ctrl-C\n\n",
            settings.store_name
        );
        // On standard error: standard output is the log.
        let _ = std::io::stderr().write_all(text.as_bytes());
        tracing::info!(url, data = %data, ops = self.ops.map(tracing::field::display), "the shop is open");
    }
}

async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on; name another address with {flag}"))
}

/// The signals that ask a process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
