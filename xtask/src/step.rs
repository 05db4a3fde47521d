//! Named steps that run one after the other, and how long each took.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::root;

/// What cargo tells the programs it runs, and a build script (ring's) looks at: handed on to another cargo it would compile
/// that crate and all above it anew, and again when cargo is next called by hand.
const OF_THIS_PACKAGE: [&str; 8] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// For whom cargo builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// Whoever works on it: as Cargo.toml says.
    Usual,
    /// CI: everything once, with clippy looking at it.
    Ci,
}

impl Build {
    const fn options(self) -> &'static [&'static str] {
        match self {
            Build::Usual => &[],
            Build::Ci => &["--config", ".ci/cargo.toml"],
        }
    }
}

/// Runs cargo in the root of the repository, its output going where ours goes.
///
/// # Errors
/// When cargo cannot be started or fails.
pub(crate) fn cargo(args: &[&str]) -> Result<()> {
    cargo_for(Build::Usual, args)
}

/// [`cargo`] for others.
///
/// # Errors
/// When cargo cannot be started or fails.
pub(crate) fn cargo_for(build: Build, args: &[&str]) -> Result<()> {
    run("cargo", &[build.options(), args].concat())
}

/// Runs `program` in the root of the repository.
///
/// # Errors
/// When it cannot be started or fails.
pub(crate) fn run(program: &str, args: &[&str]) -> Result<()> {
    println!("$ {program} {}", args.join(" "));
    let mut command = Command::new(program);
    OF_THIS_PACKAGE.iter().for_each(|name| {
        command.env_remove(name);
    });
    let status =
        command.args(args).current_dir(root()).status().with_context(|| format!("{program} could not be started"))?;
    if !status.success() {
        bail!("`{program} {}` failed ({status})", args.join(" "));
    }
    Ok(())
}

/// Whether `program args` runs and succeeds; its output is not shown.
pub(crate) fn succeeds(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).current_dir(root()).output().is_ok_and(|output| output.status.success())
}

/// A step of a longer run.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn Fn() -> Result<()>>,
}

impl Step {
    pub(crate) fn new(name: &'static str, run: impl Fn() -> Result<()> + 'static) -> Self {
        Step { name, run: Box::new(run) }
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed(Duration),
    Failed(Duration),
    /// A step before it failed.
    NotRun,
}

/// Runs the steps in order, up to the first that fails unless `keep_going`. What became of each, in the same order.
#[allow(clippy::disallowed_methods)] // A tool at the terminal: the time it takes is the time it takes.
pub(crate) fn run_all(steps: &[Step], keep_going: bool) -> Vec<(&'static str, Outcome)> {
    let mut failed = false;
    let mut outcomes = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        if failed && !keep_going {
            outcomes.push((step.name, Outcome::NotRun));
            continue;
        }
        println!("\n==> {} ({}/{})", step.name, index + 1, steps.len());
        let begun = Instant::now();
        let outcome = match (step.run)() {
            Ok(()) => Outcome::Passed(begun.elapsed()),
            Err(error) => {
                println!("error: {error:#}");
                failed = true;
                Outcome::Failed(begun.elapsed())
            }
        };
        outcomes.push((step.name, outcome));
    }
    outcomes
}

/// The outcomes as a table with the total, and whether every step passed.
pub(crate) fn summary(outcomes: &[(&'static str, Outcome)], budget: Duration) -> (String, bool) {
    let seconds = |time: Duration| format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100);
    let mut total = Duration::ZERO;
    let mut text = String::from("\nstep            result       time\n");
    for (name, outcome) in outcomes {
        let (result, time) = match outcome {
            Outcome::Passed(time) => ("ok", *time),
            Outcome::Failed(time) => ("FAILED", *time),
            Outcome::NotRun => ("not run", Duration::ZERO),
        };
        total += time;
        text.push_str(&format!("{name:<15} {result:<8} {:>9}\n", seconds(time)));
    }
    let passed = outcomes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Passed(_)));
    text.push_str(&format!("{:<15} {:<8} {:>9}\n", "total", if passed { "ok" } else { "FAILED" }, seconds(total)));
    if total > budget {
        text.push_str(&format!("This is over the budget of {} minutes.\n", budget.as_secs() / 60));
    }
    (text, passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Vec<Step> {
        vec![
            Step::new("first", || Ok(())),
            Step::new("second", || bail!("broken on purpose")),
            Step::new("third", || Ok(())),
        ]
    }

    fn results(outcomes: &[(&'static str, Outcome)]) -> Vec<&'static str> {
        let name = |outcome: &Outcome| match outcome {
            Outcome::Passed(_) => "passed",
            Outcome::Failed(_) => "failed",
            Outcome::NotRun => "not run",
        };
        outcomes.iter().map(|(_, outcome)| name(outcome)).collect()
    }

    #[test]
    fn a_failed_step_stops_the_run_unless_told_otherwise() {
        assert_eq!(results(&run_all(&steps(), false)), ["passed", "failed", "not run"]);
        assert_eq!(results(&run_all(&steps(), true)), ["passed", "failed", "passed"]);
    }

    #[test]
    fn the_summary_adds_up_and_tells_failure_and_budget() {
        let minute = Duration::from_secs(60);
        let (text, passed) =
            summary(&[("fmt", Outcome::Passed(minute)), ("test", Outcome::Passed(minute / 2))], minute);
        assert!(passed);
        assert!(text.contains("60.0 s") && text.contains("30.0 s") && text.contains("90.0 s"), "{text}");
        assert!(text.contains("over the budget of 1 minutes"), "{text}");
        let (text, passed) = summary(&[("fmt", Outcome::Failed(minute)), ("test", Outcome::NotRun)], minute);
        assert!(!passed && text.contains("FAILED") && text.contains("not run"), "{text}");
    }
}
