//! Handles, locales and texts.

use contracts::market::Texts;

use super::Problems;

/// Languages that one text can have.
const MAX_LOCALES: usize = 40;

/// Lower-case ASCII letters, digits and hyphens, 1 to 100 of them.
pub(crate) fn is_handle(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The handle that a name suggests: `Été & Hiver` gives `ete-hiver`. Empty when nothing of it can be used.
pub(crate) fn handle_from(name: &str) -> String {
    let mut handle = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        let plain = plain_letters(c);
        if plain.is_empty() {
            if !handle.is_empty() && !handle.ends_with('-') && c != '\'' && c != '’' {
                handle.push('-');
            }
        } else {
            handle.push_str(plain.as_str());
        }
        if handle.len() >= 90 {
            break;
        }
    }
    handle.trim_matches('-').to_owned()
}

/// A letter as ASCII, or nothing.
fn plain_letters(c: char) -> String {
    let folded = match c {
        'a'..='z' | '0'..='9' => return c.to_string(),
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ő' | 'ō' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    };
    folded.to_owned()
}

/// A BCP 47 tag as the shop uses them: a language, and perhaps a script or region. `en`, `de-CH`, `zh-Hant-TW`.
pub(crate) fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or("");
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && parts.clone().count() <= 2
        && parts.all(|part| (2..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A line of text within `max` characters, without control characters.
pub(crate) fn check_line(value: &str, max: usize, pointer: &str, problems: &mut Problems) {
    if value.chars().count() > max {
        problems.add(pointer, "too_long", format!("At most {max} characters."));
    } else if value.chars().any(char::is_control) {
        problems.add(pointer, "invalid_characters", "Control characters such as tabs and line breaks are not allowed.");
    }
}

/// As [`check_line`], and it must say something.
pub(crate) fn check_required_line(value: &str, max: usize, pointer: &str, problems: &mut Problems) {
    if value.trim().is_empty() {
        problems.add(pointer, "required", "This must not be empty.");
    } else {
        check_line(value, max, pointer, problems);
    }
}

/// Names of languages, and how long each text is. `lines` forbids line breaks.
pub(crate) fn check_texts(texts: &Texts, max: usize, lines: bool, pointer: &str, problems: &mut Problems) {
    if texts.0.len() > MAX_LOCALES {
        problems.add(pointer, "too_many", format!("At most {MAX_LOCALES} languages."));
    }
    for (locale, text) in &texts.0 {
        let pointer = format!("{pointer}/{}", locale.replace('~', "~0").replace('/', "~1"));
        if !is_locale(locale) {
            problems.add(&pointer, "unknown_locale", "Name the language as in `en` or `de-CH`.");
        } else if lines {
            check_line(text, max, &pointer, problems);
        } else if text.chars().count() > max {
            problems.add(&pointer, "too_long", format!("At most {max} characters."));
        }
    }
}

/// As [`check_texts`] for lines, and there must be at least one, and none may be empty.
pub(crate) fn check_required_texts(texts: &Texts, max: usize, pointer: &str, problems: &mut Problems) {
    if texts.0.is_empty() {
        problems.add(pointer, "required", "This is needed in at least one language.");
    }
    for (locale, _) in texts.0.iter().filter(|(_, text)| text.trim().is_empty()) {
        problems.add(format!("{pointer}/{locale}"), "required", "This must not be empty.");
    }
    check_texts(texts, max, true, pointer, problems);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_lower_case_letters_digits_and_hyphens() {
        for good in ["a", "trail-runner-2", "0", &"x".repeat(100)] {
            assert!(is_handle(good), "{good}");
        }
        for bad in ["", "A", "a b", "a/b", "..", "ä", &"x".repeat(101), "a_b"] {
            assert!(!is_handle(bad), "{bad}");
        }
    }

    #[test]
    fn a_name_suggests_a_handle() {
        for (name, handle) in [
            ("Été & Hiver", "ete-hiver"),
            ("Straße / Größe 42", "strasse-groesse-42"),
            ("Men's  Shoes!", "mens-shoes"),
            ("靴", ""),
            ("--", ""),
        ] {
            assert_eq!(handle_from(name), handle);
        }
        assert!(is_handle(&handle_from(&"wide ".repeat(100))));
    }

    #[test]
    fn locales_have_a_language_and_perhaps_a_region() {
        for good in ["en", "de-CH", "zh-Hant-TW", "gsw"] {
            assert!(is_locale(good), "{good}");
        }
        for bad in ["", "e", "EN", "en_US", "en-", "en-a-b-c", "../en", "english"] {
            assert!(!is_locale(bad), "{bad}");
        }
    }
}
