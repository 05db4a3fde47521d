//! The page of a search.

use contracts::search::{Facet, FacetKind, FacetValue, Matched};
use kernel::Money;
use maud::{Markup, html};

use super::{Asked, SORTS, SearchPage};
use crate::layout::{self, Head};
use crate::own_prices;
use crate::parts::{Tone, breadcrumbs, grid, notice};
use crate::site::PageContext;

/// Values of a facet that are shown before the rest is unfolded.
const SHOWN: usize = 8;

pub(crate) fn search_page(ctx: &PageContext<'_>, data: &SearchPage) -> Markup {
    let t = ctx.phrases;
    let title = if data.asked.query.is_empty() { t.search.to_owned() } else { t.results_for(&data.asked.query) };
    let head = Head { title: title.clone(), query: data.asked.query.clone(), ..Head::default() };
    let narrowed = !data.asked.filters.is_empty();
    let main = html! {
        (breadcrumbs(ctx, &[], t.search))
        header.page-header {
            h1 { (title) }
            (remarks(ctx, data))
        }
        @if data.answer.hits.is_empty() && !narrowed {
            (empty(ctx, data))
        } @else {
            div.found {
                @if !data.answer.facets.is_empty() || narrowed { (filters(ctx, data)) }
                div {
                    (chosen(ctx, data))
                    div.toolbar {
                        p.muted role="status" { (t.products(data.answer.total)) }
                        (sort_form(ctx, data))
                    }
                    h2.visually-hidden { (t.products_heading) }
                    @if data.answer.hits.is_empty() {
                        (empty(ctx, data))
                    } @else {
                        @if data.is_own { (own_prices::told(ctx)) }
                        (grid(ctx, &data.answer.hits, true))
                        (pagination(ctx, data))
                    }
                }
            }
        }
    };
    layout::page(ctx, &head, &main)
}

/// What the shopper should know about how this was found.
fn remarks(ctx: &PageContext<'_>, data: &SearchPage) -> Markup {
    let t = ctx.phrases;
    html! {
        @match (&data.answer.corrected, data.answer.matched) {
            (Some(corrected), Matched::Corrected | Matched::Some) => (notice(Tone::Attention, &t.corrected(&data.asked.query, corrected))),
            (None, Matched::Some) => (notice(Tone::Attention, t.some_words_only)),
            _ => {}
        }
    }
}

fn empty(ctx: &PageContext<'_>, data: &SearchPage) -> Markup {
    let t = ctx.phrases;
    html! {
        section.message {
            h2 { (t.nothing_found) }
            p { (if data.asked.filters.is_empty() { t.nothing_found_text } else { t.nothing_left_text }) }
            p.actions {
                @if !data.asked.filters.is_empty() {
                    a.button href=(ctx.url(&data.asked.bare().path())) { (t.clear_filters) }
                }
                a.button.secondary href=(ctx.url("/products")) { (t.all_products) }
            }
            @if !ctx.categories.is_empty() {
                nav.chips aria-label=(t.look_around) {
                    ul role="list" {
                        @for category in ctx.categories.iter() {
                            li {
                                a href=(ctx.url(&format!("/categories/{}", category.handle))) {
                                    (category.name) " " span.muted { (category.products) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The filters in use, each with a way to take it back.
fn chosen(ctx: &PageContext<'_>, data: &SearchPage) -> Markup {
    let t = ctx.phrases;
    let asked = &data.asked;
    html! {
        @if !asked.filters.is_empty() {
            nav.chips.chosen aria-label=(t.active_filters) {
                ul role="list" {
                    @for filter in &asked.filters {
                        @for value in &filter.values {
                            @let label = chosen_label(ctx, data, &filter.name, value);
                            li {
                                a href=(ctx.url(&asked.without(&filter.name, value).path())) {
                                    span.visually-hidden { (t.remove_filter) " " }
                                    (label)
                                    span aria-hidden="true" { "×" }
                                }
                            }
                        }
                    }
                    li { a.plain href=(ctx.url(&asked.bare().path())) { (t.clear_filters) } }
                }
            }
        }
    }
}

fn chosen_label(ctx: &PageContext<'_>, data: &SearchPage, name: &str, value: &str) -> String {
    let facet = data.answer.facets.iter().find(|facet| facet.name == name);
    let known = facet.and_then(|facet| Some((facet, facet.values.iter().find(|known| known.value == value)?)));
    match known {
        Some((facet, value)) if matches!(facet.kind, FacetKind::Flag) => {
            format!("{}: {}", facet.label, value_label(ctx, facet, value))
        }
        Some((facet, value)) => value_label(ctx, facet, value),
        None if name == "price" => range_label(ctx, value),
        None => value.to_owned(),
    }
}

fn filters(ctx: &PageContext<'_>, data: &SearchPage) -> Markup {
    let t = ctx.phrases;
    let asked = &data.asked;
    let count: usize = asked.filters.iter().map(|filter| filter.values.len()).sum();
    html! {
        details.filters {
            summary.button.secondary { (t.filters) @if count > 0 { " (" (count) ")" } }
            form method="get" action=(ctx.url("/search")) data-auto-submit {
                h2.visually-hidden { (t.filters) }
                @if !asked.query.is_empty() { input type="hidden" name="q" value=(asked.query); }
                @if asked.sort != SORTS[0].0 { input type="hidden" name="sort" value=(asked.sort_name()); }
                (gone(data))
                @for facet in &data.answer.facets { (fieldset(ctx, facet)) }
                button type="submit" { (t.show_results) }
            }
        }
    }
}

/// Filters in use that no facet shows any more still count.
fn gone(data: &SearchPage) -> Markup {
    let shown = |name: &str, value: &str| {
        data.answer.facets.iter().any(|facet| facet.name == name && facet.values.iter().any(|v| v.value == value))
    };
    html! {
        @for filter in &data.asked.filters {
            @for value in filter.values.iter().filter(|value| !shown(&filter.name, value)) {
                input type="hidden" name={ "filter." (filter.name) } value=(value);
            }
        }
    }
}

fn fieldset(ctx: &PageContext<'_>, facet: &Facet) -> Markup {
    let t = ctx.phrases;
    let split = facet.values.iter().rposition(|value| value.selected).map_or(SHOWN, |last| SHOWN.max(last + 1));
    let (first, rest) = facet.values.split_at(if facet.values.len() <= split + 2 { facet.values.len() } else { split });
    html! {
        fieldset {
            legend { (facet_label(ctx, facet)) }
            @for value in first { (choice(ctx, facet, value)) }
            @if !rest.is_empty() {
                details {
                    summary { (t.more_values(rest.len())) }
                    @for value in rest { (choice(ctx, facet, value)) }
                }
            }
            @if facet.kind == FacetKind::Price { (own_range(ctx)) }
        }
    }
}

fn choice(ctx: &PageContext<'_>, facet: &Facet, value: &FacetValue) -> Markup {
    html! {
        label.tick {
            input type="checkbox" name={ "filter." (facet.name) } value=(value.value) checked[value.selected] autocomplete="off";
            span { (value_label(ctx, facet, value)) }
            span.muted { (value.count) }
        }
    }
}

/// Two amounts of one's own.
fn own_range(ctx: &PageContext<'_>) -> Markup {
    let t = ctx.phrases;
    let code = ctx.here.market.currency.code();
    html! {
        div.range {
            label { span { (t.price_from) " " (code) } input name="price_from" inputmode="decimal" size="6" autocomplete="off"; }
            label { span { (t.price_to) " " (code) } input name="price_to" inputmode="decimal" size="6" autocomplete="off"; }
        }
    }
}

fn facet_label(ctx: &PageContext<'_>, facet: &Facet) -> String {
    let t = ctx.phrases;
    match facet.kind {
        FacetKind::Category => t.facet_category.to_owned(),
        FacetKind::Collection => t.collections.to_owned(),
        FacetKind::Vendor => t.facet_vendor.to_owned(),
        FacetKind::Price => t.facet_price.to_owned(),
        FacetKind::Availability => t.facet_availability.to_owned(),
        FacetKind::Attribute | FacetKind::Flag | FacetKind::Option => facet.label.clone(),
    }
}

fn value_label(ctx: &PageContext<'_>, facet: &Facet, value: &FacetValue) -> String {
    let t = ctx.phrases;
    match (facet.kind, value.value.as_str()) {
        (FacetKind::Flag, "true") => t.yes.to_owned(),
        (FacetKind::Flag, _) => t.no.to_owned(),
        (FacetKind::Availability, "true") => t.in_stock.to_owned(),
        (FacetKind::Availability, _) => t.sold_out.to_owned(),
        (FacetKind::Price, range) => range_label(ctx, range),
        _ => value.label.clone(),
    }
}

/// `5000-9999` as its readers write it.
fn range_label(ctx: &PageContext<'_>, range: &str) -> String {
    let t = ctx.phrases;
    let amount =
        |text: &str| text.parse::<i64>().ok().map(|minor| ctx.money(Money::new(minor, ctx.here.market.currency)));
    let (low, high) = range.split_once('-').unwrap_or((range, ""));
    match (amount(low), amount(high)) {
        (Some(low), Some(high)) => format!("{low} – {high}"),
        (Some(low), None) => t.and_more(&low),
        (None, Some(high)) => t.up_to(&high),
        (None, None) => range.to_owned(),
    }
}

fn sort_form(ctx: &PageContext<'_>, data: &SearchPage) -> Markup {
    let t = ctx.phrases;
    let asked = &data.asked;
    html! {
        form.sort method="get" action=(ctx.url("/search")) data-auto-submit {
            @if !asked.query.is_empty() { input type="hidden" name="q" value=(asked.query); }
            @for filter in &asked.filters {
                @for value in &filter.values { input type="hidden" name={ "filter." (filter.name) } value=(value); }
            }
            label for="sort" { (t.sort_by) }
            select #sort name="sort" autocomplete="off" {
                @for (sort, name) in SORTS {
                    option value=(name) selected[sort == asked.sort] { (t.search_sort_label(sort)) }
                }
            }
            button.secondary type="submit" { (t.apply) }
        }
    }
}

fn pagination(ctx: &PageContext<'_>, data: &SearchPage) -> Markup {
    let t = ctx.phrases;
    let asked = &data.asked;
    let at = |cursor: Option<&String>| ctx.url(&Asked { cursor: cursor.cloned(), ..asked.clone() }.path());
    html! {
        @if asked.cursor.is_some() || data.answer.next_cursor.is_some() {
            nav.pagination aria-label=(t.pages) {
                @if asked.cursor.is_some() { a.button.secondary href=(at(None)) { (t.back_to_start) } }
                @if let Some(next) = &data.answer.next_cursor {
                    a.button rel="next" href=(at(Some(next))) { (t.next_page) }
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<SearchPage> {
    use std::sync::Arc;

    use contracts::search::{Filter, SearchAnswer, SearchSort};

    use crate::goods;
    let value =
        |value: &str, count, selected| FacetValue { value: value.to_owned(), label: value.to_owned(), count, selected };
    let facet =
        |name: &str, kind, values| Facet { name: name.to_owned(), kind, label: goods::HOSTILE.to_owned(), values };
    let many = (36..60).map(|size| value(&size.to_string(), 3, size == 50)).collect();
    let full = SearchAnswer {
        hits: [goods::card("a", goods::HOSTILE), goods::sold_out_card()].map(Arc::new).into(),
        facets: vec![
            facet("category", FacetKind::Category, vec![value("shoes", 2, false), value("boots", 1, false)]),
            facet("price", FacetKind::Price, vec![value("-4999", 1, false), value("5000-", 1, true)]),
            facet("size", FacetKind::Option, many),
            facet("colour", FacetKind::Option, vec![value(goods::HOSTILE, 2, true), value("Blue", 0, false)]),
            facet("vegan", FacetKind::Flag, vec![value("true", 1, true), value("false", 1, false)]),
            facet("available", FacetKind::Availability, vec![value("true", 1, false), value("false", 1, false)]),
        ],
        total: 26,
        matched: Matched::Corrected,
        corrected: Some(goods::HOSTILE.to_owned()),
        next_cursor: Some("61".to_owned()),
    };
    let chosen = |name: &str, values: &[&str]| Filter {
        name: name.to_owned(),
        values: values.iter().map(|&value| value.to_owned()).collect(),
    };
    let asked = Asked {
        query: goods::HOSTILE.to_owned(),
        filters: vec![
            chosen("colour", &[goods::HOSTILE, "Mauve"]),
            chosen("price", &["5000-", "1-2"]),
            chosen("size", &["50"]),
            chosen("vegan", &["true"]),
        ],
        sort: SearchSort::PriceAsc,
        cursor: Some("60".to_owned()),
    };
    let none = SearchAnswer { hits: Vec::new(), facets: Vec::new(), total: 0, corrected: None, ..full.clone() };
    [
        (asked.clone(), full.clone()),
        (Asked::default(), SearchAnswer { matched: Matched::All, corrected: None, ..full }),
        (asked.bare(), SearchAnswer { matched: Matched::Some, ..none.clone() }),
        (asked, none),
    ]
    .map(|(asked, answer)| SearchPage { is_own: asked.query.is_empty(), asked, answer: Arc::new(answer) })
    .into()
}
