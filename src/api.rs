//! The request and response types of the two API formats, and what both share.

pub mod chat;
mod convert;
#[cfg(feature = "http")]
mod endpoint;
mod error;
pub mod events;
mod extra;
pub mod gemini;
mod lenient;
mod object;
mod open_enum;
mod source;

pub use error::ApiError;
pub use extra::Extra;
pub use open_enum::UnknownName;
pub use source::{Base64, Source};
