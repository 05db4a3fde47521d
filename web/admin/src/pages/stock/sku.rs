//! `/admin/stock/{sku}`: the stock of one variant, when it is low, what is sold beyond it, and what it is made of.

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{TimestampSchema, View};
use contracts::identity::Scope;
use contracts::ledger::{
    AdjustStock, Answer, BundleView, DEFAULT_LOCATION, Location, Oversell, PolicyView, SetBundle, SetPolicy,
    SetThreshold, StockFilter, StockItem, StockQuantity,
};
use http_kit::{Api, Caller, Path};
use kernel::{Failure, PageRequest, Sku, Timestamp};
use maud::{Markup, html};

use super::{MAX_NAME, MAX_UNITS, location_choices, name_of, once, sku_at, sku_of};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of, taken};
use crate::parts::{Field, Form, default_button, encoded, said, table};
use crate::respond::{page, see_other};
use crate::rows;
use crate::site::{PageContext, Site};

/// Pages of levels that are looked through for those of one SKU.
const SCANNED_PAGES: usize = 50;

/// What the page shows.
pub(crate) struct SkuPage {
    pub(crate) sku: Sku,
    /// The product's handle and title, when shoppers can see it.
    pub(crate) product: Option<(String, String)>,
    pub(crate) levels: Vec<StockItem>,
    pub(crate) locations: Vec<Location>,
    pub(crate) policy: PolicyView,
    pub(crate) bundle: Option<BundleView>,
    pub(crate) key: String,
    pub(crate) draft: Draft,
}

impl SkuPage {
    fn address(&self, what: &str) -> String {
        format!("/admin/stock/{}/{what}", encoded(self.sku.as_str()))
    }

    /// Locations as choices; the first stock makes the first one.
    fn choices(&self) -> Vec<(String, String)> {
        let mut choices = location_choices(&self.locations);
        if choices.is_empty() {
            choices.push((DEFAULT_LOCATION.to_owned(), DEFAULT_LOCATION.to_owned()));
        }
        choices
    }
}

pub(crate) fn sku_page(ctx: &PageContext, data: &SkuPage) -> Markup {
    let sku = data.sku.as_str();
    let main = html! {
        div.head {
            h1 { "Stock of " (said(sku)) }
            @if ctx.may(Scope::Stock) {
                a.button.secondary href=(format!("/admin/transfers?sku={}#new", encoded(sku))) { "Transfer" }
            }
        }
        p.muted {
            @match &data.product {
                Some((handle, title)) => { a href=(format!("/admin/products/{}", encoded(handle))) { (said(title)) } }
                None => { a href=(format!("/admin/products?q={}", encoded(sku))) { "Look for its product" } }
            }
            " · " a href="/admin/stock" { "All stock" }
        }
        (levels(data))
        @if let Some(bundle) = &data.bundle { p.notice { "A bundle: " (bundle.available) " can be put together from what is there." } }
        @if data.policy.backordered > 0 { p.notice.wait { "Orders wait for " (data.policy.backordered) " units." } }
        @if ctx.may(Scope::Stock) {
            div.columns {
                div.stack { (adjust_form(data)) (bundle_form(data)) }
                div.stack { (policy_form(data)) (threshold_form(data)) }
            }
        }
    };
    layout::frame(ctx, &format!("Stock of {sku}"), &main)
}

fn levels(data: &SkuPage) -> Markup {
    let title = |name: &str| {
        data.locations.iter().find(|known| known.location == name).map_or_else(|| name.to_owned(), name_of)
    };
    let rows: Vec<Markup> = data
        .levels
        .iter()
        .map(|level| {
            html! {
                tr {
                    td { (said(&title(&level.location))) }
                    td.number { (level.on_hand) }
                    td.number { (level.held) }
                    td.number { (level.committed) }
                    td.number { (level.available) @if level.low { " " span.state.wait { "Low" } } }
                    td.number { @if let Some(threshold) = level.threshold { (threshold) } @else { "–" } }
                }
            }
        })
        .collect();
    let heads = ["Location", "On hand", "Held", "Owed", "Available", "Low at"];
    table("Levels", &heads, &rows, "Never stocked. Say below how many units there are.")
}

fn adjust_form(data: &SkuPage) -> Markup {
    let form = Form::new("adjust", &data.draft);
    html! {
        form.card #adjust method="post" action=(data.address("adjust")) {
            h2 { "Change the stock" }
            (form.complaint())
            input type="hidden" name="key" value=(data.key);
            div.fields {
                (form.select(&Field::new("location", "Location"), &data.choices()))
                (form.input(&Field::new("delta", "More or fewer").required().hint("5 came in: 5. 2 broke: -2.")))
                (form.input(&Field::new("reason", "Reason").required()))
            }
            p.actions { button type="submit" { "Change the stock" } }
        }
    }
}

fn policy_form(data: &SkuPage) -> Markup {
    let form = Form::new("policy", &data.draft);
    let policy = &data.policy;
    let kinds = [
        ("deny", "Is refused"),
        ("backorder", "Is taken; the rest follows (backorder)"),
        ("preorder", "Is taken until it is out (pre-order)"),
    ];
    let kinds = kinds.map(|(value, text)| (value.to_owned(), text.to_owned()));
    let until = policy.until.map(|at| at.0.to_string().chars().take(16).collect::<String>()).unwrap_or_default();
    let limit = policy.limit.map(|units| units.to_string()).unwrap_or_default();
    html! {
        form.card #policy method="post" action=(data.address("policy")) {
            h2 { "When it is sold out" }
            (form.complaint())
            (form.select(&Field::new("policy", "An order for more than there is").value(&crate::parts::name_of(policy.policy)), &kinds))
            (form.input(&Field::new("limit", "Most units owed at once").kind("count").value(&limit).hint("Empty: any number.")))
            (form.input(&Field::new("until", "Pre-orders until").kind("datetime-local").value(&until).hint("In UTC; only for pre-orders.")))
            p.actions { button.secondary type="submit" { "Save the rule" } }
        }
    }
}

fn threshold_form(data: &SkuPage) -> Markup {
    let form = Form::new("threshold", &data.draft);
    let stocked =
        data.choices().into_iter().filter(|(name, _)| data.levels.iter().any(|level| level.location == *name));
    let stocked: Vec<_> = stocked.collect();
    html! {
        @if !stocked.is_empty() {
            form.card #threshold method="post" action=(data.address("threshold")) {
                h2 { "When it is low" }
                (form.complaint())
                (form.select(&Field::new("location", "Location"), &stocked))
                (form.input(&Field::new("threshold", "Low at this many units or fewer").kind("count").hint("Empty: as for the whole shop.")))
                p.actions { button.secondary type="submit" { "Save the threshold" } }
            }
        }
    }
}

fn bundle_form(data: &SkuPage) -> Markup {
    let form = Form::new("bundle", &data.draft);
    let action = data.address("bundle");
    let parts = data.bundle.as_ref().map_or(&[][..], |bundle| &bundle.components);
    html! {
        form.card #bundle method="post" action=(action) {
            h2 { "Bundle" }
            (default_button())
            (form.complaint())
            p.muted { "A bundle has no stock of its own: selling one takes its components. Without components it is no bundle." }
            fieldset.rows #components {
                legend { "Components" }
                @for row in 0..form.rows("components", parts.len()) {
                    @let part = form.now(parts, row);
                    div.row {
                        div.fields {
                            (form.input(&Field::new(&format!("components-{row}-sku"), "SKU").value(part.map_or("", |part| part.sku.as_str()))))
                            (form.input(&Field::new(&format!("components-{row}-quantity"), "Units in one bundle").kind("count")
                                .value(&part.map(|part| part.quantity.to_string()).unwrap_or_default())))
                        }
                        (form.row(&action, "components", row, "component"))
                    }
                }
                (form.add_row(&action, "components", "Add a component"))
            }
            p.actions { button.secondary type="submit" { "Save the bundle" } }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<SkuPage> {
    use crate::samples::{HOSTILE, at, draft, location, stock_item};
    let item = stock_item(true);
    let part = StockQuantity { sku: item.sku.clone(), quantity: 2 };
    let page = |draft| SkuPage {
        sku: item.sku.clone(),
        product: Some((HOSTILE(), HOSTILE())),
        levels: vec![item.clone(), StockItem { location: location().location, ..stock_item(false) }],
        locations: vec![location()],
        policy: PolicyView {
            sku: item.sku.clone(),
            policy: Oversell::Preorder,
            limit: Some(5),
            until: Some(at()),
            backordered: 3,
        },
        bundle: Some(BundleView { sku: item.sku.clone(), components: vec![part.clone()], available: 4 }),
        key: HOSTILE(),
        draft,
    };
    let bare =
        SkuPage { product: None, levels: Vec::new(), locations: Vec::new(), bundle: None, ..page(Draft::default()) };
    vec![
        bare,
        page(draft("adjust", &["location", "delta", "reason"])),
        page(draft("policy", &["policy", "limit", "until"])),
        page(draft("threshold", &["location", "threshold"])),
        page(draft("bundle", &["components-0-row", "components-0-sku", "components-0-quantity"])),
    ]
}

/// The levels of `sku`, found in the list by SKU.
async fn levels_of(site: &Site, sku: &Sku) -> Result<Vec<StockItem>, Failure> {
    let filter = StockFilter { location: None, low: false, q: Some(sku.as_str().to_owned()) };
    let mut request = PageRequest { limit: 100, cursor: None };
    let mut levels = Vec::new();
    for _ in 0..SCANNED_PAGES {
        let found = site.handles().inventory.stock(site.store(), filter.clone(), request.clone()).await?;
        levels.extend(found.items.into_iter().filter(|level| level.sku == *sku));
        request.cursor = found.next_cursor;
        if request.cursor.is_none() {
            break;
        }
    }
    Ok(levels)
}

async fn answer(site: &Site, caller: &Caller, sku: Sku, draft: Draft, asked: &Fields) -> Api<Response> {
    let (handles, store) = (site.handles(), site.store());
    let market = &handles.markets[0];
    let view = View { currency: market.currency, locale: market.locale.clone() };
    let status = status_of(draft.failure.as_ref());
    let sold = handles.catalog_read.sellable(store, &sku, &view);
    let data = SkuPage {
        product: sold.map(|sold| (sold.handle, format!("{} {}", sold.title, sold.variant_title).trim().to_owned())),
        levels: levels_of(site, &sku).await?,
        locations: handles.inventory.locations(store).await?,
        policy: handles.stock_rules.policy(store, &sku).await?,
        bundle: handles.stock_rules.bundle(store, &sku).await?,
        sku,
        key: site.form_key(),
        draft,
    };
    Ok(page(status, sku_page(&site.context(caller, Section::Stock).after(asked), &data)))
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Path(sku): Path<String>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require_read(Scope::Stock)?;
    answer(&site, &caller, sku_of(&sku)?, Draft::default(), &asked).await
}

/// Goes back to the page when it was done; shows it with what was typed and what is wrong when not.
async fn finish(
    site: &Site,
    caller: &Caller,
    sku: Sku,
    (form, fields): (&str, Fields),
    outcome: Result<&str, Failure>,
) -> Api<Response> {
    match outcome {
        Ok(done) => Ok(see_other(&format!("/admin/stock/{}?done={done}", encoded(sku.as_str())))),
        Err(failure) => {
            let draft = Draft::new(form, fields, shown_again(failure)?);
            answer(site, caller, sku, draft, &Fields::default()).await
        }
    }
}

async fn adjusted(site: &Site, caller: &Caller, sku: &Sku, fields: &Fields) -> Result<Answer, Failure> {
    let mut read = Reading::new(fields);
    let (location, reason) = (read.line("location", 1, MAX_NAME), read.line("reason", 1, 200));
    let delta = read.integer("delta", -MAX_UNITS, MAX_UNITS).unwrap_or(0);
    if delta == 0 {
        read.wrong("delta", "required", "Say how many units more (5) or fewer (-2) there are.");
    }
    read.done()?;
    let request = AdjustStock { sku: sku.clone(), location, delta, reason };
    let same = once(site, caller, "/admin/stock/adjust", fields, &request);
    site.handles().stock.adjust(site.store(), request, same, caller.actor()).await
}

pub(crate) async fn adjust(
    State(site): State<Site>,
    caller: Caller,
    Path(sku): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Stock)?;
    let sku = sku_of(&sku)?;
    let done = adjusted(&site, &caller, &sku, &fields).await.and_then(|answer| taken(&answer));
    finish(&site, &caller, sku, ("adjust", fields), done.map(|()| "stock")).await
}

async fn threshold_set(site: &Site, caller: &Caller, sku: &Sku, fields: &Fields) -> Result<StockItem, Failure> {
    let mut read = Reading::new(fields);
    let location = read.line("location", 1, MAX_NAME);
    let threshold = read.integer("threshold", 0, MAX_UNITS);
    read.done()?;
    let request = SetThreshold { location, threshold };
    site.handles().inventory.set_threshold(site.store(), sku, request, caller.actor()).await
}

pub(crate) async fn set_threshold(
    State(site): State<Site>,
    caller: Caller,
    Path(sku): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Stock)?;
    let sku = sku_of(&sku)?;
    let done = threshold_set(&site, &caller, &sku, &fields).await.map(|_| "saved");
    finish(&site, &caller, sku, ("threshold", fields), done).await
}

fn read_policy(fields: &Fields) -> Result<SetPolicy, Failure> {
    let mut read = Reading::new(fields);
    let limit = read.integer("limit", 0, MAX_UNITS);
    let policy = match fields.text("policy") {
        "backorder" => Oversell::Backorder,
        "preorder" => Oversell::Preorder,
        _ => Oversell::Deny,
    };
    let until = fields.get("until").and_then(|text| {
        let at = Timestamp::parse(&format!("{text}:00Z")).ok();
        if at.is_none() {
            read.wrong("until", "invalid_time", "Write a day and a time, as in 2026-11-27T00:00.");
        }
        at.map(TimestampSchema)
    });
    read.done()?;
    // They mean nothing without goods that are owed.
    let owing = policy != Oversell::Deny;
    let until = until.filter(|_| policy == Oversell::Preorder);
    Ok(SetPolicy { policy, limit: limit.filter(|_| owing), until })
}

pub(crate) async fn put_policy(
    State(site): State<Site>,
    caller: Caller,
    Path(sku): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Stock)?;
    let sku = sku_of(&sku)?;
    let done = match read_policy(&fields) {
        Ok(request) => site.handles().stock_rules.put_policy(site.store(), &sku, request, caller.actor()).await,
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, sku, ("policy", fields), done.map(|_| "saved")).await
}

fn read_bundle(fields: &Fields) -> Result<SetBundle, Failure> {
    let mut read = Reading::new(fields);
    let mut components = Vec::new();
    for row in 0..rows::count(fields, "components") {
        let (sku, name) = (sku_at(&mut read, &format!("components-{row}-sku")), format!("components-{row}-quantity"));
        if let (Some(sku), Some(quantity)) = (sku, read.needed_integer(&name, 1, 999)) {
            components.push(StockQuantity { sku, quantity });
        }
    }
    read.done()?;
    Ok(SetBundle { components })
}

pub(crate) async fn put_bundle(
    State(site): State<Site>,
    caller: Caller,
    Path(sku): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Stock)?;
    let sku = sku_of(&sku)?;
    if let Some(fields) = rows::pressed(&fields) {
        return answer(&site, &caller, sku, Draft::typed("bundle", fields), &Fields::default()).await;
    }
    let fields = rows::typed(&fields, "components", &[]);
    let done = match read_bundle(&fields) {
        Ok(request) => site.handles().stock_rules.put_bundle(site.store(), &sku, request, caller.actor()).await,
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, sku, ("bundle", fields), done.map(|_| "saved")).await
}
