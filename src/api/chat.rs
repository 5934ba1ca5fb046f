//! The Chat Completions format: requests with media, responses, and chunks of streamed responses.
//!
//! # Examples
//! Send videos, from a URL and from a file:
//!
//! ```no_run
//! use niello::{Media, chat::{Message, Part, Request, Response}};
//!
//! # fn ask(post: impl Fn(niello::Body) -> Vec<u8>) -> niello::Result<()> {
//! let clip = Media::open("video.mp4")?;
//! let body = Request::new("system.ai.gemini-3-1-pro")
//!     .message(Message::user([
//!         Part::text("Summarize what happens in these videos."),
//!         Part::video("https://example.com/sample-video.mp4"),
//!         Part::video(&clip),
//!     ]))
//!     .max_tokens(1024)
//!     .body()?;
//! // POST to <workspace>/ai-gateway/mlflow/v1/chat/completions, with body.len() as the Content-Length:
//! let response = post(body);
//! println!("{}", Response::from_slice(&response)?.text().unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! Send audio, and look at the body:
//!
//! ```
//! use niello::{Media, chat::{Message, Part, Request}};
//!
//! let talk = Media::from_bytes(&b"ID3"[..], "audio/mp3")?;
//! let request = Request::new("system.ai.gemini-3-1-pro")
//!     .message(Message::user([
//!         Part::text("Transcribe this audio and summarize the key points."),
//!         Part::audio("https://example.com/sample-audio.mp3"),
//!         Part::audio(&talk),
//!     ]))
//!     .max_tokens(1024);
//! let mut body = request.body()?;
//! assert_eq!(body.len(), 322);
//! let sent = std::io::read_to_string(&mut body).unwrap();
//! assert!(sent.contains(r#"{"type":"audio_url","audio_url":{"url":"data:audio/mp3;base64,SUQz"}}"#));
//! assert_eq!(sent, serde_json::to_string(&request).unwrap());
//! # Ok::<(), niello::Error>(())
//! ```
//!
//! # Models
//! Any model name is sent. As of November 2026, Databricks serves Gemini models for video and audio as model services,
//! such as `system.ai.gemini-3-1-pro`, and as endpoints, such as `databricks-gemini-3-1-pro` and
//! `databricks-gemini-2-5-flash`.
//!
//! # Limitations
//! - The server fetches URLs, so they must be public. YouTube links work only as videos.
//! - Gemini models on Databricks and servers such as vLLM accept `video_url` and `audio_url`. OpenAI does not: it
//!   documents `image_url`, `input_audio` and `file`.
//! - Only the [Gemini format](crate::gemini) can select a section of a video and a frame rate.
//! - The keys of a JSON Schema given as a [`Value`](serde_json::Value) are sorted unless serde_json's feature
//!   `preserve_order` is enabled. Models may write their output in the order of the schema.
//! - Services limit the size of a request: see [`Limit`](crate::Limit).
//! - [`Request::body`] reports only what no server would accept. Everything else is sent, and the API may reject it.
//!
//! # Sources
//! `video_url` and `audio_url` follow Databricks'
//! [Query audio and video models](https://docs.databricks.com/gcp/en/machine-learning/model-serving/query-audio-video-models).
//! Everything else follows OpenAI's
//! [reference](https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create)
//! and what the official SDKs send (openai 3.54 for Python, 7.57 for JavaScript). The documentation of each field begins
//! with its name in the API.

mod check;
mod chunk;
mod collector;
#[cfg(feature = "http")]
mod endpoint;
mod message;
mod options;
mod part;
mod payload;
mod request;
mod response;
mod tool;

pub use chunk::{Chunk, ChunkChoice, Delta, FunctionDelta, ToolCallDelta};
pub use collector::Collector;
#[cfg(feature = "http")]
pub use endpoint::Endpoint;
pub use message::{Audio, Content, Message, Role};
pub use options::{FormatKind, JsonSchema, Modality, ReasoningEffort, ResponseFormat, Stop, StreamOptions};
pub use part::{Part, PartKind};
pub use payload::{AudioFormat, Detail, FileData, InputAudio, MediaUrl};
pub use request::Request;
pub use response::{Choice, FinishReason, Logprobs, Response, TokenDetails, TokenLogprob, Usage};
pub use tool::{Function, FunctionCall, Tool, ToolCall, ToolChoice, ToolKind};
