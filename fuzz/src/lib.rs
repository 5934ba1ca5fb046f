//! The fuzz targets as plain functions of their input.
//!
//! The binaries in `fuzz_targets/` run them under libFuzzer; `tests/fuzz.rs` of the crate runs them on the corpus.

mod chat;
mod coded;
mod cuts;
mod decode;
mod detect;
mod document;
mod encode;
mod events;
mod extract;
mod gemini;
mod mime;
mod mutate;
mod request;
mod template;

pub use chat::chat;
pub use coded::coded;
pub use cuts::cuts;
pub use decode::decode;
pub use detect::detect;
pub use encode::encode;
pub use events::events;
pub use extract::extract;
pub use gemini::gemini;
pub use mime::mime;
pub use template::template;
