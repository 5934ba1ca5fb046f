//! Offsets into a video: [`Duration`] as the text of protobuf's JSON, `"40s"` or `"1.500s"`.

use serde::{Deserialize, Deserializer, Serializer, de};
use std::time::Duration;

pub(super) fn serialize<S: Serializer>(offset: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match offset {
        Some(offset) => serializer.serialize_str(&text(*offset)),
        None => serializer.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| {
        parse(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no duration such as \"1.500s\"")))
    })
    .transpose()
}

/// With 0, 3, 6 or 9 decimals, as few as say it exactly.
fn text(offset: Duration) -> String {
    let (seconds, nanos) = (offset.as_secs(), offset.subsec_nanos());
    match nanos {
        0 => format!("{seconds}s"),
        _ if nanos % 1_000_000 == 0 => format!("{seconds}.{:03}s", nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => format!("{seconds}.{:06}s", nanos / 1_000),
        _ => format!("{seconds}.{nanos:09}s"),
    }
}

fn parse(text: &str) -> Option<Duration> {
    let text = text.strip_suffix('s')?;
    let (seconds, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(seconds) || !digits(decimals) || decimals.len() > 9 {
        return None;
    }
    let nanos = decimals.parse::<u32>().ok()? * 10_u32.pow(9 - decimals.len() as u32);
    Some(Duration::new(seconds.parse().ok()?, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_decimals_as_say_it() {
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
            assert_eq!(text(offset), expected);
            assert_eq!(parse(expected), Some(offset));
        }
        assert_eq!(parse(&text(Duration::MAX)), Some(Duration::MAX));
    }

    #[test]
    fn others_write_fewer_decimals() {
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
