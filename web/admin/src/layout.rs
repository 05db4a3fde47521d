//! The frame of every page: where one is, where one can go, and what was just done.

use contracts::identity::Scope;
use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::parts::label;
use crate::site::PageContext;

/// The parts of the back office, as its navigation lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Pages outside of the navigation, such as the login.
    Door,
    Home,
    Orders,
    Fulfilments,
    Products,
    Categories,
    Collections,
    Stock,
    Transfers,
    StockCounts,
    Locations,
    GiftCards,
    Promotions,
    PriceLists,
    Customers,
    CustomerGroups,
    ShippingZones,
    TaxZones,
    Settings,
    Mails,
    Webhooks,
    Staff,
    Roles,
    Keys,
    Books,
    Backups,
}

struct Entry {
    section: Section,
    name: &'static str,
    path: &'static str,
    /// What one must be allowed to read; none for everybody.
    scope: Option<Scope>,
    /// Whether being allowed to read everything is not enough.
    change_only: bool,
}

const fn entry(section: Section, name: &'static str, path: &'static str, scope: Scope) -> Entry {
    Entry { section, name, path, scope: Some(scope), change_only: false }
}

const fn closed(section: Section, name: &'static str, path: &'static str, scope: Scope) -> Entry {
    Entry { section, name, path, scope: Some(scope), change_only: true }
}

const GROUPS: [(&str, &[Entry]); 6] = [
    (
        "Day",
        &[
            Entry { section: Section::Home, name: "Today", path: "/admin", scope: None, change_only: false },
            entry(Section::Orders, "Orders", "/admin/orders", Scope::Orders),
            entry(Section::Fulfilments, "Fulfilments", "/admin/fulfilments", Scope::Fulfilment),
            entry(Section::Customers, "Customers", "/admin/customers", Scope::Customers),
        ],
    ),
    (
        "Catalog",
        &[
            entry(Section::Products, "Products", "/admin/products", Scope::Catalog),
            entry(Section::Categories, "Categories", "/admin/categories", Scope::Catalog),
            entry(Section::Collections, "Collections", "/admin/collections", Scope::Catalog),
        ],
    ),
    (
        "Stock",
        &[
            entry(Section::Stock, "Stock", "/admin/stock", Scope::Stock),
            entry(Section::StockCounts, "Take stock", "/admin/stock-counts", Scope::Stock),
            entry(Section::Transfers, "Transfers", "/admin/transfers", Scope::Stock),
            entry(Section::Locations, "Locations", "/admin/locations", Scope::Stock),
        ],
    ),
    (
        "Selling",
        &[
            entry(Section::Promotions, "Promotions", "/admin/promotions", Scope::Promotions),
            entry(Section::PriceLists, "Price lists", "/admin/price-lists", Scope::Promotions),
            entry(Section::GiftCards, "Gift cards", "/admin/gift-cards", Scope::Admin),
            entry(Section::CustomerGroups, "Groups", "/admin/customer-groups", Scope::Customers),
        ],
    ),
    (
        "Shop",
        &[
            entry(Section::ShippingZones, "Shipping", "/admin/shipping-zones", Scope::Settings),
            entry(Section::TaxZones, "Taxes", "/admin/tax-zones", Scope::Settings),
            entry(Section::Settings, "Settings", "/admin/settings", Scope::Settings),
            closed(Section::Mails, "Mails", "/admin/mails", Scope::Notifications),
            closed(Section::Webhooks, "Webhooks", "/admin/webhooks", Scope::Notifications),
        ],
    ),
    (
        "Team",
        &[
            entry(Section::Staff, "Staff", "/admin/staff", Scope::Staff),
            entry(Section::Roles, "Roles", "/admin/roles", Scope::Staff),
            closed(Section::Keys, "API keys", "/admin/api-keys", Scope::Admin),
            entry(Section::Books, "Books", "/admin/books", Scope::Admin),
            entry(Section::Backups, "Backups", "/admin/backups", Scope::Admin),
        ],
    ),
];

/// A whole page: its title is also its heading.
pub(crate) fn page(ctx: &PageContext, title: &str, body: &Markup) -> Markup {
    frame(ctx, title, &html! { h1 { (title) } (body) })
}

/// A whole page that brings its own heading.
pub(crate) fn frame(ctx: &PageContext, title: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="color-scheme" content="light dark";
                title { (title) " – " (ctx.shop_name) }
                link rel="stylesheet" href=(assets::styles_path());
                link rel="icon" href="/favicon.ico";
            }
            body class=(if ctx.role.is_some() { "in" } else { "out" }) {
                a.skip href="#main" { "Skip to the content" }
                header.bar {
                    a.shop href="/admin" { bdi { (ctx.shop_name) } }
                    @if let Some(role) = &ctx.role {
                        a.view-shop href="/" { "View shop" }
                        a.role href="/admin/account" { bdi { (label(role)) } }
                        form.out method="post" action="/admin/logout" { button.quiet type="submit" { "Log out" } }
                    }
                }
                @if ctx.role.is_some() { (navigation(ctx)) }
                main #main tabindex="-1" {
                    @if let Some(done) = ctx.done { p.notice.good role="status" { (done) } }
                    (main)
                }
                footer { p { "Times are in UTC." } }
            }
        }
    }
}

fn navigation(ctx: &PageContext) -> Markup {
    let open = |entry: &&Entry| match entry.scope {
        None => true,
        Some(scope) => ctx.may(scope) || (!entry.change_only && ctx.may_read(scope)),
    };
    html! {
        nav.main-nav aria-label="Back office" {
            @for (name, entries) in &GROUPS {
                @if entries.iter().any(|entry| open(&entry)) {
                    div.group {
                        p { (name) }
                        ul {
                            @for entry in entries.iter().filter(open) {
                                li {
                                    a href=(entry.path) aria-current=[(entry.section == ctx.section).then_some("page")] {
                                        (entry.name)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
