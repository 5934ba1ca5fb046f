//! Templates: JSON text with directives that are replaced by media.

mod reader;

use crate::{
    body::Body,
    error::{Error, ErrorKind, Result},
    media::{Access, Media, MediaOptions},
};
use reader::{Cause, Resolve};
use std::{
    borrow::Cow,
    fs, io,
    path::{Path, PathBuf},
};

/// JSON text with directives that are replaced by media.
///
/// A directive is an object of one of these forms:
///
/// | directive | replaced by |
/// |---|---|
/// | `{"$data_uri": {"file": F, "mime": M}}` | the string `data:M;base64,` and the encoded file. Without `mime`, the type is detected as by [`Media::open`]. |
/// | `{"$base64": {"file": F}}` | the string of the encoded file |
///
/// Everything else is copied verbatim, including the order of keys and the spelling of numbers and string values. Only
/// white space between tokens is removed, and the escapes of keys are normalized.
///
/// A directive is found in the parsed JSON, so text inside a string is never one.
///
/// # Trusted and untrusted templates
///
/// [`body`](Self::body) takes `F` as a path and opens it, so a template can name any file that the process can read.
/// Use it for templates that you wrote yourself. For any other template use [`body_with`](Self::body_with), which
/// opens nothing: your function decides which media a name refers to.
///
/// # Examples
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # std::fs::write(folder.path().join("tone.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
/// use niello::Template;
///
/// let text = r#"{"input": {"$base64": {"file": "tone.wav"}}, "speed": 1.0}"#;
/// let mut body = Template::new(text).folder(folder.path()).body()?;
/// assert_eq!(std::io::read_to_string(&mut body).unwrap(), r#"{"input":"UklGRgQAAABXQVZF","speed":1.0}"#);
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a template opens nothing until `body` or `body_with` is called"]
pub struct Template<'a> {
    text: Cow<'a, str>,
    folder: PathBuf,
    options: MediaOptions,
}

impl<'a> Template<'a> {
    /// Creates a template from its text. Files are relative to the current directory of the process.
    ///
    /// A byte order mark at the start is ignored.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Template<'a> {
        Template { text: text.into(), folder: PathBuf::new(), options: Media::options() }
    }

    /// Reads a template from a file. Files are relative to the folder of that file.
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io): the file cannot be read or is not UTF-8. The message says if it is UTF-16.
    pub fn open(path: impl AsRef<Path>) -> Result<Template<'static>> {
        let path = path.as_ref();
        let text = fs::read(path).and_then(decode).map_err(|cause| {
            Error::with_source(ErrorKind::Io, format!("cannot read {}", path.display()), cause)
        })?;
        Ok(Template::new(text).folder(path.parent().unwrap_or(Path::new(""))))
    }

    /// Sets the folder that relative paths start from.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Template<'a> {
        self.folder = folder.into();
        self
    }

    /// Sets how files are accessed.
    pub fn access(mut self, access: Access) -> Template<'a> {
        self.options = self.options.access(access);
        self
    }

    /// Sets the largest pipe that is copied to a temporary file, in bytes. See [`MediaOptions::max_spool`].
    pub fn max_spool(mut self, bytes: u64) -> Template<'a> {
        self.options = self.options.max_spool(bytes);
        self
    }

    /// Creates the body with the files that the directives name. Each name is opened once.
    ///
    /// Use this for trusted templates only: a template can name any file that the process can read.
    ///
    /// # Errors
    ///
    /// The message contains the JSON path of the error, such as `$.messages[0]`.
    ///
    /// - [`Json`](ErrorKind::Json): the text is not valid JSON, nests deeper than 128 levels, or has an object with a
    ///   key twice.
    /// - [`Invalid`](ErrorKind::Invalid): a directive does not have one of the two forms.
    /// - The errors of [`Media::open`].
    pub fn body(&self) -> Result<Body> {
        self.fill(&mut |name| Ok(self.options.open_untyped(&self.folder, name.as_ref())?))
    }

    /// Creates the body with the media that `resolve` returns for the names in the directives.
    ///
    /// `resolve` is called once per name, which is any non-empty string. The folder and the options of the template are
    /// not used. `mime` in a directive replaces the type of the media.
    ///
    /// # Examples
    ///
    /// ```
    /// use niello::{Media, Template};
    ///
    /// let upload = Media::from_bytes(&b"RIFF"[..], "audio/wav")?;
    /// let resolve = |name: &str| match name {
    ///     "upload" => Ok(upload.clone()),
    ///     _ => Err("no such upload"),
    /// };
    /// let mut body = Template::new(r#"[{"$data_uri": {"file": "upload"}}]"#).body_with(resolve)?;
    /// assert_eq!(std::io::read_to_string(&mut body).unwrap(), r#"["data:audio/wav;base64,UklGRg=="]"#);
    ///
    /// let untrusted = Template::new(r#"[{"$base64": {"file": "/etc/passwd"}}]"#);
    /// let error = untrusted.body_with(resolve).unwrap_err();
    /// assert_eq!(error.to_string(), r#"template: $[0]: cannot resolve "/etc/passwd": no such upload"#);
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`body`](Self::body), and those that `resolve` returns: an [`Error`] keeps its kind, an
    /// [`io::Error`] becomes [`Io`](ErrorKind::Io), and any other error becomes [`Invalid`](ErrorKind::Invalid).
    pub fn body_with<E>(&self, mut resolve: impl FnMut(&str) -> std::result::Result<Media, E>) -> Result<Body>
    where
        E: Into<Cause>,
    {
        self.fill(&mut |name| match resolve(name) {
            Ok(media) => Ok(media.into()),
            Err(error) => Err(error.into()),
        })
    }

    fn fill(&self, resolve: &mut Resolve<'_>) -> Result<Body> {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        reader::fill(text, resolve)
    }
}

/// Decodes the content of a file.
fn decode(bytes: Vec<u8>) -> io::Result<String> {
    let invalid = |message: String| Err(io::Error::new(io::ErrorKind::InvalidData, message));
    let is_utf16 = match bytes[..] {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        // Without a byte order mark, the start of the JSON shows it.
        [0, first, ..] | [first, 0, ..] => b"{[\" \n\r\t".contains(&first),
        _ => false,
    };
    if is_utf16 {
        return invalid("it is UTF-16; convert it to UTF-8".to_owned());
    }
    String::from_utf8(bytes).or_else(|error| {
        invalid(format!("it is not UTF-8: byte {} is invalid", error.utf8_error().valid_up_to() + 1))
    })
}

#[cfg(test)]
mod tests;
