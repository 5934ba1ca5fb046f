//! From Chat Completions to the Gemini format.

use super::{EFFORTS, JSON, MODALITIES, TEXT, Target, each, invalid, object, take, take_signature};
use crate::{
    api::{
        chat::{
            self, AudioFormat, FormatKind, Message, PartKind, ResponseFormat, Role, ToolCall, ToolChoice,
        },
        gemini::{
            self, Content, FunctionCall, FunctionCallingMode, FunctionDeclaration, FunctionResponse,
            GenerationConfig, InlineData, Part, ThinkingConfig, ToolConfig,
        },
        source::{Base64, MediaKind, Source, data_uri},
    },
    error::{Error, Result},
    media::is_valid_mime,
};
use serde_json::{Map, Value};
use std::mem;

const GEMINI: Target = Target::Gemini;

impl chat::Request {
    /// The same request in the Gemini format, for what that says as well. Media are shared, not copied.
    ///
    /// `model` and `stream` are left out: in the Gemini format they stand in the URL. System and developer
    /// messages at the start become `systemInstruction`; a `data:` URI and input audio become `inlineData`,
    /// any other URL `fileData` with the type that its extension tells. The result of a tool becomes the
    /// `response` if it is a JSON object, else the `output` in one. Of the numbers in it and in the arguments
    /// of a call, whole ones of more than 64 bits are rounded, and of a key that is given twice the last value
    /// stands. The name of a JSON Schema is left out,
    /// as is its `strict`, since Gemini always holds an answer to a schema. The thought signature of a tool
    /// call is taken from `extra_content`, where Google's own Chat Completions have it.
    ///
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
    /// assert!(error.to_string().contains("`user`"));
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the checks of [`body`](chat::Request::body); and [`Invalid`](crate::ErrorKind::Invalid),
    /// naming the field as in `messages[2].content[0].image_url.detail`, for what the Gemini format cannot
    /// say.
    pub fn to_gemini(&self) -> Result<gemini::Request> {
        self.check()?;
        let mut left = self.clone();
        left.model.clear();
        left.stream = None;
        let mut request = messages(mem::take(&mut left.messages))?;
        request.generation_config = config(&mut left)?;
        if let Some(format) = left.response_format.take() {
            response_format(format, &mut request.generation_config)?;
        }
        let functions = each(mem::take(&mut left.tools), "tools", function)?;
        if !functions.is_empty() {
            request.tools.push(gemini::Tool::functions(functions));
        }
        request.tool_config = take(&mut left.tool_choice, tool_config);
        GEMINI.has_all(&left, "")?;
        Ok(request)
    }
}

fn messages(messages: Vec<Message>) -> Result<gemini::Request> {
    let mut request = gemini::Request::default();
    let mut calls = Vec::new();
    let mut results = false;
    for (i, mut message) in messages.into_iter().enumerate() {
        let at = format!("messages[{i}]");
        let after_results = mem::take(&mut results);
        match mem::take(&mut message.role) {
            Role::System | Role::Developer if request.contents.is_empty() => {
                let said = parts(&mut message, &at)?;
                request.system_instruction.get_or_insert_default().parts.extend(said);
            }
            Role::User => request.contents.push(Content::user(parts(&mut message, &at)?)),
            Role::Assistant => {
                let mut said = parts(&mut message, &at)?;
                let at = format!("{at}.tool_calls");
                said.extend(each(mem::take(&mut message.tool_calls), &at, |call, at| {
                    tool_call(call, at, &mut calls)
                })?);
                request.contents.push(Content::model(said));
            }
            Role::Tool => {
                results = true;
                let part = Part::function_response(tool_result(&mut message, &at, &calls)?);
                match request.contents.last_mut() {
                    Some(turn) if after_results => turn.parts.push(part),
                    _ => request.contents.push(Content::user(part)),
                }
            }
            Role::System | Role::Developer | Role::Unknown(_) => {
                return Err(GEMINI.lacks(&format!("{at}.role")));
            }
        }
        GEMINI.has_all(&message, &at)?;
    }
    Ok(request)
}

fn parts(message: &mut Message, at: &str) -> Result<Vec<Part>> {
    match message.content.take() {
        None => Ok(Vec::new()),
        Some(chat::Content::Text(text)) => Ok(vec![Part::text(text)]),
        Some(chat::Content::Parts(parts)) => each(parts, &format!("{at}.content"), part),
    }
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
            let mime = take(&mut format, |format| match format {
                AudioFormat::Wav => Some("audio/wav"),
                AudioFormat::Mp3 => Some("audio/mp3"),
                AudioFormat::Unknown(_) => None,
            });
            GEMINI.has_all(&format, &format!("{inner}.format"))?;
            GEMINI.has_all(&extra, &inner)?;
            InlineData::new(mime.unwrap_or_default(), data).into()
        }
        PartKind::File(mut file) => {
            let source = file.file_data.take();
            GEMINI.has_all(&file, &inner)?;
            let at = format!("{inner}.file_data");
            media(source.ok_or_else(|| missing(&at))?, &at)?
        }
        PartKind::Refusal(_) | PartKind::Other(_) => return Err(GEMINI.lacks(&format!("{at}.type"))),
    };
    GEMINI.has_all(&extra, at)?;
    Ok(converted)
}

fn media_url(url: chat::MediaUrl, kind: MediaKind, at: &str) -> Result<Part> {
    let chat::MediaUrl { url, detail, extra } = url;
    GEMINI.has_all(&detail, &format!("{at}.detail"))?;
    GEMINI.has_all(&extra, at)?;
    let part = media(url, &format!("{at}.url"))?;
    match &part.file_data {
        Some(file) if Source::from(&*file.file_uri).kind() != kind => Err(invalid(format!(
            "`{at}.url` does not tell by its extension what it is, and in {GEMINI} nothing else would; send \
             the media, or convert without this part and add it with its type"
        ))),
        _ => Ok(part),
    }
}

fn media(source: Source, at: &str) -> Result<Part> {
    let Source::Url(url) = &source else { return Ok(Part::media(source)) };
    let Some(uri) = data_uri(url) else { return Ok(Part::media(source)) };
    let (header, data) = uri.split_once(',').unwrap_or_default();
    match header.strip_suffix(";base64").filter(|mime| is_valid_mime(mime)) {
        Some(mime) => {
            let data = Base64::from(data);
            // The data of a URI may be percent-encoded, and that of `inlineData` not.
            data.check(format_args!("{at}"))?;
            Ok(InlineData::new(mime, data).into())
        }
        None => Err(invalid(format!(
            "`{at}` is a data URI without a MIME type or base64, which {GEMINI} does not have"
        ))),
    }
}

/// The ids of the calls so far, with the names of their functions, go to `calls`.
fn tool_call(mut call: ToolCall, at: &str, calls: &mut Vec<(String, String)>) -> Result<Part> {
    let id = mem::take(&mut call.id);
    let signature = take_signature(&mut call.extra);
    let function = call.function.take();
    GEMINI.has_all(&call, at)?;
    let at = format!("{at}.function");
    let mut function = function.ok_or_else(|| missing(&at))?;
    let name = mem::take(&mut function.name);
    let arguments = mem::take(&mut function.arguments);
    GEMINI.has_all(&function, &at)?;
    // Models write nothing at all for a function that takes nothing.
    let args = if arguments.trim().is_empty() { Some(Map::new()) } else { object(&arguments) };
    let args = args.ok_or_else(|| {
        invalid(format!("`{at}.arguments` is no JSON object, which is what {GEMINI} has for it"))
    })?;
    calls.push((id.clone(), name.clone()));
    let id = Some(id).filter(|id| !id.is_empty());
    let mut part = Part::function_call(FunctionCall { id, ..FunctionCall::new(name, args) });
    part.thought_signature = signature;
    Ok(part)
}

fn tool_result(message: &mut Message, at: &str, calls: &[(String, String)]) -> Result<FunctionResponse> {
    let id = message.tool_call_id.take().unwrap_or_default();
    let Some((_, name)) = calls.iter().rev().find(|(call, _)| *call == id) else {
        return Err(invalid(format!(
            "`{at}.tool_call_id` is of no call before it, and {GEMINI} wants the name of the function"
        )));
    };
    let texts = each(parts(message, at)?, &format!("{at}.content"), |part, at| {
        part.text.ok_or_else(|| GEMINI.lacks(at))
    })?;
    let text = texts.concat();
    let response = object(&text).map_or_else(|| text.into(), Value::Object);
    Ok(FunctionResponse::new(name, response).id(id))
}

fn config(left: &mut chat::Request) -> Result<GenerationConfig> {
    let level =
        |effort: &_| EFFORTS.iter().find(|(known, _)| known == effort).map(|(_, level)| level.clone());
    Ok(GenerationConfig {
        max_output_tokens: left.max_tokens.take().or_else(|| left.max_completion_tokens.take()),
        temperature: left.temperature.take(),
        top_p: left.top_p.take(),
        candidate_count: left.n.take(),
        stop_sequences: mem::take(&mut left.stop).into(),
        seed: left.seed.take(),
        presence_penalty: left.presence_penalty.take(),
        frequency_penalty: left.frequency_penalty.take(),
        response_logprobs: left.logprobs.take(),
        logprobs: left.top_logprobs.take(),
        response_modalities: each(mem::take(&mut left.modalities), "modalities", |modality, at| {
            let known = MODALITIES.iter().find(|(known, _)| *known == modality);
            known.map(|(_, modality)| modality.clone()).ok_or_else(|| GEMINI.lacks(at))
        })?,
        thinking_config: take(&mut left.reasoning_effort, level)
            .map(|level| ThinkingConfig::new().thinking_level(level)),
        ..GenerationConfig::default()
    })
}

fn response_format(mut format: ResponseFormat, config: &mut GenerationConfig) -> Result<()> {
    const AT: &str = "response_format";
    let mime = match mem::take(&mut format.kind) {
        FormatKind::Text => TEXT,
        FormatKind::JsonObject => JSON,
        FormatKind::JsonSchema => {
            let at = format!("{AT}.json_schema");
            let mut schema = format.json_schema.take().ok_or_else(|| missing(&at))?;
            schema.name.clear();
            schema.strict = None;
            config.response_json_schema = schema.schema.take();
            GEMINI.has_all(&schema, &at)?;
            if config.response_json_schema.is_none() {
                return Err(missing(&format!("{at}.schema")));
            }
            JSON
        }
        FormatKind::Unknown(_) => return Err(GEMINI.lacks(&format!("{AT}.type"))),
    };
    config.response_mime_type = Some(mime.to_owned());
    GEMINI.has_all(&format, AT)
}

fn function(mut tool: chat::Tool, at: &str) -> Result<FunctionDeclaration> {
    let function = tool.function.take();
    GEMINI.has_all(&tool, at)?;
    let at = format!("{at}.function");
    let mut function = function.ok_or_else(|| missing(&at))?;
    let declaration = FunctionDeclaration {
        name: mem::take(&mut function.name),
        description: function.description.take(),
        parameters_json_schema: function.parameters.take(),
        ..FunctionDeclaration::default()
    };
    // What is not strict need not be said so.
    take(&mut function.strict, |strict| (!strict).then_some(()));
    GEMINI.has_all(&function, &at)?;
    Ok(declaration)
}

fn tool_config(choice: &ToolChoice) -> Option<ToolConfig> {
    Some(match choice {
        ToolChoice::None => ToolConfig::mode(FunctionCallingMode::None),
        ToolChoice::Auto => ToolConfig::mode(FunctionCallingMode::Auto),
        ToolChoice::Required => ToolConfig::mode(FunctionCallingMode::Any),
        ToolChoice::Function(name) => ToolConfig::mode(FunctionCallingMode::Any).allow([name]),
        ToolChoice::Other(_) => return None,
    })
}

fn missing(at: &str) -> Error {
    invalid(format!("`{at}` is missing, without which nothing can be said in {GEMINI}"))
}
