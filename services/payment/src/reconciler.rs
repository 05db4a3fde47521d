//! Reconciliation: the provider's books against ours, so that money without an order, or an order without its money,
//! is found by asking and not by a complaint (I4: within 15 minutes).
//!
//! A round takes what changed on either side since the last one and has been quiet for a while, compares it with
//! the pure [`compare`], wakes the saga of every order concerned, and keeps what did not agree under watch until it
//! does. It decides nothing itself: the saga reads both sides again and converges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use contracts::checkout::Checkout;
use contracts::payment::{PaymentBooks, PaymentRecord, Provider, ProviderError, ProviderPayment, ProviderStatus};
use infra::Spawner;
use kernel::{Failure, OrderId, SharedClock, StoreId, Timestamp};

use crate::webhooks::order_of_key;

/// The most payments of one round, from either side.
const PAGE: usize = 500;
/// The most disagreements that are watched from round to round.
const MAX_WATCHED: usize = 10_000;
/// The most attempts of one order that are looked back at.
const MAX_ATTEMPTS: u32 = 50;

/// How two books disagree about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiscrepancyKind {
    /// The provider holds or took money under a key that we do not know.
    MoneyWithoutOrder,
    /// The provider still holds or has money of an order that does not stand.
    MoneyOfFallenOrder,
    /// The provider has captured, and not refunded, more than one payment of one order.
    PaidTwice,
    /// The authorised amount or its currency is not what we asked for.
    AmountDiffers,
    /// The provider is further than we are.
    BehindProvider,
    /// We claim what the provider does not know of.
    AheadOfProvider,
    /// We have an authorised or captured payment that the provider never heard of.
    MissingAtProvider,
}

impl DiscrepancyKind {
    /// Whether waking the order's saga is expected to settle it. The others need a person as well.
    #[must_use]
    pub const fn heals(self) -> bool {
        matches!(self, DiscrepancyKind::BehindProvider | DiscrepancyKind::MoneyOfFallenOrder)
    }
}

/// One disagreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    pub kind: DiscrepancyKind,
    /// The key under which we asked for the payment.
    pub key: String,
    /// None when the key names no order.
    pub order: Option<OrderId>,
    /// What each side says, for people.
    pub detail: String,
}

/// How far a payment has come. A higher rank is never followed by a lower one.
const fn rank(status: ProviderStatus) -> u8 {
    match status {
        ProviderStatus::Processing => 0,
        ProviderStatus::RequiresAction => 1,
        ProviderStatus::Authorised => 2,
        ProviderStatus::Declined | ProviderStatus::Captured | ProviderStatus::Voided => 3,
    }
}

/// What the provider holds or has of the shopper's money, in minor units.
const fn money_at(payment: &ProviderPayment) -> i64 {
    match payment.status {
        ProviderStatus::Authorised => payment.amount.amount_minor,
        _ => payment.captured_minor - payment.refunded_minor,
    }
}

/// Compares the provider's payments with our records of them. `provider` must hold everything the provider knows under
/// the keys of `ours`: what is not in it counts as unknown to the provider. The result is sorted by key and kind.
#[must_use]
pub fn compare(provider: &[ProviderPayment], ours: &[PaymentRecord]) -> Vec<Discrepancy> {
    let theirs: BTreeMap<&str, &ProviderPayment> = provider.iter().map(|p| (p.key.as_str(), p)).collect();
    let records: BTreeMap<&str, &PaymentRecord> = ours.iter().map(|r| (r.key.as_str(), r)).collect();
    let mut found = Vec::new();
    let mut charges: BTreeMap<OrderId, Vec<&str>> = BTreeMap::new();
    for (key, payment) in &theirs {
        let record = records.get(key);
        match record {
            Some(record) => compare_one(payment, record, &mut found),
            None if money_at(payment) > 0 => found.push(Discrepancy {
                kind: DiscrepancyKind::MoneyWithoutOrder,
                key: (*key).to_owned(),
                order: order_of_key(key),
                detail: format!("{} holds {} that no order of ours asked for", payment.reference, money_at(payment)),
            }),
            None => {}
        }
        let order = record.map(|r| r.order).or_else(|| order_of_key(key));
        if let (Some(order), true) = (order, payment.captured_minor > payment.refunded_minor) {
            charges.entry(order).or_default().push(key);
        }
    }
    for (order, keys) in charges.into_iter().filter(|(_, keys)| keys.len() > 1) {
        found.push(Discrepancy {
            kind: DiscrepancyKind::PaidTwice,
            key: keys[0].to_owned(),
            order: Some(order),
            detail: format!("captured and not refunded under {}", keys.join(" and ")),
        });
    }
    for (key, record) in records.iter().filter(|(key, _)| !theirs.contains_key(*key)) {
        let claims = matches!(record.status, Some(ProviderStatus::Authorised | ProviderStatus::Captured));
        if claims || record.captured_minor > 0 {
            found.push(Discrepancy {
                kind: DiscrepancyKind::MissingAtProvider,
                key: (*key).to_owned(),
                order: Some(record.order),
                detail: format!("ours: {:?}, captured {}; theirs: nothing", record.status, record.captured_minor),
            });
        }
    }
    found.sort_by(|a, b| (&a.key, a.kind).cmp(&(&b.key, b.kind)));
    found
}

fn compare_one(payment: &ProviderPayment, record: &PaymentRecord, found: &mut Vec<Discrepancy>) {
    let mut report = |kind, detail: String| {
        found.push(Discrepancy { kind, key: record.key.clone(), order: Some(record.order), detail });
    };
    if payment.amount != record.amount {
        let detail = format!(
            "ours: {} {}; theirs: {} {}",
            record.amount.amount_minor, record.amount.currency, payment.amount.amount_minor, payment.amount.currency
        );
        report(DiscrepancyKind::AmountDiffers, detail);
    }
    if !record.order_stands && money_at(payment) > 0 {
        let detail = format!("the order fell, but the provider has {:?} {}", payment.status, money_at(payment));
        report(DiscrepancyKind::MoneyOfFallenOrder, detail);
    }
    let theirs = (payment.captured_minor, payment.refunded_minor, rank(payment.status));
    let ours = (record.captured_minor, record.refunded_minor, record.status.map_or(0, rank));
    let detail = || {
        format!(
            "ours: {:?}, captured {}, refunded {}; theirs: {:?}, captured {}, refunded {}",
            record.status,
            record.captured_minor,
            record.refunded_minor,
            payment.status,
            payment.captured_minor,
            payment.refunded_minor
        )
    };
    let contradicts = ours.2 == theirs.2 && record.status.is_some_and(|status| status != payment.status);
    if contradicts || ours.0 > theirs.0 || ours.1 > theirs.1 || ours.2 > theirs.2 {
        report(DiscrepancyKind::AheadOfProvider, detail());
    } else if theirs.0 > ours.0 || theirs.1 > ours.1 || theirs.2 > ours.2 || record.status.is_none() {
        report(DiscrepancyKind::BehindProvider, detail());
    }
}

/// How far the reconciliation has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The provider's changes before this are compared.
    pub provider_since: Timestamp,
    /// Our changes before this are compared.
    pub ours_since: Timestamp,
    /// Keys that did not agree, looked at again in every round until they do.
    pub watched: BTreeSet<String>,
}

/// What one round found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Payments looked at, of either side.
    pub compared: usize,
    pub discrepancies: Vec<Discrepancy>,
    /// Whether more is waiting, so that the next round should follow at once.
    pub more: bool,
}

/// Compares one provider's books with ours, round by round.
pub struct Reconciler {
    pub store: StoreId,
    pub provider: Arc<dyn Provider>,
    pub books: Arc<dyn PaymentBooks>,
    pub checkout: Arc<dyn Checkout>,
    pub clock: SharedClock,
    /// How long a payment must be unchanged before it is compared: both sides need a moment to hear of each other.
    pub quiet_ms: i64,
}

impl Reconciler {
    /// One round: compares what changed and was quiet since, wakes the orders concerned, and moves `progress` on. After
    /// an error `progress` is as before, and the round can be repeated.
    ///
    /// # Errors
    /// When the provider or our books cannot be read.
    pub async fn reconcile_once(&self, progress: &mut Progress) -> Result<Round, Failure> {
        let until = self.clock.now().plus_millis(-self.quiet_ms);
        let mut theirs = self.provider.changed_since(progress.provider_since, PAGE).await.map_err(unreachable)?;
        let full = theirs.len() >= PAGE;
        let loud = theirs.iter().position(|payment| payment.changed_at > until).unwrap_or(theirs.len());
        let cut = loud < theirs.len();
        theirs.truncate(loud);
        // Changes of one millisecond are never split, and `until` is past: behind the last one nothing is missed.
        let provider_since = theirs.last().map(|payment| payment.changed_at.plus_millis(1));

        let (mut ours, ours_next) =
            self.books.changed(self.store, self.provider.name(), progress.ours_since, until, PAGE).await?;

        self.complete(&mut theirs, &mut ours, &progress.watched).await?;
        let mut discrepancies = compare(&theirs, &ours);
        // What is still moving is not judged yet; the side that moves last brings it up again.
        let moving: BTreeSet<&str> =
            theirs.iter().filter(|payment| payment.changed_at > until).map(|payment| payment.key.as_str()).collect();
        discrepancies.retain(|found| !moving.contains(found.key.as_str()));

        self.wake(&discrepancies).await;
        progress.provider_since = provider_since.unwrap_or(progress.provider_since);
        let more = (full && !cut) || ours_next.is_some();
        progress.ours_since = ours_next.unwrap_or(until.max(progress.ours_since));
        progress.watched = discrepancies.iter().map(|found| found.key.clone()).take(MAX_WATCHED).collect();
        let keys: BTreeSet<&str> =
            theirs.iter().map(|p| p.key.as_str()).chain(ours.iter().map(|r| r.key.as_str())).collect();
        Ok(Round { compared: keys.len(), discrepancies, more })
    }

    /// Adds to each side what the other has, so that everything is compared with its counterpart.
    async fn complete(
        &self,
        theirs: &mut Vec<ProviderPayment>,
        ours: &mut Vec<PaymentRecord>,
        watched: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let captured = theirs.iter().filter(|payment| payment.captured_minor > payment.refunded_minor);
        let earlier: BTreeSet<String> = captured.flat_map(|payment| earlier_attempts(&payment.key)).collect();
        let known: BTreeSet<String> = ours.iter().map(|record| record.key.clone()).collect();
        let named = theirs.iter().map(|payment| &payment.key).chain(watched).chain(&earlier);
        let wanted: BTreeSet<&String> = named.filter(|key| !known.contains(*key)).collect();
        let wanted: Vec<String> = wanted.into_iter().cloned().collect();
        if !wanted.is_empty() {
            ours.extend(self.books.by_keys(self.store, self.provider.name(), &wanted).await?);
        }
        let seen: BTreeSet<String> = theirs.iter().map(|payment| payment.key.clone()).collect();
        let missing: BTreeSet<&String> = ours
            .iter()
            .map(|record| &record.key)
            .chain(watched)
            .chain(&earlier)
            .filter(|key| !seen.contains(*key))
            .collect();
        for key in missing {
            theirs.extend(self.provider.find(key).await.map_err(unreachable)?);
        }
        Ok(())
    }

    /// Wakes the saga of every order that a discrepancy names, once each.
    async fn wake(&self, discrepancies: &[Discrepancy]) {
        for found in discrepancies {
            if found.kind.heals() {
                tracing::warn!(kind = ?found.kind, key = found.key, detail = found.detail,
                    "A payment is not the same at the provider and here; its order is looked at again.");
            } else {
                tracing::error!(kind = ?found.kind, key = found.key, detail = found.detail,
                    "A payment is not the same at the provider and here; somebody has to look at it.");
            }
        }
        let orders: BTreeSet<OrderId> = discrepancies.iter().filter_map(|found| found.order).collect();
        for order in orders {
            if let Err(failure) = self.checkout.resume(self.store, order).await {
                tracing::warn!(%order, %failure, "An order that needs reconciling could not go on; the next round tries again.");
            }
        }
    }

    /// Runs rounds in the background, one every `period`, until the drain; at once while more is waiting.
    pub fn start(self, mut progress: Progress, period: Duration, spawner: &Spawner) {
        let stop = spawner.token();
        spawner.spawn("reconciler", async move {
            loop {
                let pause = match self.reconcile_once(&mut progress).await {
                    Ok(round) if round.more => Duration::ZERO,
                    Ok(_) => period,
                    Err(failure) => {
                        tracing::warn!(%failure, internal = failure.internal, "A round of reconciliation failed; it is repeated.");
                        period
                    }
                };
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => break,
                }
            }
        });
    }
}

/// The keys of the attempts before `key`'s: one of them may have been captured as well.
fn earlier_attempts(key: &str) -> Vec<String> {
    let Some((order, attempt)) = key.rsplit_once(':') else { return Vec::new() };
    let attempt: u32 = attempt.parse().unwrap_or(0);
    (1..attempt.min(MAX_ATTEMPTS)).map(|earlier| format!("{order}:{earlier}")).collect()
}

fn unreachable(error: ProviderError) -> Failure {
    let mut failure = Failure::unavailable("The payment provider cannot be asked right now.", 60);
    failure.internal = Some(error.to_string());
    failure
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money};

    use super::*;

    const EUR_10: Money = Money::new(1_000, Currency::EUR);

    fn order(n: u8) -> OrderId {
        OrderId::derive(0, b"test", &n.to_string())
    }

    fn key(n: u8, attempt: u8) -> String {
        format!("{}:{attempt}", order(n))
    }

    fn theirs(n: u8, status: ProviderStatus, captured_minor: i64, refunded_minor: i64) -> ProviderPayment {
        ProviderPayment {
            reference: format!("pay_{n}"),
            key: key(n, 1),
            status,
            amount: EUR_10,
            captured_minor,
            refunded_minor,
            decline_code: None,
            next_action_url: None,
            created_at: Timestamp::EPOCH,
            changed_at: Timestamp::EPOCH,
            revision: 1,
        }
    }

    fn ours(n: u8, status: Option<ProviderStatus>, captured_minor: i64, refunded_minor: i64) -> PaymentRecord {
        PaymentRecord {
            key: key(n, 1),
            order: order(n),
            amount: EUR_10,
            captured_minor,
            refunded_minor,
            status,
            order_stands: true,
        }
    }

    fn kinds(provider: &[ProviderPayment], records: &[PaymentRecord]) -> Vec<DiscrepancyKind> {
        compare(provider, records).into_iter().map(|found| found.kind).collect()
    }

    use DiscrepancyKind as D;
    use ProviderStatus as S;

    #[test]
    fn agreement_is_silent() {
        for (status, captured, refunded) in [
            (S::Processing, 0, 0),
            (S::RequiresAction, 0, 0),
            (S::Authorised, 0, 0),
            (S::Declined, 0, 0),
            (S::Voided, 0, 0),
            (S::Captured, 1_000, 0),
            (S::Captured, 1_000, 400),
        ] {
            let same = kinds(&[theirs(1, status, captured, refunded)], &[ours(1, Some(status), captured, refunded)]);
            assert_eq!(same, [], "{status:?}");
        }
        assert_eq!(kinds(&[], &[ours(1, None, 0, 0)]), [], "asked for, never arrived: the resolver's business");
        assert_eq!(kinds(&[], &[ours(1, Some(S::Declined), 0, 0)]), []);
    }

    #[test]
    fn money_without_an_order_is_found_and_harmless_strays_are_not() {
        for (status, captured, refunded, expected) in [
            (S::Captured, 1_000, 0, vec![D::MoneyWithoutOrder]),
            (S::Captured, 1_000, 999, vec![D::MoneyWithoutOrder]),
            (S::Authorised, 0, 0, vec![D::MoneyWithoutOrder]),
            (S::Captured, 1_000, 1_000, vec![]),
            (S::Voided, 0, 0, vec![]),
            (S::Declined, 0, 0, vec![]),
        ] {
            assert_eq!(kinds(&[theirs(1, status, captured, refunded)], &[]), expected, "{status:?} {refunded}");
        }
        assert_eq!(compare(&[theirs(1, S::Captured, 1_000, 0)], &[])[0].order, Some(order(1)), "read from the key");
    }

    #[test]
    fn who_is_behind_is_told_apart_from_who_is_ahead() {
        let cases = [
            (theirs(1, S::Captured, 1_000, 0), ours(1, Some(S::Authorised), 0, 0), D::BehindProvider),
            (theirs(1, S::Authorised, 0, 0), ours(1, None, 0, 0), D::BehindProvider),
            (theirs(1, S::Processing, 0, 0), ours(1, None, 0, 0), D::BehindProvider),
            (theirs(1, S::Authorised, 0, 0), ours(1, Some(S::RequiresAction), 0, 0), D::BehindProvider),
            (theirs(1, S::Captured, 1_000, 500), ours(1, Some(S::Captured), 1_000, 0), D::BehindProvider),
            (theirs(1, S::Captured, 1_000, 0), ours(1, Some(S::Captured), 1_000, 500), D::AheadOfProvider),
            (theirs(1, S::Authorised, 0, 0), ours(1, Some(S::Captured), 1_000, 0), D::AheadOfProvider),
            (theirs(1, S::Captured, 1_000, 0), ours(1, Some(S::Voided), 0, 0), D::AheadOfProvider),
        ];
        for (payment, record, expected) in cases {
            assert_eq!(
                kinds(std::slice::from_ref(&payment), std::slice::from_ref(&record)),
                [expected],
                "{payment:?} {record:?}"
            );
        }
        assert_eq!(kinds(&[], &[ours(1, Some(S::Captured), 1_000, 0)]), [D::MissingAtProvider]);
        assert_eq!(kinds(&[], &[ours(1, Some(S::Authorised), 0, 0)]), [D::MissingAtProvider]);
    }

    #[test]
    fn amounts_and_currencies_are_compared() {
        let mut record = ours(1, Some(S::Authorised), 0, 0);
        record.amount = Money::new(1_001, Currency::EUR);
        assert_eq!(kinds(&[theirs(1, S::Authorised, 0, 0)], &[record.clone()]), [D::AmountDiffers]);
        record.amount = Money::new(1_000, Currency::USD);
        assert_eq!(kinds(&[theirs(1, S::Authorised, 0, 0)], &[record]), [D::AmountDiffers]);
    }

    #[test]
    fn a_fallen_order_may_keep_no_money() {
        for (status, captured, refunded, expected) in [
            (S::Authorised, 0, 0, vec![D::MoneyOfFallenOrder]),
            (S::Captured, 1_000, 400, vec![D::MoneyOfFallenOrder]),
            (S::Captured, 1_000, 1_000, vec![]),
            (S::Voided, 0, 0, vec![]),
        ] {
            let mut record = ours(1, Some(status), captured, refunded);
            record.order_stands = false;
            assert_eq!(kinds(&[theirs(1, status, captured, refunded)], &[record]), expected, "{status:?}");
        }
    }

    #[test]
    fn two_charges_of_one_order_are_found_unless_one_was_given_back() {
        let mut second = theirs(1, S::Captured, 1_000, 0);
        second.key = key(1, 2);
        let mut record = ours(1, Some(S::Captured), 1_000, 0);
        record.key = key(1, 2);
        let records = [ours(1, Some(S::Captured), 1_000, 0), record];
        assert_eq!(kinds(&[theirs(1, S::Captured, 1_000, 0), second.clone()], &records), [D::PaidTwice]);
        second.refunded_minor = 1_000;
        let mut records = records;
        records[1].refunded_minor = 1_000;
        assert_eq!(kinds(&[theirs(1, S::Captured, 1_000, 0), second], &records), []);
    }
}
