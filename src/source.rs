//! Where a part of a request gets its media from: a [`Media`], a URL, or a text that is base64 already.

use crate::{
    error::{Error, ErrorKind, Result},
    json::DataUri,
    media::{Media, mime_of_extension},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A URL that the server fetches, or a media that the body carries. Both convert into it.
///
/// As a field of a serde type it is the text of the URL, byte for byte, or the data URI of the media, which
/// a body streams. Read back, it is a URL in either case.
#[derive(Clone, Debug)]
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
            Source::Url(url) => match url.strip_prefix("data:") {
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

    /// Whether what it shows is told without this MIME type.
    pub(crate) fn tells(&self, mime: &str) -> bool {
        let shows = Shows::of(mime);
        self.mime() == Some(mime) || (shows != Shows::File && self.shows() == shows)
    }

    fn is_youtube(&self) -> bool {
        let Source::Url(url) = self else { return false };
        let host = url.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', '#', ':']).next();
        let host = host.unwrap_or_default().to_ascii_lowercase();
        ["youtube.com", "youtu.be"].iter().any(|youtube| {
            host.strip_suffix(youtube).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }

    /// Refuses what no URL is: nothing at all, or white space and control characters at its ends or in it.
    pub(crate) fn check(&self, at: &str) -> Result<()> {
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

/// What follows the MIME type of a data URI, which may have a space before a parameter, as that of a media
/// may; any other URL whole.
fn after_mime(url: &str) -> &str {
    url.strip_prefix("data:").and_then(|data| data.split_once(',')).map_or(url, |(_, data)| data)
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
/// Read back, it is a text in either case.
#[derive(Clone, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Base64 {
    /// The text of a media.
    Media(Media),
    /// A text that is base64 already; passed on as it is.
    Text(String),
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
            assert!(Source::from(bad).check("x").is_err(), "{bad:?}");
        }
        for good in ["https://a/é?b=%20;c", "data:audio/ogg; codecs=opus;base64,AAAA"] {
            assert!(Source::from(good).check("x").is_ok(), "{good}");
        }
    }
}
