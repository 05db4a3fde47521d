//! The configuration: one table of keys ([`keys`]) that drives the file, the environment, the flags, `argosy config`
//! and the reference page.
//!
//! Flags win over the environment, the environment over the file, the file over the defaults. Nothing is used before
//! everything was read, and every problem is reported at once.

mod file;
pub(crate) mod flags;
pub(crate) mod keys;
mod print;

use std::fmt;
use std::path::PathBuf;

use checkout::quote::Terms;

use flags::Given;
use keys::{KEYS, Key, Settings};
pub(crate) use print::{print, reference};

/// The file read when none is named and it is there.
const DEFAULT_FILE: &str = "argosy.toml";
/// Names the file; the only variable that is not a key.
const FILE_VARIABLE: &str = "ARGOSY_CONFIG";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File { path: PathBuf, line: usize },
    Environment(&'static str),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// Something that cannot be used, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) place: String,
    pub(crate) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A value in effect.
#[derive(Clone, Debug)]
pub(crate) struct Effective {
    pub(crate) key: &'static Key,
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// The configuration in effect.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) settings: Settings,
    pub(crate) values: Vec<Effective>,
    /// Where the markets, taxes and shipping rates come from.
    pub(crate) terms_origin: Origin,
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "the configuration has {count} problem{}:", if count == 1 { "" } else { "s" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

/// The process's environment, read here and nowhere else.
#[allow(clippy::disallowed_methods)] // The one place where the environment is read.
pub(crate) fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| name.starts_with("ARGOSY_"))
        .collect()
}

/// Reads the configuration from flags, `environment` and file.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn load(given: &Given, environment: &[(String, String)]) -> Result<Config, Problems> {
    let mut problems = Vec::new();
    let file = read_file(given, environment, &mut problems);
    for (name, _) in environment {
        let known = name == FILE_VARIABLE || KEYS.iter().any(|key| key.env == name);
        if !known {
            let near = nearest(name, KEYS.iter().map(|key| key.env));
            problems.push(Problem { place: "environment".to_owned(), message: unknown("variable", name, near) });
        }
    }
    let mut settings = Settings::default();
    let mut values = Vec::with_capacity(KEYS.len());
    for key in KEYS {
        let from_flag = given.values.iter().find(|(name, ..)| *name == key.name);
        let from_environment = environment.iter().find(|(name, _)| name == key.env);
        let from_file = file.values.iter().find(|value| value.name == key.name);
        let (text, origin) = match (from_flag, from_environment, from_file) {
            (Some((_, flag, text)), _, _) => (text.clone(), Origin::Flag(flag)),
            (None, Some((_, text)), _) => (text.clone(), Origin::Environment(key.env)),
            (None, None, Some(value)) => {
                (value.text.clone(), Origin::File { path: file.path.clone(), line: value.line })
            }
            (None, None, None) => (key.default.to_owned(), Origin::Default),
        };
        if let Err(message) = (key.set)(&mut settings, &text) {
            let message = if key.secret { "this value cannot be used".to_owned() } else { message };
            problems.push(Problem { place: format!("{origin}, {}", key.name), message });
        }
        values.push(Effective { key, text, origin });
    }
    let mut terms_origin = Origin::Default;
    if let Some((terms, line)) = file.terms {
        terms_origin = Origin::File { path: file.path.clone(), line };
        let place = format!("{}", file.path.display());
        problems.extend(terms.problems().into_iter().map(|message| Problem { place: place.clone(), message }));
        settings.terms = terms;
    }
    if problems.is_empty() { Ok(Config { settings, values, terms_origin }) } else { Err(Problems(problems)) }
}

/// What a file says.
#[derive(Debug, Default)]
struct FileContent {
    path: PathBuf,
    values: Vec<file::FileValue>,
    /// Markets, taxes and shipping, and the line of the first of them.
    terms: Option<(Terms, usize)>,
}

fn read_file(given: &Given, environment: &[(String, String)], problems: &mut Vec<Problem>) -> FileContent {
    let variable = environment.iter().find(|(name, _)| name == FILE_VARIABLE);
    let (path, named) = match (&given.file, variable) {
        (Some(path), _) => (path.clone(), true),
        (None, Some((_, path))) => (PathBuf::from(path), true),
        (None, None) => (PathBuf::from(DEFAULT_FILE), false),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => file::parse(&path, &text, problems),
        Err(error) if !named && error.kind() == std::io::ErrorKind::NotFound => FileContent::default(),
        Err(error) => {
            let message = format!("the file cannot be read: {error}");
            problems.push(Problem { place: path.display().to_string(), message });
            FileContent::default()
        }
    }
}

fn unknown(what: &str, name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("there is no {what} {name}; did you mean {near}?"),
        None => format!("there is no {what} {name}; `argosy reference config` lists all of them"),
    }
}

/// The candidate that `name` is most likely a misspelling of.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = candidates.map(|candidate| (distance(name, candidate), candidate));
    scored.min().filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 4)).map(|(_, near)| near)
}

/// How many characters must be added, removed or replaced to turn one text into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
