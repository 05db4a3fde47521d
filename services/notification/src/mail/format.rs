//! Texts put together, and those of strangers made inert.

/// A text of a stranger on one line, without characters that steer a terminal, a header or the direction of writing.
pub(crate) fn inert(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(500) {
        if steers(c) {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

/// `template` with `{name}` replaced by values.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    // Values are put in while reading, so that a value which looks like a placeholder stays what it is.
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(value),
            None => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_templates() {
        assert_eq!(fill("Hi {name}, {n}", &[("name", "{n}"), ("n", "2")]), "Hi {n}, 2");
        assert_eq!(fill("{unknown} {", &[]), "{unknown} {");
    }

    #[test]
    fn strangers_cannot_steer() {
        assert_eq!(inert("Ann\r\nBcc: x@y.z"), "Ann Bcc: x@y.z");
        assert_eq!(inert("\u{202e}evil\u{1b}[31m"), "evil [31m");
    }
}
