//! What is known of every request afterwards: one canonical log line and a few bounded series.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use parking_lot::Mutex;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds in seconds, from a page out of memory to a provider that takes its time.
const BUCKETS: [f64; 12] = [0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: MethodLabel,
    /// The route's template, never the path: the number of series must not depend on what clients send.
    route: String,
    status: StatusClass,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: MethodLabel,
    route: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(clippy::upper_case_acronyms)] // Spelled as in HTTP, because the name is the label.
enum MethodLabel {
    GET,
    HEAD,
    POST,
    PUT,
    PATCH,
    DELETE,
    Other,
}

impl MethodLabel {
    fn of(method: &Method) -> Self {
        match *method {
            Method::GET => MethodLabel::GET,
            Method::HEAD => MethodLabel::HEAD,
            Method::POST => MethodLabel::POST,
            Method::PUT => MethodLabel::PUT,
            Method::PATCH => MethodLabel::PATCH,
            Method::DELETE => MethodLabel::DELETE,
            _ => MethodLabel::Other,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct StatusClass(u16);

impl EncodeLabelValue for StatusClass {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        let class = match self.0 {
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=498 => "4xx",
            GONE => "gone",
            500..=599 => "5xx",
            _ => "other",
        };
        EncodeLabelValue::encode(&class, encoder)
    }
}

/// Stands in the log for the status of a request whose client left before the answer.
pub(crate) const GONE: u16 = 499;

/// The metrics of a process: those of its requests, and whatever else registers.
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    pub(crate) in_flight: Gauge,
    pub(crate) shed: Counter,
    pub(crate) panics: Counter,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Metrics {
            registry: Mutex::new(Registry::default()),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
            shed: Counter::default(),
            panics: Counter::default(),
        };
        metrics.register(|registry| {
            registry.register("http_requests", "Requests answered", metrics.requests.clone());
            registry.register("http_request_duration_seconds", "Time to the answer", metrics.durations.clone());
            registry.register("http_requests_in_flight", "Requests being worked on", metrics.in_flight.clone());
            registry.register(
                "http_requests_shed",
                "Requests refused because too many were in flight",
                metrics.shed.clone(),
            );
            registry.register("http_panics", "Handlers that panicked", metrics.panics.clone());
        });
        metrics
    }
}

impl Metrics {
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Lets a service add its own series. Their labels must be bounded: never an id, a path or a person.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self.registry.lock());
    }

    /// Everything, in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry.lock()) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "the metrics could not be encoded");
                String::new()
            }
        }
    }

    /// `GET /metrics`.
    pub fn routes(self: &Arc<Self>) -> Router {
        let metrics = Arc::clone(self);
        Router::new().route("/metrics", get(move || async move { metrics.response() }))
    }

    fn response(&self) -> Response {
        let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
        ([(CONTENT_TYPE, kind)], self.text()).into_response()
    }

    fn record(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let method = MethodLabel::of(method);
        // One status per class, so that the family's key is the class.
        let class = StatusClass(if status == GONE { GONE } else { status / 100 * 100 });
        let labels = RequestLabels { method, route: route.to_owned(), status: class };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { method, route: labels.route };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// One request on its way to its log line. Dropped before [`Line::finish`], it says that the client left.
pub(crate) struct Line {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) started: tokio::time::Instant,
    pub(crate) method: Method,
    pub(crate) route: Option<axum::extract::MatchedPath>,
    pub(crate) request_id: String,
    pub(crate) principal: &'static str,
    pub(crate) queries: u32,
    pub(crate) finished: bool,
}

impl Line {
    pub(crate) fn route(&self) -> &str {
        self.route.as_ref().map_or("unmatched", axum::extract::MatchedPath::as_str)
    }

    pub(crate) fn finish(&mut self, status: StatusCode, bytes: u64, outcome: Cow<'_, str>) {
        self.write(status.as_u16(), bytes, &outcome);
    }

    fn write(&mut self, status: u16, bytes: u64, outcome: &str) {
        self.finished = true;
        let took = self.started.elapsed();
        self.metrics.record(&self.method, self.route(), status, took);
        tracing::info!(
            target: "request",
            method = self.method.as_str(),
            route = self.route(),
            status,
            duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            request_id = self.request_id.as_str(),
            principal = self.principal,
            bytes,
            queries = self.queries,
            outcome,
        );
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        if !self.finished {
            self.write(GONE, 0, "client_gone");
        }
    }
}
