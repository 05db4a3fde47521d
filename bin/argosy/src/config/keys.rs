//! The table of keys.

use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use checkout::quote::Terms;
use http_kit::Network;
use kernel::Secret;
use notification::{Mailbox, WebhookSettings, check_smtp_url};
use payment::providers::test::Webhooks;
use tracing_subscriber::EnvFilter;

use crate::graph;
use crate::roles::Roles;

/// The configuration as the program uses it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) ops_listen: Option<SocketAddr>,
    pub(crate) data: PathBuf,
    pub(crate) first_start: FirstStart,
    pub(crate) roles: Roles,
    pub(crate) store_name: String,
    pub(crate) base_url: Option<String>,
    pub(crate) log_filter: String,
    pub(crate) log_format: LogFormat,
    pub(crate) hold_minutes: usize,
    pub(crate) test_webhooks: Webhooks,
    pub(crate) smtp_url: Option<Secret>,
    pub(crate) mail_from: Option<Mailbox>,
    pub(crate) mail_staff_to: Option<Mailbox>,
    pub(crate) webhooks: WebhookSettings,
    pub(crate) csv_drop: bool,
    pub(crate) parcel_minutes: usize,
    pub(crate) commit_delay_us: u64,
    pub(crate) threads: usize,
    pub(crate) max_requests: usize,
    pub(crate) max_connections: usize,
    pub(crate) proxies: usize,
    pub(crate) proxy_networks: Vec<Network>,
    pub(crate) drain_timeout_s: u64,
    /// Markets, taxes and shipping rates; only from the file.
    pub(crate) terms: Terms,
}

/// What to put into a store that is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FirstStart {
    /// The demo shop.
    #[default]
    Demo,
    Empty,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    #[default]
    Auto,
    Pretty,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ops_listen: None,
            data: PathBuf::new(),
            first_start: FirstStart::default(),
            roles: Roles::default(),
            store_name: String::new(),
            base_url: None,
            log_filter: String::new(),
            log_format: LogFormat::default(),
            hold_minutes: 0,
            test_webhooks: Webhooks::default(),
            smtp_url: None,
            mail_from: None,
            mail_staff_to: None,
            webhooks: WebhookSettings::default(),
            csv_drop: false,
            parcel_minutes: 0,
            commit_delay_us: 0,
            threads: 0,
            max_requests: 0,
            max_connections: 0,
            proxies: 0,
            proxy_networks: Vec::new(),
            drain_timeout_s: 0,
            terms: Terms::default(),
        }
    }
}

/// How a key is given on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    None,
    /// `--name VALUE`.
    Value {
        name: &'static str,
        value: &'static str,
    },
    /// Switches, each standing for one value.
    Switches(&'static [Switch]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Switch {
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
    pub(crate) doc: &'static str,
}

/// One thing that can be configured.
pub(crate) struct Key {
    /// As in the file: `section.name`.
    pub(crate) name: &'static str,
    pub(crate) env: &'static str,
    pub(crate) flag: Flag,
    /// What a value looks like, for people.
    pub(crate) kind: &'static str,
    /// As it would be written; empty when there is none.
    pub(crate) default: &'static str,
    /// Whether the value must not be shown.
    pub(crate) secret: bool,
    pub(crate) doc: &'static str,
    /// Reads a value; the error says what is wrong with it.
    pub(crate) set: fn(&mut Settings, &str) -> Result<(), String>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "listen",
        env: "ARGOSY_LISTEN",
        flag: Flag::Value { name: "listen", value: "ADDR" },
        kind: "address and port",
        default: "127.0.0.1:8080",
        secret: false,
        doc: "Where the shop listens. Port 0 takes a free one.",
        set: |s, text| address(text).map(|address| s.listen = address),
    },
    Key {
        name: "ops_listen",
        env: "ARGOSY_OPS_LISTEN",
        flag: Flag::Value { name: "ops-listen", value: "ADDR" },
        kind: "address and port",
        default: "",
        secret: false,
        doc: "Where /livez, /readyz and /metrics are served. Without it, beside the shop.",
        set: |s, text| optional(text, address).map(|address| s.ops_listen = address),
    },
    Key {
        name: "data",
        env: "ARGOSY_DATA",
        flag: Flag::Value { name: "data", value: "DIR" },
        kind: "directory",
        default: "./argosy-data",
        secret: false,
        doc: "Everything the shop keeps. Made when it is missing; used by one process at a time.",
        set: |s, text| required(text).map(|text| s.data = PathBuf::from(text)),
    },
    Key {
        name: "first_start",
        env: "ARGOSY_FIRST_START",
        flag: Flag::Switches(&[
            Switch { name: "demo", value: "demo", doc: "Fill an empty store with the demo shop (the default)" },
            Switch { name: "empty", value: "empty", doc: "Leave an empty store empty" },
        ]),
        kind: "demo or empty",
        default: "demo",
        secret: false,
        doc: "What to put into a store in which nothing is on sale: the demo shop, or nothing.",
        set: |s, text| {
            choice(text, &[("demo", FirstStart::Demo), ("empty", FirstStart::Empty)]).map(|v| s.first_start = v)
        },
    },
    Key {
        name: "roles",
        env: "ARGOSY_ROLES",
        flag: Flag::Value { name: "roles", value: "LIST" },
        kind: "all, or names of roles with commas between them",
        default: "all",
        secret: false,
        doc: "Which parts of the shop this process runs. This version runs all of them in one process.",
        set: |s, text| {
            let roles: Roles = text.parse()?;
            graph::check(&roles).map(|()| s.roles = roles)
        },
    },
    Key {
        name: "store.name",
        env: "ARGOSY_STORE_NAME",
        flag: Flag::None,
        kind: "text",
        default: "Argosy",
        secret: false,
        doc: "The shop's name, in titles and headers.",
        set: |s, text| required(text).map(|text| s.store_name = text),
    },
    Key {
        name: "store.base_url",
        env: "ARGOSY_BASE_URL",
        flag: Flag::Value { name: "base-url", value: "URL" },
        kind: "http or https URL without a path",
        default: "",
        secret: false,
        doc: "The public address of the shop, e.g. https://shop.example. Behind TLS it is needed for secure cookies.",
        set: |s, text| optional(text, base_url).map(|url| s.base_url = url),
    },
    Key {
        name: "log.filter",
        env: "ARGOSY_LOG",
        flag: Flag::Value { name: "log", value: "FILTER" },
        kind: "level, or targets with levels",
        default: "info",
        secret: false,
        doc: "What is logged, e.g. warn, or info,request=off to leave out the line per request.",
        set: |s, text| {
            let wrong = |error| format!("{text:?} is no filter: {error}");
            EnvFilter::try_new(text).map_err(wrong).map(|_| s.log_filter = text.to_owned())
        },
    },
    Key {
        name: "log.format",
        env: "ARGOSY_LOG_FORMAT",
        flag: Flag::Value { name: "log-format", value: "FORMAT" },
        kind: "auto, pretty or json",
        default: "auto",
        secret: false,
        doc: "How log lines look: for people, or one JSON object a line. Auto is pretty on a terminal and JSON elsewhere.",
        set: |s, text| {
            let formats = [("auto", LogFormat::Auto), ("pretty", LogFormat::Pretty), ("json", LogFormat::Json)];
            choice(text, &formats).map(|format| s.log_format = format)
        },
    },
    Key {
        name: "stock.hold_minutes",
        env: "ARGOSY_HOLD_MINUTES",
        flag: Flag::None,
        kind: "1 to 1440",
        default: "15",
        secret: false,
        doc: "How long stock is held for an order whose payment is not decided.",
        set: |s, text| number(text, 1..=1440).map(|n| s.hold_minutes = n),
    },
    Key {
        name: "payment.test_webhooks",
        env: "ARGOSY_TEST_WEBHOOKS",
        flag: Flag::None,
        kind: "all or special",
        default: "all",
        secret: false,
        doc: "Which webhooks the test provider sends: for every change, as real ones do, or only those that tell more \
              than the answer did.",
        set: |s, text| {
            choice(text, &[("all", Webhooks::All), ("special", Webhooks::OnlySpecial)]).map(|v| s.test_webhooks = v)
        },
    },
    Key {
        name: "mail.smtp_url",
        env: "ARGOSY_SMTP_URL",
        flag: Flag::None,
        kind: "smtps:// or smtp:// URL",
        default: "",
        secret: true,
        doc: "The mail server, e.g. smtps://name:password@mail.example, or smtp://… for STARTTLS. Without one, mails are \
              written into the folder mail of the data directory.",
        set: |s, text| optional(text, smtp_url).map(|url| s.smtp_url = url),
    },
    Key {
        name: "mail.from",
        env: "ARGOSY_MAIL_FROM",
        flag: Flag::None,
        kind: "mailbox",
        default: "",
        secret: false,
        doc: "Whom the shop's mails come from, e.g. Shop <shop@example.org>. Needed with mail.smtp_url.",
        set: |s, text| optional(text, Mailbox::parse).map(|from| s.mail_from = from),
    },
    Key {
        name: "mail.staff_to",
        env: "ARGOSY_MAIL_STAFF_TO",
        flag: Flag::None,
        kind: "mailbox",
        default: "",
        secret: false,
        doc: "Where the shop writes to its own people, about stock that runs low or a webhook endpoint that was switched \
              off. Without it, it does not.",
        set: |s, text| optional(text, Mailbox::parse).map(|to| s.mail_staff_to = to),
    },
    Key {
        name: "webhooks.allow_insecure",
        env: "ARGOSY_WEBHOOKS_ALLOW_INSECURE",
        flag: Flag::None,
        kind: "true or false",
        default: "false",
        secret: false,
        doc: "Whether outgoing webhooks may go to http:// addresses, where anybody on the way can read them.",
        set: |s, text| choice(text, &BOOL).map(|allow| s.webhooks.allow_insecure = allow),
    },
    Key {
        name: "webhooks.allow_private",
        env: "ARGOSY_WEBHOOKS_ALLOW_PRIVATE",
        flag: Flag::None,
        kind: "true or false",
        default: "false",
        secret: false,
        doc: "Whether outgoing webhooks may go to private networks. Whoever may make an endpoint can then reach what the \
              shop's machine can.",
        set: |s, text| choice(text, &BOOL).map(|allow| s.webhooks.allow_private = allow),
    },
    Key {
        name: "fulfilment.csv_drop",
        env: "ARGOSY_FULFILMENT_CSV_DROP",
        flag: Flag::None,
        kind: "true or false",
        default: "false",
        secret: false,
        doc: "Whether every paid order is also written as a CSV file into fulfilment/outbox of the data directory, for \
              whoever packs to pick up.",
        set: |s, text| choice(text, &BOOL).map(|drop| s.csv_drop = drop),
    },
    Key {
        name: "fulfilment.parcel_minutes",
        env: "ARGOSY_FULFILMENT_PARCEL_MINUTES",
        flag: Flag::None,
        kind: "1 to 100000",
        default: "2880",
        secret: false,
        doc: "How long a parcel of the simulated carrier is on its way.",
        set: |s, text| number(text, 1..=100_000).map(|n| s.parcel_minutes = n),
    },
    Key {
        name: "ledger.commit_delay_us",
        env: "ARGOSY_COMMIT_DELAY_US",
        flag: Flag::None,
        kind: "microseconds, 0 to 1000000",
        default: "0",
        secret: false,
        doc: "Added to every commit of the ledger, to measure the shop as if its disk were redundant over zones.",
        set: |s, text| number(text, 0..=1_000_000).map(|n| s.commit_delay_us = n as u64),
    },
    Key {
        name: "limits.threads",
        env: "ARGOSY_THREADS",
        flag: Flag::None,
        kind: "0 to 1024",
        default: "0",
        secret: false,
        doc: "Threads that serve requests; 0 takes one per core.",
        set: |s, text| number(text, 0..=1024).map(|n| s.threads = n),
    },
    Key {
        name: "limits.requests",
        env: "ARGOSY_MAX_REQUESTS",
        flag: Flag::None,
        kind: "1 to 1000000",
        default: "4096",
        secret: false,
        doc: "Requests worked on at once. One more is answered with 503 and Retry-After.",
        set: |s, text| number(text, 1..=1_000_000).map(|n| s.max_requests = n),
    },
    Key {
        name: "limits.connections",
        env: "ARGOSY_MAX_CONNECTIONS",
        flag: Flag::None,
        kind: "1 to 1000000",
        default: "20000",
        secret: false,
        doc: "Connections held at once. More wait in the operating system's queue.",
        set: |s, text| number(text, 1..=1_000_000).map(|n| s.max_connections = n),
    },
    Key {
        name: "limits.proxies",
        env: "ARGOSY_PROXIES",
        flag: Flag::None,
        kind: "number, 0 to 8",
        default: "0",
        secret: false,
        doc: "How many proxies of your own stand in front of the shop. Logins are throttled by the address that the \
              outermost of them saw, in X-Forwarded-For; with 0 that header is not believed.",
        set: |s, text| number(text, 0..=8).map(|n| s.proxies = n),
    },
    Key {
        name: "limits.proxy_networks",
        env: "ARGOSY_PROXY_NETWORKS",
        flag: Flag::None,
        kind: "private, or networks such as 10.0.0.0/8, separated by commas",
        default: "private",
        secret: false,
        doc: "Where the last of those proxies connects from. Anybody else's X-Forwarded-For is not believed. private means \
              loopback and the private ranges of addresses.",
        set: |s, text| networks(text).map(|networks| s.proxy_networks = networks),
    },
    Key {
        name: "limits.drain_timeout_s",
        env: "ARGOSY_DRAIN_TIMEOUT_S",
        flag: Flag::None,
        kind: "seconds, 0 to 3600",
        default: "10",
        secret: false,
        doc: "How long requests and background tasks may take to finish once the shop is asked to stop.",
        set: |s, text| number(text, 0..=3600).map(|n| s.drain_timeout_s = n as u64),
    },
];

/// The sections of the file that have more shape than a key: name and what it is.
pub(crate) const SECTIONS: [(&str, &str); 3] = [
    (
        "markets",
        "The markets, the default one first: countries that share a currency, a locale and a way of showing prices.",
    ),
    ("tax", "Tax rates by country of delivery, in parts per million. Naming one country replaces the whole table."),
    ("shipping", "Shipping zones with flat rates. The first zone that has a country serves it."),
];

const BOOL: [(&str, bool); 2] = [("true", true), ("false", false)];

fn smtp_url(text: &str) -> Result<Secret, String> {
    check_smtp_url(text).map(|()| Secret::new(text.to_owned()))
}

fn required(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("this cannot be empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn optional<T>(text: &str, read: fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{text:?} is no address; write one as 127.0.0.1:8080");
    // A name such as localhost is looked up once, here.
    text.to_socket_addrs().map_err(|_| wrong())?.next().ok_or_else(wrong)
}

fn base_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.unwrap_or_default().trim_end_matches('/');
    let fine = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c));
    if fine {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(format!("{text:?} is no public address; write one as https://shop.example"))
    }
}

fn networks(text: &str) -> Result<Vec<Network>, String> {
    if text == "private" {
        return Ok(Network::private());
    }
    let network = |text: &str| text.trim().parse::<Network>().map_err(|error| format!("{text:?} is {error}"));
    text.split(',').map(network).collect()
}

fn number(text: &str, range: RangeInclusive<usize>) -> Result<usize, String> {
    let (low, high) = (range.start(), range.end());
    let wrong = || format!("{text:?} is not a whole number from {low} to {high}");
    text.parse().ok().filter(|n| range.contains(n)).ok_or_else(wrong)
}

fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = choices.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| format!("{text:?} is none of {}", names()))
}
