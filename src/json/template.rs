//! JSON text in which directives stand where media goes.

use crate::{
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result},
    json::{DataUri, keys::KeyCheck},
    media::{Access, Media, MediaOptions, OpenedMedia},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    collections::{
        HashSet,
        hash_map::{Entry, HashMap},
    },
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
};

/// JSON text in which these objects stand where media goes:
///
/// | directive | what takes its place |
/// |---|---|
/// | `{"$data_uri": {"file": F, "mime": M}}` | a string: `data:M;base64,` and the base64 text of the file; without `mime`, the type that [`Media::open`] finds |
/// | `{"$base64": {"file": F}}` | a string: the base64 text of the file |
///
/// F is a path, relative to [`folder`](Template::folder). Everything else stays: the order of keys, the
/// spelling of numbers and of strings that are values. White space between tokens goes, and keys are escaped
/// where they must be and nowhere else.
///
/// The text is parsed before it is looked through, so a directive is an object and never the inside of a string.
/// But whoever writes a template can have any file read that the process may read: do not fill those of
/// strangers.
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
#[must_use = "it reads nothing until `body`"]
pub struct Template<'a> {
    text: Cow<'a, str>,
    folder: PathBuf,
    options: MediaOptions,
}

impl<'a> Template<'a> {
    /// A template from its text; its files are relative to the current folder of the process.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Template<'a> {
        Template { text: text.into(), folder: PathBuf::new(), options: Media::options() }
    }

    /// Reads a template from a file; its files are relative to the folder of that file.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if it can't be read or is no UTF-8.
    pub fn open(path: impl AsRef<Path>) -> Result<Template<'static>> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|cause| {
            Error::with_source(ErrorKind::Io, format!("cannot read {}", path.display()), cause)
        })?;
        Ok(Template::new(text).folder(path.parent().unwrap_or(Path::new(""))))
    }

    /// The folder that relative paths start from.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Template<'a> {
        self.folder = folder.into();
        self
    }

    /// Chooses how the bytes of the files are had: see [`Access`].
    pub fn access(mut self, access: Access) -> Template<'a> {
        self.options = self.options.access(access);
        self
    }

    /// Refuses pipes of more than so many bytes: see [`MediaOptions::max_spool`].
    pub fn max_spool(mut self, bytes: u64) -> Template<'a> {
        self.options = self.options.max_spool(bytes);
        self
    }

    /// The body: opens the files that the directives name, each once, and reads no more than the head of any.
    ///
    /// # Errors
    /// [`Json`](ErrorKind::Json) if the text is no JSON, nests deeper than 128 levels, or has an object with a
    /// key twice; [`Invalid`](ErrorKind::Invalid) for a directive that is not of one of the two forms; and
    /// those of [`Media::open`]. Each says where in the text.
    pub fn body(&self) -> Result<Body> {
        let raw: &RawValue = serde_json::from_str(&self.text)
            .map_err(|cause| Error::with_source(ErrorKind::Json, "the template is no JSON", cause))?;
        let mut reading = Reading { template: self, opened: HashMap::new(), path: "$".to_owned(), depth: 0 };
        Plan::json(&reading.node(raw)?, Some(KeyCheck::Template)).map(Body::new)
    }
}

/// A value of a template, its media opened.
enum Node<'a> {
    /// A scalar as it is spelled.
    Raw(&'a RawValue),
    Array(Vec<Node<'a>>),
    Object(Vec<(String, Node<'a>)>),
    Base64(Media),
    DataUri(DataUri),
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Node::Raw(raw) => raw.serialize(serializer),
            Node::Array(items) => serializer.collect_seq(items),
            Node::Object(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
            Node::Base64(media) => media.serialize(serializer),
            Node::DataUri(uri) => uri.serialize(serializer),
        }
    }
}

/// Where a template is being read.
struct Reading<'t> {
    template: &'t Template<'t>,
    /// A file that is named twice is opened once: it might be a pipe. By the spelling of its path, since a
    /// `PathBuf` takes `clip/` for `clip`.
    opened: HashMap<OsString, OpenedMedia>,
    /// JSON path of the value that is being read, for errors.
    path: String,
    depth: usize,
}

/// Bounds the recursion, as serde_json's own limit does.
const MAX_DEPTH: usize = 128;

impl Reading<'_> {
    fn node<'a>(&mut self, raw: &'a RawValue) -> Result<Node<'a>> {
        match raw.get().as_bytes().first() {
            Some(b'{') => {
                let entries = self.entries(raw)?;
                let directive = entries.iter().any(|(key, _)| matches!(&**key, "$data_uri" | "$base64"));
                match &entries[..] {
                    [(key, inner)] if key == "$data_uri" => {
                        let (file, mime) = self.directive(key, inner)?;
                        let opened = self.open(&file)?;
                        let media = mime.map_or_else(|| opened.typed(), |mime| opened.with_mime(&mime));
                        Ok(Node::DataUri(DataUri(media.map_err(|error| at(&self.path, error))?)))
                    }
                    [(key, inner)] if key == "$base64" => {
                        let (file, _) = self.directive(key, inner)?;
                        Ok(Node::Base64(self.open(&file)?.untyped()))
                    }
                    _ if directive => Err(self.error(
                        ErrorKind::Invalid,
                        "has other keys beside `$data_uri` or `$base64`, which stand alone",
                    )),
                    _ => {
                        let entries = entries.into_iter().map(|(key, value)| {
                            let node = self.below(&format!(".{key}"), value)?;
                            Ok((key, node))
                        });
                        Ok(Node::Object(entries.collect::<Result<_>>()?))
                    }
                }
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = self.parse(raw)?;
                let items =
                    items.into_iter().enumerate().map(|(i, item)| self.below(&format!("[{i}]"), item));
                Ok(Node::Array(items.collect::<Result<_>>()?))
            }
            // A `RawValue` lets the escape of half a surrogate pair pass.
            Some(b'"') => self.parse(raw).map(|_: String| Node::Raw(raw)),
            _ => Ok(Node::Raw(raw)),
        }
    }

    fn below<'a>(&mut self, step: &str, raw: &'a RawValue) -> Result<Node<'a>> {
        let len = self.path.len();
        self.path.push_str(step);
        self.depth += 1;
        if self.depth >= MAX_DEPTH {
            return Err(self.error(ErrorKind::Json, &format!("nests deeper than {MAX_DEPTH} levels")));
        }
        let node = self.node(raw)?;
        self.path.truncate(len);
        self.depth -= 1;
        Ok(node)
    }

    /// The entries of an object, in order, none twice.
    fn entries<'a>(&self, raw: &'a RawValue) -> Result<Vec<(String, &'a RawValue)>> {
        let Entries(entries) = self.parse(raw)?;
        let mut keys = HashSet::new();
        match entries.iter().find(|(key, _)| !keys.insert(key)) {
            None => Ok(entries),
            Some((key, _)) => Err(self.error(ErrorKind::Json, &format!("has the key {key:?} twice"))),
        }
    }

    /// The file and the MIME type of a directive.
    fn directive(&self, key: &str, raw: &RawValue) -> Result<(String, Option<String>)> {
        let invalid = |what: &str| Err(self.error(ErrorKind::Invalid, &format!("`{key}` {what}")));
        if !raw.get().starts_with('{') {
            return invalid("is no object such as {\"file\": \"clip.mp4\"}");
        }
        let (mut file, mut mime) = (None, None);
        for (field, value) in self.entries(raw)? {
            let text = match field.as_str() {
                "file" => &mut file,
                "mime" if key == "$data_uri" => &mut mime,
                _ => return invalid(&format!("takes no {field:?}")),
            };
            if !value.get().starts_with('"') {
                return invalid(&format!("has a {field:?} that is no text"));
            }
            *text = Some(self.parse(value)?);
        }
        match file.filter(|file: &String| !file.is_empty()) {
            Some(file) => Ok((file, mime)),
            None => invalid("names no \"file\""),
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&self, raw: &'a RawValue) -> Result<T> {
        // It is JSON: what is left to be wrong is half a surrogate pair, in a string or a key. The line and
        // column would be those in this value.
        serde_json::from_str(raw.get()).map_err(|_| {
            self.error(ErrorKind::Json, "has the escape of half a surrogate pair, which is no character")
        })
    }

    fn open(&mut self, file: &str) -> Result<&OpenedMedia> {
        match self.opened.entry(self.template.folder.join(file).into_os_string()) {
            Entry::Occupied(opened) => Ok(opened.into_mut()),
            Entry::Vacant(place) => {
                let options = self.template.options.clone();
                let opened =
                    options.open_untyped(Path::new(place.key())).map_err(|error| at(&self.path, error))?;
                Ok(place.insert(opened))
            }
        }
    }

    fn error(&self, kind: ErrorKind, what: &str) -> Error {
        Error::new(kind, format!("template: {} {what}", self.path))
    }
}

/// The error of a media, with its place in the template.
fn at(path: &str, error: Error) -> Error {
    Error::with_source(error.kind(), format!("template: {path}"), error)
}

/// The entries of an object, in order.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Entries<'a>, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.bin"), b"\x01\x02\x03\x04").unwrap();
        fs::write(folder.path().join("a.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
        let mut body = Template::new(text).folder(folder.path()).body()?;
        let filled = std::io::read_to_string(&mut body).unwrap();
        assert_eq!(body.len(), filled.len() as u64);
        Ok(filled)
    }

    #[test]
    fn what_is_no_directive_stays_as_it_is_spelled() {
        let text = r#"{"z":1.50,"a":-0.0,"big":12345678901234567890123,"s":"p\u00e9\/","n":[null,true,{}]}"#;
        assert_eq!(fill(text).unwrap(), text);
        assert_eq!(fill(" [ 1 ,\n\t2 ] ").unwrap(), "[1,2]");
        assert_eq!(fill("\"x\"").unwrap(), "\"x\"");
        // Numbers that no f64 holds, and a key that means something to serde_json.
        let odd = r#"[1e400,-1E-999,{"$serde_json::private::RawValue":"1"}]"#;
        assert_eq!(fill(odd).unwrap(), odd);
    }

    #[test]
    fn directives_give_way_to_media() {
        assert_eq!(fill(r#"[{"$base64":{"file":"a.bin"}}]"#).unwrap(), r#"["AQIDBA=="]"#);
        assert_eq!(
            fill(r#"{"$data_uri":{"file":"a.wav"}}"#).unwrap(),
            r#""data:audio/wav;base64,UklGRgQAAABXQVZF""#
        );
        let given = r#"{"u":{"$data_uri":{"file":"a.bin","mime":"audio/pcm;rate=16000"}}}"#;
        assert_eq!(fill(given).unwrap(), r#"{"u":"data:audio/pcm;rate=16000;base64,AQIDBA=="}"#);
        // A key that is spelled with escapes is the same key.
        assert_eq!(fill(r#"{"\u0024base64":{"file":"a.bin"}}"#).unwrap(), r#""AQIDBA==""#);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, kind, place) in [
            (r#"{"a":[{"$base64":{"file":"a.bin"},"x":1}]}"#, ErrorKind::Invalid, "$.a[0]"),
            (r#"{"$base64":{"file":"a.bin"},"$data_uri":{"file":"a.bin"}}"#, ErrorKind::Invalid, "$ "),
            (r#"{"$base64":{"file":"a.bin"},"$base64":{"file":"a.bin"}}"#, ErrorKind::Json, "twice"),
            (r#"{"a":{"b":1,"b":1}}"#, ErrorKind::Json, "$.a"),
            (r#"{"a":{"b":1,"\u0062":1}}"#, ErrorKind::Json, "$.a has the key \"b\" twice"),
            (
                r#"[{"$base64":{"file":"a.bin","mime":"a/b"}}]"#,
                ErrorKind::Invalid,
                "$[0] `$base64` takes no \"mime\"",
            ),
            (
                r#"[{"$data_uri":{"file":"a.bin","file":"a.bin"}}]"#,
                ErrorKind::Json,
                "$[0] has the key \"file\" twice",
            ),
            (r#"[{"$data_uri":{"mime":"a/b"}}]"#, ErrorKind::Invalid, "names no \"file\""),
            (r#"[{"$data_uri":{"file":""}}]"#, ErrorKind::Invalid, "names no \"file\""),
            (r#"[{"$data_uri":{"file":1}}]"#, ErrorKind::Invalid, "\"file\" that is no text"),
            (r#"[{"$data_uri":"a.bin"}]"#, ErrorKind::Invalid, "$[0] `$data_uri` is no object"),
            (r#"[{"$base64":["a.bin"]}]"#, ErrorKind::Invalid, "$[0] `$base64` is no object"),
            (r#"[{"$data_uri":{"file":"a.bin"}}]"#, ErrorKind::MimeType, "a.bin"),
            (r#"[{"$data_uri":{"file":"a.bin","mime":"a/b\",\"c"}}]"#, ErrorKind::MimeType, "a.bin"),
            (r#"[{"$base64":{"file":"none"}}]"#, ErrorKind::Io, "template: $[0]: cannot open"),
            (
                r#"[{"$base64":{"file":"a.bin"}},{"$base64":{"file":"a.bin/"}}]"#,
                ErrorKind::Io,
                "$[1]: cannot open",
            ),
            (r#"{"a":"#, ErrorKind::Json, "line 1 column 5"),
            (r#"["\ud800"]"#, ErrorKind::Json, "$[0] has the escape of half a surrogate pair"),
            (r#"{"\ud800":1}"#, ErrorKind::Json, "$ has the escape of half a surrogate pair"),
            ("[1] 2", ErrorKind::Json, "trailing"),
            ("", ErrorKind::Json, "no JSON"),
            ("\u{feff}{}", ErrorKind::Json, "no JSON"),
        ] {
            let error = fill(text).unwrap_err();
            assert_eq!(error.kind(), kind, "{text}: {error}");
            assert!(error.to_string().contains(place), "{text}: {error}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(fill(&nested(100)).is_ok());
        for depth in [200, 100_000] {
            assert_eq!(fill(&nested(depth)).unwrap_err().kind(), ErrorKind::Json);
        }
    }

    #[test]
    #[cfg(all(unix, feature = "spool"))]
    fn a_pipe_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let writer = std::thread::spawn(move || fs::write(pipe, "abc").unwrap());
        let text = r#"[{"$base64":{"file":"pipe"}},{"$data_uri":{"file":"pipe","mime":"a/b"}},{"$data_uri":{"file":"pipe","mime":"c/d"}}]"#;
        let mut body = Template::new(text).folder(folder.path()).body().unwrap();
        let filled = std::io::read_to_string(&mut body).unwrap();
        assert_eq!(filled, r#"["YWJj","data:a/b;base64,YWJj","data:c/d;base64,YWJj"]"#);
        writer.join().unwrap();
    }

    #[test]
    fn a_file_that_is_named_twice_is_opened_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.bin"), b"abc").unwrap();
        let text = r#"[{"$base64":{"file":"a.bin"}},{"$base64":{"file":"a.bin"}}]"#;
        let body = Template::new(text).folder(folder.path()).body().unwrap();
        let media: Vec<_> = body
            .segments()
            .filter_map(|(_, segment)| match segment {
                crate::Segment::Base64(media) => Some(media.clone()),
                _ => None,
            })
            .collect();
        assert!(media[0].ptr_eq(&media[1]));
    }
}
