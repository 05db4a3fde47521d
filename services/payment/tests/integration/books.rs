//! No sequence of calls, repeats included, breaks the provider's books: `refunded <= captured <= authorised` (I2), one
//! key is one payment, a capture and a refund happen once, and money never leaves without a call that said so.

use std::collections::BTreeMap;

use crate::support::{eur, key};
use contracts::payment::{AuthoriseRequest, ProviderPayment, ProviderStatus, RefundStatus};
use kernel::Timestamp;
use payment::providers::test::core::{Behaviour, Core};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Call {
    Authorise { payment: u32, token: usize, amount: i64 },
    Capture { payment: u32, key: u8, amount: i64 },
    Void { payment: u32, key: u8 },
    Refund { payment: u32, key: u8, amount: i64 },
    Act { payment: u32, approve: bool },
    Wait { ms: i64 },
}

fn call() -> impl Strategy<Value = Call> {
    let payment = 0_u32..4;
    prop_oneof![
        4 => (payment.clone(), 0..=Behaviour::TOKENS.len(), -1_i64..2_000)
            .prop_map(|(payment, token, amount)| Call::Authorise { payment, token, amount }),
        4 => (payment.clone(), 0_u8..3, -1_i64..2_000).prop_map(|(payment, key, amount)| Call::Capture { payment, key, amount }),
        1 => (payment.clone(), 0_u8..3).prop_map(|(payment, key)| Call::Void { payment, key }),
        4 => (payment.clone(), 0_u8..4, -1_i64..2_000).prop_map(|(payment, key, amount)| Call::Refund { payment, key, amount }),
        2 => (payment, any::<bool>()).prop_map(|(payment, approve)| Call::Act { payment, approve }),
        // Time may stand still, and a clock may be set back.
        1 => (-1_000_i64..6_000).prop_map(|ms| Call::Wait { ms }),
    ]
}

fn apply(core: &mut Core, call: &Call, now: &mut Timestamp) {
    core.decide_due(*now);
    let reference = |core: &Core, n| core.find(&key(n)).map_or("pay_unknown".to_owned(), |payment| payment.reference);
    match call {
        Call::Authorise { payment, token, amount } => {
            let request = AuthoriseRequest {
                key: key(*payment),
                amount: eur(*amount),
                token: Behaviour::TOKENS.get(*token).map_or("tok_nonsense", |(name, _)| name).to_owned(),
                order: "order".to_owned(),
                return_url: "/return".to_owned(),
            };
            let _ = core.authorise(&request, *now);
        }
        Call::Capture { payment, key, amount } => {
            let _ = core.capture(&reference(core, *payment), &format!("c{key}"), eur(*amount), *now);
        }
        Call::Void { payment, key } => {
            let _ = core.void(&reference(core, *payment), &format!("v{key}"), *now);
        }
        Call::Refund { payment, key, amount } => {
            let _ = core.refund(&reference(core, *payment), &format!("r{payment}-{key}"), eur(*amount), *now);
        }
        Call::Act { payment, approve } => {
            let _ = core.complete_action(&reference(core, *payment), *approve, *now);
        }
        Call::Wait { ms } => *now = now.plus_millis(*ms),
    }
}

fn by_key(core: &Core) -> BTreeMap<String, ProviderPayment> {
    core.payments().map(|payment| (payment.key.clone(), payment)).collect()
}

/// Which statuses may follow a status. Everything else would be a payment that moved backwards (I8).
fn may_follow(before: ProviderStatus, after: ProviderStatus) -> bool {
    use ProviderStatus::{Authorised, Captured, Declined, Processing, RequiresAction, Voided};
    before == after
        || match before {
            Processing => matches!(after, Authorised | Voided),
            RequiresAction => matches!(after, Authorised | Declined | Voided),
            Authorised => matches!(after, Captured | Voided),
            Captured | Declined | Voided => false,
        }
}

fn check(core: &Core) -> Result<(), TestCaseError> {
    let mut references = BTreeMap::new();
    for payment in core.payments() {
        prop_assert!(payment.amount.amount_minor > 0);
        prop_assert!(0 <= payment.refunded_minor, "{payment:?}");
        prop_assert!(payment.refunded_minor <= payment.captured_minor, "{payment:?}");
        prop_assert!(payment.captured_minor <= payment.amount.amount_minor, "{payment:?}");
        prop_assert_eq!(payment.captured_minor > 0, payment.status == ProviderStatus::Captured);
        prop_assert_eq!(payment.next_action_url.is_some(), payment.status == ProviderStatus::RequiresAction);
        prop_assert_eq!(payment.decline_code.is_some(), payment.status == ProviderStatus::Declined);
        let same = core.find_by_reference(&payment.reference);
        prop_assert_eq!(same.as_ref(), Some(&payment));
        prop_assert!(
            references.insert(payment.reference.clone(), payment.key.clone()).is_none(),
            "two payments of one name"
        );
    }
    let listed = core.changed_since(Timestamp::from_millis(i64::MIN), usize::MAX);
    prop_assert_eq!(listed.len(), references.len(), "the list of changes has every payment once");
    prop_assert!(listed.is_sorted_by_key(|payment| payment.changed_at));
    let refunds: Vec<_> =
        (0..4).flat_map(|p| (0..4).map(move |k| format!("r{p}-{k}"))).filter_map(|k| core.find_refund(&k)).collect();
    for payment in &listed {
        let given: i64 = refunds
            .iter()
            .filter(|refund| refund.payment_reference == payment.reference && refund.status == RefundStatus::Succeeded)
            .map(|refund| refund.amount.amount_minor)
            .sum();
        prop_assert_eq!(given, payment.refunded_minor, "what was refunded is the sum of the refunds");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_calls_breaks_the_books(calls in prop::collection::vec(call(), 1..60)) {
        let (mut core, mut now) = (Core::new(""), crate::support::START);
        for call in &calls {
            core.decide_due(now);
            let before = by_key(&core);
            apply(&mut core, call, &mut now);
            check(&core)?;
            let after = by_key(&core);
            for (key, old) in &before {
                let new = &after[key];
                prop_assert_eq!((&new.reference, new.amount, new.created_at), (&old.reference, old.amount, old.created_at));
                prop_assert!(may_follow(old.status, new.status), "{:?} became {:?}", old.status, new.status);
                prop_assert!(new.captured_minor >= old.captured_minor && new.refunded_minor >= old.refunded_minor);
                prop_assert!(new.changed_at >= old.changed_at);
                prop_assert_eq!(new.revision > old.revision, new != old, "the revision grows exactly with changes");
            }
        }
    }

    #[test]
    fn a_call_that_comes_again_changes_nothing(
        tokens in prop::collection::vec((0..=Behaviour::TOKENS.len(), 1_i64..2_000), 4),
        calls in prop::collection::vec(call(), 1..40),
    ) {
        let (mut core, mut now) = (Core::new(""), crate::support::START);
        let begin = (0..).zip(tokens).map(|(payment, (token, amount))| Call::Authorise { payment, token, amount });
        // A lost authorisation leaves nothing, so nothing could remember the calls on it.
        let lost = |core: &Core, call: &Call| match call {
            Call::Wait { .. } => true,
            Call::Authorise { payment, .. } | Call::Capture { payment, .. } | Call::Void { payment, .. }
            | Call::Refund { payment, .. } | Call::Act { payment, .. } => core.find(&key(*payment)).is_none(),
        };
        let mut done = Vec::new();
        for call in begin.chain(calls) {
            apply(&mut core, &call, &mut now);
            let once = core.clone();
            apply(&mut core, &call, &mut now.clone());
            if !lost(&core, &call) {
                prop_assert_eq!(by_key(&core), by_key(&once), "at once");
                done.push(call);
            }
        }
        core.decide_due(now);
        let before = by_key(&core);
        // Late and in another order, as a network may bring them.
        for call in done.iter().rev() {
            apply(&mut core, call, &mut now);
            prop_assert_eq!(&by_key(&core), &before, "late: {:?}", call);
        }
    }

    #[test]
    fn the_same_calls_give_the_same_books(calls in prop::collection::vec(call(), 1..40)) {
        let run = || {
            let (mut core, mut now) = (Core::new(""), crate::support::START);
            calls.iter().for_each(|call| apply(&mut core, call, &mut now));
            core
        };
        prop_assert_eq!(run(), run());
    }
}
