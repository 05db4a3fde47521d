//! A cart as a replicated value: every region can change its copy, and copies that have seen the same changes are equal.

use std::collections::BTreeMap;

use kernel::{Sku, Timestamp};
use serde::{Deserialize, Serialize};

use crate::hlc::{Hlc, Region};

/// The most removed lines (or codes) that a cart remembers. Beyond it the oldest removals are forgotten, which only
/// matters to a replica that has been cut off since before them.
pub const MAX_TOMBSTONES: usize = 400;

/// One value that regions write and remove independently.
///
/// Per region it keeps the latest write, and the time of the latest of that region's writes that somebody removed. A
/// removal reaches only the writes it had seen: a write made elsewhere at the same moment survives it (add wins).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register<V> {
    #[serde(rename = "w", default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    writes: BTreeMap<Region, (Hlc, V)>,
    #[serde(rename = "r", default, skip_serializing_if = "BTreeMap::is_empty")]
    removed: BTreeMap<Region, Hlc>,
}

impl<V> Default for Register<V> {
    fn default() -> Self {
        Register { writes: BTreeMap::new(), removed: BTreeMap::new() }
    }
}

impl<V: Ord + Clone> Register<V> {
    /// The value written last; ties go to the higher region. None when it was removed or never written.
    #[must_use]
    pub fn current(&self) -> Option<&V> {
        self.writes.iter().max_by_key(|(region, (at, _))| (*at, **region)).map(|(_, (_, value))| value)
    }

    fn write(&mut self, region: Region, at: Hlc, value: V) {
        self.writes.insert(region, (at, value));
    }

    /// Removes what has been seen so far.
    fn remove(&mut self) {
        for (region, (at, _)) in std::mem::take(&mut self.writes) {
            let removed = self.removed.entry(region).or_default();
            *removed = at.max(*removed);
        }
    }

    /// Takes over what `other` has seen.
    pub fn join(&mut self, other: &Self) {
        for (region, at) in &other.removed {
            let removed = self.removed.entry(*region).or_default();
            *removed = (*at).max(*removed);
        }
        for (region, write) in &other.writes {
            match self.writes.get_mut(region) {
                Some(ours) if *ours >= *write => {}
                Some(ours) => *ours = write.clone(),
                None => {
                    self.writes.insert(*region, write.clone());
                }
            }
        }
        self.writes.retain(|region, (at, _)| self.removed.get(region).is_none_or(|removed| *at > *removed));
    }

    /// The time of the last removal, when nothing but removals is left.
    fn tombstone(&self) -> Option<Hlc> {
        if self.writes.is_empty() { self.removed.values().max().copied() } else { None }
    }
}

/// What is written to a line: how many, and since when the line has been there (its place in the list).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u32, Hlc)", into = "(u32, Hlc)")]
pub struct LineValue {
    pub quantity: u32,
    pub since: Hlc,
}

impl From<(u32, Hlc)> for LineValue {
    fn from((quantity, since): (u32, Hlc)) -> Self {
        LineValue { quantity, since }
    }
}

impl From<LineValue> for (u32, Hlc) {
    fn from(value: LineValue) -> Self {
        (value.quantity, value.since)
    }
}

/// The lines and coupon codes of a cart, with all that is needed to merge it with its copies elsewhere. The key of a
/// line is its SKU; a SKU appears in one line only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartState {
    /// The latest time seen by this replica.
    pub(crate) clock: Hlc,
    #[serde(default)]
    pub(crate) lines: BTreeMap<Sku, Register<LineValue>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) coupons: BTreeMap<String, Register<Hlc>>,
}

impl CartState {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The quantity of `sku`; 0 when it is not in the cart.
    #[must_use]
    pub fn quantity(&self, sku: &Sku) -> u32 {
        self.lines.get(sku).and_then(Register::current).map_or(0, |line| line.quantity)
    }

    /// SKUs and quantities, in the order in which they came into the cart.
    #[must_use]
    pub fn lines(&self) -> Vec<(Sku, u32)> {
        let mut live: Vec<_> = self.lines.iter().filter_map(|(sku, line)| Some((line.current()?, sku))).collect();
        live.sort_by_key(|(line, sku)| (line.since, *sku));
        live.into_iter().map(|(line, sku)| (sku.clone(), line.quantity)).collect()
    }

    /// Coupon codes, in the order in which they came into the cart.
    #[must_use]
    pub fn coupons(&self) -> Vec<String> {
        let mut live: Vec<_> =
            self.coupons.iter().filter_map(|(code, since)| Some((*since.current()?, code))).collect();
        live.sort();
        live.into_iter().map(|(_, code)| code.clone()).collect()
    }

    /// Sets the quantity of `sku`, written in `region` at `now`; 0 removes the line. Whether anything changed.
    pub fn set_line(&mut self, region: Region, now: Timestamp, sku: &Sku, quantity: u32) -> bool {
        let current = self.lines.get(sku).and_then(Register::current).copied();
        if quantity == current.map_or(0, |line| line.quantity) {
            return false;
        }
        if quantity == 0 {
            self.lines.entry(sku.clone()).or_default().remove();
            forget_oldest(&mut self.lines);
        } else {
            self.clock = self.clock.tick(now);
            let since = current.map_or(self.clock, |line| line.since);
            let value = LineValue { quantity, since };
            self.lines.entry(sku.clone()).or_default().write(region, self.clock, value);
        }
        true
    }

    /// Adds a coupon code. Whether it was not there before.
    pub fn add_coupon(&mut self, region: Region, now: Timestamp, code: &str) -> bool {
        let entry = self.coupons.entry(code.to_owned()).or_default();
        if entry.current().is_some() {
            return false;
        }
        self.clock = self.clock.tick(now);
        entry.write(region, self.clock, self.clock);
        true
    }

    /// Removes a coupon code. Whether it was there.
    pub fn remove_coupon(&mut self, code: &str) -> bool {
        let Some(entry) = self.coupons.get_mut(code).filter(|entry| entry.current().is_some()) else { return false };
        entry.remove();
        forget_oldest(&mut self.coupons);
        true
    }
}

/// Keeps a cart bounded, however often lines come and go.
fn forget_oldest<K: Ord + Clone, V: Ord + Clone>(entries: &mut BTreeMap<K, Register<V>>) {
    let tombstones = || entries.iter().filter_map(|(key, entry)| Some((entry.tombstone()?, key)));
    if tombstones().count() > MAX_TOMBSTONES
        && let Some(oldest) = tombstones().min().map(|(_, key)| key.clone())
    {
        entries.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Region = Region(1);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn sku(text: &str) -> Sku {
        Sku::new(text).unwrap()
    }

    #[test]
    fn lines_keep_the_order_in_which_they_came() {
        let mut cart = CartState::new();
        for (i, name) in ["b", "c", "a"].iter().enumerate() {
            assert!(cart.set_line(HERE, at(i as i64), &sku(name), 1));
        }
        assert!(cart.set_line(HERE, at(9), &sku("b"), 7));
        assert_eq!(cart.lines(), [(sku("b"), 7), (sku("c"), 1), (sku("a"), 1)]);
        assert!(cart.set_line(HERE, at(10), &sku("b"), 0));
        assert!(cart.set_line(HERE, at(11), &sku("b"), 2));
        assert_eq!(cart.lines(), [(sku("c"), 1), (sku("a"), 1), (sku("b"), 2)], "a line that returns goes last");
    }

    #[test]
    fn what_changes_nothing_says_so() {
        let mut cart = CartState::new();
        assert!(!cart.set_line(HERE, at(1), &sku("a"), 0));
        assert!(cart.set_line(HERE, at(1), &sku("a"), 2));
        let before = cart.clone();
        assert!(!cart.set_line(HERE, at(2), &sku("a"), 2));
        assert!(!cart.remove_coupon("X"));
        assert_eq!(cart, before);
        assert!(cart.add_coupon(HERE, at(3), "X"));
        assert!(!cart.add_coupon(HERE, at(4), "X"));
        assert!(cart.remove_coupon("X"));
        assert!(!cart.remove_coupon("X"));
        assert_eq!(cart.coupons(), Vec::<String>::new());
    }

    #[test]
    fn a_clock_that_goes_back_cannot_undo_a_later_change() {
        let mut cart = CartState::new();
        cart.set_line(HERE, at(100), &sku("a"), 2);
        let copy = cart.clone();
        cart.set_line(HERE, at(5), &sku("a"), 3);
        let merged = crate::merge::merge(&copy, &cart);
        assert_eq!(merged.quantity(&sku("a")), 3);
    }

    #[test]
    fn a_cart_does_not_grow_with_what_was_removed() {
        let mut cart = CartState::new();
        for i in 0..1000 {
            let sku = sku(&format!("s{i}"));
            cart.set_line(HERE, at(i), &sku, 1);
            cart.set_line(HERE, at(i), &sku, 0);
        }
        assert!(cart.lines.len() <= MAX_TOMBSTONES);
        assert!(cart.lines.contains_key(&sku("s999")) && !cart.lines.contains_key(&sku("s0")));
    }

    #[test]
    fn a_cart_survives_its_json() {
        let mut cart = CartState::new();
        cart.set_line(HERE, at(1), &sku("a \"quoted\" sku"), 2);
        cart.set_line(Region(2), at(2), &sku("b"), 2);
        cart.set_line(HERE, at(3), &sku("b"), 0);
        cart.add_coupon(HERE, at(4), "SPRING");
        let json = serde_json::to_string(&cart).unwrap();
        assert_eq!(serde_json::from_str::<CartState>(&json).unwrap(), cart, "{json}");
    }
}
