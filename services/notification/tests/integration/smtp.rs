//! A mail server of the test's own, on loopback.

use std::sync::Arc;

use contracts::notification::{MailQueue as _, MailStatus};
use kernel::Secret;
use notification::MailTransport;
use parking_lot::Mutex;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{STORE, World, world_with};

#[derive(Default)]
struct Seen {
    mails: Vec<String>,
    logins: Vec<String>,
    connections: usize,
}

struct Server {
    port: u16,
    seen: Arc<Mutex<Seen>>,
    /// Answers to RCPT TO, one for each connection; 250 when there are none left.
    answers: Arc<Mutex<Vec<&'static str>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[allow(clippy::disallowed_methods, reason = "the server of this test ends with the test")]
async fn server(answers: &[&'static str]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let answers = Arc::new(Mutex::new(answers.to_vec()));
    let (own_seen, own_answers) = (Arc::clone(&seen), Arc::clone(&answers));
    let task = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            own_seen.lock().connections += 1;
            let answer = own_answers.lock().pop().unwrap_or("250 fine");
            let _ = serve(stream, &own_seen, answer).await;
        }
    });
    Server { port, seen, answers, task }
}

async fn serve(stream: TcpStream, seen: &Mutex<Seen>, recipient: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test ESMTP\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let word = line.split_ascii_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME".to_owned(),
            "AUTH" => {
                seen.lock().logins.push(line.trim().to_owned());
                "235 welcome".to_owned()
            }
            "MAIL" => "250 fine".to_owned(),
            "RCPT" => recipient.to_owned(),
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                loop {
                    line.clear();
                    stream.read_line(&mut line).await?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.push_str(&line);
                }
                seen.lock().mails.push(mail);
                "250 taken".to_owned()
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 fine".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

async fn shop_with(server: &Server) -> World {
    let url = format!("smtp://shop:hunter2@127.0.0.1:{}", server.port);
    let world = world_with(MailTransport::Smtp(Secret::new(url)));
    let order = world.order(1001, "DE");
    world.order_event(order, "order.placed", json!({}));
    world.settle().await;
    world
}

#[tokio::test]
async fn mails_go_out_by_smtp() {
    let server = server(&[]).await;
    let world = shop_with(&server).await;
    assert_eq!(world.mails().await[0].status, MailStatus::Sent);
    assert!(world.files().is_empty());
    let seen = server.seen.lock();
    assert_eq!((seen.mails.len(), seen.logins.len()), (1, 1));
    let mail = &seen.mails[0];
    assert!(mail.contains("To: reader1001@example.org") && mail.contains("Subject: Deine Bestellung 1001"), "{mail}");
    assert!(mail.contains("Message-ID: <") && mail.contains("multipart/alternative"), "{mail}");
    assert!(!world.is_on_disk("reader1001@example.org") && !world.is_on_disk("hunter2"));
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_and_one_that_says_no_is_not() {
    let busy = server(&["451 <reader1001@example.org> try later"]).await;
    let world = shop_with(&busy).await;
    let mail = world.mails().await.remove(0);
    assert_eq!((mail.status, mail.tries), (MailStatus::Queued, 1));
    assert_eq!(mail.last_error.as_deref(), Some("The mail server answered 451."));
    assert!(mail.next_at.unwrap().0 > kernel::Clock::now(world.clock.as_ref()).plus_secs(59));
    world.settle().await;
    assert_eq!(busy.seen.lock().connections, 1);
    world.clock.advance_ms(70_000);
    world.settle().await;
    assert_eq!((world.mails().await[0].status, busy.seen.lock().mails.len()), (MailStatus::Sent, 1));

    let refusing = server(&["550 no such reader"]).await;
    let world = shop_with(&refusing).await;
    let mail = world.mails().await.remove(0);
    assert_eq!((mail.status, mail.last_error.as_deref()), (MailStatus::Failed, Some("The mail server answered 550.")));
    assert!(refusing.answers.lock().is_empty());
    let backlog = world.notification.backlog().unwrap();
    assert_eq!((backlog.mails_failed, backlog.mails_queued), (1, 0));
    // By hand it can be tried again.
    world.notification.retry(STORE, mail.id).await.unwrap();
    world.settle().await;
    assert_eq!(world.mails().await[0].status, MailStatus::Sent);
}

#[tokio::test]
async fn a_server_that_is_away_for_three_days_is_given_up() {
    let server = server(&[]).await;
    let port = server.port;
    drop(server);
    let world = world_with(MailTransport::Smtp(Secret::new(format!("smtp://127.0.0.1:{port}"))));
    let order = world.order(1001, "DE");
    world.order_event(order, "order.placed", json!({}));
    world.settle().await;
    let mut tries = 1;
    while world.mails().await[0].status == MailStatus::Queued {
        world.clock.advance_ms(3_600_000);
        world.settle().await;
        tries += 1;
        assert!(tries < 100, "it is never given up");
    }
    let mail = world.mails().await.remove(0);
    assert_eq!(mail.status, MailStatus::Failed);
    assert!((10..20).contains(&mail.tries), "{} tries", mail.tries);
    assert!((60..=80).contains(&tries), "given up after {tries} hours");
}
