//! Reading a response or an event of a stream: the value, or the error that the API reports in its place.

use super::{
    error::{ApiError, KEYS},
    meter::{Meter, Metered, TOO_LARGE},
    read::{AnObject, Key, Object},
    spelling::is_same_field,
};
use crate::{
    error::{self, Error, ErrorKind, beginning, excerpt},
    json::{Extracted, Extractor, Spool},
};
use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use std::{fmt, io, marker::PhantomData};

/// An API, for reading its responses.
pub(crate) struct Api {
    /// The name that errors use.
    pub(crate) name: &'static str,
    /// The keys of a response, of which every response has at least one, in one of the two spellings.
    pub(crate) keys: &'static [&'static str],
}

/// Implements the ways to read a whole response.
macro_rules! reading {
    ($Response:ident, $api:expr) => {
        impl $Response {
            /// Reads the body of a response from memory, whatever its HTTP status is.
            ///
            /// Its media is decoded in memory; [`from_reader`](Self::from_reader) takes less.
            ///
            /// # Errors
            /// - [`Api`](crate::ErrorKind::Api): the API reports an error. Its details are an
            ///   [`ApiError`](crate::ApiError).
            /// - [`Json`](crate::ErrorKind::Json): the body is not valid JSON, or not a response of this API.
            /// - [`TooLarge`](crate::ErrorKind::TooLarge): the response would take more memory than 32 times its length
            ///   and 1 MiB.
            pub fn from_slice(bytes: &[u8]) -> $crate::Result<$Response> {
                $api.read_bytes(bytes)
            }

            /// Reads the body of a response while it arrives, whatever its HTTP status is.
            ///
            /// Media is decoded at once, into unlinked temporary files if the feature `spool` is on. For other options, or
            /// an asynchronous body, use an [`Extractor`](crate::Extractor) and [`from_extracted`](Self::from_extracted).
            ///
            /// # Errors
            /// Those of [`from_slice`](Self::from_slice) and of [`Extractor::push`](crate::Extractor::push), and
            /// [`Io`](crate::ErrorKind::Io) if the reader fails.
            pub fn from_reader(reader: impl ::std::io::Read) -> $crate::Result<$Response> {
                $api.read_from(reader)
            }

            /// Reads a response whose media was extracted, whatever its HTTP status is.
            ///
            /// # Errors
            /// Those of [`from_slice`](Self::from_slice), and [`TooLarge`](crate::ErrorKind::TooLarge) if more than 16 MiB
            /// of base64 are in places where this API has no media.
            pub fn from_extracted(response: &$crate::Extracted) -> $crate::Result<$Response> {
                $api.read_response(response)
            }
        }
    };
}
pub(crate) use reading;

/// The largest base64 that is kept as text where a response has no field for media: 16 MiB.
const MAX_RESTORED: u64 = 16 << 20;

/// Why JSON was not read.
enum Failure {
    /// It is not valid JSON.
    Syntax(serde_json::Error),
    Other(Error),
}

impl Api {
    /// Reads a complete response. An object without any key of a response is taken for an error.
    pub(crate) fn read_response<T: Object>(&self, response: &Extracted) -> error::Result<T> {
        self.read(response, true, MAX_RESTORED)
    }

    /// Reads a complete response from memory. Media that is not base64 remains a string.
    pub(crate) fn read_bytes<T: Object>(&self, bytes: &[u8]) -> error::Result<T> {
        let unlimited = || Extractor::with_store(Spool::in_memory()).max_text(usize::MAX);
        let mut extractor = unlimited();
        let _ = extractor.push(bytes);
        self.read(&extractor.take().unwrap_or_else(|_| unlimited().plain(bytes)), true, u64::MAX)
    }

    /// Reads a complete response from a reader.
    pub(crate) fn read_from<T: Object>(&self, mut reader: impl io::Read) -> error::Result<T> {
        let mut extractor = Extractor::new();
        extractor.push_all(&mut reader)?;
        self.read_response(&extractor.take()?)
    }

    /// Reads the data of an event of a stream, which may have no key of a response. Returns `None` for an event
    /// without a value. Only Chat Completions defines `[DONE]`, but gateways may send it in either format.
    pub(crate) fn read_event<T: Object>(&self, event: &Extracted) -> error::Result<Option<T>> {
        match event.text().trim() {
            "[DONE]" | "" => Ok(None),
            _ => self.read(event, false, MAX_RESTORED).map(Some),
        }
    }

    /// Reads a value. Up to `room` bytes of base64 may be for places that are not for media.
    fn read<T: Object>(&self, extracted: &Extracted, is_complete: bool, room: u64) -> error::Result<T> {
        let handles = || extracted.media().iter().map(|media| media.stored().handles());
        // The caller may have other handles.
        let before: Vec<_> = handles().collect();
        let value = extracted.resolving(|| self.read_text(extracted.text(), is_complete));
        // Media that no field holds is in a place that is not for media, such as an unknown key.
        let is_text: Vec<_> =
            before.into_iter().zip(handles()).map(|(before, after)| after <= before).collect();
        if !is_text.contains(&true) {
            return value;
        }
        let text = match extracted.restore(room, |index| is_text[index]) {
            Ok(text) => text,
            Err(error) => return value.and(Err(error)),
        };
        drop(value);
        extracted.resolving(|| self.read_text(&text, is_complete))
    }

    fn read_text<T: Object>(&self, text: &str, is_complete: bool) -> error::Result<T> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match self.try_read(text.as_bytes(), is_complete) {
            Ok(value) => Ok(value),
            Err(Failure::Other(error)) => Err(error),
            Err(Failure::Syntax(cause)) => match self.try_read(repair(text).as_bytes(), is_complete) {
                Ok(value) => Ok(value),
                Err(Failure::Other(error)) => Err(error),
                Err(Failure::Syntax(_)) => Err(invalid_json(text, cause)),
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

fn invalid_json(text: &str, cause: serde_json::Error) -> Error {
    // Often the HTML page of a proxy, whose first words name the proxy.
    let message = match &*beginning(text) {
        "" => "the response is empty".to_owned(),
        start => format!("the response is not valid JSON; it starts with {start:?}"),
    };
    Error::with_source(ErrorKind::Json, message, cause)
}

/// Replaces escapes of unpaired surrogates by U+FFFD, such as `\ud800`, which servers written in Python send.
fn repair(json: &str) -> String {
    let mut repaired = String::with_capacity(json.len());
    let mut rest = json;
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
            assert_eq!(repair(json), repaired, "{json}");
        }
    }
}
