//! What products are sorted by: product types, categories and collections, whole and immutable.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contracts::catalog::{Category, CategoryNode, Collection, CollectionView, ProductType};

/// How deep categories can stand in one another.
pub(crate) const MAX_DEPTH: usize = 8;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Taxonomy {
    pub(crate) types: BTreeMap<String, ProductType>,
    pub(crate) categories: BTreeMap<String, Category>,
    pub(crate) collections: BTreeMap<String, Collection>,
}

impl Taxonomy {
    /// The handles of a category and everything below it; none when it is unknown.
    pub(crate) fn below(&self, handle: &str) -> Option<BTreeSet<&str>> {
        let (root, _) = self.categories.get_key_value(handle)?;
        let mut found = BTreeSet::from([root.as_str()]);
        let mut edge = vec![root.as_str()];
        while let Some(parent) = edge.pop() {
            for (child, _) in self.categories.iter().filter(|(_, c)| c.parent.as_deref() == Some(parent)) {
                if found.insert(child) {
                    edge.push(child);
                }
            }
        }
        Some(found)
    }

    /// The handles above a category, nearest first. Ends at the top, at an unknown parent, or after [`MAX_DEPTH`].
    pub(crate) fn above<'a>(&'a self, handle: &str) -> impl Iterator<Item = &'a str> {
        let parent = |handle: &str| self.categories.get(handle).and_then(|category| category.parent.as_deref());
        std::iter::successors(parent(handle), move |handle| parent(handle)).take(MAX_DEPTH + 1)
    }

    /// Languages in which something has a name or a description.
    pub(crate) fn locales(&self) -> impl Iterator<Item = &String> {
        let categories = self.categories.values().flat_map(|c| [&c.name, &c.description]);
        let collections = self.collections.values().flat_map(|c| [&c.name, &c.description]);
        categories.chain(collections).flat_map(|texts| texts.0.keys())
    }

    /// The tree of categories, each with the products in it and below; `products` counts those right in one.
    pub(crate) fn tree(&self, locale: &str, products: &HashMap<&str, u32>) -> Vec<CategoryNode> {
        let mut children: HashMap<Option<&str>, Vec<&Category>> = HashMap::new();
        for category in self.categories.values() {
            children.entry(category.parent.as_deref()).or_default().push(category);
        }
        nodes(None, &children, locale, products, 0)
    }

    pub(crate) fn list(&self, locale: &str, products: &HashMap<&str, u32>) -> Vec<CollectionView> {
        let mut sorted: Vec<&Collection> = self.collections.values().collect();
        sorted.sort_by_key(|c| (c.position, &c.handle));
        sorted
            .into_iter()
            .map(|c| CollectionView {
                handle: c.handle.clone(),
                name: c.name.get(locale).to_owned(),
                description: c.description.get(locale).to_owned(),
                products: products.get(c.handle.as_str()).copied().unwrap_or_default(),
            })
            .collect()
    }
}

fn nodes(
    parent: Option<&str>,
    children: &HashMap<Option<&str>, Vec<&Category>>,
    locale: &str,
    products: &HashMap<&str, u32>,
    depth: usize,
) -> Vec<CategoryNode> {
    let mut here = children.get(&parent).cloned().unwrap_or_default();
    if depth > MAX_DEPTH {
        return Vec::new();
    }
    here.sort_by_key(|c| (c.position, &c.handle));
    here.into_iter()
        .map(|c| {
            let below = nodes(Some(&c.handle), children, locale, products, depth + 1);
            let own = products.get(c.handle.as_str()).copied().unwrap_or_default();
            CategoryNode {
                handle: c.handle.clone(),
                name: c.name.get(locale).to_owned(),
                description: c.description.get(locale).to_owned(),
                products: own + below.iter().map(|node| node.products).sum::<u32>(),
                children: below,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::market::Texts;

    fn category(handle: &str, parent: Option<&str>, position: i32) -> (String, Category) {
        let category = Category {
            handle: handle.to_owned(),
            name: Texts::en(handle),
            parent: parent.map(str::to_owned),
            description: Texts::default(),
            position,
            media: None,
            version: 1,
        };
        (handle.to_owned(), category)
    }

    fn shoes() -> Taxonomy {
        let categories = [
            category("shoes", None, 0),
            category("boots", Some("shoes"), 2),
            category("sneakers", Some("shoes"), 1),
            category("high", Some("sneakers"), 0),
            category("care", None, 1),
        ];
        Taxonomy { categories: categories.into(), ..Taxonomy::default() }
    }

    #[test]
    fn a_category_counts_what_stands_below_it() {
        let taxonomy = shoes();
        let tree = taxonomy.tree("en", &HashMap::from([("high", 2), ("boots", 3), ("shoes", 1)]));
        assert_eq!(
            tree.iter().map(|n| (n.handle.as_str(), n.products)).collect::<Vec<_>>(),
            [("shoes", 6), ("care", 0)]
        );
        let below: Vec<_> = tree[0].children.iter().map(|n| (n.handle.as_str(), n.products)).collect();
        assert_eq!(below, [("sneakers", 2), ("boots", 3)]);
    }

    #[test]
    fn below_and_above_follow_parents() {
        let taxonomy = shoes();
        assert_eq!(taxonomy.below("sneakers").unwrap(), BTreeSet::from(["sneakers", "high"]));
        assert_eq!(taxonomy.above("high").collect::<Vec<_>>(), ["sneakers", "shoes"]);
        assert!(taxonomy.below("hats").is_none());
    }
}
