//! Changes of products.

use contracts::catalog::{Change as Effect, Product, ProductContent};
use kernel::{ErrorKind, Failure, FieldError, ProductId, Timestamp, VariantId};
use serde_json::json;

use super::{Change, Expected};
use crate::model::Changed;
use crate::rules;
use crate::store::{Fault, product};

impl Change<'_> {
    /// # Errors
    /// `handle_taken`, `sku_taken`, or what the rules find.
    pub(crate) fn create_product(&mut self, handle: &str, content: ProductContent) -> Result<Product, Fault> {
        if product::find(self.conn, &self.store, handle)?.is_some() {
            let mut failure = Failure::conflict("handle_taken", "Another product has this handle.");
            failure.errors.push(FieldError {
                pointer: "/handle".to_owned(),
                code: "handle_taken".to_owned(),
                detail: "Choose another handle.".to_owned(),
            });
            return Err(failure.into());
        }
        self.insert_product(handle, content, self.now)
    }

    /// # Errors
    /// Not found, a stale version, `sku_taken`, or what the rules find.
    pub(crate) fn update_product(
        &mut self,
        handle: &str,
        expected: Expected,
        content: ProductContent,
    ) -> Result<Product, Fault> {
        let before = product::find(self.conn, &self.store, handle)?.ok_or_else(|| Failure::not_found("product"))?;
        expected.check(Some(before.version))?;
        Ok(self.replace_product(before, content)?.0)
    }

    /// Creates or replaces a product; `merge` may take over what the new content does not know from the old one.
    /// A new product counts as made at `created_at`.
    ///
    /// # Errors
    /// `sku_taken`, or what the rules find.
    pub(crate) fn upsert_product(
        &mut self,
        handle: &str,
        mut content: ProductContent,
        created_at: Timestamp,
        merge: impl FnOnce(&mut ProductContent, &ProductContent),
    ) -> Result<(Product, Effect), Fault> {
        match product::find(self.conn, &self.store, handle)? {
            None => Ok((self.insert_product(handle, content, created_at)?, Effect::Created)),
            Some(before) => {
                merge(&mut content, &before.content);
                self.replace_product(before, content)
            }
        }
    }

    /// # Errors
    /// Not found, or a stale version.
    pub(crate) fn delete_product(&mut self, handle: &str, expected: Expected) -> Result<(), Fault> {
        let before = product::find(self.conn, &self.store, handle)?.ok_or_else(|| Failure::not_found("product"))?;
        expected.check(Some(before.version))?;
        product::delete(self.conn, &self.store, before.id)?;
        let data =
            json!({ "id": before.id, "handle": handle, "version": before.version, "skus": skus(&before.content) });
        self.emit(&format!("product:{}", before.id), "catalog.product_deleted", data)?;
        self.changed.push(Changed::Hidden(handle.to_owned()));
        Ok(())
    }

    fn insert_product(
        &mut self,
        handle: &str,
        mut content: ProductContent,
        created_at: Timestamp,
    ) -> Result<Product, Fault> {
        rules::tidy_product(&mut content, None, || VariantId::new(self.now, self.rng));
        rules::check_product(handle, &content, self.taxonomy())?;
        let at = created_at.into();
        let id = ProductId::new(self.now, self.rng);
        let product = Product { id, handle: handle.to_owned(), version: 1, created_at: at, updated_at: at, content };
        self.check_skus(&product)?;
        product::insert(self.conn, &self.store, &product)?;
        let data = json!({ "id": id, "handle": handle, "version": 1, "skus": skus(&product.content) });
        self.emit(&format!("product:{id}"), "catalog.product_created", data)?;
        self.changed.push(self.model.changed(self.store, &product));
        Ok(product)
    }

    /// The same content again is no change: no version, no event.
    fn replace_product(&mut self, before: Product, mut content: ProductContent) -> Result<(Product, Effect), Fault> {
        rules::tidy_product(&mut content, Some(&before.content), || VariantId::new(self.now, self.rng));
        rules::check_product(&before.handle, &content, self.taxonomy())?;
        let fields = changed_fields(&before.content, &content);
        if fields.is_empty() {
            return Ok((before, Effect::Unchanged));
        }
        let updated_at = self.now.max(before.updated_at.0).into();
        let (handle, version) = (before.handle.clone(), before.version + 1);
        let product = Product { id: before.id, handle, version, created_at: before.created_at, updated_at, content };
        self.check_skus(&product)?;
        product::update(self.conn, &self.store, &product, &before)?;
        let data = json!({
            "id": product.id,
            "handle": product.handle,
            "version": product.version,
            "changed": fields,
            "skus": skus(&product.content),
        });
        self.emit(&format!("product:{}", product.id), "catalog.product_updated", data)?;
        self.changed.push(self.model.changed(self.store, &product));
        Ok((product, Effect::Updated))
    }

    fn check_skus(&self, product: &Product) -> Result<(), Fault> {
        let skus = product.content.variants.iter().map(|variant| &variant.sku);
        let taken = product::taken(self.conn, &self.store, product.id, skus)?;
        if taken.is_empty() {
            return Ok(());
        }
        let mut failure =
            Failure::new(ErrorKind::Conflict, "sku_taken", "Another product has a variant with the same SKU.");
        failure.errors = taken
            .into_iter()
            .map(|i| FieldError {
                pointer: format!("/variants/{i}/sku"),
                code: "sku_taken".to_owned(),
                detail: format!("Another product has the SKU {}.", product.content.variants[i].sku),
            })
            .collect();
        Err(failure.into())
    }
}

fn skus(content: &ProductContent) -> Vec<&str> {
    content.variants.iter().map(|variant| variant.sku.as_str()).collect()
}

/// Names of the fields in which two contents differ.
fn changed_fields(before: &ProductContent, after: &ProductContent) -> Vec<&'static str> {
    let prices = |content: &ProductContent| {
        content.variants.iter().map(|variant| (variant.id, variant.prices.clone())).collect::<Vec<_>>()
    };
    [
        ("status", before.status != after.status),
        ("product_type", before.product_type != after.product_type),
        ("vendor", before.vendor != after.vendor),
        ("title", before.title != after.title),
        ("description_html", before.description_html != after.description_html),
        ("seo_title", before.seo_title != after.seo_title),
        ("seo_description", before.seo_description != after.seo_description),
        ("category", before.category != after.category),
        ("collections", before.collections != after.collections),
        ("tags", before.tags != after.tags),
        ("options", before.options != after.options),
        ("attributes", before.attributes != after.attributes),
        ("variants", before.variants != after.variants),
        ("prices", prices(before) != prices(after)),
        ("media", before.media != after.media),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
