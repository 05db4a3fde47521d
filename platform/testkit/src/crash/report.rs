//! The result, on the screen and as a page of docs/.

use std::fmt::Write as _;

use kernel::{Clock as _, SystemClock, Timestamp};

use super::verify::Figures;
use super::{Arena, Options};
use crate::bench::Machine;
use crate::load::stats::{grouped, median, millis, percentile, seconds};

/// What a run found.
#[derive(Clone, Debug)]
pub struct Report {
    machine: Machine,
    at: Timestamp,
    rounds: usize,
    seed: u64,
    clients: usize,
    rows: Vec<(String, String)>,
    faults: Vec<String>,
}

impl Report {
    pub(super) fn new(options: &Options, arena: &mut Arena, figures: Figures, elapsed_us: u64) -> Self {
        let restarts = (median(&mut arena.restarts_us), percentile(&mut arena.restarts_us, 100));
        let books = arena.books.lock();
        let acknowledged = books.confirmed().len() as u64;
        let number = |n: usize| grouped(n as u64);
        let mut rows = vec![
            ("Kills (SIGKILL)".to_owned(), grouped(arena.kills)),
            ("Requests that change something".to_owned(), number(books.asked())),
            ("Orders acknowledged as confirmed".to_owned(), grouped(acknowledged)),
            ("Orders in all, with declined and undecided ones".to_owned(), number(figures.orders)),
        ];
        for ((verb, status), count) in books.tally() {
            rows.push((format!("… {verb}: answered {status}"), grouped(count)));
        }
        rows.extend([
            ("Answers repeated and equal to the byte".to_owned(), grouped(books.repeated())),
            ("**Acknowledged orders lost or changed**".to_owned(), format!("**{}**", figures.lost)),
            ("Requests without an outcome at the end".to_owned(), number(figures.undecided)),
            (
                format!("Violations of {} invariants over {} checks", figures.invariants, grouped(figures.checked)),
                number(figures.violations.len()),
            ),
            ("Faults in all".to_owned(), number(books.faults().len())),
            (
                "Restart until ready".to_owned(),
                format!("median {}, longest {}", millis(restarts.0), millis(restarts.1)),
            ),
            ("Time".to_owned(), seconds(elapsed_us)),
        ]);
        Report {
            machine: Machine::look(),
            at: SystemClock.now(),
            rounds: options.rounds,
            seed: options.seed,
            clients: options.clients,
            rows,
            faults: books.faults().to_vec(),
        }
    }

    /// Whether nothing was lost and nothing was wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.faults.is_empty()
    }

    #[must_use]
    pub fn text(&self) -> String {
        let width = self.rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or(0);
        let mut out = String::new();
        for (what, figure) in &self.rows {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{:width$}  {}", what.replace("**", ""), figure.replace("**", ""));
        }
        out
    }

    #[must_use]
    pub fn markdown(&self) -> String {
        let Report { machine, at, rounds, seed, clients, .. } = self;
        let mut out = String::from(
            "# Killed and restarted\n\nWritten by `cargo run --release -p testkit --bin crash`; not edited by hand.\n\n",
        );
        let _ = writeln!(out, "{}. Taken at commit `{}`, {at}.\n", machine.line(), machine.commit);
        let _ = writeln!(
            out,
            "{rounds} rounds with seed {seed}: {clients} clients order, cancel, ship, refund and count, with every kind of \
             payment; after 50 to 400 ms the shop is killed with SIGKILL, sometimes again while it recovers, and started on \
             the same data. After each restart what was never answered is asked again, and a sample of what was promised is \
             looked at. At the end everything is: each acknowledged order is readable with its secret and means what its \
             answer said, each request repeated gives the same bytes, no order exists that no answer spoke of, stock is \
             what was counted plus adjustments less shipments, and all invariants hold.\n"
        );
        out.push_str("| | |\n|---|---:|\n");
        for (what, figure) in &self.rows {
            let _ = writeln!(out, "| {what} | {figure} |");
        }
        if !self.faults.is_empty() {
            out.push_str("\n## Faults\n\n");
            for fault in self.faults.iter().take(100) {
                let _ = writeln!(out, "- {}", fault.replace('\n', " "));
            }
        }
        out
    }
}
