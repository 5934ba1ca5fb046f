//! Leaves: media as fields of serde types.

use super::{HELD_BACK, is_making, keep_error, offer};
use crate::{
    error::{Error, ErrorKind},
    media::Media,
};
use serde::{Serialize, Serializer, ser};
use std::{
    cell::Cell,
    fmt::{self, Display},
};

/// The leaf that puts `data:<mime>;base64,` (RFC 2397) before the base64 text of a media.
///
/// ```
/// use niello::{Body, DataUri, Media};
///
/// #[derive(serde::Serialize)]
/// struct Mine { cover: DataUri }
///
/// let mine = Mine { cover: DataUri(Media::from_bytes(&b"\x89PNG"[..], "image/png")?) };
/// let mut body = Body::json(&mine)?;
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
        Base64::new(self, false).serialize(serializer)
    }
}

impl Serialize for DataUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Base64::new(&self.0, true).serialize(serializer)
    }
}

/// Displays the text of a leaf. Private: its `fmt` ends short, with no error but in `failed`, when a plan
/// took the media or a chunk could not be made, since serde_json and `to_string` panic on an error of
/// `fmt`.
struct Base64<'a> {
    media: &'a Media,
    data_uri: bool,
    failed: Cell<Option<Error>>,
}

impl<'a> Base64<'a> {
    /// The chunk that is offered to a plan is one group: no more of the media is read than that.
    const OFFERED: usize = 4;
    /// The chunks for any other serializer.
    const CHUNK: usize = 4096;

    fn new(media: &'a Media, data_uri: bool) -> Base64<'a> {
        Base64 { media, data_uri, failed: Cell::new(None) }
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

    /// The whole text, the chunk that is offered first.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> Result<fmt::Result, Error> {
        let mut chunk = [0; Self::CHUNK];
        let offered = self.chunk(0, &mut chunk[..Self::OFFERED])?;
        let (written, taken) = offer(self.media, offered, || f.write_str(offered));
        if taken || written.is_err() {
            return Ok(written);
        }
        if is_making() && self.media.encoded_len() > HELD_BACK {
            return Err(self.held_back());
        }
        let mut offset = offered.len() as u64;
        loop {
            let text = self.chunk(offset, &mut chunk)?;
            if text.is_empty() {
                return Ok(Ok(()));
            }
            if let Err(stopped) = f.write_str(text) {
                return Ok(Err(stopped));
            }
            offset += text.len() as u64;
        }
    }

    fn chunk<'c>(&self, offset: u64, chunk: &'c mut [u8]) -> Result<&'c str, Error> {
        let len = self.media.encode_at(offset, &mut &mut chunk[..])?;
        Ok(std::str::from_utf8(&chunk[..len]).expect("base64 is ASCII"))
    }

    fn held_back(&self) -> Error {
        let (name, len) = (self.media.name(), self.media.encoded_len());
        Error::new(
            ErrorKind::TooLarge,
            format!(
                "{name}: the value around it is collected by serde before it is written (an internally tagged \
                 tuple or struct variant, or `to_value` in a `Serialize`), which would hold {len} bytes in \
                 memory; use another tagging, or no more than {HELD_BACK} bytes there"
            ),
        )
    }
}

impl Display for Base64<'_> {
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
