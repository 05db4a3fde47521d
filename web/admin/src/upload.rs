//! A form with a file in it (RFC 7578), read whole: pictures are small, and nothing is kept of one that is not taken.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use contracts::identity::Scope;
use http_kit::{Caller, Problem, content_type, from_us, read_body};
use kernel::{ErrorKind, Failure};

use crate::form::{Fields, unread};
use crate::site::Site;

/// The most bytes of an upload: the largest picture that the catalog takes, and a little for the fields beside it.
const MAX_UPLOAD: usize = 21 * 1024 * 1024;
const MAX_PARTS: usize = 20;
/// The most bytes of a field that is no file.
const MAX_FIELD: usize = 64 * 1024;

/// A file that was chosen in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
}

/// The fields of a form, and its file when one was chosen.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) fields: Fields,
    pub(crate) file: Option<File>,
}

impl FromRequest<Site> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        from_us(request.headers(), site.handles().base_url.as_deref()).map_err(unread)?;
        // Nobody sends so much without being allowed to; what is in it is judged later.
        let caller = request.extensions().get::<Caller>().cloned().unwrap_or_else(|| Caller::anonymous(""));
        caller.require(Scope::Catalog)?;
        let boundary = boundary(content_type(request.headers())).map(str::to_owned);
        let body = read_body(request, MAX_UPLOAD).await?;
        let upload = boundary.and_then(|boundary| read(&body, &boundary));
        Ok(upload.ok_or_else(|| {
            Failure::new(ErrorKind::Malformed, "malformed_upload", "This upload could not be read. Please try again.")
        })?)
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|one| one.trim().strip_prefix("boundary="))?.trim_matches('"');
    (1..=70).contains(&value.len()).then_some(value)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    // Memory is scanned for the first byte, which is quick, and compared only there.
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack.get(from..)?.iter().position(|&b| b == first) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn read(body: &Bytes, boundary: &str) -> Option<Upload> {
    let opening = format!("--{boundary}\r\n");
    let delimiter = format!("\r\n--{boundary}");
    if !body.starts_with(opening.as_bytes()) {
        return None;
    }
    let mut at = opening.len();
    let (mut pairs, mut file) = (Vec::new(), None);
    for _ in 0..MAX_PARTS {
        let rest = &body[at..];
        let head_end = find(rest, b"\r\n\r\n").filter(|end| *end <= 4096)?;
        let head = std::str::from_utf8(&rest[..head_end]).ok()?;
        let content = &rest[head_end + 4..];
        let length = find(content, delimiter.as_bytes())?;
        let start = at + head_end + 4;
        part(head, body.slice(start..start + length), &mut pairs, &mut file)?;
        at = start + length + delimiter.len();
        match body.get(at..at + 2)? {
            b"--" => return Some(Upload { fields: Fields::of(pairs), file }),
            b"\r\n" => at += 2,
            _ => return None,
        }
    }
    None
}

fn part(head: &str, content: Bytes, pairs: &mut Vec<(String, String)>, file: &mut Option<File>) -> Option<()> {
    let header = |name: &str| {
        head.split("\r\n").find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let disposition = header("content-disposition")?.strip_prefix("form-data;")?;
    let parameter = |name: &str| {
        disposition.split(';').find_map(|one| one.trim().strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"'))
    };
    let name = parameter("name")?;
    if disposition.contains("filename=") {
        // A file that was not chosen comes with an empty name and no bytes.
        if !content.is_empty() && file.is_none() {
            let content_type = header("content-type").unwrap_or("application/octet-stream").to_owned();
            *file = Some(File { content_type, bytes: content });
        }
    } else if content.len() <= MAX_FIELD {
        pairs.push((name.to_owned(), std::str::from_utf8(&content).ok()?.to_owned()));
    } else {
        return None;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &str) -> Bytes {
        Bytes::from(parts.replace('\n', "\r\n"))
    }

    #[test]
    fn a_file_comes_with_its_fields() {
        let text = "--b\nContent-Disposition: form-data; name=\"alt\"\n\nA \"shoe\"\n--b\nContent-Disposition: form-data; \
                    name=\"file\"; filename=\"a;b.png\"\nContent-Type: image/png\n\n\u{0}--x\n\n--b--\n";
        let upload = read(&body(text), "b").unwrap();
        assert_eq!(upload.fields.text("alt"), "A \"shoe\"");
        let file = upload.file.unwrap();
        assert_eq!((file.content_type.as_str(), &file.bytes[..]), ("image/png", &b"\0--x\r\n"[..]));
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        let text = "--b\nContent-Disposition: form-data; name=\"a\"\n\nx\n--b--\n";
        let whole = body(text);
        assert!(read(&whole, "b").is_some());
        for end in 0..whole.len() - 4 {
            assert!(read(&whole.slice(..end), "b").is_none(), "{end}");
        }
        assert_eq!(boundary("multipart/form-data; boundary=\"x\""), Some("x"));
        assert_eq!(boundary("text/plain; boundary=x"), None);
        assert!(read(&body("--b\nX: y\n\nx\n--b--\n"), "b").is_none(), "no disposition");
    }

    #[test]
    fn a_file_not_chosen_is_none() {
        let text = "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\n\n\n--b--\n";
        assert_eq!(read(&body(text), "b").unwrap().file, None);
    }
}
