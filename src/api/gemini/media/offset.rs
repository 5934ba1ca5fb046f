//! A [`Duration`] in protobuf's JSON: `"40s"`, `"1.500s"`. Also read as the object `{"seconds", "nanos"}`, and as a
//! number of seconds.

use crate::api::lenient::integer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};
use std::time::Duration;

pub(super) fn serialize<S: Serializer>(offset: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    offset.map(format).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
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
    let text = format!("{}.{:09}", offset.as_secs(), offset.subsec_nanos());
    text.trim_end_matches("000").trim_end_matches('.').to_owned() + "s"
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
        assert_eq!(format(Duration::from_secs(1_000_000)), "1000000s");
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
