//! A strict reader of our own HTML for tests, and the test that renders every page.

use std::collections::{BTreeMap, BTreeSet};

const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];
/// The only elements that our pages are made of.
const KNOWN: [&str; 54] = [
    "a", "address", "bdi", "body", "br", "button", "code", "dd", "details", "div", "dl", "dt", "fieldset", "footer",
    "form", "h1", "h2", "h3", "head", "header", "hr", "html", "img", "input", "label", "legend", "li", "link", "main",
    "meta", "nav", "ol", "optgroup", "option", "p", "pre", "section", "select", "small", "span", "strong", "summary",
    "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "ul", "em",
];

#[derive(Debug)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Element {
    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// Reads a document; complains about tags that do not balance, attributes without quotes and bare `<` or `&`.
fn read(html: &str) -> Result<Vec<Element>, String> {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    while let Some(start) = rest.find('<') {
        text_is_escaped(&rest[..start])?;
        rest = &rest[start + 1..];
        if let Some(closing) = rest.strip_prefix('/') {
            let end = closing.find('>').ok_or("an end tag does not end")?;
            let expected = open.pop().ok_or_else(|| format!("nothing is open at </{}>", &closing[..end]))?;
            if expected != closing[..end] {
                return Err(format!("<{expected}> is closed by </{}>", &closing[..end]));
            }
            rest = &closing[end + 1..];
            continue;
        }
        let (element, after) = read_tag(rest)?;
        rest = after;
        if !VOID.contains(&element.name.as_str()) {
            open.push(element.name.clone());
        }
        elements.push(element);
    }
    text_is_escaped(rest)?;
    if open.is_empty() { Ok(elements) } else { Err(format!("never closed: {open:?}")) }
}

fn read_tag(text: &str) -> Result<(Element, &str), String> {
    let name_end = text.find(|c: char| !c.is_ascii_alphanumeric()).ok_or("a tag does not end")?;
    let mut element = Element { name: text[..name_end].to_owned(), attributes: BTreeMap::new() };
    if !KNOWN.contains(&element.name.as_str()) {
        return Err(format!("<{}> is none of ours: {:?}", element.name, text.chars().take(60).collect::<String>()));
    }
    let mut rest = &text[name_end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((element, after));
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).ok_or("a tag does not end")?;
        let name = rest[..end].to_owned();
        if name.is_empty() {
            return Err(format!("a stray {:?} in <{}>", rest.chars().next(), element.name));
        }
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.strip_prefix('"').ok_or_else(|| format!("{name} has no quotes"))?;
            let end = after.find('"').ok_or_else(|| format!("{name} does not end"))?;
            text_is_escaped(&after[..end])?;
            after[..end].clone_into(&mut value);
            rest = &after[end + 1..];
        }
        if element.attributes.insert(name.clone(), value).is_some() {
            return Err(format!("{name} twice on <{}>", element.name));
        }
    }
}

fn text_is_escaped(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('&') {
        let entity = text[at..].split_once(';').map_or("", |(entity, _)| entity);
        if !["&amp", "&lt", "&gt", "&quot"].contains(&entity) {
            return Err(format!("a bare & in {:?}", text.chars().take(80).collect::<String>()));
        }
    }
    if text.contains('>') { Err("a bare >".to_owned()) } else { Ok(()) }
}

/// What every page keeps to. Returns what is wrong.
fn faults(html: &str) -> Vec<String> {
    let elements = match read(html) {
        Ok(elements) => elements,
        Err(fault) => return vec![fault],
    };
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for element in elements.iter().filter(|element| element.attributes.contains_key("id")) {
        if !ids.insert(element.get("id").to_owned()) {
            faults.push(format!("id {} twice", element.get("id")));
        }
    }
    for name in ["html", "title", "main", "h1", "header", "footer"] {
        let found = elements.iter().filter(|element| element.name == name).count();
        if found != 1 {
            faults.push(format!("{found} <{name}>"));
        }
    }
    let labelled: BTreeSet<&str> =
        elements.iter().filter(|element| element.name == "label").map(|element| element.get("for")).collect();
    for element in &elements {
        let mut fault = |text: &str| {
            faults.push(format!("{text}: {}", format!("{element:?}").chars().take(300).collect::<String>()));
        };
        let referred = ["for", "aria-describedby"].iter().flat_map(|name| element.get(name).split_whitespace());
        if referred.into_iter().any(|id| !ids.contains(id)) {
            fault("a reference to nothing");
        }
        if element.attributes.keys().any(|name| name.starts_with("on") || name == "style") {
            fault("inline script or style");
        }
        for name in ["href", "src", "action"] {
            if element.attributes.contains_key(name) && !element.get(name).starts_with(['/', '#']) {
                fault("an address that is not of the shop");
            }
        }
        let hidden = element.get("type") == "hidden";
        match element.name.as_str() {
            "input" | "select" | "textarea" if !hidden && !labelled.contains(element.get("id")) => fault("no label"),
            "form" if element.get("action").is_empty() || element.get("method").is_empty() => fault("goes nowhere"),
            "img" if !element.attributes.contains_key("alt") => fault("no alt"),
            _ => {}
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Section;
    use crate::pages::{backups, books, entry, error, home, orders, out, people, products, stock, terms};
    use crate::samples::HOSTILE;
    use crate::site::PageContext;
    use contracts::identity::Scope;
    use maud::Markup;

    #[test]
    fn the_reader_sees_what_is_wrong() {
        let page = |body: &str| {
            format!(
                "<!DOCTYPE html><html><title>t</title><header></header><main><h1>x</h1>{body}</main><footer></footer></html>"
            )
        };
        assert_eq!(faults(&page("<p>fine &amp; good</p>")), Vec::<String>::new());
        for bad in [
            "<p>",
            "</p>",
            "a & b",
            "<script>x()</script>",
            "<p style=\"x\"></p>",
            "<p onclick=\"x\"></p>",
            "<a href=\"javascript:x\"></a>",
            "<p class=x></p>",
            "<label for=\"nothing\"></label>",
            "<h1>twice</h1>",
            "<input id=\"x\">",
            "<img src=\"https://elsewhere/\" alt=\"\">",
        ] {
            assert_ne!(faults(&page(bad)), Vec::<String>::new(), "{bad}");
        }
    }

    /// Every sample of every page, by name.
    fn rendered(ctx: &PageContext) -> Vec<(&'static str, Markup)> {
        let mut pages: Vec<(&'static str, Markup)> = Vec::new();
        macro_rules! page {
            ($name:literal, $module:path, $render:expr) => {{
                use $module as module;
                pages.extend(module::samples().iter().map(|data| ($name, $render(ctx, data))));
            }};
        }
        page!("error", error, error::error_page);
        page!("login", entry::log_in, entry::log_in::log_in_page);
        page!("setup", entry::setup, entry::setup::setup_page);
        page!("forgot", entry::forgot, entry::forgot::forgot_page);
        page!("reset", entry::reset, entry::reset::reset_page);
        page!("account", entry::account, entry::account::account_page);
        page!("home", home, home::home_page);
        page!("books", books, |ctx, data: &Vec<_>| books::books_page(ctx, data));
        page!("backups", backups, |ctx, data: &Option<_>| backups::backups_page(ctx, *data));
        page!("orders", orders::list, orders::list::orders_page);
        page!("order", orders::view, orders::view::order_page);
        page!("past order", orders::past, orders::past::past_order_page);
        pages.extend(
            orders::past::list_samples().iter().map(|data| ("past orders", orders::past::past_orders_page(ctx, data))),
        );
        page!("products", products::list, products::list::products_page);
        page!("product", products::view, products::view::product_page);
        page!("new product", products::create, products::create::new_product_page);
        page!("categories and collections", products::listings, products::listings::listings_page);
        page!("stock", stock::levels, stock::levels::levels_page);
        page!("stock of a sku", stock::sku, stock::sku::sku_page);
        page!("locations", stock::locations, stock::locations::locations_page);
        page!("transfers", stock::transfers, stock::transfers::transfers_page);
        page!("transfer", stock::transfer, stock::transfer::transfer_page);
        page!("stock counts", stock::counts, stock::counts::counts_page);
        page!("customers", people::customers, people::customers::customers_page);
        page!("customer", people::customer, people::customer::customer_page);
        page!("staff", people::staff, people::staff::staff_page);
        page!("roles", people::roles, people::roles::roles_page);
        page!("keys", people::keys, people::keys::keys_page);
        page!("terms", terms::list, terms::list::terms_page);
        page!("promotions", terms::promotions, terms::promotions::promotions_page);
        page!("document", terms::document, terms::document::document_page);
        page!("gift cards", terms::gift_cards, terms::gift_cards::gift_cards_page);
        page!("fulfilments", out::fulfilments, out::fulfilments::fulfilments_page);
        page!("fulfilment", out::fulfilment, out::fulfilment::fulfilment_page);
        page!("mails", out::mails, out::mails::mails_page);
        page!("webhooks", out::webhooks, out::webhooks::webhooks_page);
        page!("webhook", out::webhook, out::webhook::webhook_page);
        let previews = out::mails::preview_samples();
        pages.extend(previews.iter().map(|data| ("preview", out::mails::preview_page(ctx, data))));
        pages
    }

    #[test]
    fn every_page_is_well_formed_and_hostile_texts_are_inert() {
        let scopes = [vec![Scope::Admin], vec![Scope::ReadOnly], Vec::new()];
        for scopes in scopes {
            let role = (!scopes.is_empty()).then(HOSTILE);
            let done = crate::parts::done("saved");
            let ctx = PageContext { shop_name: HOSTILE(), role, scopes, section: Section::Orders, done };
            let pages = rendered(&ctx);
            assert!(pages.len() > 30, "{}", pages.len());
            for (name, html) in pages {
                let found = faults(&html.into_string());
                assert!(found.is_empty(), "{name} for {:?}: {found:#?}", ctx.scopes);
            }
        }
    }
}
