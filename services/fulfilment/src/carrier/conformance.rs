//! What every carrier must do, whoever it is: run against the simulated one here, against each real one's test mode
//! where it is added. A carrier that has not passed it does not exist.

use contracts::Result;
use contracts::address::Address;
use contracts::fulfilment::{Carrier, Parcel, TrackingStatus};
use kernel::{Currency, ErrorKind, FulfilmentId, Timestamp};

/// How often a call that was not answered is made again before the carrier counts as gone.
const TRIES: usize = 100;

/// Runs the whole suite with two parcels that are new to the carrier, announced at `now`.
///
/// # Panics
/// When the carrier breaks the contract; the message says how.
pub async fn conformance(carrier: &dyn Carrier, keys: [FulfilmentId; 2], now: Timestamp) {
    let [one, other] = keys.map(|key| parcel(key, now));
    let name = carrier.name();
    assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "the name {name:?}");

    let tracking = until(async || carrier.announce(&one).await).await.tracking;
    let again = until(async || carrier.announce(&one).await).await.tracking;
    assert_eq!(tracking, again, "the same parcel was given two numbers");
    let different = until(async || carrier.announce(&other).await).await.tracking;
    assert_ne!(tracking, different, "two parcels were given the same number");
    let proper = |number: &str| (1..=200).contains(&number.len()) && !number.chars().any(char::is_control);
    assert!(proper(&tracking), "{tracking:?} cannot be printed");

    let label = until(async || carrier.label(&one, &tracking).await).await;
    assert!(!label.bytes.is_empty() && label.bytes.len() < 1024 * 1024, "a label of {} bytes", label.bytes.len());
    assert!(matches!(label.content_type, "image/svg+xml" | "application/pdf"), "{}", label.content_type);

    let told = until(async || carrier.track(&tracking).await).await;
    assert!(told.iter().all(|update| update.at.0 >= now), "something happened before the parcel was announced");
    let delivered = told.iter().any(|update| update.status == TrackingStatus::Delivered);
    assert!(!delivered, "a parcel that nobody has handed over was delivered");
    for unknown in ["", "no such parcel", "0"] {
        let answer = answered(async || carrier.track(unknown).await).await;
        assert!(answer.is_err_and(|failure| failure.kind == ErrorKind::NotFound), "{unknown:?} is known");
    }

    // A parcel that will not come can be withdrawn, and again when the answer was lost.
    until(async || carrier.withdraw(&different).await).await;
    until(async || carrier.withdraw(&different).await).await;
}

/// The good answer of a call, which is made again while there is none.
async fn until<T>(call: impl AsyncFn() -> Result<T>) -> T {
    match answered(call).await {
        Ok(value) => value,
        Err(failure) => panic!("the carrier refused: {failure}"),
    }
}

async fn answered<T>(call: impl AsyncFn() -> Result<T>) -> Result<T> {
    for _ in 0..TRIES {
        match call().await {
            Err(failure) if failure.kind == ErrorKind::Unavailable => {}
            answer => return answer,
        }
    }
    panic!("the carrier did not answer once in {TRIES} calls")
}

fn parcel(key: FulfilmentId, announced_at: Timestamp) -> Parcel {
    Parcel {
        key,
        announced_at,
        reference: "1001".to_owned(),
        to: Address {
            name: "Zoë O'Neil <script>".to_owned(),
            line1: "Hafenstraße 7".to_owned(),
            line2: Some("c/o Łukasz & Söhne".to_owned()),
            city: "Hamburg".to_owned(),
            region: None,
            postal_code: "20359".to_owned(),
            country: "DE".to_owned(),
        },
        units: 3,
        currency: Currency::EUR,
    }
}
