//! Finds keys that an object has twice while the JSON is written.
//!
//! The formatter of a plan reports every bracket and every key here. The keys of the open objects are kept as ranges
//! of the plan's text, so an ordinary request allocates nothing, and the work is linear in the number of keys.
//!
//! Raw JSON (`RawValue`) is not looked into. A key that contains media is never equal to another one.

use crate::{
    body::plan::Plan,
    error::{Error, ErrorKind},
};
use std::{borrow::Cow, collections::HashSet, fmt::Write};

/// What is being written, which decides how a duplicate is reported.
#[derive(Clone, Copy)]
pub(crate) enum KeyCheck {
    /// A template: a duplicate is an error in its JSON.
    Template,
    /// A typed request: a duplicate is an extra key that repeats a field. `None` if every field has one name.
    Request(Option<&'static FieldNames>),
}

/// The names of the fields of an API in which a field can have several names.
pub(crate) struct FieldNames {
    /// Returns the name by which all names of a field are compared.
    pub canonical: fn(&str) -> Cow<'_, str>,
    /// Returns what the value of `key` contains, where `key` is in an object that is the value of `object`. `object`
    /// is empty for the outermost object and for elements of arrays. Both names are canonical.
    pub contents: fn(object: &str, key: &str) -> Contents,
}

/// What the keys of a JSON value mean.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Contents {
    /// Keys are fields, which may have several names.
    Fields,
    /// Keys are names that the user chose, and the values have fields.
    Names,
    /// Keys are names that the user chose, at every depth.
    FreeForm,
}

/// The objects and arrays that are open at a point in the JSON, with the keys of the objects.
#[derive(Default)]
pub(super) struct OpenKeys {
    containers: Vec<Container>,
    keys: Vec<Key>,
    /// Where the key that is being written starts: in the text, and in the segments.
    start: (usize, usize),
}

struct Container {
    /// Where the keys of this container start in `OpenKeys::keys`.
    first_key: usize,
    /// The number of elements of an array; `None` for an object.
    elements: Option<usize>,
    contents: Contents,
    /// The canonical names of the keys, if there are more than [`FEW`].
    seen: Option<HashSet<Box<str>>>,
}

#[derive(Clone, Copy)]
struct Key {
    /// The range of the plan's text between the quotes: JSON, with its escapes.
    start: usize,
    end: usize,
    has_media: bool,
    /// Whether the key is its own canonical name.
    is_canonical: bool,
}

impl Key {
    fn text(self, plan: &Plan) -> &str {
        plan.text(self.start..self.end)
    }
}

/// The number of keys of an object that are compared one by one. Beyond it, a set finds duplicates.
const FEW: usize = 16;

/// The largest capacity of a buffer that is kept for the next plan.
const MAX_KEPT: usize = 1024;

impl KeyCheck {
    fn names(self) -> Option<&'static FieldNames> {
        match self {
            KeyCheck::Template => None,
            KeyCheck::Request(names) => names,
        }
    }

    fn canonical<'k>(self, key: &'k str, contents: Contents) -> Cow<'k, str> {
        match self.names() {
            Some(names) if contents == Contents::Fields => (names.canonical)(key),
            _ => Cow::Borrowed(key),
        }
    }

    /// Returns the error for an object at `path` in which the key `second` repeats the key `first`.
    fn error(self, path: &str, contents: Contents, first: &str, second: &str) -> Error {
        let keys = match first == second {
            true => format!("has the key \"{first}\" twice"),
            false => format!("has the keys \"{first}\" and \"{second}\", which are the same field"),
        };
        match self {
            KeyCheck::Template => Error::new(ErrorKind::Json, format!("template: ${path} {keys}")),
            KeyCheck::Request(_) => {
                let object = match path.strip_prefix('.').unwrap_or(path) {
                    "" => "the request".to_owned(),
                    path => path.to_owned(),
                };
                let hint = match contents {
                    Contents::Names => "give each name once",
                    _ => "set the field instead of an extra key",
                };
                Error::new(ErrorKind::Invalid, format!("{object} {keys}; {hint}"))
            }
        }
    }
}

impl OpenKeys {
    pub(super) const fn new() -> OpenKeys {
        OpenKeys { containers: Vec::new(), keys: Vec::new(), start: (0, 0) }
    }

    /// Empties the buffers for the next plan, and frees them if they are large.
    pub(super) fn recycle(mut self) -> OpenKeys {
        if self.keys.capacity() > MAX_KEPT || self.containers.capacity() > MAX_KEPT {
            return OpenKeys::new();
        }
        self.containers.clear();
        self.keys.clear();
        self
    }

    pub(super) fn begin_object(&mut self, check: KeyCheck, plan: &Plan) {
        self.begin(None, check, plan);
    }

    pub(super) fn begin_array(&mut self, check: KeyCheck, plan: &Plan) {
        self.begin(Some(0), check, plan);
    }

    fn begin(&mut self, elements: Option<usize>, check: KeyCheck, plan: &Plan) {
        let contents = self.contents_of_next(check, plan);
        self.containers.push(Container { first_key: self.keys.len(), elements, contents, seen: None });
    }

    /// Ends an object or an array.
    ///
    /// A `Serialize` that announces fewer entries than it writes ends an object too often, so there may be none.
    pub(super) fn end(&mut self) {
        if let Some(container) = self.containers.pop() {
            self.keys.truncate(container.first_key);
        }
    }

    pub(super) fn begin_element(&mut self) {
        if let Some(Container { elements: Some(elements), .. }) = self.containers.last_mut() {
            *elements += 1;
        }
    }

    pub(super) fn begin_key(&mut self, plan: &Plan) {
        self.start = (plan.text_len(), plan.segment_count());
    }

    /// Adds the key that was written since [`begin_key`](Self::begin_key), with its quotes.
    pub(super) fn end_key(&mut self, check: KeyCheck, plan: &Plan) -> Result<(), Error> {
        let Some(object) = self.containers.last_mut().filter(|container| container.elements.is_none()) else {
            return Ok(());
        };
        let (start, segments) = self.start;
        let mut key = Key {
            start: start + 1,
            end: plan.text_len() - 1,
            has_media: plan.segment_count() > segments,
            is_canonical: true,
        };
        if key.has_media {
            self.keys.push(key);
            return Ok(());
        }
        let contents = object.contents;
        let canonical = |key: Key| check.canonical(key.text(plan), contents);
        let name = canonical(key);
        key.is_canonical = matches!(name, Cow::Borrowed(_));
        let earlier = &self.keys[object.first_key..];
        let is_same = |earlier: &Key| match earlier.has_media {
            true => false,
            false if earlier.is_canonical => earlier.text(plan) == name,
            false => canonical(*earlier) == name,
        };
        if object.seen.is_none() && earlier.len() >= FEW {
            let names = earlier.iter().filter(|key| !key.has_media).map(|key| canonical(*key).into());
            object.seen = Some(names.collect());
        }
        let is_new = match &mut object.seen {
            Some(seen) => seen.insert(name.as_ref().into()),
            None => !earlier.iter().any(is_same),
        };
        if is_new {
            self.keys.push(key);
            return Ok(());
        }
        let first = earlier.iter().copied().find(is_same).unwrap_or(key);
        Err(check.error(&self.path(plan), contents, first.text(plan), key.text(plan)))
    }

    /// Returns the contents of the container that begins now.
    fn contents_of_next(&self, check: KeyCheck, plan: &Plan) -> Contents {
        let Some(names) = check.names() else { return Contents::FreeForm };
        match self.containers.last() {
            None => Contents::Fields,
            Some(Container { contents: Contents::Names, .. }) => Contents::Fields,
            Some(Container { contents: Contents::Fields, elements: None, .. }) => {
                let name = |container| {
                    self.last_key(container)
                        .map_or(Cow::Borrowed(""), |key| (names.canonical)(key.text(plan)))
                };
                let object = self.containers.len() - 1;
                let outer = object.checked_sub(1).map_or(Cow::Borrowed(""), name);
                (names.contents)(&outer, &name(object))
            }
            Some(container) => container.contents,
        }
    }

    /// Returns the key whose value is being written in the object with this index. Returns `None` for an array.
    fn last_key(&self, container: usize) -> Option<Key> {
        let Container { first_key, elements: None, .. } = self.containers[container] else { return None };
        let end = self.containers.get(container + 1).map_or(self.keys.len(), |next| next.first_key);
        (end > first_key).then(|| self.keys[end - 1])
    }

    /// Returns the path of the innermost container, such as `.messages[0].content`. It is empty for the outermost one.
    fn path(&self, plan: &Plan) -> String {
        let mut path = String::new();
        let outer = self.containers.len().saturating_sub(1);
        for (index, container) in self.containers[..outer].iter().enumerate() {
            match (container.elements, self.last_key(index)) {
                (Some(elements), _) => _ = write!(path, "[{}]", elements.saturating_sub(1)),
                (None, Some(key)) => _ = write!(path, ".{}", key.text(plan)),
                (None, None) => {}
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataUri, Media};
    use proptest::prelude::*;
    use serde::{
        Deserialize, Serialize, Serializer,
        de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
        ser::SerializeMap,
    };
    use std::{cell::RefCell, fmt};

    #[derive(Clone, Debug)]
    enum Key {
        Text(String),
        /// Written in two fragments.
        Split(String, String),
        Number(u8),
        /// Media between two strings.
        Media(String, String),
    }

    #[derive(Clone, Debug)]
    enum Node {
        Scalar,
        Media,
        Plan(Box<Node>),
        List(Vec<Node>),
        Map(Vec<(Key, Node)>),
        /// A map in which the second of these keys repeats the first if they are equal.
        Wide(u8, u8),
    }

    fn media() -> Media {
        Media::from_bytes(&b"abc"[..], "a/b").unwrap()
    }

    impl Serialize for Key {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            struct AroundMedia<'a>(&'a str, &'a str);
            impl fmt::Display for AroundMedia<'_> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.0)?;
                    DataUri(media()).serialize(&mut *f)?;
                    f.write_str(self.1)
                }
            }
            match self {
                Key::Text(text) => text.serialize(serializer),
                Key::Split(first, second) => serializer.collect_str(&format_args!("{first}{second}")),
                Key::Number(number) => number.serialize(serializer),
                Key::Media(first, second) => serializer.collect_str(&AroundMedia(first, second)),
            }
        }
    }

    impl Serialize for Node {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Node::Scalar => serializer.serialize_u8(7),
                Node::Media => media().serialize(serializer),
                // A nested plan for the same value, with its own check.
                Node::Plan(node) => {
                    let _ = Plan::json(node, Some(KeyCheck::Template));
                    node.serialize(serializer)
                }
                Node::List(nodes) => nodes.serialize(serializer),
                Node::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
                Node::Wide(first, second) => {
                    let mut map = serializer.serialize_map(None)?;
                    for key in 0..=255 {
                        let key = if key == *second { first } else { &key };
                        map.serialize_entry(&format!("key_{key}"), &[()])?;
                    }
                    map.end()
                }
            }
        }
    }

    /// Finds the first key of the parsed text that its object has twice, and the path of the object.
    fn naive(text: &str) -> Option<(String, String)> {
        struct Value<'a>(String, &'a RefCell<Option<(String, String)>>);

        impl<'de> DeserializeSeed<'de> for Value<'_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_any(self)
            }
        }

        impl<'de> Visitor<'de> for Value<'_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_u64<E>(self, _: u64) -> Result<(), E> {
                Ok(())
            }

            fn visit_unit<E>(self) -> Result<(), E> {
                Ok(())
            }

            fn visit_str<E>(self, _: &str) -> Result<(), E> {
                Ok(())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
                let mut index = 0;
                while seq.next_element_seed(Value(format!("{}[{index}]", self.0), self.1))?.is_some() {
                    index += 1;
                }
                Ok(())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                let mut keys = HashSet::new();
                while let Some(key) = map.next_key::<String>()? {
                    let json = serde_json::to_string(&key).unwrap();
                    let json = &json[1..json.len() - 1];
                    if !keys.insert(key.clone()) {
                        self.1.borrow_mut().get_or_insert((self.0.clone(), json.to_owned()));
                    }
                    map.next_value_seed(Value(format!("{}.{json}", self.0), self.1))?;
                }
                Ok(())
            }
        }

        let found = RefCell::new(None);
        Value(String::new(), &found).deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap();
        found.into_inner()
    }

    fn key() -> impl Strategy<Value = Key> {
        let text =
            prop::sample::select(vec!["", "a", "b", "ab", "a_b", "aB", "7", "\n", "\"", "é\\", "\u{1}"]);
        let text = text.prop_map(str::to_owned);
        prop_oneof![
            6 => text.clone().prop_map(Key::Text),
            2 => (text.clone(), text).prop_map(|(first, second)| Key::Split(first, second)),
            1 => (0..9_u8).prop_map(Key::Number),
        ]
    }

    fn node() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            6 => Just(Node::Scalar),
            2 => Just(Node::Media),
            1 => (any::<u8>(), any::<u8>()).prop_map(|(first, second)| Node::Wide(first, second)),
            1 => any::<u8>().prop_map(|first| Node::Wide(first, first)),
        ];
        leaf.prop_recursive(4, 40, 6, |node| {
            prop_oneof![
                1 => node.clone().prop_map(|node| Node::Plan(node.into())),
                2 => prop::collection::vec(node.clone(), 0..4).prop_map(Node::List),
                4 => prop::collection::vec((key(), node), 0..6).prop_map(Node::Map),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn the_first_duplicate_is_found_with_its_path(node in node()) {
            let text = serde_json::to_string(&node).unwrap();
            let found = Plan::json(&node, Some(KeyCheck::Template));
            match (found, naive(&text)) {
                (Ok(plan), None) => prop_assert_eq!(plan.len(), text.len() as u64),
                (Err(error), Some((path, key))) => {
                    prop_assert_eq!(error.kind(), ErrorKind::Json);
                    let message = format!("template: ${path} has the key \"{key}\" twice");
                    prop_assert_eq!(error.to_string(), message);
                }
                (found, naive) => prop_assert!(false, "{:?}, {:?}: {}", found.err(), naive, text),
            }
            prop_assert_eq!(Plan::json(&node, None).unwrap().len(), text.len() as u64);
        }
    }

    #[test]
    fn a_key_with_media_is_never_a_duplicate() {
        let key = |first: &str, second: &str| Key::Media(first.into(), second.into());
        let text = |text: &str| Key::Text(text.into());
        let keys = vec![
            text("ab"),
            key("a", "b"),
            key("", "ab"),
            key("ab", ""),
            text("data:a/b;base64,"),
            key("", ""),
            text("abdata:a/b;base64,"),
        ];
        let many: Vec<_> = keys.iter().cloned().chain((0..100).map(Key::Number)).collect();
        for keys in [keys, many] {
            let map = Node::Map(keys.into_iter().map(|key| (key, Node::Scalar)).collect());
            assert!(Plan::json(&map, Some(KeyCheck::Template)).is_ok());
        }
    }

    #[test]
    fn second_spellings_are_duplicates_where_keys_are_fields() {
        fn contents(object: &str, key: &str) -> Contents {
            match (object, key) {
                (_, "names") => Contents::Names,
                ("outer", "freeForm") => Contents::FreeForm,
                _ => Contents::Fields,
            }
        }
        fn canonical(key: &str) -> Cow<'_, str> {
            if key.contains('_') { key.replace("_f", "F").into() } else { key.into() }
        }
        static NAMES: FieldNames = FieldNames { canonical, contents };

        /// Writes a text again, entry by entry, since a `Value` has no key twice.
        struct Raw<'a>(&'a str);
        impl Serialize for Raw<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut deserializer = serde_json::Deserializer::from_str(self.0);
                serde_transcode(&mut deserializer, serializer)
            }
        }
        for (text, error) in [
            (
                r#"{"a_f":1,"aF":2}"#,
                "the request has the keys \"a_f\" and \"aF\", which are the same field; set",
            ),
            (r#"{"a_f":1,"b":0,"a_f":2}"#, "the request has the key \"a_f\" twice; set"),
            (r#"[0,{"x":{"aF":1,"a_f":2}}]"#, "[1].x has the keys"),
            (r#"{"names":{"a_f":{"c_f":0,"cF":1},"aF":2}}"#, "names.a_f has the keys"),
            (r#"{"names":{"a_f":1,"a_f":2}}"#, "names has the key \"a_f\" twice; give each name once"),
            (
                r#"{"outer":{"free_form":{"a_f":1,"aF":2,"b":[{"a_f":1,"aF":2}],"a_f":3}}}"#,
                "outer.free_form has the key \"a_f\" twice",
            ),
            (r#"{"inner":{"freeForm":{"a_f":1,"aF":2}}}"#, "inner.freeForm has the keys"),
        ] {
            let refused = Plan::json(&Raw(text), Some(KeyCheck::Request(Some(&NAMES)))).unwrap_err();
            assert!(refused.to_string().starts_with(error), "{refused}");
            assert_eq!(refused.kind(), ErrorKind::Invalid);
        }
        for text in [r#"{"names":{"a_f":1,"aF":2}}"#, r#"{"outer":{"freeForm":[{"a_f":1,"aF":2}]}}"#] {
            Plan::json(&Raw(text), Some(KeyCheck::Request(Some(&NAMES)))).unwrap();
        }
        // An API whose fields have one name.
        Plan::json(&Raw(r#"{"a_f":1,"aF":2}"#), Some(KeyCheck::Request(None))).unwrap();
    }

    /// Copies a value from a deserializer to a serializer.
    fn serde_transcode<'de, D, S>(deserializer: D, serializer: S) -> Result<S::Ok, S::Error>
    where
        D: Deserializer<'de>,
        S: Serializer,
    {
        #[derive(Clone)]
        enum Value {
            Scalar(u64),
            List(Vec<Value>),
            Map(Vec<(String, Value)>),
        }
        impl Serialize for Value {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Value::Scalar(number) => serializer.serialize_u64(*number),
                    Value::List(values) => serializer.collect_seq(values),
                    Value::Map(entries) => serializer.collect_map(entries.iter().cloned()),
                }
            }
        }
        impl<'de> Deserialize<'de> for Value {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
                struct Any;
                impl<'de> Visitor<'de> for Any {
                    type Value = Value;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("JSON")
                    }

                    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                        Ok(Value::Scalar(number))
                    }

                    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                        let mut values = Vec::new();
                        while let Some(value) = seq.next_element()? {
                            values.push(value);
                        }
                        Ok(Value::List(values))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                        let mut entries = Vec::new();
                        while let Some(entry) = map.next_entry()? {
                            entries.push(entry);
                        }
                        Ok(Value::Map(entries))
                    }
                }
                deserializer.deserialize_any(Any)
            }
        }
        Value::deserialize(deserializer)
            .map_err(|_| serde::ser::Error::custom("no JSON"))?
            .serialize(serializer)
    }

    #[test]
    fn an_incorrect_serialize_does_not_panic() {
        struct Fails;
        impl Serialize for Fails {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("a", &[1])?;
                map.serialize_key("b")?;
                Err(serde::ser::Error::custom("in the middle"))
            }
        }
        /// Announces no entries and writes two, so that serde_json writes its end twice.
        struct Short;
        impl Serialize for Short {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(0))?;
                map.serialize_entry("a", &1)?;
                map.serialize_entry("b", &2)?;
                map.end()
            }
        }
        /// Ignores the error for a key that it writes twice.
        struct Ignores;
        impl Serialize for Ignores {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                let _ = map.serialize_entry("a", &1);
                let _ = map.serialize_entry("a", &1);
                let _ = map.serialize_entry("b", &1);
                map.end()
            }
        }
        let check = Some(KeyCheck::Template);
        let error = Plan::json(&[("x", Fails)], check).err().unwrap();
        assert!(error.to_string().contains("in the middle"), "{error}");
        let _ = Plan::json(&[[Short, Short]], check);
        let _ = Plan::json(&Short, check);
        let error = Plan::json(&[Ignores], check).err().unwrap();
        assert_eq!(error.to_string(), "template: $[0] has the key \"a\" twice");
        // Buffers that are used again are empty.
        assert!(Plan::json(&Node::Map(vec![(Key::Number(1), Node::Scalar)]), check).is_ok());
    }

    #[test]
    fn many_keys_take_linear_time() {
        struct Many(usize);
        impl Serialize for Many {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map((0..self.0).map(|key| (key, ())))
            }
        }
        let start = std::time::Instant::now();
        Plan::json(&Many(300_000), Some(KeyCheck::Template)).unwrap();
        assert!(start.elapsed().as_secs() < 10, "one by one, this takes minutes");
    }
}
