//! Figures out of many measurements, in whole numbers: rates per second, microseconds, hundredths.

/// The value below or at which `percent` of `values` lie (nearest rank); 0 without values. Sorts `values`.
pub fn percentile<T: Copy + Ord + Default>(values: &mut [T], percent: usize) -> T {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied().unwrap_or_default()
}

/// The middle value; the lower of two.
pub fn median<T: Copy + Ord + Default>(values: &mut [T]) -> T {
    percentile(values, 50)
}

/// `count` in `elapsed_us` microseconds, per second.
#[must_use]
pub fn rate(count: u64, elapsed_us: u64) -> u64 {
    let per_second = u128::from(count) * 1_000_000 / u128::from(elapsed_us.max(1));
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

/// `part` of `whole` in percent, rounded down.
#[must_use]
pub fn percent(part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(part) * 100 / u128::from(whole.max(1))).unwrap_or(u64::MAX)
}

/// `12345` as `12,345`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut out = digits[..first].to_owned();
    for (i, digit) in digits[first..].chars().enumerate() {
        if i % 3 == 0 && !out.is_empty() {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1234` microseconds as `1.23 ms`.
#[must_use]
pub fn millis(us: u64) -> String {
    let hundredths = (us + 5) / 10;
    format!("{}.{:02} ms", grouped(hundredths / 100), hundredths % 100)
}

/// `1234567` microseconds as `1.23 s`.
#[must_use]
pub fn seconds(us: u64) -> String {
    let hundredths = us.saturating_add(5_000) / 10_000;
    format!("{}.{:02} s", grouped(hundredths / 100), hundredths % 100)
}

/// How many times `whole` goes into `part`, such as `1.87x`.
#[must_use]
pub fn times(part: u64, whole: u64) -> String {
    let hundredths = percent(part, whole);
    format!("{}.{:02}x", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let mut hundred: Vec<u32> = (1..=100).rev().collect();
        assert_eq!(percentile(&mut hundred, 50), 50);
        assert_eq!(percentile(&mut hundred, 99), 99);
        assert_eq!(percentile(&mut hundred, 100), 100);
        assert_eq!(percentile(&mut [7], 99), 7);
        assert_eq!(percentile(&mut [1, 2], 99), 2);
        assert_eq!(percentile::<u32>(&mut [], 50), 0);
        assert_eq!(median(&mut [9, 1, 5]), 5);
        assert_eq!(median(&mut [4, 1, 3, 2]), 2);
    }

    #[test]
    fn rates_do_not_overflow_or_divide_by_nothing() {
        assert_eq!(rate(5000, 2_000_000), 2500);
        assert_eq!(rate(0, 0), 0);
        assert_eq!(rate(u64::MAX, 1_000_000), u64::MAX);
        assert_eq!(percent(2, 3), 66);
        assert_eq!(percent(5, 0), 500);
    }

    #[test]
    fn figures_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(millis(1_234), "1.23 ms");
        assert_eq!(millis(65), "0.07 ms");
        assert_eq!(seconds(999_999), "1.00 s");
        assert_eq!(times(187, 100), "1.87x");
    }
}
