//! Serves a router on a socket: bounded in everything, and able to stop without cutting anybody off.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

use crate::cookie::ClientAddress;

/// The limits of a server.
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// Connections at once; more wait in the backlog of the operating system.
    pub max_connections: usize,
    /// How long a client may take to send the head of a request, and how long a connection may be idle.
    pub header_timeout: Duration,
    /// The largest head of a request, in bytes, its address included.
    pub max_header_bytes: usize,
    /// How long requests in flight may take to finish once the server is asked to stop.
    pub drain_timeout: Duration,
    /// How many proxies of our own stand in front; each adds one address to `X-Forwarded-For`.
    pub proxies: usize,
}

impl Default for ServerOptions {
    fn default() -> Self {
        ServerOptions {
            max_connections: 20_000,
            header_timeout: Duration::from_secs(20),
            max_header_bytes: 32 * 1024,
            drain_timeout: Duration::from_secs(10),
            proxies: 0,
        }
    }
}

/// Serves `router` on `listener` until `stop` fires; then accepts no more, lets requests in flight finish and
/// returns. Whether all finished within the drain timeout.
pub async fn serve(listener: TcpListener, router: Router, options: ServerOptions, stop: CancellationToken) -> bool {
    let router: Router = router.with_state(());
    let permits = Arc::new(Semaphore::new(options.max_connections));
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
                let routes = Routes { router: router.clone(), peer: peer.ip(), proxies: options.proxies };
                let connection = serve_connection(builder.clone(), stream, routes, options, stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(permit);
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

async fn serve_connection(
    builder: http1::Builder,
    stream: TcpStream,
    routes: Routes,
    options: ServerOptions,
    stop: CancellationToken,
) {
    // Answers are written whole, so waiting for more to send only adds delay.
    let _ = stream.set_nodelay(true);
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

struct Routes {
    router: Router,
    peer: IpAddr,
    proxies: usize,
}

impl hyper::service::Service<Request<Incoming>> for Routes {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let address = client(request.headers(), self.peer, self.proxies);
        request.extensions_mut().insert(ClientAddress(address));
        self.router.clone().call(request)
    }
}

/// The client's address: the peer's, or what the outermost of our own proxies saw. Whatever stands before that in
/// `X-Forwarded-For` was written by the client itself.
fn client(headers: &HeaderMap, peer: IpAddr, proxies: usize) -> IpAddr {
    if proxies == 0 {
        return peer;
    }
    let texts = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = texts.flat_map(|text| text.split(',')).map(str::trim).collect();
    hops.len().checked_sub(proxies).and_then(|at| hops[at].parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_our_own_proxies_are_believed() {
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        let seen = |forwarded: &'static str, proxies| {
            let headers =
                HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), HeaderValue::from_static(forwarded))]);
            client(&headers, peer, proxies).to_string()
        };
        assert_eq!(seen("192.0.2.1", 0), "10.0.0.1");
        assert_eq!(seen("192.0.2.66, 192.0.2.1", 1), "192.0.2.1");
        assert_eq!(seen("192.0.2.66, 192.0.2.1, 10.0.0.9", 2), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", 2), "10.0.0.1");
        assert_eq!(seen("nonsense", 1), "10.0.0.1");
    }
}
