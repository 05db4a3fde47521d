//! A letter: what a mail says, in blocks, and how these look as text and as HTML. Styles are inline, because half of
//! the mail programs throw away everything else; the dark variant is a sheet for those that do not.

use std::fmt::Write as _;

use kernel::locale::is_german;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::format::{fill, inert};
use super::phrases::phrases;

/// What every letter says of its sender.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) name: String,
    pub(crate) base_url: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    /// The line that mail programs show beside the subject.
    pub(crate) preheader: String,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Title(String),
    Text(String),
    /// A link that stands out; shown as an address in text.
    Button {
        label: String,
        url: String,
    },
    /// Things with amounts.
    Lines(Vec<Line>),
    /// Sums; the last stands out.
    Totals(Vec<(String, String)>),
    /// A heading with short lines below it, such as an address.
    Facts {
        heading: String,
        lines: Vec<String>,
    },
    /// What is only good to know.
    Small(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) title: String,
    pub(crate) detail: String,
    pub(crate) amount: String,
}

/// A letter as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

const FONT: &str = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const DARK: &str = "@media (prefers-color-scheme:dark){\
    .page{background:#16181d!important}.sheet{background:#1f2229!important}\
    .ink{color:#eceef2!important}.soft{color:#a3a9b5!important}.rule{border-color:#343943!important}\
    .button{background:#eceef2!important;color:#16181d!important}}";

impl Letter {
    pub(crate) fn render(&self, shop: &Shop, locale: &str) -> Rendered {
        Rendered { subject: inert(&self.subject), text: self.text(shop, locale), html: self.html(shop, locale) }
    }

    fn text(&self, shop: &Shop, locale: &str) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            block.text(&mut out);
            out.push('\n');
        }
        let _ = write!(out, "-- \n{}\n{}\n", footer(shop, locale), shop.base_url);
        out
    }

    fn html(&self, shop: &Shop, locale: &str) -> String {
        let lang = if is_german(locale) { "de" } else { "en" };
        let markup = html! {
            (DOCTYPE)
            html lang=(lang) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="supported-color-schemes" content="light dark";
                    title { (inert(&self.subject)) }
                    style { (PreEscaped(DARK)) }
                }
                body.page style="margin:0;padding:0;background:#f2f3f5" {
                    div style="display:none;max-height:0;overflow:hidden" { (inert(&self.preheader)) }
                    table.page role="presentation" width="100%" cellpadding="0" cellspacing="0"
                        style="background:#f2f3f5" {
                        tr { td align="center" style="padding:24px 12px" {
                            table.sheet role="presentation" width="100%" cellpadding="0" cellspacing="0"
                                style="max-width:560px;background:#ffffff;border-radius:10px" {
                                tr { td style="padding:20px 24px 0" {
                                    a.ink href=(shop.base_url) style={
                                        (FONT) ";font-size:15px;font-weight:700;color:#16181d;text-decoration:none"
                                    } { (inert(&shop.name)) }
                                } }
                                tr { td style="padding:8px 24px 24px" {
                                    @for block in &self.blocks { (block.html()) }
                                } }
                            }
                            p.soft style={ (FONT) ";font-size:12px;line-height:18px;color:#6b7280;margin:16px 0 0" } {
                                (footer(shop, locale))
                            }
                        } }
                    }
                }
            }
        };
        markup.into_string()
    }
}

fn footer(shop: &Shop, locale: &str) -> String {
    fill(phrases(locale).footer, &[("shop", &inert(&shop.name))])
}

/// Whether a link is one that a mail may carry.
fn is_web(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && !url.chars().any(|c| c.is_control() || c == ' ')
}

impl Block {
    fn text(&self, out: &mut String) {
        let _ = match self {
            Block::Title(text) => {
                let text = inert(text);
                writeln!(out, "{text}\n{}", "=".repeat(text.chars().count().min(72)))
            }
            Block::Text(text) | Block::Small(text) => writeln!(out, "{}", inert(text)),
            Block::Button { label, url } => writeln!(out, "{}:\n{}", inert(label), inert(url)),
            Block::Lines(lines) => lines.iter().try_for_each(|line| {
                writeln!(out, "- {}", inert(&line.title))?;
                let rest = [inert(&line.detail), line.amount.clone()];
                let rest: Vec<&str> = rest.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
                writeln!(out, "  {}", rest.join("   "))
            }),
            Block::Totals(rows) => {
                let rows: Vec<(String, &String)> = rows.iter().map(|(label, amount)| (inert(label), amount)).collect();
                let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
                rows.iter().try_for_each(|(label, amount)| writeln!(out, "{label:<width$}   {amount}"))
            }
            Block::Facts { heading, lines } => {
                let _ = writeln!(out, "{}:", inert(heading));
                lines.iter().try_for_each(|line| writeln!(out, "  {}", inert(line)))
            }
        };
    }

    fn html(&self) -> Markup {
        html! {
            @match self {
                Block::Title(text) => {
                    h1.ink style={ (FONT) ";font-size:22px;line-height:28px;font-weight:700;color:#16181d;margin:12px 0 8px" } {
                        (inert(text))
                    }
                }
                Block::Text(text) => {
                    p.ink style={ (FONT) ";font-size:15px;line-height:22px;color:#16181d;margin:0 0 12px" } { (inert(text)) }
                }
                Block::Small(text) => {
                    p.soft style={ (FONT) ";font-size:13px;line-height:19px;color:#6b7280;margin:12px 0 0" } { (inert(text)) }
                }
                Block::Button { label, url } => {
                    @if is_web(url) {
                        p style="margin:16px 0" {
                            a.button href=(url) style={
                                (FONT) ";display:inline-block;background:#16181d;color:#ffffff;font-size:15px;font-weight:600;"
                                "line-height:20px;padding:11px 18px;border-radius:8px;text-decoration:none"
                            } { (inert(label)) }
                        }
                    }
                }
                Block::Lines(lines) => { (lines_html(lines)) }
                Block::Totals(rows) => { (totals_html(rows)) }
                Block::Facts { heading, lines } => {
                    p.soft style={ (FONT) ";font-size:13px;line-height:19px;color:#6b7280;margin:16px 0 2px" } { (inert(heading)) }
                    p.ink style={ (FONT) ";font-size:14px;line-height:20px;color:#16181d;margin:0 0 8px" } {
                        @for (i, line) in lines.iter().enumerate() {
                            @if i > 0 { br; }
                            (inert(line))
                        }
                    }
                }
            }
        }
    }
}

fn lines_html(lines: &[Line]) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:8px 0 0" {
            @for line in lines {
                tr {
                    td.rule.ink style={
                        (FONT) ";font-size:14px;line-height:20px;color:#16181d;padding:8px 0;border-top:1px solid #e3e5e9"
                    } {
                        (inert(&line.title))
                        @if !line.detail.is_empty() {
                            br;
                            span.soft style="color:#6b7280;font-size:13px" { (inert(&line.detail)) }
                        }
                    }
                    td.rule.ink align="right" valign="top" style={
                        (FONT) ";font-size:14px;line-height:20px;color:#16181d;padding:8px 0 8px 12px;white-space:nowrap;"
                        "border-top:1px solid #e3e5e9"
                    } { (line.amount) }
                }
            }
        }
    }
}

fn totals_html(rows: &[(String, String)]) -> Markup {
    let last = rows.len().saturating_sub(1);
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:4px 0 8px" {
            @for (i, (label, amount)) in rows.iter().enumerate() {
                @let (weight, above) = if i == last { ("700", "border-top:1px solid #e3e5e9;padding:8px 0 0") } else { ("400", "padding:3px 0") };
                tr {
                    td.ink.rule style={ (FONT) ";font-size:14px;line-height:20px;color:#16181d;font-weight:" (weight) ";" (above) } { (inert(label)) }
                    td.ink.rule align="right" style={
                        (FONT) ";font-size:14px;line-height:20px;color:#16181d;white-space:nowrap;font-weight:" (weight) ";" (above)
                    } { (amount) }
                }
            }
        }
    }
}
