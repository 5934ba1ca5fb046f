//! SRC: where a part's media comes from, with suffixes in the manner of `curl -F`.

use super::descriptor::is_stdin;
use std::{
    ffi::{OsStr, OsString},
    path::Path,
    time::Duration,
};

/// What a part shows, by its option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Video,
    Audio,
    Image,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Video, Kind::Audio, Kind::Image];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Video => "video",
            Kind::Audio => "audio",
            Kind::Image => "image",
        }
    }

    /// Its name where a sentence begins.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Video => "Video",
            Kind::Audio => "Audio",
            Kind::Image => "Image",
        }
    }

    /// A MIME type of this kind, for a hint.
    pub fn example(self) -> &'static str {
        match self {
            Kind::Video => "video/mp4",
            Kind::Audio => "audio/mp3",
            Kind::Image => "image/png",
        }
    }
}

/// A URL, a path or `-`, and what its suffixes say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Src {
    pub name: OsString,
    pub mime: Option<String>,
    pub fps: Option<f64>,
    pub start: Option<Duration>,
    pub end: Option<Duration>,
}

impl Src {
    /// An argument, which need not be text: a path is any bytes on unix.
    pub fn of(argument: &OsStr) -> Result<Src, String> {
        match argument.to_str() {
            Some(text) => Src::parse(text),
            None => Src::parse_bytes(argument),
        }
    }

    #[cfg(unix)]
    fn parse_bytes(argument: &OsStr) -> Result<Src, String> {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        // All that a suffix has is ASCII, so that each byte may stand as a character of its own meanwhile.
        let text: String = argument.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        let src = Src::parse(&text)?;
        let name = src.name.to_string_lossy().chars().map(|c| c as u8).collect();
        Ok(Src { name: OsString::from_vec(name), ..src })
    }

    #[cfg(not(unix))]
    fn parse_bytes(_: &OsStr) -> Result<Src, String> {
        Err("it is no Unicode".to_owned())
    }

    /// Takes `;key=value` off the end, as long as the key is a known one: any other `;` belongs to the name,
    /// and all of what stands in quotes does.
    pub fn parse(text: &str) -> Result<Src, String> {
        let mut src = Src::default();
        let (quoted, mut rest) = match text.strip_prefix('"') {
            Some(text) => unquote(text).map(|(name, rest)| (Some(name), rest))?,
            None => (None, text),
        };
        while let Some((before, suffix)) = rest.rsplit_once(';') {
            let Some((key, value)) = suffix.split_once('=') else { break };
            let twice = match key {
                "type" => src.mime.replace(value.to_owned()).is_some(),
                "fps" => {
                    let fps = value.parse().map_err(|_| format!("fps={value:?} is no number"))?;
                    src.fps.replace(fps).is_some()
                }
                "start" => src.start.replace(seconds(key, value)?).is_some(),
                "end" => src.end.replace(seconds(key, value)?).is_some(),
                // A parameter of the MIME type before it: `;type=audio/pcm;rate=16000`.
                _ if before.contains(";type=") => {
                    let (name, mime) = rest.rsplit_once(";type=").unwrap_or_default();
                    rest = name;
                    if src.mime.replace(mime.to_owned()).is_some() {
                        return Err(format!("type is given twice in {text:?}"));
                    }
                    continue;
                }
                _ => break,
            };
            if twice {
                return Err(format!("{key} is given twice in {text:?}"));
            }
            rest = before;
        }
        src.name = match quoted {
            Some(name) if rest.is_empty() => name.into(),
            Some(_) => {
                return Err(format!(
                    "{rest:?} after the quotes is no suffix; known are type, fps, start, end"
                ));
            }
            None => rest.into(),
        };
        if src.name.is_empty() {
            return Err("it names no URL and no file".to_owned());
        }
        Ok(src)
    }

    pub fn url(&self) -> Option<&str> {
        self.name.to_str().filter(|name| {
            name.split_once("://").is_some_and(|(scheme, _)| {
                scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                    && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            })
        })
    }

    pub fn is_stdin(&self) -> bool {
        is_stdin(Path::new(&self.name))
    }
}

/// What stands before the closing quote, `\"` and `\\` resolved, and the rest.
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
    Err(format!("\"{text} has no closing quote"))
}

/// `1.5s` or `1.5`.
fn seconds(key: &str, value: &str) -> Result<Duration, String> {
    let number = value.strip_suffix('s').unwrap_or(value);
    let seconds: f64 =
        number.parse().map_err(|_| format!("{key}={value:?} is no number of seconds, such as 1.5s"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("{key}={value:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> OsString {
        Src::parse(text).unwrap().name
    }

    #[test]
    fn suffixes_come_off_the_end() {
        let src = Src::parse("clip.bin;type=video/mp4;fps=2;start=1.5s;end=80s").unwrap();
        assert_eq!(src.name, "clip.bin");
        assert_eq!(src.mime.as_deref(), Some("video/mp4"));
        assert_eq!(src.fps, Some(2.0));
        assert_eq!((src.start, src.end), (Some(Duration::from_millis(1500)), Some(Duration::from_secs(80))));

        let src = Src::parse("a;type=audio/pcm;rate=16000;fps=1").unwrap();
        assert_eq!((src.name.to_str(), src.mime.as_deref()), (Some("a"), Some("audio/pcm;rate=16000")));
    }

    #[test]
    fn what_is_no_suffix_belongs_to_the_name() {
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
    fn what_is_wrong_is_refused() {
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
        ] {
            assert!(Src::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_has_a_scheme() {
        for (text, is) in [
            ("https://a/b", true),
            ("gs://b/c", true),
            ("./a://b", false),
            ("a.mp4", false),
            ("-", false),
            ("://", false),
        ] {
            assert_eq!(Src::parse(text).unwrap().url().is_some(), is, "{text}");
        }
    }
}
