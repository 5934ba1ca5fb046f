//! Turns parsed arguments into a request body.

use crate::{
    args::{Chat, Gemini, Output},
    descriptor::is_stdin,
    escape::shorten_again,
    prompt::{Part, Prompt},
    set,
    source::Kind,
    url::has_known_type,
};
use anyhow::{Result, anyhow, ensure};
use niello::{Body, Source, chat, gemini};
use std::path::Path;

pub fn chat(args: &Chat) -> Result<Body> {
    check_stdin_is_used_once(&args.prompt)?;
    let options = [
        ("model", "--model"),
        ("messages", "--system, --text, --video, --audio, --image or --file"),
        ("max_tokens", "--max-tokens"),
        ("temperature", "--temperature"),
        ("top_p", "--top-p"),
        ("stop", "--stop"),
        ("seed", "--seed"),
        ("stream", "--stream"),
    ];
    let set = set::fields("--set", &args.set);
    set.iter().try_for_each(|field| field.has_no_option(&options, |key| key.into()))?;
    let mut request: chat::Request = set::build(&set, |key| key.into())?;
    request.model = args.model.clone();
    if let Some(system) = &args.prompt.system {
        request = request.message(chat::Message::system(system.read("system", &args.output)?));
    }
    let parts = parts(&args.prompt, |part| chat_part(part, &args.output))?;
    request = request.message(chat::Message::user(parts));
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
    Ok(request.body()?)
}

/// Makes the parts of a request, in order.
fn parts<P>(prompt: &Prompt, make: impl Fn(&Part) -> Result<P>) -> Result<Vec<P>> {
    let parts = prompt.parts.iter().enumerate().map(|(i, part)| {
        make(part).map_err(|error| match name_with_spaces(&prompt.parts[i..]) {
            Some(name) => anyhow!("{error}; quote names that contain spaces: '{name}'"),
            None => error,
        })
    });
    parts.collect()
}

/// Returns the name of an existing file that a shell split at its spaces into the names of the first parts.
fn name_with_spaces(parts: &[Part]) -> Option<String> {
    const MAX_WORDS: usize = 16;
    let (Part::Media(kind, first), others) = parts.split_first()? else { return None };
    let mut name = first.name.to_str().filter(|name| !Path::new(name).exists())?.to_owned();
    let words = others.iter().take(MAX_WORDS).map_while(|part| match part {
        Part::Media(other, src) if other == kind => src.name.to_str(),
        _ => None,
    });
    for word in words {
        name = format!("{name} {word}");
        if Path::new(&name).exists() {
            return Some(shorten_again(&name));
        }
    }
    None
}

fn chat_part(part: &Part, output: &Output) -> Result<chat::Part> {
    let (kind, src) = match part {
        Part::Text(text) => return Ok(chat::Part::text(text.read("text", output)?)),
        Part::Media(kind, src) => (*kind, src),
    };
    if src.fps.is_some() || src.start.is_some() || src.end.is_some() {
        return Err(src.error(kind, "fps, start and end need the Gemini format; use `niello gemini`"));
    }
    if src.url().is_some() && src.mime.is_some() {
        return Err(src.error(
            kind,
            "URLs have no type in Chat Completions; remove ;type=, or double-quote the URL if it ends with it",
        ));
    }
    let source = src.open(kind, output)?;
    Ok(match kind {
        Kind::Video => chat::Part::video(source),
        Kind::Audio => chat::Part::audio(source),
        Kind::Image => chat::Part::image(source),
        // OpenAI requires a name.
        Kind::File => {
            let name = src.file_name(source.mime());
            chat::Part::file(source).filename(name)
        }
    })
}

pub fn gemini(args: &Gemini) -> Result<Body> {
    check_stdin_is_used_once(&args.prompt)?;
    let options = [
        ("contents", "--text, --video, --audio, --image or --file"),
        ("systemInstruction", "--system"),
        ("generationConfig", "--config or the options for its fields"),
    ];
    let (mut set, mut config) = (Vec::new(), set::fields("--config", &args.config));
    for field in set::fields("--set", &args.set) {
        match field.inside("generationConfig", gemini::json_name) {
            Some(field) => config.push(field),
            None => set.push(field),
        }
    }
    set.iter().try_for_each(|field| field.has_no_option(&options, gemini::json_name))?;
    let mut request: gemini::Request = set::build(&set, gemini::json_name)?;
    if let Some(system) = &args.prompt.system {
        request = request.system(system.read("system", &args.output)?);
    }
    let parts = parts(&args.prompt, |part| gemini_part(part, &args.output))?;
    request = request.content(gemini::Content::user(parts));
    request = request.generation_config(generation_config(args, &config)?);
    Ok(request.body()?)
}

fn generation_config(args: &Gemini, fields: &[set::Field<'_>]) -> Result<gemini::GenerationConfig> {
    let options = [
        ("maxOutputTokens", "--max-output-tokens", args.max_output_tokens.is_some()),
        ("temperature", "--temperature", args.sampling.temperature.is_some()),
        ("topP", "--top-p", args.sampling.top_p.is_some()),
        ("topK", "--top-k", args.top_k.is_some()),
        ("stopSequences", "--stop", !args.sampling.stop.is_empty()),
        ("seed", "--seed", args.seed.is_some()),
    ];
    for field in fields {
        // A path of `--set` may lead to any field, but not to one that is set twice.
        let options = options.iter().filter(|(_, _, is_set)| *is_set || field.is_of("--config"));
        let options: Vec<_> = options.map(|(field, option, _)| (*field, *option)).collect();
        field.has_no_option(&options, gemini::json_name)?;
    }
    let mut config: gemini::GenerationConfig = set::build(fields, gemini::json_name)?;
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

fn gemini_part(part: &Part, output: &Output) -> Result<gemini::Part> {
    let (kind, src) = match part {
        Part::Text(text) => return Ok(gemini::Part::text(text.read("text", output)?)),
        Part::Media(kind, src) => (*kind, src),
    };
    let source = src.open(kind, output)?;
    let is_url = matches!(source, Source::Url(_));
    if is_url && src.mime.is_none() && source.mime().is_none() && !src.url().is_some_and(has_known_type) {
        return Err(src.type_missing(kind));
    }
    let mut part = gemini::Part::media(source);
    // An opened file already has the type that was set.
    if let (true, Some(mime)) = (is_url, &src.mime) {
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

fn check_stdin_is_used_once(prompt: &Prompt) -> Result<()> {
    ensure!(
        prompt.files().into_iter().filter(|path| is_stdin(path)).count() < 2,
        "standard input can be read only once; save it to a file to use it twice"
    );
    Ok(())
}
