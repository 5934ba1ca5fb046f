//! The check of keys against a check of the parsed text, and its errors.

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
    let text = prop::sample::select(vec!["", "a", "b", "ab", "a_b", "aB", "7", "\n", "\"", "é\\", "\u{1}"]);
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
            "the request has the keys \"a_f\" and \"aF\", which are the same field; remove one",
        ),
        (r#"{"a_f":1,"b":0,"a_f":2}"#, "the request has the key \"a_f\" twice; remove one"),
        (r#"[0,{"x":{"aF":1,"a_f":2}}]"#, "[1].x has the keys"),
        (r#"{"names":{"a_f":{"c_f":0,"cF":1},"aF":2}}"#, "names.a_f has the keys"),
        (r#"{"names":{"a_f":1,"a_f":2}}"#, "names has the key \"a_f\" twice; give each name once"),
        (
            r#"{"outer":{"free_form":{"a_f":1,"aF":2,"b":[{"a_f":1,"aF":2}],"a_f":3}}}"#,
            "outer.free_form has the key \"a_f\" twice",
        ),
        (r#"{"inner":{"freeForm":{"a_f":1,"aF":2}}}"#, "inner.freeForm has the keys"),
    ] {
        let rejected = Plan::json(&Raw(text), Some(KeyCheck::Request(Some(&NAMES)))).unwrap_err();
        assert!(rejected.to_string().starts_with(error), "{rejected}");
        assert_eq!(rejected.kind(), ErrorKind::Invalid);
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
    Value::deserialize(deserializer).map_err(|_| serde::ser::Error::custom("no JSON"))?.serialize(serializer)
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
