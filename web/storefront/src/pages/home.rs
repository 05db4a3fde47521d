//! `GET /`: the home page of a market. What it opens with is the merchant's: the name and the description of the collection
//! [`FRONT_PAGE`], with its first product, when there is such a collection; the shop's name when there is none.

use axum::extract::{Request, State};
use axum::response::Response;
use contracts::catalog::{CollectionView, ImageView, ProductCard, ProductQuery};
use kernel::PageRequest;
use maud::{Markup, html};

use crate::cache::Fresh;
use crate::layout::{self, Head};
use crate::own_prices;
use crate::pages::cached;
use crate::parts::{Loading, grid, image};
use crate::site::{PageContext, Site};

/// The collection that the home page opens with. Shops that move here have one of this name.
const FRONT_PAGE: &str = "frontpage";
/// New products shown.
const NEW_PRODUCTS: u32 = 8;
/// Collections shown, with an image each.
const COLLECTIONS: usize = 6;

pub(crate) struct HomePage {
    /// What the merchant wrote for the top of the page.
    pub(crate) front: Option<CollectionView>,
    /// What is shown there.
    pub(crate) hero: Option<ProductCard>,
    pub(crate) collections: Vec<(CollectionView, Option<ImageView>)>,
    pub(crate) new_products: Vec<ProductCard>,
    /// Whether the prices are the shopper's own.
    pub(crate) is_own: bool,
}

pub(crate) async fn show(State(site): State<Site>, request: Request) -> Response {
    if let Some(own) = site.own_prices(&request) {
        let mut data = HomePage { is_own: true, ..load(&site) };
        own.cards(&mut data.new_products);
        data.hero = data.hero.map(|hero| own.card(&hero));
        return own_prices::answer(home_page(&site.context("/"), &data));
    }
    cached(&site, request.headers(), request.uri().path(), || {
        Ok(Fresh {
            body: home_page(&site.context("/"), &load(&site)).into_string(),
            content_type: None,
            surrogate_keys: "catalog home".to_owned(),
        })
    })
}

fn load(site: &Site) -> HomePage {
    let handles = &site.shop.handles;
    let here = site.here();
    let products = |collection: Option<String>, limit| {
        let page = PageRequest { limit, cursor: None };
        let query = ProductQuery { collection, page, ..ProductQuery::default() };
        handles.catalog.products(handles.store, &query, &here.view).map(|page| page.items.clone()).unwrap_or_default()
    };
    let all = handles.catalog.collections(handles.store, &here.market.locale);
    let mut pictured: Vec<String> = Vec::new();
    let collections: Vec<_> = all
        .iter()
        .filter(|collection| collection.products > 0 && collection.handle != FRONT_PAGE)
        .take(COLLECTIONS)
        .map(|collection| {
            // The first product that does not stand for another collection already.
            let candidates = products(Some(collection.handle.clone()), 12);
            let chosen =
                candidates.iter().find(|p| p.image.is_some() && !pictured.contains(&p.handle)).or(candidates.first());
            pictured.extend(chosen.map(|product| product.handle.clone()));
            (collection.clone(), chosen.and_then(|product| product.image.clone()))
        })
        .collect();
    let new_products = products(None, NEW_PRODUCTS);
    let front = all.iter().find(|collection| collection.handle == FRONT_PAGE).cloned();
    let chosen = front.as_ref().map(|front| products(Some(front.handle.clone()), 12)).unwrap_or_default();
    let hero = chosen.iter().chain(&new_products).find(|product| product.available && product.image.is_some()).cloned();
    HomePage { front, hero, collections, new_products, is_own: false }
}

pub(crate) fn home_page(ctx: &PageContext<'_>, data: &HomePage) -> Markup {
    let t = ctx.phrases;
    let head = Head {
        description: match &data.front {
            Some(front) if !front.description.is_empty() => front.description.clone(),
            _ => t.home_description.to_owned(),
        },
        listed: true,
        image: data.hero.as_ref().and_then(|hero| hero.image.as_ref()).map(|image| image.url.clone()),
        data: vec![serde_json::json!({
            "@context": "https://schema.org", "@type": "WebSite", "name": ctx.shop_name,
            "url": ctx.absolute(ctx.here, "/"), "inLanguage": ctx.here.market.locale,
        })],
        ..Head::default()
    };
    let main = html! {
        (hero(ctx, data))
        @if !data.collections.is_empty() {
            section.band aria-labelledby="collections" {
                h2 #collections { (t.collections) }
                ul.tiles role="list" {
                    @for (collection, picture) in &data.collections { (tile(ctx, collection, picture.as_ref())) }
                }
            }
        }
        section.band aria-labelledby="new" {
            div.heading-row {
                h2 #new { (t.new_products) }
                a.more href=(ctx.url("/products")) { (t.all_products) }
            }
            @if data.is_own { (own_prices::told(ctx)) }
            @if data.new_products.is_empty() {
                p.muted { (t.shop_is_empty) }
            } @else {
                (grid(ctx, &data.new_products, false))
            }
        }
        section.band.promises aria-label=(t.promises) {
            ul role="list" {
                @for (title, text) in t.promise_list { li { h3 { (title) } p.muted { (text) } } }
            }
        }
    };
    layout::page(ctx, &head, &main)
}

fn hero(ctx: &PageContext<'_>, data: &HomePage) -> Markup {
    let t = ctx.phrases;
    html! {
        section.hero {
            div.words {
                @match &data.front {
                    Some(front) => {
                        p.eyebrow { (ctx.shop_name) }
                        h1 { (front.name) }
                        @if !front.description.is_empty() { p.lead { (front.description) } }
                    }
                    None => h1 { (ctx.shop_name) },
                }
                p.actions {
                    a.button href=(ctx.url("/products")) { (t.hero_action) }
                    @if let Some(category) = ctx.categories.first() {
                        a.button.secondary href=(ctx.url(&format!("/categories/{}", category.handle))) { (category.name) }
                    }
                }
            }
            @if let Some(product) = &data.hero {
                a.picture href=(ctx.url(&format!("/products/{}", product.handle))) {
                    @if let Some(view) = &product.image {
                        (image(view, "(min-width: 60rem) 36rem, 100vw", Loading::First))
                    }
                    span.caption {
                        span { (product.title) }
                        strong { (ctx.money(product.price_min)) }
                    }
                }
            }
        }
    }
}

fn tile(ctx: &PageContext<'_>, collection: &CollectionView, picture: Option<&ImageView>) -> Markup {
    // The name beside it says it all; a description of the product shown would only be in the way.
    let picture = picture.map(|picture| ImageView { alt: String::new(), ..picture.clone() });
    html! {
        li.tile {
            div.frame {
                @if let Some(picture) = &picture {
                    (image(picture, "(min-width: 60rem) 24rem, (min-width: 36rem) 46vw, 92vw", Loading::Lazy))
                }
            }
            h3 { a href=(ctx.url(&format!("/collections/{}", collection.handle))) { (collection.name) } }
            @if !collection.description.is_empty() { p.muted { (collection.description) } }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<HomePage> {
    use crate::goods;
    let card = goods::card("trail-runner", goods::HOSTILE);
    vec![
        HomePage {
            front: goods::collections().pop(),
            hero: Some(card.clone()),
            collections: goods::collections().into_iter().map(|c| (c, Some(goods::image("tile")))).collect(),
            new_products: vec![card, goods::sold_out_card()],
            is_own: true,
        },
        HomePage { front: None, hero: None, collections: Vec::new(), new_products: Vec::new(), is_own: false },
    ]
}
