//! Several files after one option, as a shell glob gives them: `--video *.mp4` becomes
//! `--video=a.mp4 --video=b.mp4`.
//!
//! clap's own lists of values would swallow the options behind them, because values may start with a hyphen,
//! as in `--audio '-;type=audio/mp3'`.

use crate::source::Kind;
use clap::Command;
use std::ffi::{OsStr, OsString};

/// Writes the option before each file.
///
/// The first argument after a media option is always its value. The arguments after it are further values, up
/// to one that starts with a hyphen and is not standard input.
pub fn expand(cli: &Command, args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args = args.into_iter().peekable();
    let mut expanded: Vec<OsString> = args.by_ref().take(2).collect();
    let command = expanded.get(1).and_then(|name| cli.find_subcommand(name));
    let Some(command) = command.filter(|command| command.get_arguments().any(|arg| arg.get_id() == "video"))
    else {
        expanded.extend(args);
        return expanded;
    };
    while let Some(arg) = args.next() {
        if let Some(kind) = media_option(&arg) {
            let first = if is_long(&arg, kind.name()) { args.next() } else { None };
            expanded.push(first.map_or(arg, |value| attach(kind, &value)));
            while let Some(value) = args.next_if(|arg| is_further_value(arg)) {
                expanded.push(attach(kind, &value));
            }
        } else if takes_value(command, &arg) {
            expanded.push(arg);
            expanded.extend(args.next());
        } else {
            expanded.push(arg);
        }
    }
    expanded
}

/// Returns the kind for `--video` and `--video=a.mp4`.
fn media_option(arg: &OsStr) -> Option<Kind> {
    let bytes = arg.as_encoded_bytes();
    Kind::ALL.into_iter().find(|kind| {
        let rest = bytes.strip_prefix(b"--").and_then(|name| name.strip_prefix(kind.name().as_bytes()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"="))
    })
}

fn is_long(arg: &OsStr, name: &str) -> bool {
    arg.as_encoded_bytes().strip_prefix(b"--") == Some(name.as_bytes())
}

fn is_further_value(arg: &OsStr) -> bool {
    arg == "-" || arg.as_encoded_bytes().starts_with(b"-;") || !arg.as_encoded_bytes().starts_with(b"-")
}

fn attach(kind: Kind, value: &OsStr) -> OsString {
    let mut arg = OsString::from(format!("--{}=", kind.name()));
    arg.push(value);
    arg
}

/// Returns true if the next argument is the value of this one, whatever it looks like.
fn takes_value(command: &Command, arg: &OsStr) -> bool {
    let Some(text) = arg.to_str() else { return false };
    command.get_arguments().any(|option| {
        let is_option = option.get_long().is_some_and(|long| is_long(arg, long))
            || option
                .get_short()
                .is_some_and(|short| text.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4])));
        is_option && option.get_action().takes_values()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    fn expanded(line: &str) -> String {
        let args = line.split(' ').map(OsString::from);
        let expanded = expand(&Cli::command(), args).into_iter().map(|arg| arg.into_string().unwrap());
        expanded.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_file_gets_the_option_before_it() {
        for (line, expected) in [
            ("niello chat --video a b c -m m", "niello chat --video=a --video=b --video=c -m m"),
            ("niello gemini --audio a - b --text x", "niello gemini --audio=a --audio=- --audio=b --text x"),
            ("niello chat --image=a b --file c d", "niello chat --image=a --image=b --file=c --file=d"),
            (
                "niello chat --video a -;type=a/b --stream",
                "niello chat --video=a --video=-;type=a/b --stream",
            ),
            ("niello chat --video -a b", "niello chat --video=-a --video=b"),
            ("niello chat --video  b", "niello chat --video= --video=b"),
        ] {
            assert_eq!(expanded(line), expected);
        }
    }

    #[test]
    fn other_arguments_are_unchanged() {
        for line in [
            "niello",
            "niello chat",
            "niello chat --video",
            "niello chat --text --video a",
            "niello chat -t --video a",
            "niello chat -o --video a",
            "niello chat --stop --video a b",
            "niello chat --set --video --text -",
            "niello chat --stream a",
            "niello chat --videos a b",
            "niello fill --video a b",
            "niello help chat",
            "niello -h",
        ] {
            assert_eq!(expanded(line), line);
        }
    }
}
