use std::path::Path;

use super::*;

fn given(values: &[(&'static str, &'static str, &str)], file: Option<&Path>) -> Given {
    let values = values.iter().map(|(key, flag, text)| (*key, *flag, (*text).to_owned())).collect();
    Given { file: file.map(Path::to_owned), values }
}

fn variables(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

#[test]
fn every_default_can_be_used() {
    let config = load(&Given::default(), &[]).unwrap();
    assert_eq!(config.settings.listen.port(), 8080);
    assert_eq!(config.settings.data, Path::new("./argosy-data"));
    assert!(config.values.iter().all(|value| value.origin == Origin::Default));
}

#[test]
fn names_are_unique_and_documented() {
    for (i, key) in KEYS.iter().enumerate() {
        assert!(key.doc.ends_with('.') && !key.kind.is_empty() && key.env.starts_with("ARGOSY_"), "{}", key.name);
        assert!(KEYS[..i].iter().all(|other| other.name != key.name && other.env != key.env), "{}", key.name);
        assert!(reference().contains(key.doc), "{}", key.name);
    }
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let (_dir, path) = file("listen = \"127.0.0.1:1\"\ndata = \"from-file\"\n\n[store]\nname = \"File\"\n");
    let environment = variables(&[("ARGOSY_LISTEN", "127.0.0.1:2"), ("ARGOSY_DATA", "from-environment")]);
    let config = load(&given(&[("listen", "listen", "127.0.0.1:3")], Some(&path)), &environment).unwrap();
    assert_eq!(config.settings.listen.port(), 3);
    assert_eq!(config.settings.data, Path::new("from-environment"));
    assert_eq!(config.settings.store_name, "File");
    let printed = print(&config);
    for part in ["\"127.0.0.1:3\"", "environment ARGOSY_DATA", "shop.toml:5", "# default"] {
        assert!(printed.contains(part), "{part} in\n{printed}");
    }
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let (_dir, path) = file(
        "lisen = \"127.0.0.1:1\"\nroles = \"catalog\"\nstore = 3\n\n[limits]\nrequests = 0\nthreads = [1]\ncolour = 1\n",
    );
    let environment = variables(&[("ARGOSY_DATE", "x"), ("ARGOSY_LOG_FORMAT", "xml")]);
    let flags = given(&[("store.base_url", "base-url", "shop.example")], Some(&path));
    let problems = load(&flags, &environment).unwrap_err().to_string();
    for part in [
        "8 problems",
        "shop.toml:1: there is no key lisen; did you mean listen?",
        "shop.toml:2, roles: this version runs all roles in one process",
        "shop.toml:3: store is a section",
        "shop.toml:6, limits.requests: \"0\" is not a whole number from 1 to 1000000",
        "shop.toml:7: limits.threads must be a text or a whole number",
        "shop.toml:8: there is no key limits.colour",
        "ARGOSY_DATE; did you mean ARGOSY_DATA?",
        "environment ARGOSY_LOG_FORMAT, log.format: \"xml\" is none of auto, pretty, json",
        "base-url, store.base_url",
    ] {
        assert!(problems.contains(part) || part == "8 problems", "{part} in\n{problems}");
    }
    assert!(problems.starts_with("the configuration has 9 problems"), "{problems}");
}

#[test]
fn broken_toml_names_its_line() {
    let (_dir, path) = file("listen = \"127.0.0.1:1\"\ndata = = 3\n");
    let problems = load(&given(&[], Some(&path)), &[]).unwrap_err();
    assert!(problems.0[0].place.ends_with("shop.toml:2"), "{problems}");
    let missing = load(&given(&[], Some(Path::new("/nonexistent/shop.toml"))), &[]).unwrap_err().to_string();
    assert!(missing.contains("/nonexistent/shop.toml: the file cannot be read"), "{missing}");
}

#[test]
fn markets_come_from_the_file() {
    let (_dir, path) = file(
        "[[markets]]\nhandle = \"jp\"\nname = \"Japan\"\ncurrency = \"JPY\"\nlocale = \"en\"\ncountries = [\"JP\"]\n\
         prices_include_tax = true\n\n[tax]\nJP = { name = \"CT\", standard_ppm = 100000, reduced_ppm = 80000 }\n\n\
         [[shipping.zones]]\nname = \"Japan\"\ncountries = []\n[[shipping.zones.rates]]\nhandle = \"standard\"\n\
         name = \"Standard\"\nprices = [{ amount_minor = 500, currency = \"JPY\" }]\ndays_min = 1\ndays_max = 3\n",
    );
    let config = load(&given(&[], Some(&path)), &[]).unwrap();
    assert_eq!(config.settings.terms.markets[0].handle, "jp");
    assert!(matches!(config.terms_origin, Origin::File { line: 1, .. }));

    let (_dir, path) = file("[[markets]]\nhandle = \"jp\"\nname = \"Japan\"\ncurrency = \"YEN\"\n");
    let problems = load(&given(&[], Some(&path)), &[]).unwrap_err();
    assert!(problems.0[0].place.ends_with(":4"), "{problems}");

    let (_dir, path) = file("[tax]\nXX = { name = \"VAT\", standard_ppm = 1, reduced_ppm = 1 }\n");
    let problems = load(&given(&[], Some(&path)), &[]).unwrap_err().to_string();
    assert!(problems.contains("\"XX\" is not an ISO 3166-1"), "{problems}");
}
