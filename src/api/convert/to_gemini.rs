//! Conversion from Chat Completions to the Gemini format.

use super::{
    EFFORTS, JSON_MIME, MODALITIES, TEXT_MIME, THINKING, TOP_K, Target, allowed_tools, convert_all,
    enabled_thinking, gemini_value, invalid, parse_object, swap_settings, take_extra, take_if,
    take_signature,
};
use crate::{
    api::{
        chat::{
            self, FormatKind, Message, PartKind, ReasoningEffort, ResponseFormat, Role, ToolCall, ToolChoice,
        },
        gemini::{
            self, Content, FunctionCall, FunctionCallingMode, FunctionDeclaration, FunctionResponse,
            GenerationConfig, InlineData, MediaResolution, Part, ThinkingConfig, ToolConfig,
        },
        meter::Meter,
        source::{Base64, MediaKind, Source},
    },
    error::Result,
    media::{NameKind, canonical_mime, data_uri, is_valid_mime, mime_of_audio_format, mime_of_extension},
};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::HashMap, mem};

const GEMINI: Target = Target::Gemini;

impl chat::Request {
    /// Converts the request to the Gemini format. Media is shared, not copied.
    ///
    /// Returns an error for a field that the Gemini format cannot express. Other fields are converted as
    /// follows:
    ///
    /// | Chat Completions | Gemini |
    /// |---|---|
    /// | `model`, `stream` | omitted, since they are part of the URL |
    /// | `stream_options`, `parallel_tool_calls: true` | omitted, since Gemini always does so |
    /// | system and developer messages at the start | `systemInstruction` |
    /// | `data:` URIs, `input_audio` | `inlineData` |
    /// | other URLs | `fileData`, with the MIME type that the extension implies |
    /// | MIME types, `format` | the name that Gemini documents, without parameters such as `codecs` |
    /// | `detail`, `filename` | `mediaResolution` (Gemini 3), `displayName` (Vertex) |
    /// | `reasoning_effort`, `thinking` | `thinkingLevel`, `thinkingBudget` |
    /// | tool result | `response`, or `response.output` if the result is not a JSON object |
    /// | `json_schema` | `responseJsonSchema`; `name` and `strict` are omitted, since Gemini always enforces a schema |
    /// | `extra_content.google.thought_signature` of a call | `thoughtSignature` |
    ///
    /// Tool results and arguments are parsed: integers of more than 64 bits are rounded, and the last of
    /// several duplicate keys wins.
    ///
    /// # Examples
    /// ```
    /// use niello::{Media, chat::{Message, Part, Request}};
    ///
    /// let talk = Media::from_bytes(&b"ID3"[..], "audio/mp3")?;
    /// let request = Request::new("system.ai.gemini-3-1-pro")
    ///     .message(Message::user([Part::text("Transcribe."), Part::audio(&talk)]))
    ///     .max_tokens(1024);
    /// let mut body = request.to_gemini()?.body()?;
    /// assert_eq!(
    ///     std::io::read_to_string(&mut body).unwrap(),
    ///     r#"{"contents":[{"role":"user","parts":[{"text":"Transcribe."},{"inlineData":{"mimeType":"audio/mp3","data":"SUQz"}}]}],"generationConfig":{"maxOutputTokens":1024}}"#
    /// );
    ///
    /// let error = request.user("u1").to_gemini().unwrap_err();
    /// assert!(error.to_string().starts_with("user "));
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Invalid`](crate::ErrorKind::Invalid): the Gemini format cannot express a field. The message contains its
    ///   path, such as `messages[2].content[0].image_url.detail`.
    /// - The errors that [`body`](chat::Request::body) returns for an invalid request.
    pub fn to_gemini(&self) -> Result<gemini::Request> {
        self.check()?;
        let mut remaining = self.clone();
        remaining.model.clear();
        remaining.stream = None;
        // Gemini always reports the usage, and may always call several functions at once.
        take_if(&mut remaining.stream_options, |options| options.extra.is_empty().then_some(()));
        take_if(&mut remaining.parallel_tool_calls, |parallel| parallel.then_some(()));
        let mut request = messages(mem::take(&mut remaining.messages))?;
        request.generation_config = config(&mut remaining)?;
        if let Some(format) = remaining.response_format.take() {
            response_format(format, &mut request.generation_config)?;
        }
        let functions = convert_all(mem::take(&mut remaining.tools), "tools", function)?;
        if !functions.is_empty() {
            request.tools.push(gemini::Tool::functions(functions));
        }
        request.tool_config = take_if(&mut remaining.tool_choice, tool_config);
        GEMINI.ensure_empty(&remaining, "")?;
        Ok(request)
    }
}

fn messages(messages: Vec<Message>) -> Result<gemini::Request> {
    let mut request = gemini::Request::default();
    let mut calls = Calls { functions: HashMap::new(), meter: Meter::new() };
    let mut after_result = false;
    for (i, mut message) in messages.into_iter().enumerate() {
        let at = format!("messages[{i}]");
        let joins_results = mem::take(&mut after_result);
        match mem::take(&mut message.role) {
            Role::System | Role::Developer if request.contents.is_empty() => {
                let system = request.system_instruction.get_or_insert_default();
                system.parts.extend(take_parts(&mut message, &at)?);
            }
            Role::User => request.contents.push(Content::user(take_parts(&mut message, &at)?)),
            Role::Assistant => {
                let mut converted = take_parts(&mut message, &at)?;
                let at = format!("{at}.tool_calls");
                converted.extend(convert_all(mem::take(&mut message.tool_calls), &at, |call, at| {
                    tool_call(call, at, &mut calls)
                })?);
                request.contents.push(Content::model(converted));
            }
            Role::Tool => {
                after_result = true;
                let part = Part::function_response(tool_result(&mut message, &at, &calls)?);
                match request.contents.last_mut() {
                    Some(results) if joins_results => results.parts.push(part),
                    _ => request.contents.push(Content::user(part)),
                }
            }
            Role::System | Role::Developer | Role::Unknown(_) => {
                return Err(GEMINI.unsupported(&format!("{at}.role")));
            }
        }
        // Its data may be media, which `ensure_empty` must not get.
        if message.audio.is_some() {
            return Err(GEMINI.unsupported(&format!("{at}.audio")));
        }
        GEMINI.ensure_empty(&message, &at)?;
    }
    Ok(request)
}

fn take_parts(message: &mut Message, at: &str) -> Result<Vec<Part>> {
    let mut parts = match message.content.take() {
        None => Vec::new(),
        Some(chat::Content::Text(text)) => vec![Part::text(text)],
        Some(chat::Content::Parts(parts)) => convert_all(parts, &format!("{at}.content"), part)?,
    };
    parts.extend(convert_all(mem::take(&mut message.images), &format!("{at}.images"), part)?);
    Ok(parts)
}

fn part(part: chat::Part, at: &str) -> Result<Part> {
    let chat::Part { kind, extra, .. } = part;
    let inner = format!("{at}.{}", kind.as_str());
    let converted = match kind {
        PartKind::Text(text) => Part::text(text),
        PartKind::VideoUrl(url) => media_url(url, MediaKind::Video, &inner)?,
        PartKind::AudioUrl(url) => media_url(url, MediaKind::Audio, &inner)?,
        PartKind::ImageUrl(url) => media_url(url, MediaKind::Image, &inner)?,
        PartKind::InputAudio(chat::InputAudio { data, mut format, extra }) => {
            let mime = take_if(&mut format, |format| audio_mime(format.as_str()));
            if let Some(format) = format {
                let format: String = format.as_str().chars().take(40).collect();
                return Err(invalid(format!(
                    "{inner}.format is {format:?}, which names no audio type that {GEMINI} documents; convert the audio, \
                     for example to mp3"
                )));
            }
            GEMINI.ensure_empty(&extra, &inner)?;
            Part::inline(InlineData::new(mime.unwrap_or_default(), data))
        }
        PartKind::File(file) => self::file(file, &inner)?,
        PartKind::Refusal(_) | PartKind::Other(_) => return Err(GEMINI.unsupported(&format!("{at}.type"))),
    };
    GEMINI.ensure_empty(&extra, at)?;
    Ok(converted)
}

/// Returns the MIME type of a `format`, which is an extension or a MIME subtype.
fn audio_mime(format: &str) -> Option<Cow<'static, str>> {
    if let Some(mime) = mime_of_audio_format(format) {
        return Some(Cow::Borrowed(mime));
    }
    // Raw audio, which Vertex documents and which may have a rate.
    let subtype = format.trim().to_ascii_lowercase();
    let subtype = subtype.strip_prefix("audio/").unwrap_or(&subtype);
    let is_raw = subtype.split(';').next() == Some("pcm");
    let mime = format!("audio/{subtype}");
    (is_raw && is_valid_mime(&mime)).then(|| Cow::Owned(canonical_mime(&mime).into_owned()))
}

fn file(mut file: chat::FileData, at: &str) -> Result<Part> {
    let (source, name) = (file.file_data.take(), file.filename.take());
    GEMINI.ensure_empty(&file, at)?;
    let at = format!("{at}.file_data");
    let part = match source.ok_or_else(|| GEMINI.missing(&at))? {
        // Some servers accept bare base64 where OpenAI documents a data URI.
        Source::Url(data) if matches!(NameKind::of(&data), NameKind::Base64 | NameKind::Path) => {
            let extension = name.as_deref().and_then(|name| name.rsplit_once('.'));
            let mime = extension.and_then(|(_, extension)| mime_of_extension(extension)).ok_or_else(|| {
                invalid(format!(
                    "{at} is neither a URL nor a data URI, and the extension of the filename implies no MIME type, \
                     which {GEMINI} requires; write it as data:<type>;base64,<data>"
                ))
            })?;
            let data = Base64::from(data);
            data.check(format_args!("{at}"))?;
            Part::inline(InlineData::new(mime, data))
        }
        source => media(source, &at)?,
    };
    Ok(match name {
        Some(name) => part.display_name(name),
        None => part,
    })
}

fn media_url(url: chat::MediaUrl, kind: MediaKind, at: &str) -> Result<Part> {
    let chat::MediaUrl { url, mut detail, extra } = url;
    // Without a resolution, the model decides.
    let resolution = take_if(&mut detail, |detail| match detail {
        chat::Detail::Auto => Some(None),
        detail => media_resolution(detail).map(Some),
    });
    GEMINI.ensure_empty(&detail, &format!("{at}.detail"))?;
    GEMINI.ensure_empty(&extra, at)?;
    let part = media(url, &format!("{at}.url"))?;
    if let gemini::PartKind::FileData(file) = &part.kind
        && Source::from(&*file.file_uri).kind() != kind
    {
        return Err(invalid(format!(
            "{at}.url does not end with an extension of the part's kind, which gives the MIME type that {GEMINI} requires; \
             embed the media, or add a part with a MIME type to the converted request"
        )));
    }
    Ok(match resolution.flatten() {
        Some(resolution) => part.media_resolution(resolution),
        None => part,
    })
}

/// Returns the resolution with the name of `detail`.
fn media_resolution(detail: &chat::Detail) -> Option<MediaResolution> {
    match MediaResolution::from(format!("MEDIA_RESOLUTION_{}", detail.as_str().to_ascii_uppercase())) {
        MediaResolution::Unspecified | MediaResolution::Unknown(_) => None,
        resolution => Some(resolution),
    }
}

fn media(source: Source, at: &str) -> Result<Part> {
    let url = match &source {
        Source::Media(media) => {
            return Ok(Part::inline(InlineData::new(canonical_mime(media.mime()), media)));
        }
        Source::Url(url) => url,
    };
    let Some(uri) = data_uri(url) else { return Ok(Part::media(source)) };
    let (header, data) = uri.split_once(',').unwrap_or_default();
    let mime = header.rsplit_once(';').filter(|(_, coding)| coding.trim().eq_ignore_ascii_case("base64"));
    match mime.map(|(mime, _)| mime.trim()).filter(|mime| is_valid_mime(mime)) {
        Some(mime) => {
            let data = Base64::from(data);
            // The data of a URI may be percent-encoded; that of `inlineData` must not be.
            data.check(format_args!("{at}"))?;
            Ok(Part::inline(InlineData::new(canonical_mime(mime), data)))
        }
        None => Err(invalid(format!("{at} must have the form data:<type>;base64,<data> for {GEMINI}"))),
    }
}

/// The tool calls that were converted.
struct Calls {
    /// The names of the functions by the ids of the calls.
    functions: HashMap<String, String>,
    /// For the arguments and results, which are strings of JSON.
    meter: Meter,
}

/// Converts a tool call, and adds it to `calls`.
fn tool_call(mut call: ToolCall, at: &str, calls: &mut Calls) -> Result<Part> {
    let id = mem::take(&mut call.id);
    let signature = take_signature(&mut call.extra);
    let function = call.function.take();
    GEMINI.ensure_empty(&call, at)?;
    let at = format!("{at}.function");
    let mut function = function.ok_or_else(|| GEMINI.missing(&at))?;
    let name = mem::take(&mut function.name);
    let arguments = mem::take(&mut function.arguments);
    GEMINI.ensure_empty(&function, &at)?;
    calls.meter.earn(
        r#"{"id":"","type":"function","function":{"name":"","arguments":""}},"#.len() + id.len() + name.len(),
    );
    // For a function without parameters, models return an empty string.
    let is_empty = arguments.trim().is_empty();
    let args = if is_empty { Some(Map::new()) } else { parse_object(&arguments, &calls.meter)? };
    let args = args.ok_or_else(|| {
        invalid(format!("{at}.arguments is not a JSON object, and {GEMINI} requires one; pass an object"))
    })?;
    calls.functions.insert(id.clone(), name.clone());
    let id = Some(id).filter(|id| !id.is_empty());
    let mut part = Part::function_call(FunctionCall { id, ..FunctionCall::new(name, args) });
    part.thought_signature = signature;
    Ok(part)
}

fn tool_result(message: &mut Message, at: &str, calls: &Calls) -> Result<FunctionResponse> {
    let id = message.tool_call_id.take().unwrap_or_default();
    let Some(name) = calls.functions.get(&id) else {
        return Err(invalid(format!(
            "{at}.tool_call_id matches no earlier tool call, whose function name {GEMINI} requires; add the call \
             before its result"
        )));
    };
    calls.meter.earn(r#"{"role":"tool","tool_call_id":"","content":""},"#.len() + id.len());
    let mut media = Vec::new();
    let strings =
        convert_all(take_parts(message, at)?, &format!("{at}.content"), |part, at| match part.kind {
            gemini::PartKind::Text(text) => Ok(Some(text)),
            // The media of a result has no resolution of its own.
            _ if part.media_resolution.is_some() => {
                Err(GEMINI.unsupported(&format!("{at}.image_url.detail")))
            }
            _ => {
                media.push(part);
                Ok(None)
            }
        })?;
    let strings: Vec<_> = strings.into_iter().flatten().collect();
    let response = match strings.concat() {
        _ if strings.is_empty() && !media.is_empty() => Map::new().into(),
        result => parse_object(&result, &calls.meter)?.map_or_else(|| result.into(), Value::Object),
    };
    Ok(FunctionResponse { parts: media, ..FunctionResponse::new(name, response).id(id) })
}

fn config(remaining: &mut chat::Request) -> Result<GenerationConfig> {
    let mut config = GenerationConfig {
        stop_sequences: mem::take(&mut remaining.stop).into(),
        response_modalities: convert_all(
            mem::take(&mut remaining.modalities),
            "modalities",
            |modality, at| gemini_value(&MODALITIES, &modality).ok_or_else(|| GEMINI.unsupported(at)),
        )?,
        thinking_config: take_if(&mut remaining.reasoning_effort, thinking)
            .or_else(|| take_extra(&mut remaining.extra, THINKING, budget).map(thinking_budget)),
        top_k: take_extra(&mut remaining.extra, TOP_K, Value::as_i64),
        ..GenerationConfig::default()
    };
    swap_settings(remaining, &mut config);
    let max = &mut config.max_output_tokens;
    if max.is_none() || *max == remaining.max_completion_tokens {
        *max = max.or(remaining.max_completion_tokens.take());
        remaining.max_completion_tokens = None;
    }
    Ok(config)
}

fn thinking(effort: &ReasoningEffort) -> Option<ThinkingConfig> {
    match effort {
        ReasoningEffort::None => Some(thinking_budget(0)),
        effort => gemini_value(&EFFORTS, effort).map(|level| ThinkingConfig::new().thinking_level(level)),
    }
}

fn thinking_budget(tokens: i64) -> ThinkingConfig {
    ThinkingConfig::new().thinking_budget(tokens)
}

/// Returns the tokens of the vendors' field `thinking`.
fn budget(thinking: &Value) -> Option<i64> {
    match thinking["budget_tokens"].as_i64() {
        Some(tokens) => (*thinking == enabled_thinking(tokens)).then_some(tokens),
        None => (*thinking == json!({"type": "disabled"})).then_some(0),
    }
}

fn response_format(mut format: ResponseFormat, config: &mut GenerationConfig) -> Result<()> {
    const AT: &str = "response_format";
    let mime = match mem::take(&mut format.kind) {
        FormatKind::Text => TEXT_MIME,
        FormatKind::JsonObject => JSON_MIME,
        FormatKind::JsonSchema => {
            let at = format!("{AT}.json_schema");
            let mut schema = format.json_schema.take().ok_or_else(|| GEMINI.missing(&at))?;
            schema.name.clear();
            schema.strict = None;
            config.response_json_schema = schema.schema.take();
            if let Some(Value::Object(keys)) = &mut config.response_json_schema
                && !keys.contains_key("description")
                && let Some(description) = schema.description.take()
            {
                keys.insert("description".into(), description.into());
            }
            GEMINI.ensure_empty(&schema, &at)?;
            if config.response_json_schema.is_none() {
                return Err(GEMINI.missing(&format!("{at}.schema")));
            }
            JSON_MIME
        }
        FormatKind::Unknown(_) => return Err(GEMINI.unsupported(&format!("{AT}.type"))),
    };
    config.response_mime_type = Some(mime.to_owned());
    GEMINI.ensure_empty(&format, AT)
}

fn function(mut tool: chat::Tool, at: &str) -> Result<FunctionDeclaration> {
    let function = tool.function.take();
    GEMINI.ensure_empty(&tool, at)?;
    let at = format!("{at}.function");
    let mut function = function.ok_or_else(|| GEMINI.missing(&at))?;
    let declaration = FunctionDeclaration {
        name: mem::take(&mut function.name),
        description: function.description.take(),
        parameters_json_schema: function.parameters.take(),
        ..FunctionDeclaration::default()
    };
    // Gemini has no strict functions, so only `strict: true` is rejected.
    take_if(&mut function.strict, |strict| (!strict).then_some(()));
    GEMINI.ensure_empty(&function, &at)?;
    Ok(declaration)
}

fn tool_config(choice: &ToolChoice) -> Option<ToolConfig> {
    Some(match choice {
        ToolChoice::None => ToolConfig::mode(FunctionCallingMode::None),
        ToolChoice::Auto => ToolConfig::mode(FunctionCallingMode::Auto),
        ToolChoice::Required => ToolConfig::mode(FunctionCallingMode::Any),
        ToolChoice::Function(name) => ToolConfig::mode(FunctionCallingMode::Any).allow([name]),
        ToolChoice::Other(choice) => {
            let tools = choice["allowed_tools"]["tools"].as_array()?;
            let names: Option<Vec<_>> = tools.iter().map(|tool| tool["function"]["name"].as_str()).collect();
            let names = names?;
            // With anything else in it, the choice is rejected.
            if *choice != allowed_tools(names.iter().copied()) {
                return None;
            }
            ToolConfig::mode(FunctionCallingMode::Any).allow(names)
        }
    })
}
