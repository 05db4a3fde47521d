//! `argosy undo`: takes back an import.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use catalog::import::{BulkChange, UndoReport};
use contracts::archive::{OrderImport, OrderUndoReport};
use contracts::identity::{ApiKeyView, CustomerImport, CustomerUndoReport, StaffView};
use kernel::Page;
use serde_json::json;

use super::say;
use crate::attach::{has_data, with_shop};
use crate::cli::UndoCommand;
use crate::client::Client;
use crate::config::keys::Settings;

const UNREAD: &str = "the shop's answer cannot be read";
/// What stands before the number of an import of customers.
const CUSTOMERS: &str = "customers-";
/// The same of an import of past orders.
const ORDERS: &str = "orders-";

pub(crate) async fn run(command: &UndoCommand, settings: &Settings) -> Result<ExitCode> {
    if !has_data(&settings.data) {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    let Some(change) = &command.change else { return list(command, settings).await };
    if let Some(import) = change.strip_prefix(CUSTOMERS) {
        return customers(command, import, settings).await;
    }
    if let Some(import) = change.strip_prefix(ORDERS) {
        return orders(command, import, settings).await;
    }
    let change: i64 = change.parse().with_context(|| format!("{change} is no change; argosy undo lists them"))?;
    let path = format!("/api/v1/admin/changes/{change}/undo");
    let undo = async |client: &Client| client.post_for(&path, "application/json", Bytes::new()).await;
    let report: UndoReport = with_shop(settings, undo).await?;
    if command.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        say(&told(&report))?;
    }
    Ok(if report.kept.is_empty() && report.stock_kept.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Who did something, as people call them: names of API keys and of staff, by the name that the books have for them.
struct Names(BTreeMap<String, String>);

impl Names {
    async fn read(client: &Client) -> Result<Self> {
        let mut names = BTreeMap::new();
        let mut path = "/api/v1/admin/api-keys?limit=100".to_owned();
        loop {
            let page: Page<ApiKeyView> = serde_json::from_value(client.get(&path).await?).context(UNREAD)?;
            names
                .extend(page.items.into_iter().map(|key| (format!("key:{}", key.id), format!("the key {}", key.name))));
            let Some(cursor) = page.next_cursor else { break };
            path = format!("/api/v1/admin/api-keys?limit=100&cursor={cursor}");
        }
        let staff: Page<StaffView> =
            serde_json::from_value(client.get("/api/v1/admin/staff").await?).context(UNREAD)?;
        names.extend(staff.items.into_iter().map(|one| (format!("staff:{}", one.id), one.name)));
        Ok(Names(names))
    }

    /// Who is gone is called as the books do. What people typed must not move the cursor of a terminal.
    fn of(&self, actor: &str) -> String {
        let name = self.0.get(actor).filter(|name| !name.is_empty()).map_or(actor, String::as_str);
        name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }
}

/// What can be taken back: products, then customers, then past orders.
async fn list(command: &UndoCommand, settings: &Settings) -> Result<ExitCode> {
    let all = async |client: &Client| {
        let changes = client.get("/api/v1/admin/changes").await?;
        let imports = client.get("/api/v1/admin/imports/customers").await?;
        let past = client.get("/api/v1/admin/imports/orders").await?;
        anyhow::Ok((changes, imports, past, Names::read(client).await?))
    };
    let (changes, imports, past, names) = with_shop(settings, all).await?;
    let changes: Page<BulkChange> = serde_json::from_value(changes).context(UNREAD)?;
    let imports: Page<CustomerImport> = serde_json::from_value(imports).context(UNREAD)?;
    let past: Page<OrderImport> = serde_json::from_value(past).context(UNREAD)?;
    let text = if command.json {
        let all = json!({ "changes": changes.items, "customers": imports.items, "orders": past.items });
        format!("{}\n", serde_json::to_string_pretty(&all)?)
    } else {
        let products = changes.items.iter().map(|change| line(change, &names));
        let customers = imports.items.iter().map(|import| customers_line(import, &names));
        products.chain(customers).chain(past.items.iter().map(|import| orders_line(import, &names))).collect()
    };
    say(if text.is_empty() { "There is nothing to undo.\n" } else { &text })?;
    Ok(ExitCode::SUCCESS)
}

async fn customers(command: &UndoCommand, import: &str, settings: &Settings) -> Result<ExitCode> {
    let import: i64 = import.parse().with_context(|| format!("{import} is no import; argosy undo lists them"))?;
    let path = format!("/api/v1/admin/imports/customers/{import}/undo");
    let undo = async |client: &Client| client.post_for(&path, "application/json", Bytes::new()).await;
    let report: CustomerUndoReport = with_shop(settings, undo).await?;
    let CustomerUndoReport { removed, kept, .. } = report;
    say(&match command.json {
        true => format!("{}\n", serde_json::to_string_pretty(&report)?),
        false => format!("{removed} customers are gone again; {kept} did something since and were left.\n"),
    })?;
    Ok(if kept == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn orders(command: &UndoCommand, import: &str, settings: &Settings) -> Result<ExitCode> {
    let import: i64 = import.parse().with_context(|| format!("{import} is no import; argosy undo lists them"))?;
    let path = format!("/api/v1/admin/imports/orders/{import}/undo");
    let undo = async |client: &Client| client.post_for(&path, "application/json", Bytes::new()).await;
    let report: OrderUndoReport = with_shop(settings, undo).await?;
    let OrderUndoReport { removed, restored, kept, .. } = report;
    say(&match command.json {
        true => format!("{}\n", serde_json::to_string_pretty(&report)?),
        false => format!(
            "{removed} past orders are gone again, {restored} are as before; {kept} were changed by a later import and left.\n"
        ),
    })?;
    Ok(if kept == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn orders_line(import: &OrderImport, names: &Names) -> String {
    let state = import.undone_at.map(|at| format!(", undone {}", at.0)).unwrap_or_default();
    let OrderImport { id, at, actor, orders, .. } = import;
    format!("{ORDERS}{id}  {}  import of {orders} past orders by {}{state}\n", at.0, names.of(actor))
}

fn customers_line(import: &CustomerImport, names: &Names) -> String {
    let state = import.undone_at.map(|at| format!(", undone {}", at.0)).unwrap_or_default();
    let CustomerImport { id, at, actor, customers, .. } = import;
    format!("{CUSTOMERS}{id}  {}  import of {customers} customers by {}{state}\n", at.0, names.of(actor))
}

fn line(change: &BulkChange, names: &Names) -> String {
    let state = change.undone_at.map(|at| format!(", undone {}", at.0)).unwrap_or_default();
    let BulkChange { id, kind, at, actor, products, .. } = change;
    format!("{id}  {}  {kind} of {products} products by {}{state}\n", at.0, names.of(actor))
}

fn told(report: &UndoReport) -> String {
    let UndoReport { change, restored, deleted, kept, stock, stock_kept } = report;
    let mut text = format!(
        "Change {change} is taken back: {restored} products as before, {deleted} deleted, units of {stock} SKUs moved back. \
         Orders were not touched.\n"
    );
    if !kept.is_empty() {
        text += &format!("Edited since, and left as they are: {}\n", kept.join(", "));
    }
    if !stock_kept.is_empty() {
        text += &format!("Units left where they are:\n- {}\n", stock_kept.join("\n- "));
    }
    text
}
