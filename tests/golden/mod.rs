//! The golden cases, and the comparison of a body with them. It is `compare.py` in Rust.
//!
//! Each folder next to this file is a case: `template.json`, `expected.json`, `case.json` and the media files.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{
    collections::HashSet,
    fmt, fs,
    path::{Path, PathBuf},
};

/// Returns the folder of a case. This module is shared with the tests of `cli`, whose package is a folder of this one.
pub fn case(name: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = package.ancestors().map(|folder| folder.join("tests/golden")).find(|golden| golden.is_dir());
    golden.expect("the golden cases are in the repository").join(name)
}

/// Returns the names of all cases, sorted.
pub fn names() -> Vec<String> {
    let folder = case("");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && path.join("expected.json").exists())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 70, "golden cases are missing");
    names
}

/// Checks that `body` is a JSON value without duplicate keys that equals the expected one.
///
/// The order of keys is ignored, numbers are compared by value, and an empty `generationConfig` equals an absent one.
///
/// # Panics
/// If the body differs.
pub fn judge(name: &str, body: &[u8]) {
    let expected = fs::read(case(name).join("expected.json")).unwrap();
    let expected = strict(&expected).unwrap();
    let got = strict(body).unwrap_or_else(|error| panic!("{name}: {error}"));
    if let Some(difference) = difference("", &expected, &got) {
        panic!("{name}: {difference}");
    }
}

/// Parses JSON. An object with duplicate keys is an error.
pub fn strict(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice::<DistinctKeys>(text)?;
    serde_json::from_slice(text)
}

/// Returns a description of the first difference between two values.
pub fn difference(at: &str, want: &Value, got: &Value) -> Option<String> {
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => {
            let missing = want.keys().find(|key| !got.contains_key(*key) && !may_lack(key, &want[*key]));
            let extra = got.keys().find(|key| !want.contains_key(*key) && !may_lack(key, &got[*key]));
            if let Some(key) = missing {
                return Some(format!("{at}/{key} is missing"));
            }
            if let Some(key) = extra {
                return Some(format!("{at}/{key} is unexpected"));
            }
            want.keys()
                .filter(|key| got.contains_key(*key))
                .find_map(|key| difference(&format!("{at}/{key}"), &want[key], &got[key]))
        }
        (Value::Array(want), Value::Array(got)) if want.len() == got.len() => want
            .iter()
            .zip(got)
            .enumerate()
            .find_map(|(i, (want, got))| difference(&format!("{at}/{i}"), want, got)),
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (want, got) if want == got => None,
        (want, got) => Some(format!("{at} is {}, not {}", short(got), short(want))),
    }
}

fn may_lack(key: &str, value: &Value) -> bool {
    key == "generationConfig" && value.as_object().is_some_and(Map::is_empty)
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(70).collect()
}

/// Any JSON in which no object has a key twice.
struct DistinctKeys;

impl<'de> Deserialize<'de> for DistinctKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DistinctKeys, D::Error> {
        deserializer.deserialize_any(DistinctKeys)
    }
}

impl<'de> Visitor<'de> for DistinctKeys {
    type Value = DistinctKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<DistinctKeys, E> {
        Ok(DistinctKeys)
    }

    fn visit_i64<E>(self, _: i64) -> Result<DistinctKeys, E> {
        Ok(DistinctKeys)
    }

    fn visit_u64<E>(self, _: u64) -> Result<DistinctKeys, E> {
        Ok(DistinctKeys)
    }

    fn visit_f64<E>(self, _: f64) -> Result<DistinctKeys, E> {
        Ok(DistinctKeys)
    }

    fn visit_str<E>(self, _: &str) -> Result<DistinctKeys, E> {
        Ok(DistinctKeys)
    }

    fn visit_unit<E>(self) -> Result<DistinctKeys, E> {
        Ok(DistinctKeys)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<DistinctKeys, A::Error> {
        while seq.next_element::<DistinctKeys>()?.is_some() {}
        Ok(DistinctKeys)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DistinctKeys, A::Error> {
        let mut keys = HashSet::new();
        while let Some((key, DistinctKeys)) = map.next_entry::<String, DistinctKeys>()? {
            if let Some(duplicate) = keys.replace(key) {
                return Err(de::Error::custom(format!("duplicate key {duplicate:?}")));
            }
        }
        Ok(DistinctKeys)
    }
}
