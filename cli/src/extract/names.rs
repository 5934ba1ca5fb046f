//! The names of media files: their number and an extension. Nothing of the input is in them.

use niello::Media;
use std::{borrow::Cow, ffi::OsStr};

/// Extensions, and the MIME types that have them.
const EXTENSIONS: &[(&str, &[&str])] = &[
    ("mp4", &["video/mp4", "video/m4v", "video/x-m4v"]),
    ("mpg", &["video/mpg", "video/mpeg"]),
    ("mov", &["video/mov", "video/quicktime"]),
    ("avi", &["video/avi", "video/x-msvideo", "video/vnd.avi"]),
    ("flv", &["video/x-flv", "video/flv"]),
    ("webm", &["video/webm"]),
    ("mkv", &["video/x-matroska", "video/matroska"]),
    ("wmv", &["video/wmv", "video/x-ms-wmv"]),
    ("3gp", &["video/3gpp", "video/3gp"]),
    ("wav", &["audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave"]),
    ("mp3", &["audio/mp3", "audio/mpeg", "audio/mpga"]),
    ("aiff", &["audio/aiff", "audio/x-aiff"]),
    ("aac", &["audio/aac", "audio/x-aac", "audio/aacp"]),
    ("ogg", &["audio/ogg", "audio/opus", "audio/x-ogg"]),
    ("flac", &["audio/flac", "audio/x-flac"]),
    ("m4a", &["audio/m4a", "audio/mp4", "audio/x-m4a"]),
    ("weba", &["audio/webm"]),
    ("pcm", &["audio/pcm", "audio/l16", "audio/l24"]),
    ("amr", &["audio/amr"]),
    ("mid", &["audio/midi"]),
    ("png", &["image/png", "image/x-png"]),
    ("jpg", &["image/jpeg", "image/jpg", "image/pjpeg"]),
    ("webp", &["image/webp"]),
    ("heic", &["image/heic"]),
    ("heif", &["image/heif"]),
    ("avif", &["image/avif"]),
    ("gif", &["image/gif"]),
    ("bmp", &["image/bmp", "image/x-ms-bmp"]),
    ("tiff", &["image/tiff"]),
    ("svg", &["image/svg+xml"]),
    ("ico", &["image/x-icon", "image/vnd.microsoft.icon"]),
    ("pdf", &["application/pdf", "application/x-pdf"]),
    ("json", &["application/json"]),
    ("xml", &["application/xml", "text/xml"]),
    ("zip", &["application/zip"]),
    ("gz", &["application/gzip"]),
    ("rtf", &["application/rtf", "text/rtf"]),
    ("docx", &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"]),
    ("xlsx", &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]),
    ("pptx", &["application/vnd.openxmlformats-officedocument.presentationml.presentation"]),
    ("txt", &["text/plain"]),
    ("html", &["text/html"]),
    ("css", &["text/css"]),
    ("csv", &["text/csv"]),
    ("md", &["text/markdown"]),
];

const PREFIX: &str = "media-";

/// The type of unknown content (RFC 2046 section 4.5.1).
const UNKNOWN: &str = "application/octet-stream";

/// Returns the name of a media file. `mime` is the type in the JSON; if it is missing or has no extension, `open` opens
/// the media to detect one.
pub fn name(number: usize, mime: Option<&str>, open: impl FnOnce() -> niello::Result<Media>) -> String {
    let extension = mime.and_then(extension).or_else(|| extension(&detected(open()))).unwrap_or("bin");
    format!("{PREFIX}{number}.{extension}")
}

/// Returns `true` if a file name has the form of a media file's.
pub fn is_name(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Returns the detected type of media.
pub fn detected(opened: niello::Result<Media>) -> Cow<'static, str> {
    match opened {
        Ok(media) => media.mime().to_owned().into(),
        // A type that Gemini does not support is known all the same.
        Err(error) => {
            let message = error.to_string();
            let found =
                message.rsplit_once(" has the media type ").and_then(|(_, found)| found.split_once(','));
            found.map_or(UNKNOWN.into(), |(mime, _)| mime.to_owned().into())
        }
    }
}

/// Returns the extension of a MIME type, which may have parameters.
fn extension(mime: &str) -> Option<&'static str> {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    let has_type =
        |(_, types): &&(&str, &[&str])| types.iter().any(|known| known.eq_ignore_ascii_case(essence));
    EXTENSIONS.iter().find(has_type).map(|(extension, _)| *extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(mime: Option<&str>, content: &'static [u8]) -> String {
        name(7, mime, || Media::options().from_bytes(content))
    }

    #[test]
    fn extension_is_that_of_the_type_in_the_json() {
        for (mime, expected) in [
            ("image/PNG", "media-7.png"),
            ("audio/L16;codec=pcm;rate=24000", "media-7.pcm"),
            ("audio/mpeg", "media-7.mp3"),
            ("../../x", "media-7.bin"),
            ("x/y", "media-7.bin"),
        ] {
            assert_eq!(name_of(Some(mime), b"\x01\x02"), expected, "{mime}");
        }
    }

    #[test]
    fn extension_is_detected_if_the_json_has_no_type() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        for (mime, content, expected) in [
            (None, PNG, "media-7.png"),
            (Some("x/y"), PNG, "media-7.png"),
            (None, b"GIF89a\x01\0\x01\0", "media-7.gif"),
            (None, b"\x01\x02", "media-7.bin"),
        ] {
            assert_eq!(name_of(mime, content), expected);
        }
    }
}
