//! Stand-ins for media in types whose fields are `String`.

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
};

/// Texts that stand for media in the types of other crates, whose fields are `String`.
///
/// A mark is 40 hexadecimal digits, which is valid base64: 128 random bits that are this set's own, and a
/// number. [`body`](Marks::body) streams the media wherever its mark stands in the JSON text: in any string
/// or key of any serde type, however that writes it, as often as it stands there. Text that merely resembles a
/// mark goes through as it is.
///
/// Where you can change the type, [`Media`] and [`DataUri`](crate::DataUri) as fields say the same with less.
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
#[derive(Clone)]
pub struct Marks {
    prefix: String,
    media: Vec<Media>,
}

/// Digits of the number at the end of a mark.
const NUMBER: usize = 8;

impl Marks {
    /// A set with random bits of its own.
    pub fn new() -> Marks {
        // The standard library's hasher, keyed by the operating system: who does not know the key can
        // neither guess a hash nor tell it from chance.
        let key = RandomState::new();
        let half = |n: u8| {
            let mut hasher = key.build_hasher();
            hasher.write_u8(n);
            hasher.finish()
        };
        Marks { prefix: format!("{:016x}{:016x}", half(0), half(1)), media: Vec::new() }
    }

    /// A mark for the bare base64 text of a media: 40 bytes that stand for [`Media::encoded_len`].
    #[must_use = "a mark that stands nowhere is an error of `body`"]
    pub fn base64(&mut self, media: &Media) -> String {
        let mark = format!("{}{:0NUMBER$x}", self.prefix, self.media.len());
        self.media.push(media.clone());
        mark
    }

    /// A data URI whose data is a mark: `data:<mime>;base64,<mark>`.
    #[must_use = "a mark that stands nowhere is an error of `body`"]
    pub fn data_uri(&mut self, media: &Media) -> String {
        format!("data:{};base64,{}", media.mime(), self.base64(media))
    }

    /// The body for a serde value, with the media streamed where their marks stand.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if a mark of this set stands nowhere in the value; and those of
    /// [`Body::json`].
    pub fn body<T: Serialize + ?Sized>(&self, value: &T) -> Result<Body> {
        let seen = RefCell::new(vec![false; self.media.len()]);
        let plan = Plan::json(value, None)?.inlay(|text| self.find(text, &seen))?;
        match seen.into_inner().iter().position(|seen| !seen) {
            None => Ok(Body::new(plan)),
            Some(index) => {
                let name = self.media[index].name();
                let number = index + 1;
                let message = format!(
                    "the mark of {name} (number {number} of its set) stands in no string of the value: \
                     put it in a field, or do not ask for it"
                );
                Err(Error::new(ErrorKind::Invalid, message))
            }
        }
    }

    /// The first mark in `text`: what stands before it, its media, and what stands after it.
    fn find<'t>(&self, text: &'t str, seen: &RefCell<Vec<bool>>) -> Option<(&'t str, Media, &'t str)> {
        text.match_indices(self.prefix.as_str()).find_map(|(start, prefix)| {
            let (number, after) = text[start + prefix.len()..].split_at_checked(NUMBER)?;
            let n = usize::from_str_radix(number, 16).ok()?;
            // A sign or capitals, which the parser takes, stand in no mark.
            let media = self.media.get(n).filter(|_| number == format!("{n:0NUMBER$x}"))?;
            seen.borrow_mut()[n] = true;
            Some((&text[..start], media.clone(), after))
        })
    }
}

impl Default for Marks {
    fn default() -> Marks {
        Marks::new()
    }
}

/// Shows the media, not the marks: they are nobody's to forge.
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
    fn marks_give_way_wherever_they_stand() {
        let (a, b) =
            (Media::from_bytes("a", "audio/wav").unwrap(), Media::from_bytes("bc", "video/mp4").unwrap());
        let mut marks = Marks::new();
        let (one, two) = (marks.base64(&a), marks.base64(&b));
        assert_eq!(text(&marks, &format!("{one}{two}\n\"{one}\" é{two}")), r#""YQ==YmM=\n\"YQ==\" éYmM=""#);
        let map = std::collections::BTreeMap::from([(&one, &two)]);
        assert_eq!(text(&marks, &map), r#"{"YQ==":"YmM="}"#);

        // However they got there: in parts, or as JSON that was made before.
        struct InParts<'a>(&'a str);
        impl Serialize for InParts<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let (first, second) = self.0.split_at(7);
                serializer.collect_str(&format_args!("{first}{second}"))
            }
        }
        let raw = serde_json::value::to_raw_value(&[&two]).unwrap();
        assert_eq!(text(&marks, &(InParts(&one), raw)), r#"["YQ==",["YmM="]]"#);
    }

    #[test]
    fn media_that_stand_there_already_stay_beside_marks() {
        let (a, none) =
            (Media::from_bytes("a", "audio/wav").unwrap(), Media::from_bytes("", "audio/wav").unwrap());
        let mut marks = Marks::new();
        let marked = (&a, marks.base64(&none), &a, marks.data_uri(&a));
        assert_eq!(text(&marks, &marked), r#"["YQ==","","YQ==","data:audio/wav;base64,YQ=="]"#);
        assert_eq!(marks.body(&marked).unwrap().segments().len(), 7);
    }

    #[test]
    fn what_resembles_a_mark_goes_through() {
        let media = Media::from_bytes("a", "audio/wav").unwrap();
        let mut marks = Marks::new();
        let mark = marks.base64(&media);
        let next = format!("{:0NUMBER$x}", 1);
        let alike = [
            mark[..39].to_owned(),
            mark[1..].to_owned(),
            mark.to_uppercase() + "G",
            format!("{}{next}", marks.prefix),
            format!("{}+0000000", marks.prefix),
            format!("{}éééé", marks.prefix),
            Marks::new().base64(&media),
        ];
        for alike in alike.iter().filter(|alike| !alike.contains(&mark)) {
            assert_eq!(text(&marks, &(alike, &mark)), format!(r#"["{alike}","YQ=="]"#));
        }
        // A false start right before a mark hides nothing.
        assert_eq!(text(&marks, &format!("{}{mark}", marks.prefix)), format!("\"{}YQ==\"", marks.prefix));
    }

    #[test]
    fn a_mark_that_never_turns_up_is_an_error() {
        let mut marks = Marks::new();
        let _ = marks.base64(&Media::from_bytes("a", "audio/wav").unwrap());
        let error = marks.body(&"nothing").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("media in memory (number 1 of its set)"), "{error}");
        assert!(Marks::new().body(&"nothing").is_ok());
    }
}
