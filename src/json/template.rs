//! Templates: JSON text with directives that are replaced by media.

use super::{DataUri, keys::KeyCheck};
use crate::{
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result},
    media::{Access, Media, MediaOptions, OpenedMedia},
};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    cell::RefCell,
    collections::hash_map::{Entry, HashMap},
    error, fmt, fs, io,
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
        self.fill(&mut |name| Ok(self.options.open_untyped(&self.folder.join(name))?))
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
        let json: &RawValue = serde_json::from_str(text)
            .map_err(|cause| Error::with_source(ErrorKind::Json, "the template is not valid JSON", cause))?;
        let reader = RefCell::new(Reader {
            json: json.get(),
            position: 0,
            path: "$".to_owned(),
            depth: 0,
            resolve,
            resolved: HashMap::new(),
            error: None,
        });
        let plan = Plan::json(&Next(&reader), Some(KeyCheck::Template));
        match reader.into_inner().error {
            Some(error) => Err(error),
            None => plan.map(Body::new),
        }
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

type Cause = Box<dyn error::Error + Send + Sync>;

type Resolve<'a> = dyn FnMut(&str) -> std::result::Result<OpenedMedia, Cause> + 'a;

/// The next value of a template. Serializing it reads it, in one pass over the text.
struct Next<'r, 't>(&'r RefCell<Reader<'t>>);

impl Serialize for Next<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let first = self.0.borrow_mut().peek();
        match first {
            b'{' => self.object(serializer),
            b'[' => self.array(serializer),
            _ => self.read(Reader::scalar)?.serialize(serializer),
        }
    }
}

impl<'t> Next<'_, 't> {
    /// Calls the reader and keeps its error. serde gets a placeholder for it.
    fn read<T, E: serde::ser::Error>(
        &self,
        read: impl FnOnce(&mut Reader<'t>) -> Result<T>,
    ) -> std::result::Result<T, E> {
        let mut reader = self.0.borrow_mut();
        read(&mut reader).map_err(|error| {
            reader.error = Some(error);
            E::custom("an error in a template")
        })
    }

    fn object<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut next = self.read(Reader::begin_object)?;
        if let Some(key @ ("$data_uri" | "$base64")) = next.as_deref() {
            let media = self.read(|reader| reader.directive(key))?;
            return match key {
                "$base64" => media.serialize(serializer),
                _ => DataUri(media).serialize(serializer),
            };
        }
        let mut object = serializer.serialize_map(None)?;
        while let Some(key) = next {
            object.serialize_key(&key)?;
            let len = self.0.borrow_mut().enter(format_args!(".{key}"));
            object.serialize_value(self)?;
            next = self.read(|reader| reader.next_key(len))?;
        }
        object.end()
    }

    fn array<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(None)?;
        let mut more = self.read(Reader::begin_array)?;
        for index in 0.. {
            if !more {
                break;
            }
            let len = self.0.borrow_mut().enter(format_args!("[{index}]"));
            array.serialize_element(self)?;
            more = self.0.borrow_mut().next_element(len);
        }
        array.end()
    }
}

/// Reads a template that is known to be valid JSON, except that strings may contain escapes of half a surrogate pair.
struct Reader<'t> {
    json: &'t str,
    position: usize,
    /// The JSON path of the value that is being read, for errors.
    path: String,
    depth: usize,
    resolve: &'t mut Resolve<'t>,
    /// The media of each name. A pipe, for example, can be read only once.
    resolved: HashMap<String, OpenedMedia>,
    error: Option<Error>,
}

/// Bounds the recursion, as serde_json's own limit does.
const MAX_DEPTH: usize = 128;

impl<'t> Reader<'t> {
    /// Skips white space and returns the byte that follows; 0 at the end.
    fn peek(&mut self) -> u8 {
        let rest = &self.json.as_bytes()[self.position..];
        let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.position += space;
        rest.get(space).copied().unwrap_or(0)
    }

    /// Skips `byte` if it is next.
    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == byte;
        self.position += usize::from(is_next);
        is_next
    }

    /// Reads a scalar as it is spelled.
    fn scalar(&mut self) -> Result<&'t RawValue> {
        let start = match self.peek() {
            b'"' => return self.string().and_then(|string| self.parse(string)),
            _ => self.position,
        };
        let rest = &self.json[start..];
        let len = rest.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
        self.position += len;
        self.parse(&rest[..len])
    }

    /// Reads a string as it is spelled, with its quotes.
    fn string(&mut self) -> Result<&'t str> {
        self.peek();
        let rest = &self.json[self.position..];
        let (mut len, mut has_escape) = (1, false);
        loop {
            match rest.as_bytes()[len] {
                b'"' => break,
                b'\\' => {
                    has_escape = true;
                    len += 2;
                }
                _ => len += 1,
            }
        }
        let string = &rest[..=len];
        self.position += string.len();
        // serde_json checks these escapes only when it decodes the string.
        if has_escape && string.contains("\\u") {
            let _: String = self.parse(string)?;
        }
        Ok(string)
    }

    fn parse<'a, T: serde::Deserialize<'a>>(&self, json: &'a str) -> Result<T> {
        serde_json::from_str(json).map_err(|_| {
            self.error(
                ErrorKind::Json,
                "contains the escape of half a surrogate pair, which is not a character",
            )
        })
    }

    /// Begins an object and reads its first key. Returns `None` if the object is empty.
    fn begin_object(&mut self) -> Result<Option<String>> {
        self.begin()?;
        match self.skip(b'}') {
            true => Ok(self.end()),
            false => self.key().map(Some),
        }
    }

    /// Ends the value of a key, whose object has a path of length `len`, and reads the next key.
    fn next_key(&mut self, len: usize) -> Result<Option<String>> {
        self.path.truncate(len);
        if self.skip(b'}') {
            return Ok(self.end());
        }
        self.skip(b',');
        let key = self.key()?;
        match &*key {
            "$data_uri" | "$base64" => Err(self.not_alone()),
            _ => Ok(Some(key)),
        }
    }

    fn key(&mut self) -> Result<String> {
        let string = self.string()?;
        self.skip(b':');
        self.parse(string)
    }

    /// Begins an array. Returns `true` if it has an element.
    fn begin_array(&mut self) -> Result<bool> {
        self.begin()?;
        let is_empty = self.skip(b']');
        if is_empty {
            self.end();
        }
        Ok(!is_empty)
    }

    /// Ends an element of an array, which has a path of length `len`. Returns `true` if there is another one.
    fn next_element(&mut self, len: usize) -> bool {
        self.path.truncate(len);
        if self.skip(b']') {
            self.end();
            return false;
        }
        self.skip(b',')
    }

    fn begin(&mut self) -> Result<()> {
        self.position += 1;
        self.depth += 1;
        match self.depth > MAX_DEPTH {
            true => Err(self.error(ErrorKind::Json, &format!("nests deeper than {MAX_DEPTH} levels"))),
            false => Ok(()),
        }
    }

    fn end(&mut self) -> Option<String> {
        self.depth -= 1;
        None
    }

    /// Adds a step to the path, and returns its length before.
    fn enter(&mut self, step: fmt::Arguments<'_>) -> usize {
        let len = self.path.len();
        let _ = fmt::Write::write_fmt(&mut self.path, step);
        len
    }

    /// Reads a directive after its key, to the end of its object.
    fn directive(&mut self, key: &str) -> Result<Media> {
        let (name, mime) = self.arguments(key)?;
        if !self.skip(b'}') {
            self.skip(b',');
            return Err(match self.key()? == key {
                true => self.error(ErrorKind::Json, &format!("has the key {key:?} twice")),
                false => self.not_alone(),
            });
        }
        self.end();
        let opened = match self.resolved.entry(name) {
            Entry::Occupied(opened) => opened.into_mut(),
            Entry::Vacant(place) => match (self.resolve)(place.key()) {
                Ok(opened) => place.insert(opened),
                Err(cause) => return Err(unresolved(&self.path, place.key(), cause)),
            },
        };
        let media = match (key, mime) {
            ("$base64", _) => Ok(opened.untyped()),
            (_, Some(mime)) => opened.with_mime(&mime),
            (_, None) => opened.typed(),
        };
        media.map_err(|error| at(&self.path, error))
    }

    /// Reads the object of a directive: the name and the MIME type.
    fn arguments(&mut self, key: &str) -> Result<(String, Option<String>)> {
        let invalid =
            |reader: &Self, what: &str| Err(reader.error(ErrorKind::Invalid, &format!("`{key}` {what}")));
        if !self.skip(b'{') {
            return invalid(self, "is not an object such as {\"file\": \"clip.mp4\"}");
        }
        let (mut file, mut mime) = (None, None);
        while !self.skip(b'}') {
            self.skip(b',');
            let field = self.key()?;
            let value = match &*field {
                "file" => &mut file,
                "mime" if key == "$data_uri" => &mut mime,
                _ => return invalid(self, &format!("does not accept {field:?}")),
            };
            if value.is_some() {
                return Err(self.error(ErrorKind::Json, &format!("has the key {field:?} twice")));
            }
            if self.peek() != b'"' {
                return invalid(self, &format!("has a {field:?} that is not a string"));
            }
            let string = self.string()?;
            *value = Some(self.parse(string)?);
        }
        match file.filter(|file: &String| !file.is_empty()) {
            Some(file) => Ok((file, mime)),
            None => invalid(self, "has no \"file\""),
        }
    }

    fn not_alone(&self) -> Error {
        self.error(ErrorKind::Invalid, "has other keys next to `$data_uri` or `$base64`")
    }

    fn error(&self, kind: ErrorKind, what: &str) -> Error {
        Error::new(kind, format!("template: {} {what}", self.path))
    }
}

/// An error with its path in the template.
fn at(path: &str, error: Error) -> Error {
    Error::with_source(error.kind(), format!("template: {path}"), error)
}

fn unresolved(path: &str, name: &str, cause: Cause) -> Error {
    match cause.downcast::<Error>() {
        Ok(error) => at(path, *error),
        Err(cause) => {
            let kind = if cause.is::<io::Error>() { ErrorKind::Io } else { ErrorKind::Invalid };
            Error::with_source(kind, format!("template: {path}: cannot resolve {name:?}"), cause)
        }
    }
}

#[cfg(test)]
mod tests;
