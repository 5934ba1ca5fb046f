//! The Gemini format: `generateContent` requests with media, responses, and chunks of streamed responses.
//!
//! # Examples
//! Send videos, from a URL and from a file:
//!
//! ```no_run
//! use niello::{Media, gemini::{Content, GenerationConfig, Part, Request, Response}};
//!
//! # fn ask(post: impl Fn(niello::Body) -> Vec<u8>) -> niello::Result<()> {
//! let clip = Media::open("video.mp4")?;
//! let body = Request::new()
//!     .content(Content::user([
//!         Part::text("Summarize what happens in these videos."),
//!         Part::file("https://example.com/sample-video.mp4").mime("video/mp4"),
//!         Part::inline(&clip).fps(2.0),
//!     ]))
//!     .generation_config(GenerationConfig::new().max_output_tokens(1024))
//!     .body()?;
//! // POST to <workspace>/serving-endpoints/gemini/v1beta/models/databricks-gemini-3-1-pro:generateContent, with
//! // body.len() as the Content-Length:
//! let response = post(body);
//! println!("{}", Response::from_slice(&response)?.text().unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! Send audio, and look at the body:
//!
//! ```
//! use niello::{Media, gemini::{Content, GenerationConfig, Part, Request}};
//!
//! let talk = Media::from_bytes(&b"ID3"[..], "audio/mp3")?;
//! let request = Request::new()
//!     .content(Content::user([
//!         Part::text("Transcribe this audio and summarize the key points."),
//!         Part::file("https://example.com/sample-audio.mp3").mime("audio/mp3"),
//!         Part::inline(&talk),
//!     ]))
//!     .generation_config(GenerationConfig::new().max_output_tokens(1024));
//! let mut body = request.body()?;
//! assert_eq!(body.len(), 288);
//! let sent = std::io::read_to_string(&mut body).unwrap();
//! assert!(sent.contains(r#"{"inlineData":{"mimeType":"audio/mp3","data":"SUQz"}}"#));
//! assert_eq!(sent, serde_json::to_string(&request).unwrap());
//! # Ok::<(), niello::Error>(())
//! ```
//!
//! Read a streamed response, from `:streamGenerateContent?alt=sse` with the same body:
//!
//! ```
//! use niello::{events::Events, gemini::Response};
//!
//! let mut events = Events::new();
//! let mut text = String::new();
//! for bytes in ["data: {\"candidates\":[{\"content\":{\"parts\":[{\"te", "xt\":\"Goal!\"}]}}]}\r\n\r\n"] {
//!     events.push(bytes.as_bytes());
//!     for chunk in events.read::<Response>() {
//!         text.push_str(&chunk?.text().unwrap_or_default());
//!     }
//! }
//! assert_eq!(text, "Goal!");
//! # Ok::<(), niello::Error>(())
//! ```
//!
//! # Models
//! The model is in the URL, not in the body. As of November 2026, Databricks serves Gemini models for video
//! and audio as endpoints such as `databricks-gemini-3-1-pro` and `databricks-gemini-2-5-flash`. Google's own
//! API accepts the same body, with Google's names of models.
//!
//! # Limitations
//! - The server fetches files by URL, so they must be public. YouTube links work only as videos, and without
//!   a MIME type.
//! - A gateway may not accept what is documented as "Vertex only", or the API's own tools.
//! - Uploading files is not part of this crate. A URI of an uploaded file can be sent.
//! - The keys of a JSON Schema given as a [`Value`](serde_json::Value) are sorted unless serde_json's feature
//!   `preserve_order` is enabled. A [`Schema`] keeps the order of properties, in which models write their
//!   output.
//! - Services limit the size of a request: see [`Limit`](crate::Limit).
//! - [`Request::body`] reports only what no server would accept. Everything else is sent, and the API may
//!   reject it.
//!
//! # Sources
//! Databricks'
//! [Query audio and video models](https://docs.databricks.com/gcp/en/machine-learning/model-serving/query-audio-video-models);
//! Google's references of the [Gemini API](https://ai.google.dev/api/generate-content) and of
//! [Vertex](https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference); Google's
//! public protobuf classes; and what the official SDKs send (google-genai 3.4 for Python, 3.1 for
//! JavaScript). The documentation of each field begins with its name in the API. "Vertex only" marks what the
//! reference of the Gemini API does not list.

mod builtin;
mod check;
mod collector;
mod config;
mod content;
#[cfg(feature = "http")]
mod endpoint;
mod function;
mod json_name;
mod media;
mod part;
mod request;
mod response;
mod safety;
mod schema;
mod speech;
mod tool;
mod tool_config;

pub use builtin::{
    CodeExecution, ComputerUse, DynamicRetrievalConfig, Environment, FileSearch, GoogleMaps, GoogleSearch,
    GoogleSearchRetrieval, Interval, RetrievalMode, UrlContext,
};
pub use collector::Collector;
pub use config::{GenerationConfig, ImageConfig, Modality, ThinkingConfig, ThinkingLevel};
pub use content::{Content, Role};
#[cfg(feature = "http")]
pub use endpoint::Endpoint;
pub use function::{
    CodeExecutionResult, ExecutableCode, FunctionCall, FunctionResponse, Language, Outcome, Scheduling,
};
pub use json_name::json_name;
pub use media::{FileData, InlineData, MediaResolution, PartMediaResolution, VideoMetadata};
pub use part::{Part, PartKind};
pub use request::Request;
pub use response::{
    BlockReason, Candidate, FinishReason, ModalityTokenCount, PromptFeedback, Response, UsageMetadata,
};
pub use safety::{HarmCategory, HarmProbability, SafetyRating, SafetySetting, Threshold};
pub use schema::{Schema, Type};
pub use speech::{
    MultiSpeakerVoiceConfig, PrebuiltVoiceConfig, SpeakerVoiceConfig, SpeechConfig, VoiceConfig,
};
pub use tool::{Behavior, FunctionDeclaration, Tool};
pub use tool_config::{FunctionCallingConfig, FunctionCallingMode, LatLng, RetrievalConfig, ToolConfig};
