//! niello inlays media files, as streamed base64, in JSON request bodies: exact length before the media is
//! read, pulled or pushed, replayed and sought, in a few megabytes of memory at any size of file. It opens
//! no socket: an HTTP client takes the [`Body`] with its length, and sends it.
//!
//! ```no_run
//! use niello::{Media, chat};
//!
//! let clip = Media::open("video.mp4")?; // mapped; length and MIME type known
//! let request = chat::Request::new("system.ai.gemini-3-1-pro").message(chat::Message::user([
//!     chat::Part::text("Summarize what happens in this video."),
//!     chat::Part::video(&clip),
//! ]));
//! let mut body = request.body()?;
//! println!("Content-Length: {}", body.len()); // exact, and nothing sent yet
//! body.write_to(&mut std::io::stdout())?; // or `Read`, `chunks`, `http_body::Body`
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The picture
//! ```text
//! Media::open            maps the file, fixes length and identity, finds the MIME type
//!    |
//! chat::Request, gemini::Request, Template, Marks, or any `T: Serialize` with leaves in it
//!    |  .body(), Body::json
//! serde value -> segments: serde_json writes and escapes all text, a leaf cuts it
//!    |
//! Body                   text is copied, media is encoded straight into the caller's buffer
//!    |
//! io::Read + io::Seek | write_to | chunks | http_body::Body | http::Request
//! ```
//!
//! # Terms
//! One word for one thing, in code and documents alike.
//!
//! | term | meaning |
//! |---|---|
//! | media | bytes with a length fixed when opened and a MIME type: a mapped file, a file that is read, or bytes in memory |
//! | leaf | the place in a serde value where the base64 text of a media stands: [`Media`] (bare) or [`DataUri`] |
//! | segment | one run of a body: JSON text, or the base64 of one media |
//! | plan | the segments in order, and their exact total length |
//! | body | a plan and a position in it; a clone shares the plan and costs nothing |
//! | window | the span of a mapped file that is resident at one time: 6 MiB |
//! | chunk | the bytes that one pull yields: 1 MiB, if nothing else is said |
//!
//! # The way in
//! **For a query about audio or video**: [`chat`] and [`gemini`], the two request formats, as builders, with their
//! answers and streams of answers ([`events`]). A request of one becomes one of the other by
//! [`to_gemini`](chat::Request::to_gemini) and [`to_chat`](gemini::Request::to_chat).
//!
//! **For any other JSON API**: [`Body::json`] takes any serde type of yours, with [`Media`] or [`DataUri`] as
//! fields. [`Marks`] stand in types of others whose fields are `String`; [`Template`] is JSON text with
//! directives.
//!
//! **For authors of clients**: [`Body`] says how a client takes it, which of its two asynchronous forms fits,
//! and what that costs. What a client needs to know comes from the body itself: [`len`](Body::len) for the
//! Content-Length, a clone for a retry or a redirect, [`progress`](Body::progress) for a bar,
//! [`check`](Body::check) against a [`Limit`]. With the feature `http`, the `Endpoint` of [`chat`] and that of
//! [`gemini`] make the whole `http::Request`; each file in `examples/` is one client.
//!
//! **For those who measure**: [`base64::encode`] is the encoder, [`base64::Backend`] one of its implementations, and
//! `NIELLO_BACKEND=avx2` (`avx512`, `portable`) chooses one for a whole program. `cargo bench --bench ratios` compares
//! encoders, `bounds` bodies with the speed of memory, reads and TCP, `peers` the whole job with what else does it,
//! `request` what a small request costs; `benches/compare/run` has whole processes of several languages. Results, each
//! with its machine, are in `benches/results`. Compare what ran in turn, on files of the same state: the size of
//! the page cache's folios alone makes a factor of two.
//!
//! **For those who fuzz**: everything that takes foreign bytes is a call without a network: [`Template::body`],
//! [`chat::Response::from_slice`], [`events::Events::push`], `serde_json::from_slice::<chat::Request>`,
//! [`MediaOptions::mime`]. A body has no hidden state, so [`Seek`](std::io::Seek) starts it anywhere; the invariant is that
//! its bytes are those of `serde_json::to_vec`, however they are cut. `fuzz/` in the repository has the targets, and
//! `fuzz/run cuts 600` runs one.
//!
//! **With curl, and no Rust**: the command `niello` (package `niello-cli`) writes a body to standard output or a file.
//!
//! ```sh
//! niello chat --model system.ai.gemini-3-1-pro --text "Summarize." --video clip.mp4 -o body.json
//! curl -X POST -T body.json -H "Content-Type: application/json" -H "Authorization: Bearer $DATABRICKS_TOKEN" \
//!     "$DATABRICKS_HOST/ai-gateway/mlflow/v1/chat/completions"
//! ```
//!
//! # Features
//! - `mmap` (default): files are mapped, on unix, with a SIGBUS handler as guard ([`Access`]). Without it they are read.
//! - `spool`: media of unknown length, as of pipes and readers, through an unlinked temporary file.
//! - `http-body`: [`Body`] is an `http_body::Body`, and has a form that reads ahead.
//! - `http`: endpoints, which make requests of the `http` crate.
//!
//! # Documents
//! - [Design](_documentation::design): what was decided and refused, by which figures, and answers to what a
//!   maintainer asks.
//! - [Comparison](_documentation::comparison): what other crates, SDKs and tools do for the same job, and what they
//!   do better.
//! - `SECURITY.md` in the repository: each promise with the tests that hold it, and what is not promised.

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
pub use body::{Body, Chunks, Limit, Progress, Segment};
pub use error::{Error, ErrorKind, Result};
pub use json::{DataUri, Marks, Template};
pub use media::{Access, Media, MediaOptions};

pub use bytes;
#[cfg(feature = "http")]
pub use http;
#[cfg(feature = "http-body")]
pub use http_body;
pub use serde_json;

/// Documents that are longer than the documentation of an item. They are in the repository, too.
#[cfg(doc)]
pub mod _documentation {
    #[doc = include_str!("../COMPARE.md")]
    pub mod comparison {}
    #[doc = include_str!("../DESIGN.md")]
    pub mod design {}
}

/// The Rust in the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
