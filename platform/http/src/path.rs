//! Path parameters. One that cannot be what it stands for names nothing, so the answer is 404.

use axum::extract::FromRequestParts;
use axum::extract::path::ErrorKind as PathErrorKind;
use axum::extract::rejection::PathRejection;
use http::request::Parts;
use kernel::{ErrorKind, Failure};
use serde::de::DeserializeOwned;

use crate::Problem;
use crate::text::percent_decode;

/// The captures of the route: one value, a tuple, or a struct.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => Err(match error.kind() {
                PathErrorKind::InvalidUtf8InPathParam { .. } => malformed_path().into(),
                PathErrorKind::WrongNumberOfParameters { .. } | PathErrorKind::UnsupportedType { .. } => {
                    Failure::internal(error).into()
                }
                _ => nothing_here().into(),
            }),
            Err(other) => Err(Failure::internal(other).into()),
        }
    }
}

fn malformed_path() -> Failure {
    Failure::new(ErrorKind::Malformed, "malformed_path", "The address is not valid percent-encoded UTF-8.")
}

fn nothing_here() -> Failure {
    Failure::new(ErrorKind::NotFound, "not_found", "There is no such thing.")
}

/// Refuses paths that try to mean something else than they say: NUL and other control characters, broken
/// percent-encoding, `.` and `..` segments however they are spelled, backslashes.
///
/// # Errors
/// 400 `malformed_path`, or 404 for paths that try to climb.
pub(crate) fn check_path(path: &str) -> Result<(), Failure> {
    let suspicious = |w: &[u8]| matches!(w, [b'/', b'.', ..]);
    if !path.bytes().any(|b| b == b'%' || b == b'\\') && !path.as_bytes().windows(2).any(suspicious) {
        return Ok(());
    }
    let decoded = percent_decode(path, false).map_err(|_| malformed_path())?;
    if decoded.chars().any(char::is_control) {
        return Err(malformed_path());
    }
    if decoded.split(['/', '\\']).any(|segment| segment == "." || segment == "..") || decoded.contains('\\') {
        return Err(nothing_here());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tricks_are_seen_through() {
        for fine in
            ["/", "/products/runner", "/caf%C3%A9", "/a.b", "/.well-known/x", "/stock/RUN-42%2FEU", "/a/...", "/100%25"]
        {
            assert_eq!(check_path(fine), Ok(()), "{fine}");
        }
        for (bad, kind) in [
            ("/%00", ErrorKind::Malformed),
            ("/a%0d%0ab", ErrorKind::Malformed),
            ("/%ff", ErrorKind::Malformed),
            ("/%c0%ae", ErrorKind::Malformed),
            ("/%", ErrorKind::Malformed),
            ("/%4", ErrorKind::Malformed),
            ("/a/../b", ErrorKind::NotFound),
            ("/..", ErrorKind::NotFound),
            ("/%2e%2e/etc/passwd", ErrorKind::NotFound),
            ("/media/..%2f..%2fetc", ErrorKind::NotFound),
            ("/a\\..\\b", ErrorKind::NotFound),
            ("/a%5cb", ErrorKind::NotFound),
            ("/./a", ErrorKind::NotFound),
        ] {
            assert_eq!(check_path(bad).unwrap_err().kind, kind, "{bad}");
        }
    }
}
