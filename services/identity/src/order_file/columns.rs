//! What the columns of a file of orders mean, by their names.

use std::collections::{HashMap, HashSet};

use kernel::cell::unescape;

/// Whose table it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Own,
    Shopify,
    WooCommerce,
}

impl Dialect {
    /// What orders are from when nothing else is said.
    pub(super) const fn source(self) -> &'static str {
        match self {
            Dialect::Own => contracts::archive::ARGOSY,
            Dialect::Shopify => "shopify",
            Dialect::WooCommerce => "woocommerce",
        }
    }
}

/// A part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Name,
    FirstName,
    LastName,
    Company,
    Line1,
    Line2,
    City,
    Region,
    PostalCode,
    Country,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Number,
    Reference,
    Source,
    PlacedAt,
    CancelledAt,
    Status,
    Payment,
    Fulfilment,
    Currency,
    Items,
    /// Items without their discounts.
    Subtotal,
    Discount,
    Shipping,
    ShippingTax,
    Tax,
    TaxAdded,
    Total,
    GiftCard,
    Captured,
    /// What is still owed.
    Outstanding,
    Refunded,
    Taxes,
    TaxName(u8),
    TaxAmount(u8),
    Discounts,
    DiscountCode,
    Refunds,
    ShippingName,
    Tracking,
    Email,
    VatId,
    To(Part),
    Bill(Part),
    Line,
    Sku,
    Title,
    Variant,
    Quantity,
    UnitPrice,
    LineDiscount,
    LineSubtotal,
    LineTotal,
    /// All lines in one cell.
    Lines,
    /// One line in one cell.
    PackedLine(u8),
}

use Column::{Bill, To};

/// The columns of the shop's own table, in order.
pub(super) const OWN: [(&str, Column); 47] = [
    ("Number", Column::Number),
    ("Id", Column::Reference),
    ("Source", Column::Source),
    ("Placed at", Column::PlacedAt),
    ("Cancelled at", Column::CancelledAt),
    ("Status", Column::Status),
    ("Payment", Column::Payment),
    ("Fulfilment", Column::Fulfilment),
    ("Currency", Column::Currency),
    ("Items", Column::Items),
    ("Discount", Column::Discount),
    ("Shipping", Column::Shipping),
    ("Tax", Column::Tax),
    ("Tax added", Column::TaxAdded),
    ("Total", Column::Total),
    ("Gift card", Column::GiftCard),
    ("Captured", Column::Captured),
    ("Refunded", Column::Refunded),
    ("Taxes", Column::Taxes),
    ("Discounts", Column::Discounts),
    ("Refunds", Column::Refunds),
    ("Shipping option", Column::ShippingName),
    ("Tracking", Column::Tracking),
    ("Email", Column::Email),
    ("VAT id", Column::VatId),
    ("Shipping name", To(Part::Name)),
    ("Shipping line 1", To(Part::Line1)),
    ("Shipping line 2", To(Part::Line2)),
    ("Shipping city", To(Part::City)),
    ("Shipping region", To(Part::Region)),
    ("Shipping postal code", To(Part::PostalCode)),
    ("Shipping country", To(Part::Country)),
    ("Billing name", Bill(Part::Name)),
    ("Billing line 1", Bill(Part::Line1)),
    ("Billing line 2", Bill(Part::Line2)),
    ("Billing city", Bill(Part::City)),
    ("Billing region", Bill(Part::Region)),
    ("Billing postal code", Bill(Part::PostalCode)),
    ("Billing country", Bill(Part::Country)),
    ("Line", Column::Line),
    ("SKU", Column::Sku),
    ("Title", Column::Title),
    ("Variant", Column::Variant),
    ("Quantity", Column::Quantity),
    ("Unit price", Column::UnitPrice),
    ("Line discount", Column::LineDiscount),
    ("Line total", Column::LineTotal),
];

fn own(name: &str) -> Option<Column> {
    OWN.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, column)| *column)
}

/// Shopify's order export. The street is there twice, whole and in its lines; the lines count.
fn shopify(name: &str) -> Option<Column> {
    let column = match name {
        "name" => Column::Number,
        "id" => Column::Reference,
        "created at" => Column::PlacedAt,
        "cancelled at" => Column::CancelledAt,
        "financial status" => Column::Payment,
        "fulfillment status" => Column::Fulfilment,
        "currency" => Column::Currency,
        "subtotal" => Column::Subtotal,
        "shipping" => Column::Shipping,
        "taxes" => Column::Tax,
        "total" => Column::Total,
        "discount code" => Column::DiscountCode,
        "discount amount" => Column::Discount,
        "refunded amount" => Column::Refunded,
        "outstanding balance" => Column::Outstanding,
        "shipping method" => Column::ShippingName,
        "email" => Column::Email,
        "lineitem sku" => Column::Sku,
        "lineitem name" => Column::Title,
        "lineitem quantity" => Column::Quantity,
        "lineitem price" => Column::UnitPrice,
        "lineitem discount" => Column::LineDiscount,
        _ => return shopify_address(name).or_else(|| shopify_tax(name)),
    };
    Some(column)
}

fn shopify_address(name: &str) -> Option<Column> {
    let (whose, part) = name.split_once(' ')?;
    let part = match part {
        "name" => Part::Name,
        "company" => Part::Company,
        "address1" => Part::Line1,
        "address2" => Part::Line2,
        "city" => Part::City,
        "province" => Part::Region,
        "zip" => Part::PostalCode,
        "country" => Part::Country,
        _ => return None,
    };
    match whose {
        "billing" => Some(Bill(part)),
        "shipping" => Some(To(part)),
        _ => None,
    }
}

/// `tax 1 name` and `tax 1 value`, up to 5.
fn shopify_tax(name: &str) -> Option<Column> {
    let (number, what) = name.strip_prefix("tax ")?.split_once(' ')?;
    let number: u8 = number.parse().ok().filter(|n| (1..=5).contains(n))?;
    match what {
        "name" => Some(Column::TaxName(number)),
        "value" => Some(Column::TaxAmount(number)),
        _ => None,
    }
}

/// What exporters of WooCommerce orders write: it has none of its own, and they differ in spelling more than in content.
fn woocommerce(name: &str) -> Option<Column> {
    let name = name.replace(' ', "_");
    let column = match name.as_str() {
        "order_number" | "order_number_formatted" => Column::Number,
        "order_id" => Column::Reference,
        "date" | "order_date" | "date_created" => Column::PlacedAt,
        "status" | "order_status" => Column::Status,
        "currency" | "order_currency" => Column::Currency,
        "order_subtotal" | "order_subtotal_amount" => Column::Items,
        "discount_total" | "cart_discount" | "cart_discount_amount" => Column::Discount,
        "shipping_total" | "order_shipping" | "order_shipping_amount" => Column::Shipping,
        "shipping_tax_total" => Column::ShippingTax,
        "tax_total" | "order_total_tax_amount" => Column::Tax,
        "order_total" | "order_total_amount" => Column::Total,
        "refunded_total" | "order_refund_amount" => Column::Refunded,
        "coupon_code" | "coupons" => Column::DiscountCode,
        "shipping_method" | "shipping_method_title" => Column::ShippingName,
        "billing_email" | "customer_email" | "email_(billing)" => Column::Email,
        "vat_number" | "billing_vat_number" => Column::VatId,
        "item_sku" | "sku" => Column::Sku,
        "item_name" | "product_name" => Column::Title,
        "item_quantity" | "quantity" | "quantity_(-_refund)" => Column::Quantity,
        "item_price" | "item_cost" => Column::UnitPrice,
        "item_subtotal" => Column::LineSubtotal,
        "item_total" | "order_line_total" => Column::LineTotal,
        "line_items" => Column::Lines,
        _ => return woocommerce_address(&name).or_else(|| packed_line(&name)),
    };
    Some(column)
}

/// `billing_city` or `city_(billing)`.
fn woocommerce_address(name: &str) -> Option<Column> {
    let named = |whose: &str| {
        let part = name.strip_prefix(&format!("{whose}_")).or_else(|| name.strip_suffix(&format!("_({whose})")))?;
        Some(match part {
            "full_name" => Part::Name,
            "first_name" => Part::FirstName,
            "last_name" => Part::LastName,
            "company" => Part::Company,
            "address_1" | "address_1&2" => Part::Line1,
            "address_2" => Part::Line2,
            "city" => Part::City,
            "state" | "state_code" => Part::Region,
            "postcode" => Part::PostalCode,
            "country" | "country_code" => Part::Country,
            _ => return None,
        })
    };
    named("billing").map(Bill).or_else(|| named("shipping").map(To))
}

fn packed_line(name: &str) -> Option<Column> {
    name.strip_prefix("line_item_")?.parse().ok().map(Column::PackedLine)
}

/// The header of a file.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) dialect: Dialect,
    at: HashMap<Column, usize>,
    names: Vec<String>,
    pub(super) ignored: Vec<String>,
}

impl Header {
    /// None when these are not the columns of orders.
    pub(super) fn of(record: &csv::ByteRecord) -> Option<Self> {
        let names: Vec<String> =
            record.iter().map(|cell| unescape(String::from_utf8_lossy(cell).trim()).to_owned()).collect();
        let lower: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let has = |name: &str| lower.contains(name);
        let (dialect, meaning): (_, fn(&str) -> Option<Column>) = if has("number") && has("placed at") {
            (Dialect::Own, own)
        } else if has("name") && (has("lineitem name") || has("financial status")) {
            (Dialect::Shopify, shopify)
        } else {
            (Dialect::WooCommerce, woocommerce)
        };
        let (mut at, mut ignored) = (HashMap::new(), Vec::new());
        for (i, name) in names.iter().enumerate() {
            match meaning(&name.to_lowercase()) {
                Some(column) => {
                    at.entry(column).or_insert(i);
                }
                None if name.is_empty() => {}
                None => ignored.push(name.clone()),
            }
        }
        let named = at.contains_key(&Column::Number) || at.contains_key(&Column::Reference);
        let whole = named && at.contains_key(&Column::PlacedAt) && at.contains_key(&Column::Total);
        whole.then_some(Header { dialect, at, names, ignored })
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.at.contains_key(&column)
    }

    /// As the file calls the column.
    pub(super) fn name(&self, column: Column) -> &str {
        self.at.get(&column).map_or("", |&at| self.names[at].as_str())
    }

    /// Every cell that has all of a line in it.
    pub(super) fn packed(&self) -> Vec<Column> {
        let mut packed: Vec<u8> = self
            .at
            .keys()
            .filter_map(|column| match column {
                Column::PackedLine(number) => Some(*number),
                _ => None,
            })
            .collect();
        packed.sort_unstable();
        packed.into_iter().map(Column::PackedLine).collect()
    }

    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.at.get(&column).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &str) -> Option<Header> {
        Header::of(&names.split(',').collect::<Vec<_>>().into())
    }

    #[test]
    fn a_file_says_by_its_columns_whose_it_is() {
        let dialect = |names: &str| header(names).map(|header| header.dialect);
        assert_eq!(dialect("Number,Placed at,Total"), Some(Dialect::Own));
        assert_eq!(dialect("Name,Email,Financial Status,Created at,Total,Lineitem name"), Some(Dialect::Shopify));
        assert_eq!(dialect("order_id,order_number,date,order_total"), Some(Dialect::WooCommerce));
        assert_eq!(dialect("Order Number,Order Date,Order Total Amount"), Some(Dialect::WooCommerce));
        for other in ["Handle,Title", "Email,Name", "Date,Order #,Status", "", "Name,Financial Status"] {
            assert!(header(other).is_none(), "{other}");
        }
    }

    #[test]
    fn addresses_are_found_in_both_spellings() {
        assert_eq!(woocommerce("billing_address_1"), Some(Bill(Part::Line1)));
        assert_eq!(woocommerce("address 1&2 (shipping)"), Some(To(Part::Line1)));
        assert_eq!(woocommerce("country code (billing)"), Some(Bill(Part::Country)));
        assert_eq!(shopify("shipping zip"), Some(To(Part::PostalCode)));
        assert_eq!(
            (shopify("shipping method"), shopify("tax 3 value")),
            (Some(Column::ShippingName), Some(Column::TaxAmount(3)))
        );
        assert_eq!((shopify("billing phone"), shopify("tax 9 value")), (None, None));
    }
}
