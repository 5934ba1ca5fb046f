//! MIME types: detection, and the names that the gateways accept.

use super::detect::{self, Found};
use std::{
    borrow::Cow,
    io::{self, Read, Seek},
    iter,
};

/// The MIME types that the Gemini API and Vertex AI document, as of November 2026, with the file name
/// extensions that imply them if the content is inconclusive. Servers silently drop media of other types.
///
/// <https://ai.google.dev/gemini-api/docs/video-understanding>,
/// <https://ai.google.dev/gemini-api/docs/audio>,
/// <https://ai.google.dev/gemini-api/docs/image-understanding>,
/// <https://ai.google.dev/gemini-api/docs/document-processing>
const DOCUMENTED: &[(&str, &[&str])] = &[
    ("video/mp4", &["mp4", "m4v"]),
    ("video/mpeg", &["mpeg", "mpe", "m1v", "m2v"]),
    ("video/mpg", &["mpg"]),
    ("video/mov", &["mov", "qt"]),
    ("video/avi", &["avi"]),
    ("video/x-flv", &["flv"]),
    ("video/webm", &["webm"]),
    ("video/wmv", &["wmv"]),
    ("video/3gpp", &["3gp", "3gpp"]),
    ("audio/wav", &["wav", "wave"]),
    ("audio/mp3", &["mp3", "mpga"]),
    ("audio/aiff", &["aiff", "aif", "aifc"]),
    ("audio/aac", &["aac"]),
    ("audio/ogg", &["ogg", "oga", "opus"]),
    ("audio/flac", &["flac"]),
    ("audio/m4a", &["m4a", "m4b"]),
    ("audio/webm", &["weba"]),
    ("image/png", &["png"]),
    ("image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
    ("image/webp", &["webp"]),
    ("image/heic", &["heic"]),
    ("image/heif", &["heif"]),
    ("application/pdf", &["pdf"]),
];

/// Other names of documented types, as programs and detection report them, and the documented names.
const SYNONYMS: &[(&str, &str)] = &[
    ("video/quicktime", "video/mov"),
    ("video/x-quicktime", "video/mov"),
    ("video/x-msvideo", "video/avi"),
    ("video/msvideo", "video/avi"),
    ("video/vnd.avi", "video/avi"),
    ("video/x-ms-wmv", "video/wmv"),
    ("video/x-wmv", "video/wmv"),
    ("video/x-m4v", "video/mp4"),
    ("video/m4v", "video/mp4"),
    ("video/x-mp4", "video/mp4"),
    ("video/x-mpeg", "video/mpeg"),
    ("video/mpegs", "video/mpeg"),
    ("video/x-mpg", "video/mpg"),
    ("video/flv", "video/x-flv"),
    ("video/3gp", "video/3gpp"),
    ("video/x-3gpp", "video/3gpp"),
    ("audio/vnd.wave", "audio/wav"),
    ("audio/wave", "audio/wav"),
    ("audio/x-wav", "audio/wav"),
    ("audio/x-pn-wav", "audio/wav"),
    ("audio/mpeg", "audio/mp3"),
    ("audio/mpga", "audio/mp3"),
    ("audio/mpeg3", "audio/mp3"),
    ("audio/x-mp3", "audio/mp3"),
    ("audio/x-mpeg", "audio/mp3"),
    ("audio/x-mpeg-3", "audio/mp3"),
    ("audio/aif", "audio/aiff"),
    ("audio/x-aiff", "audio/aiff"),
    ("audio/x-aac", "audio/aac"),
    ("audio/aacp", "audio/aac"),
    ("audio/x-flac", "audio/flac"),
    ("audio/oga", "audio/ogg"),
    ("audio/x-ogg", "audio/ogg"),
    // Opus in Ogg is audio/ogg by RFC 7845.
    ("audio/opus", "audio/ogg"),
    ("audio/x-opus", "audio/ogg"),
    ("audio/x-m4a", "audio/m4a"),
    ("audio/mp4", "audio/m4a"),
    ("audio/x-mp4", "audio/m4a"),
    ("audio/m4b", "audio/m4a"),
    ("audio/x-m4b", "audio/m4a"),
    ("audio/weba", "audio/webm"),
    ("audio/x-webm", "audio/webm"),
    ("image/jpg", "image/jpeg"),
    ("image/x-jpeg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/x-png", "image/png"),
    ("image/x-webp", "image/webp"),
    ("application/x-pdf", "application/pdf"),
];

/// Why a file has no documented type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Undetected {
    /// The content is of another type, by the name that is usual for it.
    Undocumented(String),
    /// A container for video, whose name this is, without video.
    AudioOnly(&'static str),
    /// A container that does not say what is in it.
    NoIndex,
    /// Text, and what sort of text.
    Text(&'static str),
    /// Neither the content nor the extension says what it is.
    Unknown,
}

/// Detects the documented type of the content, or of `extension` where the content says nothing.
pub(crate) fn detect(
    content: impl Read + Seek,
    extension: Option<&str>,
) -> io::Result<Result<&'static str, Undetected>> {
    let by_extension = extension.and_then(of_extension);
    let found = match detect::detect(content)? {
        Found::Type(found) => found,
        Found::AudioOnly(container) => return Ok(Err(Undetected::AudioOnly(container))),
        Found::NoIndex => return Ok(Err(Undetected::NoIndex)),
        Found::Text(kind) => return Ok(Err(Undetected::Text(kind))),
        // Of what may have a tag, most is MP3.
        Found::Tag => {
            return Ok(Ok(by_extension.filter(|mime| mime.starts_with("audio/")).unwrap_or("audio/mp3")));
        }
        Found::Unknown => return Ok(by_extension.ok_or(Undetected::Unknown)),
    };
    let name = documented(&found);
    // Both names are documented, for the same content.
    if let (Some("video/mpeg"), Some("video/mpg")) = (name, by_extension) {
        return Ok(Ok("video/mpg"));
    }
    Ok(name.ok_or_else(|| Undetected::Undocumented(found.into_owned())))
}

/// Returns the documented name of a MIME type, which may have parameters.
pub(crate) fn documented(mime: &str) -> Option<&'static str> {
    let essence = essence(mime);
    let synonym = SYNONYMS.iter().find(|(synonym, _)| synonym.eq_ignore_ascii_case(essence));
    let name = synonym.map_or(essence, |(_, name)| name);
    DOCUMENTED.iter().map(|(documented, _)| *documented).find(|known| known.eq_ignore_ascii_case(name))
}

/// Returns the documented name of a MIME type. One that has none is returned without the parameters that do not
/// change how its content is read: only `rate` and `channels` do, which raw audio needs.
pub(crate) fn canonical(mime: &str) -> Cow<'_, str> {
    if let Some(name) = documented(mime) {
        return Cow::Borrowed(name);
    }
    let parameters = mime.split(';').skip(1).map(str::trim).filter(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        name.eq_ignore_ascii_case("rate") || name.eq_ignore_ascii_case("channels")
    });
    Cow::Owned(iter::once(essence(mime)).chain(parameters).collect::<Vec<_>>().join(";"))
}

/// Returns the documented name of the audio format with this extension or MIME subtype, ignoring case. `audio/` may
/// precede it.
pub(crate) fn of_audio_format(format: &str) -> Option<&'static str> {
    let format = format.trim();
    let extension = format.strip_prefix('.').unwrap_or(format);
    documented(&format!("audio/{extension}"))
        .or_else(|| documented(format))
        .or_else(|| of_extension(extension))
        .filter(|mime| mime.starts_with("audio/"))
}

/// Returns a MIME type without its parameters.
fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

/// Returns the documented type that a file name extension implies, ignoring case.
pub(crate) fn of_extension(extension: &str) -> Option<&'static str> {
    DOCUMENTED
        .iter()
        .find(|(_, extensions)| extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
        .map(|(name, _)| *name)
}

/// Returns whether `mime` is of the form `type/subtype`, optionally followed by `;name=value` parameters.
///
/// Only characters that can end neither a JSON string nor the header of a data URI (RFC 2397) are allowed.
/// That excludes quotes, commas, `#`, `%`, control characters, and everything beyond ASCII.
pub(crate) fn is_valid(mime: &str) -> bool {
    let token = |token: &str| {
        !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"!$&'*+-.^_~".contains(&b))
    };
    let mut sections = mime.split(';');
    let (kind, subtype) = sections.next().and_then(|essence| essence.split_once('/')).unwrap_or_default();
    token(kind)
        && token(subtype)
        && sections.all(|parameter| {
            parameter
                .trim_start_matches(' ')
                .split_once('=')
                .is_some_and(|(name, value)| token(name) && token(value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn content_decides_before_the_extension() {
        let detect = |content: &[u8], extension| detect(Cursor::new(content), extension).unwrap();
        assert_eq!(detect(b"RIFF\x24\0\0\0WAVEfmt ", Some("mp3")), Ok("audio/wav"));
        assert_eq!(detect(b"\x01\x02", Some("MP3")), Ok("audio/mp3"));
        assert_eq!(detect(b"", Some("webm")), Ok("video/webm"));
        assert_eq!(detect(b"ID3\x04\0\0\0\0\0\0", Some("aac")), Ok("audio/aac"));
        assert_eq!(detect(b"ID3\x04\0\0\0\0\0\0", Some("mp4")), Ok("audio/mp3"));
        assert_eq!(detect(b"\x01\x02", None), Err(Undetected::Unknown));
        assert_eq!(detect(b"\x01\x02", Some("xyz")), Err(Undetected::Unknown));
        assert_eq!(detect(b"not found", Some("mp4")), Err(Undetected::Text("text")));
        let gzip = Undetected::Undocumented("application/gzip".to_owned());
        assert_eq!(detect(b"\x1f\x8b\x08\0", Some("mp4")), Err(gzip));
    }

    #[test]
    fn synonyms_lead_to_documented_names() {
        for (synonym, name) in SYNONYMS {
            assert!(DOCUMENTED.iter().any(|(documented, _)| documented == name), "{name}");
            assert!(DOCUMENTED.iter().all(|(documented, _)| documented != synonym), "{synonym}");
        }
    }

    #[test]
    fn every_name_of_a_type_has_the_documented_one() {
        for (synonym, name) in SYNONYMS {
            for mime in [*synonym, name, &synonym.to_uppercase(), &format!("{synonym}; codecs=x;charset=y")] {
                assert_eq!(canonical(mime), *name);
            }
        }
        for (mime, expected) in [
            ("text/plain;charset=utf-8", "text/plain"),
            ("video/x-matroska; codecs=av01", "video/x-matroska"),
            ("audio/L16;codec=pcm; rate=24000;channels=2", "audio/L16;rate=24000;channels=2"),
            ("audio/pcm;rate=16000", "audio/pcm;rate=16000"),
            ("", ""),
        ] {
            assert_eq!(canonical(mime), expected);
            assert_eq!(documented(mime), None);
        }
    }

    #[test]
    fn audio_format_is_an_extension_or_a_subtype() {
        for (mime, extensions) in DOCUMENTED.iter().filter(|(mime, _)| mime.starts_with("audio/")) {
            for format in [*mime, &mime["audio/".len()..]].iter().chain(*extensions) {
                for format in [format.to_string(), format.to_uppercase(), format!(" {format} ")] {
                    assert_eq!(of_audio_format(&format), Some(*mime), "{format:?}");
                }
            }
        }
        for (format, mime) in [
            ("mpeg", "audio/mp3"),
            ("mp4", "audio/m4a"),
            ("x-wav", "audio/wav"),
            ("audio/x-m4a;codecs=mp4a", "audio/m4a"),
            ("WEBM", "audio/webm"),
            (".ogg", "audio/ogg"),
        ] {
            assert_eq!(of_audio_format(format), Some(mime), "{format}");
        }
        for format in ["", "amr", "png", "image/png", "video/mp4", "pcm16"] {
            assert_eq!(of_audio_format(format), None, "{format}");
        }
    }

    #[test]
    fn valid_types_cannot_escape_their_string() {
        for good in ["video/mp4", "audio/pcm;rate=16000", "audio/ogg; codecs=opus", "application/vnd.a+json"]
        {
            assert!(is_valid(good), "{good}");
        }
        let bad = [
            "",
            "/",
            "video",
            "video/",
            "/mp4",
            "video/mp4;",
            "video/mp4;base64",
            "video/mp4;a=",
            "video/mp4,x",
            "video/mp4\",\"x\":\"",
            "video/mp4\\",
            "video/mp4#x",
            "video/%6dp4",
            "video/mp4\n",
            "video/mp4;a=\"b\"",
            "video/mp4 ",
            " video/mp4",
            "vid eo/mp4",
            "video/mp4/x",
            "vidéo/mp4",
            "video/mp4\0",
            "a;b/c",
            "a/b;c=d;",
        ];
        for bad in bad {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
