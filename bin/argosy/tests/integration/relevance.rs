//! How good the search is: graded queries on the demo shop, summed up in one figure that must not fall.

#![allow(clippy::float_arithmetic, reason = "a figure that is no money")]

use std::collections::HashMap;
use std::sync::Arc;

use catalog::{Assortment, CatalogService};
use contracts::catalog::View;
use contracts::search::{Search as _, SearchRequest};
use infra::Spawner;
use kernel::{Currency, PageRequest, SeededRng, StoreId, SystemClock};
use search::{SearchParts, SearchService};
use serde::Deserialize;

/// What the search reached when this was last written, less a little. Raise it when the search gets better; CI fails
/// below it.
const FLOOR: f64 = 0.94;
/// How many hits are judged.
const DEPTH: usize = 10;
const SETS: [&str; 2] = [
    include_str!("../../../../services/search/relevance/en.toml"),
    include_str!("../../../../services/search/relevance/de.toml"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    locale: String,
    query: Vec<Judged>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    q: String,
    /// What the query is an example of.
    why: String,
    best: Vec<String>,
    #[serde(default)]
    good: Vec<String>,
    #[serde(default)]
    fair: Vec<String>,
}

impl Judged {
    fn grade(&self, handle: &str) -> u32 {
        let is_in = |handles: &[String]| handles.iter().any(|known| known == handle);
        match (is_in(&self.best), is_in(&self.good), is_in(&self.fair)) {
            (true, ..) => 3,
            (_, true, _) => 2,
            (.., true) => 1,
            _ => 0,
        }
    }

    /// Normalised discounted cumulative gain of the first [`DEPTH`] hits: 1 when no better order is possible.
    fn ndcg(&self, hits: &[String]) -> f64 {
        let grades = hits.iter().take(DEPTH).map(|handle| self.grade(handle));
        let ideal = [(&self.best, 3), (&self.good, 2), (&self.fair, 1)];
        let ideal = ideal.into_iter().flat_map(|(handles, grade)| std::iter::repeat_n(grade, handles.len()));
        gain(grades) / gain(ideal.take(DEPTH))
    }
}

fn gain(grades: impl Iterator<Item = u32>) -> f64 {
    (1_u32..).zip(grades).map(|(place, grade)| (2_f64.powf(grade.into()) - 1.0) / f64::from(place + 1).log2()).sum()
}

async fn demo() -> (Arc<SearchService>, Vec<String>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let view = View { currency: Currency::EUR, locale: "en".to_owned() };
    let world: (kernel::SharedClock, kernel::SharedRng) = (Arc::new(SystemClock), Arc::new(SeededRng::new(1)));
    let catalog =
        CatalogService::open(dir.path(), StoreId::DEFAULT, view.clone(), world.clone(), Spawner::new()).unwrap();
    let demo = catalog::demo::catalogue();
    let handles = demo.products.iter().map(|(handle, _)| handle.clone()).collect();
    let assortment = Assortment {
        product_types: demo.product_types,
        categories: demo.categories,
        collections: demo.collections,
        products: demo.products,
    };
    catalog.load(StoreId::DEFAULT, assortment).await.unwrap();
    let parts = SearchParts {
        catalog: catalog.clone(),
        read: catalog.clone(),
        contents: catalog,
        clock: world.0,
        locales: vec!["en".to_owned(), "de".to_owned()],
        default_view: view,
    };
    let search = SearchService::open(dir.path(), &[StoreId::DEFAULT], parts).await.unwrap();
    search.seed_synonyms(StoreId::DEFAULT, search::demo_synonyms()).await.unwrap();
    (search, handles, dir)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_looked_for_is_found_first() {
    let (search, known, _dir) = demo().await;
    let mut by_kind: HashMap<String, Vec<f64>> = HashMap::new();
    let mut all = Vec::new();
    for set in SETS {
        let set: Set = toml::from_str(set).unwrap();
        let view = View { currency: Currency::EUR, locale: set.locale.clone() };
        for judged in &set.query {
            for handle in judged.best.iter().chain(&judged.good).chain(&judged.fair) {
                assert!(known.contains(handle), "{}: there is no product {handle}", judged.q);
            }
            let page = PageRequest { limit: 24, cursor: None };
            let request = SearchRequest { query: judged.q.clone(), page, ..SearchRequest::default() };
            let answer = search.search(StoreId::DEFAULT, &request, &view).unwrap();
            let hits: Vec<String> = answer.hits.iter().map(|hit| hit.handle.clone()).collect();
            let ndcg = judged.ndcg(&hits);
            let mark = if ndcg < 0.8 { "  <--" } else { "" };
            let first: Vec<String> =
                hits.iter().take(5).map(|handle| format!("{handle} ({})", judged.grade(handle))).collect();
            println!("{} {:<26} {:<15} {ndcg:.3} {}{mark}", set.locale, judged.q, judged.why, first.join(", "));
            by_kind.entry(format!("{} {}", set.locale, judged.why)).or_default().push(ndcg);
            all.push(ndcg);
        }
    }
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / f64::from(u32::try_from(figures.len()).unwrap());
    let mut kinds: Vec<(&String, f64, usize)> = by_kind.iter().map(|(k, v)| (k, mean(v), v.len())).collect();
    kinds.sort_by(|a, b| a.0.cmp(b.0));
    for (kind, figure, count) in kinds {
        println!("{kind:<20} {count:>3} queries, NDCG@{DEPTH} {figure:.3}");
    }
    let figure = mean(&all);
    println!("all                  {:>3} queries, NDCG@{DEPTH} {figure:.4}, floor {FLOOR}", all.len());
    assert!(all.len() >= 60, "too few to say anything");
    assert!(figure >= FLOOR, "the search got worse: NDCG@{DEPTH} {figure:.4} is below {FLOOR}");
}

#[test]
fn the_figure_rewards_order() {
    let list = |handles: &[&str]| handles.iter().map(|&handle| handle.to_owned()).collect::<Vec<_>>();
    let judged =
        Judged { q: String::new(), why: String::new(), best: list(&["a"]), good: list(&["b"]), fair: list(&["c"]) };
    let of = |hits: &[&str]| judged.ndcg(&list(hits));
    assert!((of(&["a", "b", "c"]) - 1.0).abs() < 1e-9);
    assert!(of(&["a", "b"]) < 1.0 && of(&["b", "a", "c"]) < of(&["a", "c", "b"]) && of(&["x"]) == 0.0);
}
