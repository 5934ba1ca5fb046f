//! `niello extract`: writes the media of JSON to files, and prints the rest as a template.

mod files;
mod input;
mod list;
mod names;

use crate::{
    args::Extract,
    descriptor::descriptor,
    escape::{self, shorten},
    output::{self, Target},
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use files::{Files, Stored};
use input::Input;
use niello::{ErrorKind, Extracted, Extractor, Media, Store, Template, events::Events};
use serde_json::{json, value::RawValue};
use std::{
    cell::Cell,
    fs::{self, File},
    io::{self, IsTerminal},
    path::{Component, Path, PathBuf},
};

pub fn extract(args: &Extract) -> Result<()> {
    match &args.dir {
        Some(dir) if !args.list => write(args, dir),
        _ => list::print(args),
    }
}

/// The largest text and number of media. They bound the memory that hostile JSON takes; an honest document is far smaller.
const MAX_TEXT: usize = 256 << 20;
const MAX_MEDIA: usize = 100_000;

/// Calls `take` with each document of the input, which is the only one unless there are events.
///
/// After each read, `check` says whether the store has failed.
fn read<S: Store>(
    args: &Extract,
    mut input: Input,
    store: S,
    check: impl Fn() -> Result<()>,
    mut take: impl FnMut(Extracted<S::Stored>) -> Result<()>,
) -> Result<()> {
    let name = input.name().to_owned();
    let explain = |error: &niello::Error| anyhow!("{name}: {}", without_advice(error));
    let mut extractor = Extractor::with_store(store).max_text(MAX_TEXT).max_media(MAX_MEDIA);
    if !args.events {
        input.read(|bytes| {
            let pushed = extractor.push(bytes);
            check().and_then(|()| pushed.map_err(|error| explain(&error)))
        })?;
        let extracted = extractor.finish();
        check()?;
        return take(extracted.map_err(|error| explain(&error))?);
    }
    let mut events = Events::with_extractor(extractor);
    let mut take_all = |events: &mut Events<S>| {
        while let Some(event) = events.next_event() {
            check()?;
            let event = event.map_err(|error| explain(&error))?;
            if event.text().trim_ascii() != "[DONE]" {
                take(event)?;
            }
        }
        check()
    };
    input.read(|bytes| {
        events.push(bytes);
        take_all(&mut events)
    })?;
    events.finish();
    take_all(&mut events)
}

/// Returns the message of an error, without what only a program can do about it.
fn without_advice(error: &niello::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once("; raise `") {
        Some((problem, _)) if error.kind() == ErrorKind::TooLarge => problem.to_owned(),
        _ => message,
    }
}

fn write(args: &Extract, dir: &Path) -> Result<()> {
    let input = Input::open(args)?;
    let shown = shorten(&dir.display().to_string());
    if dir.exists() && !dir.is_dir() {
        bail!("cannot write to {shown}: it is not a directory; choose another one");
    }
    fs::create_dir_all(dir).map_err(|error| anyhow!("cannot create the directory {shown}: {error}"))?;
    let output = args.output.as_deref();
    if let Some(output) = output {
        check_output(output, args, dir)?;
    }
    let folder = folder(dir, output)?;
    let files = Files::new(dir, args.force)?;
    let (mut out, target) = open_output(output, &files)?;
    let number = Cell::new(0);
    let is_on_terminal = output.is_none() && io::stdout().is_terminal();
    let input = if is_on_terminal { input } else { input.with_progress() };
    let written = read(
        args,
        input,
        files.store(),
        || files.check(),
        |extracted| {
            number.set(number.get() + 1);
            let line = template(&extracted, &folder, args.events).map_err(|error| match args.events {
                true => anyhow!("event {}: {error}", number.get()),
                false => error,
            })?;
            files.name(extracted.media().iter().map(|media| media.stored()))?;
            let line = if is_on_terminal { escaped(&line) } else { line };
            output::write_text(&mut out, output, &line)?;
            if target.is_none() {
                // The reader of the template knows their names.
                files.keep();
            }
            Ok(())
        },
    );
    match written {
        // The reader has closed the pipe.
        Err(error) if output::is_closed_pipe(&error) => {}
        written => written?,
    }
    if let Some(target) = target {
        files.name_output(&target).map_err(|error| output::write_error(&error, &target))?;
    }
    files.keep();
    Ok(())
}

/// Opens the output. If it is a new file, also returns its path, which the file gets when it is complete.
fn open_output(output: Option<&Path>, files: &Files) -> Result<(File, Option<PathBuf>)> {
    let output = output.unwrap_or(Path::new("-"));
    let opened = match output::target(output) {
        Ok(Target::InPlace(file)) => Ok((file, None)),
        Ok(Target::New(path)) => files.create_output(&path).map(|file| (file, Some(path))),
        Err(error) => Err(error),
    };
    opened.map_err(|error| output::write_error(&error, output))
}

/// Fails if the template would overwrite the input, or may overwrite media.
fn check_output(output: &Path, args: &Extract, dir: &Path) -> Result<()> {
    let shown = || shorten(&output.display().to_string());
    ensure!(
        !args.file.as_deref().is_some_and(|file| output::is_same(output, file)),
        "-o {} would overwrite the input; choose another name",
        shown()
    );
    let is_in_dir = fs::canonicalize(parent(output)).ok() == fs::canonicalize(dir).ok();
    let has_name_of_media = output.file_name().is_some_and(names::is_name);
    ensure!(
        !is_in_dir || !has_name_of_media,
        "-o {} has the name of a media file; choose another name",
        shown()
    );
    Ok(())
}

fn parent(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the path of `dir` as `niello fill` will look for it: from the directory of the template if that is a file,
/// else from the current directory.
fn folder(dir: &Path, output: Option<&Path>) -> Result<PathBuf> {
    let file = output.filter(|output| *output != Path::new("-") && descriptor(output).is_none());
    let folder = match file {
        None => dir.to_owned(),
        Some(file) => {
            let from = parent(file);
            let shown = shorten(&from.display().to_string());
            let from = fs::canonicalize(from)
                .map_err(|error| anyhow!("cannot write a template to the directory {shown}: {error}"))?;
            relative(&from, &fs::canonicalize(dir)?)
        }
    };
    let is_unicode = folder.to_str().is_some();
    ensure!(is_unicode, "the name of {} is not valid Unicode, which a template needs", dir.display());
    Ok(folder)
}

/// Returns the path that leads from one absolute directory to another.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (mut from, mut to) = (from.components().peekable(), to.components().peekable());
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    let up = from.map(|component| match component {
        Component::Normal(_) => Component::ParentDir,
        // A drive of Windows: from there, `to` stays absolute.
        other => other,
    });
    up.chain(to).collect()
}

/// Returns the template of a document, which ends with a line feed. Its media is in `folder`.
fn template(extracted: &Extracted<Stored>, folder: &Path, is_line: bool) -> Result<String> {
    let text = extracted.text();
    check_directives(text)?;
    let mut template = String::with_capacity(text.len() + 1);
    let mut rest = text;
    for media in extracted.media() {
        let around = rest.split_once(media.mark());
        // A MIME type has no quote, so the last one before the mark begins the string.
        let around = around.and_then(|(before, after)| Some((before.rfind('"')?, after.strip_prefix('"')?)));
        let (start, after) = around.context("the template has lost media; please report this")?;
        template.push_str(&rest[..start]);
        let file = folder.join(media.stored().name());
        let directive = match media.mime().filter(|_| media.is_data_uri()) {
            Some(mime) => json!({"$data_uri": {"file": file, "mime": mime}}),
            None => json!({"$base64": {"file": file}}),
        };
        template.push_str(&directive.to_string());
        rest = after;
    }
    template.push_str(rest);
    if is_line {
        // White space between tokens: strings contain no line breaks.
        template = template.trim_ascii().replace(['\n', '\r'], " ");
    }
    if !template.ends_with('\n') {
        template.push('\n');
    }
    Ok(template)
}

/// Escapes the characters that a terminal interprets. In JSON, they are in strings, so its value is the same.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' | '\t' => escaped.push(c),
            // White space, which would hide what is before it.
            '\r' => {}
            c => escape::push(&mut escaped, c),
        }
    }
    escaped
}

/// Fails if `niello fill` would open files that the document names, or cannot read it.
fn check_directives(text: &str) -> Result<()> {
    serde_json::from_str::<&RawValue>(text)
        .map_err(|error| anyhow!("the data is not valid JSON: {error}"))?;
    let has_directive = Cell::new(false);
    let checked = Template::new(text).body_with(|_| {
        has_directive.set(true);
        Err::<Media, _>("a directive")
    });
    match checked {
        Ok(_) => Ok(()),
        Err(error) if has_directive.get() || error.kind() == ErrorKind::Invalid => bail!(
            "the JSON contains $base64 or $data_uri, so a template of it would embed files that it chooses; \
             rename the key first"
        ),
        Err(error) => bail!("the JSON cannot become a template: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_path_leads_from_one_directory_to_the_other() {
        for (from, to, expected) in [
            ("/a/b", "/a/b/c", "c"),
            ("/a/b", "/a/b", ""),
            ("/a/b", "/a/c/d", "../c/d"),
            ("/a/b/c", "/a", "../.."),
            ("/", "/a", "a"),
            ("/a", "/", ".."),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(expected), "{from} {to}");
        }
    }
}
