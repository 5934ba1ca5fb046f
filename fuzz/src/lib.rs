//! The fuzz targets as plain functions of their input.
//!
//! The binaries in `fuzz_targets/` run them under libFuzzer; `tests/fuzz.rs` of the crate runs them on the corpus. Each
//! target counts what it compares, so that one that compares nothing is noticed.

mod ahead;
mod chat;
mod coded;
mod convert;
mod cuts;
mod decode;
mod detect;
mod document;
mod encode;
mod endpoint;
mod events;
mod expected;
mod extract;
mod gemini;
mod judged;
mod marks;
mod mime;
mod mutate;
mod request;
mod sizes;
mod source;
mod stream;
mod template;
mod unique;

pub use ahead::ahead;
pub use chat::chat;
pub use coded::coded;
pub use convert::convert;
pub use cuts::cuts;
pub use decode::decode;
pub use detect::detect;
pub use encode::encode;
pub use endpoint::endpoint;
pub use events::events;
pub use extract::extract;
pub use gemini::gemini;
pub use judged::Judged;
pub use marks::marks;
pub use mime::mime;
pub use source::source;
pub use template::template;
