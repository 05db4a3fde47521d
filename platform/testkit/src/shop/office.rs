//! The back office at the API: stock, orders and the invariants, with an API key.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use contracts::ledger::{InvariantReport, OrderSummary, StockView};
use kernel::Page;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{API, Binary};
use crate::load::{Connection, Request};

/// Whoever has the key.
#[derive(Clone, Debug)]
pub struct Office {
    pub host: SocketAddr,
    key: String,
}

/// What the check of the invariants found.
#[derive(Clone, Debug, Deserialize)]
pub struct Invariants {
    pub holds: bool,
    pub items: Vec<InvariantReport>,
}

#[derive(Deserialize)]
struct Levels {
    levels: Vec<StockView>,
}

impl Office {
    /// Makes an API key with the command line, while the shop runs.
    ///
    /// # Errors
    /// When the command fails.
    pub fn open(binary: &Binary, data: &Path, host: SocketAddr, name: &str) -> Result<Self> {
        let mut command = Command::new(&binary.path);
        command.arg("--data").arg(data).args(["api-key", "create", "--name", name, "--scope", "admin", "--json"]);
        command.current_dir(data.parent().unwrap_or(data));
        let output = command.output().context("the command that makes a key cannot run")?;
        let told = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!("no key was made: {told}{}", String::from_utf8_lossy(&output.stderr));
        }
        let key = key_in(&told).with_context(|| format!("no key was told, but: {told}"))?;
        Ok(Office { host, key })
    }

    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.host, method, &format!("{API}{path}"))
            .header("authorization", &format!("Bearer {}", self.key))
    }

    /// A change under an idempotency key.
    #[must_use]
    pub fn change(&self, path: &str, key: &str, body: &Value) -> Bytes {
        self.request("POST", path).header("idempotency-key", key).json(&body.to_string())
    }

    /// # Errors
    /// When the answer is not 200, or not of this shape.
    pub async fn read<T: DeserializeOwned>(&self, connection: &mut Connection, path: &str) -> Result<T> {
        let answer = connection.send(&self.request("GET", path).bytes()).await?;
        if answer.status != 200 {
            bail!("{path} was answered with {}: {}", answer.status, answer.text());
        }
        answer.json().with_context(|| format!("{path} was answered in another shape than expected"))
    }

    /// Sets the units of a SKU.
    ///
    /// # Errors
    /// When the shop refuses.
    pub async fn count(&self, connection: &mut Connection, sku: &str, on_hand: i64) -> Result<()> {
        let request =
            self.request("PUT", &format!("/admin/stock/{sku}")).json(&json!({ "on_hand": on_hand }).to_string());
        let answer = connection.send(&request).await?;
        if answer.status != 200 {
            bail!("counting {sku} was answered with {}: {}", answer.status, answer.text());
        }
        Ok(())
    }

    /// On hand, held, committed and available, over all locations.
    ///
    /// # Errors
    /// When the shop does not know the SKU.
    pub async fn stock(&self, connection: &mut Connection, sku: &str) -> Result<StockView> {
        let levels: Levels = self.read(connection, &format!("/admin/stock/{sku}")).await?;
        let sum = |part: fn(&StockView) -> i64| levels.levels.iter().map(part).sum();
        let first = levels.levels.first().context("the SKU has no stock")?;
        Ok(StockView {
            sku: first.sku.clone(),
            location: "all".to_owned(),
            on_hand: sum(|l| l.on_hand),
            held: sum(|l| l.held),
            committed: sum(|l| l.committed),
            available: sum(|l| l.available),
        })
    }

    /// The first SKUs of the shop's first listing page, and the handle of the first product.
    ///
    /// # Errors
    /// When there are fewer than `count`.
    pub async fn goods(&self, connection: &mut Connection, count: usize) -> Result<(String, Vec<String>)> {
        let list: Value = self.read(connection, "/products?limit=24").await?;
        let handles: Vec<&str> =
            list["items"].as_array().into_iter().flatten().filter_map(|p| p["handle"].as_str()).collect();
        let mut skus = Vec::new();
        for handle in &handles {
            let product: Value = self.read(connection, &format!("/products/{handle}")).await?;
            let variant = product["variants"].as_array().into_iter().flatten().find_map(|v| v["sku"].as_str());
            skus.extend(variant.map(str::to_owned));
            if skus.len() == count {
                return Ok(((*handles[0]).to_owned(), skus));
            }
        }
        bail!("the shop has {} products, {count} are needed", skus.len())
    }

    /// # Errors
    /// When the shop does not answer.
    pub async fn invariants(&self, connection: &mut Connection) -> Result<Invariants> {
        self.read(connection, "/admin/invariants").await
    }

    /// Asks for the invariants until they hold or `patience` is over: work under way may take a moment to settle.
    ///
    /// # Errors
    /// When the shop does not answer.
    pub async fn settled(&self, connection: &mut Connection, patience: Duration) -> Result<Invariants> {
        let began = Instant::now();
        loop {
            let found = self.invariants(connection).await?;
            if found.holds || began.elapsed() > patience {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Every order, latest first.
    ///
    /// # Errors
    /// When the shop does not answer.
    pub async fn orders(&self, connection: &mut Connection) -> Result<Vec<OrderSummary>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page: Page<OrderSummary> = self.read(connection, &format!("/admin/orders?limit=100{cursor}")).await?;
            all.extend(page.items);
            match page.next_cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }
}

impl Invariants {
    /// What is violated, one line each.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let of = |report: &InvariantReport| {
            let id = report.id.clone();
            report.violations.clone().into_iter().map(move |v| format!("{id}: {}", v.detail))
        };
        self.items.iter().flat_map(of).collect()
    }
}

/// The key in what `api-key create` prints.
fn key_in(told: &str) -> Option<String> {
    let from = told.find("argosy_")?;
    let key = told[from..].split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).next()?;
    (key.len() > 20).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_in_json_and_in_text() {
        let key = format!("argosy_{}", "Ab-_9".repeat(8));
        assert_eq!(key_in(&format!("{{\"id\":\"1\",\"key\":\"{key}\"}}\n")), Some(key.clone()));
        assert_eq!(key_in(&format!("{key}\n")), Some(key));
        assert_eq!(key_in("error: argosy_data is locked"), None);
    }

    #[test]
    fn violations_are_named_by_invariant() {
        let told = r#"{"holds":false,"items":[
            {"id":"I1","statement":"s","checked":3,"violations":[]},
            {"id":"I2","statement":"s","checked":3,"violations":[{"detail":"order 7","remedy":"r"}]}]}"#;
        let found: Invariants = serde_json::from_str(told).unwrap();
        assert_eq!((found.holds, found.violations()), (false, vec!["I2: order 7".to_owned()]));
    }
}
