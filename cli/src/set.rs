//! Fields of a request that are given as `KEY=JSON`, where a dot in the key leads into an object.

use crate::escape::shorten;
use anyhow::{Result, anyhow, bail, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, value::RawValue};
use std::borrow::Cow;

/// Returns the name by which all names of a field are compared.
pub type Canonical = fn(&str) -> Cow<'_, str>;

/// One `KEY=JSON` argument.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// The option it was given to, such as `--set`.
    option: &'a str,
    key: &'a str,
    /// The key, or what remains of it in the object that is built.
    path: &'a str,
    value: &'a RawValue,
}

/// Returns the arguments of `option`.
pub fn fields<'a>(option: &'a str, set: &'a [(String, Box<RawValue>)]) -> Vec<Field<'a>> {
    set.iter().map(|(key, value)| Field { option, key, path: key, value }).collect()
}

impl<'a> Field<'a> {
    /// Returns the field inside `object`, if the key leads into it.
    pub fn inside(self, object: &str, canonical: Canonical) -> Option<Field<'a>> {
        let (first, path) = self.path.split_once('.')?;
        (canonical(first) == object).then_some(Field { path, ..self })
    }

    pub fn is_of(&self, option: &str) -> bool {
        self.option == option
    }

    /// Returns an error if the field has an option of its own. `options` lists the fields that have one.
    pub fn has_no_option(&self, options: &[(&str, &str)], canonical: Canonical) -> Result<()> {
        let first = canonical(self.path.split('.').next().unwrap_or_default());
        match options.iter().find(|(field, _)| *field == first) {
            Some((_, instead)) => bail!("{}: use {instead} to set this field", self.shown()),
            None => Ok(()),
        }
    }

    fn shown(&self) -> String {
        format!("{} {}=...", self.option, shorten(self.key))
    }
}

/// Builds a value from fields.
pub fn build<T: DeserializeOwned>(fields: &[Field<'_>], canonical: Canonical) -> Result<T> {
    let mut object = Object::default();
    for field in fields {
        object.insert(*field, field.path, canonical)?;
        // The error may repeat the value.
        check::<T>(field).map_err(|error| anyhow!("{}: {}", field.shown(), shorten(&error.to_string())))?;
    }
    // The value is parsed from text because some types keep the order of keys, which a `Value` does not.
    let option = fields.first().map_or("", |field| field.option);
    serde_json::from_str(&object.to_json())
        .map_err(|error| anyhow!("{option}: {}", shorten(&error.to_string())))
}

/// Checks that a `T` with this field alone can be read, so that an error can name the field.
fn check<T: DeserializeOwned>(field: &Field<'_>) -> serde_json::Result<()> {
    let mut value = serde_json::from_str::<Value>(field.value.get())?;
    for key in field.path.rsplit('.') {
        value = Map::from_iter([(key.to_owned(), value)]).into();
    }
    serde_json::from_value::<T>(value).map(drop)
}

/// An object in the order of its fields.
#[derive(Default)]
struct Object<'a>(Vec<(&'a str, Member<'a>)>);

enum Member<'a> {
    Value(&'a RawValue),
    Object(Object<'a>),
}

impl<'a> Object<'a> {
    fn insert(&mut self, field: Field<'a>, path: &'a str, canonical: Canonical) -> Result<()> {
        let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        ensure!(!key.is_empty(), "{}: the key has an empty name before or after a dot", field.shown());
        // A key inside an object may be a name that the user chose, such as that of a label.
        let may_be_chosen = rest.is_none() && path.len() < field.path.len();
        let is_same = |known: &str| match may_be_chosen {
            true => known == key,
            false => canonical(known) == canonical(key),
        };
        let found = self.0.iter_mut().find(|(known, _)| is_same(known));
        match (found, rest) {
            (None, None) => self.0.push((key, Member::Value(field.value))),
            (None, Some(rest)) => {
                let mut inner = Object::default();
                inner.insert(field, rest, canonical)?;
                self.0.push((key, Member::Object(inner)));
            }
            (Some((_, Member::Object(inner))), Some(rest)) => inner.insert(field, rest, canonical)?,
            (Some(_), _) => bail!("{}: this field is set twice", field.shown()),
        }
        Ok(())
    }

    fn to_json(&self) -> String {
        let members = self.0.iter().map(|(key, member)| match member {
            Member::Value(value) => format!("{}:{value}", Value::from(*key)),
            Member::Object(object) => format!("{}:{}", Value::from(*key), object.to_json()),
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}
