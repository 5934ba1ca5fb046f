//! Requests from arguments.

use super::{
    args::{Chat, Fill, Gemini, Output},
    descriptor::{descriptor, is_stdin},
    prompt::{Part, Prompt},
    source::Kind,
};
use niello::{Body, Source, Template, chat, gemini};
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};
use std::{collections::HashSet, io, mem};

pub fn chat(args: &Chat) -> Result<Body, String> {
    one_stdin(&args.prompt)?;
    let own = [
        ("model", "--model"),
        ("messages", "--system, --text, --video, --audio or --image"),
        ("max_tokens", "--max-tokens"),
        ("temperature", "--temperature"),
        ("top_p", "--top-p"),
        ("stop", "--stop"),
        ("seed", "--seed"),
        ("stream", "--stream"),
    ];
    let mut request: chat::Request = settings("--set", &args.set, &own, str::to_owned)?;
    request.model = args.model.clone();
    if let Some(system) = &args.prompt.system {
        request = request.message(chat::Message::system(system.as_str()));
    }
    let parts = args.prompt.parts.iter().map(|part| chat_part(part, &args.output));
    request = request.message(chat::Message::user(parts.collect::<Result<Vec<_>, _>>()?));
    if let Some(tokens) = args.max_tokens {
        request = request.max_tokens(tokens);
    }
    if let Some(temperature) = args.sampling.temperature {
        request = request.temperature(temperature);
    }
    if let Some(top_p) = args.sampling.top_p {
        request = request.top_p(top_p);
    }
    if let Some(seed) = args.seed {
        request = request.seed(seed);
    }
    if !args.sampling.stop.is_empty() {
        request = request.stop(&args.sampling.stop);
    }
    if args.stream {
        request = request.stream(true);
    }
    request.body().map_err(|error| error.to_string())
}

fn chat_part(part: &Part, output: &Output) -> Result<chat::Part, String> {
    let (kind, src) = match part {
        Part::Text(text) => return Ok(chat::Part::text(text.as_str())),
        Part::Media(kind, src) => (*kind, src),
    };
    let refuse = |what: &str| Err(format!("--{} {}: {what}", kind.name(), src.shown()));
    if src.fps.is_some() || src.start.is_some() || src.end.is_some() {
        return refuse("fps, start and end are of the Gemini format; use `niello gemini`");
    }
    if src.url().is_some() && src.mime.is_some() {
        return refuse(
            "in Chat Completions a URL has no type; leave ;type= away, or quote a URL that ends so",
        );
    }
    let source = src.open(kind, output)?;
    Ok(match kind {
        Kind::Video => chat::Part::video(source),
        Kind::Audio => chat::Part::audio(source),
        Kind::Image => chat::Part::image(source),
    })
}

pub fn gemini(args: &Gemini) -> Result<Body, String> {
    one_stdin(&args.prompt)?;
    let own = [
        ("contents", "--text, --video, --audio or --image"),
        ("systemInstruction", "--system"),
        ("generationConfig", "--config or the options for its fields"),
    ];
    let mut request: gemini::Request = settings("--set", &args.set, &own, camel_case)?;
    if let Some(system) = &args.prompt.system {
        request = request.system(system.as_str());
    }
    let parts = args.prompt.parts.iter().map(|part| gemini_part(part, &args.output));
    request = request.content(gemini::Content::user(parts.collect::<Result<Vec<_>, _>>()?));
    request = request.generation_config(generation_config(args)?);
    request.body().map_err(|error| error.to_string())
}

fn generation_config(args: &Gemini) -> Result<gemini::GenerationConfig, String> {
    let own = [
        ("maxOutputTokens", "--max-output-tokens"),
        ("temperature", "--temperature"),
        ("topP", "--top-p"),
        ("topK", "--top-k"),
        ("stopSequences", "--stop"),
        ("seed", "--seed"),
    ];
    let mut config: gemini::GenerationConfig = settings("--config", &args.config, &own, camel_case)?;
    if let Some(tokens) = args.max_output_tokens {
        config = config.max_output_tokens(tokens);
    }
    if let Some(temperature) = args.sampling.temperature {
        config = config.temperature(temperature);
    }
    if let Some(top_p) = args.sampling.top_p {
        config = config.top_p(top_p);
    }
    if let Some(top_k) = args.top_k {
        config = config.top_k(top_k);
    }
    if let Some(seed) = args.seed {
        config = config.seed(seed);
    }
    if !args.sampling.stop.is_empty() {
        config = config.stop_sequences(&args.sampling.stop);
    }
    Ok(config)
}

fn gemini_part(part: &Part, output: &Output) -> Result<gemini::Part, String> {
    let (kind, src) = match part {
        Part::Text(text) => return Ok(gemini::Part::text(text.as_str())),
        Part::Media(kind, src) => (*kind, src),
    };
    let source = src.open(kind, output)?;
    let of_url = matches!(source, Source::Url(_));
    let mut part = gemini::Part::media(source);
    if let (true, Some(mime)) = (of_url, &src.mime) {
        part = part.mime(mime);
    }
    if let Some(fps) = src.fps {
        part = part.fps(fps);
    }
    if let Some(start) = src.start {
        part = part.start(start);
    }
    if let Some(end) = src.end {
        part = part.end(end);
    }
    Ok(part)
}

pub fn fill(args: &Fill) -> Result<Body, String> {
    let template = match args.template.as_path() {
        path if is_stdin(path) => {
            let text = io::read_to_string(io::stdin())
                .map_err(|error| format!("cannot read standard input: {error}"))?;
            Template::new(text)
        }
        path => {
            let template = Template::open(path).map_err(|error| {
                let says = error.to_string();
                match io::Error::from(error).kind() {
                    io::ErrorKind::InvalidData => format!("{says}; a template is JSON that names its media"),
                    _ => says,
                }
            })?;
            // No file stands in the folder of a descriptor, as of `<(...)` in a shell.
            if descriptor(path).is_some() { template.folder("") } else { template }
        }
    };
    let template = match args.output.limit {
        Some(limit) => template.max_spool(limit.max_len()),
        None => template,
    };
    template.access(args.output.access.into()).body().map_err(|error| error.to_string())
}

/// Fields by their JSON, but for those that have an option of their own. Keys that are one by `spelled` are
/// one to the API.
fn settings<T: DeserializeOwned>(
    option: &str,
    set: &[(String, Box<RawValue>)],
    own: &[(&str, &str)],
    spelled: fn(&str) -> String,
) -> Result<T, String> {
    let mut fields = Vec::new();
    let mut keys = HashSet::new();
    for (key, value) in set {
        if let Some((_, instead)) = own.iter().find(|(field, _)| *field == spelled(key)) {
            return Err(format!("{option} {key}=... repeats a key of the request; use {instead}"));
        }
        if !keys.insert(spelled(key)) {
            return Err(format!("{option} {key}=... is given twice"));
        }
        let wrong = |error| format!("{option} {key}=...: {error}");
        let alone = [(key, serde_json::from_str::<Value>(value.get()).map_err(wrong)?)];
        serde_json::from_value::<T>(alone.into_iter().collect()).map_err(wrong)?;
        fields.push(format!("{}:{value}", Value::from(key.as_str())));
    }
    // As text, in which objects keep the order of their keys, wherever the type does.
    let fields = format!("{{{}}}", fields.join(","));
    serde_json::from_str(&fields).map_err(|error| format!("{option}: {error}"))
}

/// The Gemini API takes `top_p` for `topP`, as any API does whose JSON is that of protocol buffers.
fn camel_case(key: &str) -> String {
    let mut starts_word = false;
    let kept = key.chars().filter_map(|c| match (c, mem::replace(&mut starts_word, c == '_')) {
        ('_', _) => None,
        (c, true) => Some(c.to_ascii_uppercase()),
        (c, false) => Some(c),
    });
    kept.collect()
}

fn one_stdin(prompt: &Prompt) -> Result<(), String> {
    let of_stdin = |part: &&Part| matches!(part, Part::Media(_, src) if src.is_stdin());
    match prompt.parts.iter().filter(of_stdin).count() {
        0 | 1 => Ok(()),
        _ => Err("standard input can be read once, whichever name it has; put it in a file to use it twice"
            .to_owned()),
    }
}
