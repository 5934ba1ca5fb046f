//! Requests to Gemini models in the format of Google's `generateContent`.

mod api_error;
mod builtin;
mod check;
mod config;
mod content;
mod finish;
mod function;
mod lenient;
mod media;
mod offset;
mod part;
mod request;
mod response;
mod safety;
mod schema;
mod speech;
mod tool;
mod tool_config;
mod usage;

pub use api_error::ApiError;
pub use builtin::{
    CodeExecution, ComputerUse, DynamicRetrievalConfig, Environment, FileSearch, GoogleMaps, GoogleSearch,
    GoogleSearchRetrieval, Interval, RetrievalMode, UrlContext,
};
pub use config::{GenerationConfig, ImageConfig, Modality, ThinkingConfig, ThinkingLevel};
pub use content::{Content, Parts, Role};
pub use finish::{BlockReason, FinishReason};
pub use function::{
    CodeExecutionResult, ExecutableCode, FunctionCall, FunctionResponse, Language, Outcome, Scheduling,
};
pub use media::{Base64, FileData, InlineData, MediaResolution, PartMediaResolution, VideoMetadata};
pub use part::Part;
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
