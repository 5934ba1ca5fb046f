//! Conversion from the Gemini format to Chat Completions.

use super::{
    EFFORTS, EXTRA_CONTENT, JSON_MIME, MODALITIES, TEXT_MIME, THINKING, TOP_K, Target, allowed_tools,
    calls::Calls, chat_value, convert_all, enabled_thinking, extra_content, invalid, is_object,
    schema::json_schema, swap_settings, take_if,
};
use crate::{
    api::{
        chat::{
            self, Detail, Function, JsonSchema, Message, ReasoningEffort, ResponseFormat, Stop, ToolCall,
            ToolChoice,
        },
        gemini::{
            self, Behavior, Content, FileData, FunctionCall, FunctionCallingMode, FunctionDeclaration,
            FunctionResponse, GenerationConfig, InlineData, MediaResolution, Part, PartKind,
            PartMediaResolution, Role, ToolConfig,
        },
        source::{Base64, Source},
    },
    error::Result,
    media::canonical_mime,
};
use serde_json::Value;
use std::{iter, mem};

const CHAT: Target = Target::Chat;

impl gemini::Request {
    /// Converts the request to Chat Completions, for `model`. Media is shared, not copied.
    ///
    /// What Chat Completions cannot express is an error, so nothing is lost. The rest is converted like this:
    ///
    /// | Gemini | Chat Completions |
    /// |---|---|
    /// | `systemInstruction` | a system message |
    /// | `inlineData` | a part of the kind that [`chat::Part::media`] chooses, with a `data:` URI |
    /// | `fileData` | such a part with the URL, if the extension of the URL implies the `mimeType` |
    /// | `mimeType` | the name that the gateways document, without parameters such as `codecs` |
    /// | `mediaResolution` of a part, `displayName` | `detail`, `filename` of a `file` |
    /// | `topK`, `thinkingBudget` | `top_k`, `thinking`: keys that vendors document |
    /// | `functionCall` | a tool call; a missing `id` is generated |
    /// | `functionResponse` | a tool message: the `output`, if the response is only that string, else the response as JSON |
    /// | `functionResponse` without an `id` | the result of the first call of that function that has none yet |
    /// | `parameters`, `responseSchema` | JSON Schema, with the properties sorted by name |
    /// | `responseJsonSchema` | a `json_schema` with the name `response` that is `strict`, as Gemini is |
    /// | `thoughtSignature` of a call | `extra_content.google.thought_signature`, as in Google's Chat Completions |
    ///
    /// Models follow the order of properties. If it matters, describe the order in the prompt.
    ///
    /// # Examples
    /// ```
    /// use niello::gemini::{Content, GenerationConfig, Part, Request};
    ///
    /// let request = Request::new()
    ///     .content(Content::user([Part::text("Summarize."), Part::media("https://example.com/a.mp4")]))
    ///     .generation_config(GenerationConfig::new().max_output_tokens(64));
    /// let mut body = request.to_chat("system.ai.gemini-3-1-pro")?.body()?;
    /// assert_eq!(
    ///     std::io::read_to_string(&mut body).unwrap(),
    ///     r#"{"model":"system.ai.gemini-3-1-pro","messages":[{"role":"user","content":[{"type":"text","text":"Summarize."},{"type":"video_url","video_url":{"url":"https://example.com/a.mp4"}}]}],"max_tokens":64}"#
    /// );
    ///
    /// let request = Request::new().content(Content::user(Part::media("https://example.com/a.mp4").fps(2.0)));
    /// let error = request.to_chat("m").unwrap_err();
    /// assert!(error.to_string().starts_with("contents[0].parts[0].videoMetadata "));
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Invalid`](crate::ErrorKind::Invalid): Chat Completions cannot express a field. The message contains its
    ///   path, such as `contents[2].parts[0].videoMetadata`.
    /// - The errors that [`body`](gemini::Request::body) returns for an invalid request.
    pub fn to_chat(&self, model: impl Into<String>) -> Result<chat::Request> {
        self.check()?;
        let mut remaining = self.clone();
        let mut request = config(mem::take(&mut remaining.generation_config))?;
        request.model = model.into();
        if let Some(mut system) = remaining.system_instruction.take() {
            // The role of a system instruction is ignored.
            system.role = None;
            let parts = convert_all(mem::take(&mut system.parts), "systemInstruction.parts", part)?;
            CHAT.ensure_empty(&system, "systemInstruction")?;
            request.messages.push(Message::system(message_content(parts)));
        }
        let mut calls = Calls::new(self);
        for (i, content) in mem::take(&mut remaining.contents).into_iter().enumerate() {
            push_messages(content, &format!("contents[{i}]"), &mut calls, &mut request.messages)?;
        }
        let tools = convert_all(mem::take(&mut remaining.tools), "tools", functions)?;
        request.tools = tools.into_iter().flatten().collect();
        if let Some(config) = remaining.tool_config.take() {
            request.tool_choice = tool_choice(config)?;
        }
        CHAT.ensure_empty(&remaining, "")?;
        Ok(request)
    }
}

/// Converts one of the `contents`, and appends its messages: each function response is a message of its own.
fn push_messages(
    mut content: Content,
    at: &str,
    calls: &mut Calls<'_>,
    messages: &mut Vec<Message>,
) -> Result<()> {
    let (role, parts) = (content.role.take(), mem::take(&mut content.parts));
    CHAT.ensure_empty(&content, at)?;
    let parts = parts.into_iter().enumerate().map(|(i, part)| (part, format!("{at}.parts[{i}]")));
    match role {
        None | Some(Role::User) => push_user_messages(parts, calls, messages),
        Some(Role::Model) => {
            messages.push(assistant_message(parts, calls)?);
            Ok(())
        }
        Some(Role::Unknown(_)) => Err(CHAT.unsupported(&format!("{at}.role"))),
    }
}

fn push_user_messages(
    parts: impl Iterator<Item = (Part, String)>,
    calls: &mut Calls<'_>,
    messages: &mut Vec<Message>,
) -> Result<()> {
    let mut converted = Vec::new();
    for (mut part, at) in parts {
        let response = match mem::take(&mut part.kind) {
            PartKind::FunctionResponse(response) => response,
            kind => {
                part.kind = kind;
                converted.push(self::part(part, &at)?);
                continue;
            }
        };
        CHAT.ensure_empty(&part, &at)?;
        let result = tool_result(*response, &format!("{at}.functionResponse"), calls)?;
        let is_after_calls =
            messages.last().is_some_and(|last| last.role == chat::Role::Tool || !last.tool_calls.is_empty());
        if !converted.is_empty() || !is_after_calls {
            return Err(invalid(format!(
                "{at}.functionResponse does not directly follow the calls, and {CHAT} requires that; move \
                 all responses to the start of the content after the calls"
            )));
        }
        messages.push(result);
    }
    if !converted.is_empty() {
        messages.push(Message::user(message_content(converted)));
    }
    Ok(())
}

fn assistant_message(parts: impl Iterator<Item = (Part, String)>, calls: &mut Calls<'_>) -> Result<Message> {
    let mut message = Message::new(chat::Role::Assistant);
    let mut converted = Vec::new();
    for (mut part, at) in parts {
        match mem::take(&mut part.kind) {
            PartKind::FunctionCall(call) => {
                let signature = part.thought_signature.take();
                CHAT.ensure_empty(&part, &at)?;
                let mut call = tool_call(*call, &format!("{at}.functionCall"), calls)?;
                if let Some(signature) = signature {
                    call.extra.insert(EXTRA_CONTENT, extra_content(&signature));
                }
                message.tool_calls.push(call);
            }
            kind if message.tool_calls.is_empty() => {
                part.kind = kind;
                converted.push(self::part(part, &at)?);
            }
            _ => {
                return Err(invalid(format!(
                    "{at} follows a functionCall, and in {CHAT} all content precedes the calls; move it"
                )));
            }
        }
    }
    message.content = (!converted.is_empty()).then(|| message_content(converted));
    Ok(message)
}

/// Returns the content of a message. A single text part becomes a string, which every server accepts.
fn message_content(mut parts: Vec<chat::Part>) -> chat::Content {
    match parts.as_mut_slice() {
        [chat::Part { kind: chat::PartKind::Text(text), .. }] => mem::take(text).into(),
        _ => parts.into(),
    }
}

/// Converts a part with text or media. Rejects any other part.
fn part(mut part: Part, at: &str) -> Result<chat::Part> {
    // Not to be a thought is the default.
    take_if(&mut part.thought, |thought| (!thought).then_some(()));
    let mut converted = match mem::take(&mut part.kind) {
        PartKind::Text(text) => chat::Part::text(text),
        PartKind::InlineData(data) => inline(*data, &format!("{at}.inlineData"))?,
        PartKind::FileData(file) => self::file(*file, &format!("{at}.fileData"))?,
        PartKind::Other => {
            CHAT.ensure_empty(&part, at)?;
            return Err(CHAT.unsupported(at));
        }
        kind => return Err(CHAT.unsupported(&format!("{at}.{}", kind.key().unwrap_or_default()))),
    };
    if let chat::PartKind::VideoUrl(url) | chat::PartKind::AudioUrl(url) | chat::PartKind::ImageUrl(url) =
        &mut converted.kind
    {
        url.detail = take_if(&mut part.media_resolution, |resolution| detail(resolution));
    }
    CHAT.ensure_empty(&part, at)?;
    Ok(converted)
}

/// Returns the detail that Chat Completions documents for a resolution, if that is all that is set.
fn detail(resolution: &PartMediaResolution) -> Option<Detail> {
    let level = resolution.level.clone()?;
    let detail = match level {
        MediaResolution::Unspecified => Detail::Auto,
        MediaResolution::Low => Detail::Low,
        MediaResolution::High => Detail::High,
        _ => return None,
    };
    (*resolution == level.into()).then_some(detail)
}

fn inline(mut inline: InlineData, at: &str) -> Result<chat::Part> {
    let (mime, data) = (mem::take(&mut inline.mime_type), mem::take(&mut inline.data));
    let mime = canonical_mime(&mime);
    let mut part = chat::Part::media(match data {
        Base64::Media(media) => Source::Media(media.with_mime(&mime)),
        Base64::Encoded(text) => Source::Url(format!("data:{mime};base64,{}", standard(&text))),
    });
    set_filename(&mut part, &mut inline.display_name);
    CHAT.ensure_empty(&inline, at)?;
    Ok(part)
}

/// Returns base64 in the standard alphabet and with padding, as servers read it in data URIs.
fn standard(base64: &str) -> String {
    let mut standard = base64.replace('-', "+").replace('_', "/");
    let padding = standard.len().next_multiple_of(4) - standard.len();
    standard.extend(iter::repeat_n('=', padding));
    standard
}

/// Takes the name of a file. Other media has none in Chat Completions.
fn set_filename(part: &mut chat::Part, name: &mut Option<String>) {
    if let chat::PartKind::File(file) = &mut part.kind {
        file.filename = name.take();
    }
}

fn file(mut file: FileData, at: &str) -> Result<chat::Part> {
    let source = Source::Url(mem::take(&mut file.file_uri));
    // Chat Completions has no MIME type of a URL: its extension has to imply the type.
    take_if(&mut file.mime_type, |mime| implies_mime(&source, &canonical_mime(mime)).then_some(()));
    if file.mime_type.is_some() {
        return Err(invalid(format!(
            "{at}.mimeType is not what the extension of the URL implies, and {CHAT} has no field for it; send \
             the media itself, or use a URL with a matching extension"
        )));
    }
    let mut part = chat::Part::media(source);
    set_filename(&mut part, &mut file.display_name);
    CHAT.ensure_empty(&file, at)?;
    Ok(part)
}

fn implies_mime(source: &Source, mime: &str) -> bool {
    // Both names are documented, for the same content.
    const MPEG: [&str; 2] = ["video/mpeg", "video/mpg"];
    source.implies_mime(mime) || MPEG.contains(&mime) && MPEG.iter().any(|mpeg| source.implies_mime(mpeg))
}

fn tool_call(mut call: FunctionCall, at: &str, calls: &mut Calls<'_>) -> Result<ToolCall> {
    let (id, name) = (call.id.take(), mem::take(&mut call.name));
    let arguments = Value::Object(call.args.take().unwrap_or_default()).to_string();
    CHAT.ensure_empty(&call, at)?;
    let id = calls.add(id, &name);
    Ok(ToolCall::function(id, name, arguments))
}

fn tool_result(mut response: FunctionResponse, at: &str, calls: &mut Calls<'_>) -> Result<Message> {
    if !response.parts.is_empty() {
        return Err(CHAT.unsupported(&format!("{at}.parts")));
    }
    let (id, name) = (response.id.take(), mem::take(&mut response.name));
    let result = mem::take(&mut response.response);
    // `false`, the default, says that this is the only result of the call.
    take_if(&mut response.will_continue, |continues| (!continues).then_some(()));
    CHAT.ensure_empty(&response, at)?;
    let Some(id) = calls.respond(id.as_deref(), &name) else {
        return Err(invalid(format!(
            "{at} does not belong to an earlier call with its id and name; add the `functionCall`"
        )));
    };
    let output = result.get("output").filter(|_| result.len() == 1).and_then(Value::as_str);
    let content = match output {
        // A string that contains an object would be converted back to that object.
        Some(output) if !is_object(output) => output.to_owned(),
        _ => Value::Object(result).to_string(),
    };
    Ok(Message::tool(id, content))
}

fn config(mut remaining: GenerationConfig) -> Result<chat::Request> {
    const AT: &str = "generationConfig";
    let mut request = chat::Request {
        stop: Stop::List(mem::take(&mut remaining.stop_sequences)),
        response_format: response_format(&mut remaining, AT)?,
        ..chat::Request::default()
    };
    swap_settings(&mut request, &mut remaining);
    if let Some(top_k) = remaining.top_k.take() {
        request.extra.insert(TOP_K, top_k);
    }
    let at = format!("{AT}.responseModalities");
    request.modalities = convert_all(mem::take(&mut remaining.response_modalities), &at, |modality, at| {
        chat_value(&MODALITIES, &modality).ok_or_else(|| CHAT.unsupported(at))
    })?;
    if let Some(mut thinking) = remaining.thinking_config.take() {
        request.reasoning_effort = take_if(&mut thinking.thinking_level, |level| chat_value(&EFFORTS, level));
        take_if(&mut thinking.include_thoughts, |include| (!include).then_some(()));
        // A level and a budget exclude each other.
        if request.reasoning_effort.is_none() {
            match thinking.thinking_budget.take_if(|tokens| *tokens >= 0) {
                Some(0) => request.reasoning_effort = Some(ReasoningEffort::None),
                Some(tokens) => _ = request.extra.insert(THINKING, enabled_thinking(tokens)),
                None => {}
            }
        }
        CHAT.ensure_empty(&thinking, &format!("{AT}.thinkingConfig"))?;
    }
    CHAT.ensure_empty(&remaining, AT)?;
    Ok(request)
}

fn response_format(remaining: &mut GenerationConfig, at: &str) -> Result<Option<ResponseFormat>> {
    let is_json = remaining.response_mime_type.as_deref() == Some(JSON_MIME);
    // A schema with another MIME type, and a second schema, remain, to be rejected.
    let mut schema = if is_json { remaining.response_json_schema.take() } else { None };
    if is_json
        && schema.is_none()
        && let Some(typed) = remaining.response_schema.take()
    {
        schema = Some(json_schema(&typed, &format!("{at}.responseSchema"))?);
    }
    Ok(take_if(&mut remaining.response_mime_type, |mime| match (mime.as_str(), schema) {
        (TEXT_MIME, _) => Some(ResponseFormat::text()),
        (JSON_MIME, None) => Some(ResponseFormat::json_object()),
        (JSON_MIME, Some(schema)) => {
            Some(ResponseFormat::json_schema(JsonSchema::new("response", schema).strict(true)))
        }
        _ => None,
    }))
}

fn functions(mut tool: gemini::Tool, at: &str) -> Result<Vec<chat::Tool>> {
    let at_functions = format!("{at}.functionDeclarations");
    let functions = convert_all(mem::take(&mut tool.function_declarations), &at_functions, function)?;
    CHAT.ensure_empty(&tool, at)?;
    Ok(functions)
}

fn function(mut declaration: FunctionDeclaration, at: &str) -> Result<chat::Tool> {
    let mut function = Function::new(mem::take(&mut declaration.name));
    function.description = declaration.description.take();
    function.parameters = declaration.parameters_json_schema.take();
    // The model always waits for the result.
    take_if(&mut declaration.behavior, |behavior| {
        matches!(behavior, Behavior::Blocking | Behavior::Unspecified).then_some(())
    });
    if function.parameters.is_none()
        && let Some(schema) = declaration.parameters.take()
    {
        function.parameters = Some(json_schema(&schema, &format!("{at}.parameters"))?);
    }
    CHAT.ensure_empty(&declaration, at)?;
    Ok(function.into())
}

fn tool_choice(mut config: ToolConfig) -> Result<Option<ToolChoice>> {
    const AT: &str = "toolConfig";
    let at = format!("{AT}.functionCallingConfig");
    let mut choice = None;
    if let Some(mut calling) = config.function_calling_config.take() {
        let allowed = &mut calling.allowed_function_names;
        choice = take_if(&mut calling.mode, |mode| match (mode, allowed.as_mut_slice()) {
            (FunctionCallingMode::Auto, _) => Some(ToolChoice::Auto),
            (FunctionCallingMode::None, _) => Some(ToolChoice::None),
            (FunctionCallingMode::Any, [name]) => {
                let name = mem::take(name);
                allowed.clear();
                Some(ToolChoice::Function(name))
            }
            (FunctionCallingMode::Any, []) => Some(ToolChoice::Required),
            (FunctionCallingMode::Any, names) => {
                let choice = allowed_tools(names.iter().map(String::as_str));
                allowed.clear();
                Some(ToolChoice::Other(choice))
            }
            _ => None,
        });
        CHAT.ensure_empty(&calling, &at)?;
    }
    CHAT.ensure_empty(&config, AT)?;
    Ok(choice)
}
