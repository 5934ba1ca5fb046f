//! Marks: placeholder strings for media in types whose fields are `String`.

use crate::{
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result},
    media::Media,
};
use serde::Serialize;
use std::{
    cell::RefCell,
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
    sync::Arc,
};

/// Placeholder strings for media, for types of other crates whose fields are `String`.
///
/// A mark is a string of 40 hexadecimal digits, which is also valid base64: 128 random bits that all marks of a set
/// share, and a number. [`body`](Marks::body) creates a body in which each mark is replaced by the encoded media. It
/// finds marks anywhere in the JSON, in strings and in keys, any number of times. Strings that only resemble a mark are
/// unchanged.
///
/// If you can change the type, use [`Media`] and [`DataUri`](crate::DataUri) as fields instead.
///
/// # Examples
///
/// ```
/// use niello::{Marks, Media};
///
/// #[derive(serde::Serialize)]
/// struct Theirs { url: String, data: String }
///
/// let clip = Media::from_bytes(&b"abc"[..], "video/mp4")?;
/// let mut marks = Marks::new();
/// let theirs = Theirs { url: marks.data_uri(&clip), data: marks.base64(&clip) };
/// let mut body = marks.body(&theirs)?;
/// let text = std::io::read_to_string(&mut body).unwrap();
/// assert_eq!(text, r#"{"url":"data:video/mp4;base64,YWJj","data":"YWJj"}"#);
/// # Ok::<(), niello::Error>(())
/// ```
// Not `Clone`: two clones would give the same mark to two media.
pub struct Marks {
    prefix: Prefix,
    media: Vec<Media>,
}

impl Marks {
    /// Creates an empty set with random bits of its own.
    pub fn new() -> Marks {
        Marks { prefix: Prefix::new(), media: Vec::new() }
    }

    /// Returns a new mark for the encoded media, without a `data:` prefix.
    #[must_use = "`body` returns an error if a mark is not used"]
    pub fn base64(&mut self, media: &Media) -> String {
        let mark = self.prefix.mark(self.media.len());
        self.media.push(media.clone());
        mark
    }

    /// Returns a new mark with the prefix of a data URI: `data:<mime>;base64,<mark>`.
    #[must_use = "`body` returns an error if a mark is not used"]
    pub fn data_uri(&mut self, media: &Media) -> String {
        format!("data:{};base64,{}", media.mime(), self.base64(media))
    }

    /// Creates the body for a serde value, with the marks of this set replaced by their media.
    ///
    /// # Errors
    ///
    /// - [`Invalid`](ErrorKind::Invalid): the value does not contain one of the marks.
    /// - The errors of [`Body::json`].
    pub fn body<T: Serialize + ?Sized>(&self, value: &T) -> Result<Body> {
        let seen = RefCell::new(vec![false; self.media.len()]);
        let plan = Plan::json(value, None)?.replace(|text| self.find(text, &seen))?;
        match seen.into_inner().iter().position(|seen| !seen) {
            None => Ok(Body::new(plan)),
            Some(index) => {
                let name = self.media[index].name();
                let message = format!(
                    "mark {} of this set, for {name}, does not appear in the value; put it in a field, or do not create it",
                    index + 1
                );
                Err(Error::new(ErrorKind::Invalid, message))
            }
        }
    }

    /// Finds the first mark in `text`. Returns the text before it, its media, and the text after it.
    fn find<'t>(&self, text: &'t str, seen: &RefCell<Vec<bool>>) -> Option<(&'t str, Media, &'t str)> {
        let (before, number, after) = self.prefix.find(text, self.media.len())?;
        seen.borrow_mut()[number] = true;
        Some((before, self.media[number].clone(), after))
    }
}

/// What all marks of a set begin with: 32 hexadecimal digits that nobody else can guess.
#[derive(Clone)]
pub(super) struct Prefix(Arc<str>);

/// The digits of the number at the end of a mark.
const NUMBER: usize = 8;

impl Prefix {
    pub(super) fn new() -> Prefix {
        // The hasher of the standard library has a key from the operating system. Without the key, its hashes can
        // neither be guessed nor be told from random bits.
        let key = RandomState::new();
        let half = |n: u8| {
            let mut hasher = key.build_hasher();
            hasher.write_u8(n);
            hasher.finish()
        };
        Prefix(format!("{:016x}{:016x}", half(0), half(1)).into())
    }

    /// Returns the mark with a number.
    pub(super) fn mark(&self, number: usize) -> String {
        format!("{}{number:0NUMBER$x}", self.0)
    }

    /// Finds the first mark in `text` with a number below `count`. Returns the text before it, the number, and the text
    /// after it.
    pub(super) fn find<'t>(&self, text: &'t str, count: usize) -> Option<(&'t str, usize, &'t str)> {
        text.match_indices(&*self.0).find_map(|(start, prefix)| {
            let (number, after) = text[start + prefix.len()..].split_at_checked(NUMBER)?;
            let n = usize::from_str_radix(number, 16).ok().filter(|n| *n < count)?;
            // The parser also accepts a sign and capitals, which no mark contains.
            (number == format!("{n:0NUMBER$x}")).then_some((&text[..start], n, after))
        })
    }
}

impl Default for Marks {
    fn default() -> Marks {
        Marks::new()
    }
}

/// Shows the media, but not the marks, so that they cannot be forged from a log.
impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Marks").field(&self.media).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn text(marks: &Marks, value: &impl Serialize) -> String {
        let mut body = marks.body(value).unwrap();
        let text = io::read_to_string(&mut body).unwrap();
        assert_eq!(text.len() as u64, body.len());
        text
    }

    #[test]
    fn marks_are_replaced_anywhere_in_the_json() {
        let (a, b) =
            (Media::from_bytes("a", "audio/wav").unwrap(), Media::from_bytes("bc", "video/mp4").unwrap());
        let mut marks = Marks::new();
        let (one, two) = (marks.base64(&a), marks.base64(&b));
        assert_eq!(text(&marks, &format!("{one}{two}\n\"{one}\" é{two}")), r#""YQ==YmM=\n\"YQ==\" éYmM=""#);
        let map = std::collections::BTreeMap::from([(&one, &two)]);
        assert_eq!(text(&marks, &map), r#"{"YQ==":"YmM="}"#);

        // Also if the mark is written in fragments, or is part of raw JSON.
        struct Split<'a>(&'a str);
        impl Serialize for Split<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let (first, second) = self.0.split_at(7);
                serializer.collect_str(&format_args!("{first}{second}"))
            }
        }
        let raw = serde_json::value::to_raw_value(&[&two]).unwrap();
        assert_eq!(text(&marks, &(Split(&one), raw)), r#"["YQ==",["YmM="]]"#);
    }

    #[test]
    fn media_fields_and_marks_mix() {
        let (a, none) =
            (Media::from_bytes("a", "audio/wav").unwrap(), Media::from_bytes("", "audio/wav").unwrap());
        let mut marks = Marks::new();
        let marked = (&a, marks.base64(&none), &a, marks.data_uri(&a));
        assert_eq!(text(&marks, &marked), r#"["YQ==","","YQ==","data:audio/wav;base64,YQ=="]"#);
        assert_eq!(marks.body(&marked).unwrap().segments().len(), 7);
    }

    #[test]
    fn strings_that_resemble_a_mark_are_unchanged() {
        let media = Media::from_bytes("a", "audio/wav").unwrap();
        let mut marks = Marks::new();
        let mark = marks.base64(&media);
        let next = format!("{:0NUMBER$x}", 1);
        let alike = [
            mark[..39].to_owned(),
            mark[1..].to_owned(),
            mark.to_uppercase() + "G",
            format!("{}{next}", marks.prefix.0),
            format!("{}+0000000", marks.prefix.0),
            format!("{}éééé", marks.prefix.0),
            Marks::new().base64(&media),
        ];
        for alike in alike.iter().filter(|alike| !alike.contains(&mark)) {
            assert_eq!(text(&marks, &(alike, &mark)), format!(r#"["{alike}","YQ=="]"#));
        }
        // A partial mark right before a mark does not hide it.
        assert_eq!(text(&marks, &format!("{}{mark}", marks.prefix.0)), format!("\"{}YQ==\"", marks.prefix.0));
    }

    #[test]
    fn an_unused_mark_is_an_error() {
        let mut marks = Marks::new();
        let _ = marks.base64(&Media::from_bytes("a", "audio/wav").unwrap());
        let error = marks.body(&"nothing").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("mark 1 of this set, for media in memory"), "{error}");
        assert!(Marks::new().body(&"nothing").is_ok());
    }
}
