//! niello inlays media files, as streamed base64, in JSON request bodies.

pub mod base64;
mod body;
mod error;
mod extra;
mod json;
mod limit;
mod media;
mod open_enum;
mod plan;
mod source;
mod template;

pub use body::{Body, Chunks};
pub use bytes;
pub use error::{Error, ErrorKind, Result};
pub use json::DataUri;
pub use limit::Limit;
pub use media::{Access, Media, MediaOptions};
pub use plan::Piece;
pub use source::Source;
pub use template::Template;
