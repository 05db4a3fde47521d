//! Serves a router on a socket: bounded in everything, and able to stop without cutting anybody off.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

use crate::cookie::ClientAddress;
use crate::patience::Patient;
use crate::proxy::Proxies;

/// The limits of a server.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Connections at once; more wait in the backlog of the operating system.
    pub max_connections: usize,
    /// How many of them one address may have; one more is closed at once. Our own proxies may have all.
    pub max_per_client: usize,
    /// How long a client may take to send the head of a request, and how long a connection may be idle.
    pub header_timeout: Duration,
    /// The largest head of a request, in bytes, its address included.
    pub max_header_bytes: usize,
    /// How long requests in flight may take to finish once the server is asked to stop.
    pub drain_timeout: Duration,
    /// How long a client may take nothing of an answer.
    pub write_timeout: Duration,
    pub proxies: Proxies,
}

impl Default for ServerOptions {
    fn default() -> Self {
        ServerOptions {
            max_connections: 20_000,
            max_per_client: 5_000,
            header_timeout: Duration::from_secs(20),
            max_header_bytes: 32 * 1024,
            drain_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            proxies: Proxies::default(),
        }
    }
}

/// Serves `router` on `listener` until `stop` fires; then accepts no more, lets requests in flight finish and
/// returns. Whether all finished within the drain timeout.
pub async fn serve(listener: TcpListener, router: Router, options: ServerOptions, stop: CancellationToken) -> bool {
    let router: Router = router.with_state(());
    let permits = Arc::new(Semaphore::new(options.max_connections));
    let options = Arc::new(options);
    let clients = Arc::new(Clients::default());
    let connections = TaskTracker::new();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size((options.max_header_bytes * 2).max(64 * 1024))
        .max_header_size(options.max_header_bytes);
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = Arc::clone(&permits).acquire_owned() => permit,
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let peer = peer.ip().to_canonical();
                let limit = if options.proxies.believes(peer) { usize::MAX } else { options.max_per_client };
                let Some(seat) = Clients::seat(&clients, peer, limit) else {
                    tracing::debug!(%peer, "a client has too many connections");
                    continue;
                };
                let routes = Routes { router: router.clone(), peer, options: Arc::clone(&options) };
                let connection = serve_connection(builder.clone(), stream, routes, stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop((permit, seat));
                });
            }
            Err(error) => {
                // Mostly too many open files: wait for some to close instead of spinning.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    connections.close();
    let open = connections.len();
    let finished = tokio::time::timeout(options.drain_timeout, connections.wait()).await.is_ok();
    tracing::info!(connections = open, finished, "the server stopped");
    finished
}

async fn serve_connection(builder: http1::Builder, stream: TcpStream, routes: Routes, stop: CancellationToken) {
    let options = Arc::clone(&routes.options);
    // Answers are written whole, so waiting for more to send only adds delay.
    let _ = stream.set_nodelay(true);
    let stream = Patient::new(stream, options.write_timeout);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), routes));
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stop.cancelled() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(options.drain_timeout, connection).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = ended {
        // Clients leave and send nonsense all day; that is their business.
        tracing::debug!(%error, "a connection ended early");
    }
}

/// How many connections each address has.
#[derive(Default)]
struct Clients(Mutex<HashMap<IpAddr, usize>>);

/// A connection of a client.
struct Seat {
    clients: Arc<Clients>,
    address: IpAddr,
}

impl Clients {
    fn seat(clients: &Arc<Self>, address: IpAddr, limit: usize) -> Option<Seat> {
        let mut counts = clients.0.lock();
        let count = counts.entry(address).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Seat { clients: Arc::clone(clients), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.clients.0.lock();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

struct Routes {
    router: Router,
    peer: IpAddr,
    options: Arc<ServerOptions>,
}

impl hyper::service::Service<Request<Incoming>> for Routes {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let address = self.options.proxies.client(request.headers(), self.peer);
        request.extensions_mut().insert(ClientAddress(address));
        self.router.clone().call(request)
    }
}
