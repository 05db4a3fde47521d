//! Requests as files: one CSV for each, for whoever picks them up from a folder.

use std::path::Path;

use contracts::ledger::OrderView;
use kernel::Failure;

use crate::store::Record;

/// Name of the file of a fulfilment; the same fulfilment has the same name.
pub(crate) fn file_name(record: &Record) -> String {
    format!("{}-{}.csv", record.number, record.id)
}

/// Writes the file of a fulfilment into `folder`. Whoever watches the folder sees whole files only.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) async fn write(folder: &Path, record: &Record, order: &OrderView) -> Result<String, Failure> {
    let failed = |error: std::io::Error| {
        Failure::internal(format!("the folder {} cannot be written: {error}", folder.display()))
    };
    let name = file_name(record);
    let bytes = csv(record, order)?;
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    let unfinished = folder.join(format!(".{name}"));
    tokio::fs::write(&unfinished, bytes).await.map_err(failed)?;
    tokio::fs::rename(&unfinished, folder.join(&name)).await.map_err(failed)?;
    Ok(name)
}

/// Deletes a file of the folder. One that was picked up is fine.
///
/// # Errors
/// When it is there and cannot be deleted.
pub(crate) async fn delete(folder: &Path, name: &str) -> Result<(), Failure> {
    match tokio::fs::remove_file(folder.join(name)).await {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::internal(format!("the file {name} cannot be deleted: {error}"))),
    }
}

fn csv(record: &Record, order: &OrderView) -> Result<Vec<u8>, Failure> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let head = [
        "fulfilment_id",
        "order_number",
        "location",
        "line",
        "sku",
        "title",
        "quantity",
        "shipping",
        "name",
        "line1",
        "line2",
        "postal_code",
        "city",
        "region",
        "country",
    ];
    out.write_record(head).map_err(Failure::internal)?;
    let address = order.contact.as_ref().map(|contact| &contact.shipping_address);
    let field = |read: fn(&contracts::address::Address) -> &str| inert(address.map_or("", read));
    for line in &record.lines {
        let title = order.lines.iter().find(|known| known.line == line.line).map_or("", |known| known.title.as_str());
        let row = [
            record.id.to_string(),
            inert(&record.number),
            inert(&record.location),
            line.line.to_string(),
            inert(line.sku.as_str()),
            inert(title),
            line.quantity.to_string(),
            inert(&order.shipping_option),
            field(|a| &a.name),
            field(|a| &a.line1),
            field(|a| a.line2.as_deref().unwrap_or("")),
            field(|a| &a.postal_code),
            field(|a| &a.city),
            field(|a| a.region.as_deref().unwrap_or("")),
            field(|a| &a.country),
        ];
        out.write_record(row).map_err(Failure::internal)?;
    }
    out.into_inner().map_err(|error| Failure::internal(error.to_string()))
}

/// A cell that no spreadsheet runs.
fn inert(text: &str) -> String {
    kernel::cell::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn nothing_is_run_by_a_spreadsheet() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1+1", "'＝1+1"),
            ("'=1+1", "''=1+1"),
            ("'x", "'x"),
            ("Ann = 1", "Ann = 1"),
            ("", ""),
        ] {
            assert_eq!(inert(text), cell);
        }
    }
}
