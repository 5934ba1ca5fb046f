//! Arguments that are wrong: what to do next where clap has no guess, and nothing that a terminal acts on.

use super::readable::readable;
use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// The error as it is to be shown.
pub fn with_advice(mut error: Error) -> Error {
    let advice = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(arg))) => advice(arg),
        // Where clap knows a command of a like name, that is the better advice.
        (ErrorKind::InvalidSubcommand, _) if error.get(ContextKind::SuggestedSubcommand).is_none() => Some(
            "a command comes first: niello chat --model MODEL --video clip.mp4 --text 'What happens here?'",
        ),
        _ => None,
    };
    if let Some(advice) = advice {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![advice.into()]));
    }
    // A name that a shell's `*` became may hold anything.
    let shown: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, ContextValue::String(readable(text)))),
            _ => None,
        })
        .collect();
    for (kind, value) in shown {
        error.insert(kind, value);
    }
    error
}

/// For what people try first.
fn advice(arg: &str) -> Option<&'static str> {
    Some(match arg {
        "--model" => "`niello chat` takes it; Gemini has the model in the URL, a template inside",
        "--system" | "--text" | "--video" | "--audio" | "--image" => {
            "`niello chat` and `niello gemini` take it; a template has parts as JSON"
        }
        "--prompt" | "--message" | "--input" | "--file" => {
            "text is --text 'What happens here?', media is --video clip.mp4"
        }
        _ if !arg.starts_with('-') => {
            "spaces want quotes, and media and text an option: --video 'my clip.mp4'"
        }
        _ => return None,
    })
}
