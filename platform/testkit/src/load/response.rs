//! The head of an answer: its status and how long its body is. Nothing else is looked at while load is made.

/// What cannot be an answer of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("the answer does not start with an HTTP/1.1 status")]
    NoStatus,
    #[error("the answer does not say how long it is")]
    NoLength,
    #[error("the head of the answer is longer than {MAX_HEAD} bytes")]
    HeadTooLong,
}

/// The longest head that is taken.
pub const MAX_HEAD: usize = 64 * 1024;

/// The head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    /// Bytes of the head, with the empty line that ends it.
    pub length: usize,
    pub body_length: usize,
    /// Whether the server closes the connection after this answer.
    pub closes: bool,
}

/// The head at the start of `bytes`; none while it is not there whole.
///
/// # Errors
/// When this is no HTTP/1.1 answer, or one without `content-length`: servers of whole answers always send it.
pub fn parse_head(bytes: &[u8]) -> Result<Option<Head>, WireError> {
    let (mut status, mut body_length, mut closes) = (None, None, false);
    let mut at = 0;
    while let Some(length) = bytes[at..].iter().position(|b| *b == b'\n') {
        let line = bytes[at..at + length].strip_suffix(b"\r").unwrap_or(&bytes[at..at + length]);
        at += length + 1;
        let Some(status) = status else {
            status = Some(parse_status(line).ok_or(WireError::NoStatus)?);
            continue;
        };
        if line.is_empty() {
            let without_body = status < 200 || status == 204 || status == 304;
            let body_length = if without_body { Some(0) } else { body_length };
            let body_length = body_length.ok_or(WireError::NoLength)?;
            return Ok(Some(Head { status, length: at, body_length, closes }));
        }
        if let Some(value) = value_of(line, b"content-length") {
            body_length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        } else if let Some(value) = value_of(line, b"connection") {
            closes = value.eq_ignore_ascii_case(b"close");
        }
    }
    if bytes.len() > MAX_HEAD { Err(WireError::HeadTooLong) } else { Ok(None) }
}

/// The value of the header `name` in the head of an answer.
#[must_use]
pub fn header<'h>(head: &'h [u8], name: &str) -> Option<&'h str> {
    let lines = head.split(|b| *b == b'\n').skip(1);
    let value = lines.map(|l| l.strip_suffix(b"\r").unwrap_or(l)).find_map(|line| value_of(line, name.as_bytes()))?;
    std::str::from_utf8(value).ok()
}

fn parse_status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.1 ")?;
    let digits = rest.get(..3)?;
    let status = std::str::from_utf8(digits).ok()?.parse().ok()?;
    matches!(rest.get(3), None | Some(b' ')).then_some(status).filter(|s| *s >= 100)
}

fn value_of<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let (found, value) = line.split_at_checked(name.len())?;
    let value = value.strip_prefix(b":")?;
    found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 201 Created\r\nLocation: /orders/1\r\nContent-Length: 11\r\netag: \"x\"\r\n\r\n{\"id\":\"1\"}\n";

    #[test]
    fn an_answer_is_cut_where_it_ends() {
        let head = parse_head(ANSWER).unwrap().unwrap();
        assert_eq!((head.status, head.body_length, head.closes), (201, 11, false));
        assert_eq!(&ANSWER[head.length..], b"{\"id\":\"1\"}\n");
        assert_eq!(header(&ANSWER[..head.length], "location"), Some("/orders/1"));
        assert_eq!(header(&ANSWER[..head.length], "loc"), None);
    }

    #[test]
    fn a_head_that_arrives_in_pieces_is_waited_for() {
        let whole = parse_head(ANSWER).unwrap().unwrap();
        for cut in 0..whole.length {
            assert_eq!(parse_head(&ANSWER[..cut]).unwrap(), None, "{cut} bytes");
        }
        assert_eq!(parse_head(&ANSWER[..whole.length]).unwrap(), Some(whole));
    }

    #[test]
    fn answers_without_a_body_need_no_length() {
        for status in ["100 Continue", "204 No Content", "304 Not Modified"] {
            let head = parse_head(format!("HTTP/1.1 {status}\r\netag: \"x\"\r\n\r\n").as_bytes()).unwrap().unwrap();
            assert_eq!(head.body_length, 0, "{status}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for (bytes, error) in [
            (&b"HTTP/2 200 OK\r\n\r\n"[..], WireError::NoStatus),
            (b"HTTP/1.1 2000\r\n\r\n", WireError::NoStatus),
            (b"HTTP/1.1 020 Odd\r\n\r\n", WireError::NoStatus),
            (b"GET / HTTP/1.1\r\n\r\n", WireError::NoStatus),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", WireError::NoLength),
            (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", WireError::NoLength),
        ] {
            assert_eq!(parse_head(bytes), Err(error), "{}", String::from_utf8_lossy(bytes));
        }
        let endless = [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &vec![b'y'; MAX_HEAD]].concat();
        assert_eq!(parse_head(&endless), Err(WireError::HeadTooLong));
    }

    #[test]
    fn a_closing_connection_is_noticed() {
        let head = parse_head(b"HTTP/1.1 503 Busy\r\nConnection: close\r\ncontent-length:0\r\n\r\n").unwrap().unwrap();
        assert!(head.closes);
    }
}
