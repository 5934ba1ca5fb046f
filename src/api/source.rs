//! Where a part of a request gets its media from: a [`Media`], a URL, or a text that is base64 already.

use crate::{
    error::{Error, ErrorKind, Result},
    json::DataUri,
    media::{Media, mime_of_extension},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Arguments};

/// A URL that the server fetches, or a media that the body carries. Both convert into it.
///
/// As a field of a serde type it is the text of the URL, byte for byte, or the data URI of the media, which
/// a body streams. Read back, it is a URL in either case.
#[derive(Clone)]
#[non_exhaustive]
pub enum Source {
    /// A URL, passed on as it is.
    Url(String),
    /// A media, inlaid.
    Media(Media),
}

/// What a part shows, by its MIME type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shows {
    Video,
    Audio,
    Image,
    /// Any other type, or none that is known.
    File,
}

impl Shows {
    fn of(mime: &str) -> Shows {
        match mime.split('/').next() {
            Some("video") => Shows::Video,
            Some("audio") => Shows::Audio,
            Some("image") => Shows::Image,
            _ => Shows::File,
        }
    }
}

impl Source {
    /// The MIME type: that of the media, or of the URL's extension where it has one that is documented
    /// (see [`Media::open`]).
    ///
    /// ```
    /// use niello::Source;
    /// assert_eq!(Source::from("https://example.com/a/talk.MP3?t=1").mime(), Some("audio/mp3"));
    /// assert_eq!(Source::from("https://www.youtube.com/watch?v=9hE5-98ZeCg").mime(), None);
    /// ```
    pub fn mime(&self) -> Option<&str> {
        match self {
            Source::Media(media) => Some(media.mime()),
            Source::Url(url) => match data_uri(url) {
                Some(data) => data.split([',', ';']).next().filter(|mime| !mime.is_empty()),
                None => {
                    let path = url.split(['?', '#']).next().unwrap_or_default();
                    let name = path.split_once("://")?.1.rsplit_once('/')?.1;
                    mime_of_extension(name.rsplit_once('.')?.1)
                }
            },
        }
    }

    pub(crate) fn shows(&self) -> Shows {
        match self.mime() {
            Some(mime) => Shows::of(mime),
            // A YouTube link has no extension, and is the one URL without that both APIs document.
            None if self.is_youtube() => Shows::Video,
            None => Shows::File,
        }
    }

    /// Whether what it shows is told without this MIME type: by the very type that its extension has, or
    /// for one without, as a video of YouTube.
    pub(crate) fn tells(&self, mime: &str) -> bool {
        match self.mime() {
            Some(told) => told == mime,
            None => Shows::of(mime) != Shows::File && self.shows() == Shows::of(mime),
        }
    }

    fn is_youtube(&self) -> bool {
        let Source::Url(url) = self else { return false };
        let host = url.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', '#', ':']).next();
        let host = host.unwrap_or_default().to_ascii_lowercase();
        ["youtube.com", "youtu.be"].iter().any(|youtube| {
            host.strip_suffix(youtube).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }

    /// Refuses what can only be a path or a text, since a URL begins with its scheme.
    pub(crate) fn check_scheme(&self, at: Arguments<'_>) -> Result<()> {
        match self {
            Source::Url(url) if !has_scheme(url) => {
                let message = format!(
                    "`{at}` is no URL: it has no scheme, such as `https:`; a file is opened with `Media::open`"
                );
                Err(Error::new(ErrorKind::Invalid, message))
            }
            _ => Ok(()),
        }
    }

    /// Refuses what no URL is: nothing at all, or white space and control characters at its ends or in it.
    pub(crate) fn check(&self, at: Arguments<'_>) -> Result<()> {
        match self {
            Source::Url(url)
                if url.is_empty()
                    || url.contains(|c: char| c.is_ascii_control())
                    || after_mime(url).contains(' ') =>
            {
                let message =
                    format!("`{at}` is no URL: it is empty, or has a space or control character in it");
                Err(Error::new(ErrorKind::Invalid, message))
            }
            _ => Ok(()),
        }
    }
}

/// What follows the scheme of a data URI, which like all schemes may be in capitals; `None` for any other.
pub(crate) fn data_uri(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_at_checked("data:".len())?;
    scheme.eq_ignore_ascii_case("data:").then_some(rest)
}

/// What follows the MIME type of a data URI, which may have a space before a parameter, as that of a media
/// may; any other URL whole.
fn after_mime(url: &str) -> &str {
    data_uri(url).and_then(|data| data.split_once(',')).map_or(url, |(_, data)| data)
}

fn has_scheme(url: &str) -> bool {
    let Some((scheme, _)) = url.split_once(':') else { return false };
    // One letter alone is a drive of Windows.
    scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Shows a data URI up to its data, and the length of that.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Media(media) => f.debug_tuple("Media").field(media).finish(),
            Source::Url(url) => match data_uri(url).map(|rest| rest.split_once(',').unwrap_or(("", rest))) {
                Some((header, data)) => {
                    write!(f, "Url({:?} and {} more bytes)", format!("data:{header},"), data.len())
                }
                None => f.debug_tuple("Url").field(url).finish(),
            },
        }
    }
}

impl Default for Source {
    fn default() -> Source {
        Source::Url(String::new())
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Source::Url(url) => serializer.serialize_str(url),
            Source::Media(media) => DataUri(media.clone()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Source, D::Error> {
        String::deserialize(deserializer).map(Source::Url)
    }
}

impl From<&str> for Source {
    fn from(url: &str) -> Source {
        Source::Url(url.to_owned())
    }
}

impl From<&String> for Source {
    fn from(url: &String) -> Source {
        Source::Url(url.clone())
    }
}

impl From<String> for Source {
    fn from(url: String) -> Source {
        Source::Url(url)
    }
}

impl From<Media> for Source {
    fn from(media: Media) -> Source {
        Source::Media(media)
    }
}

impl From<&Media> for Source {
    fn from(media: &Media) -> Source {
        Source::Media(media.clone())
    }
}

/// A base64 text without a prefix: of a media, which a body streams, or in memory.
///
/// A text is of the standard alphabet with padding, or of the URL-safe one with or without; that is checked
/// when a body is made. Read back, it is a text in either case.
#[derive(Clone, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Base64 {
    /// The text of a media.
    Media(Media),
    /// A text that is base64 already; passed on as it is.
    Text(String),
}

impl Base64 {
    /// Refuses a text that is no base64, at which place not even a lenient reader would find media.
    pub(crate) fn check(&self, at: Arguments<'_>) -> Result<()> {
        let what = match self {
            Base64::Text(text) if data_uri(text.trim_start()).is_some() => "a data URI, not its base64 alone",
            Base64::Text(text) if !is_base64(text) => {
                "no base64, of the standard alphabet with padding or of the URL-safe one"
            }
            _ => return Ok(()),
        };
        let message = format!("`{at}` is {what}; give a `Media`, or the base64 text without anything else");
        Err(Error::new(ErrorKind::Invalid, message))
    }
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let are_digits =
        |others: &[u8]| digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte));
    match (digits.len() + padding) % 4 {
        0 => padding <= 2 && (are_digits(b"+/") || are_digits(b"-_")),
        1 => false,
        _ => padding == 0 && are_digits(b"-_"),
    }
}

impl Default for Base64 {
    fn default() -> Base64 {
        Base64::Text(String::new())
    }
}

/// Shows the length of a text, not the text.
impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Base64::Media(media) => media.fmt(f),
            Base64::Text(text) => f.debug_tuple("Text").field(&text.len()).finish(),
        }
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Base64, D::Error> {
        String::deserialize(deserializer).map(Base64::Text)
    }
}

impl From<Media> for Base64 {
    fn from(media: Media) -> Base64 {
        Base64::Media(media)
    }
}

impl From<&Media> for Base64 {
    fn from(media: &Media) -> Base64 {
        Base64::Media(media.clone())
    }
}

impl From<&String> for Base64 {
    fn from(text: &String) -> Base64 {
        Base64::Text(text.clone())
    }
}

impl From<String> for Base64 {
    fn from(text: String) -> Base64 {
        Base64::Text(text)
    }
}

impl From<&str> for Base64 {
    fn from(text: &str) -> Base64 {
        Base64::Text(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_shows() {
        for (url, shows) in [
            ("https://example.com/a.mp4", Shows::Video),
            ("https://example.com/a.mp4?x=b.mp3#c.wav", Shows::Video),
            ("gs://bucket/talk.FLAC", Shows::Audio),
            ("https://example.com/i.png", Shows::Image),
            ("https://m.youtube.com/watch?v=x", Shows::Video),
            ("https://youtu.be/x", Shows::Video),
            ("https://notyoutube.com/x", Shows::File),
            ("https://example.mp4", Shows::File),
            ("https://example.com/", Shows::File),
            ("data:audio/wav;base64,AAAA", Shows::Audio),
            ("DATA:audio/wav;base64,AAAA", Shows::Audio),
            ("no url", Shows::File),
            ("", Shows::File),
        ] {
            assert_eq!(Source::from(url).shows(), shows, "{url}");
        }
    }

    #[test]
    fn no_url_with_a_space_or_control_character() {
        let bad = [
            "",
            " https://a/b",
            "https://a/b\r\n",
            "https://a/ b",
            "https://a/\0",
            "data:a/b;\n,",
            "data:,a b",
        ];
        for bad in bad {
            assert!(Source::from(bad).check(format_args!("x")).is_err(), "{bad:?}");
        }
        for good in ["https://a/é?b=%20;c", "data:audio/ogg; codecs=opus;base64,AAAA"] {
            assert!(Source::from(good).check(format_args!("x")).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_url_has_a_scheme() {
        for url in ["https://a/b", "gs://b/c.mp4", "data:,x", "S3+x.y-z:a", "file:///clip.mp4"] {
            assert!(Source::from(url).check_scheme(format_args!("x")).is_ok(), "{url}");
        }
        for path in ["clip.mp4", "./a:b", "/a/b.mp4", "C:\\clip.mp4", "", ":", "é:", "1a:b", "AAAA"] {
            let error = Source::from(path).check_scheme(format_args!("x")).unwrap_err();
            assert!(error.to_string().contains("Media::open"), "{path}: {error}");
        }
    }

    #[test]
    fn media_are_not_shown() {
        for (url, shown) in [
            ("data:video/mp4;base64,AAAA", "Url(\"data:video/mp4;base64,\" and 4 more bytes)"),
            ("Data:AAAAA", "Url(\"data:,\" and 5 more bytes)"),
            ("https://a/b?c=,d", "Url(\"https://a/b?c=,d\")"),
        ] {
            assert_eq!(format!("{:?}", Source::from(url)), shown);
        }
    }

    #[test]
    fn what_is_base64() {
        for good in ["", "AA==", "AAA=", "AAAA", "+/+/", "-_-_", "-_8=", "AA", "-_8", "0123abcZ"] {
            assert!(Base64::from(good).check(format_args!("x")).is_ok(), "{good:?}");
        }
        let bad = [
            "A",
            "AAAAA",
            "A===",
            "=",
            "====",
            "AA=",
            "AAAA==",
            "+/8",
            "+/-_",
            "AA==AAAA",
            " AAAA",
            "AAAA\n",
            "AA%3D",
            "éé",
            "clip.mp4",
            "data:video/mp4;base64,AAAA",
        ];
        for bad in bad {
            let error = Base64::from(bad).check(format_args!("x.data")).unwrap_err();
            assert!(error.to_string().contains("`x.data`"), "{bad:?}: {error}");
        }
    }
}
