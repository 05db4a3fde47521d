//! Detection power: replanted bugs, and how many histories it takes to see each.

use kernel::mutant::Mutant;

/// What became of one mutant.
#[derive(Clone, Debug)]
pub struct Caught {
    pub mutant: Mutant,
    /// Histories until the first violation; none when it was never seen.
    pub histories: Option<u64>,
    /// The first violation.
    pub symptom: Option<String>,
}

/// Looks for `mutant` in at most `most` histories, beginning with `first`.
#[must_use]
pub fn hunt(mutant: Mutant, first: u64, most: u64) -> Caught {
    for n in 0..most {
        let history = super::run(first + n, Some(mutant), false);
        if let Some(symptom) = history.violations.into_iter().next() {
            return Caught { mutant, histories: Some(n + 1), symptom: Some(symptom) };
        }
    }
    Caught { mutant, histories: None, symptom: None }
}
