//! Turns any serde value that contains media into a plan.
//!
//! serde_json's own serializer writes and escapes all text, in its compact format. niello adds only the
//! transfer of media. A media field writes itself with `collect_str`, as fragments of base64. Before the
//! first fragment it puts an offer into the context of the thread: the media, and the address and length of
//! that fragment. The formatter of a plan recognizes the fragment by its address, takes the media from the
//! context, ends the text segment and writes nothing. The field sees that its offer was taken and stops.
//!
//! With any other serializer, the offer is not taken, and the field writes the rest of the base64. Nothing in
//! the text marks media, so no text can forge it, and every serializer receives the same string.

mod extract;
mod field;
mod keys;
mod marks;
mod template;

pub use extract::{Extracted, ExtractedMedia, Extractor, JsonPath, Place, Spool, Spooled, Store};
pub(crate) use extract::{ExtractedLines, decode, extracted, join};
pub use field::DataUri;
pub(crate) use keys::{Contents, FieldNames};
pub use marks::{Marks, Scope};
#[cfg(feature = "tower")]
pub use marks::{MarksBody, MarksFuture, MarksLayer, MarksService};
pub use template::Template;

use crate::{
    body::{Body, plan::Plan},
    error::{Error, ErrorKind, Result},
    media::Media,
};
use keys::{KeyCheck, OpenKeys};
use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};
use std::{
    cell::{Cell, RefCell},
    io, mem,
};

thread_local! {
    static CONTEXT: SerializeContext = const {
        SerializeContext {
            plans: Cell::new(0),
            offer: Cell::new(None),
            error: Cell::new(None),
            keys: Cell::new(OpenKeys::new()),
        }
    };
}

/// Per-thread state shared by media fields and the plan under construction.
///
/// It is inaccessible while thread-local destructors run; media is then written as text.
struct SerializeContext {
    /// The number of plans under construction. They nest if a `Serialize` implementation creates a body.
    plans: Cell<usize>,
    /// What the current media field offers.
    offer: Cell<Option<Offer>>,
    /// The error of a media field, kept here because serde reduces errors to their message.
    error: Cell<Option<Error>>,
    /// Buffers for the next plan that checks keys.
    keys: Cell<OpenKeys>,
}

/// The media of a field, and the fragment by which the formatter recognizes it.
struct Offer {
    media: Media,
    fragment: *const u8,
    len: usize,
}

/// Restores the context of the outer plan or field when it is dropped, even if a `Serialize`
/// implementation panics.
struct Outer {
    offer: Option<Offer>,
    /// The number of plans and the error. `None` if only an offer was made.
    plan: Option<(usize, Option<Error>)>,
}

impl Outer {
    /// Enters a new plan.
    fn of_plan() -> Outer {
        let entered = CONTEXT.try_with(|context| {
            let plans = context.plans.get();
            context.plans.set(plans + 1);
            Outer { offer: context.offer.take(), plan: Some((plans, context.error.take())) }
        });
        entered.unwrap_or(Outer { offer: None, plan: None })
    }

    /// Makes an offer.
    fn of_offer(offer: Offer) -> Outer {
        let outer = CONTEXT.try_with(|context| context.offer.replace(Some(offer)));
        Outer { offer: outer.unwrap_or_default(), plan: None }
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        let _ = CONTEXT.try_with(|context| {
            context.offer.set(self.offer.take());
            if let Some((plans, error)) = self.plan.take() {
                context.plans.set(plans);
                context.error.set(error);
            }
        });
    }
}

/// The largest base64 output that is kept in memory in a buffer of serde or in a `Value` (see
/// [`Body::json`]).
const MAX_BUFFERED: u64 = 1024 * 1024;

impl Body {
    /// Creates a body from a serde value. Its [`Media`](crate::Media) and [`DataUri`](crate::DataUri) fields
    /// are streamed.
    ///
    /// The body is byte for byte what `serde_json::to_vec` returns for the value. At most the first three
    /// bytes of each media are read.
    ///
    /// Media is streamed from structs, `flatten`, enums of every representation, `Option`, sequences, maps
    /// and `dyn erased_serde::Serialize`. In three cases a value is buffered before it is written:
    ///
    /// - a tuple or struct variant inside an internally tagged enum;
    /// - a struct variant of an externally tagged enum under `flatten`;
    /// - a `Serialize` implementation that calls `to_value` or `to_string`.
    ///
    /// The body is still correct there, but media is held in memory, up to 1 MiB of base64 each.
    ///
    /// # `json!`
    ///
    /// `serde_json::json!` and `to_value` write media into a `Value` before niello sees it. Each media may
    /// have up to 1 MiB of base64 there. Beyond it, `to_value` returns an error, and `json!` panics because
    /// it unwraps that error. Use a struct or a map, or put [`Marks`] into the `Value`:
    ///
    /// ```
    /// use niello::{Marks, Media};
    /// use serde_json::json;
    ///
    /// let clip = Media::from_bytes(vec![0; 1 << 20], "video/mp4")?;
    /// assert!(serde_json::to_value(&clip).is_err());
    ///
    /// let marks = Marks::new();
    /// let value = json!({"input": marks.base64(&clip), "speed": 1});
    /// let body = marks.body(&value)?;
    /// assert_eq!(body.len(), 22 + clip.encoded_len());
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// The limit is not noticed if a serializer between them hides its type, as that of `erased_serde` does.
    ///
    /// # Errors
    /// - [`Json`](crate::ErrorKind::Json): serde_json cannot write the value, for example because a map key is not a
    ///   string, or a `Serialize` implementation returned an error.
    /// - [`TooLarge`](crate::ErrorKind::TooLarge): a media would have to be held in memory with more than 1 MiB of
    ///   base64. The message names the cause.
    /// - [`Changed`](crate::ErrorKind::Changed) or [`Io`](crate::ErrorKind::Io): a file changed or cannot be read.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Body> {
        Plan::json(value, None).map(Body::new)
    }

    /// Creates the body for a typed request, and rejects duplicate keys.
    ///
    /// `names` maps alternative spellings of a field, if the API accepts several.
    pub(crate) fn request<T: Serialize + ?Sized>(
        value: &T,
        names: Option<&'static FieldNames>,
    ) -> Result<Body> {
        Plan::json(value, Some(KeyCheck::Request(names))).map(Body::new)
    }
}

impl Plan {
    fn json<T: Serialize + ?Sized>(value: &T, check: Option<KeyCheck>) -> Result<Plan> {
        let building = RefCell::new(Building { plan: Plan::new(), error: None });
        let outer = Outer::of_plan();
        let formatter = SplitFormatter { building: &building, keys: check.map(Keys::new) };
        let written = value.serialize(&mut Serializer::with_formatter(PlanWriter(&building), formatter));
        let field_error = CONTEXT.try_with(|context| context.error.take()).unwrap_or_default();
        drop(outer);
        let Building { mut plan, error } = building.into_inner();
        if let Some(error) = error {
            return Err(error);
        }
        written.map_err(|cause| {
            // The `Serialize` implementation may have ignored the error of a media field and failed for
            // another reason, so compare the messages before attributing the failure.
            let message = cause.to_string();
            field_error.filter(|error| message.contains(&error.to_string())).unwrap_or_else(|| {
                Error::with_source(ErrorKind::Json, "the value cannot be written as JSON", cause)
            })
        })?;
        plan.end_text()?;
        Ok(plan)
    }
}

/// A plan under construction, shared by the serializer's writer and formatter.
struct Building {
    plan: Plan,
    /// The first error. The plan fails with it even if a `Serialize` implementation ignores it.
    error: Option<Error>,
}

impl Building {
    /// Stores the first error, and returns a placeholder to serde_json.
    fn keep(&mut self, result: Result<()>) -> io::Result<()> {
        result.map_err(|error| {
            self.error.get_or_insert(error);
            io::ErrorKind::InvalidData.into()
        })
    }
}

/// Appends the serializer's text to the plan.
struct PlanWriter<'a>(&'a RefCell<Building>);

impl io::Write for PlanWriter<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.write_all(text)?;
        Ok(text.len())
    }

    #[inline]
    fn write_all(&mut self, text: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().plan.push_text(text);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Formats compact JSON, as `serde_json::to_vec` does, splits it where a media field offers its media, and
/// reports keys to the check.
struct SplitFormatter<'a> {
    building: &'a RefCell<Building>,
    keys: Option<Keys>,
}

/// The check of keys, with the buffers of the thread while it uses them.
struct Keys {
    check: KeyCheck,
    open: OpenKeys,
}

impl Keys {
    fn new(check: KeyCheck) -> Keys {
        let open = CONTEXT.try_with(|context| context.keys.take());
        Keys { check, open: open.unwrap_or_default() }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let open = mem::take(&mut self.open).recycle();
        let _ = CONTEXT.try_with(|context| context.keys.set(open));
    }
}

impl Formatter for SplitFormatter<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        match take(fragment) {
            Some(media) => {
                let mut building = self.building.borrow_mut();
                let pushed = building.plan.push_media(media);
                building.keep(pushed)
            }
            None => writer.write_all(fragment.as_bytes()),
        }
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(Keys { check, open }) = &mut self.keys {
            open.begin_array(*check, &self.building.borrow().plan);
        }
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(keys) = &mut self.keys {
            keys.open.end();
        }
        writer.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if let Some(keys) = &mut self.keys {
            keys.open.begin_element();
        }
        if first { Ok(()) } else { writer.write_all(b",") }
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(Keys { check, open }) = &mut self.keys {
            open.begin_object(*check, &self.building.borrow().plan);
        }
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(keys) = &mut self.keys {
            keys.open.end();
        }
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if let Some(keys) = &mut self.keys {
            keys.open.begin_key(&self.building.borrow().plan);
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let Some(Keys { check, open }) = &mut self.keys else { return Ok(()) };
        let mut building = self.building.borrow_mut();
        let added = open.end_key(*check, &building.plan);
        building.keep(added)
    }
}

/// Takes the offered media if `fragment` is the offered one.
fn take(fragment: &str) -> Option<Media> {
    let taken = CONTEXT.try_with(|context| match context.offer.take() {
        Some(offer) if offer.fragment == fragment.as_ptr() && offer.len == fragment.len() => {
            Some(offer.media)
        }
        other => {
            context.offer.set(other);
            None
        }
    });
    taken.unwrap_or_default()
}

/// Offers `media` while `write` passes its fragment to a serializer. Returns `true` if a plan took the media.
fn offer<R>(media: &Media, fragment: &str, write: impl FnOnce() -> R) -> (R, bool) {
    let offer = Offer { media: media.clone(), fragment: fragment.as_ptr(), len: fragment.len() };
    let _outer = Outer::of_offer(offer);
    let written = write();
    let taken = CONTEXT.try_with(|context| context.offer.take().is_none()).unwrap_or(false);
    (written, taken)
}

/// Returns `true` while a plan is under construction. A media field whose offer was not taken is then
/// buffered by serde.
fn is_in_plan() -> bool {
    CONTEXT.try_with(|context| context.plans.get() > 0).unwrap_or(false)
}

/// Keeps the error of a media field for the plan under construction, if there is one.
fn keep_error(error: &Error) {
    if is_in_plan() {
        let _ = CONTEXT.try_with(|context| context.error.set(Some(error.clone())));
    }
}
