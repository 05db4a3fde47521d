//! Serves a router on a socket: bounded in everything, and able to stop without cutting anybody off.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

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
}

impl Default for ServerOptions {
    fn default() -> Self {
        ServerOptions {
            max_connections: 20_000,
            header_timeout: Duration::from_secs(20),
            max_header_bytes: 32 * 1024,
            drain_timeout: Duration::from_secs(10),
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
            Ok((stream, _)) => {
                let connection =
                    serve_connection(builder.clone(), stream, Routes(router.clone()), options, stop.clone());
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

struct Routes(Router);

impl hyper::service::Service<Request<Incoming>> for Routes {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.0.clone().call(request)
    }
}
