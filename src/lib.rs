//! niello inlays media files, as streamed base64, in JSON request bodies.

pub mod base64;
mod body;
mod error;
mod json;
mod media;
mod plan;

pub use body::{Body, Chunks};
pub use bytes;
pub use error::{Error, ErrorKind, Result};
pub use json::DataUri;
pub use media::{Access, Media, MediaOptions};
pub use plan::Piece;
