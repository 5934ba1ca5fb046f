//! Size limits of services, checked against the exact length of a body.

use crate::{
    body::{Body, plan::Segment},
    error::{Error, ErrorKind, Result},
    media::Media,
};
use std::{fmt, str::FromStr};

/// A limit on the length of a body, or of each media file in it.
///
/// The length of a body is known before its media is read, so [`Body::check`] fails before anything is sent.
/// Media of `n` bytes takes `4 * ceil(n / 3)` bytes of a body.
///
/// The constants are the limits that services documented as of November 2026. A patch release can change them
/// when a service does. Services document megabytes without saying which kind, so the constants use the smaller
/// one, 1,000,000 bytes. Servers that you run yourself, such as vLLM, may have no limit.
///
/// # Parsing
///
/// [`FromStr`] accepts the [names](Limit::NAMED), and sizes for the whole body:
///
/// | unit | bytes |
/// |---|---|
/// | none, or `B` | 1 |
/// | `kB`, `MB`, `GB` | 1000, 1000², 1000³ |
/// | `KiB`, `MiB`, `GiB` | 1024, 1024², 1024³ |
///
/// Case does not matter in units, a space may precede them, and numbers may have a fraction, as in `1.5 GB`. The
/// units `k`, `M` and `G` alone are errors, because programs disagree about them.
///
/// # Examples
///
/// ```
/// use niello::{Body, ErrorKind, Limit, Media};
/// let media = Media::from_bytes(vec![0; 3_000_000], "video/mp4")?;
/// let body = Body::json(&media)?;
/// assert_eq!(body.check(Limit::DATABRICKS).unwrap_err().kind(), ErrorKind::TooLarge);
/// assert!(body.check(Limit::GEMINI).is_ok());
///
/// assert_eq!("gemini".parse::<Limit>()?, Limit::GEMINI);
/// assert_eq!("20MB".parse::<Limit>()?, Limit::bytes(20_000_000));
/// assert_eq!("4MiB".parse::<Limit>()?, Limit::bytes(4 << 20));
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    name: Option<&'static str>,
    bytes: u64,
    is_per_media: bool,
}

impl Limit {
    /// The foundation-model endpoints of Databricks: 4 MB, or 4,000,000 bytes
    /// ([source](https://docs.databricks.com/aws/en/machine-learning/model-serving/model-serving-limits)).
    ///
    /// For a larger body, the server may close the TLS connection instead of answering with status 413. Whether
    /// the gateway has the same limit is not documented.
    pub const DATABRICKS: Limit = Limit { name: Some("databricks"), bytes: 4_000_000, is_per_media: false };

    /// The custom-model endpoints of Databricks: 16 MB, or 16,000,000 bytes
    /// ([source](https://docs.databricks.com/aws/en/machine-learning/model-serving/model-serving-limits)).
    pub const DATABRICKS_CUSTOM: Limit =
        Limit { name: Some("databricks-custom"), bytes: 16_000_000, is_per_media: false };

    /// The Gemini API: 100 MB, or 100,000,000 bytes, for a request with inline data (20 MB before 2026)
    /// ([source](https://ai.google.dev/gemini-api/docs/file-input-methods)).
    pub const GEMINI: Limit = Limit { name: Some("gemini"), bytes: 100_000_000, is_per_media: false };

    /// Vertex AI: 256 MB, or 256,000,000 bytes of base64, for each media file.
    pub const VERTEX: Limit = Limit { name: Some("vertex"), bytes: 256_000_000, is_per_media: true };

    /// The limits that have a name, in the order of the constants above.
    pub const NAMED: [Limit; 4] = [Limit::DATABRICKS, Limit::DATABRICKS_CUSTOM, Limit::GEMINI, Limit::VERTEX];

    /// Creates a limit of `bytes` for the whole body, including its JSON.
    pub const fn bytes(bytes: u64) -> Limit {
        Limit { name: None, bytes, is_per_media: false }
    }

    /// Returns the name that parses as this limit, or `None` for a number of bytes.
    pub const fn name(self) -> Option<&'static str> {
        self.name
    }

    /// Returns the largest length allowed, in bytes: of the body, or of the base64 of each media file if
    /// [`is_per_media`](Limit::is_per_media).
    pub const fn max_len(self) -> u64 {
        self.bytes
    }

    /// Returns `true` if the limit applies to the base64 of each media file instead of the whole body.
    pub const fn is_per_media(self) -> bool {
        self.is_per_media
    }
}

impl FromStr for Limit {
    type Err = Error;

    /// Parses a name or a size. See [Parsing](Limit#parsing).
    ///
    /// # Errors
    ///
    /// Returns [`Invalid`](ErrorKind::Invalid) for anything else. The message lists the names and shows at most
    /// 40 characters of `text`.
    fn from_str(text: &str) -> Result<Limit> {
        let named = Limit::NAMED.into_iter().find(|limit| limit.name == Some(text));
        named.or_else(|| parse_size(text).map(Limit::bytes)).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            let more = if shown.len() < text.len() { "..." } else { "" };
            let names = Limit::NAMED.map(|limit| limit.name.unwrap_or_default()).join(", ");
            let message = format!(
                "{shown:?}{more} is not a limit; give a number of bytes, a size such as 20MB or 4MiB, or one of {names}"
            );
            Error::new(ErrorKind::Invalid, message)
        })
    }
}

/// The units of a size, in lower case.
const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("b", 1),
    ("kb", 1000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

/// Parses a number with a unit. Returns `None` unless the result is a whole number of bytes that fits in 64 bits.
fn parse_size(text: &str) -> Option<u64> {
    let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (number, ""),
    };
    let unit = match unit.strip_prefix(' ') {
        Some("") => return None,
        Some(unit) => unit,
        None => unit,
    };
    let (_, bytes) = UNITS.into_iter().find(|(name, _)| unit.eq_ignore_ascii_case(name))?;
    // Numbers with a fraction stay integers, so that the result is exact.
    let digits: u64 = format!("{whole}{fraction}").parse().ok().filter(|_| !whole.is_empty())?;
    let divisor = 10_u128.checked_pow(fraction.len().try_into().ok()?)?;
    let product = u128::from(digits) * u128::from(bytes);
    (product % divisor == 0).then(|| u64::try_from(product / divisor).ok())?
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes)?;
        if let Some(name) = self.name {
            write!(f, " ({name})")?;
        }
        if self.is_per_media { write!(f, " for each media file") } else { Ok(()) }
    }
}

impl Body {
    /// Checks the exact length against a limit. No media is read.
    ///
    /// With a [content coding](Body::encode), this is the length without it, because servers limit what they decode.
    ///
    /// # Errors
    ///
    /// Returns [`TooLarge`](ErrorKind::TooLarge). The message contains the length, the limit and the largest media
    /// file, or the length of the text if that alone is over the limit.
    pub fn check(&self, limit: Limit) -> Result<()> {
        let media = || {
            self.decoded().segments().filter_map(|(_, segment)| match segment {
                Segment::Base64(media) => Some(media),
                _ => None,
            })
        };
        let largest = media().max_by_key(|media| media.encoded_len());
        let (subject, len) = match (limit.is_per_media, largest) {
            (true, Some(media)) => ("the largest media file", media.encoded_len()),
            (true, None) => return Ok(()),
            (false, _) => ("the body", self.decoded_len()),
        };
        if len <= limit.bytes {
            return Ok(());
        }
        let text_len = self.decoded_len() - media().map(Media::encoded_len).sum::<u64>();
        let advice = match largest {
            Some(_) if !limit.is_per_media && text_len > limit.bytes => {
                format!("{text_len} of them are text: shorten it")
            }
            Some(media) => format!(
                "the largest media is {} ({}, {} bytes, {} as base64): send it as a URL, or make it smaller",
                media.name(),
                media.mime(),
                media.len(),
                media.encoded_len(),
            ),
            None => "it contains no media: shorten its text".to_owned(),
        };
        let message = format!("{subject} has {len} bytes, over the limit of {limit}; {advice}");
        Err(Error::new(ErrorKind::TooLarge, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        for (text, bytes) in [
            ("0", 0),
            ("4000000", 4_000_000),
            ("17B", 17),
            ("100kB", 100_000),
            ("100KB", 100_000),
            ("20MB", 20_000_000),
            ("20mb", 20_000_000),
            ("20 MB", 20_000_000),
            ("1.5GB", 1_500_000_000),
            ("0.5KiB", 512),
            ("1.10kB", 1100),
            ("4MiB", 4 << 20),
            ("2GiB", 2 << 30),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse::<Limit>().unwrap(), Limit::bytes(bytes), "{text}");
        }
    }

    #[test]
    fn names_parse_as_their_limits() {
        for limit in Limit::NAMED {
            assert_eq!(limit.name().unwrap().parse::<Limit>().unwrap(), limit);
        }
        let per_media = Limit::NAMED.map(Limit::is_per_media);
        assert_eq!(per_media, [false, false, false, true]);
        assert!(!Limit::bytes(1).is_per_media());
    }

    #[test]
    fn anything_else_is_an_error_that_lists_the_units_and_names() {
        for text in [
            "",
            " ",
            "MB",
            "20MX",
            "20M",
            "20k",
            "20 ",
            " 20",
            "20  MB",
            "20MB ",
            "-1",
            "+1",
            "1e6",
            "1.5",
            "0.3kiB",
            ".5MB",
            "5.MB",
            "1.2.3MB",
            "1,000",
            "1_000",
            "٢MB",
            "20MBé",
            "18446744073709551616",
            "99999999999GB",
            "gemni",
            "Gemini",
        ] {
            let error = text.parse::<Limit>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
            let expected = format!(
                "{text:?} is not a limit; give a number of bytes, a size such as 20MB or 4MiB, or one of databricks, \
                 databricks-custom, gemini, vertex"
            );
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn long_text_is_shortened_in_the_error() {
        for text in ["x".repeat(1000), "é".repeat(1000), "1".repeat(1000), format!("1.{}MB", "0".repeat(100))]
        {
            let error = text.parse::<Limit>().unwrap_err().to_string();
            assert!(error.contains("\"... is not a limit") && error.len() < 300, "{error}");
        }
    }
}
