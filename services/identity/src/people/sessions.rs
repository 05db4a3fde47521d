//! How sessions begin and how long they last.

use contracts::Result;
use contracts::identity::{NewSession, SessionView, Visitor};
use infra::vault::PersonKey;
use kernel::{Failure, Rng, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::store::session::{SessionRow, Table};
use crate::token::{self, Kind, TokenHash};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How often the use of a session is written down.
pub(crate) const TOUCH_EVERY_MS: i64 = 5 * 60_000;

/// After this long without a request a session has ended.
pub(crate) const fn idle_ms(table: Table) -> i64 {
    match table {
        Table::Customer => 30 * DAY_MS,
        Table::Staff => 4 * HOUR_MS,
    }
}

/// After this long it has ended, however much it was used.
pub(crate) const fn absolute_ms(table: Table) -> i64 {
    match table {
        Table::Customer => 180 * DAY_MS,
        Table::Staff => 7 * DAY_MS,
    }
}

/// Where a session is from. Personal: sealed under the key of whoever logged in.
#[derive(Serialize, Deserialize)]
struct Origin {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

/// A session that is about to begin: what its owner gets, and what is stored.
pub(super) struct Fresh {
    pub(super) session: NewSession,
    pub(super) hash: TokenHash,
    pub(super) row: SessionRow,
    pub(super) table: Table,
}

pub(super) fn begin(
    table: Table,
    owner: [u8; 16],
    key: &PersonKey,
    from: &Visitor,
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<Fresh> {
    let kind = match table {
        Table::Customer => Kind::CustomerSession,
        Table::Staff => Kind::StaffSession,
    };
    let token = token::generate(kind, rng);
    let hash = token::hash_of(kind, &token).ok_or_else(|| Failure::internal("a new token is none"))?;
    let id = SessionId::new(now, rng);
    let user_agent = from.user_agent.as_ref().map(|text| text.chars().take(300).collect());
    let origin = Origin { user_agent, address: from.address.map(|address| address.to_canonical().to_string()) };
    let plain = serde_json::to_vec(&origin).map_err(Failure::internal)?;
    let expires_at = now.plus_millis(absolute_ms(table));
    let sealed = key.seal(id.as_bytes(), &plain, rng);
    let row = SessionRow { id, owner, created_at: now, seen_at: now, expires_at, sealed };
    Ok(Fresh { session: NewSession { id, token, expires_at }, hash, row, table })
}

/// The sessions of one person that have not ended, for that person.
pub(super) fn shown(
    table: Table,
    rows: Vec<SessionRow>,
    key: &PersonKey,
    current: SessionId,
    now: Timestamp,
) -> Vec<SessionView> {
    let lasts = |row: &SessionRow| now < row.expires_at && now.millis_since(row.seen_at) < idle_ms(table);
    rows.into_iter()
        .filter(lasts)
        .map(|row| {
            let plain = key.open(row.id.as_bytes(), &row.sealed).unwrap_or_default();
            let origin = serde_json::from_slice(&plain).unwrap_or(Origin { user_agent: None, address: None });
            SessionView {
                id: row.id,
                current: row.id == current,
                created_at: row.created_at.into(),
                seen_at: row.seen_at.into(),
                expires_at: row.expires_at.into(),
                user_agent: origin.user_agent,
                address: origin.address,
            }
        })
        .collect()
}
