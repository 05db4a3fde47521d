//! The rules of the catalog's documents. Everything that is wrong is reported at once, each with its place.

mod attributes;
mod html;
mod product;
mod taxonomy;
mod text;

use kernel::FieldError;

pub(crate) use product::{check as check_product, tidy as tidy_product};
pub(crate) use taxonomy::{check_category, check_collection, check_product_type};
pub(crate) use text::{handle_from, is_locale};

/// Collects what is wrong.
#[derive(Default)]
pub(crate) struct Problems(Vec<FieldError>);

impl Problems {
    pub(crate) fn add(&mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() });
    }

    /// # Errors
    /// `invalid_input` with every problem found.
    pub(crate) fn into_result(self) -> contracts::Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(kernel::Failure::fields(self.0)) }
    }
}
