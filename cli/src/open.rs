//! Opens the media of a SRC. If that fails, the error says what to do on the command line.

use crate::{
    args::Output,
    escape::{escape, shorten, shorten_again},
    similar,
    source::{Kind, Src},
    url::displayed,
};
use anyhow::{Result, anyhow};
use niello::{ErrorKind, Media, NameKind, Source};
use std::{
    borrow::Cow,
    ffi::OsStr,
    fs,
    io::{self, BufRead, IsTerminal},
    path::Path,
};

impl Src {
    /// Opens the file, or passes the URL on unchanged.
    pub fn open(&self, kind: Kind, output: &Output) -> Result<Source> {
        if let Some(reason) = self.unusable() {
            return Err(self.error(kind, &reason));
        }
        if let Some(url) = self.url() {
            let source = Source::Url(url.to_owned());
            return match source.mime().and_then(|mime| self.url_mismatch(kind, mime)) {
                Some(mismatch) => Err(self.error(kind, &mismatch)),
                None => Ok(source),
            };
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

    /// Returns the name for use in messages: short, without tokens and without embedded media.
    pub fn display_name(&self) -> String {
        displayed(&self.name.to_string_lossy())
    }

    /// Returns a name for the file part of a request.
    pub fn file_name(&self, mime: Option<&str>) -> String {
        let name = self.name.to_string_lossy();
        let name = match self.url() {
            Some(url) => {
                url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default()
            }
            None if self.is_stdin() => "",
            None => Path::new(&*name).file_name().and_then(OsStr::to_str).unwrap_or_default(),
        };
        match name {
            "" if mime == Some("application/pdf") => "document.pdf".to_owned(),
            "" => "document".to_owned(),
            name => name.to_owned(),
        }
    }

    /// Creates the error for a URL whose type the service cannot know.
    pub fn type_missing(&self, kind: Kind) -> anyhow::Error {
        let example = self.quoted_with_type(kind.mime_placeholder());
        self.error(kind, &format!("the URL does not show the media type; append it: {example}"))
    }

    /// Returns why the source cannot be used, if that is known before it is opened.
    fn unusable(&self) -> Option<Cow<'static, str>> {
        let reason = match NameKind::of(&self.name.to_string_lossy()) {
            NameKind::Mistyped { meant, .. } => {
                format!("this is neither a file nor a URL; did you mean {}?", shorten_again(&meant)).into()
            }
            NameKind::FileUrl => "a service cannot fetch local files; give the path without file:".into(),
            NameKind::DataUri => "this is a data URI, not a file; name the original file".into(),
            NameKind::Base64 => "this is base64, not the name of a file; name the original file".into(),
            _ => Cow::default(),
        };
        if !reason.is_empty() && fs::symlink_metadata(&self.name).is_err() {
            return Some(reason);
        }
        if self.is_stdin() && io::stdin().is_terminal() {
            return Some("standard input is a terminal; pipe media into it, or name a file".into());
        }
        // Checked before the media type is detected, because that would fail with a less helpful error.
        if self.is_stdin() && io::stdin().lock().fill_buf().is_ok_and(<[u8]>::is_empty) {
            let reason = "standard input is empty; was it already read, or did the command before it fail?";
            return Some(reason.into());
        }
        None
    }

    fn media(&self, output: &Output) -> niello::Result<Media> {
        let mut options = Media::options().access(output.access.into()).name(self.name.to_string_lossy());
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

    /// Describes an error of the library, with a hint if the name or the error suggests what to do.
    fn with_hint(&self, kind: Kind, error: &niello::Error) -> anyhow::Error {
        let name = self.name.to_string_lossy();
        // The library escapes what it repeats.
        let mut message = error.to_string().replace(&escape(&name), &self.display_name());
        if let Some(mime) = &self.mime {
            message = message.replace(&format!("{mime:?}"), &format!("{:?}", shorten(mime)));
        }
        // The library's advice is for media that turned out to be text.
        if let (Kind::File, Some(message)) = (kind, message.strip_suffix("; check how it was downloaded")) {
            let argument = quoted(&format!("@{}", shorten_again(&self.display_name())));
            return anyhow!("{message}; send text with --text {argument}");
        }
        let hint = match error.kind() {
            ErrorKind::MimeType if self.mime.is_none() => self.type_hint(kind, &message),
            ErrorKind::Io if io::Error::from(error.clone()).kind() == io::ErrorKind::NotFound => {
                self.missing_file_hint(&name)
            }
            _ => None,
        };
        anyhow!("{message}{}", hint.unwrap_or_default())
    }

    /// Returns how to set the type. It names the type that was found, if one was.
    fn type_hint(&self, kind: Kind, message: &str) -> Option<String> {
        if let Some((_, found)) = message.rsplit_once(" has the media type ") {
            let (found, _) = found.split_once(',')?;
            let (found_kind, example) = (Kind::of(found), self.quoted_with_type(found));
            return Some(match found_kind == kind {
                true => format!(": {example}"),
                false => format!(": --{} {example}", found_kind.name()),
            });
        }
        if message.contains(" without a video track") {
            let example = self.quoted_with_type(Kind::Audio.mime_placeholder());
            return Some(format!(": --audio {example}"));
        }
        if message.starts_with("cannot detect the media type") {
            return Some(format!(": {}", self.quoted_with_type(kind.mime_placeholder())));
        }
        None
    }

    fn missing_file_hint(&self, name: &str) -> Option<String> {
        if let Some(hint) = similar::hint(Path::new(name)) {
            return Some(hint);
        }
        let has_suffix = name.rsplit_once(';').is_some_and(|(_, suffix)| suffix.contains('='));
        let hint = match name {
            _ if name.starts_with("--") => "; the option before it has no file",
            _ if name.starts_with('~') => {
                "; the shell expands ~ only at the start of a word and outside quotes"
            }
            _ if has_suffix => "; the suffixes are ;type=, ;fps=, ;start= and ;end=",
            _ if name.starts_with("files/") => {
                "; for a file uploaded to Google, give its whole URI: https://generativelanguage.googleapis.com/..."
            }
            _ if name.contains(' ') && Path::new(name).extension().is_none() => "; use --text for text",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Returns why the media cannot be sent as this kind. A type set by the user is not questioned.
    fn type_mismatch(&self, kind: Kind, media: &Media) -> Option<String> {
        if media.is_empty() {
            return Some("the file is empty; check that it was written completely".to_owned());
        }
        if self.mime.is_some() || Kind::of(media.mime()) == kind {
            return None;
        }
        Some(format!("the media type is {}; use --{}", media.mime(), Kind::of(media.mime()).name()))
    }

    /// Returns why a URL with this type by its extension cannot be sent as this kind.
    fn url_mismatch(&self, kind: Kind, mime: &str) -> Option<String> {
        let other = Kind::of(mime);
        // WebM is the only documented type of both kinds with one extension.
        let may_be_audio = kind == Kind::Audio && mime == "video/webm";
        if self.mime.is_some() || other == kind || may_be_audio {
            return None;
        }
        Some(format!("the extension means {mime}; use --{}", other.name()))
    }

    /// Returns this argument with a type, quoted for a shell.
    fn quoted_with_type(&self, mime: &str) -> String {
        quoted(&format!("{};type={mime}", shorten_again(&self.display_name())))
    }
}

/// Quotes text for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
