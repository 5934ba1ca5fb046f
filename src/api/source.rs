//! Where a request gets its media: a [`Media`], a URL, or a string that is already base64.

use crate::{
    api::{conversions::conversions, read::lenient},
    error::{Error, ErrorKind, Escaped, Result},
    json::{DataUri, decode, extracted},
    media::{Media, NameKind, data_uri, mime_of_extension, redact},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Arguments, Write as _};

/// A URL that the server fetches, or a [`Media`] that is embedded in the body. Both convert into it.
///
/// A `Source` serializes as a string: the URL byte for byte, or the data URI of the media, which a body encodes
/// as it streams. Any string deserializes as [`Url`](Source::Url), except the data URI of extracted media (see
/// [`Extracted`](crate::Extracted)).
///
/// Every string is accepted until a request makes its body, whether a constructor or serde created the source. Then
/// a string that only names a local file ([`Path`](NameKind::Path) or [`FileUrl`](NameKind::FileUrl)) and a
/// [`Mistyped`](NameKind::Mistyped) URL are errors, and so are empty media, and media whose detected type is of
/// another kind than the part. A type that was set is not questioned.
///
/// `Display` and `Debug` hide what may be secret or long: the query and fragment of a URL, its user and password,
/// and the data of a data URI.
#[derive(Clone)]
#[non_exhaustive]
pub enum Source {
    /// A URL, sent verbatim.
    Url(String),
    /// Media, embedded as a data URI.
    Media(Media),
}

/// An empty URL, which no server accepts.
impl Default for Source {
    fn default() -> Source {
        Source::Url(String::new())
    }
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
        let kind = mime.split('/').next().unwrap_or_default();
        [("video", MediaKind::Video), ("audio", MediaKind::Audio), ("image", MediaKind::Image)]
            .into_iter()
            .find(|(name, _)| kind.eq_ignore_ascii_case(name))
            .map_or(MediaKind::File, |(_, kind)| kind)
    }

    /// Returns the name of the constructor of parts of this kind.
    fn constructor(self) -> &'static str {
        match self {
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Image => "image",
            MediaKind::File => "file",
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

    /// Returns the media, or `None` for a URL.
    pub fn as_media(&self) -> Option<&Media> {
        match self {
            Source::Media(media) => Some(media),
            Source::Url(_) => None,
        }
    }

    /// Returns the media, or decodes the data URI, in memory.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid): the source is a URL, which niello does not fetch, or the data URI is not base64.
    pub fn decode(&self) -> Result<Media> {
        match self {
            Source::Media(media) => Ok(media.clone()),
            Source::Url(url) if data_uri(url).is_some() => decode(url, None),
            Source::Url(_) => {
                Err(invalid(format!("{self} is not a data URI; fetch it, and use Media::from_reader")))
            }
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

    /// Checks what the source is and, if it is media, that it is not empty and not known to be of another kind.
    ///
    /// `at` is the JSON path, for the error.
    pub(crate) fn check(&self, place: Place, at: Arguments<'_>) -> Result<()> {
        let media = match self {
            Source::Url(url) => return check_url(url, place, at),
            Source::Media(media) => media,
        };
        check_not_empty(media, at)?;
        let kind = MediaKind::of(media.mime());
        match place {
            Place::MediaUrl(expected) if kind != expected && media.is_type_detected() => Err(Error::new(
                ErrorKind::MimeType,
                format!(
                    "{at}: {} has the media type {}; use Part::{}, or set the type explicitly",
                    media.name(),
                    media.mime(),
                    kind.constructor()
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// A place for a URL in a request.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// The URL of a part for one kind of media. Data URIs are embedded media.
    MediaUrl(MediaKind),
    /// `file_data`. Data URIs and bare base64 are embedded media.
    FileData,
    /// `fileUri`, which the server fetches.
    FileUri,
}

/// Checks that a server may know what to do with a string in this place.
pub(crate) fn check_url(url: &str, place: Place, at: Arguments<'_>) -> Result<()> {
    let embed = if place == Place::FileUri { "use Part::inline" } else { "use a Media or a data URI" };
    if url.is_empty() {
        return Err(invalid(format!("{at} is empty; set a URL, or {embed}")));
    }
    // Servers trim URLs.
    let kind = NameKind::of(url.trim());
    let reason = match &kind {
        NameKind::DataUri if place == Place::FileUri => {
            return Err(invalid(format!("{at} is a data URI, which servers do not fetch; {embed}")));
        }
        // What has a slash and is too short to be recognized as base64 is rather a path.
        NameKind::Base64 | NameKind::Path
            if place == Place::FileData
                && is_base64(url)
                && (kind == NameKind::Base64 || !url.contains('/')) =>
        {
            return Ok(());
        }
        NameKind::Base64 => return Err(invalid(format!("{at} is base64, not a URL; {embed}"))),
        NameKind::Url | NameKind::DataUri | NameKind::Uploaded => {
            if !has_invalid_character(url, place) {
                return Ok(());
            }
            "contains a space or a control character; remove it or percent-encode it".to_owned()
        }
        NameKind::Mistyped { meant } => {
            format!("is not a URL; did you mean {meant}? Open local files with Media::open")
        }
        NameKind::FileUrl => {
            "is a local file, which servers cannot fetch; open it with Media::open".to_owned()
        }
        NameKind::Path => "is not a URL; open local files with Media::open".to_owned(),
    };
    Err(invalid(format!("{at}: {:?} {reason}", redact(url))))
}

/// Files of Google may have spaces in their names, and MIME types may have one before a parameter.
fn has_invalid_character(url: &str, place: Place) -> bool {
    let data = data_uri(url).and_then(|data| data.split_once(',')).map_or(url, |(_, data)| data);
    url.contains(|c: char| c.is_ascii_control()) || place != Place::FileUri && data.contains(' ')
}

fn check_not_empty(media: &Media, at: Arguments<'_>) -> Result<()> {
    match media.is_empty() {
        true => {
            Err(invalid(format!("{at}: {} is empty; check that it was written completely", media.name())))
        }
        false => Ok(()),
    }
}

/// Prints the URL or the name of the media, without what may be secret, and with control characters escaped.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Media(media) => Escaped(f).write_str(media.name()),
            Source::Url(url) => Escaped(f).write_str(&redact(url)),
        }
    }
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
        let url = String::deserialize(deserializer)?;
        Ok(match extracted(&url) {
            Some((media, true)) => Source::Media(media),
            _ => Source::Url(url),
        })
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
/// checked when the body is made. Any string deserializes as [`Encoded`](Base64::Encoded), except that of extracted
/// media (see [`Extracted`](crate::Extracted)).
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
    /// Returns the media, or `None` for a string, which [`decode`](Base64::decode) decodes.
    pub fn as_media(&self) -> Option<&Media> {
        match self {
            Base64::Media(media) => Some(media),
            Base64::Encoded(_) => None,
        }
    }

    /// Returns the media, or decodes the string, in memory. The MIME type of a string is detected from its content; if it
    /// cannot be, it is `application/octet-stream`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid): the string is not base64.
    ///
    /// # Examples
    /// ```
    /// use niello::Base64;
    /// let media = Base64::from("iVBORw0KGgoAAAANSUhEUg==").decode()?;
    /// assert_eq!((media.len(), media.mime()), (16, "image/png"));
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn decode(&self) -> Result<Media> {
        self.decode_as(None)
    }

    /// Returns the media, or decodes the string to media of this MIME type.
    pub(crate) fn decode_as(&self, mime: Option<&str>) -> Result<Media> {
        match self {
            Base64::Media(media) => Ok(media.clone()),
            Base64::Encoded(data) => decode(data, mime),
        }
    }

    /// Checks that media is not empty, and that a string is base64. A file name or a data URI here would reach the
    /// model as garbage.
    ///
    /// `at` is the JSON path, for the error.
    pub(crate) fn check(&self, at: Arguments<'_>) -> Result<()> {
        match self {
            Base64::Media(media) => check_not_empty(media, at),
            Base64::Encoded(data) if data.is_empty() => {
                Err(invalid(format!("{at} is empty; set a Media, or base64")))
            }
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

lenient!(Base64);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Base64, D::Error> {
        let data = String::deserialize(deserializer)?;
        Ok(match extracted(&data) {
            Some((media, _)) => Base64::Media(media),
            None => Base64::Encoded(data),
        })
    }
}

conversions! { Base64:
    Media: media => Base64::Media(media),
    &Media: media => Base64::Media(media.clone()),
    &String: data => Base64::Encoded(data.clone()),
    String: data => Base64::Encoded(data),
    &str: data => Base64::Encoded(data.to_owned()),
}
