//! The reference for browsing: hyper and nothing else, sending the same bytes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kernel::Rng;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::load::{Answer, Connection, get};
use crate::shop::free_port;

/// The reference as a process of its own, like the shop. Killed when dropped.
#[derive(Debug)]
pub(super) struct Bare {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Bare {
    /// Starts this program's `serve-bare` on what was answered to the shop's client.
    pub(super) async fn start(answer: &Answer<'_>, home: &Path, rng: &dyn Rng) -> Result<Self> {
        let file = home.join("answer");
        std::fs::write(&file, [answer.head, answer.body].concat())?;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port(rng)?));
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve-bare").args(["--listen", &address.to_string(), "--file"]).arg(&file).stdin(Stdio::null());
        let bare = Bare { child: command.spawn()?, address };
        for _ in 0..500 {
            if let Ok(mut connection) = Connection::open(address).await {
                connection.send(&get(address, "/")).await?;
                return Ok(bare);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the bare server did not start")
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers every request with the answer in `file`, until it is killed.
///
/// # Errors
/// When the file or the address is not to be had.
pub async fn serve(listen: SocketAddr, file: &Path) -> Result<()> {
    let (headers, body) = saved(&std::fs::read(file)?)?;
    let listener = TcpListener::bind(listen).await?;
    let connections = TaskTracker::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (headers, body) = (headers.clone(), body.clone());
        let service = service_fn(move |_| {
            let mut response = Response::new(Full::new(body.clone()));
            *response.headers_mut() = headers.clone();
            std::future::ready(Ok::<_, Infallible>(response))
        });
        connections.spawn(async move {
            // A client that leaves is no error of a server.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The headers and the body of an answer. What hyper adds by itself is left out.
fn saved(answer: &[u8]) -> Result<(HeaderMap, Bytes)> {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").context("the file holds no answer")?;
    let mut headers = HeaderMap::new();
    for line in std::str::from_utf8(&answer[..end])?.split("\r\n").skip(1) {
        let (name, value) = line.split_once(':').context("a header without a colon")?;
        if !["content-length", "date", "connection"].contains(&name.to_ascii_lowercase().as_str()) {
            headers.append(HeaderName::try_from(name)?, HeaderValue::try_from(value.trim())?);
        }
    }
    Ok((headers, Bytes::copy_from_slice(&answer[end + 4..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_saved_without_what_hyper_adds() {
        let answer =
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\ndate: x\r\nEtag: \"e\"\r\nvary: accept-encoding\r\n\r\nhi";
        let (headers, body) = saved(answer).unwrap();
        assert_eq!((headers.len(), &headers["etag"], &body[..]), (2, &HeaderValue::from_static("\"e\""), &b"hi"[..]));
        assert!(saved(b"HTTP/1.1 200 OK\r\n").is_err());
    }
}
