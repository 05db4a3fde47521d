//! The configuration file: TOML, read with the lines on which things stand.

use std::path::Path;

use checkout::quote::Terms;
use contracts::market::Market;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, SECTIONS};
use super::{FileContent, Problem, nearest, unknown};

/// A value of the file, as text.
#[derive(Debug)]
pub(super) struct FileValue {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) line: usize,
}

/// The sections that are more than values.
#[derive(Default, Deserialize)]
struct Sections {
    markets: Option<Vec<Market>>,
    tax: Option<checkout::tax::TaxTable>,
    shipping: Option<checkout::shipping::ShippingTable>,
}

/// Reads a file; what is wrong with it goes to `problems`.
pub(super) fn parse(path: &Path, text: &str, problems: &mut Vec<Problem>) -> FileContent {
    let mut content = FileContent { path: path.to_owned(), ..FileContent::default() };
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { path, text, values: Vec::new(), section_line: None, problems };
    if !errors.is_empty() {
        errors.iter().for_each(|error| reader.report(error));
        return content;
    }
    reader.walk("", table.get_ref());
    if let Some(line) = reader.section_line {
        match toml::from_str::<Sections>(text) {
            Ok(sections) => content.terms = Some((terms(sections), line)),
            Err(error) => reader.report(&error),
        }
    }
    content.values = reader.values;
    content
}

fn terms(sections: Sections) -> Terms {
    let default = Terms::default();
    Terms {
        markets: sections.markets.unwrap_or(default.markets),
        tax: sections.tax.unwrap_or(default.tax),
        shipping: sections.shipping.unwrap_or(default.shipping),
        ..Terms::default()
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    values: Vec<FileValue>,
    section_line: Option<usize>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count() + 1
    }

    fn problem(&mut self, at: usize, message: String) {
        let place = format!("{}:{}", self.path.display(), self.line(at));
        self.problems.push(Problem { place, message });
    }

    fn report(&mut self, error: &toml::de::Error) {
        self.problem(error.span().map_or(0, |span| span.start), error.message().to_owned());
    }

    fn walk(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let at = key.span().start;
            let name = format!("{prefix}{}", key.get_ref());
            if prefix.is_empty() && SECTIONS.iter().any(|(section, _)| *section == name) {
                let line = self.line(at);
                self.section_line = Some(self.section_line.map_or(line, |first| first.min(line)));
            } else if KEYS.iter().any(|known| known.name == name) {
                self.value(name, value);
            } else if KEYS.iter().any(|known| known.name.starts_with(&format!("{name}."))) {
                match value.get_ref() {
                    DeValue::Table(inner) => self.walk(&format!("{name}."), inner),
                    _ => self.problem(at, format!("{name} is a section; write [{name}] and its keys below")),
                }
            } else {
                let sections = SECTIONS.iter().map(|(section, _)| *section);
                let near = nearest(&name, KEYS.iter().map(|known| known.name).chain(sections));
                self.problem(at, unknown("key", &name, near));
            }
        }
    }

    fn value(&mut self, name: String, value: &Spanned<DeValue<'_>>) {
        let at = value.span().start;
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().replace('_', ""),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_str()) => {
                let items: Vec<&str> = items.iter().filter_map(|item| item.get_ref().as_str()).collect();
                items.join(",")
            }
            _ => return self.problem(at, format!("{name} must be a text or a whole number")),
        };
        let line = self.line(at);
        self.values.push(FileValue { name, text, line });
    }
}
