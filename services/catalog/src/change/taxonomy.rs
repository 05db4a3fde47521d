//! Changes of product types, categories and collections. The same document again is no change.

use contracts::catalog::{Category, Collection, ProductType};
use kernel::Failure;
use serde_json::json;

use super::{Change, Expected};
use crate::rules;
use crate::store::{Fault, product, taxonomy};

impl Change<'_> {
    /// # Errors
    /// A stale version, or what the rules find.
    pub(crate) fn put_product_type(
        &mut self,
        mut document: ProductType,
        expected: Expected,
    ) -> Result<ProductType, Fault> {
        let current = self.taxonomy().types.get(&document.handle);
        expected.check(current.map(|known| known.version))?;
        rules::check_product_type(&document)?;
        document.version = current.map_or(1, |known| known.version);
        if current == Some(&document) {
            return Ok(document);
        }
        document.version += u64::from(current.is_some());
        taxonomy::put_product_type(self.conn, &self.store, &document)?;
        self.emit_document("product_type", "product_type_changed", &document.handle, document.version)?;
        self.taxonomy_mut().types.insert(document.handle.clone(), document.clone());
        Ok(document)
    }

    /// # Errors
    /// A stale version, or what the rules find.
    pub(crate) fn put_category(&mut self, mut document: Category, expected: Expected) -> Result<Category, Fault> {
        let current = self.taxonomy().categories.get(&document.handle);
        expected.check(current.map(|known| known.version))?;
        rules::check_category(&document, self.taxonomy())?;
        document.version = current.map_or(1, |known| known.version);
        if current == Some(&document) {
            return Ok(document);
        }
        document.version += u64::from(current.is_some());
        taxonomy::put_category(self.conn, &self.store, &document)?;
        self.emit_document("category", "category_changed", &document.handle, document.version)?;
        self.taxonomy_mut().categories.insert(document.handle.clone(), document.clone());
        Ok(document)
    }

    /// # Errors
    /// A stale version, or what the rules find.
    pub(crate) fn put_collection(&mut self, mut document: Collection, expected: Expected) -> Result<Collection, Fault> {
        let current = self.taxonomy().collections.get(&document.handle);
        expected.check(current.map(|known| known.version))?;
        rules::check_collection(&document)?;
        document.version = current.map_or(1, |known| known.version);
        if current == Some(&document) {
            return Ok(document);
        }
        document.version += u64::from(current.is_some());
        taxonomy::put_collection(self.conn, &self.store, &document)?;
        self.emit_document("collection", "collection_changed", &document.handle, document.version)?;
        self.taxonomy_mut().collections.insert(document.handle.clone(), document.clone());
        Ok(document)
    }

    /// # Errors
    /// Not found, a stale version, or `category_in_use` while products or categories stand in it.
    pub(crate) fn delete_category(&mut self, handle: &str, expected: Expected) -> Result<(), Fault> {
        let version = self.taxonomy().categories.get(handle).map(|known| known.version);
        let version = version.ok_or_else(|| Failure::not_found("category"))?;
        expected.check(Some(version))?;
        let has_children = self.taxonomy().categories.values().any(|c| c.parent.as_deref() == Some(handle));
        if has_children || product::any_in_category(self.conn, &self.store, handle)? {
            let detail = "Products or other categories stand in this category. Move them first.";
            return Err(Failure::conflict("category_in_use", detail).into());
        }
        taxonomy::delete_category(self.conn, &self.store, handle)?;
        self.emit_document("category", "category_deleted", handle, version)?;
        self.taxonomy_mut().categories.remove(handle);
        Ok(())
    }

    /// Ends a collection; its products leave it and stay in the shop.
    ///
    /// # Errors
    /// Not found, or a stale version.
    pub(crate) fn delete_collection(&mut self, handle: &str, expected: Expected) -> Result<(), Fault> {
        let version = self.taxonomy().collections.get(handle).map(|known| known.version);
        let version = version.ok_or_else(|| Failure::not_found("collection"))?;
        expected.check(Some(version))?;
        for member in product::in_collection(self.conn, &self.store, handle)? {
            let found = product::find(self.conn, &self.store, &member)?;
            let Some(found) = found else { continue };
            let mut content = found.content.clone();
            content.collections.retain(|collection| collection != handle);
            self.update_product(&member, Expected::Version(found.version), content)?;
        }
        taxonomy::delete_collection(self.conn, &self.store, handle)?;
        self.emit_document("collection", "collection_deleted", handle, version)?;
        self.taxonomy_mut().collections.remove(handle);
        Ok(())
    }

    fn emit_document(&self, noun: &str, kind: &str, handle: &str, version: u64) -> Result<(), Fault> {
        let data = json!({ "handle": handle, "version": version });
        self.emit(&format!("{noun}:{handle}"), &format!("catalog.{kind}"), data)
    }
}
