//! Size limits of the services, held against the exact length.

use crate::{
    body::{Body, plan::Segment},
    error::{Error, ErrorKind, Result},
};
use std::{fmt, str::FromStr};

/// A limit on the size of a body, or of one media in it: known before a byte is sent, since the length of a body
/// is. A media of `n` bytes takes `4 * ceil(n / 3)` of them.
///
/// What a service takes changes, and is documented in megabytes without saying of which kind; the constants are as
/// of November 2026 and take the smaller reading. Servers of one's own, such as vLLM, may have none.
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
    /// Whether it holds for the text of each media, not for the whole body.
    each_media: bool,
}

impl Limit {
    /// Databricks' foundation-model endpoints: 4 MB, taken as 4,000,000 bytes
    /// ([source](https://docs.databricks.com/aws/en/machine-learning/model-serving/model-serving-limits)). Excess can
    /// show as a TLS end of file instead of a status 413. Whether the path through the gateway has the same limit is
    /// not documented.
    pub const DATABRICKS: Limit = Limit { name: Some("databricks"), bytes: 4_000_000, each_media: false };

    /// Databricks' custom-model endpoints: 16 MB, taken as 16,000,000 bytes
    /// ([source](https://docs.databricks.com/aws/en/machine-learning/model-serving/model-serving-limits)).
    pub const DATABRICKS_CUSTOM: Limit =
        Limit { name: Some("databricks-custom"), bytes: 16_000_000, each_media: false };

    /// The Gemini API: 100 MB for a request with inline data (20 MB before 2026), taken as 100,000,000 bytes
    /// ([source](https://ai.google.dev/gemini-api/docs/file-input-methods)).
    pub const GEMINI: Limit = Limit { name: Some("gemini"), bytes: 100_000_000, each_media: false };

    /// Vertex: 256 MB for one inline part, taken as 256,000,000 bytes of base64 text.
    pub const VERTEX: Limit = Limit { name: Some("vertex"), bytes: 256_000_000, each_media: true };

    /// The limits that have a name, in the order in which they are listed above.
    pub const NAMED: [Limit; 4] = [Limit::DATABRICKS, Limit::DATABRICKS_CUSTOM, Limit::GEMINI, Limit::VERTEX];

    /// So many bytes for the whole body, its JSON text included.
    pub const fn bytes(bytes: u64) -> Limit {
        Limit { name: None, bytes, each_media: false }
    }

    /// Returns the name of the limit, from which it can be parsed; `None` if it is a number of bytes.
    pub const fn name(self) -> Option<&'static str> {
        self.name
    }

    /// The number of bytes that are allowed: of the body, or for [`VERTEX`](Limit::VERTEX) of the text of each media.
    pub const fn max_len(self) -> u64 {
        self.bytes
    }
}

/// `databricks`, `databricks-custom`, `gemini`, `vertex`, or a number of bytes.
impl FromStr for Limit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Limit> {
        let named = Limit::NAMED.into_iter().find(|limit| limit.name == Some(text));
        named.or_else(|| text.parse().ok().map(Limit::bytes)).ok_or_else(|| {
            let message =
                format!("{text:?} is no limit; give databricks, databricks-custom, gemini, vertex or a number of bytes");
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
        if self.each_media { write!(f, " for each media") } else { Ok(()) }
    }
}

impl Body {
    /// Holds the exact length against a limit. Nothing is read for it.
    ///
    /// # Errors
    /// [`TooLarge`](ErrorKind::TooLarge): says the length, the limit, the largest media, and the way out.
    pub fn check(&self, limit: Limit) -> Result<()> {
        let largest = self
            .segments()
            .filter_map(|(_, segment)| match segment {
                Segment::Base64(media) => Some(media),
                Segment::Text(_) => None,
            })
            .max_by_key(|media| media.encoded_len());
        let (what, len) = match (limit.each_media, largest) {
            (true, Some(media)) => ("a media", media.encoded_len()),
            (true, None) => return Ok(()),
            (false, _) => ("the body", self.len()),
        };
        if len <= limit.bytes {
            return Ok(());
        }
        let way_out = match largest {
            Some(media) => format!(
                "the largest media is {} ({}, {} bytes, {} as base64): send it as a URL, or make it smaller",
                media.name(),
                media.mime(),
                media.len(),
                media.encoded_len(),
            ),
            None => "it has no media: shorten its text".to_owned(),
        };
        let message = format!("{what} has {len} bytes, over the limit of {limit}; {way_out}");
        Err(Error::new(ErrorKind::TooLarge, message))
    }
}
