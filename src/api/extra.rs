//! The keys of a JSON object for which its type has no field.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, map};
use std::{fmt, mem, ops::Index};

/// The keys of a JSON object for which its type has no field.
///
/// Every object of the APIs has a field `extra`. Keys that you set in it are written after the fields of the object,
/// and unknown keys of a response are read into it.
///
/// A request in which an extra key repeats a field that is set is rejected when its body is created.
///
/// NaN and infinity become `null` when they are converted to a [`Value`], which cannot be detected later. Check your
/// numbers before you set them.
///
/// # Examples
///
/// ```
/// use niello::chat::{Message, Request, Response};
///
/// let mut request = Request::new("m").message(Message::user("Hi")).extra("top_k", 40);
/// request.extra.insert("service_tier", "flex");
///
/// let response = br#"{"choices": [{"message": {"content": "Hi.", "reasoning_content": "A greeting."}}]}"#;
/// let response = Response::from_slice(response)?;
/// assert_eq!(response.choices[0].message.extra["reasoning_content"], "A greeting.");
///
/// let error = request.extra("model", "n").body().unwrap_err();
/// assert!(error.to_string().starts_with("the request has the key \"model\" twice"));
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extra(Map<String, Value>);

impl Extra {
    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Returns the value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.0.get_mut(key)
    }

    /// Sets the value of a key and returns the value that it replaces.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(key.into(), value.into())
    }

    /// Removes a key and returns its value. The order of the other keys is kept.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let mut removed = None;
        // `Map::remove` moves the last key to this place if serde_json has the feature `preserve_order`.
        self.retain(|name, value| {
            let keep = name != key;
            if !keep {
                removed = Some(mem::take(value));
            }
            keep
        });
        removed
    }

    /// Returns `true` if the key is set.
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Returns the keys and values.
    ///
    /// They are sorted by key, or in the order in which they were set if serde_json has the feature `preserve_order`.
    pub fn iter(&self) -> map::Iter<'_> {
        self.0.iter()
    }

    /// Returns the keys, in the order of [`iter`](Extra::iter).
    pub fn keys(&self) -> map::Keys<'_> {
        self.0.keys()
    }

    /// Returns the keys and values, to change the values.
    pub fn iter_mut(&mut self) -> map::IterMut<'_> {
        self.0.iter_mut()
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if no key is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the keys for which `keep` returns `true`, in their order.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.0.retain(|key, value| keep(key, value));
    }
}

/// # Panics
///
/// Panics if the key is not set.
impl Index<&str> for Extra {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        self.get(key).unwrap_or_else(|| panic!("no extra key {key:?}"))
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(map: Map<String, Value>) -> Extra {
        Extra(map)
    }
}

impl From<Extra> for Map<String, Value> {
    fn from(extra: Extra) -> Map<String, Value> {
        extra.0
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Extra {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Extra {
        let mut extra = Extra::default();
        extra.extend(entries);
        extra
    }
}

impl<K: Into<String>, V: Into<Value>> Extend<(K, V)> for Extra {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        self.0.extend(entries.into_iter().map(|(key, value)| (key.into(), value.into())));
    }
}

impl IntoIterator for Extra {
    type Item = (String, Value);
    type IntoIter = map::IntoIter;

    fn into_iter(self) -> map::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Extra {
    type Item = (&'a String, &'a Value);
    type IntoIter = map::Iter<'a>;

    fn into_iter(self) -> map::Iter<'a> {
        self.iter()
    }
}

/// Shows the keys. Values may contain media.
impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_is_a_map_that_shows_only_its_keys() {
        let mut extra: Extra = [("z", 1), ("a", 2), ("m", 3)].into_iter().collect();
        assert_eq!(extra.insert("z", "secret"), Some(1.into()));
        assert_eq!(extra.remove("z"), Some("secret".into()));
        assert_eq!(extra.remove("z"), None);
        extra.extend([("tone", "UklGRg==")]);
        assert_eq!((extra.len(), extra.is_empty(), extra.contains_key("m")), (3, false, true));
        assert_eq!((extra.get("m"), &extra["a"]), (Some(&3.into()), &2.into()));
        assert_eq!(format!("{extra:?}"), r#"{"a", "m", "tone"}"#);
        assert_eq!((&extra).into_iter().count(), extra.iter().count());
        let map = Map::from(extra.clone());
        assert_eq!(Extra::from(map.clone()), extra);
        assert_eq!(extra.into_iter().collect::<Map<_, _>>(), map);
    }
}
