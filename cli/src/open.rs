//! Opens the media of a SRC. If that fails, the error says what to do on the command line.

use crate::{
    args::Output,
    source::{Kind, Src},
};
use anyhow::{Result, anyhow};
use niello::{ErrorKind, Media, Source};
use std::{
    fs,
    io::{self, BufRead, IsTerminal},
};

impl Src {
    /// Opens the file, or passes the URL on unchanged.
    pub fn open(&self, kind: Kind, output: &Output) -> Result<Source> {
        if let Some(reason) = self.unusable() {
            return Err(self.error(kind, reason));
        }
        if let Some(url) = self.url() {
            return Ok(Source::Url(url.to_owned()));
        }
        let media = self.media(output).map_err(|error| self.with_hint(kind, &error))?;
        match self.type_mismatch(kind, &media) {
            Some(mismatch) => Err(self.error(kind, &mismatch)),
            None => Ok(Source::Media(media)),
        }
    }

    /// Creates an error about this argument.
    pub fn error(&self, kind: Kind, reason: &str) -> anyhow::Error {
        anyhow!("--{} {}: {reason}", kind.name(), self.display_name())
    }

    /// Returns the name for use in messages. It leaves out queries, which may contain tokens, and embedded
    /// media.
    pub fn display_name(&self) -> String {
        let name = self.name.display().to_string();
        match name.split_once('?') {
            _ if self.is_data_uri() => "data:...".to_owned(),
            Some((address, _)) if self.url().is_some() || looks_like_url(address) => format!("{address}?..."),
            _ => name,
        }
    }

    fn is_data_uri(&self) -> bool {
        self.name.to_str().is_some_and(|name| name.starts_with("data:") && name.contains(','))
    }

    /// Returns why the source cannot be used, if that is known before it is opened.
    fn unusable(&self) -> Option<&'static str> {
        if let Some(url) = self.url() {
            let is_file_url = url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"));
            return is_file_url
                .then_some("a service cannot fetch local files; give the path without file://");
        }
        if self.is_data_uri() {
            return Some("data URIs are not supported; name the original file");
        }
        if self.is_stdin() && io::stdin().is_terminal() {
            return Some("standard input is a terminal; pipe media into it, or name a file");
        }
        // Checked before the media type is detected, because that would fail with a less helpful error.
        if self.is_stdin() && io::stdin().lock().fill_buf().is_ok_and(<[u8]>::is_empty) {
            return Some("standard input is empty; was it already read, or did the command before it fail?");
        }
        None
    }

    fn media(&self, output: &Output) -> niello::Result<Media> {
        let mut options = Media::options().access(output.access.into()).name(self.display_name());
        if let Some(mime) = &self.mime {
            options = options.mime(mime);
        }
        if let Some(limit) = output.limit {
            options = options.max_spool(limit.max_len());
        }
        // A regular file behind /dev/stdin can be opened by that path without a copy. The path `-` would be a
        // file of that name.
        let is_file = || fs::metadata(&self.name).is_ok_and(|metadata| metadata.is_file());
        if self.is_stdin() && (self.name == "-" || !is_file()) {
            options.name("standard input").from_reader(io::stdin())
        } else {
            options.open(&self.name)
        }
    }

    /// Adds a hint to an error if the name suggests what was meant.
    fn with_hint(&self, kind: Kind, error: &niello::Error) -> anyhow::Error {
        let name = self.name.to_string_lossy();
        let is_missing = || io::Error::from(error.clone()).kind() == io::ErrorKind::NotFound;
        let has_suffix = || name.rsplit_once(';').is_some_and(|(_, suffix)| suffix.contains('='));
        match error.kind() {
            ErrorKind::MimeType if self.mime.is_none() => {
                anyhow!("{error}: {}", self.quoted_with_type(&format!("{}/<SUBTYPE>", kind.name())))
            }
            ErrorKind::Io if is_missing() && looks_like_url(&name) => {
                anyhow!("{error}; a URL starts with https://")
            }
            ErrorKind::Io if is_missing() && name.starts_with('~') => {
                anyhow!("{error}; the shell expands ~ only at the start of a word and outside quotes")
            }
            ErrorKind::Io if is_missing() && has_suffix() => {
                anyhow!("{error}; the suffixes are ;type=, ;fps=, ;start= and ;end=")
            }
            _ => error.clone().into(),
        }
    }

    /// Returns why the media cannot be sent as this kind. A type set by the user is not questioned.
    fn type_mismatch(&self, kind: Kind, media: &Media) -> Option<String> {
        if media.is_empty() {
            return Some("the file is empty; check that it was written completely".to_owned());
        }
        if self.mime.is_some() {
            return None;
        }
        let mime = media.mime();
        let detected = Kind::ALL.into_iter().find(|kind| mime.split('/').next() == Some(kind.name()))?;
        if detected == kind {
            return None;
        }
        let mismatch = format!("the media type is {mime}; use --{}", detected.name());
        // WebM files may contain audio alone, although they are detected as video.
        if kind == Kind::Audio && mime == "video/webm" {
            return Some(format!("{mismatch}, or for audio alone {}", self.quoted_with_type("audio/webm")));
        }
        Some(mismatch)
    }

    /// Returns this argument with a type, quoted for a shell.
    fn quoted_with_type(&self, mime: &str) -> String {
        format!("'{};type={mime}'", self.name.display().to_string().replace('\'', r"'\''"))
    }
}

/// Returns true if a name starts like a URL without its scheme, such as `example.com/clip.mp4`, or with a
/// broken one, such as `https:/`.
fn looks_like_url(name: &str) -> bool {
    let Some((host, _)) = name.split_once('/') else { return false };
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_top_level = |label: &str| label.len() > 1 && label.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_host = host.split('.').all(is_label)
        && host.rsplit_once('.').is_some_and(|(_, top_level)| is_top_level(top_level));
    is_host || matches!(host, "http:" | "https:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_without_a_valid_scheme_are_recognized() {
        for (text, is_url) in [
            ("example.com/clip.mp4", true),
            ("www.a-b.org/x?y", true),
            ("https:/example.com/a", true),
            ("clip.mp4", false),
            ("./clip.mp4", false),
            ("../a.b/clip.mp4", false),
            ("clips.d/clip.mp4", false),
            ("v1.2/clip.mp4", false),
            ("a b.com/clip.mp4", false),
        ] {
            assert_eq!(looks_like_url(text), is_url, "{text}");
        }
    }

    #[test]
    fn displayed_names_contain_no_tokens_and_no_media() {
        for (text, displayed) in [
            ("https://h/v.mp4?sig=secret", "https://h/v.mp4?..."),
            ("h.com/v.mp4?sig=secret", "h.com/v.mp4?..."),
            ("data:video/mp4;base64,AAAA", "data:..."),
            ("who?.mp4", "who?.mp4"),
        ] {
            assert_eq!(Src::parse(text).unwrap().display_name(), displayed);
        }
    }
}
