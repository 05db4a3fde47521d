use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use contracts::Result;
use contracts::search::{Filter, SearchAnswer, SearchRequest, SearchSort};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_kit::{Api, Caller, ProblemDocument, Problems, parse_query};
use kernel::{Failure, FieldError, PageRequest};
use utoipa::IntoParams;

use super::FRESH;
use crate::SearchService;

/// The parameters besides filters, for the reference. They are read by [`Parameters`], because names of filters are
/// the shop's own.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct SearchQuery {
    /// What is looked for, as typed; at most 200 characters and 12 words. Everything when absent.
    #[param(nullable = false, max_length = 200)]
    q: Option<String>,
    /// `relevance` (default), `price_asc`, `price_desc`, `newest` or `title`.
    #[param(nullable = false, inline)]
    sort: Option<SearchSort>,
    /// ISO 4217; the currency of the first market when absent. Products without a price in it are left out.
    #[param(nullable = false, example = "EUR")]
    currency: Option<String>,
    /// Language tag; the language of the first market when absent.
    #[param(nullable = false, example = "en")]
    locale: Option<String>,
    /// 1 to 100, 24 when absent.
    #[param(nullable = false, minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

const KNOWN: [&str; 6] = ["q", "sort", "currency", "locale", "limit", "cursor"];

struct Parameters {
    request: SearchRequest,
    currency: Option<String>,
    locale: Option<String>,
}

impl Parameters {
    fn read(query: &str) -> Result<Self> {
        let mut given: BTreeMap<String, Vec<String>> = parse_query(query)?;
        let mut errors = Vec::new();
        let mut wrong = |name: &str, code: &str, detail: String| {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            errors.push(FieldError { pointer, code: code.to_owned(), detail });
        };
        let mut filters = Vec::new();
        for (name, values) in &given {
            match name.strip_prefix("filter.") {
                Some(facet) if !facet.is_empty() => {
                    let values = values.iter().filter(|value| !value.is_empty()).cloned().collect();
                    filters.push(Filter { name: facet.to_owned(), values });
                }
                _ if KNOWN.contains(&name.as_str()) => {
                    if values.len() > 1 {
                        wrong(name, "duplicate_parameter", "This parameter can be given once only.".to_owned());
                    }
                }
                _ => {
                    let detail =
                        format!("There is no such parameter. Known here: {}, filter.{{name}}.", KNOWN.join(", "));
                    wrong(name, "unknown_parameter", detail);
                }
            }
        }
        let mut text = |name: &str| {
            given.remove(name).and_then(|values| values.into_iter().next()).filter(|text| !text.is_empty())
        };
        let mut sort = SearchSort::default();
        if let Some(name) = text("sort") {
            match serde_json::from_value(serde_json::Value::String(name)) {
                Ok(known) => sort = known,
                Err(_) => {
                    let detail = "Known here: relevance, price_asc, price_desc, newest, title.";
                    wrong("sort", "unknown_value", detail.to_owned());
                }
            }
        }
        let mut limit = None;
        if let Some(number) = text("limit") {
            match number.parse::<u32>() {
                Ok(number) => limit = Some(number),
                Err(_) => wrong("limit", "wrong_type", "This must be a whole number within range.".to_owned()),
            }
        }
        let (query, cursor) = (text("q").unwrap_or_default(), text("cursor"));
        let (currency, locale) = (text("currency"), text("locale"));
        if !errors.is_empty() {
            return Err(Failure::fields(errors));
        }
        let page = PageRequest::new(limit, cursor)?;
        Ok(Parameters { request: SearchRequest { query, filters, sort, page }, currency, locale })
    }
}

/// Search products
///
/// Finds words in any form, with typing errors and by synonyms, in the language asked for. `filter.{name}` narrows the
/// hits: by a facet that the answer names, several times for any of several values. `filter.price` takes a range in
/// minor units such as `5000-9999`, `filter.available` takes `true` or `false`. Prices and stock are those of now.
#[utoipa::path(
    get,
    path = "/search",
    tag = "shop",
    params(
        SearchQuery,
        ("filter.{name}" = Option<Vec<String>>, Query, description = "A value of the facet `name`; may be repeated.", explode = true),
    ),
    responses(
        (status = 200, description = "Hits, and what they can be narrowed by.", body = SearchAnswer),
        (status = 503, description = "The search of this shop is being made for the first time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_search(
    State(search): State<Arc<SearchService>>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Api<Response> {
    let parameters = Parameters::read(query.as_deref().unwrap_or(""))?;
    let view = search.view(caller.store, parameters.currency.as_deref(), parameters.locale)?;
    let answered = search.answered(caller.store, &parameters.request, &view)?;
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, FRESH)], answered.json()).into_response())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use contracts::catalog::{CategoryNode, ProductContent, ProductType};
    use serde_json::json;

    use super::Parameters;
    use crate::api::probe::{Client, Goods, product, shoe};

    fn shoes() -> Vec<(String, ProductContent)> {
        let made = |handle: &str, title: [&str; 2], vendor: &str, cents: i64, (colours, sole): (&[&str], &str)| {
            let category = match handle.rsplit('-').next() {
                Some("boot") => "boots",
                Some("sneaker") => "sneakers",
                _ => "shoes",
            };
            let json = json!({
                "title": { "en": title[0], "de": title[1] },
                "description_html": { "en": "<p>Light &amp; soft.</p>", "de": "<p>Leicht und weich.</p>" },
                "vendor": vendor,
                "product_type": "shoe",
                "category": category,
                "attributes": { "sole": sole, "vegan": vendor == "Meridane", "drop": 8 },
                "options": [
                    { "name": "Colour", "values": colours },
                    { "name": "Size", "values": ["9", "42", "41"] },
                ],
                "cents": cents,
            });
            product(handle, json)
        };
        vec![
            made(
                "court-sneaker",
                ["Harbour Court Sneaker", "Court-Sneaker Harbour"],
                "Meridane",
                10_995,
                (&["Red", "Blue"], "rubber"),
            ),
            made("runner", ["Swift Running Shoe", "Laufschuh Swift"], "Kestrow", 12_995, (&["Blue"], "foam")),
            made("rain-boot", ["Pluvia Rain Boot", "Gummistiefel Pluvia"], "Velisse", 6_995, (&["Red"], "rubber")),
            made(
                "hiking-boot",
                ["Saddleback Hiking Boot", "Wanderstiefel Saddleback"],
                "Tarnholt",
                18_995,
                (&["Green"], "rubber"),
            ),
        ]
    }

    async fn shop() -> Client {
        let goods = Arc::new(Goods::default());
        let shoe: ProductType = serde_json::from_value(json!({
            "handle": "shoe",
            "name": { "en": "Shoe", "de": "Schuh" },
            "attributes": [
                { "name": "sole", "label": { "en": "Sole", "de": "Sohle" }, "kind": "choice",
                  "values": ["rubber", "foam"], "filterable": true },
                { "name": "vegan", "label": { "en": "Vegan" }, "kind": "flag", "filterable": true },
                { "name": "drop", "label": { "en": "Drop" }, "kind": "integer", "unit": "mm" },
                { "name": "lining", "label": { "en": "Lining" }, "kind": "text", "filterable": true },
            ],
        }))
        .unwrap();
        goods.types.lock().push(shoe);
        let node = |handle: &str, name: &str, children| CategoryNode {
            handle: handle.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            products: 1,
            children,
        };
        let below = vec![node("sneakers", "Sneakers", Vec::new()), node("boots", "Boots", Vec::new())];
        goods.categories.lock().push(node("shoes", "Shoes", below));
        Client::over(goods, shoes()).await
    }

    #[tokio::test]
    async fn words_are_found_in_every_form_and_with_slips() {
        let client = shop().await;
        for (query, expected) in [
            ("sneaker", &["court-sneaker"][..]),
            ("Sneakers", &["court-sneaker"]),
            ("sneekers", &["court-sneaker"]),
            ("runing shoos", &["runner"]),
            ("snea", &["court-sneaker"]),
            ("harbor court", &["court-sneaker"]),
            ("shoe for running", &["runner"]),
            ("kestrow", &["runner"]),
            ("RAIN-BOOT-2", &["rain-boot"]),
            ("swift 42", &["runner"]),
            ("xyzzy", &[]),
            ("!?", &[]),
        ] {
            assert_eq!(client.found(query).await, expected, "{query}");
        }
        let answer = client.get("runing shoos").await;
        assert_eq!(
            (&answer.body["matched"], &answer.body["corrected"]),
            (&json!("corrected"), &json!("running shoes"))
        );
        let answer = client.get("harbour unicorn").await;
        assert_eq!((answer.handles(), &answer.body["matched"]), (vec!["court-sneaker".to_owned()], &json!("some")));
        assert_eq!(client.found("boot").await.len(), 2);
    }

    #[tokio::test]
    async fn each_language_has_its_own_words() {
        let client = shop().await;
        for (query, expected) in [
            ("laufschuhe&locale=de", &["runner"][..]),
            ("gummi&locale=de", &["rain-boot"]),
            ("stiefel&locale=de-CH", &["hiking-boot", "rain-boot"]),
            ("wanderstifel&locale=de", &["hiking-boot"]),
            ("hiking&locale=de", &["hiking-boot"]),
            ("wanderstiefel", &["hiking-boot"]),
        ] {
            let mut found = client.found(query).await;
            found.sort();
            assert_eq!(found, expected, "{query}");
        }
        let answer = client.get("laufschuhe&locale=de").await;
        assert_eq!(answer.body["hits"][0]["title"], "Laufschuh Swift");
    }

    #[tokio::test]
    async fn counts_respect_every_filter_but_their_own() {
        let client = shop().await;
        let all = client.get("").await;
        assert_eq!((&all.body["total"], all.status.as_u16()), (&json!(4), 200));
        let pair = |value: &str, count| (value.to_owned(), count);
        assert_eq!(all.facet("colour"), [pair("Blue", 2), pair("Red", 2), pair("Green", 1)]);
        assert_eq!(all.facet("size"), [pair("9", 4), pair("41", 4), pair("42", 4)]);
        assert_eq!(all.facet("category"), [pair("shoes", 4), pair("sneakers", 1), pair("boots", 2)]);
        assert_eq!(all.facet("vegan"), [pair("true", 1), pair("false", 3)]);
        assert!(all.facet("drop").is_empty(), "it is not filterable");
        assert!(all.facet("available").is_empty(), "everything is");

        let red = client.get("&filter.colour=Red&filter.sole=rubber").await;
        assert_eq!(red.body["total"], 2);
        assert_eq!(red.facet("colour"), [pair("Red", 2), pair("Blue", 1), pair("Green", 1)]);
        assert_eq!(red.facet("sole"), [pair("rubber", 2)]);
        assert_eq!(client.get("&filter.colour=Red&filter.colour=Green").await.body["total"], 3);
        assert_eq!(client.found("&filter.category=boots&filter.colour=Red").await, ["rain-boot"]);
        assert_eq!(client.get("&filter.category=shoes&filter.colour=Purple").await.body["total"], 0);
        assert_eq!(client.get("&filter.lining=wool").await.body["total"], 0, "known, though nothing has it");
        assert_eq!(client.get("&filter.colour=").await.body["total"], 4);
    }

    #[tokio::test]
    async fn prices_and_stock_are_those_of_now() {
        let client = shop().await;
        assert_eq!(client.found("&filter.price=-10000").await, ["rain-boot"]);
        assert_eq!(client.found("&filter.price=10995-10995&filter.price=18995-").await.len(), 2);
        let prices = client.get("").await.facet("price");
        assert_eq!(prices.iter().map(|(_, count)| count).sum::<u64>(), 4, "{prices:?}");
        for (range, count) in prices {
            assert_eq!(client.get(&format!("&filter.price={range}")).await.body["total"], count, "{range}");
        }
        // Nobody has told the index yet, and already nothing wrong is shown.
        client.goods.put(shoe("rain-boot", "Pluvia Rain Boot", 99_900));
        client.goods.set_sold_out("court-sneaker");
        let answer = client.get("").await;
        let shown = |handle: &str| {
            answer.body["hits"].as_array().unwrap().iter().find(|hit| hit["handle"] == handle).cloned().unwrap()
        };
        assert_eq!(shown("rain-boot")["price_min"]["amount_minor"], 99_900);
        assert_eq!(shown("court-sneaker")["available"], false);
        assert!(client.found("&filter.price=-10000").await.is_empty());
        assert!(!client.found("&filter.available=true").await.contains(&"court-sneaker".to_owned()));
        client.goods.remove("runner");
        assert!(!client.found("").await.contains(&"runner".to_owned()));
    }

    #[tokio::test]
    async fn every_order_is_paged_to_its_end() {
        let client = shop().await;
        assert_eq!(client.found("&sort=price_asc").await, ["rain-boot", "court-sneaker", "runner", "hiking-boot"]);
        assert_eq!(client.found("&sort=title").await, ["court-sneaker", "rain-boot", "hiking-boot", "runner"]);
        assert_eq!(client.found("&sort=newest").await, client.found("").await);
        let lace = json!({ "title": { "en": "Lace" }, "description_html": { "en": "For boots." }, "cents": 500 });
        client.goods.put(product("lace", lace));
        client.post("/admin/search/rebuild").await;
        assert_eq!(client.found("boots").await.last().map(String::as_str), Some("lace"), "it only mentions them");
        assert_eq!(client.found("boots&sort=price_asc").await, ["rain-boot", "hiking-boot"]);
        for sort in ["relevance", "price_asc", "price_desc", "newest", "title"] {
            let whole = client.found(&format!("shoe&sort={sort}")).await;
            let (mut paged, mut cursor) = (Vec::new(), String::new());
            loop {
                let answer = client.get(&format!("shoe&sort={sort}&limit=1&cursor={cursor}")).await;
                paged.extend(answer.handles());
                match answer.body["next_cursor"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            assert_eq!((paged.len(), &paged), (4, &whole), "{sort}");
        }
    }

    #[tokio::test]
    async fn what_a_search_does_not_know_is_refused() {
        let client = shop().await;
        let long = "a".repeat(201);
        let words = "a+".repeat(13);
        let values = "&filter.colour=a".repeat(21);
        for (query, code) in [
            (long.as_str(), "query_too_long"),
            (words.as_str(), "too_many_words"),
            (values.as_str(), "too_many_filters"),
            ("&filter.heel=1", "unknown_filter"),
            ("&filter.drop=8", "unknown_filter"),
            ("&filter.price=cheap", "invalid_range"),
            ("&filter.available=maybe", "invalid_value"),
            ("&colour=Red", "unknown_parameter"),
            ("&filter.=1", "unknown_parameter"),
            ("&q=again", "duplicate_parameter"),
            ("&sort=best", "unknown_value"),
            ("&limit=x", "wrong_type"),
            ("&limit=101", "invalid_limit"),
            ("&cursor=zz", "invalid_cursor"),
            ("&currency=JPY", "unknown_currency"),
            ("&locale=../x", "unknown_locale"),
        ] {
            let answer = client.get(query).await;
            assert_eq!((answer.status.as_u16(), answer.codes()), (422, vec![code]), "{query}");
        }
        for hostile in ["%3Cscript%3E", "%27%22--", "%F0%9F%91%9F", "AND+OR+NOT", "title_en:x", "a*+~b^9", "%E2%80%AE"]
        {
            assert_eq!(client.get(hostile).await.status, 200, "{hostile}");
        }
    }

    #[test]
    fn filters_keep_their_values_as_given() {
        let read = Parameters::read("q=a+b&filter.upper=Wool%2C+felt&filter.upper=%26&currency=EUR").ok().unwrap();
        assert_eq!(read.request.query, "a b");
        assert_eq!(read.request.filters[0].values, ["Wool, felt", "&"]);
    }
}
