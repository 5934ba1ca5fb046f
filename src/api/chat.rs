//! Chat Completions: requests with media in them, answers, and the chunks of a streamed answer.
//!
//! Videos, by URL and from a file:
//!
//! ```no_run
//! use niello::{Media, chat::{Message, Part, Request, Response}};
//!
//! # fn ask(post: impl Fn(niello::Body) -> Vec<u8>) -> niello::Result<()> {
//! let clip = Media::open("video.mp4")?;
//! let mut body = Request::new("system.ai.gemini-3-1-pro")
//!     .message(Message::user([
//!         Part::text("Summarize what happens in these videos."),
//!         Part::video("https://example.com/sample-video.mp4"),
//!         Part::video(&clip),
//!     ]))
//!     .max_tokens(1024)
//!     .body()?;
//! // To <workspace>/ai-gateway/mlflow/v1/chat/completions, with body.len() as the Content-Length:
//! let answer = post(body);
//! println!("{}", Response::from_slice(&answer)?.text().unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! Audio, and the body that comes of it:
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
//! # Sources
//! [Query audio and video models](https://docs.databricks.com/gcp/en/machine-learning/model-serving/query-audio-video-models)
//! of Databricks, for `video_url` and `audio_url`; OpenAI's
//! [reference](https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create)
//! for the rest; and what the official SDKs send (openai 3.54 for Python, 7.57 for JavaScript). Fields are documented
//! with the API's name for them in front.
//!
//! # Models
//! As of November 2026, Databricks serves Gemini models for video and audio as model services, such as
//! `system.ai.gemini-3-1-pro`, and as endpoints, such as `databricks-gemini-3-1-pro` and
//! `databricks-gemini-2-5-flash`. Any name is passed on.
//!
//! # Limitations
//! - A URL is fetched by the server, so it has to be public; of YouTube, videos only.
//! - `video_url` and `audio_url` are taken by Gemini models on Databricks and by servers such as vLLM, not
//!   by OpenAI, which documents `image_url`, `input_audio` and `file`.
//! - How long a video is looked at, and at how many frames a second, can only be said in the Gemini format.
//! - JSON Schema given as a [`Value`](serde_json::Value) has its keys sorted, unless serde_json's feature
//!   `preserve_order` is on; models may follow that in the order of what they write.
//! - Sizes are limited by the service: see [`Limit`](crate::Limit).
//! - What the API might refuse is sent as it is. Refused before that is what no server can take: see
//!   [`Request::body`].

mod check;
mod chunk;
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
#[cfg(feature = "http")]
pub use endpoint::Endpoint;
pub use message::{Content, Message, Role};
pub use options::{FormatKind, JsonSchema, Modality, ReasoningEffort, ResponseFormat, Stop, StreamOptions};
pub use part::{Part, PartKind};
pub use payload::{AudioFormat, Detail, FileData, InputAudio, MediaUrl};
pub use request::Request;
pub use response::{Choice, FinishReason, Logprobs, Response, TokenDetails, TokenLogprob, Usage};
pub use tool::{Function, FunctionCall, Tool, ToolCall, ToolChoice, ToolKind};
