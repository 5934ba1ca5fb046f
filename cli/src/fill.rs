//! `niello fill`: makes a body from a template, or from one on each line.

mod lines;

pub use lines::lines;

use crate::{
    args::Fill,
    descriptor::{descriptor, is_stdin},
    escape::{escape, shorten, shorten_to, shorten_words},
    similar, text,
    url::displayed,
};
use anyhow::{Result, anyhow};
use niello::{Access, Body, Limit, Template};
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};
use std::{io, path::Path};

pub fn fill(args: &Fill) -> Result<Body> {
    let input = Input::new(args, args.output.access.into());
    let bytes = text::read(input.path, u64::MAX).map_err(|error| input.cannot_read(&error))?;
    let text = text::decode(bytes).map_err(|error| anyhow!("{} {error}; {WHAT_IT_IS}", input.name()))?;
    input.body(&text).map_err(|error| match has_lines(&text) {
        true => anyhow!("{error}; use --lines if there is a template on each line"),
        false => error,
    })
}

/// Returns `true` if the text is more than one JSON value.
fn has_lines(text: &str) -> bool {
    Deserializer::from_str(text).into_iter::<IgnoredAny>().take_while(Result::is_ok).nth(1).is_some()
}

const WHAT_IT_IS: &str = "a template is JSON that names its media files";

/// The file with the template or templates, and how their media is opened.
struct Input<'a> {
    path: &'a Path,
    folder: &'a Path,
    access: Access,
    limit: Option<Limit>,
}

impl<'a> Input<'a> {
    fn new(args: &'a Fill, access: Access) -> Input<'a> {
        let path = &*args.template;
        // The directory of a descriptor, such as a shell's `<(...)`, contains no media files.
        let is_descriptor = is_stdin(path) || descriptor(path).is_some();
        let folder = path.parent().filter(|_| !is_descriptor).unwrap_or(Path::new(""));
        Input { path, folder, access, limit: args.output.limit }
    }

    /// Returns the name for messages.
    fn name(&self) -> String {
        if is_stdin(self.path) {
            "standard input".to_owned()
        } else {
            shorten(&self.path.display().to_string())
        }
    }

    fn cannot_read(&self, error: &io::Error) -> anyhow::Error {
        let hint = match error.kind() {
            _ if self.path.display().to_string().trim_start().starts_with(['{', '[']) => {
                "; to give the template itself, pipe it into `niello fill -`".to_owned()
            }
            io::ErrorKind::NotFound => similar::hint(self.path).unwrap_or_default(),
            _ => String::new(),
        };
        anyhow!("cannot read {}: {error}{hint}", self.name())
    }

    /// Makes the body from the text of a template.
    fn body(&self, text: &str) -> Result<Body> {
        let mut template = Template::new(text).folder(self.folder).access(self.access);
        if let Some(limit) = self.limit {
            template = template.max_spool(limit.max_len());
        }
        template.body().map_err(|error| explain(&error.to_string(), text, self.folder))
    }
}

/// Describes an error of the library about a template with this text.
fn explain(message: &str, text: &str, folder: &Path) -> anyhow::Error {
    let template = serde_json::from_str(text).unwrap_or_default();
    let mut files = Vec::new();
    collect_files(&template, &mut files);
    // The library escapes what it repeats.
    let path = |file: &str| escape(&folder.join(file).display().to_string());
    let named = files.into_iter().filter(|file| message.contains(&path(file)));
    let Some(file) = named.max_by_key(|file| file.len()) else { return anyhow!("{}", limited(message)) };
    let shown = displayed(file);
    let message = if shown == file { message.to_owned() } else { message.replace(&path(file), &shown) };
    let path = folder.join(file);
    let hint = if path.exists() { None } else { similar::hint(&path) };
    anyhow!("{}{}", limited(&message), hint.unwrap_or_default())
}

/// Collects the files that the directives name.
fn collect_files<'a>(value: &'a Value, files: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let is_directive = matches!(key.as_str(), "$base64" | "$data_uri");
                files.extend(value.get("file").and_then(Value::as_str).filter(|_| is_directive));
                collect_files(value, files);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_files(item, files)),
        _ => {}
    }
}

/// Shortens the names in a message, of which the library repeats all.
fn limited(message: &str) -> String {
    let message = shorten_words(message);
    // Only a name with spaces makes a message this long.
    if message.len() > 400 { shorten_to(200, &message) } else { message }
}
