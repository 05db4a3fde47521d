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
    /// A gift card's balance is checked when the cart is quoted, not under its lock.
    GiftCardCheckedOutside,
    /// What gift cards got back is left out of what can still be refunded.
    RefundLimitForgetsCards,
    /// The refund goes to the bank card although a gift card paid its part.
    RefundIgnoresGiftCards,
    /// The limit of a promotion is checked when the cart is quoted, and not again.
    PromotionCheckedAtQuote,
    /// A customer's limit is counted for the address as it was typed.
    CustomerLimitBySpelling,
    /// A cancelled order keeps its use of a promotion.
    CancelledOrderKeepsPromotion,
    /// Free shipping is taken off the delivery and off the goods.
    FreeShippingTwice,
    /// A percentage is rounded down line by line.
    DiscountLosesCents,
    /// A return that is received twice goes back on the shelf twice.
    ReturnRestockedTwice,
    /// A webhook counts as delivered before it was answered.
    WebhookMarkedBeforeAnswer,
    /// The endpoints of webhooks are served one after the other.
    DeadEndpointDelaysAll,
    /// Each try of a mail is a mail of its own.
    MailForEachTry,
    /// Erasure leaves the mails that wait for their server.
    ErasureForgetsQueue,
    /// Erasure leaves the mails in the folder.
    ErasureForgetsFiles,
    /// An edit gives back the units of a line twice.
    EditFreesTwice,
    /// What an edit gives back is not compared with what refunds gave back already.
    EditRefundsTooMuch,
    /// An order is edited although part of it was shipped.
    EditAfterShipment,
    /// A line with fewer units keeps its whole discount.
    EditKeepsDiscount,
    /// What an edit adds is sold without being taken out of stock.
    EditTakesNothing,
    /// An edit of a bundle gives back the bundle, not what it is made of.
    EditForgetsBundle,
    /// An edited order gives its use of a promotion back.
    EditFreesPromotion,
    /// Units that an edit takes off stay counted as sold.
    SalesIgnoreEdits,
    /// A new endpoint of webhooks begins with what happens later by the clock.
    EndpointBeginsByClock,
    /// The date of a pre-order passes, and whoever was told that it can be bought is told nothing.
    PreorderEndsUnseen,
    /// Each try of announcing a parcel is a parcel of its own at the carrier.
    LabelForEachTry,
    /// The label of a parcel that will not come is not given back.
    CancelledKeepsLabel,
    /// After a lost answer the order is shipped once more.
    ParcelShippedTwice,
    /// A change of an order asks the warehouse again for what it was asked for already.
    RequestedAgain,
    /// The warehouse is not told that an order was cancelled.
    CancelledStillPacked,
    /// What the carrier said last counts, not what it said of the furthest.
    LateUpdateGoesBack,
    /// A delivery that is told again takes effect again.
    DeliveredTwice,
    /// A parcel is handed over without asking whether its order still stands.
    HandedOverUnasked,
}

impl Mutant {
    pub const ALL: [Mutant; 58] = [
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
        Mutant::GiftCardCheckedOutside,
        Mutant::RefundLimitForgetsCards,
        Mutant::RefundIgnoresGiftCards,
        Mutant::PromotionCheckedAtQuote,
        Mutant::CustomerLimitBySpelling,
        Mutant::CancelledOrderKeepsPromotion,
        Mutant::FreeShippingTwice,
        Mutant::DiscountLosesCents,
        Mutant::ReturnRestockedTwice,
        Mutant::WebhookMarkedBeforeAnswer,
        Mutant::DeadEndpointDelaysAll,
        Mutant::MailForEachTry,
        Mutant::ErasureForgetsQueue,
        Mutant::ErasureForgetsFiles,
        Mutant::EditFreesTwice,
        Mutant::EditRefundsTooMuch,
        Mutant::EditAfterShipment,
        Mutant::EditKeepsDiscount,
        Mutant::EditTakesNothing,
        Mutant::EditForgetsBundle,
        Mutant::EditFreesPromotion,
        Mutant::SalesIgnoreEdits,
        Mutant::EndpointBeginsByClock,
        Mutant::PreorderEndsUnseen,
        Mutant::LabelForEachTry,
        Mutant::CancelledKeepsLabel,
        Mutant::ParcelShippedTwice,
        Mutant::RequestedAgain,
        Mutant::CancelledStillPacked,
        Mutant::LateUpdateGoesBack,
        Mutant::DeliveredTwice,
        Mutant::HandedOverUnasked,
    ];

    /// Whether platforms with this bug also lack a last check that stock stays positive: the bug is about stock, and
    /// with that check it would be refused where it happens, not seen in the books.
    #[must_use]
    pub const fn lacks_stock_check(self) -> bool {
        matches!(
            self,
            Mutant::StockCheckThenAct
                | Mutant::WebhookAndReturnBothComplete
                | Mutant::ExpiryAndClaimBothWin
                | Mutant::CancelReleasesTwice
                | Mutant::BundleCheckedPerLine
        )
    }
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

    /// Whether the mutant planted on this thread [lacks the stock check](Mutant::lacks_stock_check).
    #[must_use]
    pub fn stock_unchecked() -> bool {
        PLANTED.get().is_some_and(Mutant::lacks_stock_check)
    }
}

#[cfg(feature = "mutants")]
pub use switch::{any_planted, plant, planted, stock_unchecked};

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

/// Whether stock may become negative: never, in this build.
#[cfg(not(feature = "mutants"))]
#[must_use]
pub const fn stock_unchecked() -> bool {
    false
}
