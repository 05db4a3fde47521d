//! `GET /search`: what was looked for, with filters, orders and pages, all of it in the address.

mod view;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use contracts::search::{
    Filter, MAX_FILTER_VALUES, MAX_QUERY_CHARS, MAX_QUERY_TERMS, SearchAnswer, SearchRequest, SearchSort,
};
use kernel::{Currency, ErrorKind, Money, PageRequest};

use crate::cache::Fresh;
use crate::form::Fields;
use crate::own_prices::{self, OwnPrices};
use crate::pages::{cached_at, error};
use crate::respond;
use crate::site::Site;

#[cfg(test)]
pub(crate) use view::samples;
pub(crate) use view::search_page;

/// What the page shows.
pub(crate) struct SearchPage {
    pub(crate) asked: Asked,
    pub(crate) answer: Arc<SearchAnswer>,
    /// Whether the prices are the shopper's own.
    pub(crate) is_own: bool,
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) query: String,
    /// Each facet once.
    pub(crate) filters: Vec<Filter>,
    pub(crate) sort: SearchSort,
    pub(crate) cursor: Option<String>,
}

pub(crate) const SORTS: [(SearchSort, &str); 5] = [
    (SearchSort::Relevance, "relevance"),
    (SearchSort::PriceAsc, "price_asc"),
    (SearchSort::PriceDesc, "price_desc"),
    (SearchSort::Newest, "newest"),
    (SearchSort::Title, "title"),
];

impl Asked {
    /// Reads a query string. What cannot be meant is left out: people shorten addresses and paste poems.
    fn read(fields: &Fields, currency: Currency) -> Self {
        let mut asked = Asked { query: tidy(fields.text("q")), ..Asked::default() };
        for (name, value) in fields.iter() {
            if let Some(facet) = name.strip_prefix("filter.") {
                asked.choose(facet, value);
            }
        }
        if let Some(range) = own_range(fields, currency) {
            // Typed amounts say more exactly what was meant than a range that was ticked before.
            asked.filters.retain(|filter| filter.name != "price");
            asked.choose("price", &range);
        }
        asked.filters.sort_by(|a, b| a.name.cmp(&b.name));
        let sort = fields.text("sort");
        asked.sort = SORTS.iter().find(|(_, name)| *name == sort).map_or_else(SearchSort::default, |(sort, _)| *sort);
        let plain = |text: &&str| text.len() <= 1024 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        asked.cursor = fields.get("cursor").filter(plain).map(str::to_owned);
        asked
    }

    fn choose(&mut self, facet: &str, value: &str) {
        let value = value.trim();
        let named: usize = self.filters.iter().map(|filter| filter.values.len()).sum();
        if facet.is_empty() || value.is_empty() || named >= MAX_FILTER_VALUES {
            return;
        }
        match self.filters.iter_mut().find(|filter| filter.name == facet) {
            Some(filter) if filter.values.iter().any(|known| known == value) => {}
            Some(filter) => filter.values.push(value.to_owned()),
            None => self.filters.push(Filter { name: facet.to_owned(), values: vec![value.to_owned()] }),
        }
    }

    /// The address of this search, without the market's prefix: the one spelling under which a page is kept.
    pub(crate) fn path(&self) -> String {
        let mut pairs: Vec<(String, &str)> = Vec::new();
        if !self.query.is_empty() {
            pairs.push(("q".to_owned(), &self.query));
        }
        for filter in &self.filters {
            pairs.extend(filter.values.iter().map(|value| (format!("filter.{}", filter.name), value.as_str())));
        }
        if self.sort != SearchSort::default() {
            pairs.push(("sort".to_owned(), self.sort_name()));
        }
        if let Some(cursor) = &self.cursor {
            pairs.push(("cursor".to_owned(), cursor));
        }
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        if query.is_empty() { "/search".to_owned() } else { format!("/search?{}", query.join("&")) }
    }

    pub(crate) fn sort_name(&self) -> &'static str {
        SORTS.iter().find(|(sort, _)| *sort == self.sort).map_or("relevance", |(_, name)| name)
    }

    /// This search from its first page, without one value of a facet.
    pub(crate) fn without(&self, facet: &str, value: &str) -> Asked {
        let mut asked = Asked { cursor: None, ..self.clone() };
        for filter in asked.filters.iter_mut().filter(|filter| filter.name == facet) {
            filter.values.retain(|known| known != value);
        }
        asked.filters.retain(|filter| !filter.values.is_empty());
        asked
    }

    /// Only the words.
    pub(crate) fn bare(&self) -> Asked {
        Asked { query: self.query.clone(), ..Asked::default() }
    }
}

/// `text` within the limits of a query, each space once.
fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(MAX_QUERY_TERMS).collect();
    words.join(" ").chars().take(MAX_QUERY_CHARS).collect()
}

/// The range between two amounts that were typed, in minor units.
fn own_range(fields: &Fields, currency: Currency) -> Option<String> {
    let amount = |name: &str| {
        let text = fields.get(name)?.replace(',', ".");
        let money = Money::parse_decimal(&text, currency).ok().filter(|money| money.amount_minor >= 0)?;
        Some(money.amount_minor.to_string())
    };
    match (amount("price_from"), amount("price_to")) {
        (None, None) => None,
        (from, to) => Some(format!("{}-{}", from.unwrap_or_default(), to.unwrap_or_default())),
    }
}

/// `text` as it can stand in a query string.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

pub(crate) async fn show(State(site): State<Site>, request: Request) -> Response {
    let fields = Fields::parse(request.uri().query().unwrap_or("").as_bytes()).unwrap_or_default();
    let asked = Asked::read(&fields, site.here().view.currency);
    if let Some(own) = site.own_prices(&request) {
        return match load(&site, asked, Some(&own)) {
            Ok(page) => {
                let mut page = SearchPage { is_own: true, ..page };
                own.shared_cards(&mut Arc::make_mut(&mut page.answer).hits);
                own_prices::answer(search_page(&site.context(&page.asked.path()), &page))
            }
            Err(answer) => answer,
        };
    }
    let handles = &site.shop.handles;
    // Read before the search, so that a page is never kept for something newer.
    let generation = handles.search.generation(handles.store);
    let key = site.url(&asked.path());
    cached_at(&site, request.headers(), &key, generation, || render(&site, asked))
}

#[allow(clippy::result_large_err)] // As `cached_at` takes it.
fn render(site: &Site, asked: Asked) -> Result<Fresh, Response> {
    let page = load(site, asked, None)?;
    let body = search_page(&site.context(&page.asked.path()), &page).into_string();
    Ok(Fresh { body, content_type: None, surrogate_keys: "catalog search".to_owned() })
}

#[allow(clippy::result_large_err)]
fn load(site: &Site, asked: Asked, own: Option<&OwnPrices<'_>>) -> Result<SearchPage, Response> {
    let handles = &site.shop.handles;
    let request = SearchRequest {
        query: asked.query.clone(),
        filters: asked.filters.clone(),
        sort: asked.sort,
        page: PageRequest { cursor: asked.cursor.clone(), ..PageRequest::default() },
    };
    let view = &site.here().view;
    let found = match own {
        Some(own) => handles.search.search_for(handles.store, &request, view, &own.tags()),
        None => handles.search.search(handles.store, &request, view),
    };
    let answer = match found {
        Ok(answer) => answer,
        // A filter that is gone, a cursor of another search: the search itself is the best answer.
        Err(failure) if failure.kind == ErrorKind::Invalid && asked != asked.bare() => {
            return Err(respond::see_other(&site.url(&asked.bare().path())));
        }
        // Words that cannot be looked for find nothing.
        Err(failure) if failure.kind == ErrorKind::Invalid => {
            let page = SearchPage { asked, answer: Arc::new(nothing()), is_own: false };
            let ctx = site.context("/search");
            return Err(respond::private(StatusCode::OK, search_page(&ctx, &page)));
        }
        Err(failure) => return Err(error::failure(site, &failure)),
    };
    Ok(SearchPage { asked, answer, is_own: false })
}

fn nothing() -> SearchAnswer {
    SearchAnswer {
        hits: Vec::new(),
        facets: Vec::new(),
        total: 0,
        matched: contracts::search::Matched::All,
        corrected: None,
        next_cursor: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Asked {
        Asked::read(&Fields::parse(query.as_bytes()).unwrap(), Currency::EUR)
    }

    #[test]
    fn a_search_has_one_address() {
        let asked = read(
            "sort=title&filter.size=42&q=+red++shoes&filter.colour=Red%20%26%20Blue&filter.size=42&utm=x&cursor=ab",
        );
        assert_eq!(asked.path(), "/search?q=red+shoes&filter.colour=Red+%26+Blue&filter.size=42&sort=title&cursor=ab");
        assert_eq!(read(asked.path().strip_prefix("/search?").unwrap()), asked);
        assert_eq!(asked.without("size", "42").path(), "/search?q=red+shoes&filter.colour=Red+%26+Blue&sort=title");
        assert_eq!(asked.bare().path(), "/search?q=red+shoes");
        assert_eq!(read("").path(), "/search");
        assert_eq!(read("cursor=%3Cx%3E&sort=best&filter.=1&filter.size=").path(), "/search");
    }

    #[test]
    fn typed_amounts_become_a_range() {
        let price = |query: &str| read(query).filters.first().map(|filter| filter.values.clone());
        assert_eq!(price("price_from=49,95&price_to=100"), Some(vec!["4995-10000".to_owned()]));
        assert_eq!(price("price_to=100&filter.price=1-2"), Some(vec!["-10000".to_owned()]));
        assert_eq!(price("price_from=&price_to="), None);
        assert_eq!(price("price_from=cheap&price_to=-5"), None);
    }

    #[test]
    fn long_queries_are_cut_to_what_can_be_looked_for() {
        assert_eq!(tidy(&"a ".repeat(50)), "a a a a a a a a a a a a");
        assert_eq!(tidy(&"ü".repeat(500)).chars().count(), MAX_QUERY_CHARS);
        let many: String = (0..50).map(|n| format!("filter.size={n}&")).collect();
        assert_eq!(read(&many).filters[0].values.len(), MAX_FILTER_VALUES);
    }
}
