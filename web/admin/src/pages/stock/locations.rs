//! `/admin/locations`: the places with stock, which of them serve orders, and in which order.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::Location;
use http_kit::{Api, Caller, Path};
use kernel::Failure;
use maud::{Markup, html};

use super::{MAX_NAME, name_of};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, encoded, said, table};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// The priority that a new location is suggested, in the middle of what there is.
const USUAL_PRIORITY: i64 = 500;

/// What the page shows.
pub(crate) struct LocationsPage {
    pub(crate) locations: Vec<Location>,
    /// The one that the form is about; none for a new one.
    pub(crate) edited: Option<Location>,
    pub(crate) draft: Draft,
}

pub(crate) fn locations_page(ctx: &PageContext, data: &LocationsPage) -> Markup {
    let rows: Vec<Markup> = data
        .locations
        .iter()
        .map(|location| {
            let name = encoded(&location.location);
            html! {
                tr {
                    td {
                        @if ctx.may(Scope::Stock) {
                            a href=(format!("/admin/locations?edit={name}#edit")) { (said(&name_of(location))) }
                        } @else { (said(&name_of(location))) }
                    }
                    td { code { (said(&location.location)) } }
                    td.number { (location.priority) }
                    td { @if location.active { span.state.good { "Open" } } @else { span.state.plain { "Closed" } } }
                    td { @if location.pickup { "Yes" } @else { "No" } }
                    td { a href=(format!("/admin/stock?location={name}")) { "Stock" } }
                    td {
                        @if ctx.may(Scope::Stock) {
                            @let (what, words) = if location.active { ("close", "Close") } else { ("open", "Open again") };
                            form.inline method="post" action=(format!("/admin/locations/{name}/{what}")) {
                                button.quiet type="submit" { (words) }
                            }
                        }
                    }
                }
            }
        })
        .collect();
    let heads = ["Name", "Short name", "Priority", "State", "Pick-up", "", ""];
    let body = html! {
        p.lead { "Orders are served from open locations, the lowest priority first. A closed one keeps its stock and sells none of it." }
        (table("Locations", &heads, &rows, "No location yet. The first stock makes one called main."))
        @if ctx.may(Scope::Stock) { (edit(data)) }
    };
    layout::page(ctx, "Locations", &body)
}

fn edit(data: &LocationsPage) -> Markup {
    let form = Form::new("location", &data.draft);
    let now = data.edited.as_ref();
    let mut name = Field::new("location", "Short name")
        .required()
        .hint("Small letters, digits and hyphens; it does not change later.");
    if let Some(now) = now {
        name = name.value(&now.location).readonly();
    }
    html! {
        form.card #edit method="post" action="/admin/locations" {
            h2 { @if now.is_some() { "Change the location" } @else { "New location" } }
            (form.complaint())
            div.fields {
                (form.input(&Field::new("title", "Name").value(now.map_or("", |l| l.title.as_str()))))
                (form.input(&name))
                (form.input(&Field::new("priority", "Priority").kind("count").required()
                    .value(&now.map_or(USUAL_PRIORITY, |l| l.priority).to_string()).hint("0 to 1000; the lowest is served from first.")))
            }
            div.checks {
                (form.check("active", "yes", "Orders are served from it", now.is_none_or(|l| l.active)))
                (form.check("pickup", "yes", "Shoppers may collect there", now.is_some_and(|l| l.pickup)))
            }
            p.actions {
                button type="submit" { "Save the location" }
                @if now.is_some() { a.button.secondary href="/admin/locations" { "New one instead" } }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<LocationsPage> {
    use crate::samples::{draft, location};
    let closed = Location { active: false, title: String::new(), ..location() };
    vec![
        LocationsPage {
            locations: vec![location(), closed],
            edited: None,
            draft: draft("location", &["title", "location", "priority", "active"]),
        },
        LocationsPage { locations: Vec::new(), edited: Some(location()), draft: Draft::default() },
    ]
}

async fn answer(site: &Site, caller: &Caller, draft: Draft, asked: &Fields) -> Api<Response> {
    let locations = site.handles().inventory.locations(site.store()).await?;
    let edited = locations.iter().find(|location| asked.get("edit") == Some(&location.location)).cloned();
    let status = status_of(draft.failure.as_ref());
    let data = LocationsPage { locations, edited, draft };
    Ok(page(status, locations_page(&site.context(caller, Section::Locations).after(asked), &data)))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Stock)?;
    answer(&site, &caller, Draft::default(), &asked).await
}

async fn saved(site: &Site, caller: &Caller, fields: &Fields) -> Result<Location, Failure> {
    let mut read = Reading::new(fields);
    let location = Location {
        location: read.line("location", 1, MAX_NAME),
        title: read.line("title", 0, 100),
        priority: read.integer("priority", 0, 1000).unwrap_or(USUAL_PRIORITY),
        active: fields.has("active"),
        pickup: fields.has("pickup"),
    };
    read.done()?;
    site.handles().inventory.put_location(site.store(), location, caller.actor()).await
}

pub(crate) async fn put(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Stock)?;
    match saved(&site, &caller, &fields).await {
        Ok(_) => Ok(see_other("/admin/locations?done=saved")),
        Err(failure) => {
            let draft = Draft::new("location", fields, shown_again(failure)?);
            answer(&site, &caller, draft, &Fields::default()).await
        }
    }
}

async fn switch(site: &Site, caller: &Caller, name: &str, active: bool) -> Api<Response> {
    caller.require(Scope::Stock)?;
    let inventory = &site.handles().inventory;
    let known = inventory.locations(site.store()).await?.into_iter().find(|known| known.location == name);
    let location = Location { active, ..known.ok_or_else(|| Failure::not_found("location"))? };
    inventory.put_location(site.store(), location, caller.actor()).await?;
    let done = if active { "location-open" } else { "location-closed" };
    Ok(see_other(&format!("/admin/locations?done={done}")))
}

pub(crate) async fn close(
    State(site): State<Site>,
    caller: Caller,
    Path(name): Path<String>,
    _fields: Fields,
) -> Api<Response> {
    switch(&site, &caller, &name, false).await
}

pub(crate) async fn open(
    State(site): State<Site>,
    caller: Caller,
    Path(name): Path<String>,
    _fields: Fields,
) -> Api<Response> {
    switch(&site, &caller, &name, true).await
}
