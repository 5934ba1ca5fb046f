//! Any serde value with leaves in it becomes a plan.
//!
//! There is no serializer here: serde_json's own, with its compact format, writes and escapes all text.
//! What is added is the hand-over of leaves. A leaf writes itself with `collect_str`, in chunks of base64
//! text. Before the first chunk it lays (media, address and length of the chunk) in a slot of this
//! thread; the formatter of [`Plan`] knows that very chunk by its address, takes the media out of the
//! slot, ends the piece of text, and writes nothing; the leaf sees that the slot is empty and stops. Any
//! other serializer has received genuine base64, and the leaf writes on. So there is no marker in the
//! text that somebody could forge, and every serializer gives the same bytes.

mod field;
mod marks;
mod template;

pub use field::DataUri;
pub use marks::Marks;
pub use template::Template;

use crate::{
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result},
    media::Media,
};
use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};
use std::{
    cell::{Cell, RefCell},
    io,
};

thread_local! {
    /// The plan that this thread is making.
    static MAKING: Making = const { Making { depth: Cell::new(0), slot: Cell::new(None), error: Cell::new(None) } };
}

struct Making {
    /// How many plans are being made: a `Serialize` may itself make one.
    depth: Cell<usize>,
    slot: Cell<Option<Handover>>,
    /// The error of a leaf, which serde carries as text only.
    error: Cell<Option<Error>>,
}

/// What a leaf lays in the slot: its media, and the chunk by which the formatter knows it.
struct Handover {
    media: Media,
    chunk: *const u8,
    len: usize,
}

/// A media that serde holds back (see [`Body::json`](crate::Body::json)) is written out in memory up to
/// this many bytes; above, it is an error.
const HELD_BACK: u64 = 1024 * 1024;

impl Body {
    /// The body for any serde value; [`Media`](crate::Media) and [`DataUri`](crate::DataUri) anywhere in
    /// it are streamed. It is byte for byte what `serde_json::to_vec` makes of the value. Of each media, no more than
    /// the first three bytes are read.
    ///
    /// Works through structs, `flatten`, enums of every tagging, `Option`, sequences, maps and
    /// `dyn erased_serde::Serialize`. In some places serde collects a value in memory before it is
    /// written: a tuple or struct variant inside an internally tagged enum, a struct variant of an externally
    /// tagged one under `flatten`, and wherever a `Serialize` calls `to_value`. There the result is right, but
    /// in memory, so that a media of over 1 MiB of text is an error.
    ///
    /// # Errors
    /// [`Json`](crate::ErrorKind::Json) if serde_json cannot write the value (map keys that are no text,
    /// an error of a `Serialize`); [`TooLarge`](crate::ErrorKind::TooLarge) if a media would have to be
    /// held in memory; [`Changed`](crate::ErrorKind::Changed) or [`Io`](crate::ErrorKind::Io) if a file
    /// can't be read or is no longer as it was.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Body> {
        Plan::json(value).map(Body::new)
    }
}

impl Plan {
    fn json<T: Serialize + ?Sized>(value: &T) -> Result<Plan> {
        /// Puts things back as they were, also if a `Serialize` panics.
        struct Outer(Option<Handover>, Option<Error>);
        impl Drop for Outer {
            fn drop(&mut self) {
                MAKING.with(|making| {
                    making.depth.set(making.depth.get() - 1);
                    making.slot.set(self.0.take());
                    making.error.set(self.1.take());
                });
            }
        }

        let outer = MAKING.with(|making| {
            making.depth.set(making.depth.get() + 1);
            Outer(making.slot.take(), making.error.take())
        });
        let plan = RefCell::new(Plan::new());
        let written = value.serialize(&mut Serializer::with_formatter(Text(&plan), Cut(&plan)));
        let of_leaf = MAKING.with(|making| making.error.take());
        drop(outer);
        written.map_err(|cause| {
            // A `Serialize` may have got over the error of a leaf, and failed of its own: serde's error is the
            // leaf's if it says what that says.
            let said = cause.to_string();
            of_leaf.filter(|leaf| said.contains(&leaf.to_string())).unwrap_or_else(|| {
                Error::with_source(ErrorKind::Json, "the value cannot be written as JSON", cause)
            })
        })?;
        let mut plan = plan.into_inner();
        plan.end_text()?;
        Ok(plan)
    }
}

/// Takes the text of the serializer.
struct Text<'a>(&'a RefCell<Plan>);

impl io::Write for Text<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().push_text(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes compact JSON, as `serde_json::to_vec` does, and cuts it where a leaf hands itself over.
struct Cut<'a>(&'a RefCell<Plan>);

impl Formatter for Cut<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        match take(fragment) {
            Some(media) => Ok(self.0.borrow_mut().push_media(media)?),
            None => writer.write_all(fragment.as_bytes()),
        }
    }
}

/// The media in the slot, if `fragment` is its very chunk.
fn take(fragment: &str) -> Option<Media> {
    MAKING.with(|making| match making.slot.take() {
        Some(handover) if handover.chunk == fragment.as_ptr() && handover.len == fragment.len() => {
            Some(handover.media)
        }
        other => {
            making.slot.set(other);
            None
        }
    })
}

/// Offers a chunk, while `write` gives it to a serializer. True if a plan took the media in its place.
fn offer<R>(media: &Media, chunk: &str, write: impl FnOnce() -> R) -> (R, bool) {
    /// The slot belongs to the leaf whose chunk is being written.
    struct Outer(Option<Handover>);
    impl Drop for Outer {
        fn drop(&mut self) {
            MAKING.with(|making| making.slot.set(self.0.take()));
        }
    }

    let handover = Handover { media: media.clone(), chunk: chunk.as_ptr(), len: chunk.len() };
    let _outer = Outer(MAKING.with(|making| making.slot.replace(Some(handover))));
    let written = write();
    let left = MAKING.with(|making| making.slot.take());
    (written, left.is_none())
}

/// Whether a plan is being made, so that a leaf which was not taken is held back in memory by serde.
fn is_making() -> bool {
    MAKING.with(|making| making.depth.get() > 0)
}

/// Keeps the error of a leaf for the plan that is being made, if one is.
fn keep_error(error: &Error) {
    if is_making() {
        MAKING.with(|making| making.error.set(Some(error.clone())));
    }
}
