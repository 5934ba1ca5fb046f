//! Where a request gets its media: a [`Media`], a URL, or a string that is already base64.

use crate::{
    api::conversions::conversions,
    error::{Error, ErrorKind, Result},
    json::DataUri,
    media::{Media, mime_of_extension},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Arguments};

/// A URL that the server fetches, or a [`Media`] that is embedded in the body. Both convert into it.
///
/// A `Source` serializes as a string: the URL byte for byte, or the data URI of the media, which a body encodes
/// as it streams. Any string deserializes as [`Url`](Source::Url).
///
/// `Debug` hides what may be secret or long: the query and fragment of a URL, its user and password, and the data
/// of a data URI.
#[derive(Clone)]
#[non_exhaustive]
pub enum Source {
    /// A URL, sent verbatim.
    Url(String),
    /// Media, embedded as a data URI.
    Media(Media),
}

/// The kind of content that a MIME type names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MediaKind {
    Video,
    Audio,
    Image,
    /// Any other type, or an unknown one.
    File,
}

impl MediaKind {
    fn of(mime: &str) -> MediaKind {
        match mime.split('/').next() {
            Some("video") => MediaKind::Video,
            Some("audio") => MediaKind::Audio,
            Some("image") => MediaKind::Image,
            _ => MediaKind::File,
        }
    }
}

impl Source {
    /// Returns the MIME type of the media, of the data URI, or of the URL's file extension.
    ///
    /// Returns `None` for a URL without an extension that the APIs document (see [`Media::open`]).
    ///
    /// # Examples
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

    /// Returns the kind of content, `File` if it is unknown.
    pub(crate) fn kind(&self) -> MediaKind {
        match self.mime() {
            Some(mime) => MediaKind::of(mime),
            // YouTube links are the only URLs without an extension that both APIs document.
            None if self.is_youtube() => MediaKind::Video,
            None => MediaKind::File,
        }
    }

    /// Returns `true` if a format without a field for the MIME type can omit it, because the source implies it: by its
    /// extension, or because it is a YouTube link, which implies any video type.
    pub(crate) fn implies_mime(&self, mime: &str) -> bool {
        match self.mime() {
            Some(implied) => implied == mime,
            None => MediaKind::of(mime) != MediaKind::File && self.kind() == MediaKind::of(mime),
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

    /// Checks that this is media or an absolute URL. A string without a scheme is a path or base64.
    ///
    /// `at` is the JSON path, for the error.
    pub(crate) fn check_url(&self, at: Arguments<'_>) -> Result<()> {
        match self {
            Source::Url(url) if !url.is_empty() && !has_scheme(url.trim_start()) => {
                let url = redact(url);
                Err(invalid(format!("{at}: {url:?} is not a URL; open local files with Media::open")))
            }
            _ => self.check_characters(at),
        }
    }

    /// Checks that this is media, or a string without characters that no URL contains. Some servers accept bare base64
    /// where the API documents a URL, so a scheme is not required.
    ///
    /// `at` is the JSON path, for the error.
    pub(crate) fn check_characters(&self, at: Arguments<'_>) -> Result<()> {
        let Source::Url(url) = self else { return Ok(()) };
        if url.is_empty() {
            return Err(invalid(format!("{at} is empty; set a URL or a Media")));
        }
        if url.contains(|c: char| c.is_ascii_control()) || after_mime(url).contains(' ') {
            let url = redact(url);
            return Err(invalid(format!(
                "{at}: {url:?} contains a space or a control character; remove it or percent-encode it"
            )));
        }
        Ok(())
    }
}

/// Returns what follows the scheme of a data URI, or `None` for any other URL. Schemes are case-insensitive.
pub(crate) fn data_uri(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_at_checked("data:".len())?;
    scheme.eq_ignore_ascii_case("data:").then_some(rest)
}

/// Returns the data of a data URI, and any other URL unchanged. MIME types may have a space before a parameter.
fn after_mime(url: &str) -> &str {
    data_uri(url).and_then(|data| data.split_once(',')).map_or(url, |(_, data)| data)
}

fn has_scheme(url: &str) -> bool {
    let Some((scheme, _)) = url.split_once(':') else { return false };
    // A single letter is a Windows drive.
    scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Returns a URL for errors and `Debug`: without credentials, query, fragment and data, and cut to 200 characters.
///
/// The query of a signed URL contains its signature.
pub(crate) fn redact(url: &str) -> String {
    const SHOWN: usize = 200;
    if let Some(rest) = data_uri(url) {
        let (header, data) = rest.split_once(',').unwrap_or(("", rest));
        let header: String = header.chars().take(SHOWN).collect();
        return format!("data:{header},... ({} more bytes)", data.len());
    }
    let end = url.find(['?', '#']).map_or(url.len(), |mark| mark + 1);
    let (visible, hidden) = url.split_at(end);
    let visible = match credentials(visible) {
        Some((before, after)) => format!("{before}...{after}"),
        None => visible.to_owned(),
    };
    match visible.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &visible[..end]),
        None if hidden.is_empty() => visible,
        None => visible + "...",
    }
}

/// Returns what comes before and after the `user:password` of a URL, if it has one.
fn credentials(url: &str) -> Option<(&str, &str)> {
    let start = url.find("://")? + "://".len();
    let authority = url[start..].split('/').next().unwrap_or_default();
    Some((&url[..start], &url[start + authority.rfind('@')?..]))
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Media(media) => f.debug_tuple("Media").field(media).finish(),
            Source::Url(url) => f.debug_tuple("Url").field(&redact(url)).finish(),
        }
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

conversions! { Source:
    &str: url => Source::Url(url.to_owned()),
    &String: url => Source::Url(url.clone()),
    String: url => Source::Url(url),
    Media: media => Source::Media(media),
    &Media: media => Source::Media(media.clone()),
}

/// Base64 without a `data:` prefix: of a [`Media`], encoded as the body streams, or of a string that is already
/// base64. Both convert into it.
///
/// A string must use the standard alphabet with padding, or the URL-safe alphabet with or without padding. That is
/// checked when the body is made. Any string deserializes as [`Encoded`](Base64::Encoded).
///
/// `Debug` shows the length of a string, not the string.
#[derive(Clone, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Base64 {
    /// Media, encoded as the body streams.
    Media(Media),
    /// A string that is already base64, sent verbatim.
    Encoded(String),
}

impl Base64 {
    /// Checks that a string is base64. A file name or a data URI here would reach the model as garbage.
    ///
    /// `at` is the JSON path, for the error.
    pub(crate) fn check(&self, at: Arguments<'_>) -> Result<()> {
        match self {
            Base64::Encoded(data) if data_uri(data.trim_start()).is_some() => {
                Err(invalid(format!("{at} is a data URI; set only the base64 after its comma, or a Media")))
            }
            Base64::Encoded(data) if !is_base64(data) => Err(invalid(format!(
                "{at} is not base64 (standard with padding, or URL-safe); open local files with Media::open"
            ))),
            _ => Ok(()),
        }
    }
}

fn is_base64(data: &str) -> bool {
    let digits = data.trim_end_matches('=');
    let padding = data.len() - digits.len();
    let are_digits =
        |others: &[u8]| digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte));
    match (digits.len() + padding) % 4 {
        0 => padding <= 2 && (are_digits(b"+/") || are_digits(b"-_")),
        1 => false,
        _ => padding == 0 && are_digits(b"-_"),
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

/// The default is empty data.
impl Default for Base64 {
    fn default() -> Base64 {
        Base64::Encoded(String::new())
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Base64::Media(media) => f.debug_tuple("Media").field(media).finish(),
            Base64::Encoded(data) => write!(f, "Encoded({} bytes)", data.len()),
        }
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Base64, D::Error> {
        String::deserialize(deserializer).map(Base64::Encoded)
    }
}

conversions! { Base64:
    Media: media => Base64::Media(media),
    &Media: media => Base64::Media(media.clone()),
    &String: data => Base64::Encoded(data.clone()),
    String: data => Base64::Encoded(data),
    &str: data => Base64::Encoded(data.to_owned()),
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Arguments<'_> = format_args!("messages[0].url");

    #[test]
    fn kind_comes_from_the_mime_type_or_the_extension() {
        for (url, kind) in [
            ("https://example.com/a.mp4", MediaKind::Video),
            ("https://example.com/a.mp4?x=b.mp3#c.wav", MediaKind::Video),
            ("gs://bucket/talk.FLAC", MediaKind::Audio),
            ("https://example.com/i.png", MediaKind::Image),
            ("https://m.youtube.com/watch?v=x", MediaKind::Video),
            ("https://youtu.be/x", MediaKind::Video),
            ("https://notyoutube.com/x", MediaKind::File),
            ("https://example.mp4", MediaKind::File),
            ("https://example.com/", MediaKind::File),
            ("data:audio/wav;base64,AAAA", MediaKind::Audio),
            ("DATA:audio/wav;base64,AAAA", MediaKind::Audio),
            ("not a URL", MediaKind::File),
            ("", MediaKind::File),
        ] {
            assert_eq!(Source::from(url).kind(), kind, "{url}");
        }
    }

    #[test]
    fn url_with_a_space_or_a_control_character_is_an_error() {
        for bad in [
            "",
            " https://a/b",
            "https://a/b\r\n",
            "https://a/ b",
            "https://a/\0",
            "data:a/b;\n,",
            "data:,a b",
        ] {
            for checked in [Source::from(bad).check_characters(AT), Source::from(bad).check_url(AT)] {
                let error = checked.unwrap_err().to_string();
                assert!(error.starts_with("messages[0].url"), "{bad:?}: {error}");
                assert!(
                    !error.contains("Media::open"),
                    "the error for {bad:?} must not suggest Media::open: {error}"
                );
            }
        }
        for good in ["https://a/é?b=%20;c", "data:audio/ogg; codecs=opus;base64,AAAA"] {
            assert!(Source::from(good).check_url(AT).is_ok(), "{good}");
        }
    }

    #[test]
    fn url_without_a_scheme_is_an_error_that_names_media_open() {
        for url in ["https://a/b", "gs://b/c.mp4", "data:,x", "S3+x.y-z:a", "file:///clip.mp4"] {
            assert!(Source::from(url).check_url(AT).is_ok(), "{url}");
        }
        for path in
            ["clip.mp4", "my clip.mp4", "./a:b", "/a/b.mp4", "C:\\clip.mp4", ":", "é:", "1a:b", "AAAA"]
        {
            let error = Source::from(path).check_url(AT).unwrap_err().to_string();
            let expected =
                format!("messages[0].url: {path:?} is not a URL; open local files with Media::open");
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn errors_and_debug_hide_media_and_secrets_of_urls() {
        let long = format!("https://h/{}", "é".repeat(300));
        for (url, shown) in [
            ("https://h/v.mp4", "https://h/v.mp4"),
            ("https://h/v.mp4?X-Amz-Signature=SECRET", "https://h/v.mp4?..."),
            ("https://h/v.mp4?X-Amz-Signature=SECRET#SECRET", "https://h/v.mp4?..."),
            ("https://h/v.mp4#SECRET?x=1", "https://h/v.mp4#..."),
            ("https://h/v.mp4?", "https://h/v.mp4?"),
            ("clip.mp4?t=SECRET", "clip.mp4?..."),
            ("https://user:SECRET@h/v@2.mp4?t=SECRET", "https://...@h/v@2.mp4?..."),
            ("https://SECRET@h", "https://...@h"),
            ("https://h/v@2.mp4", "https://h/v@2.mp4"),
            ("data:video/mp4;base64,SECRET", "data:video/mp4;base64,... (6 more bytes)"),
            ("Data:SECRET", "data:,... (6 more bytes)"),
            (&long, &format!("https://h/{}...", "é".repeat(190))),
        ] {
            assert_eq!(redact(url), shown);
            assert_eq!(format!("{:?}", Source::from(url)), format!("Url({shown:?})"));
            let url = format!("{url}\0");
            for checked in [Source::from(&url).check_url(AT), Source::from(&url).check_characters(AT)] {
                let error = checked.unwrap_err().to_string();
                assert!(!error.contains("SECRET") && error.len() < 600, "{error}");
            }
        }
        assert_eq!(format!("{:?}", Base64::from("SECRET")), "Encoded(6 bytes)");
    }

    #[test]
    fn base64_is_standard_with_padding_or_url_safe() {
        for good in ["", "AA==", "AAA=", "AAAA", "+/+/", "-_-_", "-_8=", "AA", "-_8", "0123abcZ"] {
            assert!(Base64::from(good).check(AT).is_ok(), "{good:?}");
        }
        for bad in [
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
        ] {
            let error = Base64::from(bad).check(AT).unwrap_err().to_string();
            assert!(error.starts_with("messages[0].url is "), "{bad:?}: {error}");
        }
    }
}
