//! What each fuzz target does with its input: plain functions, which the crate's own tests run over the corpus
//! as well.

mod chat;
mod cuts;
mod encode;
mod events;
mod gemini;
mod mime;
mod mutate;
mod request;
mod template;

pub use chat::chat;
pub use cuts::cuts;
pub use encode::encode;
pub use events::events;
pub use gemini::gemini;
pub use mime::mime;
pub use template::template;
