//! The APIs: requests, responses and endpoints of Chat Completions and Google Gemini.
//!
//! [`chat`] and [`gemini`] hold the two formats, and `convert` turns a request of one into one of the other. The rest is
//! what both share:
//!
//! - `object` and `open_enum` define the types of a format, `read` reads their objects, and `lenient` their fields as
//!   servers really send them.
//! - `meter` bounds the memory that a value takes.
//! - `spelling` knows how the APIs spell the names of fields.
//! - `extra` holds the keys that a type does not have.
//! - `source` holds media or a URL, and bare base64.
//! - `check` has what the checks of requests share.
//! - `endpoint` makes HTTP requests.
//! - `events` splits a streamed response, `response` reads a response or an event, and `error` is what an API reports in
//!   the place of one.
//!
//! This module builds on `body`, `json` and `media`, which know nothing of any API.

pub mod chat;
mod check;
mod conversions;
mod convert;
#[cfg(feature = "http")]
mod endpoint;
mod error;
pub mod events;
mod extra;
pub mod gemini;
mod lenient;
mod meter;
mod object;
mod open_enum;
mod read;
mod response;
mod source;
mod spelling;

pub use error::ApiError;
pub use extra::Extra;
pub use open_enum::UnknownName;
pub use source::{Base64, Source};
