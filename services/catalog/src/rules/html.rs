//! Descriptions come from merchants, suppliers and old shops; what reaches a page is only what cannot hurt there.

use std::collections::HashSet;
use std::sync::LazyLock;

const TAGS: [&str; 34] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "ul",
];

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    let attributes: HashSet<&str> = HashSet::from(["lang", "title"]);
    builder
        .tags(HashSet::from(TAGS))
        .generic_attributes(attributes)
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
});

/// `html` with only safe tags and attributes left: no scripts, styles, frames, forms, event handlers or foreign
/// pictures. The same input gives the same output.
pub(crate) fn sanitise(html: &str) -> String {
    let plain = html.trim().replace("\r\n", "\n");
    if !plain.contains(['<', '>', '&']) { plain } else { SANITISER.clean(&plain).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_markup_is_left() {
        for (dirty, clean) in [
            ("plain & simple", "plain &amp; simple"),
            ("<p>Good<script>alert(1)</script></p>", "<p>Good</p>"),
            (r#"<p onclick="x()" style="color:red">a</p>"#, "<p>a</p>"),
            (r#"<a href="javascript:x()">a</a>"#, r#"<a rel="nofollow noopener noreferrer">a</a>"#),
            (
                r#"<a href="https://example.org">a</a>"#,
                r#"<a href="https://example.org" rel="nofollow noopener noreferrer">a</a>"#,
            ),
            ("<iframe src=//x></iframe><img src=x onerror=y>b", "b"),
            ("<ul><li>one<li>two</ul>", "<ul><li>one</li><li>two</li></ul>"),
            ("<svg><style><img src=x onerror=y></style></svg>ok", "ok"),
        ] {
            assert_eq!(sanitise(dirty), clean);
        }
    }

    #[test]
    fn cleaning_twice_is_cleaning_once() {
        let once = sanitise("<h1>Title</h1><p>a &lt;b&gt; <em>c");
        assert_eq!(sanitise(&once), once);
    }
}
