//! Streams media files as base64 inside JSON request bodies, and takes base64 out of responses: exact length up
//! front, a few megabytes of memory at any file size.
//!
//! A [`Body`] knows its exact length before any media is encoded, and encodes media directly into the
//! caller's buffer as it is consumed. The crate does no networking: your HTTP client sends the body.
//!
//! ```no_run
//! use niello::{Media, chat};
//!
//! let clip = Media::open("video.mp4")?; // maps the file and detects its type
//! let request = chat::Request::new("system.ai.gemini-3-1-pro").message(chat::Message::user([
//!     chat::Part::text("Summarize what happens in this video."),
//!     chat::Part::video(&clip),
//! ]));
//! let mut body = request.body()?;
//! println!("Content-Length: {}", body.len()); // exact, before any media is encoded
//! body.write_to(&mut std::io::stdout())?; // or `Read`, `chunks`, `http_body::Body`
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to start
//!
//! **To ask about audio or video**, build a request with [`chat`] (Chat Completions) or [`gemini`] (Google
//! Gemini). Both modules also parse responses, and [`events`] reads streamed ones. A request converts into
//! the other format with [`to_gemini`](chat::Request::to_gemini) and [`to_chat`](gemini::Request::to_chat).
//!
//! **For any other JSON API**, put [`Media`] or [`DataUri`] in your own `Serialize` types and pass them to
//! [`Body::json`]. Use [`Marks`] for types from other crates that have `String` fields, and [`Template`] for
//! JSON text.
//!
//! **To get media out of JSON**, use [`Extractor`]. It decodes base64 while the JSON arrives, from a reader, an HTTP body
//! or any other bytes. [`gemini::Response`], [`chat::Response`] and [`events`] use it: their media can be saved, read, or
//! sent again in the next request.
//!
//! ```
//! use niello::gemini;
//!
//! # let body = br#"{"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}}]}}]}"#;
//! # let body = &body[..];
//! # let folder = tempfile::tempdir()?;
//! let response = gemini::Response::from_reader(body)?; // any `Read`
//! for image in response.media() {
//!     image.save(folder.path().join("image.png"))?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **For a client that builds its requests itself**, such as async-openai, see [below](#use-it-with-the-client-you-have).
//!
//! **To send a body**, see [`Body`], which shows how to pass one to each HTTP client and compares its two
//! asynchronous forms. Clients also need its [length](Body::len), [progress](Body::progress) and [size
//! check](Body::check). A clone is a retry. For servers that decode zstd, [`Body::encode`] removes the third by which base64
//! is longer than the media. With the feature `http`, `chat::Endpoint` and `gemini::Endpoint`
//! create complete `http::Request`s.
//!
//! **For a batch API**, [`Body::json_lines`] joins requests to a file with one on each line, of any number and size.
//!
//! **To measure or fuzz**, see the benchmarks and fuzz targets in the repository. [`base64::encode`] is the
//! encoder. Every parser takes plain bytes, and a fuzzer can [seek](std::io::Seek) a body to any offset.
//!
//! **Without Rust**, use the command `niello` (package `niello-cli`), which writes a body for curl to send.
//!
//! # Use it with the client you have
//!
//! If you build the request yourself, pass its [`Body`] to your client.
//!
//! If the client builds it, give the client [`Marks`]: short strings in the place of media. Where the client hands over its
//! finished JSON, [`Marks::inlay`] streams the media into it. The server receives byte for byte what it receives without
//! niello.
//!
//! | client | hook | lines to change | what replays |
//! |---|---|---|---|
//! | async-openai | `Client::with_http_service` | 50, once | retries above and below; redirects with the adapter's code |
//! | reqwest-middleware | a `Middleware` below `RetryTransientMiddleware` | 55, once | retries above; redirects with the adapter's code |
//! | rig | `ReqwestMiddlewareClient` of rig-reqwest, with the same middleware | 55, once | as reqwest-middleware |
//! | AWS SDK, Amazon Bedrock | an `Intercept`, `modify_before_signing` | 30, once | the SDK's retries; each attempt is hashed and signed |
//! | reqwest | instead of `Client::execute` | 35, once | redirects with the adapter's code; retry by calling it again |
//! | tower, `http::Request` | `MarksLayer` (feature `tower`) | 1, once | retries above and below; redirects above or below |
//! | anything else | [`Marks::inlay`] | | a clone of the body |
//!
//! The repository has each adapter as an example, such as `examples/marks_async_openai.rs`; those for rig and the AWS SDK are
//! workspaces of their own. Pitfalls:
//!
//! - What signs or caches a request must come after the media is in it.
//! - Logs above the hook show marks, which begin with `nielloMarkedFile`, and not media.
//! - Requests that the hook does not search pass with their marks: streams, and what is not JSON.
//! - A [`Scope`] ends with the response. A retry after that is an error.
//! - reqwest returns redirects with status 307 and 308 to the caller, because it cannot copy a stream. The examples
//!   follow them.
//!
//! # Features
//!
//! - `mmap` (default): maps files on Linux and Android, guarded by a SIGBUS handler (see [`Access`]). Elsewhere, and without it,
//!   files are read.
//! - `spool`: supports media of unknown length, such as pipes and readers, through an unlinked temporary file. Without
//!   it, the media of responses is kept in memory.
//! - `http-body`: implements `http_body::Body` for [`Body`], and adds `ReadAhead`, which reads on another thread.
//! - `http`: adds `chat::Endpoint` and `gemini::Endpoint`, which create `http::Request`s.
//! - `tower`: adds `MarksLayer`, which streams media in the requests of other clients.
//!
//! # Documents
//!
//! - [Terms](_documentation::design#terms): what media, segment, plan, body, window, chunk and mark mean.
//! - [Design](_documentation::design): the decisions, their alternatives and figures, and a maintainer's questions.
//! - [Comparison](_documentation::comparison): other crates, SDKs and tools, and what they do better.
//! - `SECURITY.md` in the repository: the promises with the tests behind them, and what is not promised.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
pub mod base64;
mod body;
mod error;
mod json;
mod media;

pub use api::{ApiError, Base64, Extra, Source, UnknownName, chat, events, gemini};
#[cfg(feature = "http-body")]
pub use body::ReadAhead;
pub use body::{Body, Chunks, ContentEncoding, Limit, Progress, Segment};
pub use error::{Error, ErrorKind, Result};
pub use json::{
    DataUri, Extracted, ExtractedMedia, Extractor, JsonPath, Marks, Place, Scope, Spool, Spooled, Store,
    Template,
};
#[cfg(feature = "tower")]
pub use json::{MarksBody, MarksFuture, MarksLayer, MarksService};
pub use media::{Access, Media, MediaOptions, MediaReader, NameKind};

pub use bytes;
#[cfg(feature = "http")]
pub use http;
#[cfg(feature = "http-body")]
pub use http_body;
pub use serde_json;

/// Long-form documents, also available as files in the repository.
#[cfg(doc)]
pub mod _documentation {
    #[doc = include_str!("../COMPARE.md")]
    pub mod comparison {}
    #[doc = include_str!("../DESIGN.md")]
    pub mod design {}
}

/// Compiles the Rust programs of the README as doctests. `.ci/readme` runs them.
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../README.md")]
struct Readme;
