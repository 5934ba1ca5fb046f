//! Reading a response or an event of a stream: the value, or the error that the API reports in its place.

use super::{
    error::{ApiError, KEYS},
    meter::{Meter, Metered, TOO_LARGE},
    read::{AnObject, Key, Object},
    spelling::is_same_field,
};
use crate::error::{self, Error, ErrorKind, SHOWN, excerpt, hide_base64};
use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use std::{fmt, marker::PhantomData};

/// An API, for reading its responses.
pub(crate) struct Api {
    /// The name that errors use.
    pub(crate) name: &'static str,
    /// The keys of a response, of which every response has at least one, in one of the two spellings.
    pub(crate) keys: &'static [&'static str],
}

/// Why JSON was not read.
enum Failure {
    /// It is not valid JSON.
    Syntax(serde_json::Error),
    Other(Error),
}

impl Api {
    /// Reads a complete response. An object without any key of a response is taken for an error.
    pub(crate) fn read_response<T: Object>(&self, bytes: &[u8]) -> error::Result<T> {
        self.read(bytes, true)
    }

    /// Reads the data of an event of a stream, which may have no key of a response. Returns `None` for an event
    /// without a value. Only Chat Completions defines `[DONE]`, but gateways may send it in either format.
    pub(crate) fn read_event<T: Object>(&self, data: &str) -> error::Result<Option<T>> {
        match data.trim() {
            "[DONE]" | "" => Ok(None),
            data => self.read(data.as_bytes(), false).map(Some),
        }
    }

    fn read<T: Object>(&self, bytes: &[u8], is_complete: bool) -> error::Result<T> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        match self.try_read(bytes, is_complete) {
            Ok(value) => Ok(value),
            Err(Failure::Other(error)) => Err(error),
            Err(Failure::Syntax(cause)) => match self.try_read(repair(bytes).as_bytes(), is_complete) {
                Ok(value) => Ok(value),
                Err(Failure::Other(error)) => Err(error),
                Err(Failure::Syntax(_)) => Err(invalid_json(bytes, cause)),
            },
        }
    }

    fn try_read<T: Object>(&self, json: &[u8], is_complete: bool) -> Result<T, Failure> {
        let json = single_item(json)?;
        let members = self.metered(json, Members { keys: self.keys })?;
        let is_unknown = members
            .as_object()
            .is_some_and(|members| !self.keys.iter().any(|key| members.contains_key(*key)));
        let is_error = ApiError::find(&members, self.keys).is_some() || (is_complete && is_unknown);
        drop(members);
        if is_error {
            // The message of an error without one is its whole JSON.
            let response = self.metered(json, PhantomData::<Value>)?;
            let error =
                ApiError::find(&response, self.keys).unwrap_or_else(|| ApiError::from_json(&response));
            return Err(Failure::Other(error.into()));
        }
        self.metered(json, AnObject(PhantomData))
    }

    /// Reads JSON within a bound on its memory.
    fn metered<'j, S: DeserializeSeed<'j>>(&self, json: &'j [u8], seed: S) -> Result<S::Value, Failure> {
        let meter = Meter::new();
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let value = Metered { inner: seed, meter: &meter }
            .deserialize(&mut deserializer)
            .and_then(|value| deserializer.end().map(|()| value));
        value.map_err(|cause| {
            if meter.is_exhausted() {
                Failure::Other(Error::new(ErrorKind::TooLarge, format!("the response: {TOO_LARGE}")))
            } else if cause.is_data() {
                // The message of serde may quote the value that it did not expect.
                let message = format!("the response is not a {} response", self.name);
                Failure::Other(Error::with_source(ErrorKind::Json, message, excerpt(cause)))
            } else {
                Failure::Syntax(cause)
            }
        })
    }
}

/// Returns the item of a list of one, which Google puts around an error.
fn single_item(json: &[u8]) -> Result<&[u8], Failure> {
    if !json.trim_ascii_start().starts_with(b"[") {
        return Ok(json);
    }
    let list: Vec<&RawValue> = serde_json::from_slice(json).map_err(Failure::Syntax)?;
    Ok(match list[..] {
        [item] => item.get().as_bytes(),
        _ => json,
    })
}

/// The members of a response that an [`ApiError`] is read from, as an object, with `true` in place of the values of
/// `keys`. Any other value is `null`.
struct Members {
    keys: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(Key(key)) = map.next_key()? {
            if let Some(key) = self.keys.iter().find(|name| is_same_field(name, &key)) {
                let is_set = map.next_value::<Option<IgnoredAny>>()?.is_some();
                members.insert((*key).to_owned(), if is_set { true.into() } else { Value::Null });
            } else if KEYS.contains(&&*key) {
                members.insert(key.into_owned(), map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(members.into())
    }
}

fn invalid_json(bytes: &[u8], cause: serde_json::Error) -> Error {
    // Often the HTML page of a proxy, whose first words name the proxy.
    let start: String = String::from_utf8_lossy(bytes).chars().take(SHOWN).collect();
    let message = match &*hide_base64(&start) {
        "" => "the response is empty".to_owned(),
        start => format!("the response is not valid JSON; it starts with {start:?}"),
    };
    Error::with_source(ErrorKind::Json, message, cause)
}

/// Replaces what is not valid Unicode by U+FFFD: invalid UTF-8, and escapes of unpaired surrogates such as
/// `\ud800`, which servers written in Python send.
fn repair(bytes: &[u8]) -> String {
    let json = String::from_utf8_lossy(bytes);
    let mut repaired = String::with_capacity(json.len());
    let mut rest = &*json;
    while let Some(at) = rest.find('\\') {
        repaired.push_str(&rest[..at]);
        rest = &rest[at..];
        let len = match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                repaired.push('\u{FFFD}');
                rest = &rest[6..];
                continue;
            }
            // Any other escape: its second character may be a backslash itself.
            _ => rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end),
        };
        repaired.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    repaired + rest
}

/// Returns the UTF-16 code unit of the `\u` escape that a string starts with.
fn code_unit(string: &str) -> Option<u16> {
    u16::from_str_radix(string.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpaired_surrogates_become_replacement_characters() {
        for (json, repaired) in [
            (r#""\ud83d\ude00 \u00e9""#, r#""\ud83d\ude00 \u00e9""#),
            (r#""\ud800""#, "\"\u{FFFD}\""),
            (r#""\ud800x\udc00""#, "\"\u{FFFD}x\u{FFFD}\""),
            (r#""\ud800\ud83d\ude00""#, "\"\u{FFFD}\\ud83d\\ude00\""),
            (r#""\\ud800\"\\\ud800""#, "\"\\\\ud800\\\"\\\\\u{FFFD}\""),
            (r#""\u12"#, r#""\u12"#),
            ("\\", "\\"),
            ("\\é\\ué", "\\é\\ué"),
        ] {
            assert_eq!(repair(json.as_bytes()), repaired, "{json}");
        }
        assert_eq!(repair(b"a\xFF"), "a\u{FFFD}");
    }
}
