//! The command line arguments. Their comments are the help, the completions and the manual pages.

use crate::{
    escape::{shorten, shorten_to},
    help,
    prompt::Prompt,
};
use clap::{
    Arg, Args, Command as Clap, Parser, Subcommand, ValueEnum, ValueHint,
    builder::{NonEmptyStringValueParser, PossibleValue, StringValueParser, TypedValueParser},
};
use clap_complete::Shell;
use niello::{Access, ContentEncoding, Limit};
use serde_json::value::RawValue;
use std::{ffi::OsStr, path::PathBuf};

/// Write JSON request bodies with video, audio and images embedded as base64
///
/// niello streams media files into the body: it needs a few megabytes of memory for files of any size, and it
/// knows the exact length of the body before it reads the media. `niello extract` takes media out of responses.
/// niello does no networking; send the body with curl or another HTTP client.
#[derive(Parser)]
#[command(name = "niello", version, max_term_width = 100, arg_required_else_help = true)]
#[command(subcommand_help_heading = "Commands", after_long_help = help::NIELLO)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Write a request body in the Chat Completions format
    Chat(Chat),
    /// Write a request body in the Google Gemini format
    Gemini(Gemini),
    /// Write a request body from a JSON template
    Fill(Fill),
    /// Write the media in a response or request to files, and the rest to a template
    ///
    /// niello decodes base64 in the places where the APIs have it, and data URIs, while the JSON arrives. In the
    /// template, each media is replaced by an object that names its file, so `niello fill` makes the same JSON again.
    Extract(Extract),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print a manual page
    Man(Man),
}

#[derive(Args)]
#[command(
    next_help_heading = "Request",
    override_usage = "niello chat [OPTIONS] --model <MODEL> <PARTS>",
    after_long_help = help::CHAT
)]
pub struct Chat {
    /// Model or endpoint, such as system.ai.gemini-3-1-pro
    #[arg(short, long, value_parser = NonEmptyStringValueParser::new(), value_hint = ValueHint::Other)]
    pub model: String,
    #[command(flatten)]
    pub prompt: Prompt,
    /// Set any other field of the request; can be repeated
    ///
    /// A dot in KEY leads into an object, as in metadata.team. Object keys are sorted. To keep their order, use `niello fill`.
    #[arg(long, value_name = "KEY=JSON", value_parser = field, value_hint = ValueHint::Other)]
    pub set: Vec<(String, Box<RawValue>)>,
    /// Maximum number of tokens in the response
    #[arg(long, value_name = "N", help_heading = RESPONSE)]
    pub max_tokens: Option<u32>,
    #[command(flatten)]
    pub sampling: Sampling,
    /// Seed for repeatable responses (a 64-bit integer)
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = RESPONSE)]
    pub seed: Option<i64>,
    /// Request a streamed response
    #[arg(long, help_heading = RESPONSE)]
    pub stream: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
#[command(
    next_help_heading = "Request",
    override_usage = "niello gemini [OPTIONS] <PARTS>",
    after_long_help = help::GEMINI
)]
pub struct Gemini {
    #[command(flatten)]
    pub prompt: Prompt,
    /// Set any other field of the request; can be repeated
    ///
    /// A dot in KEY leads into an object, as in generationConfig.seed. Object keys are sorted. To keep their order, use `niello fill`.
    #[arg(long, value_name = "KEY=JSON", value_parser = field, value_hint = ValueHint::Other)]
    pub set: Vec<(String, Box<RawValue>)>,
    /// Maximum number of tokens in the response
    #[arg(long, value_name = "N", help_heading = RESPONSE)]
    pub max_output_tokens: Option<u32>,
    #[command(flatten)]
    pub sampling: Sampling,
    /// Sample only from the N most likely tokens
    #[arg(long, value_name = "N", help_heading = RESPONSE)]
    pub top_k: Option<u32>,
    /// Seed for repeatable responses (a 32-bit integer)
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = RESPONSE)]
    pub seed: Option<i32>,
    /// Set any other field of generationConfig; can be repeated
    ///
    /// Object keys are sorted, except for the properties of a responseSchema. To keep the order of all keys,
    /// use `niello fill`.
    #[arg(
        long,
        value_name = "KEY=JSON",
        value_parser = field,
        value_hint = ValueHint::Other,
        help_heading = RESPONSE
    )]
    pub config: Vec<(String, Box<RawValue>)>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
#[command(after_long_help = help::FILL)]
pub struct Fill {
    /// JSON template, or - for standard input
    ///
    /// Media files are relative to the directory of the template. If the template comes from standard input,
    /// they are relative to the current directory.
    #[arg(value_hint = ValueHint::FilePath)]
    pub template: PathBuf,
    /// Read a template from each line, and write a line with a request for each, as batch APIs read them
    ///
    /// All templates are read and all media files are opened before anything is written. Media files are opened again
    /// when they are written, so any number is possible. Empty lines are skipped. --limit applies to each request.
    #[arg(long, conflicts_with = "access")]
    pub lines: bool,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
#[command(after_long_help = help::EXTRACT)]
pub struct Extract {
    /// JSON, or - for standard input (default)
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Write media to files in DIR, and create DIR if it does not exist
    ///
    /// The files are named media-1.png, media-2.wav and so on, in the order of the JSON. They appear when the JSON is
    /// complete; after an error, none is left. The extension is that of the MIME type next to the media, or else of
    /// its content, or .bin.
    #[arg(long, value_hint = ValueHint::DirPath, required_unless_present = "list")]
    pub dir: Option<PathBuf>,
    /// Write the template to FILE instead of standard output
    ///
    /// The paths in it are relative to its directory, as `niello fill` reads them. Without this option, they are
    /// relative to the current directory, for `niello fill -`.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Overwrite existing files in DIR
    #[arg(long)]
    pub force: bool,
    /// Read server-sent events or JSON lines, and write a line with a template for each
    ///
    /// Without -o, each line is written as soon as its event is complete. After an error, the files of the events
    /// before it are kept.
    #[arg(long)]
    pub events: bool,
    /// Show the size, type and JSON path of each media, and write no files
    ///
    /// A type that is not in the JSON is detected from the first 64 KiB.
    #[arg(long, conflicts_with_all = ["output", "force"])]
    pub list: bool,
}

#[derive(Args)]
#[command(after_long_help = help::COMPLETIONS)]
pub struct Completions {
    /// Shell to complete for
    pub shell: Shell,
}

#[derive(Args)]
#[command(after_long_help = help::MAN)]
pub struct Man {
    /// Command to print the page of, such as chat; without it, the page of niello itself
    pub command: Option<String>,
    /// Write all pages to DIR instead, and create DIR if it does not exist
    #[arg(long, value_hint = ValueHint::DirPath, conflicts_with = "command")]
    pub dir: Option<PathBuf>,
}

const RESPONSE: &str = "Response";

#[derive(Args)]
#[command(next_help_heading = RESPONSE)]
pub struct Sampling {
    /// Randomness of the response; 0 is the least random
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub temperature: Option<f64>,
    /// Sample only from the most likely tokens that together have probability X (0 to 1)
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub top_p: Option<f64>,
    /// End the response before TEXT; can be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_hint = ValueHint::Other)]
    pub stop: Vec<String>,
}

#[derive(Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Write the body to FILE instead of standard output
    ///
    /// niello replaces FILE only once the body is complete, so an error leaves an existing file unchanged. It
    /// writes to devices and pipes directly. Without this option, it never writes media to a terminal. To
    /// write media to a terminal, set FILE to -.
    #[arg(id = "output", short = 'o', long = "output", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Show the body, indented and with media shortened, instead of writing it
    #[arg(long, conflicts_with_all = ["output", "dry_run"])]
    pub preview: bool,
    /// Show the exact length of the body and each segment, instead of writing the body
    #[arg(long, conflicts_with = "output")]
    pub dry_run: bool,
    /// Output format of --dry-run
    #[arg(long, value_enum, default_value_t, requires = "dry_run")]
    pub format: Format,
    #[arg(long, value_name = "SIZE", value_parser = LimitParser, hide_possible_values = true)]
    #[arg(allow_negative_numbers = true, help = limit_help(), long_help = limit_long_help())]
    pub limit: Option<Limit>,
    /// Content coding of the body; send it with this Content-Encoding header
    ///
    /// With zstd, a body is as long as its media files, instead of a third longer. Use it only for servers that decode
    /// request bodies; most others respond with status 400 or 415. --limit applies to the body without the coding.
    #[arg(long, value_enum, default_value_t, value_name = "CODING")]
    pub content_encoding: EncodingArg,
    /// How to access media files
    #[arg(long, value_enum, default_value_t)]
    pub access: AccessArg,
}

#[derive(Clone, Copy, Default, ValueEnum)]
pub enum Format {
    /// A table
    #[default]
    Text,
    /// An object with `length`, `segments`, and `coded` if there is a content coding
    Json,
}

#[derive(Clone, Copy, Default, ValueEnum)]
pub enum AccessArg {
    /// Map them into memory, a few megabytes at a time
    #[default]
    Map,
    /// Read them into a buffer
    Read,
}

#[derive(Clone, Copy, Default, ValueEnum)]
pub enum EncodingArg {
    /// None
    #[default]
    Identity,
    /// zstd (RFC 8878)
    Zstd,
}

impl From<EncodingArg> for ContentEncoding {
    fn from(encoding: EncodingArg) -> ContentEncoding {
        match encoding {
            EncodingArg::Identity => ContentEncoding::Identity,
            EncodingArg::Zstd => ContentEncoding::Zstd,
        }
    }
}

impl From<AccessArg> for Access {
    fn from(access: AccessArg) -> Access {
        match access {
            AccessArg::Map => Access::Map,
            AccessArg::Read => Access::Read,
        }
    }
}

/// Parses a limit, and offers the named ones for completion.
#[derive(Clone)]
struct LimitParser;

impl TypedValueParser for LimitParser {
    type Value = Limit;

    fn parse_ref(&self, command: &Clap, arg: Option<&Arg>, value: &OsStr) -> Result<Limit, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        text.parse().map_err(|error| {
            let message = match similar_name(&text) {
                Some(name) => format!("--limit: {:?} is not a limit; did you mean {name}?", shorten(&text)),
                None => format!("--limit: {error}"),
            };
            clap::Error::raw(clap::error::ErrorKind::ValueValidation, message + "\n").with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Limit::NAMED.into_iter().filter_map(Limit::name).map(PossibleValue::new)))
    }
}

/// Returns the name of a limit that a misspelled one was probably meant to be.
fn similar_name(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase().replace(['_', ' '], "-");
    let names = Limit::NAMED.into_iter().filter_map(Limit::name);
    let near = names.map(|name| (strsim::osa_distance(&text, name), name)).min()?;
    (near.0 <= 2).then_some(near.1)
}

const LIMIT: &str = "Fail before reading media if the body, or for vertex a media file, would exceed SIZE";

/// Returns the short help of `--limit`, which lists the names.
fn limit_help() -> String {
    let names: Vec<_> = Limit::NAMED.into_iter().filter_map(Limit::name).collect();
    format!("{LIMIT} (bytes, 20MB, 4MiB, or a service: {})", names.join(", "))
}

/// Returns the long help of `--limit`, which lists the names with their values.
fn limit_long_help() -> String {
    let named = Limit::NAMED.into_iter().filter_map(|limit| {
        let scope = if limit.is_per_media() { " for each media file" } else { "" };
        Some(format!("{} ({} MB{scope})", limit.name()?, limit.max_len() / 1_000_000))
    });
    let named: Vec<_> = named.collect();
    format!(
        "{LIMIT}\n\nSIZE is a number of bytes, a number with a unit (kB, MB and GB are powers of 1000; KiB, MiB and \
         GiB are powers of 1024), or the name of a service: {}.",
        named.join(", ")
    )
}

/// Parses `KEY=JSON`.
fn field(text: &str) -> Result<(String, Box<RawValue>), String> {
    let (key, json) = text
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or("expected KEY=JSON, such as top_k=4")?;
    let value = serde_json::from_str(json).map_err(|error| {
        let key = shorten_to(40, key);
        format!("the value is not valid JSON ({error}); put strings in double quotes: '{key}=\"text\"'")
    })?;
    Ok((key.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_of_limit_lists_every_name_with_its_value() {
        let help = limit_long_help();
        for limit in Limit::NAMED {
            let entry = format!("{} ({} MB", limit.name().unwrap(), limit.max_len() / 1_000_000);
            assert!(help.contains(&entry), "{help}");
            assert_eq!(limit.max_len() % 1_000_000, 0, "{limit} is not a whole number of megabytes");
        }
    }
}
