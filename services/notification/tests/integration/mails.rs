use contracts::notification::{MailQueue as _, MailStatus, MailTemplate, MailView, Mails as _, Message, NewMail};
use kernel::Secret;
use serde_json::json;

use crate::support::{DAY_MS, STORE, World, world};

fn reset(key: &str, to: &str) -> NewMail {
    NewMail {
        key: key.to_owned(),
        to: Secret::new(to.to_owned()),
        locale: "en".to_owned(),
        message: Message::PasswordReset {
            url: Secret::new("https://argosy.example/reset/t0psecret".to_owned()),
            valid_minutes: 60,
        },
    }
}

#[tokio::test]
async fn an_order_is_told_of_once_however_often_it_starts_anew() {
    let world = world();
    let order = world.order(1001, "DE");
    world.order_event(order, "order.created", json!({}));
    world.order_event(order, "order.placed", json!({}));
    world.order_event(order, "order.paid", json!({}));
    world.notification.follow().await.unwrap();
    let world = world.reopen();
    world.settle().await;
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].template, mails[0].status), (MailTemplate::OrderConfirmation, MailStatus::Sent));
    assert_eq!((mails[0].order_id, mails[0].tries), (Some(order), 1));

    let files = world.files();
    assert_eq!(files.len(), 1);
    let mail = world.read(&files[0]);
    for part in [
        "To: reader1001@example.org",
        "From: Argosy <shop@argosy.example>",
        "Subject: Deine Bestellung 1001",
        "Auto-Submitted: auto-generated",
        "text/plain",
        "text/html",
        "/orders/00000000-0000-0000-0000-0000000003e9?key=order-secret",
    ] {
        assert!(mail.contains(part), "{part} in {mail}");
    }
    let world = world.reopen();
    world.settle().await;
    assert_eq!((world.files().len(), world.mails().await.len()), (1, 1));
}

#[tokio::test]
async fn every_step_of_an_order_has_its_mail() {
    let world = world();
    let order = world.order(1002, "US");
    let shipment = "0190a000-0000-7000-8000-000000000001";
    world.order_event(order, "order.placed", json!({}));
    world.order_event(order, "order.shipped", json!({ "shipment_id": shipment }));
    world.order_event(order, "order.delivered", json!({ "shipment_id": shipment }));
    world.order_event(order, "order.return_received", json!({ "return_id": shipment }));
    world.order_event(order, "order.refunded", json!({ "amount_minor": 7_999, "currency": "USD" }));
    world.order_event(order, "order.cancelled", json!({}));
    world.event("stock.low", "stock:A@main", json!({ "sku": "A", "location": "main", "available": 2, "threshold": 5 }));
    world.settle().await;
    let mut told: Vec<MailTemplate> = world.mails().await.iter().map(|mail| mail.template).collect();
    told.sort_by_key(|template| template.name());
    let mut expected = vec![
        MailTemplate::OrderConfirmation,
        MailTemplate::OrderShipped,
        MailTemplate::OrderDelivered,
        MailTemplate::ReturnReceived,
        MailTemplate::OrderRefunded,
        MailTemplate::OrderCancelled,
        MailTemplate::LowStock,
    ];
    expected.sort_by_key(|template| template.name());
    assert_eq!(told, expected);
    assert!(world.mails().await.iter().all(|mail| mail.status == MailStatus::Sent));
    let all: String = world.files().iter().map(|file| world.read(file)).collect();
    assert!(all.contains("Subject: A wird knapp") && all.contains("To: staff@argosy.example"));
    assert!(all.contains("$79.99"));
}

#[tokio::test]
async fn who_was_promised_nothing_is_told_nothing() {
    let world = world();
    let (given_up, sold_out) = (world.order(1, "DE"), world.order(2, "DE"));
    world.order_event(given_up, "order.created", json!({}));
    world.order_event(given_up, "order.cancel_requested", json!({ "reason": "expired" }));
    world.order_event(given_up, "order.cancelled", json!({}));
    world.order_event(sold_out, "order.cancel_requested", json!({ "reason": "out_of_stock" }));
    world.order_event(sold_out, "order.cancelled", json!({}));
    world.settle().await;
    let mails = world.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].order_id, mails[0].template), (Some(sold_out), MailTemplate::OrderCancelled));
}

#[tokio::test]
async fn nobody_hears_of_orders_of_last_year() {
    let world = world();
    let order = world.order(1, "DE");
    world.order_event(order, "order.placed", json!({}));
    world.clock.advance_ms(4 * DAY_MS);
    world.order_event(order, "order.shipped", json!({}));
    world.settle().await;
    let mails = world.mails().await;
    assert_eq!(mails.iter().map(|mail| mail.template).collect::<Vec<_>>(), [MailTemplate::OrderShipped]);
}

#[tokio::test]
async fn an_erased_person_gets_no_mail_and_their_files_are_deleted() {
    let world = world();
    let (early, late) = (world.order(1, "DE"), world.order(2, "DE"));
    world.order_event(early, "order.placed", json!({}));
    world.settle().await;
    assert_eq!(world.files().len(), 1);
    assert_eq!(world.notification.sweep().await.unwrap(), 0);

    world.order_event(late, "order.placed", json!({}));
    world.notification.follow().await.unwrap();
    for order in world.ledger.orders.lock().values_mut() {
        order.contact = None;
    }
    world.settle().await;
    assert_eq!(world.notification.sweep().await.unwrap(), 1);
    assert!(world.files().is_empty());
    let states: Vec<_> = world.mails().await.iter().map(|mail| (mail.status, mail.file.clone())).collect();
    assert!(states.contains(&(MailStatus::Dropped, None)) && states.contains(&(MailStatus::Sent, None)), "{states:?}");
    assert!(!world.is_on_disk("reader1@example.org") && !world.is_on_disk("Reader"));
}

#[tokio::test]
async fn what_a_service_asks_for_is_sealed_until_it_is_sent_and_sent_once() {
    let world = world();
    world.notification.send(STORE, reset("token-1", "ann@example.org")).await.unwrap();
    world.notification.send(STORE, reset("token-1", "ann@example.org")).await.unwrap();
    assert_eq!(world.mails().await.len(), 1);
    for needle in ["ann@example.org", "t0psecret", "token-1"] {
        assert!(!world.is_on_disk(needle), "{needle}");
    }
    let world = world.reopen();
    world.settle().await;
    assert_eq!(world.mails().await[0].status, MailStatus::Sent);
    let mail = world.read(&world.files()[0]);
    assert!(mail.contains("To: ann@example.org") && mail.contains("t0psecret"));
    // Another key is another mail.
    world.notification.send(STORE, reset("token-2", "ann@example.org")).await.unwrap();
    assert_eq!(world.mails().await.len(), 2);
}

#[tokio::test]
async fn forgetting_a_reader_reaches_queue_and_folder() {
    let world = world();
    world.notification.send(STORE, reset("1", "ann@example.org")).await.unwrap();
    world.settle().await;
    world.notification.send(STORE, reset("2", "Ann@Example.org")).await.unwrap();
    world.notification.send(STORE, reset("3", "bob@example.org")).await.unwrap();
    let forgotten = world.notification.forget(STORE, &Secret::new("ann@example.org".to_owned())).await.unwrap();
    assert_eq!(forgotten, 2);
    assert!(world.files().is_empty());
    world.settle().await;
    let files = world.files();
    assert_eq!(files.len(), 1);
    assert!(std::fs::read_to_string(&files[0]).unwrap().contains("To: bob@example.org"));
    assert_eq!(world.notification.forget(STORE, &Secret::new("ann@example.org".to_owned())).await.unwrap(), 0);
}

#[tokio::test]
async fn a_link_that_no_longer_works_is_not_sent() {
    let world = world();
    world.notification.send(STORE, reset("1", "ann@example.org")).await.unwrap();
    world.clock.advance_ms(3_600_001);
    world.settle().await;
    assert_eq!(world.mails().await[0].status, MailStatus::Dropped);
    assert!(world.files().is_empty());
    let failure = world.notification.retry(STORE, world.mails().await[0].id).await.unwrap_err();
    assert_eq!(failure.code, "mail_done");
}

#[tokio::test]
async fn files_are_deleted_after_thirty_days() {
    let world = world();
    let order = world.order(1, "DE");
    world.order_event(order, "order.placed", json!({}));
    world.settle().await;
    world.clock.advance_ms(30 * DAY_MS);
    assert_eq!(world.notification.sweep().await.unwrap(), 0);
    world.clock.advance_ms(1);
    assert_eq!(world.notification.sweep().await.unwrap(), 1);
    assert!(world.files().is_empty());
    assert_eq!(world.mails().await.len(), 1);
}

/// Leaves the file of a mail that still waits, as a crash does between the file and the queue's commit.
fn written_unheard(world: &World, mail: &MailView) {
    std::fs::create_dir_all(world.notification.folder()).unwrap();
    let name = format!("{}-{}.eml", mail.id, mail.template.name());
    std::fs::write(world.notification.folder().join(name), "To: somebody").unwrap();
}

#[tokio::test]
async fn a_file_that_was_written_unheard_goes_with_its_reader() {
    let world = world();
    world.notification.send(STORE, reset("1", "ann@example.org")).await.unwrap();
    written_unheard(&world, &world.mails().await[0]);
    world.notification.forget(STORE, &Secret::new("ann@example.org".to_owned())).await.unwrap();
    assert!(world.files().is_empty());

    let order = world.order(1, "DE");
    world.order_event(order, "order.placed", json!({}));
    world.notification.follow().await.unwrap();
    let mails = world.mails().await;
    written_unheard(&world, mails.iter().find(|mail| mail.order_id == Some(order)).unwrap());
    world.ledger.orders.lock().get_mut(&order).unwrap().contact = None;
    world.settle().await;
    assert!(world.mails().await.iter().all(|mail| mail.status == MailStatus::Dropped));
    assert!(world.files().is_empty());
}
