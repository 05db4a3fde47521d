//! A strict reader of our own HTML for tests, and the test that renders every page in every market.

use std::collections::{BTreeMap, BTreeSet};

const VOID: [&str; 8] = ["br", "hr", "img", "input", "link", "meta", "source", "wbr"];
/// Elements of SVG are the only ones that are not HTML.
const SVG: [&str; 7] = ["svg", "path", "g", "rect", "circle", "line", "title"];

#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// The text right inside, for scripts.
    pub(crate) raw: String,
}

impl Element {
    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }
}

/// Reads a document; complains about tags that do not balance, attributes without quotes and bare `<` or `&`.
pub(crate) fn read(html: &str) -> Result<Vec<Element>, String> {
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
        let (mut element, after) = read_tag(rest)?;
        rest = after;
        if element.name == "script" {
            let end = rest.find("</script>").ok_or("a script does not end")?;
            rest[..end].clone_into(&mut element.raw);
            rest = &rest[end + "</script>".len()..];
        } else if !VOID.contains(&element.name.as_str()) {
            open.push(element.name.clone());
        }
        elements.push(element);
    }
    text_is_escaped(rest)?;
    if open.is_empty() { Ok(elements) } else { Err(format!("never closed: {open:?}")) }
}

fn read_tag(text: &str) -> Result<(Element, &str), String> {
    let name_end = text.find(|c: char| !c.is_ascii_alphanumeric()).ok_or("a tag does not end")?;
    let mut element = Element { name: text[..name_end].to_owned(), attributes: BTreeMap::new(), raw: String::new() };
    if element.name.is_empty() {
        return Err(format!("a bare < before {:?}", text.chars().take(30).collect::<String>()));
    }
    let mut rest = &text[name_end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((element, after));
        }
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == ':')).ok_or("a tag does not end")?;
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
            return Err(format!("a bare & in {text:?}"));
        }
    }
    if text.contains('>') { Err(format!("a bare > in {text:?}")) } else { Ok(()) }
}

/// What every page of the shop keeps to. Returns what is wrong.
pub(crate) fn faults(html: &str) -> Vec<String> {
    let elements = match read(html) {
        Ok(elements) => elements,
        Err(fault) => return vec![fault],
    };
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for element in &elements {
        if element.has("id") && !ids.insert(element.get("id").to_owned()) {
            faults.push(format!("id {} twice", element.get("id")));
        }
    }
    let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
    for name in ["html", "title", "main", "h1", "header", "footer"] {
        let found = count(name);
        let wanted = if name == "header" { 1..=2 } else { 1..=1 };
        if !wanted.contains(&found) {
            faults.push(format!("{found} <{name}>"));
        }
    }
    for element in &elements {
        let mut fault = |text: &str| faults.push(format!("{text}: {element:?}"));
        for reference in ["for", "aria-labelledby", "aria-describedby"] {
            if element.has(reference) && !ids.contains(element.get(reference)) {
                fault("a reference to nothing");
            }
        }
        if element.attributes.keys().any(|name| name.starts_with("on") || name == "style") {
            fault("inline script or style");
        }
        if ["href", "src", "action"].iter().any(|name| element.get(name).trim_start().starts_with("javascript:")) {
            fault("script in a URL");
        }
        match element.name.as_str() {
            "img" if !(element.has("alt") && element.has("width") && element.has("height")) => {
                fault("alt, width, height")
            }
            "script" if element.has("src") => {}
            "script" if !element.get("type").ends_with("json") => fault("inline script"),
            "script" if serde_json::from_str::<serde_json::Value>(&element.raw).is_err() => fault("not JSON"),
            "a" if !element.get("href").starts_with(['/', '#', 'h']) => fault("a link to nowhere"),
            "form" if element.get("action").is_empty() || element.get("method").is_empty() => {
                fault("action and method")
            }
            "input" | "select"
                if element.has("id")
                    && !elements.iter().any(|e| e.name == "label" && e.get("for") == element.get("id")) =>
            {
                fault("no label");
            }
            name if name.contains('-') || (name.len() > 10 && !SVG.contains(&name) && name != "blockquote") => {
                fault("what is this")
            }
            _ => {}
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goods;
    use crate::pages::{account, cart, checkout, error, home, listing, orders, product, search};
    use crate::phrases::Phrases;
    use crate::site::{MarketSite, PageContext};

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
            "<b><i></b></i>",
            "a & b",
            "a > b",
            "<img src=\"/x\">",
            "<p style=\"x\"></p>",
            "<script>x()</script>",
            "<p onclick=\"x\"></p>",
            "<p id=\"a\"></p><p id=\"a\"></p>",
            "<a href=\"javascript:x\"></a>",
            "<p class=x></p>",
            "<label for=\"nothing\"></label>",
            "<h1>twice</h1>",
            "<input id=\"x\">",
        ] {
            assert_ne!(faults(&page(bad)), Vec::<String>::new(), "{bad}");
        }
    }

    fn sites() -> Vec<MarketSite> {
        let shop = goods::markets();
        shop.iter()
            .enumerate()
            .map(|(index, market)| MarketSite {
                market: market.clone(),
                prefix: if index == 0 { String::new() } else { format!("/{}", market.handle) },
                view: contracts::catalog::View { currency: market.currency, locale: market.locale.clone() },
                phrases: Phrases::of(&market.locale),
                hreflang: Some(market.locale.clone()),
            })
            .collect()
    }

    fn account_pages(ctx: &PageContext<'_>) -> Vec<(&'static str, String)> {
        use account::{addresses, forgot, home, log_in, past, register, reset, verify};
        let t = ctx.phrases;
        let mut pages: Vec<(&'static str, String)> = Vec::new();
        let named = |name: &'static str| move |page: maud::Markup| (name, page.into_string());
        pages.extend(log_in::samples(t).iter().map(|data| log_in::log_in_page(ctx, data)).map(named("log in")));
        pages.extend(register::samples().iter().map(|data| register::register_page(ctx, data)).map(named("register")));
        pages.extend(forgot::samples(t).iter().map(|data| forgot::forgot_page(ctx, data)).map(named("forgot")));
        pages.extend(reset::samples().iter().map(|data| reset::reset_page(ctx, data)).map(named("reset")));
        pages.extend(verify::samples().iter().map(|data| verify::verify_page(ctx, data)).map(named("verify")));
        pages.extend(home::samples().iter().map(|data| home::home_page(ctx, data)).map(named("account")));
        let listed = kernel::Page { items: past::summaries(), next_cursor: Some("61".to_owned()) };
        pages.push(("past orders", past::list_page(ctx, &listed).into_string()));
        pages.extend(past::samples().iter().map(|data| past::order_page(ctx, data)).map(named("past order")));
        let addresses = addresses::samples();
        pages.extend(addresses.iter().map(|data| addresses::addresses_page(ctx, data)).map(named("addresses")));
        pages
    }

    /// Every sample of every page, by name.
    fn rendered(ctx: &PageContext<'_>) -> Vec<(&'static str, String)> {
        let mut pages: Vec<(&'static str, String)> = Vec::new();
        pages.extend(home::samples().iter().map(|data| ("home", home::home_page(ctx, data).into_string())));
        pages.extend(listing::samples().iter().map(|data| ("listing", listing::listing_page(ctx, data).into_string())));
        pages.extend(search::samples().iter().map(|data| ("search", search::search_page(ctx, data).into_string())));
        pages.extend(product::samples().iter().map(|data| ("product", product::product_page(ctx, data).into_string())));
        pages.extend(cart::show::samples().iter().map(|data| ("cart", cart::show::cart_page(ctx, data).into_string())));
        let checkouts = checkout::view::samples();
        pages.extend(checkouts.iter().map(|data| ("checkout", checkout::view::checkout_page(ctx, data).into_string())));
        pages.extend(
            orders::view::samples().iter().map(|data| ("order", orders::view::order_page(ctx, data).into_string())),
        );
        let waiting = orders::come_back::samples();
        pages.extend(waiting.iter().map(|data| ("waiting", orders::come_back::waiting_page(ctx, data).into_string())));
        pages.push(("pay", orders::pay::pay_page(ctx, "https://provider.test/?a=\"><script>").into_string()));
        pages.extend(account_pages(ctx));
        pages.extend(
            error::samples(ctx.phrases).iter().map(|data| ("error", error::error_page(ctx, data).into_string())),
        );
        pages
    }

    #[test]
    fn every_page_is_well_formed_in_every_market() {
        let markets = sites();
        for here in &markets {
            for base_url in ["", "https://shop.example"] {
                let ctx = PageContext {
                    shop_name: goods::HOSTILE,
                    base_url,
                    here,
                    markets: &markets,
                    categories: goods::categories(),
                    path: "/products/x?a=1&b=%22".to_owned(),
                    phrases: here.phrases,
                };
                for (name, html) in rendered(&ctx) {
                    let found = faults(&html);
                    assert!(found.is_empty(), "{name} in {}: {found:#?}", here.market.handle);
                    assert!(html.contains(&format!("<html lang=\"{}\">", here.market.locale)), "{name}");
                }
            }
        }
    }

    #[test]
    fn the_two_languages_say_different_things() {
        let (english, german) = (Phrases::of("en-GB"), Phrases::of("de-CH"));
        assert_ne!(english.add_to_cart, german.add_to_cart);
        assert!(std::ptr::eq(Phrases::of("fr"), english), "a language without texts is shown in English");
        assert_eq!(german.price_changed("X", "1 €", "2 €"), "Der Preis von X hat sich von 1 € auf 2 € geändert.");
    }
}
