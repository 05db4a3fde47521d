//! How mails get out: by SMTP, or into a folder where no server is configured.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use contracts::address::is_email;
use kernel::{Failure, MailId, Secret, Timestamp};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Message, MultiPart, SinglePart};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::format::inert;
use super::letter::Rendered;

/// How long a server may take to accept a mail.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A name and an address, as in `Argosy <shop@example.org>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<String>,
    address: String,
}

impl Mailbox {
    /// # Errors
    /// What is wrong with `text`, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no mailbox; write one as Shop <shop@example.org>");
        let (name, address) = match text.trim().strip_suffix('>') {
            Some(rest) => {
                let (name, address) = rest.rsplit_once('<').ok_or_else(wrong)?;
                let name = inert(name.trim().trim_matches('"'));
                ((!name.is_empty()).then_some(name), address)
            }
            None => (None, text.trim()),
        };
        if !is_email(address) {
            return Err(wrong());
        }
        Ok(Mailbox { name, address: address.to_owned() })
    }

    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }

    fn lettre(&self) -> Result<lettre::message::Mailbox, Failure> {
        let address = Address::from_str(&self.address).map_err(Failure::internal)?;
        Ok(lettre::message::Mailbox::new(self.name.clone(), address))
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// Where mails go.
#[derive(Clone, Debug, Default)]
pub enum MailTransport {
    /// Files in the folder `mail/`, to be looked at.
    #[default]
    Folder,
    /// A server: `smtps://name:password@host`, or `smtp://…` with STARTTLS.
    Smtp(Secret),
}

impl MailTransport {
    /// # Errors
    /// When the SMTP address cannot be used.
    pub(crate) fn open(&self, folder: &Path, from: &Mailbox) -> Result<Box<dyn Transport>, Failure> {
        Ok(match self {
            MailTransport::Folder => Box::new(Folder { path: folder.to_owned() }),
            MailTransport::Smtp(url) => Box::new(Smtp::new(url, from).map_err(Failure::internal)?),
        })
    }
}

/// What is wrong with an SMTP address, for people.
///
/// # Errors
/// That, without the password.
pub fn check_smtp_url(url: &str) -> Result<(), String> {
    builder(url).map(|_| ())
}

fn builder(url: &str) -> Result<lettre::transport::smtp::AsyncSmtpTransportBuilder, String> {
    const SHAPE: &str = "write it as smtps://name:password@host, or smtp://… for STARTTLS";
    let secured = secured(url).ok_or_else(|| format!("this is no SMTP address; {SHAPE}"))?;
    // The error of the library may repeat the address, and with it the password.
    AsyncSmtpTransport::<Tokio1Executor>::from_url(&secured).map_err(|_| format!("this is no SMTP address; {SHAPE}"))
}

/// The address, with TLS asked for: a password or a reader's address never travels in the open, except within one
/// machine or where the address says so itself.
fn secured(url: &str) -> Option<String> {
    if url.starts_with("smtps://") {
        return Some(url.to_owned());
    }
    let rest = url.strip_prefix("smtp://")?;
    let host = rest.split(['/', '?']).next()?.rsplit('@').next()?;
    let local = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host.strip_prefix(name).is_some_and(|port| port.is_empty() || port.starts_with(':')));
    if local || url.contains("tls=") {
        return Some(url.to_owned());
    }
    Some(if url.contains('?') { format!("{url}&tls=required") } else { format!("{url}?tls=required") })
}

/// A mail ready to go.
pub struct Outgoing<'a> {
    pub(crate) id: MailId,
    pub(crate) template: &'static str,
    pub(crate) from: &'a Mailbox,
    pub(crate) to: &'a Mailbox,
    pub(crate) letter: &'a Rendered,
    pub(crate) at: Timestamp,
}

impl Outgoing<'_> {
    #[must_use]
    pub const fn id(&self) -> MailId {
        self.id
    }

    /// Address of the reader.
    #[must_use]
    pub fn to(&self) -> &str {
        self.to.address()
    }

    /// Of its file, where it is one.
    #[must_use]
    pub fn file_name(&self) -> String {
        file_name(self.id, self.template)
    }

    /// What it says to readers of plain text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.letter.text
    }

    /// The mail as bytes. The same mail has the same id, so that a server can notice one that comes twice.
    fn message(&self) -> Result<Message, Failure> {
        let date = std::time::UNIX_EPOCH + Duration::from_millis(self.at.millis().max(0).cast_unsigned());
        let auto = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let parts = MultiPart::builder()
            .kind(lettre::message::MultiPartKind::Alternative)
            .boundary(format!("=_{}", self.id.uuid().simple()))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(self.letter.text.clone()))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(self.letter.html.clone()));
        Message::builder()
            .from(self.from.lettre()?)
            .to(self.to.lettre()?)
            .subject(inert(&self.letter.subject))
            .date(date)
            .message_id(Some(format!("<{}@{}>", self.id, self.from.domain())))
            .raw_header(auto)
            .multipart(parts)
            .map_err(|error| Failure::internal(format!("a mail cannot be written: {error}")))
    }
}

/// Why a mail did not go out. The words name no reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It may go later.
    ForNow(String),
    /// It will never go: the reader does not exist, or the server does not want it.
    ForGood(String),
}

/// The way out of the shop.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Takes a mail. The name of its file, where there is one.
    async fn send(&self, mail: &Outgoing<'_>) -> Result<Option<String>, Refused>;

    /// Deletes a file of `folder`, also of the time before mails went by SMTP. One that is gone is fine.
    ///
    /// # Errors
    /// When it is still there.
    async fn delete(&self, folder: &Path, file: &str) -> Result<(), Failure> {
        match tokio::fs::remove_file(folder.join(file)).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Failure::internal(format!("the file {file} of a mail cannot be deleted: {error}"))),
        }
    }
}

struct Folder {
    path: PathBuf,
}

#[async_trait]
impl Transport for Folder {
    async fn send(&self, mail: &Outgoing<'_>) -> Result<Option<String>, Refused> {
        let bytes = mail.message().map_err(|failure| Refused::ForGood(why(&failure)))?.formatted();
        let later = |error: std::io::Error| Refused::ForNow(format!("The folder of mails cannot be written: {error}"));
        tokio::fs::create_dir_all(&self.path).await.map_err(later)?;
        let name = mail.file_name();
        let unfinished = self.path.join(format!(".{name}"));
        tokio::fs::write(&unfinished, bytes).await.map_err(later)?;
        // Whoever watches the folder sees whole mails only.
        tokio::fs::rename(&unfinished, self.path.join(&name)).await.map_err(later)?;
        Ok(Some(name))
    }
}

/// Sorts by time; the same mail has the same name, however often it is written.
pub(crate) fn file_name(id: MailId, template: &str) -> String {
    format!("{id}-{template}.eml")
}

fn why(failure: &Failure) -> String {
    failure.internal.clone().unwrap_or_else(|| failure.detail.clone())
}

struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    fn new(url: &Secret, from: &Mailbox) -> Result<Self, String> {
        let builder = builder(url.expose())?;
        Ok(Smtp(builder.timeout(Some(TIMEOUT)).hello_name(ClientId::Domain(from.domain().to_owned())).build()))
    }
}

#[async_trait]
impl Transport for Smtp {
    async fn send(&self, mail: &Outgoing<'_>) -> Result<Option<String>, Refused> {
        let message = mail.message().map_err(|failure| Refused::ForGood(why(&failure)))?;
        match self.0.send(message).await {
            Ok(_) => Ok(None),
            Err(error) => Err(judged(&error)),
        }
    }
}

/// What a failed try means. The server's own words may repeat the reader's address, so only its code is kept.
fn judged(error: &lettre::transport::smtp::Error) -> Refused {
    if let Some(code) = error.status() {
        let code = code.to_string();
        let text = format!("The mail server answered {code}.");
        // 53x is about us, not about the reader: a password that is wrong today is right once it is corrected.
        return if code.starts_with('5') && !code.starts_with("53") {
            Refused::ForGood(text)
        } else {
            Refused::ForNow(text)
        };
    }
    Refused::ForNow(if error.is_timeout() {
        "The mail server did not answer in time.".to_owned()
    } else if error.is_tls() {
        "No secure connection to the mail server could be made.".to_owned()
    } else if error.is_client() {
        "The mail server offers nothing that fits the settings: TLS, or a way to log in.".to_owned()
    } else {
        "The mail server could not be reached.".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_read() {
        let shop = Mailbox::parse("Argosy <shop@example.org>").unwrap();
        assert_eq!((shop.to_string().as_str(), shop.domain()), ("Argosy <shop@example.org>", "example.org"));
        assert_eq!(Mailbox::parse("a@b.co").unwrap().to_string(), "a@b.co");
        for bad in ["", "shop", "Shop <shop>", "Shop shop@example.org>", "a@b.co\r\nBcc: x@y.zz", "<a@b.co> x"] {
            assert!(Mailbox::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Mailbox::parse("Evil\r\nBcc: x <a@b.co>").unwrap().to_string(), "Evil Bcc: x <a@b.co>");
    }

    #[test]
    fn tls_is_asked_for() {
        for (given, used) in [
            ("smtps://u:p@mail.example", Some("smtps://u:p@mail.example")),
            ("smtp://mail.example:587", Some("smtp://mail.example:587?tls=required")),
            ("smtp://localhost.example", Some("smtp://localhost.example?tls=required")),
            ("smtp://127.0.0.1@mail.example", Some("smtp://127.0.0.1@mail.example?tls=required")),
            ("smtp://mail.example?tls=opportunistic", Some("smtp://mail.example?tls=opportunistic")),
            ("smtp://127.0.0.1:2525", Some("smtp://127.0.0.1:2525")),
            ("http://mail.example", None),
        ] {
            assert_eq!(secured(given).as_deref(), used, "{given}");
        }
        assert!(check_smtp_url("smtps://u:p@mail.example").is_ok());
        let said = check_smtp_url("smtp://u:hunter2@:x").unwrap_err();
        assert!(!said.contains("hunter2"), "{said}");
    }
}
