//! Where products stand, as the index needs it: names per language, the way to a category, what is filterable.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use contracts::catalog::{AttributeDefinition, CategoryNode, CollectionView, ProductType};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    parent: Option<String>,
    /// In the order of a walk through the tree.
    position: usize,
    /// Per language of the index.
    names: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Taxonomy {
    types: BTreeMap<String, ProductType>,
    categories: BTreeMap<String, Place>,
    collections: BTreeMap<String, Place>,
    /// Definition of each filterable attribute; the first, when types share a name.
    attributes: HashMap<String, AttributeDefinition>,
}

impl Taxonomy {
    /// `categories` and `collections` per language, in the order of the index.
    pub(crate) fn new(
        types: Vec<ProductType>,
        categories: &[&[CategoryNode]],
        collections: &[&[CollectionView]],
    ) -> Self {
        let mut taxonomy = Taxonomy::default();
        for (language, tree) in categories.iter().enumerate() {
            let mut position = 0;
            taxonomy.take(language, tree, None, &mut position);
        }
        for (language, list) in collections.iter().enumerate() {
            for (position, collection) in list.iter().enumerate() {
                let new = || Place { parent: None, position, names: Vec::new() };
                let place = taxonomy.collections.entry(collection.handle.clone()).or_insert_with(new);
                place.names.resize(language, String::new());
                place.names.push(collection.name.clone());
            }
        }
        for product_type in types {
            for definition in product_type.attributes.iter().filter(|definition| definition.filterable) {
                taxonomy.attributes.entry(definition.name.clone()).or_insert_with(|| definition.clone());
            }
            taxonomy.types.insert(product_type.handle.clone(), product_type);
        }
        taxonomy
    }

    fn take(&mut self, language: usize, nodes: &[CategoryNode], parent: Option<&str>, position: &mut usize) {
        for node in nodes {
            let new = || Place { parent: parent.map(str::to_owned), position: *position, names: Vec::new() };
            let place = self.categories.entry(node.handle.clone()).or_insert_with(new);
            place.names.resize(language, String::new());
            place.names.push(node.name.clone());
            *position += 1;
            self.take(language, &node.children, Some(&node.handle), position);
        }
    }

    /// Differs when products must be indexed anew although they did not change.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for product_type in self.types.values() {
            // Its version grows with every change of it.
            (&product_type.handle, product_type.version).hash(&mut hasher);
        }
        self.categories.hash(&mut hasher);
        self.collections.hash(&mut hasher);
        hasher.finish()
    }

    pub(crate) fn product_type(&self, handle: &str) -> Option<&ProductType> {
        self.types.get(handle)
    }

    pub(crate) fn is_filterable(&self, product_type: &str, attribute: &str) -> bool {
        let definitions = self.types.get(product_type).map_or(&[][..], |found| &found.attributes);
        definitions.iter().any(|definition| definition.name == attribute && definition.filterable)
    }

    /// The definition of a filterable attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&AttributeDefinition> {
        self.attributes.get(name)
    }

    /// The category and those above it, the nearest first.
    pub(crate) fn way_to(&self, category: &str) -> Vec<String> {
        let mut way = Vec::new();
        let mut next = Some(category);
        // The catalog allows eight levels; a circle would end here too.
        while let Some(handle) = next.filter(|_| way.len() < 16) {
            way.push(handle.to_owned());
            next = self.categories.get(handle).and_then(|place| place.parent.as_deref());
        }
        way
    }

    pub(crate) fn category_name<'a>(&'a self, handle: &'a str, language: usize) -> &'a str {
        name(&self.categories, handle, language)
    }

    pub(crate) fn collection_name<'a>(&'a self, handle: &'a str, language: usize) -> &'a str {
        name(&self.collections, handle, language)
    }

    /// Where a category stands in a walk through the tree.
    pub(crate) fn position(&self, category: &str) -> usize {
        self.categories.get(category).map_or(usize::MAX, |place| place.position)
    }
}

fn name<'a>(places: &'a BTreeMap<String, Place>, handle: &'a str, language: usize) -> &'a str {
    places.get(handle).and_then(|place| place.names.get(language)).map_or(handle, String::as_str)
}
