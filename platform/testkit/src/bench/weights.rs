//! What pages weigh: the bytes that a browser fetches before it can show the part that is seen first.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};

use super::{Ground, Row};
use crate::load::stats::grouped;
use crate::load::{Connection, Request};

/// What a first visit may weigh before pictures, in bytes.
const WISHED: u64 = 60_000;

/// What a page makes a browser fetch.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    styles: BTreeSet<String>,
    scripts: BTreeSet<String>,
    /// Those that are loaded at once, in the size of a telephone with a dense screen.
    pictures: BTreeSet<String>,
}

/// How wide a picture is taken from a `srcset`: a telephone of 390 points shows two of them side by side, and one alone
/// at twice that.
const WIDTH: u32 = 480;

pub(super) async fn measure(ground: &Ground) -> Result<Vec<Row>> {
    let mut connection = Connection::open(ground.shop.address).await?;
    let (handle, skus) = ground.office.goods(&mut connection, 1).await?;
    let cookie = fill_cart(ground, skus.first().context("the shop is empty")?).await?;
    let pages = [
        ("home", "/".to_owned()),
        ("category", "/categories/women".to_owned()),
        ("product", format!("/products/{handle}")),
        ("cart", "/cart".to_owned()),
        ("checkout", "/checkout".to_owned()),
        ("search", "/search?q=sneaker".to_owned()),
    ];
    let mut rows = Vec::new();
    for (name, path) in pages {
        rows.push(weigh(ground, name, &path, &cookie).await.with_context(|| format!("weighing {path}"))?);
    }
    Ok(rows)
}

/// Puts something into the cart of a browser. The cookies that it then sends.
async fn fill_cart(ground: &Ground, sku: &str) -> Result<String> {
    let host = ground.shop.address;
    let form = Request::new(host, "POST", "/cart/lines").header("origin", &format!("http://{host}"));
    let form = form.body("application/x-www-form-urlencoded", &format!("sku={sku}&quantity=1"));
    let mut connection = Connection::open(host).await?;
    let answer = connection.send(&form).await?;
    if answer.status != 303 {
        bail!("putting {sku} into the cart was answered with {}", answer.status);
    }
    Ok(cookies(&String::from_utf8_lossy(answer.head)))
}

/// The cookies that an answer with this head sets, as they are sent back.
fn cookies(head: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let set = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    set.filter_map(|(_, value)| value.split(';').next()).collect::<Vec<_>>().join("; ")
}

async fn weigh(ground: &Ground, name: &str, path: &str, cookie: &str) -> Result<Row> {
    let (html, raw) = fetch(ground, path, cookie, "identity").await?;
    let (_, gzip) = fetch(ground, path, cookie, "gzip").await?;
    let (_, brotli) = fetch(ground, path, cookie, "br").await?;
    let parts = parts(&String::from_utf8_lossy(&html));
    let mut requests = 1;
    let (mut weights, mut total) = (Vec::new(), brotli);
    let all = [("CSS", &parts.styles), ("script", &parts.scripts), ("pictures", &parts.pictures)];
    for (what, paths) in all {
        let mut bytes = 0;
        for path in paths {
            bytes += fetch(ground, path, "", "br").await?.1;
            requests += 1;
        }
        if what != "pictures" {
            total += bytes;
        }
        weights.push(format!("{what} {}", grouped(bytes)));
    }
    Ok(Row::new(format!("{name} page"), format!("{} bytes", grouped(total)))
        .target(format!("< {} bytes", grouped(WISHED)), total < WISHED)
        .note(format!("HTML {}, gzip {}, brotli {}", grouped(raw), grouped(gzip), grouped(brotli)))
        .note(format!("{} above the fold, {requests} requests", weights.join(", "))))
}

/// The body of `path` and how many bytes it took on the way.
async fn fetch(ground: &Ground, path: &str, cookie: &str, encoding: &str) -> Result<(Vec<u8>, u64)> {
    let request = Request::new(ground.shop.address, "GET", path).header("accept-encoding", encoding);
    let request = if cookie.is_empty() { request } else { request.header("cookie", cookie) };
    // A new one each time: it is about bytes, and none of them is to wait for another.
    let mut connection = Connection::open(ground.shop.address).await?;
    let answer = connection.send(&request.bytes()).await?;
    if answer.status != 200 {
        bail!("{path} was answered with {}", answer.status);
    }
    Ok((answer.body.to_vec(), answer.body.len() as u64))
}

fn parts(html: &str) -> Parts {
    let mut parts = Parts::default();
    for tag in html.split('<').filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag)) {
        if tag.starts_with("link ") && attribute(tag, "rel") == Some("stylesheet") {
            parts.styles.extend(attribute(tag, "href").map(str::to_owned));
        } else if tag.starts_with("script ") {
            parts.scripts.extend(attribute(tag, "src").map(str::to_owned));
        } else if tag.starts_with("img ") && attribute(tag, "loading") != Some("lazy") {
            let source = attribute(tag, "srcset").and_then(fitting).or(attribute(tag, "src"));
            parts.pictures.extend(source.map(str::to_owned));
        }
    }
    parts
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// The narrowest picture of a `srcset` that is wide enough, or the last.
fn fitting(srcset: &str) -> Option<&str> {
    let sizes = || srcset.split(',').filter_map(|part| part.trim().split_once(' '));
    let wide = |(_, width): &(&str, &str)| width.trim_end_matches('w').parse::<u32>().is_ok_and(|w| w >= WIDTH);
    sizes().find(wide).or(sizes().next_back()).map(|(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_fetches_is_read_from_it() {
        let html = r#"<link rel="icon" href="/i.svg"><link rel="stylesheet" href="/a.css"><script src="/a.js" defer>
            </script><script type="application/ld+json">{}</script><img src="/p-1280.jpg"
            srcset="/p-160.jpg 160w, /p-480.jpg 480w, /p-1280.jpg 1280w" alt="a"><img src="/q.jpg" loading="lazy">"#;
        let set = |path: &str| BTreeSet::from([path.to_owned()]);
        let html = html.replace("\n            srcset", " srcset");
        let expected = Parts { styles: set("/a.css"), scripts: set("/a.js"), pictures: set("/p-480.jpg") };
        assert_eq!(parts(&html), expected);
        assert_eq!(fitting("/a.jpg 160w, /b.jpg 320w"), Some("/b.jpg"));
    }

    #[test]
    fn cookies_are_sent_back_as_they_were_set() {
        let head = "HTTP/1.1 303 See Other\r\nSet-Cookie: cart=1.2; Path=/\r\nset-cookie: has_cart=1\r\nx: y\r\n";
        assert_eq!(cookies(head), "cart=1.2; has_cart=1");
    }
}
