//! The media of a part: in the body, or a file that the server fetches.

use crate::{
    api::{conversions::conversions, object::object, open_enum::open_enum, source::Base64},
    media::{Media, redact},
};
use std::{fmt, time::Duration};

object! {
    /// Media in the body: `inlineData`.
    #[serde(rename_all = "camelCase")]
    #[object(shared)]
    pub struct InlineData {
        /// `mimeType`: the MIME type, such as `video/mp4`. Required.
        pub mime_type: String,
        /// `data`: the media as base64.
        pub data: Base64,
        /// `displayName`: a name that other parts can refer to. Vertex only.
        pub display_name: Option<String>,
    }
}

impl InlineData {
    /// Creates inline data from a [`Media`], or from a string that is already base64.
    pub fn new(mime_type: impl Into<String>, data: impl Into<Base64>) -> InlineData {
        InlineData { mime_type: mime_type.into(), data: data.into(), ..InlineData::default() }
    }
}

conversions! { InlineData:
    Media: media => InlineData::from(&media),
    &Media: media => InlineData::new(media.mime(), media),
}

object! {
    /// A file that the server fetches: `fileData`.
    ///
    /// `Debug` hides the credentials and the query of the URI.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(shared_without_debug)]
    pub struct FileData {
        /// `mimeType`: the MIME type, such as `video/mp4`. Leave it out for YouTube.
        pub mime_type: Option<String>,
        /// `fileUri`: a web URL, a `gs://` URL, or the name of an uploaded file. It is sent unchanged.
        pub file_uri: String,
        /// `displayName`: a name that other parts can refer to. Vertex only.
        pub display_name: Option<String>,
    }
}

impl FileData {
    /// Creates file data from a URI, without a MIME type.
    pub fn new(uri: impl Into<String>) -> FileData {
        FileData { file_uri: uri.into(), ..FileData::default() }
    }
}

impl fmt::Debug for FileData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileData")
            .field("mime_type", &self.mime_type)
            .field("file_uri", &redact(&self.file_uri))
            .field("display_name", &self.display_name)
            .field("extra", &self.extra)
            .finish()
    }
}

conversions! { FileData:
    &str: uri => FileData::new(uri),
    &String: uri => FileData::new(uri),
    String: uri => FileData::new(uri),
}

object! {
    /// The section of a video that the model sees, and its frame rate: `videoMetadata`.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct VideoMetadata {
        /// `startOffset`: where the section begins.
        #[serde(serialize_with = "offset::serialize")]
        #[read("offset::deserialize")]
        pub start_offset: Option<Duration>,
        /// `endOffset`: where the section ends, after `start_offset`.
        #[serde(serialize_with = "offset::serialize")]
        #[read("offset::deserialize")]
        pub end_offset: Option<Duration>,
        /// `fps`: the frames that the model sees per second of video, above 0 and up to 24. The API's default
        /// is 1.
        pub fps: Option<f64>,
    }
}

open_enum! {
    /// The resolution at which the model sees media, and so the tokens that they cost: `mediaResolution`.
    pub enum MediaResolution {
        /// `MEDIA_RESOLUTION_UNSPECIFIED`: the model's default.
        Unspecified = "MEDIA_RESOLUTION_UNSPECIFIED",
        /// `MEDIA_RESOLUTION_LOW`.
        Low = "MEDIA_RESOLUTION_LOW",
        /// `MEDIA_RESOLUTION_MEDIUM`.
        Medium = "MEDIA_RESOLUTION_MEDIUM",
        /// `MEDIA_RESOLUTION_HIGH`.
        High = "MEDIA_RESOLUTION_HIGH",
        /// `MEDIA_RESOLUTION_ULTRA_HIGH`: for a part, not for a request.
        UltraHigh = "MEDIA_RESOLUTION_ULTRA_HIGH",
    }
}

object! {
    /// The resolution at which the model sees one part: `mediaResolution` of a part. Gemini 3.
    #[derive(PartialEq)]
    #[serde(rename_all = "camelCase")]
    #[object(request)]
    pub struct PartMediaResolution {
        /// `level`: the resolution.
        pub level: Option<MediaResolution>,
        /// `numTokens`: the tokens that the part costs.
        #[setter(none)]
        pub num_tokens: Option<i64>,
    }
}

impl PartMediaResolution {
    /// Creates a resolution from the number of tokens that the part costs: `numTokens`.
    ///
    /// Any integer type is accepted. A number that does not fit becomes `i64::MAX`.
    pub fn num_tokens(tokens: impl TryInto<i64>) -> PartMediaResolution {
        PartMediaResolution {
            num_tokens: Some(tokens.try_into().unwrap_or(i64::MAX)),
            ..PartMediaResolution::default()
        }
    }
}

conversions! { PartMediaResolution:
    MediaResolution: level => PartMediaResolution { level: Some(level), ..PartMediaResolution::default() },
    /// Converts the name of a level, such as `MEDIA_RESOLUTION_HIGH`.
    &str: level => MediaResolution::from(level).into(),
}

/// A [`Duration`] in protobuf's JSON: `"40s"`, `"1.500s"`. Also read as the object `{"seconds", "nanos"}`, and as a
/// number of seconds.
mod offset {
    use crate::api::lenient::integer;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use serde_json::{Map, Value};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(
        offset: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match offset {
            Some(offset) => serializer.serialize_str(&format(*offset)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let offset = match Value::deserialize(deserializer)? {
            Value::Null => return Ok(None),
            Value::String(offset) => parse(&offset),
            Value::Object(fields) => from_fields(&fields),
            offset => offset.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        };
        offset.map(Some).ok_or_else(|| de::Error::custom("not a duration such as \"1.500s\""))
    }

    /// Reads the fields of protobuf's `Duration`.
    fn from_fields(fields: &Map<String, Value>) -> Option<Duration> {
        let field = |name: &str| integer::<_, u64>(fields.get(name).unwrap_or(&Value::Null)).ok();
        let seconds = field("seconds")?.unwrap_or_default();
        let nanos = field("nanos")?.unwrap_or_default();
        let is_known = fields.keys().all(|name| matches!(&**name, "seconds" | "nanos"));
        (is_known && nanos < 1_000_000_000).then(|| Duration::new(seconds, nanos as u32))
    }

    /// Formats with 0, 3, 6 or 9 decimals: the fewest that are exact.
    fn format(offset: Duration) -> String {
        let (seconds, nanos) = (offset.as_secs(), offset.subsec_nanos());
        match nanos {
            0 => format!("{seconds}s"),
            _ if nanos % 1_000_000 == 0 => format!("{seconds}.{:03}s", nanos / 1_000_000),
            _ if nanos % 1_000 == 0 => format!("{seconds}.{:06}s", nanos / 1_000),
            _ => format!("{seconds}.{nanos:09}s"),
        }
    }

    fn parse(offset: &str) -> Option<Duration> {
        let number = offset.strip_suffix('s')?;
        let (seconds, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if !is_number(seconds) || !is_number(decimals) || decimals.len() > 9 {
            return None;
        }
        let nanos = decimals.parse::<u32>().ok()? * 10_u32.pow(9 - decimals.len() as u32);
        Some(Duration::new(seconds.parse().ok()?, nanos))
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use serde_json::json;

        #[test]
        fn offset_has_the_fewest_decimals_that_are_exact() {
            for (nanos, expected) in [
                (0, "3s"),
                (500_000_000, "3.500s"),
                (1_000_000, "3.001s"),
                (1_000, "3.000001s"),
                (1_200_000, "3.001200s"),
                (1, "3.000000001s"),
                (999_999_999, "3.999999999s"),
            ] {
                let offset = Duration::new(3, nanos);
                assert_eq!(format(offset), expected);
                assert_eq!(parse(expected), Some(offset));
            }
            assert_eq!(parse(&format(Duration::MAX)), Some(Duration::MAX));
        }

        #[test]
        fn offset_may_be_an_object_or_a_number() {
            let read = |offset| deserialize(offset).ok();
            for (offset, millis) in [
                (json!({"seconds": 10}), 10_000),
                (json!({"seconds": "20", "nanos": 500_000_000}), 20_500),
                (json!({"nanos": 1_000_000}), 1),
                (json!({"seconds": null}), 0),
                (json!({}), 0),
                (json!(81.5), 81_500),
                (json!(40), 40_000),
            ] {
                assert_eq!(read(offset.clone()), Some(Some(Duration::from_millis(millis))), "{offset}");
            }
            for bad in [
                json!({"seconds": -1}),
                json!({"seconds": 1, "nanos": 1_000_000_000}),
                json!({"seconds": 1, "hours": 1}),
                json!({"seconds": "x"}),
                json!(-1),
                json!([1]),
                json!(true),
            ] {
                assert_eq!(read(bad.clone()), None, "{bad}");
            }
        }

        #[test]
        fn offset_may_have_any_number_of_decimals_up_to_9() {
            assert_eq!(parse("1.5s"), Some(Duration::from_millis(1500)));
            assert_eq!(parse("0.25s"), Some(Duration::from_millis(250)));
            for bad in [
                "",
                "s",
                "1",
                "1.s",
                ".5s",
                "-1s",
                "+1s",
                "1.0000000001s",
                "1e3s",
                "1 s",
                "99999999999999999999s",
            ] {
                assert_eq!(parse(bad), None, "{bad:?}");
            }
        }
    }
}
