//! How promotions stand: their times are in the documents, their uses in the ledger.

use std::collections::BTreeMap;

use contracts::Result;
use contracts::ledger::Vouchers;
use contracts::selling::{PromotionStanding, PromotionState, PromotionUses};
use kernel::{StoreId, Timestamp};

use super::selling::Selling;
use crate::promotion::{Active, automatic_counter, normal_code};

/// The most codes of which the uses are told.
const MAX_USES: usize = 100;

/// The codes of a promotion, or none once for one that applies by itself.
fn codes(active: &Active) -> impl Iterator<Item = Option<String>> + '_ {
    let codes = &active.promotion.codes;
    let by_itself = codes.is_empty().then_some(None);
    codes.iter().map(|code| Some(normal_code(code))).chain(by_itself)
}

/// Uses and limit of one code, as the ledger has them. None when nothing counts it.
async fn uses(
    vouchers: &dyn Vouchers,
    store: StoreId,
    active: &Active,
    code: Option<&str>,
) -> Result<Option<PromotionUses>> {
    let counter = code.map_or_else(|| automatic_counter(&active.promotion.handle), str::to_owned);
    let known = vouchers.coupon(store, &counter).await?;
    Ok(known.map(|known| PromotionUses { code: code.map(str::to_owned), uses: known.uses, limit: known.limit }))
}

async fn is_used_up(vouchers: &dyn Vouchers, store: StoreId, active: &Active) -> Result<bool> {
    if active.promotion.limit.is_none() {
        return Ok(false);
    }
    for code in codes(active) {
        let counted = uses(vouchers, store, active, code.as_deref()).await?;
        if counted.is_none_or(|counted| counted.limit.is_none_or(|limit| counted.uses < limit)) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn state(vouchers: &dyn Vouchers, store: StoreId, active: &Active, now: Timestamp) -> Result<PromotionState> {
    Ok(if !active.promotion.enabled {
        PromotionState::Off
    } else if active.until.is_some_and(|until| now >= until) {
        PromotionState::Ended
    } else if is_used_up(vouchers, store, active).await? {
        PromotionState::UsedUp
    } else if active.from.is_some_and(|from| now < from) {
        PromotionState::Planned
    } else {
        PromotionState::Active
    })
}

/// How each promotion stands at `now`, by handle.
pub(super) async fn states(
    vouchers: &dyn Vouchers,
    store: StoreId,
    selling: &Selling,
    now: Timestamp,
) -> Result<BTreeMap<String, PromotionState>> {
    let mut states = BTreeMap::new();
    for active in &selling.promotions {
        states.insert(active.promotion.handle.clone(), state(vouchers, store, active, now).await?);
    }
    Ok(states)
}

/// How the promotion `handle` stands at `now`.
pub(super) async fn standing(
    vouchers: &dyn Vouchers,
    store: StoreId,
    selling: &Selling,
    handle: &str,
    now: Timestamp,
) -> Result<Option<PromotionStanding>> {
    let Some(active) = selling.promotions.iter().find(|active| active.promotion.handle == handle) else {
        return Ok(None);
    };
    let mut counted = Vec::new();
    for code in codes(active).take(MAX_USES) {
        counted.extend(uses(vouchers, store, active, code.as_deref()).await?);
    }
    Ok(Some(PromotionStanding { state: state(vouchers, store, active, now).await?, uses: counted }))
}
