//! Query strings, read strictly: a parameter that the route does not know is refused, not ignored.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::{ErrorKind, Failure};
use serde::de::value::{SeqDeserializer, StringDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};

use crate::Problem;
use crate::text::percent_decode;

/// The query parameters, as the fields of a struct. Empty values count as absent for optional fields; lists are
/// repeated parameters.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse_query(parts.uri.query().unwrap_or("")).map(Query).map_err(Problem::from)
    }
}

/// Reads a query string as strictly as [`Query`] does.
///
/// # Errors
/// 400 `malformed_query` when it is not percent-encoded UTF-8; 422 `invalid_input` with `unknown_parameter`,
/// `duplicate_parameter` or what else is wrong with which parameter.
pub fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Failure> {
    let mut parameters: Vec<(String, Value)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Ok(name), Ok(value)) = (percent_decode(name, true), percent_decode(value, true)) else {
            let detail = "The query string is not valid percent-encoded UTF-8.";
            return Err(Failure::new(ErrorKind::Malformed, "malformed_query", detail));
        };
        if name.contains('\0') || value.contains('\0') {
            return Err(Failure::field("", "nul_character", "Texts cannot contain the character U+0000."));
        }
        match parameters.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.more.push(value.into_owned()),
            None => parameters.push((name.clone().into_owned(), Value::new(name.into_owned(), value.into_owned()))),
        }
    }
    T::deserialize(Parameters(parameters)).map_err(|QueryError(failure)| *failure)
}

#[derive(Debug)]
struct QueryError(Box<Failure>);

impl QueryError {
    fn of(name: &str, code: &'static str, detail: impl Into<String>) -> Self {
        QueryError(Box::new(Failure::field(format!("/{}", name.replace('~', "~0").replace('/', "~1")), code, detail)))
    }
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for QueryError {}

impl de::Error for QueryError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        let (code, detail) = crate::json::explain(&message.to_string());
        QueryError(Box::new(Failure::field("", code, detail)))
    }
}

struct Parameters(Vec<(String, Value)>);

impl<'de> de::Deserializer<'de> for Parameters {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_map(Fields { rest: self.0.into_iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        if let Some((name, _)) = self.0.iter().find(|(name, _)| !fields.contains(&name.as_str())) {
            let known = if fields.is_empty() {
                "This address takes no parameters.".to_owned()
            } else {
                format!("Known here: {}.", fields.join(", "))
            };
            return Err(QueryError::of(name, "unknown_parameter", format!("There is no such parameter. {known}")));
        }
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Fields {
    rest: std::vec::IntoIter<(String, Value)>,
    value: Option<Value>,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = QueryError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, QueryError> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        let name: StringDeserializer<QueryError> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, QueryError> {
        let value = self.value.take().ok_or_else(|| de::Error::custom("a value was asked for before its name"))?;
        let name = value.name.clone();
        named(&name, seed.deserialize(value))
    }
}

/// The values of one parameter.
struct Value {
    name: String,
    first: String,
    more: Vec<String>,
}

impl Value {
    fn new(name: String, first: String) -> Self {
        Value { name, first, more: Vec::new() }
    }

    fn single(self) -> Result<(String, String), QueryError> {
        if self.more.is_empty() {
            Ok((self.name, self.first))
        } else {
            Err(QueryError::of(&self.name, "duplicate_parameter", "This parameter can be given once only."))
        }
    }
}

impl<'de> IntoDeserializer<'de, QueryError> for Value {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// Puts the parameter's name into an error that does not have it yet.
fn named<T>(name: &str, result: Result<T, QueryError>) -> Result<T, QueryError> {
    result.map_err(|mut error| {
        if let Some(field) = error.0.errors.first_mut().filter(|field| field.pointer.is_empty()) {
            field.pointer = format!("/{name}");
        }
        error
    })
}

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
            let (name, text) = self.single()?;
            match text.parse::<$kind>() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(QueryError::of(&name, "wrong_type", "This must be a whole number within range.")),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Value {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let (_, text) = self.single()?;
        visitor.visit_string(text)
    }

    numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64
    );

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let (name, text) = self.single()?;
        match text.as_str() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(QueryError::of(&name, "wrong_type", "This must be true or false.")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        if self.first.is_empty() && self.more.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let name = self.name;
        let all = std::iter::once(self.first).chain(self.more).map(|text| Value::new(name.clone(), text));
        visitor.visit_seq(SeqDeserializer::new(all))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        enum_name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let (_, text) = self.single()?;
        let text: StringDeserializer<QueryError> = text.into_deserializer();
        text.deserialize_enum(enum_name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Listing {
        category: Option<String>,
        limit: Option<u32>,
        sort: Sort,
        tag: Vec<String>,
        sku: Option<kernel::Sku>,
        order: Option<kernel::OrderId>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Sort {
        #[default]
        Newest,
        PriceAsc,
    }

    #[test]
    fn parameters_become_fields() {
        let listing: Listing = parse_query("category=caf%C3%A9+bar&limit=5&sort=price_asc&tag=a&tag=b&sku=X").unwrap();
        assert_eq!(listing.category.as_deref(), Some("café bar"));
        assert_eq!((listing.limit, listing.sort), (Some(5), Sort::PriceAsc));
        assert_eq!(listing.tag, ["a", "b"]);
        assert_eq!(parse_query::<Listing>("").unwrap(), Listing::default());
        assert_eq!(parse_query::<Listing>("category=&limit=&").unwrap(), Listing::default());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (query, pointer, code) in [
            ("colour=red", "/colour", "unknown_parameter"),
            ("limit=x", "/limit", "wrong_type"),
            ("limit=-1", "/limit", "wrong_type"),
            ("limit=99999999999", "/limit", "wrong_type"),
            ("limit=1&limit=2", "/limit", "duplicate_parameter"),
            ("sort=worst", "/sort", "unknown_value"),
            ("category=%00", "", "nul_character"),
            ("sku=%20padded", "/sku", "invalid_value"),
            ("order=17", "/order", "invalid_value"),
        ] {
            let failure = parse_query::<Listing>(query).unwrap_err();
            assert_eq!(failure.kind, ErrorKind::Invalid, "{query}");
            assert_eq!(
                (failure.errors[0].pointer.as_str(), failure.errors[0].code.as_str()),
                (pointer, code),
                "{query}"
            );
        }
        for query in ["category=%zz", "category=%ff", "%"] {
            assert_eq!(parse_query::<Listing>(query).unwrap_err().kind, ErrorKind::Malformed, "{query}");
        }
    }
}
