//! Measures a real shop, beside references that run in the same minute on the same machine.
//!
//! One scenario, one file; each is a median over rounds, and gives [`Row`]s with its reference and ratio. A figure
//! without its reference says more about the machine than about the shop; a durable one is shown with what a flush cost
//! at that moment, and one made under load with the client's share of the processors.

mod bare;
mod browse;
mod building;
mod flash;
mod goods;
mod journey;
mod login;
mod machine;
mod orders;
mod plain_sqlite;
mod prepare;
mod report;
mod search;
mod startup;
mod weights;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use kernel::{Clock as _, SystemClock, SystemRng};

use crate::shop::{Binary, Office, Shop, StartOptions, Usage, free_port, own_usage, workspace};

pub use bare::serve as serve_bare;
pub use machine::{Machine, flush};
pub use report::{Report, Row};

/// The key that adds a delay to every commit of the ledger, in microseconds.
const COMMIT_DELAY: &str = "ARGOSY_COMMIT_DELAY_US";

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scenario {
    Start,
    Browse,
    Journey,
    Orders,
    Delayed,
    Flash,
    Login,
    Weights,
    Search,
    Build,
}

impl Scenario {
    pub const ALL: [(&'static str, Scenario); 10] = [
        ("start", Scenario::Start),
        ("browse", Scenario::Browse),
        ("journey", Scenario::Journey),
        ("orders", Scenario::Orders),
        ("delayed", Scenario::Delayed),
        ("flash", Scenario::Flash),
        ("login", Scenario::Login),
        ("weights", Scenario::Weights),
        ("search", Scenario::Search),
        ("build", Scenario::Build),
    ];

    /// # Errors
    /// When there is none of that name; the error names all.
    pub fn parse(name: &str) -> Result<Self> {
        let names: Vec<_> = Self::ALL.iter().map(|(name, _)| *name).collect();
        match Self::ALL.iter().find(|(n, _)| *n == name) {
            Some((_, scenario)) => Ok(*scenario),
            None => bail!("there is no scenario `{name}`; there are: {}", names.join(", ")),
        }
    }
}

/// What to measure, and how thoroughly.
#[derive(Clone, Debug)]
pub struct Options {
    pub scenarios: Vec<Scenario>,
    pub rounds: usize,
    pub quick: bool,
    pub binary: Option<PathBuf>,
    /// Where data directories are made; the disk under it is what durable figures are about.
    pub scratch: PathBuf,
    /// Where the report goes; none for the screen only.
    pub out: Option<PathBuf>,
}

impl Options {
    fn lasting(&self) -> Duration {
        if self.quick { Duration::from_millis(500) } else { Duration::from_secs(2) }
    }

    fn orders(&self) -> usize {
        if self.quick { 3_000 } else { 20_000 }
    }
}

/// A running shop that is measured, and whoever measures it.
struct Ground {
    shop: Shop,
    office: Office,
    start: StartOptions,
    rng: SystemRng,
}

impl Ground {
    async fn open(binary: &Binary, home: &Path, environment: &[(&str, &str)]) -> Result<Self> {
        let rng = SystemRng::new();
        let start = StartOptions {
            binary: binary.clone(),
            port: free_port(&rng)?,
            data: home.join("data"),
            demo: true,
            environment: environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        };
        let mut shop = Shop::start(&start)?;
        shop.ready().await?;
        let office = Office::open(binary, &start.data, shop.address, "bench")?;
        Ok(Ground { shop, office, start, rng })
    }
}

/// How the processors were shared while something was measured.
struct Watch {
    client: Usage,
    server: Usage,
    all: machine::Processors,
}

impl Watch {
    fn begin(server: &Shop) -> Result<Self> {
        Ok(Watch { client: own_usage()?, server: server.usage()?, all: machine::processors()? })
    }

    /// A sentence about the time since the beginning.
    fn end(self, server: &Shop) -> Result<String> {
        let client = own_usage()?.cpu_ms.saturating_sub(self.client.cpu_ms);
        let server = server.usage()?.cpu_ms.saturating_sub(self.server.cpu_ms);
        Ok(machine::shares(client, server, self.all, machine::processors()?))
    }
}

/// Runs the chosen scenarios one after the other and writes the report.
///
/// # Errors
/// When no shop can be started. A scenario in which a shop answers otherwise than it must has failed, and the report
/// says so: a wrong shop has no speed.
pub async fn run(options: &Options) -> Result<Report> {
    std::fs::create_dir_all(&options.scratch)?;
    let binary = Binary::locate(options.binary.as_deref())?;
    let mut report = Report::new(Machine::look(), SystemClock.now());
    let wants = |scenario| options.scenarios.contains(&scenario);
    if wants(Scenario::Start) {
        report.section("Starting", startup::measure(options, &binary).await);
    }
    let on_demo =
        [Scenario::Browse, Scenario::Journey, Scenario::Orders, Scenario::Flash, Scenario::Login, Scenario::Weights];
    if on_demo.into_iter().any(wants) {
        let home = tempfile::tempdir_in(&options.scratch)?;
        let mut ground = Ground::open(&binary, home.path(), &[]).await?;
        if wants(Scenario::Browse) {
            report.section("Browsing", browse::measure(options, &ground).await);
        }
        if wants(Scenario::Journey) {
            report.section("Whole journeys", journey::measure(options, &ground).await);
        }
        if wants(Scenario::Orders) {
            let rows = orders_and_reference(options, &ground, "orders", Duration::ZERO).await;
            report.section("Placing orders on one hot SKU, durable", rows);
        }
        if wants(Scenario::Flash) {
            report.section("A flash sale", flash::measure(options, &ground).await);
        }
        if wants(Scenario::Login) {
            report.section("Logging in", login::measure(options, &ground).await);
        }
        if wants(Scenario::Weights) {
            report.section("What pages weigh", weights::measure(&ground).await);
        }
        if let Err(error) = ground.shop.stop(Duration::from_secs(15)).await {
            report.section("Stopping", Err(error));
        }
    }
    if wants(Scenario::Delayed) {
        let title = "Placing orders when every commit takes 2 ms longer, as on a zone-redundant disk";
        report.section(title, delayed(options, &binary).await);
    }
    if wants(Scenario::Search) {
        report.section("Searching 100,000 variants", search::measure(options, &binary).await);
    }
    if wants(Scenario::Build) {
        report.section("Building", building::measure(&options.scratch).await);
    }
    if let Some(out) = &options.out {
        std::fs::write(out, report.markdown())?;
        eprintln!("written to {}", out.strip_prefix(workspace()).unwrap_or(out).display());
    }
    Ok(report)
}

async fn delayed(options: &Options, binary: &Binary) -> Result<Vec<Row>> {
    let home = tempfile::tempdir_in(&options.scratch)?;
    let ground = Ground::open(binary, home.path(), &[(COMMIT_DELAY, "2000")]).await?;
    orders_and_reference(options, &ground, "orders, 2 ms slower commits", Duration::from_millis(2)).await
}

async fn orders_and_reference(options: &Options, ground: &Ground, name: &str, delay: Duration) -> Result<Vec<Row>> {
    let mut rows = orders::measure(options, ground, name).await?;
    rows.push(plain_sqlite::measure(options, delay)?);
    orders::compare(&mut rows);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_known_by_name() {
        for (name, scenario) in Scenario::ALL {
            assert_eq!(Scenario::parse(name).unwrap(), scenario);
        }
        assert!(Scenario::parse("speed").unwrap_err().to_string().contains("there are: start, browse"));
    }
}
