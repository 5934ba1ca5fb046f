//! The arguments.

use super::source::{Kind, Src};
use clap::{
    ArgAction, ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum,
    builder::{NonEmptyStringValueParser, OsStringValueParser, TypedValueParser},
};
use niello::{Access, Limit};
use serde_json::value::RawValue;
use std::path::PathBuf;

/// Writes the JSON body of a request that carries audio, video or images, streamed as base64.
///
/// The body goes to standard output or to a file, in a few megabytes of memory at any size of media; its
/// exact length is known before a byte is read (--dry-run). Send it with an HTTP client, such as
/// `curl -T body.json`, which streams it and sends its Content-Length.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  niello chat --model system.ai.gemini-3-1-pro --text 'Summarize.' --video clip.mp4 -o body.json
  niello gemini --text 'What is said?' --audio 'talk.bin;type=audio/mp3' --max-output-tokens 1024
  niello fill request.json --dry-run

Send it:
  curl -X POST -T body.json -H 'Content-Type: application/json' \\
    -H \"Authorization: Bearer $TOKEN\" URL";

const CHAT: &str = "\
SRC is a URL, which is passed on as it is, a file, or - for standard input. Its type is found by content, \
then by extension; 'clip.bin;type=video/mp4' gives it. Quotes keep a name whole: '\"a;type=b\"'.
Objects given by --set have their keys sorted; `niello fill` keeps all as it is written.

Examples:
  niello chat --model system.ai.gemini-3-1-pro --text 'Summarize.' --video clip.mp4 -o body.json
  niello chat --model M --text 'Which is louder?' --audio a.wav --audio https://example.com/b.mp3
  curl -s https://example.com/clip.mp4 | niello chat --model M --text 'Summarize.' --video -
  niello chat --model M --text Hi --set 'reasoning_effort=\"low\"' --set 'metadata={\"team\":\"v\"}'";

const GEMINI: &str = "\
SRC is a URL, which is passed on as it is, a file, or - for standard input. Its type is found by content, \
then by extension; 'clip.bin;type=video/mp4' gives it. ';fps=2' samples a video so many times a second, and \
';start=1.5s;end=80s' shows a part of it. Quotes keep a name whole: '\"a;type=b\"'.
Objects given by --set and --config have their keys sorted, but for those of responseSchema; `niello fill` keeps all \
as it is written.

Examples:
  niello gemini --text 'What is said?' --audio 'talk.bin;type=audio/mp3' --max-output-tokens 1024
  niello gemini --video 'https://youtu.be/9hE5-98ZeCg;start=40s;end=80s' --text 'Summarize.'
  niello gemini --text Hi --config 'responseMimeType=\"application/json\"' --set 'labels={\"team\":\"v\"}'";

const FILL: &str = "\
A directive is an object that stands alone: {\"$data_uri\": {\"file\": F, \"mime\": M}}, where mime may be left \
out, or {\"$base64\": {\"file\": F}}. F is relative to the folder of the template.

Examples:
  niello fill request.json -o body.json
  echo '{\"input\": {\"$base64\": {\"file\": \"clip.mp4\"}}}' | niello fill -";

#[derive(Subcommand)]
pub enum Command {
    /// A Chat Completions request: messages with text, video_url, audio_url, image_url
    Chat(Chat),
    /// A Google Gemini request: contents with text, inlineData, fileData
    Gemini(Gemini),
    /// Fills a JSON template, in which directives stand where media goes
    Fill(Fill),
}

#[derive(Args)]
#[command(after_help = CHAT)]
pub struct Chat {
    /// Model or endpoint, such as system.ai.gemini-3-1-pro
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub model: String,
    #[command(flatten)]
    pub prompt: Prompt,
    /// At most so many tokens in the answer
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u32>,
    #[command(flatten)]
    pub sampling: Sampling,
    /// For answers that repeat: a number of 64 bits
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<i64>,
    /// Ask for a streamed answer
    #[arg(long)]
    pub stream: bool,
    /// Any other field of the request; may be repeated
    #[arg(long, value_name = "KEY=JSON", value_parser = setting)]
    pub set: Vec<(String, Box<RawValue>)>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
#[command(after_help = GEMINI)]
pub struct Gemini {
    #[command(flatten)]
    pub prompt: Prompt,
    /// At most so many tokens in the answer
    #[arg(long, value_name = "N")]
    pub max_output_tokens: Option<u32>,
    #[command(flatten)]
    pub sampling: Sampling,
    /// Sample from the N likeliest tokens
    #[arg(long, value_name = "N")]
    pub top_k: Option<u32>,
    /// For answers that repeat: a number of 32 bits
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<i32>,
    /// Any other field of generationConfig; may be repeated
    #[arg(long, value_name = "KEY=JSON", value_parser = setting)]
    pub config: Vec<(String, Box<RawValue>)>,
    /// Any other field of the request; may be repeated
    #[arg(long, value_name = "KEY=JSON", value_parser = setting)]
    pub set: Vec<(String, Box<RawValue>)>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
#[command(after_help = FILL)]
pub struct Fill {
    /// The template, whose files are relative to its folder; - for standard input and the current folder
    pub template: PathBuf,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
pub struct Sampling {
    /// Randomness of the answer, 0 for the least
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub temperature: Option<f64>,
    /// Sample from the likeliest tokens up to this probability, 0 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub top_p: Option<f64>,
    /// End the answer before this text; may be repeated
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    pub stop: Vec<String>,
}

#[derive(Args)]
pub struct Output {
    /// Where the body goes: a file appears when it is whole, a device or pipe is written to directly
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Show the pieces and the exact length instead of the body; of media, only the heads are read
    #[arg(long, conflicts_with = "file")]
    pub dry_run: bool,
    /// Form of --dry-run
    #[arg(long, value_enum, default_value_t, requires = "dry_run")]
    pub format: Format,
    /// Refuse a body that is too long for a service (also: databricks-custom), before a byte is read
    #[arg(long, value_name = "N|databricks|gemini|vertex", allow_negative_numbers = true)]
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
    /// An object with `length` and `pieces`
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

/// What is asked: the parts in the order of their arguments, whichever option each came by.
pub struct Prompt {
    pub system: Option<String>,
    pub parts: Vec<Part>,
}

/// One part of the prompt.
pub enum Part {
    Text(String),
    Media(Kind, Src),
}

impl Args for Prompt {
    fn augment_args(command: clap::Command) -> clap::Command {
        // Any text is a value, as `-;type=video/mp4` or an item of a list.
        let option = |id: &'static str| clap::Arg::new(id).long(id).allow_hyphen_values(true);
        let part = |id| option(id).action(ArgAction::Append);
        let media = |kind: Kind| {
            let name = kind.name();
            part(name)
                .value_name("SRC")
                .value_parser(OsStringValueParser::new().try_map(|src| Src::of(&src)))
                .help(format!("Show {name}: a URL, a file, or - for standard input"))
        };
        command
            .arg(option("system").value_name("T").help("System instruction"))
            .arg(part("text").value_name("T").help("Text; parts stand in the order of their options"))
            .args(Kind::ALL.map(media))
            .group(
                clap::ArgGroup::new("parts")
                    .args(["text", "video", "audio", "image"])
                    .multiple(true)
                    .required(true),
            )
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Prompt::augment_args(command)
    }
}

impl FromArgMatches for Prompt {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Prompt, clap::Error> {
        let mut parts: Vec<(usize, Part)> = Vec::new();
        let mut take = |id: &str, make: &dyn Fn() -> Vec<Part>| {
            parts.extend(matches.indices_of(id).into_iter().flatten().zip(make()));
        };
        take("text", &|| {
            matches.get_many::<String>("text").into_iter().flatten().cloned().map(Part::Text).collect()
        });
        for kind in Kind::ALL {
            let of_kind = || matches.get_many::<Src>(kind.name()).into_iter().flatten().cloned();
            take(kind.name(), &|| of_kind().map(|src| Part::Media(kind, src)).collect());
        }
        parts.sort_by_key(|(index, _)| *index);
        Ok(Prompt {
            system: matches.get_one::<String>("system").cloned(),
            parts: parts.into_iter().map(|(_, part)| part).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Prompt::from_arg_matches(matches)?;
        Ok(())
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
