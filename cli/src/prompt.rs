//! The prompt: a system instruction, and parts in the order of their arguments.

use crate::{
    source::{Kind, Src},
    text::Text,
};
use clap::{
    Arg, ArgAction, ArgGroup, ArgMatches, Args, Command, FromArgMatches, ValueHint,
    builder::{OsStringValueParser, TypedValueParser},
};
use std::path::Path;

const PARTS: &str = "Parts (at least one; sent in the order given)";

/// What the request asks. It implements [`Args`] by hand because clap's derive would lose the order of parts
/// that come from different options.
pub struct Prompt {
    pub system: Option<Text>,
    pub parts: Vec<Part>,
}

/// One part of the prompt.
pub enum Part {
    Text(Text),
    Media(Kind, Src),
}

impl Prompt {
    /// Returns the paths of the files that the prompt is read from, which include standard input if it is used.
    pub fn files(&self) -> Vec<&Path> {
        let files = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => text.path(),
            Part::Media(_, src) if src.url().is_none() => Some(Path::new(&src.name)),
            Part::Media(..) => None,
        });
        self.system.iter().filter_map(Text::path).chain(files).collect()
    }
}

impl Args for Prompt {
    fn augment_args(command: Command) -> Command {
        // Values may start with a hyphen: `-;type=video/mp4`, or a text that is a list.
        let option = |id: &'static str| Arg::new(id).long(id).allow_hyphen_values(true);
        let text = |arg: Arg| {
            let parser = OsStringValueParser::new().try_map(|text| Text::from_arg(&text));
            arg.value_name("TEXT").value_hint(ValueHint::Other).value_parser(parser)
        };
        let part = |id| option(id).action(ArgAction::Append).help_heading(PARTS);
        let media = |kind: Kind| {
            part(kind.name())
                .value_name("SRC")
                // `expand` makes an option of each of several values. This is for the help and the completions.
                .num_args(1..)
                .value_hint(ValueHint::FilePath)
                .value_parser(OsStringValueParser::new().try_map(|src| Src::from_arg(&src)))
                .help(format!("Add {}: files, URLs, or - for standard input", kind.plural()))
        };
        command
            .arg(text(option("system")).help("System instruction (or @FILE, or -)"))
            .arg(
                text(part("text"))
                    .short('t')
                    .help("Add text, such as a question or a label for the next part (or @FILE, or -)"),
            )
            .args(Kind::ALL.map(media))
            .group(
                ArgGroup::new("parts")
                    .args(["text", "video", "audio", "image", "file"])
                    .multiple(true)
                    .required(true),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Prompt::augment_args(command)
    }
}

impl FromArgMatches for Prompt {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Prompt, clap::Error> {
        let mut parts: Vec<(usize, Part)> = Vec::new();
        let mut add = |id: &str, of_option: Vec<Part>| {
            parts.extend(matches.indices_of(id).into_iter().flatten().zip(of_option));
        };
        if let Some(texts) = matches.get_many::<Text>("text") {
            add("text", texts.cloned().map(Part::Text).collect());
        }
        for kind in Kind::ALL {
            if let Some(sources) = matches.get_many::<Src>(kind.name()) {
                add(kind.name(), sources.cloned().map(|src| Part::Media(kind, src)).collect());
            }
        }
        parts.sort_by_key(|(index, _)| *index);
        Ok(Prompt {
            system: matches.get_one::<Text>("system").cloned(),
            parts: parts.into_iter().map(|(_, part)| part).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Prompt::from_arg_matches(matches)?;
        Ok(())
    }
}
