//! What is asked: the parts in the order of their arguments, whichever option each came by.

use super::source::{Kind, Src};
use clap::{
    Arg, ArgAction, ArgGroup, ArgMatches, Args, Command, FromArgMatches, ValueHint,
    builder::{OsStringValueParser, TypedValueParser},
};
use std::path::Path;

const PARTS: &str = "Parts, one or more, sent in the order given";

/// clap's derive would lose the order between options.
pub struct Prompt {
    pub system: Option<String>,
    pub parts: Vec<Part>,
}

/// One part of the prompt.
pub enum Part {
    Text(String),
    Media(Kind, Src),
}

impl Prompt {
    /// The paths in it, standard input among them.
    pub fn files(&self) -> Vec<&Path> {
        let files = self.parts.iter().filter_map(|part| match part {
            Part::Media(_, src) if src.url().is_none() => Some(Path::new(&src.name)),
            _ => None,
        });
        files.collect()
    }
}

impl Args for Prompt {
    fn augment_args(command: Command) -> Command {
        // Any text is a value, as `-;type=video/mp4` or an item of a list.
        let option = |id: &'static str| Arg::new(id).long(id).allow_hyphen_values(true);
        let part = |id| option(id).action(ArgAction::Append);
        let text = |arg: Arg| arg.value_name("TEXT").value_hint(ValueHint::Other);
        let media = |kind: Kind| {
            part(kind.name())
                .help_heading(PARTS)
                .value_name("SRC")
                .value_hint(ValueHint::FilePath)
                .value_parser(OsStringValueParser::new().try_map(|src| Src::of(&src)))
                .help(format!("{}: a file, a URL, or - for standard input", kind.title()))
        };
        command
            .arg(text(option("system")).help("System instruction"))
            .arg(
                text(part("text"))
                    .help_heading(PARTS)
                    .help("Text: a question, or what is said between media"),
            )
            .args(Kind::ALL.map(media))
            .group(
                ArgGroup::new("parts")
                    .args(["text", "video", "audio", "image"])
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
