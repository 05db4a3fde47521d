//! Parts of documents as clients send them. The contract's own types read whatever a newer version may have added;
//! a client that sends a field we do not know has mistyped it and should hear so.

use contracts::catalog::{AttributeDefinition, AttributeKind, Media, Price, ProductOption};
use contracts::market::Texts;
use kernel::{FieldError, Money};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionBody {
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    #[schema(min_items = 1, max_items = 250)]
    values: Vec<String>,
}

impl From<OptionBody> for ProductOption {
    fn from(body: OptionBody) -> Self {
        ProductOption { name: body.name, values: body.values }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceBody {
    price: Money,
    /// The price before a reduction, higher than `price`.
    #[serde(default)]
    compare_at: Option<Money>,
}

impl From<PriceBody> for Price {
    fn from(body: PriceBody) -> Self {
        Price { price: body.price, compare_at: body.compare_at }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MediaBody {
    /// As the upload answered, or an https URL.
    #[schema(max_length = 2048)]
    source: String,
    #[serde(default)]
    alt: Texts,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
}

impl From<MediaBody> for Media {
    fn from(body: MediaBody) -> Self {
        Media { source: body.source, alt: body.alt, width: body.width, height: body.height }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindBody {
    Flag,
    Integer,
    Text,
    Choice,
    Choices,
}

/// An attribute: its kind, and what belongs to that kind (`unit` to integers, `values` to choices).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AttributeBody {
    /// Name in documents and URLs, e.g. `sole`.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    label: Texts,
    kind: KindBody,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    values: Option<Vec<String>>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    filterable: bool,
}

impl AttributeBody {
    /// # Errors
    /// The field that does not belong to the kind, under `pointer`.
    pub(super) fn into_definition(self, pointer: &str) -> Result<AttributeDefinition, FieldError> {
        let misplaced = |field: &str| FieldError {
            pointer: format!("{pointer}/{field}"),
            code: "misplaced".to_owned(),
            detail: "An attribute of this kind has no such field.".to_owned(),
        };
        let chosen = matches!(self.kind, KindBody::Choice | KindBody::Choices);
        if self.values.is_some() && !chosen {
            return Err(misplaced("values"));
        }
        if self.unit.is_some() && !matches!(self.kind, KindBody::Integer) {
            return Err(misplaced("unit"));
        }
        let values = self.values.unwrap_or_default();
        let kind = match self.kind {
            KindBody::Flag => AttributeKind::Flag,
            KindBody::Integer => AttributeKind::Integer { unit: self.unit },
            KindBody::Text => AttributeKind::Text,
            KindBody::Choice => AttributeKind::Choice { values },
            KindBody::Choices => AttributeKind::Choices { values },
        };
        let (name, label, required, filterable) = (self.name, self.label, self.required, self.filterable);
        Ok(AttributeDefinition { name, label, kind, required, filterable })
    }
}
