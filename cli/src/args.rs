//! The arguments.

use super::{help, prompt::Prompt};
use clap::{
    Arg, Args, Command as Clap, Parser, Subcommand, ValueEnum, ValueHint,
    builder::{NonEmptyStringValueParser, PossibleValue, StringValueParser, TypedValueParser},
};
use clap_complete::Shell;
use niello::{Access, Limit};
use serde_json::value::RawValue;
use std::{ffi::OsStr, path::PathBuf};

/// Write JSON request bodies that carry video, audio or images as base64
///
/// The body goes to standard output or to a file, in a few megabytes of memory at any size of media; its exact
/// length is known before a byte is read. It is sent by an HTTP client, such as curl: niello opens no connection.
#[derive(Parser)]
#[command(name = "niello", version, max_term_width = 100, arg_required_else_help = true, after_long_help = help::NIELLO)]
#[command(subcommand_help_heading = "Commands")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Write a request in the Chat Completions format
    Chat(Chat),
    /// Write a request in the Google Gemini format
    Gemini(Gemini),
    /// Fill a JSON template, in which directives stand where media goes
    Fill(Fill),
    /// Print what a shell needs to complete this command
    Completions(Completions),
    /// Print the manual page of niello, or of one of its commands
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
    #[arg(long, value_parser = NonEmptyStringValueParser::new(), value_hint = ValueHint::Other)]
    pub model: String,
    #[command(flatten)]
    pub prompt: Prompt,
    /// Any other field of the request; may be repeated
    ///
    /// The keys of an object are sorted; `niello fill` keeps all as it is written.
    #[arg(long, value_name = "KEY=JSON", value_parser = setting, value_hint = ValueHint::Other)]
    pub set: Vec<(String, Box<RawValue>)>,
    /// At most so many tokens in the answer
    #[arg(long, value_name = "N", help_heading = ANSWER)]
    pub max_tokens: Option<u32>,
    #[command(flatten)]
    pub sampling: Sampling,
    /// For answers that repeat: a number of 64 bits
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = ANSWER)]
    pub seed: Option<i64>,
    /// Ask for a streamed answer
    #[arg(long, help_heading = ANSWER)]
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
    /// Any other field of the request; may be repeated
    ///
    /// The keys of an object are sorted; `niello fill` keeps all as it is written.
    #[arg(long, value_name = "KEY=JSON", value_parser = setting, value_hint = ValueHint::Other)]
    pub set: Vec<(String, Box<RawValue>)>,
    /// At most so many tokens in the answer
    #[arg(long, value_name = "N", help_heading = ANSWER)]
    pub max_output_tokens: Option<u32>,
    #[command(flatten)]
    pub sampling: Sampling,
    /// Sample from the N likeliest tokens
    #[arg(long, value_name = "N", help_heading = ANSWER)]
    pub top_k: Option<u32>,
    /// For answers that repeat: a number of 32 bits
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = ANSWER)]
    pub seed: Option<i32>,
    /// Any other field of generationConfig; may be repeated
    ///
    /// The keys of an object are sorted, but for the properties of a responseSchema; `niello fill` keeps all as it
    /// is written.
    #[arg(
        long,
        value_name = "KEY=JSON",
        value_parser = setting,
        value_hint = ValueHint::Other,
        help_heading = ANSWER
    )]
    pub config: Vec<(String, Box<RawValue>)>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
#[command(after_long_help = help::FILL)]
pub struct Fill {
    /// The template, whose files are relative to its folder; - for standard input and the current folder
    #[arg(value_hint = ValueHint::FilePath)]
    pub template: PathBuf,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
#[command(after_long_help = help::COMPLETIONS)]
pub struct Completions {
    pub shell: Shell,
}

#[derive(Args)]
#[command(after_long_help = help::MAN)]
pub struct Man {
    /// The command to print the page of, such as chat; niello itself if none is named
    pub command: Option<String>,
    /// Write all pages to this folder instead, which is made where there is none
    #[arg(long, value_hint = ValueHint::DirPath, conflicts_with = "command")]
    pub dir: Option<PathBuf>,
}

const ANSWER: &str = "Answer";

#[derive(Args)]
#[command(next_help_heading = ANSWER)]
pub struct Sampling {
    /// Randomness of the answer, 0 for the least
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub temperature: Option<f64>,
    /// Sample from the likeliest tokens up to this probability, 0 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub top_p: Option<f64>,
    /// End the answer before this text; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_hint = ValueHint::Other)]
    pub stop: Vec<String>,
}

#[derive(Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Where the body goes; standard output if it is not given
    ///
    /// A file appears when it is whole: until then the old one stays, and after an error, too. A device or a pipe
    /// is written to directly. - is standard output, even if that is a terminal, to which no media goes otherwise.
    #[arg(short = 'o', long = "output", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Show the body instead, for people: indented, and only the head of each media
    #[arg(long, conflicts_with_all = ["file", "dry_run"])]
    pub preview: bool,
    /// Show the exact length of the body and of its segments instead; only the heads of media are read
    #[arg(long, conflicts_with = "file")]
    pub dry_run: bool,
    /// Form of --dry-run
    #[arg(long, value_enum, default_value_t, requires = "dry_run")]
    pub format: Format,
    /// Refuse a body that is too long for a service, before a byte of media is read
    ///
    /// A number of bytes, or by name: databricks (4 MB, foundation models), databricks-custom (16 MB, custom
    /// models), gemini (100 MB), vertex (256 MB for each media).
    #[arg(long, value_name = "N|NAME", value_parser = LimitParser, hide_possible_values = true)]
    #[arg(allow_negative_numbers = true)]
    pub limit: Option<Limit>,
    /// How files are read
    #[arg(long, value_enum, default_value_t)]
    pub access: AccessArg,
}

#[derive(Clone, Copy, Default, ValueEnum)]
pub enum Format {
    /// A table
    #[default]
    Text,
    /// An object with `length` and `segments`
    Json,
}

#[derive(Clone, Copy, Default, ValueEnum)]
pub enum AccessArg {
    /// Mapped, a window at a time
    #[default]
    Map,
    /// Read into a buffer
    Read,
}

impl From<AccessArg> for Access {
    fn from(access: AccessArg) -> Access {
        match access {
            AccessArg::Map => Access::Map,
            AccessArg::Read => Access::Read,
        }
    }
}

/// Tells shells the names, beside which numbers stand.
#[derive(Clone)]
struct LimitParser;

impl LimitParser {
    const NAMES: [&str; 4] = ["databricks", "databricks-custom", "gemini", "vertex"];
}

impl TypedValueParser for LimitParser {
    type Value = Limit;

    fn parse_ref(&self, command: &Clap, arg: Option<&Arg>, value: &OsStr) -> Result<Limit, clap::Error> {
        StringValueParser::new().try_map(|text| text.parse::<Limit>()).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(LimitParser::NAMES.into_iter().map(PossibleValue::new)))
    }
}

fn setting(text: &str) -> Result<(String, Box<RawValue>), String> {
    let (key, json) =
        text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or("not of the form KEY=JSON")?;
    let value = serde_json::from_str(json).map_err(|error| {
        format!("what follows `=` is no JSON ({error}); a text wants its quotes: '{key}=\"text\"'")
    })?;
    Ok((key.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_agree_with_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_name_of_a_limit_is_one() {
        for name in LimitParser::NAMES {
            assert!(name.parse::<Limit>().is_ok(), "{name}");
        }
    }
}
