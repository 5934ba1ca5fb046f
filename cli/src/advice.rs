//! Improves clap's errors: adds tips for common mistakes, escapes what a terminal would interpret, and hides
//! secrets and data in names and values.

use crate::{
    escape::{escape, shorten_to},
    url::displayed,
};
use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// The largest number of bytes of an argument in an error. The reason behind it may repeat some of them.
const VALUE_LEN: usize = 120;

/// Returns the error as it should be shown.
pub fn improve(mut error: Error) -> Error {
    // File names come in through shell globs and may contain anything.
    let shown: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => {
                Some((kind, escape(&shorten_to(VALUE_LEN, &displayed(text))), text.clone()))
            }
            _ => None,
        })
        .collect();
    if let Some(tip) = tip(&error) {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    } else if shown.iter().any(|(_, shown, text)| shown != text) {
        // clap's tip repeats the argument verbatim.
        error.remove(ContextKind::Suggested);
    }
    for (kind, shown, _) in shown {
        error.insert(kind, ContextValue::String(shown));
    }
    error
}

fn tip(error: &Error) -> Option<&'static str> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(arg))) => tip_for_argument(arg),
        // If a command has a similar name, clap suggests it, which helps more.
        (ErrorKind::InvalidSubcommand, _) if error.get(ContextKind::SuggestedSubcommand).is_none() => Some(
            "start with a command: niello chat --model MODEL --video clip.mp4 --text 'What happens here?'",
        ),
        _ => None,
    }
}

/// Tips for arguments that people try first, or that another command has.
fn tip_for_argument(arg: &str) -> Option<&'static str> {
    Some(match arg {
        "--model" | "-m" => {
            "only `niello chat` has --model; for Gemini, the model is in the URL, and for a template in its JSON"
        }
        "--system" | "--text" | "-t" | "--video" | "--audio" | "--image" | "--file" => {
            "use `niello chat` or `niello gemini`, or write the parts as JSON in the template"
        }
        "--prompt" | "--message" | "--input" => {
            "use --text 'What happens here?' for text and --video clip.mp4 for media"
        }
        _ if !arg.starts_with('-') => {
            "quote arguments that contain spaces, and name the kind of each part: --video 'my clip.mp4'"
        }
        _ => return None,
    })
}
