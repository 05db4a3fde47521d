//! The steps of a fulfilment.

use contracts::fulfilment::{FulfilmentState, TrackingStatus};
use kernel::Failure;

/// What asking for `wanted` means in `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It goes there.
    Go,
    /// It is there, or was and went on.
    Done,
}

/// # Errors
/// 409 when the fulfilment is past that step or cannot be cancelled any more.
pub(crate) fn step(now: FulfilmentState, wanted: FulfilmentState) -> Result<Step, Failure> {
    use FulfilmentState as S;
    let refused = |code, detail: &str| Err(Failure::conflict(code, detail));
    match (now, wanted) {
        (S::Cancelled, S::Cancelled) => Ok(Step::Done),
        (S::Cancelled, _) => refused("fulfilment_cancelled", "This fulfilment was cancelled; nothing is to be sent."),
        (_, S::Requested) => refused("not_a_step", "A fulfilment begins as requested and never goes back."),
        (S::Requested | S::Accepted | S::Packed | S::Labelled, S::Cancelled) => Ok(Step::Go),
        (_, S::Cancelled) => {
            refused("already_handed_over", "The carrier has the parcel. When it comes back, take it in as a return.")
        }
        (now, wanted) if wanted <= now => Ok(Step::Done),
        _ => Ok(Step::Go),
    }
}

/// How far a parcel is, from everything its carrier said: the furthest counts, in whatever order it was heard.
pub(crate) fn heard(updates: impl Iterator<Item = TrackingStatus>) -> Option<FulfilmentState> {
    updates
        .filter_map(|status| match status {
            TrackingStatus::Announced => None,
            TrackingStatus::Collected => Some(FulfilmentState::HandedOver),
            TrackingStatus::InTransit | TrackingStatus::OutForDelivery | TrackingStatus::Exception => {
                Some(FulfilmentState::InTransit)
            }
            TrackingStatus::Delivered => Some(FulfilmentState::Delivered),
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use FulfilmentState as S;

    #[test]
    fn a_fulfilment_never_goes_back() {
        for now in S::ALL {
            for wanted in S::ALL {
                let went = step(now, wanted);
                match went {
                    Ok(Step::Go) => {
                        assert!(wanted > now, "{now:?} -> {wanted:?}");
                        assert!(now < S::HandedOver || wanted != S::Cancelled, "{now:?} -> {wanted:?}");
                    }
                    Ok(Step::Done) => assert!(wanted <= now, "{now:?} -> {wanted:?}"),
                    Err(_) => {}
                }
            }
            assert!(now == S::Cancelled || step(now, now).is_ok() || now == S::Requested);
        }
        assert!(step(S::Delivered, S::Cancelled).is_err() && step(S::Cancelled, S::Packed).is_err());
        assert_eq!(step(S::Requested, S::HandedOver), Ok(Step::Go));
    }

    #[test]
    fn the_furthest_update_counts() {
        use TrackingStatus as T;
        assert_eq!(heard([T::Delivered, T::Collected, T::InTransit].into_iter()), Some(S::Delivered));
        assert_eq!(heard([T::Exception, T::Announced].into_iter()), Some(S::InTransit));
        assert_eq!(heard([T::Announced].into_iter()), None);
    }
}
