//! Orders as an accountant and the next shop need them: a row for each line of an order, or each order as a record. Those
//! of this shop and past ones of other shops, in one order of time.

use std::collections::VecDeque;
use std::io::Write;

use anyhow::{Context as _, Result, bail};
use contracts::archive::{OrderRecord, PastOrderSummary, PastOrderView};
use contracts::ledger::{OrderSummary, OrderView};
use identity::order_file::{OrderFormat, ending, heading, written};
use kernel::{Page, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::{ExportCommand, FormatName};
use crate::client::Client;

/// Writes the orders of the span, latest first, a page of each kind in memory at a time.
pub(super) async fn write(client: &Client, command: &ExportCommand, out: &mut (dyn Write + Send)) -> Result<u64> {
    let since = command.since.as_deref().map(moment).transpose()?;
    let until = command.until.as_deref().map(moment).transpose()?;
    let format = if command.format == FormatName::Csv { OrderFormat::Csv } else { OrderFormat::Json };
    let (mut own, mut past) = (List::of("/api/v1/admin/orders"), List::of("/api/v1/admin/past-orders"));
    let mut sheet = Sheet { out, bytes: 0 };
    sheet.put(&heading(format))?;
    let mut first = true;
    loop {
        let (live, before) =
            (own.latest::<OrderSummary>(client).await?, past.latest::<PastOrderSummary>(client).await?);
        let (at, path, is_own) = match (live, before) {
            (None, None) => break,
            (Some(live), before) if before.as_ref().is_none_or(|before| live.0 >= before.0) => (live.0, live.1, true),
            (_, Some(before)) => (before.0, before.1, false),
            (Some(live), None) => (live.0, live.1, true),
        };
        if since.is_some_and(|since| at < since) {
            break;
        }
        if is_own {
            own.done()
        } else {
            past.done()
        }
        if until.is_some_and(|until| at >= until) {
            continue;
        }
        let mut record = match is_own {
            true => OrderRecord::of(&get::<OrderView>(client, &path).await?),
            false => get::<PastOrderView>(client, &path).await?.order,
        };
        if command.without_names {
            record.contact = None;
        }
        sheet.put(&written(format, &record, first))?;
        first = false;
    }
    sheet.put(ending(format))?;
    Ok(sheet.bytes)
}

async fn get<T: DeserializeOwned>(client: &Client, path: &str) -> Result<T> {
    serde_json::from_value(client.get(path).await?).context("the shop's answer cannot be read")
}

/// A day or a moment, in UTC.
fn moment(text: &str) -> Result<Timestamp> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    match serde_json::from_value(Value::from(whole)) {
        Ok(at) => Ok(at),
        Err(_) => bail!("{text} is no time; write it as 2026-01-31 or 2026-01-31T08:00:00Z"),
    }
}

/// An entry of a list that is in order of time.
trait Entry: DeserializeOwned {
    fn placed_at(&self) -> Timestamp;
    fn id(&self) -> String;
}

impl Entry for OrderSummary {
    fn placed_at(&self) -> Timestamp {
        self.placed_at.0
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}

impl Entry for PastOrderSummary {
    fn placed_at(&self) -> Timestamp {
        self.placed_at.0
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}

/// A list that is read page by page, latest first.
struct List {
    path: &'static str,
    page: VecDeque<(Timestamp, String)>,
    cursor: Option<String>,
    begun: bool,
}

impl List {
    fn of(path: &'static str) -> Self {
        List { path, page: VecDeque::new(), cursor: None, begun: false }
    }

    /// The next entry: when it was placed, and where it is.
    async fn latest<T: Entry>(&mut self, client: &Client) -> Result<Option<(Timestamp, String)>> {
        while self.page.is_empty() && (!self.begun || self.cursor.is_some()) {
            let behind = self.cursor.take().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page: Page<T> = get(client, &format!("{}?limit=100{behind}", self.path)).await?;
            let place = |entry: &T| (entry.placed_at(), format!("{}/{}", self.path, entry.id()));
            self.page = page.items.iter().map(place).collect();
            (self.cursor, self.begun) = (page.next_cursor, true);
        }
        Ok(self.page.front().cloned())
    }

    fn done(&mut self) {
        self.page.pop_front();
    }
}

/// The file as far as it is written.
struct Sheet<'a> {
    out: &'a mut (dyn Write + Send),
    bytes: u64,
}

impl Sheet<'_> {
    fn put(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.bytes += text.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_do() {
        assert_eq!(moment("2026-01-31").unwrap(), moment("2026-01-31T00:00:00Z").unwrap());
        assert!(moment("soon").is_err() && moment("31.01.2026").is_err());
    }
}
