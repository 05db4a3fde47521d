//! Requests to a shop on this machine, as the commands make them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context as _, Result, anyhow};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use kernel::Secret;
use serde_json::Value;
use tokio::net::TcpStream;

/// A shop that can be asked, with a key that opens its back office.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    key: Secret,
}

impl Client {
    /// `listening` is where the shop listens; an address that means all interfaces is reached on loopback.
    pub(crate) fn new(listening: SocketAddr, key: Secret) -> Self {
        let ip = match listening.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        Client { address: SocketAddr::new(ip, listening.port()), key }
    }

    /// The JSON at `path`.
    ///
    /// # Errors
    /// When the shop does not answer, or answers with a problem: its text.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send("GET", path, None).await
    }

    /// Writes what is at `path` to `out` as it comes, however much it is. How many bytes that were.
    ///
    /// # Errors
    /// As [`Self::get`], when `out` cannot be written, or when the answer breaks off.
    pub(crate) async fn save(&self, path: &str, out: &mut (dyn std::io::Write + Send)) -> Result<u64> {
        let request = self.request("GET", path, None)?;
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async {
            let mut response = sender.send_request(request).await?;
            if !response.status().is_success() {
                let status = response.status();
                let body = response.into_body().collect().await?.to_bytes();
                return Err(refused("GET", path, status, &body));
            }
            let mut written = 0;
            while let Some(frame) = response.body_mut().frame().await {
                if let Ok(data) = frame.context("the answer broke off")?.into_data() {
                    out.write_all(&data)?;
                    written += data.len() as u64;
                }
            }
            Ok(written)
        };
        let mut connection = std::pin::pin!(connection);
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            done = exchange.as_mut() => done,
            _ = connection.as_mut() => exchange.await,
        }
    }

    /// Posts `body` and gives back the JSON of the answer.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) async fn post(&self, path: &str, content_type: &str, body: Bytes) -> Result<Value> {
        self.send("POST", path, Some((content_type, body))).await
    }

    /// As [`Self::post`], read as what it is.
    ///
    /// # Errors
    /// As [`Self::get`], or when the answer is something else.
    pub(crate) async fn post_for<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<T> {
        let answer = self.ask("POST", path, Some((content_type, body))).await?;
        serde_json::from_slice(&answer).context("the shop's answer cannot be read")
    }

    async fn send(&self, method: &str, path: &str, body: Option<(&str, Bytes)>) -> Result<Value> {
        Ok(serde_json::from_slice(&self.ask(method, path, body).await?).unwrap_or(Value::Null))
    }

    fn request(&self, method: &str, path: &str, body: Option<(&str, Bytes)>) -> Result<Request<Body>> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key.expose()));
        let request = match body {
            Some((content_type, body)) => request.header(header::CONTENT_TYPE, content_type).body(Body::from(body)),
            None => request.body(Body::empty()),
        };
        Ok(request?)
    }

    async fn ask(&self, method: &str, path: &str, body: Option<(&str, Bytes)>) -> Result<Bytes> {
        let request = self.request(method, path, body)?;
        let (status, body) = self
            .exchange(request)
            .await
            .with_context(|| format!("the shop at http://{} does not answer", self.address))?;
        if status.is_success() {
            return Ok(body);
        }
        Err(refused(method, path, status, &body))
    }

    async fn exchange(&self, request: Request<Body>) -> Result<(StatusCode, Bytes)> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            anyhow::Ok((status, response.into_body().collect().await?.to_bytes()))
        };
        let mut connection = std::pin::pin!(connection);
        let mut exchange = std::pin::pin!(exchange);
        // The connection moves bytes while the exchange waits; it may end first, with the last of them.
        tokio::select! {
            done = exchange.as_mut() => done,
            _ = connection.as_mut() => exchange.await,
        }
    }
}

fn refused(method: &str, path: &str, status: StatusCode, body: &[u8]) -> anyhow::Error {
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let detail = json["detail"].as_str().unwrap_or("no detail was given");
    anyhow!("the shop refused {method} {path}: {status}: {detail}")
}
