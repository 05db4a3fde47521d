//! `cargo xtask ci`: what must be green, cheapest first, with the time each step took.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::step::{self, Build, Step, cargo, cargo_for, run_all, summary};
use crate::{arch, licences, reference, test};

/// How long all of it may take on two cores from a cold target.
const BUDGET: Duration = Duration::from_secs(20 * 60);

#[derive(Args)]
pub(crate) struct Options {
    /// Run on after a failed step.
    #[arg(long)]
    keep_going: bool,
    /// Run only these steps.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave these steps out.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    skip: Vec<String>,
    /// Histories that the simulator runs.
    #[arg(long, default_value_t = 1000)]
    seeds: u32,
    /// How often the crash loop kills the shop.
    #[arg(long, default_value_t = 200)]
    rounds: u32,
}

/// # Errors
/// When a step failed, or `--only` or `--skip` name a step that does not exist.
pub(crate) fn run(options: &Options) -> Result<()> {
    let steps = chosen(steps(options), &options.only, &options.skip)?;
    let outcomes = run_all(&steps, options.keep_going);
    let (text, passed) = summary(&outcomes, BUDGET);
    println!("{text}");
    if passed { Ok(()) } else { bail!("not everything is green") }
}

fn steps(options: &Options) -> Vec<Step> {
    let (seeds, rounds) = (options.seeds.to_string(), options.rounds);
    vec![
        Step::new("fmt", || cargo(&["fmt", "--all", "--check"])),
        Step::new("arch", arch::run),
        Step::new("licences", licences::run),
        // Everything is compiled once, by clippy's compiler, and what it made is what is tested: no release build, which
        // would take longer than everything else together and be the same code.
        Step::new("clippy", || cargo_for(Build::Ci, &["build", "--workspace", "--all-targets"])),
        Step::new("test", || test::run(&[], Build::Ci)),
        Step::new("gen", || reference::run(true, Build::Ci)),
        Step::new("faults", move || faults(&seeds, rounds)),
    ]
}

/// Histories, replanted bugs and shops that are killed again and again, at the same time: the first two are one thread each
/// for minutes, and the others mostly wait for a shop to come back, so there are two of them with half of the rounds each.
fn faults(seeds: &str, rounds: u32) -> Result<()> {
    const SIM: &str = "target/debug/sim";
    let halves = [("1", rounds.div_ceil(2)), ("2", rounds / 2)];
    std::thread::scope(|scope| {
        let mutants = scope.spawn(|| step::run(SIM, &["--mutants"]));
        let crashes = halves.map(|(seed, rounds)| scope.spawn(move || crash(seed, rounds)));
        let histories = step::run(SIM, &["--seeds", seeds]);
        let mutants = mutants.join().unwrap_or_else(|_| bail!("the run of the replanted bugs panicked"));
        let crashes = crashes.map(|crash| crash.join().unwrap_or_else(|_| bail!("a run of the kills panicked")));
        crashes.into_iter().fold(histories.and(mutants), Result::and)
    })
}

fn crash(seed: &str, rounds: u32) -> Result<()> {
    let (scratch, out) = (format!("target/crash/{seed}"), format!("target/crash/{seed}.md"));
    let rounds = rounds.to_string();
    let what = ["--bin", "target/debug/argosy", "--rounds", &rounds, "--seed", seed];
    step::run("target/debug/crash", &[what.as_slice(), &["--scratch", &scratch, "--out", &out]].concat())
}

fn chosen(steps: Vec<Step>, only: &[String], skip: &[String]) -> Result<Vec<Step>> {
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    if let Some(unknown) = only.iter().chain(skip).find(|name| !names.contains(&name.as_str())) {
        bail!("there is no step `{unknown}`; there are: {}", names.join(", "));
    }
    let named = |list: &[String], step: &Step| list.iter().any(|name| name == step.name);
    Ok(steps.into_iter().filter(|step| (only.is_empty() || named(only, step)) && !named(skip, step)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], skip: &[&str]) -> Result<Vec<&'static str>> {
        let all = ["fmt", "test", "gen"].into_iter().map(|name| Step::new(name, || Ok(()))).collect();
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Ok(chosen(all, &owned(only), &owned(skip))?.iter().map(|step| step.name).collect())
    }

    #[test]
    fn steps_can_be_chosen_and_left_out_but_not_invented() {
        assert_eq!(names(&[], &[]).unwrap(), ["fmt", "test", "gen"]);
        assert_eq!(names(&["gen", "fmt"], &[]).unwrap(), ["fmt", "gen"]);
        assert_eq!(names(&[], &["test"]).unwrap(), ["fmt", "gen"]);
        assert!(names(&["tests"], &[]).unwrap_err().to_string().contains("there are: fmt, test, gen"));
    }
}
