//! The first steps of a shop, on the page of today until it sells.

use contracts::catalog::{Product, ProductStatus};
use contracts::identity::Scope;
use contracts::ledger::{OrderFilter, OrderStatus};
use contracts::selling::TermsKind;
use http_kit::Caller;
use kernel::{Failure, PageRequest};
use maud::{Markup, html};

use crate::site::Site;

/// Orders from which on a shop sells: the first one is its owner's test.
const SELLS: usize = 2;

/// One thing to do before the shop sells.
pub(crate) struct Step {
    pub(crate) title: &'static str,
    pub(crate) why: &'static str,
    pub(crate) link: &'static str,
    pub(crate) done: bool,
}

/// The steps as a list to tick off; nothing when all is done.
pub(crate) fn list(steps: &[Step]) -> Markup {
    let done = steps.iter().filter(|step| step.done).count();
    html! {
        @if done < steps.len() {
            section.card #first-steps {
                h2 { "First steps" }
                p.muted { (done) " of " (steps.len()) " are done. This list goes away once the shop sells." }
                ol.steps {
                    @for step in steps {
                        li class=[step.done.then_some("done")] {
                            a href=(step.link) { (step.title) }
                            @if step.done { " " span.state.good { "Done" } }
                            p.hint { (step.why) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<Step> {
    let step = |done| Step { title: "Add your products", why: "Why.", link: "/admin/products", done };
    vec![step(false), step(true)]
}

/// The steps that `caller` can do; none once the shop sells.
pub(crate) async fn of(site: &Site, caller: &Caller) -> Result<Vec<Step>, Failure> {
    let orders = orders(site).await?;
    let mut steps = Vec::new();
    if orders >= SELLS {
        return Ok(steps);
    }
    let may = |scope| caller.require(scope).is_ok();
    if may(Scope::Catalog) {
        steps.extend(goods(site).await?);
    }
    if may(Scope::Settings) {
        steps.extend(terms(site).await?);
    }
    if may(Scope::Staff) {
        steps.push(Step {
            title: "Invite a colleague",
            why: "Everybody has an account and a role of their own, so that the books say who did what.",
            link: "/admin/staff",
            done: site.handles().staff.all_staff(site.store()).await?.len() > 1,
        });
    }
    if may(Scope::Orders) {
        steps.push(Step {
            title: "Place a test order",
            why: "Buy something in your own shop, as a customer would; then ship it and give the money back.",
            link: "/",
            done: orders > 0,
        });
    }
    if may(Scope::Admin) {
        steps.push(Step {
            title: "Take a backup",
            why: "And once, see that it comes back.",
            link: "/admin/backups",
            done: (site.handles().last_backup)().is_some(),
        });
    }
    Ok(steps)
}

/// How many orders were confirmed, counted as far as it matters.
async fn orders(site: &Site) -> Result<usize, Failure> {
    let mut count = 0;
    for status in [OrderStatus::Confirmed, OrderStatus::Closed] {
        let filter = OrderFilter { status: Some(status), number: None };
        let request = PageRequest { limit: u32::try_from(SELLS).unwrap_or(2), cursor: None };
        count += site.handles().orders.orders(site.store(), filter, request).await?.items.len();
    }
    Ok(count)
}

async fn goods(site: &Site) -> Result<[Step; 2], Failure> {
    let request = PageRequest { limit: kernel::page::MAX_LIMIT, cursor: None };
    let products = site.handles().catalog.documents(site.store(), request).await?.items;
    let currencies = site.currencies();
    let priced = |product: &Product| {
        let has = |currency| {
            let of =
                |variant: &contracts::catalog::Variant| variant.prices.iter().any(|p| p.price.currency == currency);
            product.content.variants.iter().all(of)
        };
        currencies.iter().all(|currency| has(*currency))
    };
    let active: Vec<_> = products.iter().filter(|one| one.content.status == ProductStatus::Active).collect();
    let add = Step {
        title: "Add your products",
        why: "By hand, or all of them from a file of another shop: argosy import FILE, --dry-run first.",
        link: "/admin/products",
        done: !products.is_empty(),
    };
    let price = Step {
        title: "Set your prices",
        why: "Every variant on sale needs one in the currency of each market; reductions are price lists.",
        link: "/admin/products",
        done: !active.is_empty() && active.into_iter().all(priced),
    };
    Ok([add, price])
}

async fn terms(site: &Site) -> Result<[Step; 3], Failure> {
    let (terms, store) = (&site.handles().terms, site.store());
    let some = async |kind| Ok::<_, Failure>(!terms.documents(store, kind).await?.is_empty());
    let seller = Step {
        title: "Say who sells",
        why: "Name, address, country and time zone: for invoices, taxes, and the dates of promotions.",
        link: "/admin/settings",
        done: some(TermsKind::Settings).await?,
    };
    let taxes = Step {
        title: "Check the taxes",
        why: "The usual rates of the European Union, Switzerland and the United Kingdom hold until you write your own.",
        link: "/admin/tax-zones",
        done: some(TermsKind::TaxZone).await?,
    };
    let shipping = Step {
        title: "Say what delivery costs",
        why: "Zones with their ways to deliver, prices and days.",
        link: "/admin/shipping-zones",
        done: some(TermsKind::ShippingZone).await?,
    };
    Ok([seller, taxes, shipping])
}
