//! The Gemini format: `generateContent` requests with media in them, answers, and the chunks of a streamed
//! answer.
//!
//! Videos, by URL and from a file:
//!
//! ```no_run
//! use niello::{Media, gemini::{Content, GenerationConfig, Part, Request, Response}};
//!
//! # fn ask(post: impl Fn(niello::Body) -> Vec<u8>) -> niello::Result<()> {
//! let clip = Media::open("video.mp4")?;
//! let mut body = Request::new()
//!     .content(Content::user([
//!         Part::text("Summarize what happens in these videos."),
//!         Part::file("https://example.com/sample-video.mp4").mime("video/mp4"),
//!         Part::inline(&clip).fps(2.0),
//!     ]))
//!     .generation_config(GenerationConfig::new().max_output_tokens(1024))
//!     .body()?;
//! // To <workspace>/serving-endpoints/gemini/v1beta/models/databricks-gemini-3-1-pro:generateContent, with
//! // body.len() as the Content-Length:
//! let answer = post(body);
//! println!("{}", Response::from_slice(&answer)?.text().unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! Audio, and the body that comes of it:
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
//! A streamed answer, from `:streamGenerateContent?alt=sse` with the same body, through
//! [`Events`](crate::events::Events):
//!
//! ```
//! use niello::{events::Events, gemini::Response};
//!
//! let mut events = Events::new();
//! let mut answer = String::new();
//! for bytes in ["data: {\"candidates\":[{\"content\":{\"parts\":[{\"te", "xt\":\"Goal!\"}]}}]}\r\n\r\n"] {
//!     events.push(bytes.as_bytes());
//!     for chunk in events.read::<Response>() {
//!         answer.push_str(&chunk?.text().unwrap_or_default());
//!     }
//! }
//! assert_eq!(answer, "Goal!");
//! # Ok::<(), niello::Error>(())
//! ```
//!
//! # Sources
//! [Query audio and video models](https://docs.databricks.com/gcp/en/machine-learning/model-serving/query-audio-video-models)
//! of Databricks; Google's references of the [Gemini API](https://ai.google.dev/api/generate-content) and of
//! [Vertex](https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference); Google's public
//! protobuf classes; and what the official SDKs send (google-genai 3.4 for Python, 3.1 for JavaScript). Fields are
//! documented with the API's name for them in front; "Vertex only" is what the Gemini API does not document.
//!
//! # Models
//! The model stands in the URL, not in the body. As of November 2026, Databricks serves Gemini models for
//! video and audio as endpoints such as `databricks-gemini-3-1-pro` and `databricks-gemini-2-5-flash`; any
//! name will do. The same body goes to Google's own API with a name of Google's.
//!
//! # Limitations
//! - A file by URL is fetched by the server, so it has to be public; of YouTube, videos only, and without a
//!   MIME type.
//! - Whether a gateway takes what is documented as "Vertex only" here, and the API's own tools, is for it to
//!   say.
//! - Sizes are limited by the service: see [`Limit`](crate::Limit). Uploading files first, and naming them
//!   by URI, is left to other crates.
//! - JSON Schema given as a [`Value`](serde_json::Value) has its keys sorted, unless serde_json's feature
//!   `preserve_order` is on; models follow the order of properties, which [`Schema`] keeps.
//! - What the API might refuse is sent as it is. Refused before that is what no server can take: see
//!   [`Request::body`].

mod builtin;
mod check;
mod config;
mod content;
#[cfg(feature = "http")]
mod endpoint;
mod finish;
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
mod usage;

pub use builtin::{
    CodeExecution, ComputerUse, DynamicRetrievalConfig, Environment, FileSearch, GoogleMaps, GoogleSearch,
    GoogleSearchRetrieval, Interval, RetrievalMode, UrlContext,
};
pub use config::{GenerationConfig, ImageConfig, Modality, ThinkingConfig, ThinkingLevel};
pub use content::{Content, Role};
#[cfg(feature = "http")]
pub use endpoint::Endpoint;
pub use finish::{BlockReason, FinishReason};
pub use function::{
    CodeExecutionResult, ExecutableCode, FunctionCall, FunctionResponse, Language, Outcome, Scheduling,
};
pub use json_name::json_name;
pub use media::{FileData, InlineData, MediaResolution, PartMediaResolution, VideoMetadata};
pub use part::{Part, PartKind};
pub use request::Request;
pub use response::{Candidate, PromptFeedback, Response};
pub use safety::{HarmCategory, HarmProbability, SafetyRating, SafetySetting, Threshold};
pub use schema::{Schema, Type};
pub use speech::{
    MultiSpeakerVoiceConfig, PrebuiltVoiceConfig, SpeakerVoiceConfig, SpeechConfig, VoiceConfig,
};
pub use tool::{Behavior, FunctionDeclaration, Tool};
pub use tool_config::{FunctionCallingConfig, FunctionCallingMode, LatLng, RetrievalConfig, ToolConfig};
pub use usage::{ModalityTokenCount, UsageMetadata};
