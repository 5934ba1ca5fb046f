//! Opens what a SRC names, or says what to do.

use super::{
    args::Output,
    source::{Kind, Src},
};
use niello::{ErrorKind, Media, Source};
use std::{
    fs,
    io::{self, BufRead, IsTerminal},
};

impl Src {
    /// Opens what it names; a URL is passed on byte for byte.
    pub fn open(&self, kind: Kind, output: &Output) -> Result<Source, String> {
        let refuse = |what: &str| Err(format!("--{} {}: {what}", kind.name(), self.shown()));
        match self.url() {
            Some(url) if url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:")) => {
                refuse("no service can fetch from this machine; give the path, without file://")
            }
            Some(url) => Ok(Source::Url(url.to_owned())),
            None if self.is_data_uri() => refuse("it is encoded already; give the file that it was made of"),
            None if self.is_stdin() && io::stdin().is_terminal() => {
                refuse("standard input is a terminal; pipe media into it, or name a file")
            }
            // Known before a type is looked for, which nothing has.
            None if self.is_stdin() && io::stdin().lock().fill_buf().is_ok_and(<[u8]>::is_empty) => {
                refuse("standard input has no bytes; was it read before, or did the command before it fail?")
            }
            None => {
                let media = self.media(output).map_err(|error| self.explain(kind, &error))?;
                match self.unlike(kind, &media) {
                    Some(what) => refuse(&what),
                    None => Ok(Source::Media(media)),
                }
            }
        }
    }

    /// What a message calls it, in which no token and no media stands.
    pub fn shown(&self) -> String {
        let name = self.name.display().to_string();
        match name.split_once('?') {
            _ if self.is_data_uri() => "data:...".to_owned(),
            Some((address, _)) if self.url().is_some() || is_address(address) => format!("{address}?..."),
            _ => name,
        }
    }

    fn is_data_uri(&self) -> bool {
        self.name.to_str().is_some_and(|name| name.starts_with("data:") && name.contains(','))
    }

    fn media(&self, output: &Output) -> niello::Result<Media> {
        let mut options = Media::options().access(output.access.into()).name(self.shown());
        if let Some(mime) = &self.mime {
            options = options.mime(mime);
        }
        if let Some(limit) = output.limit {
            options = options.max_spool(limit.max_len());
        }
        // A file behind /dev/stdin need not be copied; one of the name - is another.
        let is_file = || fs::metadata(&self.name).is_ok_and(|there| there.is_file());
        match self.is_stdin() && (self.name == "-" || !is_file()) {
            false => options.open(&self.name),
            true => options.name("standard input").from_reader(io::stdin()),
        }
    }

    /// The error with what to do, where the name tells what was meant.
    fn explain(&self, kind: Kind, error: &niello::Error) -> String {
        let name = self.name.to_string_lossy();
        let is_missing = || io::Error::from(error.clone()).kind() == io::ErrorKind::NotFound;
        match error.kind() {
            ErrorKind::MimeType if self.mime.is_none() => {
                format!("{error}: {}", self.of_type(kind.example()))
            }
            ErrorKind::Io if is_missing() => match &*name {
                name if is_address(name) => format!("{error}; a URL starts with https://"),
                name if name.starts_with('~') => {
                    format!("{error}; a shell knows ~ at the start of a word only, and outside quotes")
                }
                name if name.rsplit_once(';').is_some_and(|(_, end)| end.contains('=')) => {
                    format!("{error}; what may follow a name is ;type=, ;fps=, ;start= and ;end=")
                }
                _ => error.to_string(),
            },
            _ => error.to_string(),
        }
    }

    /// Why it cannot be shown as this kind; a type that is given stands.
    fn unlike(&self, kind: Kind, media: &Media) -> Option<String> {
        if media.is_empty() {
            return Some("it has no bytes; was it written to its end?".to_owned());
        }
        let mime = media.mime();
        let is = |kind: &Kind| mime.split('/').next() == Some(kind.name());
        let found = Kind::ALL.into_iter().find(is).filter(|found| *found != kind && self.mime.is_none())?;
        let instead = format!("its type is {mime}; use --{}", found.name());
        // The same bytes carry both.
        Some(match (kind, mime) {
            (Kind::Audio, "video/webm") => {
                format!("{instead}, or for sound alone {}", self.of_type("audio/webm"))
            }
            _ => instead,
        })
    }

    /// The argument with a type, for a shell.
    fn of_type(&self, mime: &str) -> String {
        format!("'{};type={mime}'", self.name.display().to_string().replace('\'', r"'\''"))
    }
}

/// Whether a name begins as the address of a host does, `example.com/` or `https:/`, and was meant for a URL.
fn is_address(name: &str) -> bool {
    let Some((host, _)) = name.split_once('/') else { return false };
    let labels = || host.split('.');
    let of_letters = |label: &str| label.len() > 1 && label.bytes().all(|b| b.is_ascii_alphabetic());
    matches!(host, "http:" | "https:")
        || labels().count() > 1
            && labels().all(|label| {
                !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
            && labels().next_back().is_some_and(of_letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_scheme_is_known() {
        for (text, is) in [
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
            assert_eq!(is_address(text), is, "{text}");
        }
    }

    #[test]
    fn no_token_and_no_media_is_shown() {
        for (text, shown) in [
            ("https://h/v.mp4?sig=secret", "https://h/v.mp4?..."),
            ("h.com/v.mp4?sig=secret", "h.com/v.mp4?..."),
            ("data:video/mp4;base64,AAAA", "data:..."),
            ("who?.mp4", "who?.mp4"),
        ] {
            assert_eq!(Src::parse(text).unwrap().shown(), shown);
        }
    }
}
