//! Deserializes extracted media.
//!
//! While [`Extracted::parse`](super::Extracted::parse) reads a value, a thread-local variable holds the media, and media
//! fields look up their marks in it. So it does not matter whether serde buffers a value first.

use super::Spool;
use crate::{
    base64::{DecodeError, Decoder, Padding, decoded_len},
    error::{Error, ErrorKind, Result},
    json::{DataUri, marks::Prefix},
    media::{Media, data_uri, is_valid_mime},
};
use bytes::buf::UninitSlice;
use serde::{Deserialize, Deserializer, de};
use std::{borrow::Cow, cell::RefCell};

thread_local! {
    static MEDIA: RefCell<Option<Marked>> = const { RefCell::new(None) };
}

/// Media by the number of its mark, and for each whether it is a data URI.
pub(super) struct Marked {
    pub(super) prefix: Prefix,
    pub(super) media: Vec<(u64, Media, bool)>,
}

/// Calls `read`. During the call, media fields find the media of their marks.
pub(super) fn with_media<T>(marked: Marked, read: impl FnOnce() -> T) -> T {
    /// Restores the media of an outer call, even if `read` panics.
    struct Outer(Option<Marked>);
    impl Drop for Outer {
        fn drop(&mut self) {
            let outer = self.0.take();
            let _ = MEDIA.try_with(|media| media.replace(outer));
        }
    }
    let _outer = Outer(MEDIA.try_with(|media| media.replace(Some(marked))).ok().flatten());
    read()
}

/// Returns the media of a string that is a mark, or a data URI of a mark. The flag is `true` for a data URI.
pub(crate) fn extracted(string: &str) -> Option<(Media, bool)> {
    MEDIA
        .try_with(|media| {
            let media = media.borrow();
            let Marked { prefix, media } = media.as_ref()?;
            let (before, number, after) = prefix.find(string, media.last()?.0 + 1)?;
            let index = media.binary_search_by_key(&number, |(number, ..)| *number).ok()?;
            let (_, media, is_data_uri) = &media[index];
            (after.is_empty() && before.is_empty() != *is_data_uri).then(|| (media.clone(), *is_data_uri))
        })
        .ok()
        .flatten()
}

/// Decodes a string that is base64 or a data URI, as extraction would.
///
/// `mime` is the MIME type next to it.
pub(crate) fn decode(string: &str, mime: Option<&str>) -> Result<Media> {
    let (header, characters) = match data_uri(string).and_then(|data| data.split_once(',')) {
        Some((header, characters)) => (Some(header), characters.as_bytes()),
        None => (None, string.as_bytes()),
    };
    let mut mime = mime.filter(|mime| is_valid_mime(mime));
    if let Some(header) = header {
        let Some(declared) = header.strip_suffix(";base64") else {
            return Err(invalid("the data URI is not base64: it has no `;base64` before its comma"));
        };
        mime = Some(declared).filter(|mime| is_valid_mime(mime)).or(mime);
    }
    let bytes = decode_characters(characters)?;
    Spool::media("media in a string".to_owned(), mime, |options| options.bytes_untyped(bytes.into()))
}

fn decode_characters(mut characters: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = vec![0; decoded_len(characters.len() as u64) as usize + 3];
    let (mut decoder, mut len) = (Decoder::new(), 0);
    loop {
        let progress = decoder.decode(characters, UninitSlice::new(&mut bytes[len..])).map_err(not_base64)?;
        len += progress.written;
        match characters.get(progress.read) {
            None => break,
            Some(b'\t' | b'\n' | b'\r') => characters = &characters[progress.read + 1..],
            Some(_) => return Err(not_base64(decoder.unexpected())),
        }
    }
    len += decoder.finish(Padding::Optional, UninitSlice::new(&mut bytes[len..])).map_err(not_base64)?;
    bytes.truncate(len);
    Ok(bytes)
}

fn not_base64(cause: DecodeError) -> Error {
    Error::with_source(ErrorKind::Invalid, "the string is not base64", cause)
}

fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

/// Reads extracted media, or decodes base64 or a data URI in memory.
impl<'de> Deserialize<'de> for Media {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Media, D::Error> {
        let string = String::deserialize(deserializer)?;
        match extracted(&string) {
            Some((media, _)) => Ok(media),
            None => decode(&string, None).map_err(de::Error::custom),
        }
    }
}

/// Reads the same strings as [`Media`].
impl<'de> Deserialize<'de> for DataUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<DataUri, D::Error> {
        Media::deserialize(deserializer).map(DataUri)
    }
}
