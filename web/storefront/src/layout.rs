//! The frame around every page: head, header, footer.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::assets::{ICON, SCRIPT, STYLES};
use crate::site::PageContext;

/// What a page tells the frame, search engines and link previews about itself.
#[derive(Default)]
pub(crate) struct Head {
    pub(crate) title: String,
    pub(crate) description: String,
    /// Whether search engines should list it. Pages about one visitor are not listed.
    pub(crate) listed: bool,
    /// URL of the image for link previews.
    pub(crate) image: Option<String>,
    /// `product` for products.
    pub(crate) og_type: Option<&'static str>,
    /// JSON-LD documents.
    pub(crate) data: Vec<serde_json::Value>,
    /// Go to the URL after so many seconds.
    pub(crate) refresh: Option<(u32, String)>,
    /// Handle of the top category the page is in.
    pub(crate) category: Option<String>,
    /// What was searched for, for the box in the header.
    pub(crate) query: String,
}

/// A whole document around `main`.
pub(crate) fn page(ctx: &PageContext<'_>, head: &Head, main: &Markup) -> Markup {
    let t = ctx.phrases;
    html! {
        (DOCTYPE)
        html lang=(ctx.here.market.locale) {
            head { (metadata(ctx, head)) }
            body {
                a.skip href="#main" { (t.skip_to_content) }
                (header(ctx, head.category.as_deref(), &head.query))
                main #main tabindex="-1" { (main) }
                (footer(ctx))
            }
        }
    }
}

fn metadata(ctx: &PageContext<'_>, head: &Head) -> Markup {
    let canonical = ctx.absolute(ctx.here, &ctx.path);
    let title =
        if head.title.is_empty() { ctx.shop_name.to_owned() } else { format!("{} · {}", head.title, ctx.shop_name) };
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title { (title) }
        @if !head.description.is_empty() { meta name="description" content=(head.description); }
        @if head.listed {
            link rel="canonical" href=(canonical);
            @for market in ctx.markets {
                @if let Some(language) = &market.hreflang {
                    link rel="alternate" hreflang=(language) href=(ctx.absolute(market, &ctx.path));
                }
            }
            @if let Some(first) = ctx.markets.first() {
                link rel="alternate" hreflang="x-default" href=(ctx.absolute(first, &ctx.path));
            }
            meta property="og:title" content=(if head.title.is_empty() { ctx.shop_name } else { &head.title });
            meta property="og:site_name" content=(ctx.shop_name);
            meta property="og:type" content=(head.og_type.unwrap_or("website"));
            meta property="og:url" content=(canonical);
            meta property="og:locale" content=(ctx.here.market.locale.replace('-', "_"));
            @if !head.description.is_empty() { meta property="og:description" content=(head.description); }
            @if let Some(image) = &head.image { meta property="og:image" content=(public_url(ctx, image)); }
        } @else {
            meta name="robots" content="noindex";
        }
        @if let Some((seconds, url)) = &head.refresh {
            meta http-equiv="refresh" content={ (seconds) "; url=" (url) };
        }
        meta name="color-scheme" content="light dark";
        meta name="theme-color" content="#faf7f2" media="(prefers-color-scheme: light)";
        meta name="theme-color" content="#191613" media="(prefers-color-scheme: dark)";
        link rel="icon" href=(ICON.path) type="image/svg+xml";
        link rel="stylesheet" href=(STYLES.path);
        script src=(SCRIPT.path) defer {}
        @for data in &head.data {
            script type="application/ld+json" { (PreEscaped(script_json(data))) }
        }
    }
}

/// JSON that can stand inside a `<script>` element: nothing in it can end the element or begin a comment.
pub(crate) fn script_json(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// `url` as seen from outside: paths of our own get the public address.
pub(crate) fn public_url(ctx: &PageContext<'_>, url: &str) -> String {
    if url.starts_with('/') { format!("{}{url}", ctx.base_url) } else { url.to_owned() }
}

fn header(ctx: &PageContext<'_>, current: Option<&str>, query: &str) -> Markup {
    let t = ctx.phrases;
    html! {
        header.site-header {
            div.bar {
                a.brand href=(ctx.url("/")) { (logo()) span { (ctx.shop_name) } }
                nav.site-nav aria-label=(t.main_navigation) {
                    ul {
                        @for category in ctx.categories.iter() {
                            li {
                                a href=(ctx.url(&format!("/categories/{}", category.handle)))
                                    aria-current=[(current == Some(category.handle.as_str())).then_some("true")] {
                                    (category.name)
                                }
                            }
                        }
                    }
                }
                (search_box(ctx, query))
                div.own {
                    a.account-link href="/account" { (account_icon()) span { (t.account.account) } }
                    a.cart-link href=(ctx.url("/cart")) {
                        (cart_icon())
                        span { (t.cart) }
                        span.badge data-cart-count=(t.cart_count_suffix) hidden {}
                    }
                }
            }
        }
    }
}

/// Works as a plain form; the script adds suggestions.
fn search_box(ctx: &PageContext<'_>, query: &str) -> Markup {
    let t = ctx.phrases;
    let market = &ctx.here.market;
    let suggest = format!("/api/v1/search/suggest?currency={}&locale={}", market.currency.code(), market.locale);
    html! {
        form.search role="search" method="get" action=(ctx.url("/search"))
            data-suggest=(suggest) data-products=(ctx.url("/products/")) data-suggestions=(t.suggestions) {
            label.visually-hidden for="q" { (t.search) }
            input #q type="search" name="q" value=(query) placeholder=(t.search_hint) maxlength="200"
                autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search";
            button type="submit" { (search_icon()) span.visually-hidden { (t.search) } }
        }
    }
}

fn footer(ctx: &PageContext<'_>) -> Markup {
    let t = ctx.phrases;
    html! {
        footer.site-footer {
            div.bar {
                p.brand { (logo()) span { (ctx.shop_name) } }
                @if !ctx.categories.is_empty() {
                    nav aria-label=(t.footer_navigation) {
                        ul {
                            @for category in ctx.categories.iter() {
                                li { a href=(ctx.url(&format!("/categories/{}", category.handle))) { (category.name) } }
                            }
                        }
                    }
                }
                @if ctx.markets.len() > 1 {
                    form.market method="post" action="/market" data-auto-submit {
                        label for="market" { (t.country_and_currency) }
                        div.row {
                            select #market name="market" autocomplete="off" {
                                @for market in ctx.markets {
                                    option value=(market.market.handle)
                                        selected[market.market.handle == ctx.here.market.handle] {
                                        (market.market.name) " · " (market.market.currency)
                                    }
                                }
                            }
                            input type="hidden" name="path" value=(ctx.path);
                            button.secondary type="submit" { (t.change) }
                        }
                    }
                }
            }
        }
    }
}

/// The shop's sign, which also stands where a picture is missing.
pub(crate) fn logo() -> Markup {
    html! {
        svg.logo viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" {
            path d="M16 3v17M16 4.5c6 2.5 9.5 7.5 10 13.5H16M14 8c-4.5 2.5-7 6-7.5 10H14" {}
            path d="M3 22h26c-1 4.5-4 7-8 7H11c-4 0-7-2.5-8-7Z" {}
        }
    }
}

fn search_icon() -> Markup {
    html! {
        svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false" {
            path d="M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 21 21" {}
        }
    }
}

fn account_icon() -> Markup {
    html! {
        svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false" {
            path d="M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.5 20.5c1-4 4-6 7.5-6s6.5 2 7.5 6" {}
        }
    }
}

fn cart_icon() -> Markup {
    html! {
        svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false" {
            path d="M5 8h14l1 12.5H4L5 8Z" {}
            path d="M8.5 10.5V7a3.5 3.5 0 0 1 7 0v3.5" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_cannot_leave_its_script_element() {
        let json = script_json(&serde_json::json!({"name": "</script><script>alert(1)</script><!-- & -->"}));
        assert!(!json.contains('<') && !json.contains('>') && !json.contains('&'));
        let back: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["name"], "</script><script>alert(1)</script><!-- & -->");
    }
}
