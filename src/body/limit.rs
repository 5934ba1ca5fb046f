//! Size limits of services, checked against the exact length of a body.

use crate::{
    body::{Body, plan::Segment},
    error::{Error, ErrorKind, Result},
};
use std::{fmt, str::FromStr};

/// A limit on the size of a body, or of each media in it.
///
/// [`Body::check`] compares it with the exact length before anything is sent. Media of `n` bytes adds
/// `4 * ceil(n / 3)` bytes to a body.
///
/// The constants are the limits that services documented as of November 2026. They are documented in megabytes; the
/// constants use 1 MB = 1,000,000 bytes, the smaller reading. A patch release can change them when a service does.
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
/// let given: Limit = "gemini".parse()?; // or a number of bytes
/// assert_eq!((given, given.max_len()), (Limit::GEMINI, 100_000_000));
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    name: Option<&'static str>,
    bytes: u64,
    /// Whether the limit applies to the base64 output of each media, not to the body.
    each_media: bool,
}

impl Limit {
    /// Databricks' foundation-model endpoints: 4,000,000 bytes
    /// ([source](https://docs.databricks.com/aws/en/machine-learning/model-serving/model-serving-limits)).
    ///
    /// A larger request can fail with an unexpected TLS end of file instead of status 413. It is not documented whether
    /// the same limit applies to requests through the gateway.
    pub const DATABRICKS: Limit = Limit { name: Some("databricks"), bytes: 4_000_000, each_media: false };

    /// Databricks' custom-model endpoints: 16,000,000 bytes
    /// ([source](https://docs.databricks.com/aws/en/machine-learning/model-serving/model-serving-limits)).
    pub const DATABRICKS_CUSTOM: Limit =
        Limit { name: Some("databricks-custom"), bytes: 16_000_000, each_media: false };

    /// The Gemini API: 100,000,000 bytes for a request with inline data; 20 MB before 2026
    /// ([source](https://ai.google.dev/gemini-api/docs/file-input-methods)).
    pub const GEMINI: Limit = Limit { name: Some("gemini"), bytes: 100_000_000, each_media: false };

    /// Vertex AI: 256,000,000 bytes of base64 for each inline part.
    pub const VERTEX: Limit = Limit { name: Some("vertex"), bytes: 256_000_000, each_media: true };

    /// The limits that have a [`name`](Self::name).
    pub const NAMED: [Limit; 4] = [Limit::DATABRICKS, Limit::DATABRICKS_CUSTOM, Limit::GEMINI, Limit::VERTEX];

    /// Creates a limit of `bytes` bytes for the whole body.
    pub const fn bytes(bytes: u64) -> Limit {
        Limit { name: None, bytes, each_media: false }
    }

    /// Returns the name, from which the limit can be parsed. Returns `None` for a number of bytes.
    pub const fn name(self) -> Option<&'static str> {
        self.name
    }

    /// Returns the largest allowed length in bytes: of the body, or for [`VERTEX`](Limit::VERTEX) of the base64 output of
    /// each media.
    pub const fn max_len(self) -> u64 {
        self.bytes
    }
}

/// Parses a [`name`](Limit::name) or a number of bytes.
impl FromStr for Limit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Limit> {
        let named = Limit::NAMED.into_iter().find(|limit| limit.name == Some(text));
        named.or_else(|| text.parse().ok().map(Limit::bytes)).ok_or_else(|| {
            let names = Limit::NAMED.map(|limit| limit.name.unwrap_or_default()).join(", ");
            let message = format!("{text:?} is not a limit; use {names} or a number of bytes");
            Error::new(ErrorKind::Invalid, message)
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes)?;
        if let Some(name) = self.name {
            write!(f, " ({name})")?;
        }
        if self.each_media { write!(f, " per media") } else { Ok(()) }
    }
}

impl Body {
    /// Checks the exact length against a limit, without reading media.
    ///
    /// # Errors
    ///
    /// [`TooLarge`](ErrorKind::TooLarge): the body or its largest media exceeds the limit.
    pub fn check(&self, limit: Limit) -> Result<()> {
        let largest = self
            .segments()
            .filter_map(|(_, segment)| match segment {
                Segment::Base64(media) => Some(media),
                Segment::Text(_) => None,
            })
            .max_by_key(|media| media.encoded_len());
        let (what, len) = match (limit.each_media, largest) {
            (true, Some(media)) => ("the largest media", media.encoded_len()),
            (true, None) => return Ok(()),
            (false, _) => ("the body", self.len()),
        };
        if len <= limit.bytes {
            return Ok(());
        }
        let hint = match largest {
            Some(media) => format!(
                "the largest media is {} ({}, {} bytes, {} as base64); send it as a URL, or make it smaller",
                media.name(),
                media.mime(),
                media.len(),
                media.encoded_len(),
            ),
            None => "it has no media; shorten its text".to_owned(),
        };
        let message = format!("{what} has {len} bytes, which exceeds the limit of {limit}: {hint}");
        Err(Error::new(ErrorKind::TooLarge, message))
    }
}
