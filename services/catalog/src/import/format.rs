//! What a file is, told by its beginning.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// The columns of a Shopify product export (CSV).
    Shopify,
    /// The columns of a WooCommerce product export (CSV).
    Woocommerce,
    /// The shop's own table, with every language, currency and location (CSV).
    Csv,
    /// The shop's own JSON, which loses nothing.
    Json,
    /// Units of SKUs at locations (CSV).
    Stock,
}

/// The most bytes of a file that are looked at for its header.
const HEADER_BYTES: usize = 64 * 1024;

impl FileFormat {
    /// By the first byte or the names of the columns. What is not known is taken for a Shopify export, whose reader says
    /// what is missing.
    #[must_use]
    pub fn of(file: &[u8]) -> Self {
        let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        if file.trim_ascii_start().first() == Some(&b'{') {
            return FileFormat::Json;
        }
        let head = &file[..file.len().min(HEADER_BYTES)];
        let mut header = csv::ByteRecord::new();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(head);
        let _ = reader.read_byte_record(&mut header);
        let names: Vec<String> =
            header.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_lowercase()).collect();
        let has = |name: &str| names.iter().any(|known| known == name);
        if has("handle") && names.iter().any(|name| super::sheet::is_own(name)) {
            FileFormat::Csv
        } else if has("handle") || has("url handle") {
            FileFormat::Shopify
        } else if has("sku") && has("on hand") {
            FileFormat::Stock
        } else if has("name") && (has("regular price") || has("parent")) {
            FileFormat::Woocommerce
        } else {
            FileFormat::Shopify
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_by_its_beginning_what_it_is() {
        for (file, format) in [
            ("\u{feff}{\"format\":1}", FileFormat::Json),
            ("URL handle,Title\n", FileFormat::Shopify),
            ("Handle,Title,SKU\n", FileFormat::Shopify),
            ("handle,title:en,sku,price:EUR\n", FileFormat::Csv),
            ("handle,sku,on_hand:main", FileFormat::Csv),
            ("\u{feff}ID,Type,SKU,Name,Published,\"Regular price\"\n", FileFormat::Woocommerce),
            ("sku,on hand\n", FileFormat::Stock),
            ("a,b\n", FileFormat::Shopify),
            ("", FileFormat::Shopify),
        ] {
            assert_eq!(FileFormat::of(file.as_bytes()), format, "{file:?}");
        }
    }
}
