//! A carrier that exists only here. What happens to a parcel follows from a seed, the parcel and the time; it keeps
//! nothing, so it needs no place of its own. Its answers can be late, repeated, out of order or lost, as real ones are.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use contracts::Result;
use contracts::fulfilment::{Announced, Carrier, LabelDocument, Parcel, TrackingStatus, TrackingUpdate};
use kernel::{Failure, SharedClock, Timestamp};
use parking_lot::Mutex;
use ring::digest::{Context, SHA256};

use super::label;

pub const NAME: &str = "simulated";

/// How badly answers travel, in parts of a hundred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Calls whose answer never comes.
    pub lost: u8,
    /// Calls whose answer comes after [`Self::late_ms`].
    pub late: u8,
    pub late_ms: u64,
    /// Tracking updates that come twice.
    pub repeated: u8,
    /// Tracking updates that are told of only later.
    pub delayed: u8,
}

/// The simulated carrier.
pub struct Simulated {
    seed: u64,
    clock: SharedClock,
    /// How long a parcel is on its way, in milliseconds.
    journey_ms: i64,
    faults: Faults,
    /// Calls so far per parcel, so that a call that was lost is not lost again and again.
    calls: Mutex<HashMap<String, u64>>,
}

impl Simulated {
    #[must_use]
    pub fn new(seed: u64, clock: SharedClock, journey_ms: i64, faults: Faults) -> Self {
        Simulated { seed, clock, journey_ms: journey_ms.max(1), faults, calls: Mutex::default() }
    }

    /// A number that follows from the seed and `parts`.
    fn draw(&self, parts: &[&[u8]]) -> u64 {
        let mut context = Context::new(&SHA256);
        context.update(&self.seed.to_be_bytes());
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let digest = context.finish();
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest.as_ref()[..8]);
        u64::from_be_bytes(bytes)
    }

    fn happens(&self, percent: u8, parts: &[&[u8]]) -> bool {
        self.draw(parts) % 100 < u64::from(percent)
    }

    /// The way of a call to us and of the answer back.
    async fn travel(&self, call: &str, subject: &str) -> Result<()> {
        let count = {
            let mut calls = self.calls.lock();
            let count = calls.entry(format!("{call} {subject}")).or_default();
            *count += 1;
            *count
        };
        let parts = |fault: &'static [u8]| [fault, call.as_bytes(), subject.as_bytes()].map(<[u8]>::to_vec);
        let hit = |percent: u8, fault: &'static [u8]| {
            let number = count.to_be_bytes();
            let own = parts(fault);
            self.happens(percent, &[&own[0], &own[1], &own[2], &number])
        };
        if hit(self.faults.late, b"late") {
            tokio::time::sleep(Duration::from_millis(self.faults.late_ms)).await;
        }
        if hit(self.faults.lost, b"lost") {
            return Err(Failure::unavailable("The carrier does not answer. It is asked again.", 5));
        }
        Ok(())
    }

    /// Everything that ever happens to a parcel. Its number carries when it was announced.
    fn fate(&self, tracking: &str) -> Option<Vec<TrackingUpdate>> {
        let (start, check) = read_number(tracking)?;
        let number = tracking.as_bytes();
        if check != self.check(start, number.get(3..11)?) {
            return None;
        }
        // Each stage somewhere within its tenth of the journey.
        let stage = |tenth: i64, label: &[u8]| {
            let part = i64::try_from(self.draw(&[label, number]) % 1000).unwrap_or_default();
            start.plus_millis(self.journey_ms * tenth / 10 + self.journey_ms * part / 10_000)
        };
        let update =
            |at: Timestamp, status, place: &str| TrackingUpdate { at: at.into(), status, place: place.to_owned() };
        let mut fate = vec![
            update(start, TrackingStatus::Announced, ""),
            update(stage(1, b"collected"), TrackingStatus::Collected, "Depot North"),
            update(stage(3, b"north"), TrackingStatus::InTransit, "Hub North"),
            update(stage(5, b"south"), TrackingStatus::InTransit, "Hub South"),
            update(stage(8, b"out"), TrackingStatus::OutForDelivery, "Depot South"),
        ];
        if self.happens(10, &[b"exception", number]) {
            fate.push(update(stage(8, b"missed"), TrackingStatus::Exception, "Nobody was there"));
        }
        fate.push(update(stage(9, b"delivered"), TrackingStatus::Delivered, ""));
        Some(fate)
    }

    fn check(&self, start: Timestamp, key: &[u8]) -> u64 {
        self.draw(&[b"number", &start.millis().to_be_bytes(), key]) % 1_000
    }
}

/// The time of announcement and the check digits in a number such as `SIM0a1b2c3d0199…123`.
fn read_number(tracking: &str) -> Option<(Timestamp, u64)> {
    let rest = tracking.strip_prefix("SIM")?;
    if rest.len() != 22 || !rest.is_ascii() {
        return None;
    }
    let start = i64::from_str_radix(&rest[8..19], 16).ok()?;
    Some((Timestamp::from_millis(start), rest[19..].parse().ok()?))
}

#[async_trait]
impl Carrier for Simulated {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn announce(&self, parcel: &Parcel) -> Result<Announced> {
        let subject = parcel.key.to_string();
        self.travel("announce", &subject).await?;
        let start = parcel.announced_at;
        let key = format!("{:08x}", self.draw(&[b"parcel", parcel.key.as_bytes()]) as u32);
        let check = self.check(start, key.as_bytes());
        Ok(Announced { tracking: format!("SIM{key}{:011x}{check:03}", start.millis().max(0)) })
    }

    async fn label(&self, parcel: &Parcel, tracking: &str) -> Result<LabelDocument> {
        self.travel("label", tracking).await?;
        let bytes = label::svg(NAME, parcel, tracking).into_bytes();
        Ok(LabelDocument { content_type: "image/svg+xml", bytes })
    }

    async fn track(&self, tracking: &str) -> Result<Vec<TrackingUpdate>> {
        self.travel("track", tracking).await?;
        let now = self.clock.now();
        let mut seen = Vec::new();
        for (i, update) in self.fate(tracking).ok_or_else(|| Failure::not_found("parcel"))?.into_iter().enumerate() {
            let number = [u8::try_from(i).unwrap_or(u8::MAX)];
            let delay = if self.happens(self.faults.delayed, &[b"delayed", tracking.as_bytes(), &number]) {
                self.journey_ms / 2
            } else {
                0
            };
            if update.at.0.plus_millis(delay) > now {
                continue;
            }
            if self.happens(self.faults.repeated, &[b"repeated", tracking.as_bytes(), &number]) {
                seen.push(update.clone());
            }
            seen.push(update);
        }
        // The order in which updates are told is nobody's promise.
        seen.reverse();
        Ok(seen)
    }

    async fn withdraw(&self, tracking: &str) -> Result<()> {
        self.travel("withdraw", tracking).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use contracts::address::Address;
    use kernel::{Clock, Currency, ErrorKind, FulfilmentId};

    use super::*;

    struct At(AtomicI64);
    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    fn parcel(number: u128) -> Parcel {
        Parcel {
            key: FulfilmentId::from_uuid(uuid::Uuid::from_u128(number)),
            announced_at: Timestamp::from_millis(1_790_000_000_000),
            reference: "1001".to_owned(),
            to: Address {
                name: "Ann".to_owned(),
                line1: "1 High Street".to_owned(),
                line2: None,
                city: "York".to_owned(),
                region: None,
                postal_code: "YO1".to_owned(),
                country: "GB".to_owned(),
            },
            units: 1,
            currency: Currency::GBP,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_a_carrier_whatever_happens_to_its_answers() {
        let start = Timestamp::from_millis(1_790_000_000_000);
        let bad = Faults { lost: 50, late: 50, late_ms: 9_000, repeated: 50, delayed: 50 };
        for (seed, faults) in [(1, Faults::default()), (2, bad), (3, bad)] {
            let carrier = Simulated::new(seed, Arc::new(At(AtomicI64::new(start.millis()))), 1_000_000, faults);
            let keys = [1, 2].map(|n| FulfilmentId::from_uuid(uuid::Uuid::from_u128(n)));
            crate::carrier::conformance::conformance(&carrier, keys, start).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_parcel_is_the_same_number_whatever_gets_lost() {
        let clock = Arc::new(At(AtomicI64::new(1_790_000_000_000)));
        let faults = Faults { lost: 60, late: 50, late_ms: 5_000, ..Faults::default() };
        let carrier = Simulated::new(7, clock.clone(), 1_000, faults);
        let (mut numbers, mut lost) = (std::collections::BTreeSet::new(), 0);
        for _ in 0..50 {
            match carrier.announce(&parcel(1)).await {
                Ok(announced) => {
                    numbers.insert(announced.tracking);
                }
                Err(failure) => {
                    assert_eq!(failure.kind, ErrorKind::Unavailable);
                    lost += 1;
                }
            }
        }
        assert_eq!(numbers.len(), 1);
        assert!((10..45).contains(&lost), "{lost} of 50 were lost");
        let other = Simulated::new(7, clock, 1_000, Faults::default()).announce(&parcel(2)).await.unwrap();
        assert!(!numbers.contains(&other.tracking));
    }

    #[tokio::test]
    async fn a_parcel_arrives_and_a_made_up_number_is_unknown() {
        let clock = Arc::new(At(AtomicI64::new(1_790_000_000_000)));
        let faults = Faults { repeated: 100, delayed: 100, ..Faults::default() };
        let carrier = Simulated::new(7, clock.clone(), 1_000_000, faults);
        let tracking = carrier.announce(&parcel(1)).await.unwrap().tracking;
        let delivered = |updates: &[TrackingUpdate]| updates.iter().any(|u| u.status == TrackingStatus::Delivered);
        clock.0.fetch_add(1_000_000, Ordering::Relaxed);
        assert!(!delivered(&carrier.track(&tracking).await.unwrap()), "everything is told of late");
        clock.0.fetch_add(500_000, Ordering::Relaxed);
        let told = carrier.track(&tracking).await.unwrap();
        assert!(delivered(&told) && told.len().is_multiple_of(2));
        for unknown in ["", "SIM", "1Z999", "SIM0000000000000000000000", &tracking.replace("SIM", "SIN")] {
            assert!(carrier.track(unknown).await.is_err(), "{unknown}");
        }
    }
}
