//! The kernel: the nouns every crate shares, with no I/O of any kind.
//!
//! Owns: [`Money`] and its allocation (invariant I6 rests on it), typed ids, [`Timestamp`], the injected
//! [`Clock`] and [`Rng`], [`Secret`], [`Page`] and cursors, [`cell`]s of tables, amounts as a [`locale`] writes them, and
//! [`Failure`], the one shape in which a service tells its caller that something did not happen. Calls nothing;
//! every other crate calls it.

pub mod cell;
pub mod clock;
pub mod failure;
pub mod id;
pub mod locale;
pub mod meter;
pub mod money;
pub mod mutant;
pub mod page;
pub mod rng;
pub mod secret;

pub use clock::{Clock, SharedClock, SystemClock, Timestamp};
pub use failure::{ErrorKind, Failure, FieldError};
pub use id::{
    AddressId, ApiKeyId, CartId, CustomerId, EventId, FulfilmentId, LineId, MailId, OrderId, PastOrderId, PersonId,
    ProductId, RefundId, ReturnId, SessionId, ShipmentId, Sku, StaffId, StoreId, TransferId, VariantId,
    WebhookEndpointId,
};
pub use money::{Currency, Money, MoneyError, Rate};
pub use page::{Cursor, Page, PageRequest};
pub use rng::{Rng, SeededRng, SharedRng, SystemRng};
pub use secret::Secret;
