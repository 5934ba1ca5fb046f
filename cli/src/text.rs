//! TEXT: literal text, `@FILE`, or `-` for standard input.

use crate::{args::Output, descriptor::is_stdin, escape::shorten, similar};
use anyhow::{Result, anyhow, ensure};
use std::{
    ffi::{OsStr, OsString},
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// A parsed TEXT.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    Literal(String),
    /// The path of a file, or `-`.
    File(PathBuf),
}

impl Text {
    /// Parses an argument. A path need not be UTF-8.
    pub fn from_arg(arg: &OsStr) -> Result<Text, String> {
        match arg.to_str() {
            Some("-") => Ok(Text::File("-".into())),
            Some("@") => {
                Err("@ is followed by the name of a file; write @@ for text that starts with @".to_owned())
            }
            Some(text) => Ok(match text.strip_prefix('@') {
                Some(literal) if literal.starts_with('@') => Text::Literal(literal.to_owned()),
                Some(path) => Text::File(path.into()),
                None => Text::Literal(text.to_owned()),
            }),
            None => path_of(arg).map(|path| Text::File(path.into())).ok_or_else(|| {
                let valid =
                    arg.as_encoded_bytes().utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
                format!("the text {}", NotUtf8::Byte(valid + 1))
            }),
        }
    }

    /// Returns the path that the text is read from.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Text::Literal(_) => None,
            Text::File(path) => Some(path),
        }
    }

    /// Returns the text, which is read now if it comes from a file.
    pub fn read(&self, option: &str, output: &Output) -> Result<String> {
        let path = match self {
            Text::Literal(text) => return Ok(text.clone()),
            Text::File(path) => path,
        };
        let limit = output.limit.map_or(u64::MAX, |limit| limit.max_len());
        let name =
            if is_stdin(path) { "standard input".to_owned() } else { shorten(&path.display().to_string()) };
        let bytes = read(path, limit).map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::NotFound => {
                    similar::hint(path).unwrap_or_else(|| "; write @@ for text that starts with @".to_owned())
                }
                _ => String::new(),
            };
            anyhow!("--{option}: cannot read {name}: {error}{hint}")
        })?;
        ensure!(!bytes.is_empty(), "--{option}: {name} is empty");
        ensure!(
            bytes.len() as u64 <= limit,
            "--{option}: {name} has more than the {limit} bytes that --limit allows"
        );
        decode(bytes).map_err(|error| {
            let hint = match error {
                NotUtf8::Utf16 => "",
                NotUtf8::Byte(_) => "; add media with --video, --audio, --image or --file",
            };
            anyhow!("--{option}: {name} {error}{hint}")
        })
    }
}

/// Reads a file or standard input, but at most one byte more than `limit`.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = limit.saturating_add(1);
    match is_stdin(path) {
        true => io::stdin().take(limit).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// Why bytes are not text. The message continues a sentence about them.
#[derive(Debug, PartialEq)]
pub enum NotUtf8 {
    Utf16,
    /// The number of the first invalid byte, from 1.
    Byte(usize),
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotUtf8::Utf16 => f.write_str("is UTF-16; convert it to UTF-8"),
            NotUtf8::Byte(number) => write!(f, "is not UTF-8: byte {number} is invalid"),
        }
    }
}

/// Decodes UTF-8 and removes its byte order mark.
pub fn decode(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    let is_utf16 = match bytes[..] {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        // ASCII in UTF-16. No text contains a zero.
        [0, other, ..] | [other, 0, ..] => other.is_ascii_graphic() || other.is_ascii_whitespace(),
        _ => false,
    };
    if is_utf16 {
        return Err(NotUtf8::Utf16);
    }
    let mut text =
        String::from_utf8(bytes).map_err(|error| NotUtf8::Byte(error.utf8_error().valid_up_to() + 1))?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.remove(0);
    }
    Ok(text)
}

const BYTE_ORDER_MARK: char = '\u{feff}';

#[cfg(unix)]
fn path_of(arg: &OsStr) -> Option<OsString> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    arg.as_bytes().strip_prefix(b"@").map(|path| OsString::from_vec(path.to_owned()))
}

#[cfg(not(unix))]
fn path_of(_: &OsStr) -> Option<OsString> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_literal_unless_it_names_a_file() {
        let parse = |text: &str| Text::from_arg(OsStr::new(text)).unwrap();
        for (text, expected) in
            [("", ""), ("a@b", "a@b"), ("- a", "- a"), ("@@a", "@a"), ("@@@", "@@"), ("@@", "@")]
        {
            assert_eq!(parse(text), Text::Literal(expected.to_owned()));
        }
        for (text, path) in [("-", "-"), ("@-", "-"), ("@a b.txt", "a b.txt"), ("@/dev/stdin", "/dev/stdin")]
        {
            assert_eq!(parse(text), Text::File(path.into()));
        }
        assert!(Text::from_arg(OsStr::new("@")).is_err());
    }

    #[test]
    fn only_utf8_is_text() {
        for (bytes, text) in [(&b"\xef\xbb\xbfa\n"[..], "a\n"), (b"a\xc3\xa9", "aé"), (b"\xef\xbb\xbf", "")]
        {
            assert_eq!(decode(bytes.to_owned()).as_deref(), Ok(text));
        }
        for (bytes, error) in [
            (&b"\xff\xfea\0"[..], NotUtf8::Utf16),
            (b"\xfe\xff\0a", NotUtf8::Utf16),
            (b"{\0\n\0", NotUtf8::Utf16),
            (b"\0{\0\n", NotUtf8::Utf16),
            (b"\0\0\0\x20ftyp\xff", NotUtf8::Byte(9)),
            (b"ab\xff", NotUtf8::Byte(3)),
        ] {
            assert_eq!(decode(bytes.to_owned()), Err(error));
        }
    }
}
