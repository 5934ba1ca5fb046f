//! MIME types: detection, and the names that the gateways accept.

use file_format::FileFormat;
use std::io::{self, Read, Seek, SeekFrom};

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
    ("audio/mp3", &["mp3"]),
    ("audio/aiff", &["aiff", "aif", "aifc"]),
    ("audio/aac", &["aac"]),
    ("audio/ogg", &["ogg", "oga", "opus"]),
    ("audio/flac", &["flac"]),
    ("audio/m4a", &["m4a"]),
    ("audio/webm", &["weba"]),
    ("image/png", &["png"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/webp", &["webp"]),
    ("image/heic", &["heic"]),
    ("image/heif", &["heif"]),
    ("application/pdf", &["pdf"]),
];

/// Other names of documented types, as reported by detection, and the documented names.
const SYNONYMS: &[(&str, &str)] = &[
    ("video/quicktime", "video/mov"),
    ("video/x-msvideo", "video/avi"),
    ("video/x-ms-wmv", "video/wmv"),
    ("video/x-m4v", "video/mp4"),
    ("audio/vnd.wave", "audio/wav"),
    ("audio/mpeg", "audio/mp3"),
    ("audio/x-aiff", "audio/aiff"),
    // Opus in Ogg is audio/ogg by RFC 7845.
    ("audio/opus", "audio/ogg"),
    ("audio/x-m4a", "audio/m4a"),
    ("audio/mp4", "audio/m4a"),
];

/// Limits how often content is read during detection.
///
/// A file can consist of nothing but elements to skip, so detection must be bounded. A limit on bytes would
/// not work: the tracks of an MP4 file may be at its end.
struct LimitedReads<R> {
    content: R,
    left: u32,
}

/// Twice what the most demanding format needs, which has at most 256 elements in different places.
const MAX_READS: u32 = 1024;

impl<R: Read> Read for LimitedReads<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| io::Error::other("detecting the media type takes too many reads"))?;
        self.content.read(bytes)
    }
}

impl<R: Seek> Seek for LimitedReads<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
}

/// Returns the documented type of the content, or the one that `extension` implies if the content is
/// inconclusive.
///
/// The inner `Err` contains the type that was detected if it is not documented, or `None` if none was detected.
pub(crate) fn detect(
    content: impl Read + Seek,
    extension: Option<&str>,
) -> io::Result<Result<&'static str, Option<String>>> {
    let mut content = LimitedReads { content, left: MAX_READS };
    let format = FileFormat::from_reader(&mut content)?;
    let by_extension = extension.and_then(of_extension);
    if matches!(format, FileFormat::Empty | FileFormat::ArbitraryBinaryData | FileFormat::PlainText) {
        return Ok(by_extension.ok_or(None));
    }
    let found = match format {
        FileFormat::AdvancedSystemsFormat if is_asf_video(&mut content)? => "video/x-ms-wmv",
        _ => format.media_type(),
    };
    let name = SYNONYMS.iter().find(|(synonym, _)| *synonym == found).map_or(found, |(_, name)| name);
    // These pairs have the same content: only the extension distinguishes them.
    if let ("video/webm", Some("audio/webm")) | ("video/mpeg", Some("video/mpg")) = (name, by_extension) {
        return Ok(by_extension.ok_or(None));
    }
    let documented = DOCUMENTED.iter().find(|(documented, _)| *documented == name);
    Ok(documented.map(|(name, _)| *name).ok_or_else(|| Some(found.to_owned())))
}

/// Returns whether the head of an ASF file declares a video stream. The ASF reader of file-format 0.29 is not
/// used because it adds up untrusted 64-bit sizes, and panics if overflow checks are on.
fn is_asf_video(content: &mut (impl Read + Seek)) -> io::Result<bool> {
    /// The stream type `ASF_Video_Media` as it is stored (ASF specification, section 10.4).
    const VIDEO: [u8; 16] = *b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
    const HEAD: u64 = 64 * 1024;

    let mut head = Vec::new();
    content.rewind()?;
    content.take(HEAD).read_to_end(&mut head)?;
    Ok(head.windows(VIDEO.len()).any(|bytes| bytes == VIDEO))
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
    fn content_takes_precedence_over_the_extension() {
        let wave = b"RIFF\x24\0\0\0WAVEfmt ";
        assert_eq!(detect(Cursor::new(wave), Some("mp3")).unwrap(), Ok("audio/wav"));
        assert_eq!(detect(Cursor::new(b"\x01\x02"), Some("MP3")).unwrap(), Ok("audio/mp3"));
        assert_eq!(detect(Cursor::new(b""), Some("webm")).unwrap(), Ok("video/webm"));
        assert_eq!(detect(Cursor::new(b"\x01\x02"), None).unwrap(), Err(None));
        assert_eq!(detect(Cursor::new(b"\x01\x02"), Some("xyz")).unwrap(), Err(None));
        assert_eq!(
            detect(Cursor::new(b"\x1f\x8b\x08\0"), Some("mp4")).unwrap(),
            Err(Some("application/gzip".into()))
        );
    }

    /// An empty ID3 tag has 10 bytes, so a file of any length can be a chain of tags.
    #[test]
    fn detection_gives_up_on_a_long_chain_of_empty_tags() {
        let tags = b"ID3\x04\0\0\0\0\0\0".repeat(100_000);
        let mut content = Cursor::new(&tags);
        assert_eq!(detect(&mut content, Some("mp3")).unwrap(), Ok("audio/mp3"));
        assert!(content.position() < 64 * 1024 + 10 * u64::from(MAX_READS), "{}", content.position());
        // A short chain is skipped.
        let tagged = [&tags[..20], b"fLaC and more"].concat();
        assert_eq!(detect(Cursor::new(tagged), None).unwrap(), Ok("audio/flac"));
    }

    #[test]
    fn asf_file_is_wmv_if_its_head_declares_video() {
        const ASF: &[u8] = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
        const VIDEO: &[u8] = b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
        const AUDIO: &[u8] = b"\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b";
        let found = |at: usize, stream: &[u8]| {
            let content = [ASF, &vec![0; at - ASF.len()], AUDIO, stream].concat();
            detect(Cursor::new(content), None).unwrap()
        };
        for at in [100, 5000, 65_000] {
            assert_eq!(found(at, VIDEO), Ok("video/wmv"), "{at}");
            assert_eq!(found(at, AUDIO), Err(Some("application/vnd.ms-asf".into())), "{at}");
        }
        assert!(found(66_000, VIDEO).is_err(), "only the head is searched");
    }

    #[test]
    fn synonyms_lead_to_documented_names() {
        for (synonym, name) in SYNONYMS {
            assert!(DOCUMENTED.iter().any(|(documented, _)| documented == name), "{name}");
            assert!(DOCUMENTED.iter().all(|(documented, _)| documented != synonym), "{synonym}");
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
