//! The table: on the screen as it grows, and as a page of docs/.

use std::fmt::Write as _;

use kernel::Timestamp;

use super::Machine;

/// One figure.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub what: String,
    pub figure: String,
    /// What it is compared with, measured in the same run.
    pub reference: String,
    pub ratio: String,
    /// What was wished for; empty when nothing was.
    pub target: String,
    /// Whether it was reached; none without a target.
    pub reached: Option<bool>,
    /// What one needs to know to read it.
    pub notes: String,
    /// The figure as a number, for ratios of other rows.
    pub value: u64,
}

/// All figures of a run.
#[derive(Debug)]
pub struct Report {
    machine: Machine,
    at: Timestamp,
    sections: Vec<(&'static str, Vec<Row>)>,
}

impl Row {
    #[must_use]
    pub fn new(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Row { what: what.into(), figure: figure.into(), ..Row::default() }
    }

    #[must_use]
    pub fn target(mut self, target: impl Into<String>, reached: bool) -> Self {
        self.target = target.into();
        self.reached = Some(reached);
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl AsRef<str>) -> Self {
        if !self.notes.is_empty() && !note.as_ref().is_empty() {
            self.notes.push_str("; ");
        }
        self.notes.push_str(note.as_ref());
        self
    }

    fn verdict(&self) -> &'static str {
        match self.reached {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        }
    }
}

impl Report {
    #[must_use]
    pub fn new(machine: Machine, at: Timestamp) -> Self {
        println!("{}", machine.line());
        Report { machine, at, sections: Vec::new() }
    }

    /// Adds a section, or why there is none, and shows it.
    pub fn section(&mut self, title: &'static str, measured: anyhow::Result<Vec<Row>>) {
        println!("\n{title}");
        let rows = measured.unwrap_or_else(|error| {
            vec![Row::new("not measured", "failed").target("no error", false).note(format!("{error:#}"))]
        });
        let width = |part: fn(&Row) -> &str| rows.iter().map(|r| part(r).chars().count()).max().unwrap_or(0);
        let (what, figure) = (width(|r| &r.what), width(|r| &r.figure));
        for row in &rows {
            let compared =
                if row.ratio.is_empty() { String::new() } else { format!("  {} of {}", row.ratio, row.reference) };
            let aim = match row.reached {
                Some(true) => format!("  [{}: reached]", row.target),
                Some(false) => format!("  [{}: NOT REACHED]", row.target),
                None => String::new(),
            };
            println!("  {:what$}  {:>figure$}{compared}{aim}", row.what, row.figure);
            if !row.notes.is_empty() {
                println!("  {:what$}    {}", "", row.notes);
            }
        }
        self.sections.push((title, rows));
    }

    /// Whether every wish was met.
    #[must_use]
    pub fn all_reached(&self) -> bool {
        self.sections.iter().flat_map(|(_, rows)| rows).all(|row| row.reached != Some(false))
    }

    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::from("# Measured\n\nWritten by `cargo xtask bench`; not edited by hand.\n\n");
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}. Taken at commit `{}`, {}.\n", self.machine.line(), self.machine.commit, self.at);
        out.push_str(
            "Client and shop share the machine; how they shared the processors is in the notes, with what anything else \
             on the machine took. Each figure is the median of its rounds, and a ratio is that of the rounds' ratios. \
             References run in the same minutes. A flush is an `fdatasync` of 4 KiB, measured right before the figure \
             beside it.\n",
        );
        for (title, rows) in &self.sections {
            let _ = writeln!(out, "\n## {title}\n\n| | Figure | Reference | Ratio | Target | Reached | Notes |");
            out.push_str("|---|---:|---|---:|---|---|---|\n");
            for r in rows {
                let (what, notes) = (cell(&r.what), cell(&r.notes));
                let verdict = r.verdict();
                let _ = writeln!(
                    out,
                    "| {what} | {} | {} | {} | {} | {verdict} | {notes} |",
                    r.figure, r.reference, r.ratio, r.target
                );
            }
        }
        out
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_tells_where_and_when_and_what_was_missed() {
        let machine = Machine { commit: "abc1234".to_owned(), ..Machine::default() };
        let mut report = Report::new(machine, Timestamp::EPOCH);
        report.section("Things", Ok(vec![Row::new("a|b", "1").target("2", true).note("x").note("").note("y")]));
        assert!(report.all_reached());
        report.section("Others", Ok(vec![Row::new("c", "3").target("4", false)]));
        report.section("Broken", Err(anyhow::anyhow!("no disk")));
        assert!(!report.all_reached());
        let page = report.markdown();
        assert!(page.contains("`abc1234`, 1970-01-01T00:00:00.000Z"));
        assert!(page.contains("| a\\|b | 1 |  |  | 2 | yes | x; y |"));
        assert!(page.contains("| c | 3 |  |  | 4 | **no** |  |"));
        assert!(page.contains("| not measured | failed |  |  | no error | **no** | no disk |"));
    }
}
