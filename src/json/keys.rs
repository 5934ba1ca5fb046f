//! Finds keys that an object has twice while the JSON is written.
//!
//! The formatter of a plan reports every bracket and every key here. The keys of the open objects are kept as ranges
//! of the plan's text, so an ordinary request allocates nothing, and the work is linear in the number of keys.
//!
//! Raw JSON (`RawValue`) is not looked into. A key that contains media is never equal to another one.

use crate::{
    body::plan::Plan,
    error::{Error, ErrorKind},
};
use std::{borrow::Cow, collections::HashSet, fmt::Write};

/// What is being written, which decides how a duplicate is reported.
#[derive(Clone, Copy)]
pub(crate) enum KeyCheck {
    /// A template: a duplicate is an error in its JSON.
    Template,
    /// A typed request: a duplicate is an extra key that repeats a field. `None` if every field has one name.
    Request(Option<&'static FieldNames>),
}

/// The names of the fields of an API in which a field can have several names.
pub(crate) struct FieldNames {
    /// Returns the name by which all names of a field are compared. A name without an underscore is returned unchanged.
    pub canonical: fn(&str) -> Cow<'_, str>,
    /// Returns what the value of `key` contains, where `key` is in an object that is the value of `object`. `object`
    /// is empty for the outermost object and for elements of arrays. Both names are canonical.
    pub contents: fn(object: &str, key: &str) -> Contents,
}

/// What the keys of a JSON value mean.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Contents {
    /// Keys are fields, which may have several names.
    Fields,
    /// Keys are names that the user chose, and the values have fields.
    Names,
    /// Keys are names that the user chose, at every depth.
    FreeForm,
}

/// The objects and arrays that are open at a point in the JSON, with the keys of the objects.
#[derive(Default)]
pub(super) struct OpenKeys {
    containers: Vec<Container>,
    keys: Vec<Key>,
    /// Where the key that is being written starts: in the text, and in the segments.
    start: (usize, usize),
}

struct Container {
    /// Where the keys of this container start in `OpenKeys::keys`.
    first_key: usize,
    /// The number of elements of an array; `None` for an object.
    elements: Option<usize>,
    contents: Contents,
    /// The canonical names of the keys, if there are more than [`FEW`].
    seen: Option<HashSet<Box<[u8]>>>,
}

#[derive(Clone, Copy)]
struct Key {
    /// The range of the plan's text between the quotes: JSON, with its escapes.
    start: usize,
    end: usize,
    has_media: bool,
    /// Whether the key is its own canonical name.
    is_canonical: bool,
}

impl Key {
    fn bytes(self, plan: &Plan) -> &[u8] {
        plan.bytes(self.start..self.end)
    }

    fn text(self, plan: &Plan) -> &str {
        std::str::from_utf8(self.bytes(plan)).expect("serde_json writes UTF-8")
    }
}

/// The number of keys of an object that are compared one by one. Beyond it, a set finds duplicates.
const FEW: usize = 16;

/// No field has a longer name, in bytes.
const LONGEST_FIELD: usize = 128;

/// The largest capacity of a buffer that is kept for the next plan.
const MAX_KEPT: usize = 1024;

impl KeyCheck {
    fn names(self) -> Option<&'static FieldNames> {
        match self {
            KeyCheck::Template => None,
            KeyCheck::Request(names) => names,
        }
    }

    /// Returns `true` if `key` is certainly its own canonical name.
    fn has_one_name(self, key: &[u8], contents: Contents) -> bool {
        self.names().is_none() || contents != Contents::Fields || !key.contains(&b'_')
    }

    /// Returns the canonical name of `key` as bytes, which are cheap to compare.
    fn canonical<'p>(self, key: Key, contents: Contents, plan: &'p Plan) -> Cow<'p, [u8]> {
        match self.names() {
            Some(names) if contents == Contents::Fields => match (names.canonical)(key.text(plan)) {
                Cow::Borrowed(name) => Cow::Borrowed(name.as_bytes()),
                Cow::Owned(name) => Cow::Owned(name.into_bytes()),
            },
            _ => Cow::Borrowed(key.bytes(plan)),
        }
    }

    /// Returns the error for an object at `path` in which the key `second` repeats the key `first`.
    fn error(self, path: &str, contents: Contents, first: &str, second: &str) -> Error {
        let keys = match first == second {
            true => format!("has the key \"{first}\" twice"),
            false => format!("has the keys \"{first}\" and \"{second}\", which are the same field"),
        };
        match self {
            KeyCheck::Template => Error::new(ErrorKind::Json, format!("template: ${path} {keys}")),
            KeyCheck::Request(_) => {
                let object = match path.strip_prefix('.').unwrap_or(path) {
                    "" => "the request".to_owned(),
                    path => path.to_owned(),
                };
                let hint = match contents {
                    Contents::Names => "give each name once",
                    _ => "remove one, or set the field instead of an extra key",
                };
                Error::new(ErrorKind::Invalid, format!("{object} {keys}; {hint}"))
            }
        }
    }
}

impl OpenKeys {
    pub(super) const fn new() -> OpenKeys {
        OpenKeys { containers: Vec::new(), keys: Vec::new(), start: (0, 0) }
    }

    /// Empties the buffers for the next plan, and frees them if they are large.
    pub(super) fn recycle(mut self) -> OpenKeys {
        if self.keys.capacity() > MAX_KEPT || self.containers.capacity() > MAX_KEPT {
            return OpenKeys::new();
        }
        self.containers.clear();
        self.keys.clear();
        self
    }

    pub(super) fn begin_object(&mut self, check: KeyCheck, plan: &Plan) {
        self.begin(None, check, plan);
    }

    pub(super) fn begin_array(&mut self, check: KeyCheck, plan: &Plan) {
        self.begin(Some(0), check, plan);
    }

    fn begin(&mut self, elements: Option<usize>, check: KeyCheck, plan: &Plan) {
        let contents = self.contents_of_next(check, plan);
        self.containers.push(Container { first_key: self.keys.len(), elements, contents, seen: None });
    }

    /// Ends an object or an array.
    ///
    /// A `Serialize` that announces fewer entries than it writes ends an object too often, so there may be none.
    pub(super) fn end(&mut self) {
        if let Some(container) = self.containers.pop() {
            self.keys.truncate(container.first_key);
        }
    }

    pub(super) fn begin_element(&mut self) {
        if let Some(Container { elements: Some(elements), .. }) = self.containers.last_mut() {
            *elements += 1;
        }
    }

    pub(super) fn begin_key(&mut self, plan: &Plan) {
        self.start = (plan.text_len(), plan.segment_count());
    }

    /// Adds the key that was written since [`begin_key`](Self::begin_key), with its quotes.
    pub(super) fn end_key(&mut self, check: KeyCheck, plan: &Plan) -> Result<(), Error> {
        let Some(object) = self.containers.last_mut().filter(|container| container.elements.is_none()) else {
            return Ok(());
        };
        let (start, segments) = self.start;
        let key = Key {
            start: start + 1,
            end: plan.text_len() - 1,
            has_media: plan.segment_count() > segments,
            is_canonical: true,
        };
        let earlier = &self.keys[object.first_key..];
        // The usual key: one of few, in an object whose keys have one name each.
        let has_one_name = |key: Key| check.has_one_name(key.bytes(plan), object.contents);
        let differs = |earlier: &Key| {
            earlier.is_canonical && (earlier.has_media || earlier.bytes(plan) != key.bytes(plan))
        };
        let is_few = object.seen.is_none() && earlier.len() < FEW;
        if key.has_media || is_few && has_one_name(key) && earlier.iter().all(differs) {
            self.keys.push(key);
            return Ok(());
        }
        self.end_unusual_key(key, check, plan)
    }

    /// Adds a key of many, or one that can have several names, or reports a duplicate.
    #[inline(never)]
    fn end_unusual_key(&mut self, mut key: Key, check: KeyCheck, plan: &Plan) -> Result<(), Error> {
        let Some(object) = self.containers.last_mut() else { return Ok(()) };
        let contents = object.contents;
        let canonical = |key: Key| check.canonical(key, contents, plan);
        let name = canonical(key);
        key.is_canonical = matches!(name, Cow::Borrowed(_));
        let earlier = &self.keys[object.first_key..];
        let is_same = |earlier: &Key| match earlier.has_media {
            true => false,
            false if earlier.is_canonical => earlier.bytes(plan) == &*name,
            false => canonical(*earlier) == name,
        };
        if object.seen.is_none() && earlier.len() >= FEW {
            let names =
                earlier.iter().filter(|key| !key.has_media).map(|key| canonical(*key).into_owned().into());
            object.seen = Some(names.collect());
        }
        let is_new = match &mut object.seen {
            Some(seen) => seen.insert(name.as_ref().into()),
            None => !earlier.iter().any(is_same),
        };
        if is_new {
            self.keys.push(key);
            return Ok(());
        }
        let first = earlier.iter().copied().find(is_same).unwrap_or(key);
        Err(check.error(&self.path(plan), contents, first.text(plan), key.text(plan)))
    }

    /// Returns the contents of the container that begins now.
    fn contents_of_next(&self, check: KeyCheck, plan: &Plan) -> Contents {
        let Some(names) = check.names() else { return Contents::FreeForm };
        match self.containers.last() {
            None => Contents::Fields,
            Some(Container { contents: Contents::Names, .. }) => Contents::Fields,
            Some(Container { contents: Contents::Fields, elements: None, .. }) => {
                // Every container in an object compares the object's own key again, so a long one must not cost more.
                let name = |container| {
                    self.last_key(container)
                        .filter(|key| key.end - key.start <= LONGEST_FIELD)
                        .map_or(Cow::Borrowed(""), |key| (names.canonical)(key.text(plan)))
                };
                let object = self.containers.len() - 1;
                let outer = object.checked_sub(1).map_or(Cow::Borrowed(""), name);
                (names.contents)(&outer, &name(object))
            }
            Some(container) => container.contents,
        }
    }

    /// Returns the key whose value is being written in the object with this index. Returns `None` for an array.
    fn last_key(&self, container: usize) -> Option<Key> {
        let Container { first_key, elements: None, .. } = self.containers[container] else { return None };
        let end = self.containers.get(container + 1).map_or(self.keys.len(), |next| next.first_key);
        (end > first_key).then(|| self.keys[end - 1])
    }

    /// Returns the path of the innermost container, such as `.messages[0].content`. It is empty for the outermost one.
    fn path(&self, plan: &Plan) -> String {
        let mut path = String::new();
        let outer = self.containers.len().saturating_sub(1);
        for (index, container) in self.containers[..outer].iter().enumerate() {
            match (container.elements, self.last_key(index)) {
                (Some(elements), _) => _ = write!(path, "[{}]", elements.saturating_sub(1)),
                (None, Some(key)) => _ = write!(path, ".{}", key.text(plan)),
                (None, None) => {}
            }
        }
        path
    }
}

#[cfg(test)]
mod tests;
