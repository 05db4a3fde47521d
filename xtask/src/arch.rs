//! `cargo xtask arch`: which crate may depend on which. The tree is the architecture, so a crate's layer is the folder
//! it lives in, and the table below is DESIGN's.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use crate::root;

/// A layer of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Kernel,
    Contracts,
    Http,
    Infra,
    Service,
    Web,
    Edge,
    Binary,
    Testkit,
    Xtask,
}

/// A layer, and the layers it may use.
struct Rule {
    layer: Layer,
    may_use: &'static [Layer],
    /// The rule in words, for whoever broke it.
    because: &'static str,
}

/// kernel <- contracts <- http-kit <- {services/*, web, edge}; kernel <- infra <- services/*; bin -> all.
/// `testkit` is not in any list: it is a dev-dependency, which every crate may have.
const RULES: [Rule; 10] = [
    Rule { layer: Layer::Kernel, may_use: &[], because: "the kernel is the innermost crate and uses none of ours" },
    Rule {
        layer: Layer::Contracts,
        may_use: &[Layer::Kernel],
        because: "contracts are shapes and promises over the kernel, and know no implementation",
    },
    Rule {
        layer: Layer::Http,
        may_use: &[Layer::Kernel, Layer::Contracts],
        because: "the HTTP kit speaks contracts and sees neither infra nor services",
    },
    Rule {
        layer: Layer::Infra,
        may_use: &[Layer::Kernel],
        because: "infra is ports to the machine and knows nothing of shops",
    },
    Rule {
        layer: Layer::Service,
        may_use: &[Layer::Kernel, Layer::Contracts, Layer::Http, Layer::Infra],
        because: "services speak to each other through contracts, so that each can run on its own",
    },
    Rule {
        layer: Layer::Web,
        may_use: &[Layer::Kernel, Layer::Contracts, Layer::Http],
        because: "web speaks only contracts: it never sees infra or the inside of a service",
    },
    Rule {
        layer: Layer::Edge,
        may_use: &[Layer::Kernel, Layer::Contracts, Layer::Http],
        because: "the edge speaks only contracts: it never sees infra or the inside of a service",
    },
    Rule {
        layer: Layer::Binary,
        may_use: &[Layer::Kernel, Layer::Contracts, Layer::Http, Layer::Infra, Layer::Service, Layer::Web],
        because: "the binary wires everything, except what exists for tests and tools",
    },
    Rule {
        layer: Layer::Testkit,
        may_use: &[Layer::Kernel, Layer::Contracts, Layer::Http, Layer::Infra, Layer::Service, Layer::Web],
        because: "the testkit runs production code as it is, and starts the binary as a process",
    },
    Rule { layer: Layer::Xtask, may_use: &[], because: "the tools must build in seconds, and without the shop" },
];

/// Crates of others that a layer must not use: what keeps the inner layers free of I/O.
const FORBIDDEN: [(Layer, &[&str], &str); 4] = [
    (Layer::Kernel, IO_CRATES, "the kernel does no I/O"),
    (Layer::Contracts, IO_CRATES, "contracts do no I/O"),
    (Layer::Web, SQL_CRATES, "web speaks only contracts and knows no database"),
    (Layer::Http, SQL_CRATES, "the HTTP kit knows no database"),
];
const IO_CRATES: &[&str] =
    &["axum", "hyper", "hyper-util", "refinery", "reqwest", "rusqlite", "tokio", "tokio-postgres"];
const SQL_CRATES: &[&str] = &["refinery", "rusqlite", "tokio-postgres"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    Dev,
    Build,
}

/// One crate of ours naming another crate in its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    from: String,
    /// Folder of `from`, relative to the root, e.g. `services/cart`.
    from_folder: String,
    to: String,
    /// Folder of `to`; none when it is not ours.
    to_folder: Option<String>,
    kind: Kind,
}

/// An edge that must not be, and the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Violation {
    edge: String,
    rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n      {}", self.edge, self.rule)
    }
}

/// The layer of a folder; none for one that DESIGN's tree does not have.
fn layer_of(folder: &str) -> Option<Layer> {
    match folder {
        "platform/kernel" => Some(Layer::Kernel),
        "platform/http" => Some(Layer::Http),
        "platform/infra" => Some(Layer::Infra),
        "platform/testkit" => Some(Layer::Testkit),
        "contracts" => Some(Layer::Contracts),
        "edge" => Some(Layer::Edge),
        "xtask" => Some(Layer::Xtask),
        _ if folder.starts_with("services/") => Some(Layer::Service),
        _ if folder.starts_with("web/") => Some(Layer::Web),
        _ if folder.starts_with("bin/") => Some(Layer::Binary),
        _ => None,
    }
}

/// Every edge that breaks a rule, in the order given.
fn violations(edges: &[Edge]) -> Vec<Violation> {
    edges.iter().filter_map(|edge| broken_rule(edge).map(|rule| Violation { edge: shown(edge), rule })).collect()
}

fn broken_rule(edge: &Edge) -> Option<String> {
    let unknown = |name: &str, folder: &str| {
        Some(format!("{name} lives in {folder}, which is no layer of the tree: give it one in xtask/src/arch.rs"))
    };
    let Some(from) = layer_of(&edge.from_folder) else { return unknown(&edge.from, &edge.from_folder) };
    let Some(to_folder) = &edge.to_folder else {
        let banned = FORBIDDEN.iter().find(|(layer, names, _)| *layer == from && names.contains(&edge.to.as_str()));
        return banned.filter(|_| edge.kind != Kind::Dev).map(|(_, _, because)| (*because).to_owned());
    };
    let Some(to) = layer_of(to_folder) else { return unknown(&edge.to, to_folder) };
    if to == Layer::Testkit {
        return (edge.kind != Kind::Dev)
            .then(|| "testkit is for tests: name it under [dev-dependencies], never under [dependencies]".to_owned());
    }
    let rule = RULES.iter().find(|rule| rule.layer == from)?;
    (!rule.may_use.contains(&to)).then(|| rule.because.to_owned())
}

fn shown(edge: &Edge) -> String {
    let kind = match edge.kind {
        Kind::Normal => "",
        Kind::Dev => " (dev-dependency)",
        Kind::Build => " (build-dependency)",
    };
    let to_folder = edge.to_folder.as_deref().unwrap_or("not ours");
    format!("{} ({}) -> {} ({to_folder}){kind}", edge.from, edge.from_folder, edge.to)
}

/// # Errors
/// When cargo cannot describe the workspace, or an edge breaks a rule.
pub(crate) fn run() -> Result<()> {
    let metadata = MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()
        .context("cargo could not describe the workspace")?;
    let edges = edges(&metadata)?;
    let violations = violations(&edges);
    if violations.is_empty() {
        let own = edges.iter().filter(|edge| edge.to_folder.is_some()).count();
        println!("{own} edges between {} crates, all within the rules.", metadata.packages.len());
        return Ok(());
    }
    let list: Vec<String> = violations.iter().map(|violation| format!("\n  {violation}")).collect();
    bail!("these dependencies break the architecture:{}", list.concat())
}

fn edges(metadata: &Metadata) -> Result<Vec<Edge>> {
    let folder = |manifest: &Path| -> Result<String> {
        let folder = manifest.parent().unwrap_or(manifest);
        let relative = folder.strip_prefix(&metadata.workspace_root).context("a crate outside of the repository")?;
        Ok(relative.to_string_lossy().into_owned())
    };
    let mut edges = Vec::new();
    for package in &metadata.packages {
        let from_folder = folder(package.manifest_path.as_std_path())?;
        for dependency in &package.dependencies {
            let to_folder = match &dependency.path {
                Some(path) => Some(folder(&path.as_std_path().join("Cargo.toml"))?),
                None => None,
            };
            let kind = match dependency.kind {
                DependencyKind::Development => Kind::Dev,
                DependencyKind::Build => Kind::Build,
                _ => Kind::Normal,
            };
            edges.push(Edge {
                from: package.name.to_string(),
                from_folder: from_folder.clone(),
                to: dependency.name.clone(),
                to_folder,
                kind,
            });
        }
    }
    Ok(edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str, kind: Kind) -> Edge {
        let name = |folder: &str| folder.rsplit('/').next().unwrap_or(folder).to_owned();
        let ours = to.contains('/') || ["contracts", "edge", "xtask", "stray"].contains(&to);
        Edge {
            from: name(from),
            from_folder: from.to_owned(),
            to: name(to),
            to_folder: ours.then(|| to.to_owned()),
            kind,
        }
    }

    fn rule(from: &str, to: &str, kind: Kind) -> Option<String> {
        violations(&[edge(from, to, kind)]).pop().map(|violation| violation.rule)
    }

    #[test]
    fn the_edges_of_the_design_are_allowed() {
        for (from, to) in [
            ("contracts", "platform/kernel"),
            ("platform/http", "platform/kernel"),
            ("platform/http", "contracts"),
            ("platform/infra", "platform/kernel"),
            ("services/cart", "contracts"),
            ("services/cart", "platform/http"),
            ("services/cart", "platform/infra"),
            ("web/storefront", "contracts"),
            ("web/storefront", "platform/http"),
            ("edge", "contracts"),
            ("bin/argosy", "services/ledger"),
            ("bin/argosy", "web/storefront"),
            ("bin/argosy", "platform/infra"),
            ("platform/testkit", "services/ledger"),
        ] {
            assert_eq!(rule(from, to, Kind::Normal), None, "{from} -> {to}");
        }
    }

    #[test]
    fn an_edge_against_the_design_is_named_with_its_rule() {
        for (from, to, word) in [
            ("platform/kernel", "contracts", "innermost"),
            ("contracts", "platform/http", "promises"),
            ("contracts", "services/cart", "promises"),
            ("platform/infra", "contracts", "nothing of shops"),
            ("platform/http", "platform/infra", "neither infra"),
            ("services/cart", "services/ledger", "through contracts"),
            ("services/checkout", "web/storefront", "through contracts"),
            ("web/storefront", "platform/infra", "never sees infra"),
            ("web/storefront", "services/catalog", "never sees infra"),
            ("web/storefront", "web/admin", "never sees infra"),
            ("edge", "platform/infra", "never sees infra"),
            ("bin/argosy", "xtask", "tests and tools"),
            ("xtask", "platform/kernel", "in seconds"),
            ("services/cart", "bin/argosy", "through contracts"),
        ] {
            for kind in [Kind::Normal, Kind::Build, Kind::Dev] {
                let rule = rule(from, to, kind).unwrap_or_else(|| panic!("{from} -> {to} ({kind:?}) was allowed"));
                assert!(rule.contains(word), "{from} -> {to}: {rule}");
            }
        }
        let found = violations(&[edge("services/cart", "services/ledger", Kind::Dev)]);
        assert!(found[0].edge.contains("services/cart") && found[0].edge.contains("dev-dependency"), "{found:?}");
    }

    #[test]
    fn the_testkit_is_a_dev_dependency_only() {
        for from in ["platform/kernel", "services/cart", "web/storefront", "bin/argosy", "contracts"] {
            assert_eq!(rule(from, "platform/testkit", Kind::Dev), None, "{from}");
            assert!(rule(from, "platform/testkit", Kind::Normal).unwrap().contains("dev-dependencies"), "{from}");
            assert!(rule(from, "platform/testkit", Kind::Build).is_some(), "{from}");
        }
    }

    #[test]
    fn the_inner_layers_do_no_io() {
        assert!(rule("platform/kernel", "tokio", Kind::Normal).unwrap().contains("no I/O"));
        assert!(rule("contracts", "axum", Kind::Normal).unwrap().contains("no I/O"));
        assert!(rule("web/storefront", "rusqlite", Kind::Normal).unwrap().contains("no database"));
        assert_eq!(rule("platform/kernel", "tokio", Kind::Dev), None, "a test may");
        assert_eq!(rule("platform/kernel", "serde", Kind::Normal), None);
        assert_eq!(rule("services/ledger", "rusqlite", Kind::Normal), None);
    }

    #[test]
    fn a_crate_in_no_layer_is_refused_on_both_ends() {
        for (from, to) in [("stray", "platform/kernel"), ("services/cart", "stray"), ("platform/new", "contracts")] {
            assert!(rule(from, to, Kind::Normal).unwrap().contains("no layer"), "{from} -> {to}");
        }
    }

    #[test]
    fn every_layer_has_exactly_one_rule() {
        for folder in [
            "platform/kernel",
            "platform/http",
            "platform/infra",
            "platform/testkit",
            "contracts",
            "edge",
            "xtask",
            "services/a",
            "web/a",
            "bin/a",
        ] {
            let layer = layer_of(folder).unwrap();
            assert_eq!(RULES.iter().filter(|rule| rule.layer == layer).count(), 1, "{folder}");
        }
    }
}
