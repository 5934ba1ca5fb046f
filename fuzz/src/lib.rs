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

pub use {
    chat::chat, cuts::cuts, encode::encode, events::events, gemini::gemini, mime::mime, template::template,
};
