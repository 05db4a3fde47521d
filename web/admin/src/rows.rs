//! Rows of a form that come and go without a script: a button of a row is a submit button, and the answer is the same
//! form with a row more or less and everything else as it was typed.
//!
//! The fields of a row are called `{list}-{number}-{field}`, rows of rows `{list}-{number}-{list}-{number}-{field}`, which
//! is what a pointer to their value in the document reads like; so what is wrong with it finds its field.

use crate::form::Fields;

/// The name of the buttons.
pub(crate) const BUTTON: &str = "rows";
/// Every row has this field, so that one without any other is there.
pub(crate) const MARK: &str = "row";
/// The most rows of one list of a form.
pub(crate) const MAX_ROWS: usize = 200;

/// How many rows `list` has.
pub(crate) fn count(fields: &Fields, list: &str) -> usize {
    (0..MAX_ROWS).take_while(|row| fields.has(&format!("{list}-{row}-{MARK}"))).count()
}

/// When a button of a row was pressed, the form with a row more or less. None: the form is to be done.
pub(crate) fn pressed(fields: &Fields) -> Option<Fields> {
    let (what, target) = fields.get(BUTTON)?.split_once(' ')?;
    let mut pairs: Vec<(String, String)> = others(fields).collect();
    match what {
        "add" if count(fields, target) < MAX_ROWS => {
            pairs.push((format!("{target}-{}-{MARK}", count(fields, target)), String::new()));
        }
        "remove" => {
            let prefix = format!("{target}-");
            pairs.retain(|(name, _)| !name.starts_with(&prefix));
        }
        _ => {}
    }
    Some(numbered(pairs))
}

/// The form without the rows of `list` in which nothing was typed. `chosen` are fields that are never empty.
pub(crate) fn typed(fields: &Fields, list: &str, chosen: &[&str]) -> Fields {
    let mut pairs: Vec<(String, String)> = others(fields).collect();
    for row in 0..count(fields, list) {
        let prefix = format!("{list}-{row}-");
        let own = |name: &str| name.strip_prefix(&prefix).is_some_and(|own| own != MARK && !chosen.contains(&own));
        let blank = pairs.iter().all(|(name, value)| {
            !own(name) || value.trim().is_empty() || name.rsplit('-').next().is_some_and(|last| last == MARK)
        });
        if blank {
            pairs.retain(|(name, _)| !name.starts_with(&prefix));
        }
    }
    numbered(pairs)
}

fn others(fields: &Fields) -> impl Iterator<Item = (String, String)> {
    fields.iter().filter(|(name, _)| *name != BUTTON).map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The fields with rows numbered from zero, without gaps, in the order they come in.
fn numbered(pairs: Vec<(String, String)>) -> Fields {
    let mut rows: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    let mut renamed = |name: &str| {
        let mut path = String::new();
        for part in name.split('-') {
            let is_number = !path.is_empty() && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let part = if is_number {
                let known = rows.entry(path.clone()).or_default();
                let place = known.iter().position(|row| row == part).unwrap_or_else(|| {
                    known.push(part.to_owned());
                    known.len() - 1
                });
                place.to_string()
            } else {
                part.to_owned()
            };
            if !path.is_empty() {
                path.push('-');
            }
            path.push_str(&part);
        }
        path
    };
    Fields::of(pairs.into_iter().map(|(name, value)| (renamed(&name), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Fields {
        Fields::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn rows_come_and_go() {
        let two = "name=x&rates-0-row=&rates-0-class=a&rates-1-row=&rates-1-class=b";
        assert_eq!(pressed(&form(two)), None);
        let more = pressed(&form(&format!("{two}&rows=add+rates"))).unwrap();
        assert_eq!((count(&more, "rates"), more.text("rates-1-class"), more.text("rates-2-class")), (3, "b", ""));
        let fewer = pressed(&form(&format!("{two}&rows=remove+rates-0"))).unwrap();
        assert_eq!((count(&fewer, "rates"), fewer.text("rates-0-class"), fewer.text("name")), (1, "b", "x"));
        assert!(!fewer.has(BUTTON));
    }

    #[test]
    fn rows_of_rows_keep_together() {
        let nested =
            "m-0-row=&m-0-s-0-row=&m-0-s-0-p=1&m-1-row=&m-1-s-0-row=&m-1-s-0-p=2&m-1-s-1-row=&m-1-s-1-p=3&l-de-CH=x";
        let fields = pressed(&form(&format!("{nested}&rows=remove+m-0"))).unwrap();
        assert_eq!((count(&fields, "m"), count(&fields, "m-0-s"), fields.text("m-0-s-1-p")), (1, 2, "3"));
        let fields = pressed(&form(&format!("{nested}&rows=add+m-1-s"))).unwrap();
        assert_eq!((count(&fields, "m-0-s"), count(&fields, "m-1-s"), fields.text("l-de-CH")), (1, 3, "x"));
        let many = (0..MAX_ROWS).map(|row| format!("m-{row}-row=&")).collect::<String>();
        assert_eq!(count(&pressed(&form(&format!("{many}rows=add+m"))).unwrap(), "m"), MAX_ROWS);
    }

    #[test]
    fn rows_without_a_word_are_no_rows() {
        let fields = form("r-0-row=&r-0-class=standard&r-0-rate=&r-1-row=&r-1-class=standard&r-1-rate=7");
        let fields = typed(&fields, "r", &["class"]);
        assert_eq!((count(&fields, "r"), fields.text("r-0-rate")), (1, "7"));
    }
}
