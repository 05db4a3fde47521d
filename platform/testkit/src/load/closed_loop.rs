//! Many connections, each sending its next request as soon as it has the answer to the last.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Connection, LoadError};

/// What to send, and for how long.
#[derive(Clone, Debug)]
pub struct Hammer {
    pub address: SocketAddr,
    pub connections: usize,
    pub request: Bytes,
    /// Not counted.
    pub warm_up: Duration,
    pub lasting: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Hammered {
    /// Good answers within the counted time.
    pub answers: u64,
    pub errors: u64,
    /// What the first error said.
    pub first_error: Option<String>,
    /// Of each counted answer, in microseconds.
    pub latencies_us: Vec<u32>,
    pub elapsed_us: u64,
}

impl Hammered {
    /// Good answers a second.
    #[must_use]
    pub fn rate(&self) -> u64 {
        super::stats::rate(self.answers, self.elapsed_us)
    }

    fn error(&mut self, what: impl std::fmt::Display) {
        self.errors += 1;
        self.first_error.get_or_insert_with(|| what.to_string());
    }

    fn add(&mut self, other: Hammered) {
        self.answers += other.answers;
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
        self.latencies_us.extend(other.latencies_us);
    }
}

/// Different requests, one after the other, and from the first again when all were sent.
#[derive(Clone, Debug)]
pub struct Requests {
    all: Arc<[Bytes]>,
    next: Arc<AtomicUsize>,
    good: u16,
}

impl Requests {
    /// # Panics
    /// Without any request.
    #[must_use]
    pub fn new(all: Vec<Bytes>) -> Self {
        assert!(!all.is_empty(), "somebody who asks for nothing makes no load");
        Requests { all: all.into(), next: Arc::default(), good: 200 }
    }

    /// The status of a good answer, when that is not 200.
    #[must_use]
    pub fn answered_with(self, good: u16) -> Self {
        Requests { good, ..self }
    }

    fn next(&self) -> &Bytes {
        &self.all[self.next.fetch_add(1, Ordering::Relaxed) % self.all.len()]
    }
}

/// Opens every connection, then sends `request` on each of them until the time is over. Any answer but 200 is an error.
pub async fn hammer(hammer: Hammer) -> Hammered {
    let requests = Requests::new(vec![hammer.request.clone()]);
    hammer_with(hammer, requests).await
}

/// As [`hammer`], but with the next of `requests` each time, whichever connection sends it. Called again it goes on
/// where it stopped.
pub async fn hammer_with(hammer: Hammer, requests: Requests) -> Hammered {
    let mut total = Hammered::default();
    let mut opened = Vec::with_capacity(hammer.connections);
    for _ in 0..hammer.connections {
        match Connection::open(hammer.address).await {
            Ok(connection) => opened.push(connection),
            Err(error) => total.error(error),
        }
    }
    let counted_from = Instant::now() + hammer.warm_up;
    let until = counted_from + hammer.lasting;
    let mut clients = JoinSet::new();
    for connection in opened {
        clients.spawn(client(connection, requests.clone(), counted_from, until));
    }
    while let Some(ended) = clients.join_next().await {
        match ended {
            Ok(done) => total.add(done),
            Err(panic) => total.error(panic),
        }
    }
    total.elapsed_us = u64::try_from(hammer.lasting.as_micros()).unwrap_or(u64::MAX);
    total
}

async fn client(mut connection: Connection, requests: Requests, counted_from: Instant, until: Instant) -> Hammered {
    let mut done = Hammered { latencies_us: Vec::with_capacity(4096), ..Hammered::default() };
    let mut sent = Instant::now();
    while sent < until {
        // A server that stops answering ends this loop as well.
        let answer = tokio::time::timeout_at(until + Duration::from_secs(10), connection.send(requests.next())).await;
        let now = Instant::now();
        match answer.unwrap_or(Err(LoadError::TooLate(Duration::from_secs(10)))) {
            Ok(answer) if answer.status == requests.good => {
                if sent >= counted_from && now <= until {
                    done.answers += 1;
                    let took = now.saturating_duration_since(sent).as_micros();
                    done.latencies_us.push(u32::try_from(took).unwrap_or(u32::MAX));
                }
            }
            Ok(answer) => done.error(format_args!("status {}: {}", answer.status, answer.text())),
            Err(error) => {
                done.error(error);
                return done;
            }
        }
        sent = now;
    }
    done
}
