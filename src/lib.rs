//! niello inlays media files, as streamed base64, in JSON request bodies: exact length before the media is
//! read, pulled or pushed, replayed and sought, in a few megabytes of memory at any size of file. It opens
//! no socket: an HTTP client takes the [`Body`] with its length, and sends it.
//!
//! # Terms
//! | term | meaning |
//! |---|---|
//! | media | bytes with a length fixed when opened and a MIME type: a mapped file, a file that is read, or bytes in memory |
//! | leaf | the place in a serde value where the base64 text of a media stands: [`Media`] (bare) or [`DataUri`] |
//! | piece | one run of a body: JSON text, or the base64 of one media |
//! | plan | the pieces in order, and their exact total length |
//! | body | a plan and a position in it; a clone shares the plan and costs nothing |
//! | window | the span of a mapped file that is resident at one time |
//! | chunk | the bytes that one pull yields |
//!
//! # The way through
//! ```text
//! Media::open            maps the file, fixes length and identity, finds the MIME type
//!    |
//! chat::Request, gemini::Request, Template, or any `T: Serialize` with leaves in it
//!    |  .body(), Body::json
//! serde value -> pieces: serde_json writes and escapes all text, a leaf cuts it
//!    |
//! Body                   text is copied, media is encoded straight into the buffer of whoever pulls
//!    |
//! io::Read + io::Seek | write_to | chunks | http_body::Body | http::Request
//! ```
//!
//! # Where to go in
//! - [`chat`] and [`gemini`]: the two request formats, as builders. A request of one becomes one of the other
//!   by [`to_gemini`](chat::Request::to_gemini) and [`to_chat`](gemini::Request::to_chat).
//! - [`Body::json`]: any serde type of yours. [`Template`]: JSON text with directives.
//! - [`Body`]: what to do with it in a client. [`Limit`]: sizes that services take.
//! - [`base64`]: the encoder, for those who measure encoders.

mod api_error;
pub mod base64;
mod body;
pub mod chat;
mod convert;
#[cfg(feature = "http")]
mod endpoint;
mod error;
pub mod events;
mod extra;
pub mod gemini;
mod json;
mod lenient;
mod limit;
mod marks;
mod media;
mod open_enum;
mod plan;
mod source;
mod template;

#[cfg(feature = "http-body")]
pub use body::ReadAhead;
pub use body::{Body, Chunks, Progress};

pub use api_error::ApiError;
pub use bytes;
pub use error::{Error, ErrorKind, Result};
pub use extra::Extra;
#[cfg(feature = "http")]
pub use http;
#[cfg(feature = "http-body")]
pub use http_body;
pub use json::DataUri;
pub use limit::Limit;
pub use marks::Marks;
pub use media::{Access, Media, MediaOptions};
pub use plan::Piece;
pub use source::{Base64, Source};
pub use template::Template;

/// The Rust in the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
