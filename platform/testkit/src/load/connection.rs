//! One connection with one request under way at a time.

use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::response::{Head, WireError, header, parse_head};

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the server closed the connection in the middle of an answer")]
    Cut,
    #[error("the server sent more than it was asked for")]
    TooMuch,
    #[error("no answer within {0:?}")]
    TooLate(Duration),
}

/// The free room that is kept for the next read.
const ROOM: usize = 16 * 1024;

/// A keep-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, in the buffer of its connection.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'c> {
    pub status: u16,
    pub head: &'c [u8],
    pub body: &'c [u8],
    /// Whether the connection can be used again.
    pub closes: bool,
}

impl Connection {
    /// # Errors
    /// When nobody listens at `address`.
    pub async fn open(address: SocketAddr) -> Result<Self, LoadError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(2 * ROOM) })
    }

    /// Sends `request` and waits for its answer.
    ///
    /// # Errors
    /// When the connection breaks, or what comes is not one HTTP/1.1 answer.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer<'_>, LoadError> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.read().await?;
            if let Some(head) = parse_head(&self.buffer)? {
                break head;
            }
        };
        let whole = head.length + head.body_length;
        self.buffer.reserve(whole.saturating_sub(self.buffer.len()));
        while self.buffer.len() < whole {
            self.read().await?;
        }
        if self.buffer.len() > whole {
            return Err(LoadError::TooMuch);
        }
        let Head { status, closes, .. } = head;
        let (head, body) = self.buffer.split_at(head.length);
        Ok(Answer { status, head, body, closes })
    }

    /// As [`Self::send`], but not for longer than `deadline`. A connection that was too late cannot be used again.
    ///
    /// # Errors
    /// As [`Self::send`], and [`LoadError::TooLate`].
    pub async fn send_within(&mut self, request: &[u8], deadline: Duration) -> Result<Answer<'_>, LoadError> {
        tokio::time::timeout(deadline, self.send(request)).await.map_err(|_| LoadError::TooLate(deadline))?
    }

    async fn read(&mut self) -> Result<(), LoadError> {
        if self.buffer.capacity() - self.buffer.len() < ROOM / 4 {
            self.buffer.reserve(ROOM);
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(LoadError::Cut),
            _ => Ok(()),
        }
    }
}

impl Answer<'_> {
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    /// The body, as far as it is text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }

    /// The body as a value.
    ///
    /// # Errors
    /// When it is not JSON of that shape.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(self.body)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that sends each of `pieces` on its own, then closes.
    async fn server(pieces: &'static [&'static [u8]]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        infra::Spawner::new().spawn("server", async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await.unwrap();
            for piece in pieces {
                stream.write_all(piece).await.unwrap();
                stream.flush().await.unwrap();
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        address
    }

    async fn answered(pieces: &'static [&'static [u8]]) -> Result<(u16, String), LoadError> {
        let mut connection = Connection::open(server(pieces).await).await?;
        let answer = connection.send(b"GET / HTTP/1.1\r\n\r\n").await?;
        Ok((answer.status, answer.text()))
    }

    #[tokio::test]
    async fn an_answer_in_pieces_is_put_together() {
        let pieces: &[&[u8]] = &[b"HTTP/1.1 200 OK\r\ncontent-", b"length: 10\r\n\r", b"\nfirst", b"-last"];
        assert_eq!(answered(pieces).await.unwrap(), (200, "first-last".to_owned()));
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_is_no_answer() {
        const CUT: [&[&[u8]]; 3] =
            [&[b"HTTP/1.1 200 OK\r\n"], &[b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab"], &[]];
        for pieces in CUT {
            assert!(matches!(answered(pieces).await, Err(LoadError::Cut)));
        }
    }

    #[tokio::test]
    async fn a_second_answer_was_not_asked_for() {
        let pieces: &[&[u8]] = &[b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc"];
        assert!(matches!(answered(pieces).await, Err(LoadError::TooMuch)));
    }

    #[tokio::test]
    async fn patience_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut connection = Connection::open(listener.local_addr().unwrap()).await.unwrap();
        let late = connection.send_within(b"GET / HTTP/1.1\r\n\r\n", Duration::from_millis(5)).await;
        assert!(matches!(late, Err(LoadError::TooLate(_))));
    }
}
