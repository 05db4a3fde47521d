//! Random histories: after every command the invariants hold, and once the provider is honest again, everything ends.
//!
//! The provider here keeps books like a real one and tells of them like a real one: late, twice, out of order, or not
//! at all. Now and then it tells what cannot be true.

use std::collections::BTreeMap;

use contracts::payment::ProviderStatus as S;
use contracts::saga::Next;
use kernel::mutant;

use super::*;
use crate::order::Attempt;

/// Histories in a test run.
const HISTORIES: u64 = 300;
const COMMANDS: u64 = 60;
const SKUS: [&str; 3] = ["A", "B", "C"];
/// `S` is made of the first two.
const SOLD: [&str; 4] = ["A", "B", "C", "S"];

/// The provider's books about one order.
#[derive(Clone, Debug, Default)]
struct Books {
    /// Every state the payment ever had, the last one true.
    states: Vec<ProviderPayment>,
    refunds: BTreeMap<RefundId, RefundStatus>,
    given_back: i64,
}

impl Books {
    fn last(&self) -> Option<S> {
        self.states.last().map(|p| p.status)
    }

    fn moves_to(&mut self, buy: &Buy, status: S) -> ProviderPayment {
        let state = payment(buy, status, self.states.len() as u64 + 1);
        self.states.push(state.clone());
        state
    }

    /// Does what the ledger asks for, honestly.
    fn act(&mut self, buy: &Buy, next: &Next, outcome: S) -> Option<Observation> {
        let refused = |why: &str| Observation::Refused { attempt: 1, why: why.to_owned() };
        let tells = |payment| Observation::Payment { attempt: 1, payment };
        Some(match next {
            Next::Authorise { .. } => match self.states.last() {
                Some(known) => tells(known.clone()),
                None => tells(self.moves_to(buy, outcome)),
            },
            Next::Find { .. } => self.states.last().map_or(Observation::Missing { attempt: 1 }, |p| tells(p.clone())),
            Next::Capture { .. } => match self.last() {
                Some(S::Authorised) => tells(self.moves_to(buy, S::Captured)),
                Some(S::Captured) => tells(self.states.last()?.clone()),
                _ => refused("not authorised"),
            },
            Next::Void { .. } => match self.last() {
                Some(S::Captured | S::Declined) | None => refused("nothing to void"),
                Some(S::Voided) => tells(self.states.last()?.clone()),
                Some(_) => tells(self.moves_to(buy, S::Voided)),
            },
            Next::Refund { refund, amount, .. } => {
                let known = self.refunds.entry(*refund).or_insert_with(|| {
                    self.given_back += amount.amount_minor;
                    RefundStatus::Succeeded
                });
                let seen = ProviderRefund {
                    key: format!("refund:{refund}"),
                    payment_reference: format!("pay_{}", buy.n),
                    amount: *amount,
                    status: known.clone(),
                };
                Observation::Refund { refund: *refund, seen }
            }
            Next::Wait { .. } | Next::Done => return None,
        })
    }
}

struct History {
    seed: u64,
    shop: Shop,
    orders: Vec<(Buy, Books)>,
    ids: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut shop = Shop::new();
        shop.rng = Arc::new(SeededRng::new(seed));
        for name in SKUS {
            shop.stock(name, "main", 4);
            shop.stock(name, "east", 3);
        }
        shop.ask(Command::PutCoupon { code: "TEN".to_owned(), limit: Some(3) }).reply.unwrap();
        let gift = Command::IssueGiftCard { code_hash: hash(9_000), code: "G".to_owned(), balance: eur(5_000) };
        shop.ask(gift).reply.unwrap();
        shop.ask(super::backorder::bundle("S", &[("A", 2), ("B", 1)])).reply.unwrap();
        History { seed, shop, orders: Vec::new(), ids: 0 }
    }

    fn below(&self, bound: u64) -> u64 {
        self.shop.rng.below(bound)
    }

    fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn ask(&mut self, command: Command) {
        // Rejections are part of life; faults of ours are not.
        let of_a_person = !matches!(command, Command::Record { .. } | Command::Wake { .. });
        if of_a_person && self.one_in(3) {
            let key = 1_000_000 + self.below(1 << 40);
            self.checked(command, Some(key));
        } else {
            self.checked(command, None);
        }
    }

    fn stock_command(&mut self, command: Command) {
        let what = format!("seed {}: {command:?}", self.seed);
        let done = self.shop.submit(Envelope { actor: staff(), ..envelope(command) });
        let fault = done.reply.err().filter(|f| f.kind == kernel::ErrorKind::Internal);
        assert!(fault.is_none(), "{what}: {fault:?}");
    }

    fn checked(&mut self, command: Command, key: Option<u64>) -> Done {
        let what = format!("seed {}: {command:?}", self.seed);
        let done = match key {
            Some(key) => self.shop.ask_once(command.clone(), key),
            None => self.shop.ask(command.clone()),
        };
        if let Err(failure) = &done.reply {
            assert_ne!(failure.kind, kernel::ErrorKind::Internal, "{what}: {:?}", failure.internal);
        }
        if let Some(key) = key {
            let again = self.shop.ask_once(command, key);
            assert!(again.changed_nothing(), "{what}: a repeated key took effect");
        }
        done
    }

    fn buy(&mut self) -> Buy {
        let n = 10_000 + self.id();
        let lines = (0..=self.below(2)).map(|_| {
            let price = [0, 333, 1_000, 1_999][self.below(4) as usize];
            (SOLD[self.below(4) as usize], 1 + self.below(3) as u32, price)
        });
        let mut buy = Buy { lines: lines.collect(), ..Buy::new(n, &[]) }.of_cart(self.below(4), 1 + self.below(2));
        let items: i64 = buy.lines.iter().map(|(_, quantity, unit)| i64::from(*quantity) * unit).sum();
        let first = i64::from(buy.lines[0].1) * buy.lines[0].2;
        if self.one_in(3) {
            buy.coupons = vec!["TEN".to_owned()];
            buy.discount = first / 10;
        }
        if self.one_in(3) {
            let share = (items - buy.discount).min(700);
            buy.gift_cards = if share > 0 { vec![(hash(9_000), share)] } else { Vec::new() };
        }
        buy
    }

    fn place(&mut self) {
        let buy = self.buy();
        let done = self.shop.place(&buy);
        if let Err(failure) = &done.reply {
            assert_eq!(failure.code, "request_in_progress", "seed {}: {buy:?}", self.seed);
        }
        self.remember(buy);
    }

    /// Follows an order that was made.
    fn remember(&mut self, buy: Buy) {
        if at_once(self.shop.engine.order(STORE, buy.id())).unwrap().is_some() {
            self.orders.push((buy, Books::default()));
        }
    }

    /// What the provider decides when it is first asked.
    fn outcome(&self) -> S {
        [S::Authorised, S::Authorised, S::Authorised, S::Declined, S::RequiresAction, S::Processing]
            [self.below(6) as usize]
    }

    /// Does the next step of an order at the provider; its answer may be lost, or never be asked for.
    fn drive(&mut self, i: usize) {
        let next = match self.shop.wake(&self.orders[i].0).reply.unwrap() {
            Reply::Progress(progress) => progress.next,
            other => panic!("{other:?}"),
        };
        // The resolver only finds; the very first request is the placing's own.
        let next = match next {
            Next::Find { .. } if self.orders[i].1.states.is_empty() && self.one_in(2) => {
                self.shop.order(&self.orders[i].0).authorise()
            }
            next => next,
        };
        let outcome = self.outcome();
        let (buy, books) = &mut self.orders[i];
        let lost = self.shop.rng.below(4) == 0;
        let Some(seen) = books.act(buy, &next, outcome) else { return };
        let seen = match seen {
            Observation::Refund { refund, .. } | Observation::RefundRefused { refund, .. } if lost => {
                Observation::RefundUnanswered { refund }
            }
            _ if lost => Observation::Unanswered { attempt: 1 },
            seen => seen,
        };
        let order = buy.id();
        self.ask(Command::Record { order, seen });
    }

    /// The payment moves on at the provider by itself.
    fn provider_moves(&mut self, i: usize) {
        let coin = self.one_in(2);
        let (buy, books) = &mut self.orders[i];
        match books.last() {
            Some(S::RequiresAction | S::Processing) => {
                books.moves_to(buy, if coin { S::Authorised } else { S::Declined });
            }
            Some(S::Declined) if coin => drop(books.moves_to(buy, S::Authorised)),
            _ => {}
        }
    }

    /// An old state is told again; when there is none, time is.
    fn stale(&self, i: usize) -> Command {
        let (buy, books) = &self.orders[i];
        let order = buy.id();
        if books.states.is_empty() {
            return Command::Wake { order };
        }
        let payment = books.states[self.below(books.states.len() as u64) as usize].clone();
        Command::Record { order, seen: Observation::Payment { attempt: 1, payment } }
    }

    /// Many at once: what the first of them does, the others see.
    fn batch(&mut self) {
        let mut buys = Vec::new();
        let mut envelopes = Vec::new();
        for _ in 0..2 + self.below(6) {
            let i = self.below(self.orders.len() as u64) as usize;
            match self.below(4) {
                0 => {
                    let buy = self.buy();
                    envelopes.push(Envelope { idempotency: Some(key_ref(buy.n)), ..envelope(buy.command()) });
                    buys.push(buy);
                }
                1 => envelopes.push(envelope(self.stale(i))),
                _ => {
                    let command = self.staff_wish(i);
                    envelopes.push(Envelope { actor: staff(), ..envelope(command) });
                }
            }
        }
        let what = format!("seed {}: {envelopes:?}", self.seed);
        for done in self.shop.batch(&envelopes).unwrap_or_else(|error| panic!("{what}: {error}")) {
            let fault = done.reply.err().filter(|f| f.kind == kernel::ErrorKind::Internal);
            assert!(fault.is_none(), "{what}: {fault:?}");
        }
        self.shop.check(&what);
        buys.into_iter().for_each(|buy| self.remember(buy));
    }

    /// Something that cannot be true, or not any more.
    fn nonsense(&mut self, i: usize) {
        let order = self.shop.order(&self.orders[i].0);
        let refund = order.refunds.first().map_or(refund_id(77), |r| r.id);
        let seen = match self.below(5) {
            0 => Observation::Missing { attempt: 1 },
            1 => Observation::Unanswered { attempt: 1 + self.below(2) as u32 },
            2 => Observation::RefundUnanswered { refund },
            3 => Observation::RefundRefused { refund, why: "no".to_owned() },
            // A refusal says that nothing happened, so it is only told while nothing has.
            _ if self.orders[i].1.states.is_empty() => return,
            _ => Observation::Refused { attempt: 2, why: "no".to_owned() },
        };
        if let Observation::RefundRefused { refund, .. } = &seen {
            // What is refused has not happened.
            if self.orders[i].1.refunds.contains_key(refund) {
                return;
            }
            self.orders[i].1.refunds.insert(*refund, RefundStatus::Failed);
        }
        self.ask(Command::Record { order: order.head.id, seen });
    }

    fn staff_wish(&mut self, i: usize) -> Command {
        let n = self.id();
        let buy = self.orders[i].0.clone();
        let order = self.shop.order(&buy);
        let line = 1 + self.below(2) as u32;
        let quantity = 1 + self.below(3) as u32;
        match self.below(11) {
            9 | 10 => {
                let units = self.below(4) as u32;
                let name = SOLD[self.below(4) as usize];
                let more =
                    super::edit::added(name, 1 + self.below(2) as u32, [0, 1, 333, 1_000][self.below(4) as usize]);
                let more = if self.one_in(3) { vec![more] } else { Vec::new() };
                super::edit::edit(&buy, n, &[(line, units)], &more)
            }
            0 => cancel(&buy),
            1 => ship(&buy, n, &[]),
            2 => ship(&buy, n, &[(line, quantity)]),
            3 | 4 => match order.shipments.get(self.below(3) as usize) {
                Some(sent) => Command::Deliver { order: buy.id(), shipment: sent.id },
                None => deliver(&buy, n),
            },
            5 => refund_lines(&buy, n, &[(line, quantity)], self.one_in(2)),
            6 => refund_amount(&buy, n, 1 + self.below(2_000) as i64),
            7 => Command::RequestReturn {
                order: buy.id(),
                id: return_id(n),
                lines: quantities(&[(line, quantity)]),
                reason: String::new(),
            },
            _ => match order.returns.get(self.below(3) as usize) {
                Some(asked) => Command::ReceiveReturn { order: buy.id(), id: asked.id, restock: self.one_in(2) },
                None => refund(&buy, n, RefundRequest { restock: self.one_in(2), ..RefundRequest::default() }),
            },
        }
    }

    /// What a merchant does to the stock.
    fn stock_wish(&mut self) -> Command {
        use super::backorder::{bundle, policy};
        use super::inventory::{count, location, receive, transfer};
        use contracts::ledger::Oversell::{Backorder, Deny, Preorder};
        let n = self.id();
        let places = ["main", "east", "west"];
        let (from, to) = (places[self.below(3) as usize], places[self.below(3) as usize]);
        let (name, units) = (SKUS[self.below(3) as usize], 1 + self.below(3) as i64);
        match self.below(8) {
            0 => transfer(n, (from, to), &[(name, units)], self.one_in(2)),
            1 => receive(1 + self.below(n), None, false),
            2 => receive(1 + self.below(n), Some(&[(name, 1)]), self.one_in(2)),
            3 => count(from, &[(name, 2 + units)]),
            4 => location(from, self.below(3) as i64, !self.one_in(3)),
            5 => bundle("S", &[(SKUS[self.below(2) as usize], units), ("C", 1)]),
            _ => {
                let limit = self.one_in(2).then(|| 2 * units);
                let until = self.shop.now.plus_millis(60_000);
                match self.below(4) {
                    0 => policy(name, Deny, None, None),
                    1 => policy(name, Preorder, limit, Some(until)),
                    _ => policy(name, Backorder, limit, None),
                }
            }
        }
    }

    fn step(&mut self) {
        if self.one_in(8) {
            let command = self.stock_wish();
            let place = match &command {
                Command::PutLocation(location) => Some(location.location.clone()),
                _ => None,
            };
            // A location that opens serves those who wait with the command after its own.
            self.shop.tolerated.extend(place.as_ref().map(|_| "I5"));
            self.stock_command(command);
            self.shop.tolerated.clear();
            if let Some(location) = place {
                let skus = SKUS.iter().map(|name| sku(name)).collect();
                self.stock_command(Command::TellStock { location, skus });
            }
            return;
        }
        let choice = self.below(20);
        if self.orders.is_empty() || choice < 3 {
            return self.place();
        }
        let i = self.below(self.orders.len() as u64) as usize;
        match choice {
            3..=8 => self.drive(i),
            9 | 10 => self.provider_moves(i),
            11 => {
                let command = self.stale(i);
                self.ask(command);
            }
            12 => self.nonsense(i),
            13 => drop(self.shop.wake(&self.orders[i].0)),
            14 | 15 => {
                let jump = [1_000, 60_000, HOLD_MS / 2, HOLD_MS, -30_000][self.below(5) as usize];
                self.shop.pass(jump);
            }
            16 => {
                let name = SKUS[self.below(3) as usize];
                let delta = self.below(5) as i64 - 2;
                let location = if self.one_in(2) { "main" } else { "east" }.to_owned();
                self.ask(Command::AdjustStock { sku: sku(name), location, delta, reason: "count".to_owned() });
            }
            17 => self.batch(),
            _ => {
                let command = self.staff_wish(i);
                self.ask(command);
            }
        }
        self.vouchers();
    }

    /// Exactly the orders that stand have what was used of coupons and gift cards.
    fn vouchers(&self) {
        let orders: Vec<_> = self.orders.iter().map(|(buy, _)| self.shop.order(buy)).collect();
        let standing = || orders.iter().filter(|o| !matches!(o.head.phase, Phase::Cancelling | Phase::Cancelled));
        let uses = standing().filter(|o| !o.frozen.coupons.is_empty()).count() as i64;
        let paid: i64 = standing().map(|o| o.gift_card_left()).sum();
        let coupon = at_once(self.shop.engine.coupon(STORE, "TEN")).unwrap().unwrap();
        let card = at_once(self.shop.engine.gift_card(STORE, hash(9_000))).unwrap().unwrap();
        assert_eq!((coupon.uses, card.balance_minor), (uses, 5_000 - paid), "seed {}", self.seed);
    }

    /// From here on the provider is honest and quick, and every shopper decides.
    fn heal(&mut self) {
        for round in 0.. {
            let due = at_once(self.shop.engine.due(self.shop.now, 1_000)).unwrap();
            for i in 0..self.orders.len() {
                let buy = self.orders[i].0.clone();
                if !due.iter().any(|(_, id)| *id == buy.id()) {
                    continue;
                }
                if self.orders[i].1.last() == Some(S::Processing) {
                    self.orders[i].1.moves_to(&buy, S::Authorised);
                }
                let mut next = self.shop.wake(&buy).progress().next.clone();
                for steps in 0.. {
                    let Some(seen) = self.orders[i].1.act(&buy, &next, S::Authorised) else { break };
                    next = self.shop.record(&buy, seen).progress().next.clone();
                    assert!(steps < 8, "seed {}: a hot loop at {next:?} of {:?}", self.seed, self.shop.order(&buy));
                }
            }
            self.vouchers();
            let open = at_once(self.shop.engine.due(Timestamp::from_millis(i64::MAX), 1_000)).unwrap();
            let Some((_, first)) = open.first() else { break };
            let first = at_once(self.shop.engine.order(STORE, *first)).unwrap().unwrap();
            assert!(round < 200, "seed {}: this never ends: {first:?}", self.seed);
            self.shop.now = self.shop.now.max(first.head.due_at.unwrap());
        }
    }

    /// What must be true when nothing is left to happen.
    fn end(&self) {
        let reports = at_once(doctor::check(&self.shop.engine, self.shop.now)).unwrap();
        for report in reports {
            assert!(report.violations.is_empty(), "seed {}: {:?}", self.seed, report.violations);
        }
        for (buy, books) in &self.orders {
            let order = self.shop.order(buy);
            let seed = self.seed;
            let p = &order.payment;
            assert!(
                matches!(order.head.phase, Phase::Confirmed | Phase::Closed | Phase::Cancelled),
                "seed {seed}: {order:?}"
            );
            let captured = if books.last() == Some(S::Captured) { buy.due() } else { 0 };
            match order.head.phase {
                // An approval that nobody was ever told of, after we gave up, is the reconciler's to find.
                Phase::Cancelled if p.state == Attempt::Abandoned => assert_eq!(captured, 0, "seed {seed}: {order:?}"),
                Phase::Cancelled => {
                    assert_eq!(captured, books.given_back, "seed {seed}: {order:?}");
                    let declined_last = matches!(p.state, Attempt::Declined);
                    assert!(books.last() != Some(S::Authorised) || declined_last, "seed {seed}: {order:?}, {books:?}");
                }
                _ => {
                    assert_eq!((p.captured_minor, captured), (buy.due(), buy.due()), "seed {seed}: {order:?}");
                    assert_eq!(p.refunded_minor, books.given_back, "seed {seed}: {order:?}");
                }
            }
            let row = at_once(self.shop.engine.idempotency(STORE, hash(buy.n))).unwrap().unwrap();
            assert!(row.answer.is_some(), "seed {seed}: the shopper was never answered");
            let set_aside = books.states.iter().any(|p| matches!(p.status, S::Authorised | S::Captured));
            assert!(self.shop.told(buy, "placed") == 0 || set_aside || buy.due() == 0, "seed {seed}: told too early");
            for kind in ["created", "placed", "paid", "closed", "cancel_requested"] {
                assert!(self.shop.told(buy, kind) <= 1, "seed {seed}: {kind} twice: {:?}", self.shop.story(buy));
            }
        }
    }
}

#[test]
fn every_history_keeps_the_invariants_and_comes_to_an_end() {
    assert!(!mutant::any_planted());
    for seed in 0..HISTORIES {
        let mut history = History::new(seed);
        for _ in 0..COMMANDS {
            history.step();
        }
        history.heal();
        history.end();
    }
}
