//! One request to a stranger's server. The name is looked up once and every address it has is checked; the connection
//! goes to an address that was checked, so a name that changes its mind meanwhile changes nothing. No redirects, no
//! cookies, no proxy, nothing read beyond a few KiB, nothing waited for beyond ten seconds.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::{Either, select};
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use kernel::Failure;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::WebhookSettings;
use super::address::is_public;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Read of an answer; what it says is not looked at.
const MAX_ANSWER: usize = 4 * 1024;
/// Addresses of a name that are tried.
const MAX_ADDRESSES: usize = 4;

/// Why nothing was answered. The words are for the endpoint's owner, so they tell nothing about our network.
pub type NoAnswer = String;

/// The way to the endpoints.
#[async_trait]
pub trait Post: Send + Sync {
    /// Brings `message` to `url`. The status that was answered.
    async fn bring(&self, url: &str, message: &Message<'_>) -> Result<u16, NoAnswer>;
}

/// Where a webhook goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    secure: bool,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    path: String,
    /// For the `Host` header.
    authority: String,
}

impl Target {
    /// # Errors
    /// What is wrong with `url`, for people.
    pub(crate) fn parse(url: &str, settings: &WebhookSettings) -> Result<Self, Failure> {
        let wrong = |detail: &str| Failure::field("/url", "invalid_url", detail);
        let uri: Uri = url.parse().map_err(|_| wrong("Write the address as https://hooks.example.org/path."))?;
        if url.len() > 2000 || url.contains('#') || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(wrong("The address has at most 2000 characters, none of them a space or a #."));
        }
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if settings.allow_insecure => false,
            _ => return Err(wrong("The address must begin with https://.")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("The address names no host."))?;
        if authority.as_str().contains('@') {
            return Err(wrong("An address with a password in it would end up in logs; leave it out."));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        if host.is_empty() || port == 0 {
            return Err(wrong("The address names no host."));
        }
        // An address that can be seen to be private is refused at once; a name is looked at when it is used.
        if let Ok(ip) = host.parse()
            && !settings.allow_private
            && !is_public(ip)
        {
            return Err(wrong("This is an address of a private network. Webhooks go to the public internet only."));
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Target { secure, host, port, path, authority: authority.to_string() })
    }
}

/// Sends webhooks.
#[derive(Clone)]
pub(crate) struct Client {
    settings: WebhookSettings,
    tls: Arc<OnceLock<Result<Arc<ClientConfig>, String>>>,
}

/// What is sent.
pub struct Message<'a> {
    /// The event's.
    pub id: &'a str,
    pub timestamp_s: i64,
    pub signature: String,
    pub body: &'a str,
}

#[async_trait]
impl Post for Client {
    async fn bring(&self, url: &str, message: &Message<'_>) -> Result<u16, NoAnswer> {
        let target = Target::parse(url, &self.settings).map_err(|failure| failure.detail)?;
        self.post(&target, message).await
    }
}

impl Client {
    pub(crate) fn new(settings: WebhookSettings) -> Self {
        Client { settings, tls: Arc::default() }
    }

    /// The status that was answered.
    pub(crate) async fn post(&self, target: &Target, message: &Message<'_>) -> Result<u16, NoAnswer> {
        match tokio::time::timeout(TIMEOUT, self.exchange(target, message)).await {
            Ok(outcome) => outcome,
            Err(_) => Err("There was no answer within ten seconds.".to_owned()),
        }
    }

    async fn exchange(&self, target: &Target, message: &Message<'_>) -> Result<u16, NoAnswer> {
        let stream = self.connect(target).await?;
        let request = request(target, message)?;
        if !target.secure {
            return talk(stream, request).await;
        }
        let config = self.tls.get_or_init(tls_config).clone()?;
        let name = ServerName::try_from(target.host.clone()).map_err(|_| "The host has no proper name.".to_owned())?;
        let stream = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| format!("No secure connection could be made: {}.", tls_trouble(&error)))?;
        talk(stream, request).await
    }

    async fn connect(&self, target: &Target) -> Result<TcpStream, NoAnswer> {
        let addresses = self.resolve(target).await?;
        for address in addresses.into_iter().take(MAX_ADDRESSES) {
            if let Ok(stream) = TcpStream::connect(address).await {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
        }
        Err("The connection was refused.".to_owned())
    }

    /// The addresses of the host, all of them checked.
    async fn resolve(&self, target: &Target) -> Result<Vec<SocketAddr>, NoAnswer> {
        let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
        let addresses: Vec<SocketAddr> = found.map_err(|_| "The host has no address.".to_owned())?.collect();
        if addresses.is_empty() {
            return Err("The host has no address.".to_owned());
        }
        // One private address among public ones is a trick, not an accident.
        if !self.settings.allow_private && !addresses.iter().all(|address| is_public(address.ip())) {
            return Err(
                "The host has an address of a private network; webhooks go to the public internet only.".to_owned()
            );
        }
        Ok(addresses)
    }
}

fn request(target: &Target, message: &Message<'_>) -> Result<Request<Full<Bytes>>, NoAnswer> {
    Request::post(&target.path)
        .header(HOST, &target.authority)
        .header(USER_AGENT, concat!("Argosy/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header("webhook-id", message.id)
        .header("webhook-timestamp", message.timestamp_s)
        .header("webhook-signature", &message.signature)
        .body(Full::new(Bytes::copy_from_slice(message.body.as_bytes())))
        .map_err(|_| "The address cannot be written into a request.".to_owned())
}

async fn talk<S>(stream: S, request: Request<Full<Bytes>>) -> Result<u16, NoAnswer>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let broken = |_| "The connection broke before there was an answer.".to_owned();
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_headers(64)
        .max_buf_size(16 * 1024)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let exchange = async move {
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        let mut read = 0;
        // Only so much as lets a polite server finish.
        while read < MAX_ANSWER {
            match body.frame().await {
                Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
                _ => break,
            }
        }
        Ok(status)
    };
    match select(Box::pin(exchange), Box::pin(connection)).await {
        Either::Left((status, _)) => status,
        // The connection is over; what it brought is with the exchange.
        Either::Right((_, exchange)) => exchange.await,
    }
}

fn tls_config() -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (known, _) = roots.add_parsable_certificates(found.certs);
    if known == 0 {
        tracing::error!(
            "this machine trusts no certificate authority, so no webhook can be delivered; install ca-certificates"
        );
        return Err("The shop trusts no certificate authority; its operator has to install some.".to_owned());
    }
    trusting(roots)
}

fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn tls_trouble(error: &std::io::Error) -> &'static str {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => "the certificate is not valid for this host",
        Some(_) => "the server speaks no TLS that we do",
        None => "the server hung up",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_when_they_are_given() {
        let strict = WebhookSettings::default();
        let target = Target::parse("https://Hooks.example.org/a?b=c", &strict).unwrap();
        assert_eq!((target.port, target.path.as_str(), target.secure), (443, "/a?b=c", true));
        assert_eq!(Target::parse("https://[2606:4700::1111]:8443/", &strict).unwrap().host, "2606:4700::1111");
        for bad in [
            "",
            "hooks.example.org",
            "/path",
            "http://hooks.example.org/",
            "ftp://hooks.example.org/",
            "https://user:pass@hooks.example.org/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest",
            "https://[::ffff:10.0.0.1]/",
            "https://hooks.example.org/#x",
            "https://hooks.example.org/a b",
            "https://:443/",
            "https://hooks.example.org:0/",
            &format!("https://hooks.example.org/{}", "x".repeat(2000)),
        ] {
            let failure = Target::parse(bad, &strict).unwrap_err();
            assert_eq!(failure.errors[0].pointer, "/url", "{bad}");
        }
        let open = WebhookSettings { allow_insecure: true, allow_private: true };
        assert!(!Target::parse("http://127.0.0.1:8080/x", &open).unwrap().secure);
    }

    #[tokio::test]
    async fn names_that_lead_home_are_not_connected_to() {
        let client = Client::new(WebhookSettings { allow_insecure: true, allow_private: false });
        // Whatever way of writing 127.0.0.1 the resolver understands: what counts is what it leads to.
        for url in ["http://localhost:9/", "http://2130706433:9/", "http://0x7f.1:9/", "http://127.1:9/"] {
            let open = WebhookSettings { allow_insecure: true, allow_private: true };
            let target = Target::parse(url, &open).unwrap();
            let message = Message { id: "1", timestamp_s: 1, signature: String::new(), body: "{}" };
            let why = client.post(&target, &message).await.unwrap_err();
            assert!(why.contains("private network") || why.contains("no address"), "{url}: {why}");
        }
    }

    /// A server that speaks TLS with a certificate for `names`, and that certificate.
    #[allow(clippy::disallowed_methods, reason = "the server of this test ends with the test")]
    async fn tls_server(names: &[&str]) -> (u16, rustls::pki_types::CertificateDer<'static>) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let certificate = made.cert.der().clone();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut seen = [0; 4096];
                let _ = stream.read(&mut seen).await;
                let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        });
        (port, certificate)
    }

    async fn post_trusting(root: rustls::pki_types::CertificateDer<'static>, port: u16) -> Result<u16, NoAnswer> {
        let settings = WebhookSettings { allow_insecure: false, allow_private: true };
        let client = Client::new(settings);
        let mut roots = RootCertStore::empty();
        roots.add(root).unwrap();
        assert!(client.tls.set(trusting(roots)).is_ok());
        let target = Target::parse(&format!("https://localhost:{port}/hook"), &settings).unwrap();
        let message = Message { id: "1", timestamp_s: 1, signature: "v1,x".to_owned(), body: "{}" };
        client.post(&target, &message).await
    }

    #[tokio::test]
    async fn a_certificate_must_be_known_and_for_this_host() {
        let (port, certificate) = tls_server(&["localhost"]).await;
        assert_eq!(post_trusting(certificate.clone(), port).await, Ok(202));
        let (other_port, other) = tls_server(&["hooks.example"]).await;
        for (root, port) in [(other.clone(), port), (other, other_port)] {
            let why = post_trusting(root, port).await.unwrap_err();
            assert!(why.contains("the certificate is not valid"), "{why}");
        }
    }
}
