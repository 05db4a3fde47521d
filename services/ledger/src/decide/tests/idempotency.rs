//! The same key is the same answer, and never a second effect.

use contracts::payment::ProviderStatus as S;

use super::*;
use crate::decide::ConsumerEffect;
use kernel::EventId;

#[test]
fn the_same_request_gets_the_same_bytes_and_does_nothing() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let buy = Buy::new(1, &[("A", 1)]);
    shop.place(&buy).reply.unwrap();
    let first = shop.see(&buy, S::Captured, 1);
    for _ in 0..2 {
        let again = shop.place(&buy);
        assert_eq!(again.response(), (first.response().0, true));
        assert!(again.changed_nothing());
        assert_eq!(again.progress().order, buy.id());
    }
    assert_eq!(shop.level("A"), (5, 0, 1));
    // Also after the order has moved on.
    shop.ask(cancel(&buy)).reply.unwrap();
    assert_eq!(shop.place(&buy).response(), (first.response().0, true));
    let ask = shop.ask_once(Command::Note { order: buy.id(), text: "x".to_owned() }, 50);
    let again = shop.ask_once(Command::Note { order: buy.id(), text: "x".to_owned() }, 50);
    assert_eq!(again.response(), (ask.response().0, true));
    assert_eq!(shop.told(&buy, "note_added"), 1);
}

#[test]
fn another_request_under_the_key_is_refused() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let buy = Buy::new(1, &[("A", 1)]);
    shop.place(&buy).reply.unwrap();
    for answered in [false, true] {
        if answered {
            shop.see(&buy, S::Captured, 1).reply.unwrap();
        }
        let other = IdempotencyRef { fingerprint: hash(77), ..key_ref(1) };
        let done = shop.submit(Envelope { idempotency: Some(other), ..envelope(Buy::new(2, &[("A", 1)]).command()) });
        assert_eq!(done.failure().code, "idempotency_key_reused");
        assert_eq!(done.failure().kind, kernel::ErrorKind::Invalid);
        assert!(done.changed_nothing());
    }
}

#[test]
fn a_request_in_progress_is_told_to_wait() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let buy = Buy::new(1, &[("A", 1)]);
    shop.place(&buy).reply.unwrap();
    let again = shop.place(&buy);
    assert_eq!((again.failure().code.as_ref(), again.failure().retry_after_s), ("request_in_progress", Some(1)));
    assert!(again.changed_nothing());
    // Two of the same in one batch: the second waits for the first.
    let place = |n| {
        let buy = Buy::new(n, &[("A", 1)]);
        Envelope { idempotency: Some(key_ref(n)), ..envelope(buy.command()) }
    };
    let done = shop.batch(&[place(2), place(2)]).unwrap();
    assert!(done[0].reply.is_ok());
    assert_eq!(done[1].failure().code, "request_in_progress");
    assert_eq!(shop.level("A"), (5, 2, 0));
}

#[test]
fn a_fault_of_ours_is_never_an_answer() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let mut command = Buy::new(1, &[("A", 1)]).place_command();
    command.totals.due = eur(1);
    let fault = shop.ask_once(Command::Place(Box::new(command)), 1);
    assert_eq!(fault.failure().kind, kernel::ErrorKind::Internal);
    assert_eq!(at_once(shop.engine.idempotency(STORE, hash(1))).unwrap(), None);
}

#[test]
fn a_key_is_kept_for_thirty_days() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let adjust =
        || Command::AdjustStock { sku: sku("A"), location: "main".to_owned(), delta: 1, reason: "found".to_owned() };
    shop.ask_once(adjust(), 1).reply.unwrap();
    shop.pass(super::super::IDEMPOTENCY_MS - 1);
    assert!(shop.ask_once(adjust(), 1).response().1);
    shop.pass(1);
    assert!(!shop.ask_once(adjust(), 1).response().1, "a new request by now");
    assert_eq!(shop.level("A"), (7, 0, 0));
}

#[test]
fn an_order_is_made_once_even_when_its_key_is_forgotten() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let buy = Buy::new(1, &[("A", 1)]);
    shop.paid(&buy);
    shop.pass(super::super::IDEMPOTENCY_MS);
    assert_eq!(json(shop.place(&buy).response().0)["code"], "already_ordered");
    assert_eq!(shop.level("A"), (5, 0, 1));
}

#[test]
fn webhooks_and_events_take_effect_once() {
    let mut shop = Shop::new();
    let webhook = |id: &str| Command::ReceiveWebhook { provider: "test".to_owned(), id: id.to_owned(), order: None };
    let event = EventId::from_uuid(uuid(8, 1));
    let sales = |quantity| Command::Consume {
        consumer: "sales".to_owned(),
        event,
        effect: ConsumerEffect::Sales(vec![(sku("A"), quantity), (sku("A"), 1)]),
    };
    let fresh = |done: Done| matches!(done.reply, Ok(Reply::Fresh(true)));
    assert!(fresh(shop.ask(webhook("w1"))));
    assert!(!fresh(shop.ask(webhook("w1"))));
    assert!(fresh(shop.ask(webhook("w2"))));
    let batch = [envelope(webhook("w3")), envelope(webhook("w3")), envelope(sales(2)), envelope(sales(2))];
    let done: Vec<_> = shop.batch(&batch).unwrap().into_iter().map(fresh).collect();
    assert_eq!(done, [true, false, true, false]);
    assert!(!fresh(shop.ask(sales(2))));
    assert_eq!(at_once(shop.engine.sales(STORE)).unwrap()[0].units, 3);
}

#[test]
fn an_erased_person_stays_erased_and_the_books_stay_whole() {
    let mut shop = Shop::with_stock(&[("A", 1)]);
    let buy = Buy::new(1, &[("A", 1)]);
    shop.paid(&buy);
    let erase = Command::Erase { person: PersonId::from_uuid(uuid(2, 1)) };
    assert!(matches!(shop.ask(erase.clone()).reply, Ok(Reply::Fresh(true))));
    assert!(matches!(shop.ask(erase).reply, Ok(Reply::Fresh(false))));
    let (_, person) = at_once(shop.engine.contact(STORE, 1)).unwrap().unwrap();
    assert_eq!(person.wrapped_key, None);
    assert_eq!(shop.phase(&buy), Phase::Confirmed);
}

#[test]
fn a_changed_audit_entry_is_found() {
    let spoil: [fn(&mut crate::state::AuditRow); 4] = [
        |row| row.entry.detail.push('0'),
        |row| row.entry.actor = "key:other".to_owned(),
        |row| row.at = row.at.plus_millis(1),
        |row| row.hash[0] ^= 1,
    ];
    for spoil in spoil {
        let mut shop = Shop::with_stock(&[("A", 1)]);
        for n in 0..4 {
            let command = Command::SetStock { sku: sku("A"), location: "main".to_owned(), on_hand: 10 + n };
            shop.submit(Envelope { actor: staff(), ..envelope(command) }).reply.unwrap();
        }
        let tables = shop.engine.tables();
        assert_eq!(tables.audit.len(), 4);
        // The rows of the chain with one changed, behind a fresh reader.
        let mut rows = tables.audit.clone();
        spoil(&mut rows[1]);
        let forged = MemoryEngine::new();
        let changes = Changes { audit: rows, meta: Some(tables.meta.clone()), ..Changes::default() };
        at_once(forged.clone().commit(&changes)).unwrap();
        let reports = at_once(doctor::check(&forged, shop.now)).unwrap();
        let i14 = reports.iter().find(|r| r.id == "I14").unwrap();
        assert_eq!(i14.checked, 4);
        assert!(!i14.violations.is_empty() && i14.violations[0].detail.contains("entry 2"), "{i14:?}");
    }
}
