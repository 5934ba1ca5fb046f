//! Reads a template in one pass, while serde writes it.

use crate::{
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result},
    json::{DataUri, keys::KeyCheck},
    media::{Media, OpenedMedia, redact},
};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::value::RawValue;
use std::{
    cell::RefCell,
    collections::hash_map::{Entry, HashMap},
    error, fmt, io,
};

pub(super) type Cause = Box<dyn error::Error + Send + Sync>;

pub(super) type Resolve<'a> = dyn FnMut(&str) -> std::result::Result<OpenedMedia, Cause> + 'a;

/// Creates the body of a template from its text.
pub(super) fn fill(text: &str, resolve: &mut Resolve<'_>) -> Result<Body> {
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
            Error::with_source(kind, format!("template: {path}: cannot resolve {:?}", redact(name)), cause)
        }
    }
}
