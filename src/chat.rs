//! Chat Completions: requests with media in them, answers, and the chunks of a streamed answer.

mod check;
mod inlay;
mod lenient;
mod message;
mod options;
mod part;
mod request;
mod tool;

pub use inlay::{AudioFormat, Base64, Detail, FileData, InputAudio, MediaUrl};
pub use message::{Content, Message, Role};
pub use options::{FormatKind, JsonSchema, Modality, ReasoningEffort, ResponseFormat, Stop, StreamOptions};
pub use part::{Part, PartKind};
pub use request::Request;
pub use tool::{Function, FunctionCall, Tool, ToolCall, ToolChoice, ToolKind};
