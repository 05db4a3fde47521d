//! Reads the product export of WooCommerce, as its own exporter writes it. Pure: bytes in, products and complaints out.
//!
//! A product is a row, and each of its variations another one that names it in `Parent`, by SKU or as `id:12`, wherever
//! it stands in the file. Attributes that variations differ in become options; a variation that is for any value of one
//! becomes a variant for each. There are no handles, so a product is found again by its SKUs.

mod columns;

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use contracts::Result;
use contracts::catalog::{Media, Price, ProductContent, ProductOption, ProductStatus, Variant};
use contracts::market::Texts;
use kernel::cell::unescape;
use kernel::{Failure, Money, Sku, Timestamp, VariantId};
use uuid::Uuid;

use super::draft::{Draft, IdentifiedBy, Kept, Reading, Source};
use super::table::{Place, Row, Table, unreadable};
use super::text::{amount, derived_sku, one_line, printable, tags, units, unquoted};
use super::{ImportError, ImportOptions, MAX_UNITS};
use crate::rules::handle_from;
use columns::{Column, Layout, grams, parts};

/// The most variants that variations for any value are made into; the rules allow no more.
const MAX_VARIANTS: usize = 251;

/// Rows of a product: its own, and its variations.
struct Family {
    handle: String,
    identified_by: IdentifiedBy,
    rows: Vec<Place>,
}

/// # Errors
/// `not_a_product_export` when there is no header with the columns Type and Name.
pub(crate) fn read(file: &Bytes, options: &ImportOptions, now: Timestamp) -> Result<Source> {
    let no_export = || {
        let detail = "This is not a product export of WooCommerce: its first line must name the columns, Type and Name among them.";
        Failure::invalid("not_a_product_export", detail)
    };
    let table = Table::open(file).ok_or_else(no_export)?;
    let layout = Layout::new(&table.header);
    if !(layout.has(Column::Type) && layout.has(Column::Name)) {
        return Err(no_export());
    }
    let mut source = Source { ignored_columns: layout.ignored.clone(), ..Source::default() };
    let families = families(&table, &layout, &mut source);
    source.products = families.len() as u64;
    let (options, today) = (options.clone(), now.to_string()[..10].to_owned());
    source.each = Box::new(move |take| {
        for family in families {
            let rows = table.rows(&family.rows);
            let mut builder = Builder {
                layout: &layout,
                options: &options,
                today: &today,
                family: &family,
                rows: &rows,
                errors: Vec::new(),
            };
            let built = builder.build();
            take(match built {
                Some(draft) if builder.errors.is_empty() => Reading::Product(Box::new(draft)),
                _ => Reading::Wrong(builder.errors),
            })?;
        }
        Ok(())
    });
    Ok(source)
}

/// Finds what belongs together. Variations may stand before what they are of.
fn families(table: &Table, layout: &Layout, source: &mut Source) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    let (mut by_sku, mut by_id) = (HashMap::<String, usize>::new(), HashMap::<String, usize>::new());
    let mut variations: Vec<(String, Place)> = Vec::new();
    let mut handles: HashSet<String> = HashSet::new();
    table.each(|record, place| {
        source.rows += 1;
        let cell = |column| {
            let text = String::from_utf8_lossy(layout.cell(record, column)).trim().to_owned();
            unescape(&text).to_owned()
        };
        let (id, sku) = (cell(Column::Id), cell(Column::Sku));
        if parts(&cell(Column::Type)).iter().any(|kind| kind == "variation") {
            variations.push((cell(Column::Parent), place));
            return;
        }
        let index = families.len();
        if !sku.is_empty() {
            by_sku.entry(sku.clone()).or_insert(index);
        }
        if !id.is_empty() {
            by_id.entry(id.clone()).or_insert(index);
        }
        let number = id.parse().unwrap_or(place.line);
        let (own, mut handle) = (cell(Column::Handle), handle_from(&cell(Column::Name)));
        let kept = !own.is_empty() && handles.insert(own.clone());
        if kept {
            families.push(Family { handle: own, identified_by: IdentifiedBy::Handle, rows: vec![place] });
            return;
        }
        if handle.is_empty() {
            handle = handle_from(&sku);
        }
        if handle.is_empty() || !handles.insert(handle.clone()) {
            handle = format!("{handle}-{number}").trim_start_matches('-').to_owned();
            handles.insert(handle.clone());
        }
        families.push(Family { handle, identified_by: IdentifiedBy::Sku { number }, rows: vec![place] });
    });
    let column = layout.name(Column::Parent);
    for (parent, place) in variations {
        let found = match parent.strip_prefix("id:") {
            Some(id) => by_id.get(id.trim()),
            None => by_sku.get(&parent),
        };
        match found {
            Some(&index) => families[index].rows.push(place),
            None => {
                source.failed += 1;
                let message = "What this is a variation of is not in the file.";
                source.complain(place.line, &parent, &column, message);
            }
        }
    }
    families
}

/// Makes one product of its rows.
struct Builder<'a> {
    layout: &'a Layout,
    options: &'a ImportOptions,
    /// As in `2026-11-22`.
    today: &'a str,
    family: &'a Family,
    rows: &'a [Row],
    errors: Vec<ImportError>,
}

impl<'a> Builder<'a> {
    fn build(&mut self) -> Option<Draft> {
        for (line, column, message) in unreadable(self.rows, self.layout.places(), self.layout.len()) {
            self.complain_of(line, &column, message);
        }
        let (head, variations) = self.rows.split_first().filter(|_| self.errors.is_empty())?;
        let kinds = parts(self.cell(head, Column::Type));
        if let Some(kind) = kinds.iter().find(|kind| matches!(kind.as_str(), "grouped" | "external")) {
            self.complain(head.line, Column::Type, &format!("A product of type {kind} has no place in this shop."));
            return None;
        }
        let name = one_line(self.cell(head, Column::Name));
        if name.is_empty() {
            self.complain(head.line, Column::Name, "This product has no name.");
        }
        let (media, media_lines) = self.media(head, variations);
        let mut options = self.axes(head, variations);
        let (variants, stock, variant_lines) = if kinds.iter().any(|kind| kind == "variable") {
            self.variations(head, variations, &mut options, &media)
        } else {
            options.clear();
            let variant = self.variant(head, head, (Vec::new(), self.sku(head, &[])), &media)?;
            let stock = self.units(head).map(|n| (variant.sku.clone(), n));
            (vec![variant], stock.into_iter().collect(), vec![head.line])
        };
        let (short, long) = (self.cell(head, Column::ShortDescription), self.cell(head, Column::Description));
        let (category_path, collection_names) = categories(self.cell(head, Column::Categories));
        let vendor = parts(self.cell(head, Column::Brands)).into_iter().next().unwrap_or_default();
        let content = ProductContent {
            // 1 is published, 0 private, -1 a draft, 2 waits for a review.
            status: match self.cell(head, Column::Published) {
                "1" | "" => ProductStatus::Active,
                "0" if self.family.identified_by == IdentifiedBy::Handle => ProductStatus::Archived,
                _ => ProductStatus::Draft,
            },
            vendor: one_line(vendor.rsplit('>').next().unwrap_or_default()),
            title: self.texts(&name),
            description_html: self.texts(&printable(&lines(if long.is_empty() { short } else { long }))),
            seo_description: self.texts(&plain(&lines(short))),
            tags: tags(parts(self.cell(head, Column::Tags)).into_iter()),
            options,
            variants,
            media,
            ..ProductContent::default()
        };
        Some(Draft {
            handle: self.family.handle.clone(),
            content,
            type_name: String::new(),
            category_path,
            collection_names,
            stock,
            stock_at: Vec::new(),
            line: head.line,
            variant_lines,
            media_lines,
            kept: Kept::Unsaid { bare: true },
            identified_by: self.family.identified_by,
            made_at: None,
        })
    }

    fn cell(&self, row: &'a Row, column: Column) -> &'a str {
        unescape(std::str::from_utf8(self.layout.cell(&row.record, column)).unwrap_or("").trim())
    }

    /// What a variation does not say, its product says for it.
    fn inherited(&self, head: &'a Row, row: &'a Row, column: Column) -> &'a str {
        match self.cell(row, column) {
            "" => self.cell(head, column),
            own => own,
        }
    }

    fn complain(&mut self, line: u64, column: Column, message: &str) {
        let name = self.layout.name(column);
        self.complain_of(line, &name, message);
    }

    fn complain_of(&mut self, line: u64, column: &str, message: &str) {
        let (handle, column, message) = (self.family.handle.clone(), column.to_owned(), message.to_owned());
        self.errors.push(ImportError { line, handle, column, message });
    }

    fn texts(&self, text: &str) -> Texts {
        let mut texts = Texts::default();
        if !text.is_empty() {
            texts.0.insert(self.options.locale.clone(), text.to_owned());
        }
        texts
    }

    /// Attributes of a row by name: their values.
    fn attributes(&self, row: &'a Row) -> Vec<(String, Vec<String>)> {
        let named = |n: u8| {
            let name = one_line(self.cell(row, Column::AttributeName(n)));
            let values = parts(self.cell(row, Column::AttributeValues(n)));
            (!name.is_empty()).then(|| (name, values.iter().map(|value| one_line(value)).collect()))
        };
        self.layout.attributes().filter_map(named).collect()
    }

    /// The attributes that variations name, in the order of the product and with its values.
    fn axes(&self, head: &'a Row, variations: &'a [Row]) -> Vec<ProductOption> {
        let used: HashSet<String> =
            variations.iter().flat_map(|row| self.attributes(row)).map(|(name, _)| name).collect();
        let own = self.attributes(head).into_iter().filter(|(name, _)| used.contains(name));
        own.map(|(name, values)| ProductOption { name, values }).collect()
    }

    /// A variant for each variation; for each value of an option, where the variation names none.
    fn variations(
        &mut self,
        head: &'a Row,
        variations: &'a [Row],
        options: &mut [ProductOption],
        media: &[Media],
    ) -> (Vec<Variant>, Vec<(Sku, i64)>, Vec<u64>) {
        let (mut variants, mut stock, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen: HashSet<Vec<String>> = HashSet::new();
        // A variation for one value goes before one for any, wherever it stands.
        let mut in_order: Vec<&Row> = variations.iter().collect();
        in_order.sort_by_key(|row| {
            let said = self.attributes(row);
            options.iter().filter(|option| !said.iter().any(|(name, v)| *name == option.name && !v.is_empty())).count()
        });
        for row in in_order {
            let said = self.attributes(row);
            let mut choices: Vec<Vec<String>> = vec![Vec::new()];
            for option in &mut *options {
                let value = said.iter().find(|(name, _)| *name == option.name).and_then(|(_, v)| v.first().cloned());
                let values = match value.filter(|value| !value.is_empty()) {
                    Some(value) => {
                        if !option.values.contains(&value) {
                            option.values.push(value.clone());
                        }
                        vec![value]
                    }
                    None => option.values.clone(),
                };
                let longer = |chosen: &Vec<String>| {
                    let chosen = chosen.clone();
                    values.iter().map(move |value| [chosen.as_slice(), std::slice::from_ref(value)].concat())
                };
                choices = choices.iter().flat_map(longer).take(MAX_VARIANTS).collect::<Vec<_>>();
            }
            let any = choices.len() > 1;
            for values in choices {
                if any && !seen.insert(values.clone()) || variants.len() >= MAX_VARIANTS {
                    continue;
                }
                seen.insert(values.clone());
                let sku = self.sku(row, if any || self.cell(row, Column::Sku).is_empty() { &values } else { &[] });
                let Some(variant) = self.variant(head, row, (values, sku), media) else { continue };
                // Units for any value cannot be told apart.
                if let Some(units) = self.units(row).filter(|_| !any) {
                    stock.push((variant.sku.clone(), units));
                }
                variants.push(variant);
                lines.push(row.line);
            }
        }
        (variants, stock, lines)
    }

    fn variant(
        &mut self,
        head: &'a Row,
        row: &'a Row,
        (options, sku): (Vec<String>, Option<Sku>),
        media: &[Media],
    ) -> Option<Variant> {
        let before = self.errors.len();
        if sku.is_none() {
            self.complain(row.line, Column::Sku, "A SKU has at most 64 printable characters.");
        }
        let price = self.price(row);
        let weight = self.inherited(head, row, Column::Weight);
        let weight_g = grams(weight, self.layout.weight_unit());
        if weight_g.is_none() && !weight.is_empty() {
            self.complain(row.line, Column::Weight, "This is not a weight.");
        }
        let class = match self.cell(row, Column::TaxClass) {
            "parent" => self.cell(head, Column::TaxClass),
            class => class,
        };
        let tax_class = match (self.inherited(head, row, Column::TaxStatus), class) {
            ("none" | "shipping", _) => "exempt".to_owned(),
            (_, "" | "standard") => "standard".to_owned(),
            (_, "reduced-rate") => "reduced".to_owned(),
            (_, "zero-rate") => "zero".to_owned(),
            (_, other) => other.to_lowercase(),
        };
        let barcode = one_line(unquoted(self.cell(row, Column::Gtin)));
        let kinds = parts(self.cell(row, Column::Type));
        let picture = parts(self.cell(row, Column::Images)).into_iter().next();
        (self.errors.len() == before).then_some(())?;
        Some(Variant {
            id: VariantId::from_uuid(Uuid::nil()),
            sku: sku?,
            options,
            prices: price.into_iter().collect(),
            barcode: (!barcode.is_empty()).then_some(barcode),
            weight_g: weight_g.unwrap_or(0),
            tax_class,
            requires_shipping: !kinds.iter().any(|kind| kind == "virtual"),
            image: picture
                .filter(|_| !std::ptr::eq(head, row))
                .and_then(|source| media.iter().position(|media| media.source == source)),
        })
    }

    /// The SKU of a row with `values` added, or one that follows from the product's name and them.
    fn sku(&self, row: &'a Row, values: &[String]) -> Option<Sku> {
        let given = one_line(unquoted(self.cell(row, Column::Sku)));
        let text = match (given.is_empty(), values) {
            (false, []) => given,
            (false, values) => derived_sku(&given, values),
            (true, values) => derived_sku(&self.family.handle, values),
        };
        Sku::new(&text).ok()
    }

    /// The sale price, while it holds, with the regular one before it.
    fn price(&mut self, row: &'a Row) -> Option<Price> {
        let regular = self.money(row, Column::RegularPrice);
        let (from, to) = (self.cell(row, Column::SaleFrom), self.cell(row, Column::SaleTo));
        let day = |cell: &'a str| cell.get(..10).unwrap_or(cell);
        let holds = (from.is_empty() || day(from) <= self.today) && (to.is_empty() || self.today <= day(to));
        let sale = self.money(row, Column::SalePrice).filter(|_| holds);
        match (regular, sale) {
            (Some(regular), Some(sale)) if sale.amount_minor < regular.amount_minor => {
                Some(Price { price: sale, compare_at: Some(regular) })
            }
            (regular, sale) => regular.or(sale).map(|price| Price { price, compare_at: None }),
        }
    }

    /// Amounts are written as the shop shows them: with a point or a comma.
    fn money(&mut self, row: &'a Row, column: Column) -> Option<Money> {
        let cell = unquoted(self.cell(row, column));
        if cell.is_empty() {
            return None;
        }
        let plain = if cell.contains('.') { cell.to_owned() } else { cell.replacen(',', ".", 1) };
        // Databases write more zeros than a currency has decimals.
        let decimals = usize::from(self.options.currency.exponent());
        let short = match plain.split_once('.') {
            Some((whole, fraction)) if fraction.len() > decimals => {
                let (kept, rest) = fraction.split_at_checked(decimals).unwrap_or((fraction, ""));
                match (rest.bytes().all(|b| b == b'0'), kept) {
                    (true, "") => whole.to_owned(),
                    (true, kept) => format!("{whole}.{kept}"),
                    (false, _) => plain,
                }
            }
            _ => plain,
        };
        match amount(&short, self.options.currency) {
            Ok(money) => Some(money),
            Err(message) => {
                self.complain(row.line, column, &message);
                None
            }
        }
    }

    /// Units counted; none where the stock is not kept, or is kept for all variations together.
    fn units(&mut self, row: &'a Row) -> Option<i64> {
        let cell = self.cell(row, Column::Stock);
        if cell.is_empty() || cell == "parent" {
            return None;
        }
        let counted = units(cell, MAX_UNITS);
        if counted.is_none() {
            self.complain(row.line, Column::Stock, "This is not a number of units.");
        }
        counted
    }

    /// Pictures of the product, and then those that only a variation has.
    fn media(&mut self, head: &'a Row, variations: &'a [Row]) -> (Vec<Media>, Vec<u64>) {
        let (mut media, mut lines): (Vec<Media>, Vec<u64>) = (Vec::new(), Vec::new());
        for row in std::iter::once(head).chain(variations) {
            for source in parts(self.cell(row, Column::Images)) {
                if media.iter().any(|known| known.source == source) {
                    continue;
                }
                if !(source.starts_with("https://") || source.starts_with("sha256-")) {
                    self.complain(row.line, Column::Images, "An image must lie under an https:// address.");
                }
                media.push(Media { source, alt: Texts::default(), width: 0, height: 0 });
                lines.push(row.line);
            }
        }
        (media, lines)
    }
}

/// The longest path is the category; others that do not lie on it are collections, by their last name.
fn categories(cell: &str) -> (Vec<String>, Vec<String>) {
    let paths: Vec<Vec<String>> = parts(cell)
        .iter()
        .map(|path| path.split('>').map(one_line).filter(|name| !name.is_empty()).collect())
        .filter(|path: &Vec<String>| !path.is_empty())
        .collect();
    let deepest = paths.iter().map(Vec::len).max().unwrap_or(0);
    let Some(category) = paths.iter().find(|path| path.len() == deepest).cloned() else { return Default::default() };
    let others = paths.iter().filter(|path| !category.starts_with(path)).filter_map(|path| path.last().cloned());
    (category.clone(), others.collect())
}

/// The exporter writes line breaks as `\n`, and what looks like that as `\\n`.
fn lines(text: &str) -> String {
    text.replace("\\\\n", "\u{0}").replace("\\n", "\n").replace('\u{0}', "\\n")
}

/// Without tags, on one line.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(if c.is_control() { ' ' } else { c }),
            _ => {}
        }
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(1_000).collect()
}

#[cfg(test)]
mod tests;
