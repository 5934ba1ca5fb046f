//! SRC: the file or URL of a media part, with suffixes such as `;type=video/mp4` in the manner of `curl -F`.

use super::{descriptor::is_stdin, escape::shorten_to};
use niello::NameKind;
use std::{
    ffi::{OsStr, OsString},
    path::Path,
    time::Duration,
};

/// The kind of a media part, which is the option that adds it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Video,
    Audio,
    Image,
    File,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Video, Kind::Audio, Kind::Image, Kind::File];

    /// Returns the kind of a MIME type.
    pub fn of(mime: &str) -> Kind {
        let top_level = mime.split('/').next();
        Kind::ALL.into_iter().find(|kind| top_level == Some(kind.name())).unwrap_or(Kind::File)
    }

    /// Returns the name of the option, which for all but files is also the top-level MIME type.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Video => "video",
            Kind::Audio => "audio",
            Kind::Image => "image",
            Kind::File => "file",
        }
    }

    /// Returns a placeholder for a MIME type of this kind.
    pub fn mime_placeholder(self) -> &'static str {
        match self {
            Kind::Video => "video/<SUBTYPE>",
            Kind::Audio => "audio/<SUBTYPE>",
            Kind::Image => "image/<SUBTYPE>",
            Kind::File => "<TYPE>/<SUBTYPE>",
        }
    }

    /// Returns the plural, for the help.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Video => "videos",
            Kind::Audio => "audio",
            Kind::Image => "images",
            Kind::File => "documents such as PDFs",
        }
    }
}

/// A parsed SRC: a URL, a path or `-`, and the values of its suffixes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Src {
    pub name: OsString,
    pub mime: Option<String>,
    pub fps: Option<f64>,
    pub start: Option<Duration>,
    pub end: Option<Duration>,
}

impl Src {
    /// Parses an argument. It need not be UTF-8, because paths on Unix are arbitrary bytes.
    pub fn from_arg(arg: &OsStr) -> Result<Src, String> {
        match arg.to_str() {
            Some(text) => Src::parse(text),
            None => Src::parse_bytes(arg),
        }
    }

    #[cfg(unix)]
    fn parse_bytes(arg: &OsStr) -> Result<Src, String> {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        // Suffixes are ASCII, so each byte can be a character of its own while they are parsed.
        let text: String = arg.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        let src = Src::parse(&text)?;
        let name = src.name.to_string_lossy().chars().map(|c| c as u8).collect();
        Ok(Src { name: OsString::from_vec(name), ..src })
    }

    #[cfg(not(unix))]
    fn parse_bytes(_: &OsStr) -> Result<Src, String> {
        Err("not valid Unicode".to_owned())
    }

    /// Parses a name and its suffixes.
    ///
    /// Suffixes are removed from the end as long as their keys are known. Any other `;` belongs to the name,
    /// and so does everything between double quotes.
    pub fn parse(text: &str) -> Result<Src, String> {
        let mut src = Src::default();
        let (quoted, mut rest) = match text.strip_prefix('"') {
            Some(text) => unquote(text).map(|(name, rest)| (Some(name), rest))?,
            None => (None, text),
        };
        while let Some((before, key, value)) = last_suffix(rest) {
            let is_repeated = match key {
                "type" => src.mime.replace(value.to_owned()).is_some(),
                "fps" => src.fps.replace(number(key, value)?).is_some(),
                "start" => src.start.replace(seconds(key, value)?).is_some(),
                "end" => src.end.replace(seconds(key, value)?).is_some(),
                _ => break,
            };
            if is_repeated {
                return Err(format!("{key} appears twice"));
            }
            rest = before;
        }
        src.name = match quoted {
            Some(name) if rest.is_empty() => name.into(),
            Some(_) => {
                let rest = shorten_to(VALUE_LEN, rest);
                return Err(format!(
                    "{rest:?} after the closing quote is not a suffix; use ;type=, ;fps=, ;start= or ;end="
                ));
            }
            None => rest.into(),
        };
        if src.name.is_empty() {
            return Err("the name of the file or URL is empty".to_owned());
        }
        Ok(src)
    }

    /// Returns the name if it is a URL.
    pub fn url(&self) -> Option<&str> {
        self.name.to_str().filter(|name| NameKind::of(name) == NameKind::Url)
    }

    pub fn is_stdin(&self) -> bool {
        is_stdin(Path::new(&self.name))
    }
}

/// Splits `;key=value` off the end: the text before it, the key and the value.
///
/// A MIME type can have parameters, as in `;type=audio/pcm;rate=16000`. They are part of its value.
fn last_suffix(text: &str) -> Option<(&str, &str, &str)> {
    let (before, suffix) = text.rsplit_once(';')?;
    let (key, value) = suffix.split_once('=')?;
    if !["type", "fps", "start", "end"].contains(&key)
        && let Some((name, mime)) = text.rsplit_once(";type=")
    {
        return Some((name, "type", mime));
    }
    Some((before, key, value))
}

/// Returns the text before the closing quote, with `\"` and `\\` unescaped, and the text after it.
fn unquote(text: &str) -> Result<(String, &str), String> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((name, &text[at + 1..])),
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            c => name.push(c),
        }
    }
    Err("the closing quote is missing".to_owned())
}

/// The largest number of bytes of a value in an error. clap repeats the whole argument before it.
const VALUE_LEN: usize = 40;

fn number(key: &str, value: &str) -> Result<f64, String> {
    value.parse().map_err(|_| format!("{key}={:?} is not a number", shorten_to(VALUE_LEN, value)))
}

/// Parses a time: `1.5s` or `1.5`.
fn seconds(key: &str, value: &str) -> Result<Duration, String> {
    let seconds = value.strip_suffix('s').unwrap_or(value).parse().ok();
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or_else(|| {
        let value = shorten_to(VALUE_LEN, value);
        format!("{key}={value:?} is not a valid number of seconds, such as 1.5s")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> OsString {
        Src::parse(text).unwrap().name
    }

    #[test]
    fn suffixes_are_removed_from_the_end() {
        let src = Src::parse("clip.bin;type=video/mp4;fps=2;start=1.5s;end=80s").unwrap();
        assert_eq!(src.name, "clip.bin");
        assert_eq!(src.mime.as_deref(), Some("video/mp4"));
        assert_eq!(src.fps, Some(2.0));
        assert_eq!((src.start, src.end), (Some(Duration::from_millis(1500)), Some(Duration::from_secs(80))));
    }

    #[test]
    fn parameters_of_a_mime_type_belong_to_it() {
        let src = Src::parse("a;type=audio/pcm;rate=16000;fps=1").unwrap();
        assert_eq!((src.name.to_str(), src.mime.as_deref()), (Some("a"), Some("audio/pcm;rate=16000")));
    }

    #[test]
    fn everything_but_known_suffixes_belongs_to_the_name() {
        for text in [
            "a;b.mp4",
            "a;b=c",
            "https://h/p;v=1?a=b;c=d",
            "gs://b/c.mp4",
            "-",
            "C:\\clip.mp4",
            "a=b",
            "ü ö.mp4",
        ] {
            assert_eq!(name(text), text);
        }
        assert_eq!(name("\"a;type=b/c\""), "a;type=b/c");
        assert_eq!(name(r#""a\"b\\c;fps=1";type=a/b"#), r#"a"b\c;fps=1"#);
    }

    #[test]
    fn invalid_sources_are_errors() {
        for text in [
            "",
            ";type=a/b",
            "a;fps=x",
            "a;start=-1s",
            "a;end=nan",
            "a;start=1;start=2",
            "\"a",
            "\"a\"b",
            "a;type=a/b;type=c/d",
            "a;type=a/b;type=c/d;e=f",
        ] {
            assert!(Src::parse(text).is_err(), "{text}");
        }
    }
}
