//! What has to be there before the clock starts: carts, filled by as many clients as order later.

use anyhow::Result;
use bytes::Bytes;
use tokio::task::JoinSet;

use super::Ground;
use crate::load::Connection;
use crate::shop::Buyer;

/// The orders of `clients` clients, `each` of each, as requests ready to be sent: every one with a cart of its own
/// holding one unit of `sku`, and a key of its own.
pub(super) async fn orders(ground: &Ground, sku: &str, clients: usize, each: usize) -> Result<Vec<Vec<Bytes>>> {
    let buyer = Buyer { host: ground.shop.address };
    let mut filling = JoinSet::new();
    for _ in 0..clients {
        let keys: Vec<_> = (0..each).map(|_| Buyer::key(&ground.rng)).collect();
        let sku = sku.to_owned();
        filling.spawn(async move {
            let mut connection = Connection::open(buyer.host).await?;
            let mut requests = Vec::with_capacity(keys.len());
            for key in keys {
                let cart = buyer.cart(&mut connection, &sku, 1).await?;
                requests.push(buyer.order_request(&cart, &key, "tok_approve"));
            }
            anyhow::Ok(requests)
        });
    }
    let mut prepared = Vec::with_capacity(clients);
    while let Some(filled) = filling.join_next().await {
        prepared.push(filled??);
    }
    Ok(prepared)
}
