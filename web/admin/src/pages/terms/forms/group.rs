//! Customers who are treated alike: a row for each, and the e-mail addresses of those who join.

use contracts::identity::CustomerFilter;
use contracts::selling::{CustomerGroup, TermsDocument};
use kernel::{CustomerId, Failure, PageRequest};
use maud::{Markup, html};

use super::{Choices, Slice, handle_input, handle_of};
use crate::form::{Fields, Reading};
use crate::parts::{Field, Form};
use crate::site::Site;

/// The most customers that join at once: each is looked up.
const MAX_JOINING: usize = 100;

fn group(document: &TermsDocument) -> Option<&CustomerGroup> {
    if let TermsDocument::CustomerGroup(group) = document { Some(group) } else { None }
}

/// Those of `group` that a page from `from` on shows.
pub(in crate::pages::terms) fn shown(document: Option<&TermsDocument>, from: usize) -> &[CustomerId] {
    let all = document.and_then(group).map_or(&[][..], |group| &group.customers);
    let slice = Slice::new(from, all.len());
    &all[slice.from..slice.until]
}

pub(super) fn inputs(
    form: &Form<'_>,
    action: &str,
    choices: &Choices,
    document: Option<&TermsDocument>,
    from: usize,
) -> Markup {
    let now = document.and_then(group);
    let count = now.map_or(0, |group| group.customers.len());
    html! {
        div.fields {
            (form.input(&Field::new("name", "Name").required().value(now.map_or("", |group| group.name.as_str()))))
            (handle_input(form, document))
        }
        fieldset.rows #customers {
            legend { "Customers" }
            @if count == 0 { p.empty { "Nobody yet." } }
            (Slice::new(from, count).pager(action, count, "Customers"))
            div.checks {
                @for (id, name) in &choices.members {
                    (form.check("leaving", &id.to_string(), &format!("Take out {name}"), false))
                }
            }
        }
        (form.area(&Field::new("joining", "Add customers").hint("The e-mail addresses of their accounts, one a line."), 3))
        p.hint { "Who has no account yet can be added when they have registered. " a href="/admin/customers" { "Customers" } }
    }
}

async fn customer_at(site: &Site, email: &str) -> Result<Option<CustomerId>, Failure> {
    let filter = CustomerFilter { email: Some(email.to_owned()) };
    let request = PageRequest { limit: 1, cursor: None };
    let found = site.handles().customers.customers(site.store(), filter, request).await?;
    Ok(found.items.first().map(|customer| customer.id))
}

pub(super) async fn read(
    site: &Site,
    fields: &Fields,
    before: Option<&TermsDocument>,
) -> Result<TermsDocument, Failure> {
    let mut read = Reading::new(fields);
    let name = read.line("name", 1, 100);
    let mut customers = before.and_then(group).map(|group| group.customers.clone()).unwrap_or_default();
    let leaving: Vec<&str> = fields.all("leaving").collect();
    customers.retain(|id| !leaving.contains(&id.to_string().as_str()));
    let joining = read.words("joining");
    if joining.len() > MAX_JOINING {
        read.wrong("joining", "too_many", format!("At most {MAX_JOINING} at once."));
    }
    for email in joining.iter().take(MAX_JOINING) {
        match customer_at(site, email).await? {
            Some(id) if customers.contains(&id) => {}
            Some(id) => customers.push(id),
            None => read.wrong("joining", "unknown_customer", format!("Nobody has an account with {email}.")),
        }
    }
    read.done()?;
    let handle = before.map_or_else(|| handle_of(fields, "handle", &name), |before| before.handle().to_owned());
    Ok(TermsDocument::CustomerGroup(CustomerGroup { handle, version: 0, name, customers }))
}
