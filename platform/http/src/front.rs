//! What stands in front of every route: one layer, because each layer of a router costs every request.
//!
//! In this order: a request id, the path's honesty, the limit on requests in flight, who is asking; then the handler,
//! whose panic becomes a 500; then security headers, the log line and the metrics.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use contracts::identity::{Identity, Principal};
use http::header::{
    ACCEPT, ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use kernel::{ErrorKind, Failure, SharedRng};
use tower::{Layer, Service, ServiceExt as _};

use crate::caller::{Caller, bearer, unauthenticated};
use crate::cookie::{SessionCookie, from_own_page};
use crate::log::{Line, Metrics};
use crate::path::check_path;
use crate::{Problem, Told};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Makes a page of a failure, for people whose browser asked for one.
pub type ErrorPage = Arc<dyn Fn(StatusCode, &Failure) -> Response + Send + Sync>;

/// The layer in front of all routes. Put it on with [`Front::wrap`], once, outermost.
#[derive(Clone)]
pub struct Front(Arc<Shared>);

struct Shared {
    identity: Arc<dyn Identity>,
    rng: SharedRng,
    metrics: Arc<Metrics>,
    in_flight: AtomicUsize,
    limit: usize,
    csp: HeaderValue,
    page: Option<ErrorPage>,
    base_url: Option<String>,
}

/// How a [`Front`] differs from shop to shop.
#[derive(Clone)]
pub struct FrontOptions {
    /// The most requests worked on at once; one more gets 503.
    pub limit: usize,
    /// Content-Security-Policy of answers that do not bring their own.
    pub csp: &'static str,
    /// Failures as pages, outside `/api/`, for clients that accept HTML.
    pub page: Option<ErrorPage>,
    /// Scheme and authority of the public address. Behind `https://` sessions have `__Host-` names.
    pub base_url: Option<String>,
}

impl Default for FrontOptions {
    fn default() -> Self {
        FrontOptions {
            limit: 4096,
            csp: "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
            page: None,
            base_url: None,
        }
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("limit", &self.0.limit).finish_non_exhaustive()
    }
}

impl Front {
    #[must_use]
    pub fn new(identity: Arc<dyn Identity>, rng: SharedRng, metrics: Arc<Metrics>, options: FrontOptions) -> Self {
        Front(Arc::new(Shared {
            identity,
            rng,
            metrics,
            in_flight: AtomicUsize::new(0),
            limit: options.limit,
            csp: HeaderValue::from_static(options.csp),
            page: options.page,
            base_url: options.base_url,
        }))
    }

    /// Puts this layer around all of `router`, its fallbacks included.
    pub fn wrap(&self, router: Router) -> Router {
        router.layer(self.clone())
    }
}

impl<S> Layer<S> for Front {
    type Service = FrontService<S>;

    fn layer(&self, inner: S) -> FrontService<S> {
        FrontService { shared: Arc::clone(&self.0), inner }
    }
}

/// A service behind a [`Front`].
#[derive(Clone)]
pub struct FrontService<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> Service<Request> for FrontService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let inner = self.inner.clone();
        Box::pin(async move { Ok(shared.handle(inner, request).await) })
    }
}

/// One request in flight.
struct Admitted(Arc<Shared>);

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    async fn handle<S>(self: Arc<Self>, inner: S, mut request: Request) -> Response
    where
        S: Service<Request, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        let mut line = self.begin(&request);
        let wants_page = self.page.is_some() && wants_page(&request);
        let mut response = match self.admit(&mut request, &mut line).await {
            Ok(admitted) => {
                let response = self.run(inner, request, &mut line).await;
                drop(admitted);
                response
            }
            Err(failure) => Problem::from(failure).into_response(),
        };
        self.complete(&mut response, &line);
        let outcome = self.tell(&mut response, &line, wants_page);
        self.decorate(&mut response, &line);
        let bytes = response.body().size_hint().exact().unwrap_or(0);
        line.finish(response.status(), bytes, outcome);
        response
    }

    fn begin(&self, request: &Request) -> Line {
        self.metrics.in_flight.inc();
        Line {
            metrics: Arc::clone(&self.metrics),
            started: tokio::time::Instant::now(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            request_id: self.request_id(request),
            principal: "unknown",
            queries: 0,
            finished: false,
        }
    }

    /// The client's own id when it is harmless, so that it can follow its request; a new one otherwise.
    fn request_id(&self, request: &Request) -> String {
        let harmless = |id: &&str| {
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if let Some(id) = request.headers().get(REQUEST_ID).and_then(|v| v.to_str().ok()).filter(harmless) {
            return id.to_owned();
        }
        let mut bytes = [0; 12];
        self.rng.fill(&mut bytes);
        hex(&bytes)
    }

    async fn admit(self: &Arc<Self>, request: &mut Request, line: &mut Line) -> Result<Admitted, Failure> {
        check_path(request.uri().path())?;
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let admitted = Admitted(Arc::clone(self));
        if before >= self.limit {
            self.metrics.shed.inc();
            return Err(Failure::unavailable("The shop is very busy. Please try again in a moment.", 1));
        }
        let principal = match bearer(request.headers())? {
            None => self.by_cookie(request.headers(), request.uri().path(), request.method()).await?,
            Some(token) => self.identity.authenticate(&token).await?,
        };
        if principal == Principal::Anonymous && is_office(request.uri().path()) {
            return Err(unauthenticated());
        }
        let caller = Caller::new(principal, line.request_id.clone());
        line.principal = caller.kind();
        request.extensions_mut().insert(caller);
        Ok(admitted)
    }

    /// The owner of the session whose cookie the request carries. The back office looks at the cookie of staff only,
    /// the shop at that of customers first. One that has ended is as good as none.
    async fn by_cookie(&self, headers: &HeaderMap, path: &str, method: &Method) -> Result<Principal, Failure> {
        if !headers.contains_key(COOKIE) {
            return Ok(Principal::Anonymous);
        }
        let secure = self.base_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let cookies: &[SessionCookie] = if below("/admin") || below("/api/v1/admin") {
            &[SessionCookie::Staff]
        } else {
            &[SessionCookie::Customer, SessionCookie::Staff]
        };
        for cookie in cookies {
            let Some(token) = cookie.read(headers, secure) else { continue };
            let principal = match self.identity.authenticate(&token).await {
                Ok(principal) => principal,
                Err(failure) if failure.kind == ErrorKind::Unauthenticated => continue,
                Err(failure) => return Err(failure),
            };
            let fits = matches!(
                (cookie, &principal),
                (SessionCookie::Customer, Principal::Customer { .. }) | (SessionCookie::Staff, Principal::Staff { .. })
            );
            if !fits {
                continue;
            }
            let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
            if changes && from_own_page(headers, self.base_url.as_deref()) != Some(true) {
                let detail = "A session's cookie changes something only from a page of this shop. Programs send the \
                              session's token instead: Authorization: Bearer …";
                return Err(Failure::new(ErrorKind::Forbidden, "csrf", detail));
            }
            return Ok(principal);
        }
        Ok(Principal::Anonymous)
    }

    /// Runs the handler, counts its queries, and turns its panic into an answer.
    async fn run<S>(&self, inner: S, request: Request, line: &mut Line) -> Response
    where
        S: Service<Request, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        // At debug level: a span on every browse request would cost more than the request.
        let span = tracing::debug_span!("request", id = line.request_id.as_str());
        let mut future = pin!(inner.oneshot(request));
        let outcome = poll_fn(|cx| {
            let _entered = span.enter();
            let outer = kernel::meter::swap_queries(line.queries);
            let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
            line.queries = kernel::meter::swap_queries(outer);
            match polled {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(Ok(response))) => Poll::Ready(Ok(response)),
                Ok(Poll::Ready(Err(never))) => match never {},
                Err(panic) => Poll::Ready(Err(panic)),
            }
        })
        .await;
        outcome.unwrap_or_else(|panic| {
            self.metrics.panics.inc();
            let text =
                panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            Problem::from(Failure::internal(format_args!("panic: {}", text.unwrap_or("of an unknown kind"))))
                .into_response()
        })
    }

    /// The router's own bare 404 and 405 become problems, whoever forgot to set a fallback.
    fn complete(&self, response: &mut Response, line: &Line) {
        let bare = !response.headers().contains_key(CONTENT_TYPE) && response.extensions().get::<Told>().is_none();
        let problem = match response.status() {
            StatusCode::NOT_FOUND if bare && line.route.is_none() => Problem::no_route(),
            StatusCode::METHOD_NOT_ALLOWED if bare => Problem::wrong_method(),
            _ => return,
        };
        let allow = response.headers_mut().remove(ALLOW);
        *response = problem.into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(ALLOW, allow);
        }
    }

    /// Logs what must stay inside, makes a page of the failure where one is wanted, and names the outcome.
    fn tell(&self, response: &mut Response, line: &Line, wants_page: bool) -> Cow<'static, str> {
        let Some(Told(failure)) = response.extensions_mut().remove::<Told>() else {
            // A stored answer that tells of a failure comes without one.
            return Cow::Borrowed(match response.status().as_u16() {
                0..=399 => "ok",
                400..=499 => "refused",
                _ => "failed",
            });
        };
        if let Some(internal) = &failure.internal {
            let (request_id, route) = (line.request_id.as_str(), line.route());
            tracing::error!(request_id, route, code = %failure.code, internal, "a request failed on our side");
        }
        if let (true, Some(page)) = (wants_page, &self.page) {
            let status = response.status();
            let mut shown = page(status, &failure);
            *shown.status_mut() = status;
            for (name, value) in response.headers() {
                if *name != CONTENT_TYPE && *name != http::header::CONTENT_LENGTH {
                    shown.headers_mut().insert(name.clone(), value.clone());
                }
            }
            *response = shown;
        }
        failure.code.clone()
    }

    fn decorate(&self, response: &mut Response, line: &Line) {
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("strict-origin-when-cross-origin"));
        // For what still does not know `frame-ancestors`.
        headers.entry(X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
        headers.entry(CONTENT_SECURITY_POLICY).or_insert_with(|| self.csp.clone());
        if let Ok(id) = HeaderValue::from_str(&line.request_id) {
            headers.insert(REQUEST_ID, id);
        }
    }
}

/// Routes of the back office through which somebody becomes somebody.
const DOORS: [&str; 5] = ["/setup", "/sessions", "/invitations/accept", "/password-resets", "/password-resets/redeem"];

/// Whether the back office's API is asked for, behind its doors. Nobody gets there without saying who they are, even
/// where a route forgot to ask.
pub(crate) fn is_office(path: &str) -> bool {
    path.strip_prefix("/api/v1/admin").is_some_and(|rest| rest.starts_with('/') && !DOORS.contains(&rest))
}

fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
    !request.uri().path().starts_with("/api/") && accepts.contains("text/html")
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect()
}
