//! What local times and days mean in UTC, and which days are working days.

use contracts::Result;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use kernel::{Failure, Timestamp};

/// The time zone of a shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Zone(TimeZone::UTC)
    }
}

impl Zone {
    /// The zone with this IANA name, e.g. `Europe/Berlin`.
    ///
    /// # Errors
    /// 422 when there is no such zone.
    pub fn named(name: &str) -> Result<Self> {
        let unknown = |_| {
            Failure::field(
                "/time_zone",
                "unknown_time_zone",
                "Name a zone of the IANA database, such as Europe/Berlin.",
            )
        };
        TimeZone::get(name).map(Zone).map_err(unknown)
    }

    /// When the clocks of this zone show `local`, e.g. `2026-11-27T00:00`. A time that they show twice is the first of the
    /// two; one that they skip is as much later as was skipped. None when it is no time.
    #[must_use]
    pub fn instant(&self, local: &str) -> Option<Timestamp> {
        let local: DateTime = local.parse().ok()?;
        let zoned = self.0.to_ambiguous_zoned(local).compatible().ok()?;
        Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    }

    /// What the clocks of this zone show at `now`, e.g. `2026-11-27T00:00:00`.
    #[must_use]
    pub fn local(&self, now: Timestamp) -> Option<String> {
        let now = jiff::Timestamp::from_millisecond(now.millis()).ok()?;
        Some(self.0.to_datetime(now).strftime("%Y-%m-%dT%H:%M:%S").to_string())
    }

    /// The beginning of a day, e.g. `2026-01-01`. None when it is no day.
    #[must_use]
    pub fn day_begins(&self, day: &str) -> Option<Timestamp> {
        let day: Date = day.parse().ok()?;
        let zoned = day.to_zoned(self.0.clone()).ok()?;
        Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    }

    /// The day that is `working_days` working days after `now`, as `2026-12-03`. Monday to Friday are working days;
    /// holidays, which differ from place to place, are not known.
    #[must_use]
    pub fn working_day(&self, now: Timestamp, working_days: u16) -> Option<String> {
        let now = jiff::Timestamp::from_millisecond(now.millis()).ok()?;
        let mut day = self.0.to_datetime(now).date();
        let mut left = working_days;
        while left > 0 || is_weekend(day) {
            day = day.tomorrow().ok()?;
            if !is_weekend(day) {
                left = left.saturating_sub(1);
            }
        }
        Some(day.to_string())
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_midnight_in_winter_and_summer() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let utc = |local| berlin.instant(local).unwrap().to_string();
        assert_eq!(utc("2026-01-10T00:00"), "2026-01-09T23:00:00.000Z");
        assert_eq!(utc("2026-07-10T00:00"), "2026-07-09T22:00:00.000Z");
        // The clocks go from 2 to 3 on 29 March, and from 3 back to 2 on 25 October.
        assert_eq!(utc("2026-03-29T02:30"), "2026-03-29T01:30:00.000Z");
        assert_eq!(utc("2026-10-25T02:30"), "2026-10-25T00:30:00.000Z");
        assert_eq!(berlin.day_begins("2026-07-01").unwrap().to_string(), "2026-06-30T22:00:00.000Z");
        let summer = berlin.instant("2026-07-10T12:34:56").unwrap();
        assert_eq!(berlin.local(summer).unwrap(), "2026-07-10T12:34:56");
        assert_eq!(berlin.instant("tomorrow"), None);
        assert!(Zone::named("Europe/Atlantis").is_err());
    }

    #[test]
    fn parcels_arrive_on_working_days() {
        let zone = Zone::default();
        let friday = Timestamp::parse("2026-11-27T15:00:00Z").unwrap();
        let day = |n| zone.working_day(friday, n).unwrap();
        assert_eq!(
            (day(0), day(1), day(5), day(6)),
            ("2026-11-27".into(), "2026-11-30".into(), "2026-12-04".into(), "2026-12-07".into())
        );
        let saturday = friday.plus_secs(86_400);
        assert_eq!(zone.working_day(saturday, 0).unwrap(), "2026-11-30");
        assert_eq!(zone.working_day(saturday, 1).unwrap(), "2026-11-30");
    }
}
