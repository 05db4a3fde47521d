//! Known bugs of other platforms, replanted one at a time to measure whether the simulator would catch them.
//!
//! Only the simulator's build has them: without the crate feature `mutants`, [`planted`] is the constant `false` and
//! the planted branches vanish.

/// A classic bug. Each is planted at one place in production code, beside the line that gets it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mutant {
    /// Stock is checked against a copy read earlier.
    StockCheckThenAct = 1,
    /// The shopper who loses the race for the last unit stays charged.
    LoserCharged,
    /// Webhook and browser return both complete the same payment.
    WebhookAndReturnBothComplete,
    /// `order.placed` is told before the payment is certain.
    EventBeforeCertainty,
    /// A coupon's use is counted when the payment succeeds, not when the order is placed.
    CouponCountedLate,
    /// Refunds under way are left out of the sum of refunds.
    RefundSumUnlocked,
    /// A retry after a decline takes a second hold beside its own.
    OwnHoldBlocksRetry,
    /// After an unknown result the payment is sent again under a new key.
    NewKeyAfterUnknown,
    /// Events are written in a transaction after the one they tell of.
    OutboxOutsideTransaction,
    /// The relay moves on past an event that it could not deliver.
    CursorSkipsInFlight,
    /// Merging the same guest cart twice adds its lines twice.
    MergeAddsTwice,
    /// A payment that succeeds after its hold expired takes the stock all the same.
    ExpiryAndClaimBothWin,
    /// One order that cannot be swept stops the sweep.
    PoisonStopsSweep,
    /// An answer of 500 is stored and replayed.
    ReplayStores5xx,
    /// Refunds are rounded per unit.
    RoundingPerUnit,
    /// A cancelled order's late approval is ignored.
    LateApprovalIgnored,
    /// An event delivered twice takes effect twice.
    InboxMissing,
    /// Cancelling twice gives the stock back twice.
    CancelReleasesTwice,
    /// An older state of a payment overwrites a newer one.
    OldStateOverwritesNew,
    /// A gift card is re-credited on every look at a cancelled order.
    GiftCardCreditedAgain,
    /// Goods sent to another location are counted in there and never counted out.
    TransferOneSided,
    /// The parts of bundles are checked line by line, not summed over the cart.
    BundleCheckedPerLine,
    /// Goods that arrive go to whoever ordered last.
    BackorderNewestFirst,
    /// Goods that come back from a cancelled order are put on the shelf while others wait for them.
    BackorderPassedOver,
    /// What was not there yet is shipped all the same.
    BackorderShipped,
    /// The limit of a backorder is checked against a count read earlier.
    BackorderLimitCheckThenAct,
}

impl Mutant {
    pub const ALL: [Mutant; 26] = [
        Mutant::StockCheckThenAct,
        Mutant::LoserCharged,
        Mutant::WebhookAndReturnBothComplete,
        Mutant::EventBeforeCertainty,
        Mutant::CouponCountedLate,
        Mutant::RefundSumUnlocked,
        Mutant::OwnHoldBlocksRetry,
        Mutant::NewKeyAfterUnknown,
        Mutant::OutboxOutsideTransaction,
        Mutant::CursorSkipsInFlight,
        Mutant::MergeAddsTwice,
        Mutant::ExpiryAndClaimBothWin,
        Mutant::PoisonStopsSweep,
        Mutant::ReplayStores5xx,
        Mutant::RoundingPerUnit,
        Mutant::LateApprovalIgnored,
        Mutant::InboxMissing,
        Mutant::CancelReleasesTwice,
        Mutant::OldStateOverwritesNew,
        Mutant::GiftCardCreditedAgain,
        Mutant::TransferOneSided,
        Mutant::BundleCheckedPerLine,
        Mutant::BackorderNewestFirst,
        Mutant::BackorderPassedOver,
        Mutant::BackorderShipped,
        Mutant::BackorderLimitCheckThenAct,
    ];
}

#[cfg(feature = "mutants")]
mod switch {
    use super::Mutant;

    thread_local! {
        static PLANTED: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
    }

    /// Plants `mutant` on this thread; `None` takes it out again.
    pub fn plant(mutant: Option<Mutant>) {
        PLANTED.set(mutant);
    }

    /// Whether `mutant` is planted on this thread.
    #[must_use]
    pub fn planted(mutant: Mutant) -> bool {
        PLANTED.get() == Some(mutant)
    }

    /// Whether any mutant is planted: the simulated database then leaves out the constraints that would stop it, as
    /// the platforms that have these bugs do.
    #[must_use]
    pub fn any_planted() -> bool {
        PLANTED.get().is_some()
    }
}

#[cfg(feature = "mutants")]
pub use switch::{any_planted, plant, planted};

/// Whether `mutant` is planted: never, in this build.
#[cfg(not(feature = "mutants"))]
#[must_use]
pub const fn planted(_: Mutant) -> bool {
    false
}

/// Whether any mutant is planted: never, in this build.
#[cfg(not(feature = "mutants"))]
#[must_use]
pub const fn any_planted() -> bool {
    false
}
