//! Media fields: media in serde values.

use super::{MAX_BUFFERED, is_in_plan, keep_error, offer};
use crate::{
    error::{Error, ErrorKind},
    media::{Media, READ_UNIT},
};
use serde::{Serialize, Serializer, ser};
use std::{
    any::type_name,
    cell::Cell,
    fmt::{self, Display},
};

/// A media field that starts with `data:<mime>;base64,` ([RFC 2397](https://www.rfc-editor.org/rfc/rfc2397)).
///
/// # Examples
///
/// ```
/// use niello::{Body, DataUri, Media};
///
/// #[derive(serde::Serialize)]
/// struct Album { cover: DataUri }
///
/// let cover = Media::from_bytes(&b"\x89PNG"[..], "image/png")?;
/// let mut body = Body::json(&Album { cover: DataUri(cover) })?;
/// assert_eq!(std::io::read_to_string(&mut body).unwrap(), r#"{"cover":"data:image/png;base64,iVBORw=="}"#);
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DataUri(pub Media);

impl From<&Media> for DataUri {
    fn from(media: &Media) -> DataUri {
        DataUri(media.clone())
    }
}

impl From<Media> for DataUri {
    fn from(media: Media) -> DataUri {
        DataUri(media)
    }
}

impl Serialize for Media {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MediaField::new::<S>(self, false).serialize(serializer)
    }
}

impl Serialize for DataUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MediaField::new::<S>(&self.0, true).serialize(serializer)
    }
}

/// Displays the string of a media field.
///
/// It must stay private: `fmt` returns `Ok` when a plan took the media or when an error is in `failed`, because
/// serde_json and `to_string` panic if `fmt` returns an error.
struct MediaField<'a> {
    media: &'a Media,
    data_uri: bool,
    target: Target,
    failed: Cell<Option<Error>>,
}

/// What a serializer makes of a media field.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    /// A `serde_json::Value`, which holds the string in memory.
    Value,
    /// The buffer in which serde keeps the variants of some enums until it knows what to write before them.
    Variant,
    /// Text, usually. No serializer says whether it keeps what it writes.
    Other,
}

impl Target {
    /// Compares names of types, because a serializer's `Ok` type can have a lifetime and then has no `TypeId`. A
    /// serializer that wraps another one, as that of serde_path_to_error does, returns the same type. One that
    /// hides the type, as that of erased_serde does, is `Other`.
    fn of<S: Serializer>() -> Target {
        let made = type_name::<S::Ok>();
        if made == type_name::<serde_json::Value>() {
            Target::Value
        } else if made.starts_with("serde") && made.ends_with("::Content") {
            Target::Variant
        } else {
            Target::Other
        }
    }
}

impl<'a> MediaField<'a> {
    /// The length of the fragment that is offered to a plan. One group, so that only three bytes of the media are read.
    const OFFERED: usize = 4;
    /// The length of the fragments for any other serializer: 4 KiB.
    const FRAGMENT: usize = READ_UNIT / 24;

    fn new<S: Serializer>(media: &'a Media, data_uri: bool) -> MediaField<'a> {
        MediaField { media, data_uri, target: Target::of::<S>(), failed: Cell::new(None) }
    }

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = serializer.collect_str(self);
        match self.failed.take() {
            None => written,
            Some(error) => {
                keep_error(&error);
                Err(ser::Error::custom(error))
            }
        }
    }

    /// Offers the first fragment, and writes the others if the offer is not taken.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> Result<fmt::Result, Error> {
        let mut group = [0; Self::OFFERED];
        let offered = self.fragment(0, &mut group)?;
        let (written, taken) = offer(self.media, offered, || f.write_str(offered));
        if taken || written.is_err() {
            return Ok(written);
        }
        if self.media.encoded_len() > MAX_BUFFERED && (is_in_plan() || self.target == Target::Value) {
            return Err(self.too_large_to_buffer());
        }
        self.write_from(offered.len() as u64, f)
    }

    /// Writes the fragments from `offset` on. It is not inlined, since `write` would then clear this buffer for media
    /// that a plan takes.
    #[inline(never)]
    fn write_from(&self, mut offset: u64, f: &mut fmt::Formatter<'_>) -> Result<fmt::Result, Error> {
        let mut buffer = [0; Self::FRAGMENT];
        loop {
            let fragment = self.fragment(offset, &mut buffer)?;
            if fragment.is_empty() {
                return Ok(Ok(()));
            }
            if let Err(stopped) = f.write_str(fragment) {
                return Ok(Err(stopped));
            }
            offset += fragment.len() as u64;
        }
    }

    fn fragment<'b>(&self, offset: u64, buffer: &'b mut [u8]) -> Result<&'b str, Error> {
        let len = self.media.encode_at(offset, &mut &mut buffer[..])?;
        Ok(std::str::from_utf8(&buffer[..len]).expect("base64 is ASCII"))
    }

    fn too_large_to_buffer(&self) -> Error {
        let (name, len) = (self.media.name(), self.media.encoded_len());
        let (cause, hint) = match self.target {
            Target::Value => (
                "`serde_json::to_value` or `json!` keeps this media in a `Value`",
                "serialize a struct or a map with `Body::json`, put a mark of `Marks` into the `Value`, or use a `Template`",
            ),
            Target::Variant => (
                "serde buffers the tuple or struct variant with this media, because it is inside an internally tagged enum \
                 or under `flatten`",
                "make it a newtype variant, or use another enum representation",
            ),
            Target::Other => (
                "a `Serialize` implementation writes this media with a serializer of its own, such as `to_string`",
                "pass the media to the serializer that the implementation gets",
            ),
        };
        Error::new(
            ErrorKind::TooLarge,
            format!(
                "{name}: {cause}, which would hold {len} bytes in memory, over the limit of {MAX_BUFFERED}; {hint}"
            ),
        )
    }
}

impl Display for MediaField<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.data_uri {
            write!(f, "data:{};base64,", self.media.mime())?;
        }
        self.write(f).unwrap_or_else(|error| {
            self.failed.set(Some(error));
            Ok(())
        })
    }
}
