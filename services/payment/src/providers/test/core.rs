//! The test provider's books: a pure, synchronous, deterministic state machine.
//!
//! No I/O, no clock, no chance: the caller says what time it is, and ids derive from keys. The same calls give the same
//! books, which is what lets the adapter replay its journal and the simulator wrap these books in lies.
//!
//! Every call carries a key, and one key is one effect: a repeated call finds what the first one did. A refusal is
//! remembered too, because [`ProviderError::Refused`] promises that the call will never happen.

use std::collections::{BTreeMap, BTreeSet};

use contracts::payment::{
    AuthoriseRequest, ProviderError, ProviderPayment, ProviderRefund, ProviderStatus, RefundStatus,
};
use kernel::{Money, Timestamp};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// How long `tok_slow` takes to decide.
pub const SLOW_MS: i64 = 5_000;
/// How long the webhook of `tok_webhook_late` takes.
pub const LATE_WEBHOOK_MS: u64 = 3_000;

/// What a token makes happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    Approve,
    Decline,
    InsufficientFunds,
    ThreeDSecure,
    Slow,
    TimeoutCharged,
    TimeoutLost,
    WebhookFirst,
    WebhookTwice,
    WebhookLate,
    /// The token is not one of ours.
    Invalid,
}

impl Behaviour {
    /// Every token of the API, with what it does.
    pub const TOKENS: [(&'static str, Behaviour); 10] = [
        ("tok_approve", Behaviour::Approve),
        ("tok_decline", Behaviour::Decline),
        ("tok_insufficient_funds", Behaviour::InsufficientFunds),
        ("tok_3ds", Behaviour::ThreeDSecure),
        ("tok_slow", Behaviour::Slow),
        ("tok_timeout_charged", Behaviour::TimeoutCharged),
        ("tok_timeout_lost", Behaviour::TimeoutLost),
        ("tok_webhook_first", Behaviour::WebhookFirst),
        ("tok_webhook_twice", Behaviour::WebhookTwice),
        ("tok_webhook_late", Behaviour::WebhookLate),
    ];

    #[must_use]
    pub fn of(token: &str) -> Self {
        Self::TOKENS.iter().find(|(name, _)| *name == token).map_or(Behaviour::Invalid, |(_, behaviour)| *behaviour)
    }

    /// Whether the webhooks of such a payment do nothing but repeat what the call's answer already said.
    const fn is_plain(self) -> bool {
        matches!(self, Behaviour::Approve | Behaviour::Decline | Behaviour::InsufficientFunds | Behaviour::Invalid)
    }
}

/// When the caller hears of an authorisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Now,
    AfterMs(u64),
    /// The call never answers. What it did stands in the books all the same.
    Never,
}

/// When a webhook leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Delivered before the call that caused it answers.
    BeforeReply,
    Now,
    AfterMs(u64),
}

/// A webhook that the provider owes its merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Derived from payment and revision, so that a repeated webhook is recognised.
    pub id: String,
    /// E.g. `payment.authorised`.
    pub kind: &'static str,
    pub key: String,
    pub reference: String,
    pub when: When,
    /// Whether it tells nothing that the call's answer did not tell.
    pub plain: bool,
}

/// What an authorisation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorised {
    /// The payment as the books have it now. None when nothing was recorded.
    pub payment: Option<ProviderPayment>,
    pub reply: Reply,
    pub webhooks: Vec<Webhook>,
}

/// What another call did to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub payment: ProviderPayment,
    /// Empty when the call was a repeat.
    pub webhooks: Vec<Webhook>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OperationKind {
    Capture,
    Void,
}

/// A call that was made on a payment, kept so that its repeat is the same call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Operation {
    key: Box<str>,
    kind: OperationKind,
    amount_minor: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<Box<str>>,
}

/// A payment in the provider's books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payment {
    key: Box<str>,
    order: Box<str>,
    amount: Money,
    behaviour: Behaviour,
    status: ProviderStatus,
    captured_minor: i64,
    refunded_minor: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decline_code: Option<Box<str>>,
    /// Only for payments that need the shopper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    return_url: Option<Box<str>>,
    created_ms: i64,
    changed_ms: i64,
    revision: u64,
    operations: Vec<Operation>,
}

/// The first half of SHA-256 over the key: the payment's reference as a number.
type Reference = u128;

fn reference_of(key: &str) -> Reference {
    let digest = digest(&SHA256, key.as_bytes());
    digest.as_ref().iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

fn reference_text(reference: Reference) -> String {
    format!("pay_{reference:032x}")
}

fn parse_reference(text: &str) -> Option<Reference> {
    let digits = text.strip_prefix("pay_")?;
    let fine = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if fine { u128::from_str_radix(digits, 16).ok() } else { None }
}

fn refused<T>(why: &str) -> Result<T, ProviderError> {
    Err(ProviderError::Refused(why.to_owned()))
}

/// The provider's books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Core {
    /// By the hash of our key, which is also the payment's reference: one map serves both ways of asking.
    payments: BTreeMap<Reference, Payment>,
    refunds: BTreeMap<Box<str>, ProviderRefund>,
    /// When each payment last changed, oldest first.
    changes: BTreeSet<(i64, Reference)>,
    /// When each slow payment will be decided.
    undecided: BTreeSet<(i64, Reference)>,
    /// What URLs of pages start with, e.g. `https://shop.example`. Empty: they are relative to the shop.
    base_url: String,
}

impl Core {
    /// Empty books whose pages live below `base_url`.
    #[must_use]
    pub fn new(base_url: &str) -> Self {
        Core { base_url: base_url.trim_end_matches('/').to_owned(), ..Core::default() }
    }

    /// Takes a payment as far as its token says. The same key is the same payment, whatever else the request says: the
    /// answer carries the amount, so a caller sees what stands.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] when the amount is not positive or the key is empty; nothing is recorded then.
    pub fn authorise(&mut self, request: &AuthoriseRequest, now: Timestamp) -> Result<Authorised, ProviderError> {
        if request.amount.amount_minor <= 0 {
            return refused("the amount must be positive");
        }
        if request.key.is_empty() || request.key.len() > 255 {
            return refused("the key must have 1 to 255 bytes");
        }
        let reference = reference_of(&request.key);
        if let Some(known) = self.payments.get(&reference) {
            let reply = match known.behaviour {
                Behaviour::TimeoutCharged => Reply::Never,
                Behaviour::Slow => reply_at(known.created_ms + SLOW_MS, now),
                _ => Reply::Now,
            };
            return Ok(Authorised { payment: Some(self.show(reference, known)), reply, webhooks: Vec::new() });
        }
        let behaviour = Behaviour::of(&request.token);
        if behaviour == Behaviour::TimeoutLost {
            return Ok(Authorised { payment: None, reply: Reply::Never, webhooks: Vec::new() });
        }
        let payment = Payment::begin(request, behaviour, now);
        if payment.status == ProviderStatus::Processing {
            self.undecided.insert((now.millis() + SLOW_MS, reference));
        }
        let reply = match behaviour {
            Behaviour::TimeoutCharged => Reply::Never,
            Behaviour::Slow => reply_at(now.millis() + SLOW_MS, now),
            _ => Reply::Now,
        };
        let webhooks = if behaviour == Behaviour::Slow { Vec::new() } else { payment.webhooks(reference) };
        let shown = self.show(reference, &payment);
        self.changes.insert((payment.changed_ms, reference));
        self.payments.insert(reference, payment);
        Ok(Authorised { payment: Some(shown), reply, webhooks })
    }

    /// What stands under `key`.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<ProviderPayment> {
        let reference = reference_of(key);
        self.payments.get(&reference).map(|payment| self.show(reference, payment))
    }

    /// What stands under the provider's own name for a payment.
    #[must_use]
    pub fn find_by_reference(&self, reference: &str) -> Option<ProviderPayment> {
        let reference = parse_reference(reference)?;
        self.payments.get(&reference).map(|payment| self.show(reference, payment))
    }

    /// Where the shopper goes back to after deciding. None when this payment never needed them.
    #[must_use]
    pub fn return_url(&self, reference: &str) -> Option<&str> {
        self.payments.get(&parse_reference(reference)?)?.return_url.as_deref()
    }

    /// Captures `amount` of an authorised payment; several captures may share it.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] when the payment is unknown or not authorised, the amount is not positive, in
    /// another currency or more than what is left, or the key was used for another call.
    pub fn capture(
        &mut self,
        reference: &str,
        key: &str,
        amount: Money,
        now: Timestamp,
    ) -> Result<Changed, ProviderError> {
        self.operate(reference, key, OperationKind::Capture, amount.amount_minor, now, |payment| {
            if !matches!(payment.status, ProviderStatus::Authorised | ProviderStatus::Captured) {
                return Err("only an authorised payment can be captured");
            }
            if amount.currency != payment.amount.currency {
                return Err("the payment is in another currency");
            }
            let left = payment.amount.amount_minor - payment.captured_minor;
            if amount.amount_minor <= 0 || amount.amount_minor > left {
                return Err("the amount is more than what is authorised and not yet captured");
            }
            payment.captured_minor += amount.amount_minor;
            payment.status = ProviderStatus::Captured;
            Ok(true)
        })
    }

    /// Gives an authorisation up. Voiding what is already void changes nothing.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] when the payment is unknown, captured or declined, or the key was used for another
    /// call.
    pub fn void(&mut self, reference: &str, key: &str, now: Timestamp) -> Result<Changed, ProviderError> {
        let changed = self.operate(reference, key, OperationKind::Void, 0, now, |payment| match payment.status {
            ProviderStatus::Captured => Err("a captured payment can only be refunded"),
            ProviderStatus::Declined => Err("a declined payment holds nothing"),
            ProviderStatus::Voided => Ok(false),
            ProviderStatus::Processing | ProviderStatus::RequiresAction | ProviderStatus::Authorised => {
                payment.status = ProviderStatus::Voided;
                Ok(true)
            }
        })?;
        if let Some(id) = parse_reference(reference) {
            self.undecided.retain(|(_, undecided)| *undecided != id);
        }
        Ok(changed)
    }

    /// Gives captured money back. The same key is the same refund.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] when the payment is unknown, the amount is not positive, in another currency or
    /// more than what is captured and not yet refunded, or the key was used for another payment.
    pub fn refund(
        &mut self,
        reference: &str,
        key: &str,
        amount: Money,
        now: Timestamp,
    ) -> Result<(ProviderRefund, Vec<Webhook>), ProviderError> {
        if let Some(known) = self.refunds.get(key) {
            return match known.status {
                _ if known.payment_reference != reference => refused("this key was used for another payment"),
                RefundStatus::Failed => refused("this refund failed before"),
                RefundStatus::Succeeded | RefundStatus::Pending => Ok((known.clone(), Vec::new())),
            };
        }
        let outcome = self.try_refund(reference, amount, now);
        let status = if outcome.is_ok() { RefundStatus::Succeeded } else { RefundStatus::Failed };
        let refund = ProviderRefund { key: key.to_owned(), payment_reference: reference.to_owned(), amount, status };
        self.refunds.insert(key.into(), refund.clone());
        outcome.map(|webhooks| (refund, webhooks))
    }

    fn try_refund(&mut self, reference: &str, amount: Money, now: Timestamp) -> Result<Vec<Webhook>, ProviderError> {
        let Some((id, payment)) = parse_reference(reference).and_then(|id| Some((id, self.payments.get_mut(&id)?)))
        else {
            return refused("there is no such payment");
        };
        if amount.currency != payment.amount.currency {
            return refused("the payment is in another currency");
        }
        let left = payment.captured_minor - payment.refunded_minor;
        if amount.amount_minor <= 0 || amount.amount_minor > left {
            return refused("the amount is more than what is captured and not yet refunded");
        }
        payment.refunded_minor += amount.amount_minor;
        let mut webhooks = touch(&mut self.changes, id, payment, now);
        webhooks.iter_mut().for_each(|webhook| webhook.kind = "payment.refunded");
        Ok(webhooks)
    }

    /// The refund under `key`, failed ones included.
    #[must_use]
    pub fn find_refund(&self, key: &str) -> Option<ProviderRefund> {
        self.refunds.get(key).cloned()
    }

    /// Payments changed at or after `since`, oldest change first: at least `limit` when there are as many, and all
    /// those that changed in the same millisecond as the last.
    #[must_use]
    pub fn changed_since(&self, since: Timestamp, limit: usize) -> Vec<ProviderPayment> {
        let mut found = Vec::new();
        let mut last_ms = i64::MIN;
        for (at_ms, reference) in self.changes.range((since.millis(), 0)..) {
            if found.len() >= limit && *at_ms != last_ms {
                break;
            }
            last_ms = *at_ms;
            found.extend(self.payments.get(reference).map(|payment| self.show(*reference, payment)));
        }
        found
    }

    /// The shopper decided on the page of the provider. A payment that waits for nobody stays as it is.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] when the payment is unknown or never needed the shopper.
    pub fn complete_action(
        &mut self,
        reference: &str,
        approve: bool,
        now: Timestamp,
    ) -> Result<Changed, ProviderError> {
        let Some((id, payment)) = parse_reference(reference).and_then(|id| Some((id, self.payments.get_mut(&id)?)))
        else {
            return refused("there is no such payment");
        };
        if payment.return_url.is_none() {
            return refused("this payment does not wait for the shopper");
        }
        let mut webhooks = Vec::new();
        if payment.status == ProviderStatus::RequiresAction {
            if approve {
                payment.status = ProviderStatus::Authorised;
            } else {
                payment.status = ProviderStatus::Declined;
                payment.decline_code = Some("authentication_failed".into());
            }
            webhooks = touch(&mut self.changes, id, payment, now);
        }
        self.changed(id, webhooks)
    }

    /// When the next slow payment is to be decided.
    #[must_use]
    pub fn next_decision(&self) -> Option<Timestamp> {
        self.undecided.first().map(|(at_ms, _)| Timestamp::from_millis(*at_ms))
    }

    /// Decides the slow payments whose time has come by `now`.
    pub fn decide_due(&mut self, now: Timestamp) -> Vec<Changed> {
        let mut decided = Vec::new();
        while let Some((at_ms, id)) = self.undecided.first().copied() {
            if at_ms > now.millis() {
                break;
            }
            self.undecided.remove(&(at_ms, id));
            let Some(payment) = self.payments.get_mut(&id) else { continue };
            if payment.status == ProviderStatus::Processing {
                payment.status = ProviderStatus::Authorised;
                let webhooks = touch(&mut self.changes, id, payment, now);
                decided.extend(self.changed(id, webhooks));
            }
        }
        decided
    }

    /// Every payment, in the order of references.
    pub fn payments(&self) -> impl Iterator<Item = ProviderPayment> + '_ {
        self.payments.iter().map(|(reference, payment)| self.show(*reference, payment))
    }

    pub(super) fn raw_payments(&self) -> impl Iterator<Item = &Payment> {
        self.payments.values()
    }

    pub(super) fn raw_refunds(&self) -> impl Iterator<Item = &ProviderRefund> {
        self.refunds.values()
    }

    /// Puts a payment back as [`Core::raw_payments`] gave it.
    pub(super) fn restore_payment(&mut self, payment: Payment) {
        let reference = reference_of(&payment.key);
        if payment.status == ProviderStatus::Processing {
            self.undecided.insert((payment.created_ms + SLOW_MS, reference));
        }
        self.changes.insert((payment.changed_ms, reference));
        self.payments.insert(reference, payment);
    }

    /// Puts a refund back as [`Core::raw_refunds`] gave it.
    pub(super) fn restore_refund(&mut self, refund: ProviderRefund) {
        self.refunds.insert(refund.key.as_str().into(), refund);
    }

    /// Runs `change` on a payment once per key. `change` says whether it changed anything.
    fn operate(
        &mut self,
        reference: &str,
        key: &str,
        kind: OperationKind,
        amount_minor: i64,
        now: Timestamp,
        change: impl FnOnce(&mut Payment) -> Result<bool, &'static str>,
    ) -> Result<Changed, ProviderError> {
        let Some((id, payment)) = parse_reference(reference).and_then(|id| Some((id, self.payments.get_mut(&id)?)))
        else {
            return refused("there is no such payment");
        };
        if let Some(known) = payment.operations.iter().find(|operation| *operation.key == *key) {
            if known.kind != kind || known.amount_minor != amount_minor {
                return refused("this key was used for another call");
            }
            return match &known.refused {
                Some(why) => refused(why),
                None => self.changed(id, Vec::new()),
            };
        }
        let outcome = change(payment);
        let why = outcome.err().map(Box::from);
        payment.operations.push(Operation { key: key.into(), kind, amount_minor, refused: why });
        match outcome {
            Err(why) => refused(why),
            Ok(false) => self.changed(id, Vec::new()),
            Ok(true) => {
                let webhooks = touch(&mut self.changes, id, payment, now);
                self.changed(id, webhooks)
            }
        }
    }

    fn changed(&self, id: Reference, webhooks: Vec<Webhook>) -> Result<Changed, ProviderError> {
        match self.payments.get(&id) {
            Some(payment) => Ok(Changed { payment: self.show(id, payment), webhooks }),
            None => refused("there is no such payment"),
        }
    }

    fn show(&self, reference: Reference, payment: &Payment) -> ProviderPayment {
        let reference = reference_text(reference);
        let next_action_url = match &payment.return_url {
            Some(return_url) if payment.status == ProviderStatus::RequiresAction => Some(format!(
                "{}/test-provider/3ds/{reference}?return_url={}",
                self.base_url,
                percent_encode(return_url)
            )),
            _ => None,
        };
        ProviderPayment {
            reference,
            key: payment.key.to_string(),
            status: payment.status,
            amount: payment.amount,
            captured_minor: payment.captured_minor,
            refunded_minor: payment.refunded_minor,
            decline_code: payment.decline_code.as_deref().map(str::to_owned),
            next_action_url,
            created_at: Timestamp::from_millis(payment.created_ms),
            changed_at: Timestamp::from_millis(payment.changed_ms),
            revision: payment.revision,
        }
    }
}

fn reply_at(at_ms: i64, now: Timestamp) -> Reply {
    match u64::try_from(at_ms - now.millis()) {
        Ok(wait_ms) if wait_ms > 0 => Reply::AfterMs(wait_ms),
        _ => Reply::Now,
    }
}

/// Marks a payment as changed now, and says which webhooks that owes. Time may stand still or run backwards between
/// two calls; the books' own time does not, and the revision always grows.
fn touch(
    changes: &mut BTreeSet<(i64, Reference)>,
    id: Reference,
    payment: &mut Payment,
    now: Timestamp,
) -> Vec<Webhook> {
    changes.remove(&(payment.changed_ms, id));
    payment.changed_ms = payment.changed_ms.max(now.millis());
    payment.revision += 1;
    changes.insert((payment.changed_ms, id));
    payment.webhooks(id)
}

impl Payment {
    fn begin(request: &AuthoriseRequest, behaviour: Behaviour, now: Timestamp) -> Self {
        let (status, decline_code) = match behaviour {
            Behaviour::Decline => (ProviderStatus::Declined, Some("card_declined")),
            Behaviour::InsufficientFunds => (ProviderStatus::Declined, Some("insufficient_funds")),
            Behaviour::Invalid => (ProviderStatus::Declined, Some("invalid_token")),
            Behaviour::ThreeDSecure => (ProviderStatus::RequiresAction, None),
            Behaviour::Slow => (ProviderStatus::Processing, None),
            Behaviour::Approve
            | Behaviour::TimeoutCharged
            | Behaviour::TimeoutLost
            | Behaviour::WebhookFirst
            | Behaviour::WebhookTwice
            | Behaviour::WebhookLate => (ProviderStatus::Authorised, None),
        };
        Payment {
            key: request.key.as_str().into(),
            order: request.order.as_str().into(),
            amount: request.amount,
            behaviour,
            status,
            captured_minor: 0,
            refunded_minor: 0,
            decline_code: decline_code.map(Box::from),
            return_url: (status == ProviderStatus::RequiresAction).then(|| request.return_url.as_str().into()),
            created_ms: now.millis(),
            changed_ms: now.millis(),
            revision: 1,
            operations: Vec::new(),
        }
    }

    /// The webhooks that tell of the payment's present revision.
    fn webhooks(&self, reference: Reference) -> Vec<Webhook> {
        let kind = match self.status {
            ProviderStatus::Processing => "payment.processing",
            ProviderStatus::RequiresAction => "payment.requires_action",
            ProviderStatus::Authorised => "payment.authorised",
            ProviderStatus::Captured => "payment.captured",
            ProviderStatus::Declined => "payment.declined",
            ProviderStatus::Voided => "payment.voided",
        };
        let when = match self.behaviour {
            Behaviour::WebhookFirst => When::BeforeReply,
            Behaviour::WebhookLate => When::AfterMs(LATE_WEBHOOK_MS),
            _ => When::Now,
        };
        let webhook = Webhook {
            id: format!("evt_{reference:032x}_{}", self.revision),
            kind,
            key: self.key.to_string(),
            reference: reference_text(reference),
            when,
            plain: self.behaviour.is_plain(),
        };
        match self.behaviour {
            Behaviour::WebhookTwice => vec![webhook.clone(), webhook],
            _ => vec![webhook],
        }
    }
}

/// `text` as the value of a query parameter.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
