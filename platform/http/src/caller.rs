//! Who is asking, as every handler sees it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use contracts::identity::{Principal, Scope};
use contracts::ledger::Actor;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use kernel::{CustomerId, ErrorKind, Failure, Secret, SessionId, StaffId, StoreId};

/// Who makes this request, of which store, and under which id it is logged. Found out once per request by
/// [`crate::Front`]; without that layer everybody is anonymous, so nothing opens by forgetting it.
#[derive(Clone, Debug)]
pub struct Caller {
    pub store: StoreId,
    pub principal: Principal,
    pub request_id: String,
}

impl Caller {
    #[must_use]
    pub fn anonymous(request_id: impl Into<String>) -> Self {
        Caller { store: StoreId::DEFAULT, principal: Principal::Anonymous, request_id: request_id.into() }
    }

    #[must_use]
    pub(crate) fn new(principal: Principal, request_id: String) -> Self {
        let store = principal.store().unwrap_or(StoreId::DEFAULT);
        Caller { store, principal, request_id }
    }

    /// # Errors
    /// 401 for an anonymous caller, 403 `missing_scope` for one without `scope`.
    pub fn require(&self, scope: Scope) -> Result<(), Failure> {
        self.check(scope, self.principal.has(scope))
    }

    /// As [`Self::require`], for routes that change nothing: `read_only` opens them too.
    ///
    /// # Errors
    /// As [`Self::require`].
    pub fn require_read(&self, scope: Scope) -> Result<(), Failure> {
        self.check(scope, self.principal.has(scope) || self.principal.has(Scope::ReadOnly))
    }

    fn check(&self, scope: Scope, granted: bool) -> Result<(), Failure> {
        if granted {
            return Ok(());
        }
        let lacks = match &self.principal {
            Principal::Anonymous => return Err(unauthenticated()),
            Principal::ApiKey { .. } => "This key does not have the scope",
            Principal::Customer { .. } => "A customer's session does not have the scope",
            Principal::Staff { .. } => "Your role does not have the scope",
        };
        Err(Failure::new(ErrorKind::Forbidden, "missing_scope", format!("{lacks} {}.", scope.name())))
    }

    /// The customer whose session this is.
    ///
    /// # Errors
    /// 401 for an anonymous caller, 403 `not_a_customer` for staff and keys.
    pub fn customer(&self) -> Result<(CustomerId, SessionId), Failure> {
        match self.principal {
            Principal::Customer { id, session, .. } => Ok((id, session)),
            Principal::Anonymous => {
                Err(Failure::new(ErrorKind::Unauthenticated, "unauthenticated", "Log in first: POST /sessions."))
            }
            Principal::ApiKey { .. } | Principal::Staff { .. } => {
                let detail = "This is about a customer's own account, and you are not one.";
                Err(Failure::new(ErrorKind::Forbidden, "not_a_customer", detail))
            }
        }
    }

    /// The member of the staff whose session this is.
    ///
    /// # Errors
    /// 401 for an anonymous caller, 403 `not_staff` for customers and keys.
    pub fn staff(&self) -> Result<(StaffId, SessionId), Failure> {
        match self.principal {
            Principal::Staff { id, session, .. } => Ok((id, session)),
            Principal::Anonymous => {
                let detail = "Log in first: POST /admin/sessions.";
                Err(Failure::new(ErrorKind::Unauthenticated, "unauthenticated", detail))
            }
            Principal::ApiKey { .. } | Principal::Customer { .. } => {
                let detail = "This is about a colleague's own account, and you are not one.";
                Err(Failure::new(ErrorKind::Forbidden, "not_staff", detail))
            }
        }
    }

    /// This caller, for the timeline and the audit chain. Anonymous callers are shoppers.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let name = match &self.principal {
            Principal::Anonymous => "customer".to_owned(),
            known => known.name(),
        };
        Actor { name, request_id: Some(self.request_id.clone()) }
    }

    /// For the log: what kind of caller, never which.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.principal {
            Principal::Anonymous => "anonymous",
            Principal::ApiKey { .. } => "api_key",
            Principal::Customer { .. } => "customer",
            Principal::Staff { .. } => "staff",
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Caller>().cloned().unwrap_or_else(|| Caller::anonymous("")))
    }
}

/// The bearer token of a request. Every way of not having a usable one that was meant gives the same 401.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<Secret>, Failure> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let token = first.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= 4096).then_some(token)
    });
    match (token, values.next()) {
        (Some(token), None) => Ok(Some(Secret::new(token.to_owned()))),
        _ => Err(invalid_token()),
    }
}

/// The answer of the back office to a caller who says nothing of who they are.
pub(crate) fn unauthenticated() -> Failure {
    let detail = "Log in as staff, or name an API key: Authorization: Bearer argosy_…";
    Failure::new(ErrorKind::Unauthenticated, "unauthenticated", detail)
}

/// The one answer to a token that is malformed, unknown or revoked.
#[must_use]
pub fn invalid_token() -> Failure {
    Failure::new(ErrorKind::Unauthenticated, "invalid_token", "This bearer token is not valid.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use kernel::{ApiKeyId, SeededRng, Timestamp};

    fn key(scopes: &[Scope]) -> Caller {
        let id = ApiKeyId::new(Timestamp::EPOCH, &SeededRng::new(1));
        Caller::new(Principal::ApiKey { id, store: StoreId::DEFAULT, scopes: scopes.to_vec() }, "r".into())
    }

    #[test]
    fn scopes_open_what_they_name() {
        let kind = |r: Result<(), Failure>| r.err().map(|f| f.kind);
        assert_eq!(kind(Caller::anonymous("r").require(Scope::Orders)), Some(ErrorKind::Unauthenticated));
        assert_eq!(kind(Caller::anonymous("r").require_read(Scope::Orders)), Some(ErrorKind::Unauthenticated));
        assert_eq!(kind(key(&[Scope::Stock]).require(Scope::Orders)), Some(ErrorKind::Forbidden));
        assert_eq!(kind(key(&[Scope::ReadOnly]).require(Scope::Orders)), Some(ErrorKind::Forbidden));
        assert_eq!(kind(key(&[Scope::ReadOnly]).require(Scope::Admin)), Some(ErrorKind::Forbidden));
        assert_eq!(kind(key(&[Scope::ReadOnly]).require_read(Scope::Orders)), None);
        assert_eq!(kind(key(&[Scope::Orders]).require(Scope::Orders)), None);
        assert_eq!(kind(key(&[Scope::Admin]).require(Scope::Orders)), None);
    }

    #[test]
    fn bearers_are_read() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer(&headers).map(|t| t.map(|t| t.expose().clone()))
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["Bearer abc"]), Ok(Some("abc".to_owned())));
        assert_eq!(of(&["bearer  abc "]), Ok(Some("abc".to_owned())));
        for bad in [&["Basic abc"][..], &["Bearer"], &["Bearer "], &["abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(of(bad), Err(invalid_token()), "{bad:?}");
        }
    }
}
