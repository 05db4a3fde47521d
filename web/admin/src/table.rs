//! The table of the paths, kept beside the router that serves them, so that a test can ask for all of them.

use axum::Router;
use axum::handler::Handler;
use axum::routing::MethodRouter;

use crate::site::Site;

/// The routes of some pages.
#[derive(Default)]
pub(crate) struct Pages {
    router: Router<Site>,
    /// Methods and paths, such as `GET /admin/orders/{id}`.
    table: Vec<String>,
}

impl Pages {
    pub(crate) fn new() -> Self {
        Pages::default()
    }

    pub(crate) fn route(mut self, path: &str, methods: Methods) -> Self {
        self.table.extend(methods.names.iter().map(|name| format!("{name} {path}")));
        self.router = self.router.route(path, methods.router);
        self
    }

    pub(crate) fn merge(mut self, other: Pages) -> Self {
        self.table.extend(other.table);
        self.router = self.router.merge(other.router);
        self
    }

    pub(crate) fn router(self) -> Router<Site> {
        self.router
    }

    pub(crate) fn table(self) -> Vec<String> {
        self.table
    }
}

/// What is done at one path, by method.
pub(crate) struct Methods {
    router: MethodRouter<Site>,
    names: Vec<&'static str>,
}

impl Methods {
    pub(crate) fn post<T: 'static>(mut self, handler: impl Handler<T, Site>) -> Self {
        self.names.push("POST");
        self.router = self.router.post(handler);
        self
    }
}

pub(crate) fn get<T: 'static>(handler: impl Handler<T, Site>) -> Methods {
    Methods { router: axum::routing::get(handler), names: vec!["GET"] }
}

pub(crate) fn post<T: 'static>(handler: impl Handler<T, Site>) -> Methods {
    Methods { router: axum::routing::post(handler), names: vec!["POST"] }
}
