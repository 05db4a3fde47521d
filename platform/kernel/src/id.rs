//! Typed ids, so that an order's is never taken for a cart's.

use std::fmt;
use std::str::FromStr;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::rng::Rng;

/// The text is not a UUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

/// A UUIDv7 (RFC 9562): 48 bits of time, the rest random, so that ids made one after the other sort that way.
fn uuid_v7(now: Timestamp, rng: &dyn Rng) -> Uuid {
    let mut random = [0; 10];
    rng.fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis(now.millis().max(0).cast_unsigned(), &random).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id (UUIDv7).
            #[must_use]
            pub fn new(now: Timestamp, rng: &dyn Rng) -> Self {
                $name(uuid_v7(now, rng))
            }

            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                $name(uuid)
            }

            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map($name).map_err(|_| InvalidId)
            }
        }
    )*};
}

ids! {
    /// A store (tenant). Every record belongs to one.
    StoreId,
    /// A product of the catalog.
    ProductId,
    /// A variant of a product; what is sold is its [`Sku`].
    VariantId,
    /// A cart.
    CartId,
    /// A line of a cart.
    LineId,
    /// An order. Derived, never drawn: see [`OrderId::derive`].
    OrderId,
    /// A customer's account.
    CustomerId,
    /// A person, the owner of one encryption key. Destroying the key erases the person.
    PersonId,
    /// A refund of a payment.
    RefundId,
    /// A shipment of an order.
    ShipmentId,
    /// A return of an order.
    ReturnId,
    /// An event of the outbox.
    EventId,
    /// An API key.
    ApiKeyId,
    /// A member of the staff.
    StaffId,
    /// A session of a customer or of a member of the staff.
    SessionId,
    /// An address in a customer's address book.
    AddressId,
    /// A mail in the queue.
    MailId,
    /// Where outgoing webhooks go.
    WebhookEndpointId,
    /// A fulfilment: an order, or part of it, on its way out of one location.
    FulfilmentId,
    /// Goods on their way from one location to another.
    TransferId,
    /// An order of another shop, kept as history.
    PastOrderId,
}

impl StoreId {
    /// The store of a single-store installation.
    pub const DEFAULT: StoreId = StoreId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));
}

impl PersonId {
    /// The person of one order of a customer. Derived, so that erasing the customer finds the people of all their
    /// orders without a list of them; each order still has a key of its own.
    #[must_use]
    pub fn of_order(customer: CustomerId, order: OrderId) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(b"argosy person of order 1");
        context.update(customer.as_bytes());
        context.update(order.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&context.finish().as_ref()[..16]);
        PersonId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl OrderId {
    /// The order that `key` asks for within `scope` (principal, method and route). The same pair gives the same id
    /// on every node and in every region, so that a retry cannot become a second order. A UUIDv8 (RFC 9562):
    /// the first 16 bits are the number of the ledger, the rest is SHA-256 over scope and key.
    #[must_use]
    pub fn derive(ledger: u16, scope: &[u8], key: &str) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(b"argosy order id 1");
        context.update(&(scope.len() as u64).to_be_bytes());
        context.update(scope);
        context.update(key.as_bytes());
        let digest = context.finish();
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&ledger.to_be_bytes());
        bytes[2..].copy_from_slice(&digest.as_ref()[..14]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        OrderId(Uuid::from_bytes(bytes))
    }

    /// The number of the ledger that holds this order.
    #[must_use]
    pub const fn ledger(self) -> u16 {
        let bytes = self.0.as_bytes();
        u16::from_be_bytes([bytes[0], bytes[1]])
    }
}

/// A stock keeping unit: what is counted and sold. 1 to 64 printable characters without spaces at the ends.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 64,
    pattern = r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$"
)]
pub struct Sku(std::sync::Arc<str>);

impl Sku {
    pub const MAX_LEN: usize = 64;

    /// # Errors
    /// When `text` is empty, longer than 64 characters, padded with spaces, or has control characters.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let fine = !text.is_empty()
            && text.chars().count() <= Self::MAX_LEN
            && text.trim() == text
            && !text.chars().any(char::is_control);
        if fine { Ok(Sku(text.into())) } else { Err(InvalidId) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Sku {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Sku::new(&text).map_err(|_| serde::de::Error::custom("a SKU is 1 to 64 printable characters"))
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sku({})", self.0)
    }
}

impl FromStr for Sku {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Sku::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRng;

    #[test]
    fn an_order_id_is_derived_and_carries_its_ledger() {
        let a = OrderId::derive(513, b"guest POST /orders", "k1");
        assert_eq!(a, OrderId::derive(513, b"guest POST /orders", "k1"));
        assert_ne!(a, OrderId::derive(513, b"guest POST /orders", "k2"));
        assert_ne!(OrderId::derive(1, b"ab", "c"), OrderId::derive(1, b"a", "bc"));
        assert_eq!(a.ledger(), 513);
        assert_eq!(a.uuid().get_version_num(), 8);
        assert_eq!(a.to_string().parse::<OrderId>().unwrap(), a);
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let rng = SeededRng::new(1);
        let early = CartId::new(Timestamp::from_millis(1_000), &rng);
        let late = CartId::new(Timestamp::from_millis(2_000), &rng);
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
    }

    #[test]
    fn a_sku_is_checked() {
        for bad in ["", " a", "a ", "a\nb", &"x".repeat(65)] {
            assert!(Sku::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Sku::new("RUN-42/EU é").unwrap().as_str(), "RUN-42/EU é");
    }
}
