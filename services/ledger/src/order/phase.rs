//! The states of an order and every transition between them, as one table (invariant I8).

use serde::{Deserialize, Serialize};

/// Where an order stands in the checkout saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Durable, stock held, the provider is being asked.
    Placing,
    /// The provider did not answer; it is asked again under the same key.
    Unknown,
    /// The shopper must do something at the provider.
    RequiresAction,
    /// Declined; the hold stays for another attempt until it expires.
    Declined,
    /// Paid for or authorised, stock committed.
    Confirmed,
    /// Delivered, nothing left to do.
    Closed,
    /// Will be cancelled; money is on its way back.
    Cancelling,
    Cancelled,
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhaseEvent {
    /// Authorised, and the stock is there.
    Approved,
    /// Authorised, but the stock is gone.
    ApprovedTooLate,
    Declined,
    NoAnswer,
    ActionRequired,
    /// A person, a successor order or time cancelled it.
    CancelAsked,
    /// No money of this order is left at the provider.
    MoneyBack,
    /// Every unit is delivered or taken off.
    AllDone,
}

/// What an event does to a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    Goto(Phase),
    /// Expected, and nothing changes: a repetition.
    Stay,
    /// Not expected here: counted, and ignored.
    Unexpected,
}

impl Phase {
    pub const ALL: [Phase; 8] = [
        Phase::Placing,
        Phase::Unknown,
        Phase::RequiresAction,
        Phase::Declined,
        Phase::Confirmed,
        Phase::Closed,
        Phase::Cancelling,
        Phase::Cancelled,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Placing => "placing",
            Phase::Unknown => "unknown",
            Phase::RequiresAction => "requires_action",
            Phase::Declined => "declined",
            Phase::Confirmed => "confirmed",
            Phase::Closed => "closed",
            Phase::Cancelling => "cancelling",
            Phase::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|p| p.name() == name)
    }

    /// Nothing is left to happen by itself.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Phase::Closed | Phase::Cancelled)
    }

    /// The payment is not decided yet.
    #[must_use]
    pub const fn is_undecided(self) -> bool {
        matches!(self, Phase::Placing | Phase::Unknown | Phase::RequiresAction)
    }

    /// The total transition function: every pair has an answer.
    #[must_use]
    pub const fn on(self, event: PhaseEvent) -> Transition {
        use Phase as P;
        use PhaseEvent as E;
        use Transition::{Goto, Stay, Unexpected};
        match (self, event) {
            (P::Placing | P::Unknown | P::RequiresAction, E::Approved) => Goto(P::Confirmed),
            // An attempt that was declined and then approved under the same key: the provider's word counts.
            (P::Declined, E::Approved) => Goto(P::Confirmed),
            (P::Confirmed | P::Closed, E::Approved) => Stay,
            // Named compensation: an approval that arrives after cancellation is given back.
            (P::Cancelling | P::Cancelled, E::Approved | E::ApprovedTooLate) => Goto(P::Cancelling),
            (P::Placing | P::Unknown | P::RequiresAction | P::Declined, E::ApprovedTooLate) => Goto(P::Cancelling),
            (P::Confirmed | P::Closed, E::ApprovedTooLate) => Unexpected,

            (P::Placing | P::Unknown | P::RequiresAction, E::Declined) => Goto(P::Declined),
            (P::Declined | P::Cancelling | P::Cancelled, E::Declined) => Stay,
            (P::Confirmed | P::Closed, E::Declined) => Unexpected,

            (P::Placing | P::Unknown, E::NoAnswer) => Goto(P::Unknown),
            (
                P::RequiresAction | P::Confirmed | P::Closed | P::Cancelling | P::Cancelled | P::Declined,
                E::NoAnswer,
            ) => Stay,

            (P::Placing | P::Unknown | P::RequiresAction, E::ActionRequired) => Goto(P::RequiresAction),
            (P::Cancelling | P::Cancelled, E::ActionRequired) => Stay,
            (P::Declined | P::Confirmed | P::Closed, E::ActionRequired) => Unexpected,

            (P::Placing | P::Unknown | P::RequiresAction | P::Declined | P::Confirmed, E::CancelAsked) => {
                Goto(P::Cancelling)
            }
            (P::Cancelling | P::Cancelled, E::CancelAsked) => Stay,
            (P::Closed, E::CancelAsked) => Unexpected,

            (P::Cancelling, E::MoneyBack) => Goto(P::Cancelled),
            (P::Cancelled, E::MoneyBack) => Stay,
            (P::Placing | P::Unknown | P::RequiresAction | P::Declined | P::Confirmed | P::Closed, E::MoneyBack) => {
                Unexpected
            }

            (P::Confirmed, E::AllDone) => Goto(P::Closed),
            (P::Closed, E::AllDone) => Stay,
            (P::Placing | P::Unknown | P::RequiresAction | P::Declined | P::Cancelling | P::Cancelled, E::AllDone) => {
                Unexpected
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [PhaseEvent; 8] = [
        PhaseEvent::Approved,
        PhaseEvent::ApprovedTooLate,
        PhaseEvent::Declined,
        PhaseEvent::NoAnswer,
        PhaseEvent::ActionRequired,
        PhaseEvent::CancelAsked,
        PhaseEvent::MoneyBack,
        PhaseEvent::AllDone,
    ];

    /// How far along the way an order is; a transition to a lower rank is moving backwards.
    fn rank(phase: Phase) -> u8 {
        match phase {
            Phase::Placing | Phase::Unknown | Phase::RequiresAction | Phase::Declined => 0,
            Phase::Confirmed => 1,
            Phase::Closed => 2,
            Phase::Cancelling => 3,
            Phase::Cancelled => 4,
        }
    }

    #[test]
    fn no_order_moves_backwards_except_by_the_named_compensation() {
        for from in Phase::ALL {
            for event in EVENTS {
                let Transition::Goto(to) = from.on(event) else { continue };
                let compensation = from == Phase::Cancelled
                    && to == Phase::Cancelling
                    && matches!(event, PhaseEvent::Approved | PhaseEvent::ApprovedTooLate);
                assert!(rank(to) >= rank(from) || compensation, "{from:?} on {event:?} goes back to {to:?}");
            }
        }
    }

    #[test]
    fn every_event_settles_when_repeated() {
        for from in Phase::ALL {
            for event in EVENTS {
                let Transition::Goto(to) = from.on(event) else { continue };
                let again = to.on(event);
                let settles = match again {
                    Transition::Goto(next) => next == to,
                    Transition::Stay => true,
                    Transition::Unexpected => false,
                };
                assert!(settles, "{from:?} on {event:?} twice: {again:?}");
            }
        }
    }

    #[test]
    fn a_cancelled_order_is_never_confirmed() {
        for from in [Phase::Cancelling, Phase::Cancelled] {
            for event in EVENTS {
                assert_ne!(from.on(event), Transition::Goto(Phase::Confirmed), "{from:?} on {event:?}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for phase in Phase::ALL {
            assert_eq!(Phase::parse(phase.name()), Some(phase));
        }
    }
}
