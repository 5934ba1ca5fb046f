//! From the Gemini format to Chat Completions.

use super::{
    EFFORTS, EXTRA_CONTENT, JSON, MODALITIES, TEXT, Target, each, invalid, object, schema::json_schema,
    signed, take,
};
use crate::{
    api::{
        chat::{self, Function, JsonSchema, Message, ResponseFormat, Stop, ToolCall, ToolChoice},
        gemini::{
            self, Content, FileData, FunctionCall, FunctionCallingMode, FunctionDeclaration,
            FunctionResponse, GenerationConfig, InlineData, Part, Role, ToolConfig,
        },
        source::{Base64, Source},
    },
    error::Result,
};
use serde_json::Value;
use std::{collections::HashSet, mem};

const CHAT: Target = Target::Chat;

impl gemini::Request {
    /// The same request as Chat Completions, for what they say as well, with the model that the URL of the
    /// Gemini format has. Media are shared, not copied.
    ///
    /// `systemInstruction` becomes a system message; `inlineData` a part by its type with a `data:` URI, as
    /// [`chat::Part::media`] makes it; `fileData` one with the URL, whose extension has to tell what its
    /// `mimeType` says: where it has one that is known, the very type. A function's response is a tool message of its own, with the text of the
    /// `output` if that is all there is, else with the response as JSON. Calls without an id are given one, and
    /// responses without an id answer the first call of their function that has no answer yet. A
    /// `responseJsonSchema` is given the name `response`, and is `strict`, as Gemini is; a `responseSchema` and
    /// a function's `parameters` become JSON Schema, in which the properties are sorted by name: models follow
    /// the order, so say it in descriptions where it matters. The thought signature of a call goes into
    /// `extra_content`, where Google's own Chat Completions have it.
    ///
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
    /// assert!(error.to_string().contains("`contents[0].parts[0].videoMetadata`"));
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the checks of [`body`](gemini::Request::body); and [`Invalid`](crate::ErrorKind::Invalid),
    /// naming the field as in `contents[2].parts[0].videoMetadata`, for what Chat Completions cannot say.
    pub fn to_chat(&self, model: impl Into<String>) -> Result<chat::Request> {
        self.check()?;
        let mut left = self.clone();
        let mut request = config(mem::take(&mut left.generation_config))?;
        request.model = model.into();
        if let Some(mut system) = left.system_instruction.take() {
            // No role is looked at there.
            system.role = None;
            let parts = each(mem::take(&mut system.parts), "systemInstruction.parts", part)?;
            CHAT.has_all(&system, "systemInstruction")?;
            request.messages.push(Message::system(content(parts)));
        }
        let mut calls = Calls::new(self);
        for (i, turn) in mem::take(&mut left.contents).into_iter().enumerate() {
            messages(turn, &format!("contents[{i}]"), &mut calls, &mut request.messages)?;
        }
        let tools = each(mem::take(&mut left.tools), "tools", functions)?;
        request.tools = tools.into_iter().flatten().collect();
        if let Some(config) = left.tool_config.take() {
            request.tool_choice = tool_choice(config)?;
        }
        CHAT.has_all(&left, "")?;
        Ok(request)
    }
}

/// The calls so far, for responses to find theirs.
struct Calls<'a> {
    /// Ids that calls of the request have.
    taken: HashSet<&'a str>,
    made: Vec<Call>,
}

struct Call {
    id: String,
    function: String,
    answered: bool,
}

impl<'a> Calls<'a> {
    fn new(request: &'a gemini::Request) -> Calls<'a> {
        let parts = request.contents.iter().flat_map(|content| &content.parts);
        let taken = parts.filter_map(|part| part.function_call.as_ref()?.id.as_deref()).collect();
        Calls { taken, made: Vec::new() }
    }

    /// The id of a call that is made: its own, or a new one.
    fn make(&mut self, id: Option<String>, function: String) -> String {
        let new = || {
            let mut ids = (self.made.len()..).map(|n| format!("call_{n}"));
            ids.find(|id| !self.taken.contains(id.as_str()) && self.made.iter().all(|call| call.id != *id))
        };
        let id = id.filter(|id| !id.is_empty()).or_else(new).unwrap_or_default();
        self.made.push(Call { id: id.clone(), function, answered: false });
        id
    }

    /// The id of the call that a response answers.
    fn answer(&mut self, id: Option<&str>, function: &str) -> Option<String> {
        let mut calls = self.made.iter_mut().filter(|call| call.function == function);
        let call = match id.filter(|id| !id.is_empty()) {
            Some(id) => calls.rfind(|call| call.id == id),
            None => calls.find(|call| !call.answered),
        }?;
        call.answered = true;
        Some(call.id.clone())
    }
}

fn messages(mut turn: Content, at: &str, calls: &mut Calls<'_>, messages: &mut Vec<Message>) -> Result<()> {
    let (role, parts) = (turn.role.take(), mem::take(&mut turn.parts));
    CHAT.has_all(&turn, at)?;
    let parts = parts.into_iter().enumerate().map(|(i, part)| (part, format!("{at}.parts[{i}]")));
    match role {
        None | Some(Role::User) => of_user(parts, calls, messages),
        Some(Role::Model) => {
            messages.push(of_model(parts, calls)?);
            Ok(())
        }
        Some(Role::Unknown(_)) => Err(CHAT.lacks(&format!("{at}.role"))),
    }
}

fn of_user(
    parts: impl Iterator<Item = (Part, String)>,
    calls: &mut Calls<'_>,
    messages: &mut Vec<Message>,
) -> Result<()> {
    let mut said = Vec::new();
    for (mut part, at) in parts {
        let Some(response) = part.function_response.take() else {
            said.push(self::part(part, &at)?);
            continue;
        };
        CHAT.has_all(&part, &at)?;
        let result = tool_result(response, &format!("{at}.functionResponse"), calls)?;
        let is_after_calls =
            messages.last().is_some_and(|last| last.role == chat::Role::Tool || !last.tool_calls.is_empty());
        if !said.is_empty() || !is_after_calls {
            return Err(invalid(format!(
                "`{at}.functionResponse` stands after something else, and in {CHAT} all results stand right \
                 after their calls"
            )));
        }
        messages.push(result);
    }
    if !said.is_empty() {
        messages.push(Message::user(content(said)));
    }
    Ok(())
}

fn of_model(parts: impl Iterator<Item = (Part, String)>, calls: &mut Calls<'_>) -> Result<Message> {
    let mut message = Message::new(chat::Role::Assistant);
    let mut said = Vec::new();
    for (mut part, at) in parts {
        match part.function_call.take() {
            Some(call) => {
                let signature = part.thought_signature.take();
                CHAT.has_all(&part, &at)?;
                let mut call = tool_call(call, &format!("{at}.functionCall"), calls)?;
                if let Some(signature) = signature {
                    call.extra.insert(EXTRA_CONTENT, signed(&signature));
                }
                message.tool_calls.push(call);
            }
            None if message.tool_calls.is_empty() => said.push(self::part(part, &at)?),
            None => {
                return Err(invalid(format!(
                    "`{at}` stands after a functionCall, and in {CHAT} all content stands before the calls"
                )));
            }
        }
    }
    message.content = (!said.is_empty()).then(|| content(said));
    Ok(message)
}

/// One text as a string, which every server takes.
fn content(mut parts: Vec<chat::Part>) -> chat::Content {
    match parts.as_mut_slice() {
        [chat::Part { kind: chat::PartKind::Text(text), .. }] => mem::take(text).into(),
        _ => parts.into(),
    }
}

/// Text and media; any other part is refused.
fn part(mut part: Part, at: &str) -> Result<chat::Part> {
    // There may be media in it, which is not to be written out.
    if part.function_response.is_some() {
        return Err(CHAT.lacks(&format!("{at}.functionResponse")));
    }
    let converted = if let Some(text) = part.text.take() {
        Some(chat::Part::text(text))
    } else if let Some(data) = part.inline_data.take() {
        Some(inline(data, &format!("{at}.inlineData"))?)
    } else if let Some(file) = part.file_data.take() {
        Some(self::file(file, &format!("{at}.fileData"))?)
    } else {
        None
    };
    CHAT.has_all(&part, at)?;
    converted.ok_or_else(|| CHAT.lacks(at))
}

fn inline(mut inline: InlineData, at: &str) -> Result<chat::Part> {
    let (mime, data) = (mem::take(&mut inline.mime_type), mem::take(&mut inline.data));
    CHAT.has_all(&inline, at)?;
    Ok(chat::Part::media(match data {
        Base64::Media(media) => Source::Media(media.with_mime(&mime)),
        Base64::Encoded(text) => Source::Url(format!("data:{mime};base64,{text}")),
    }))
}

fn file(mut file: FileData, at: &str) -> Result<chat::Part> {
    let source = Source::Url(mem::take(&mut file.file_uri));
    // Video, audio or image is all that is said of a URL there.
    take(&mut file.mime_type, |mime| source.implies_mime(mime).then_some(()));
    if file.mime_type.is_some() {
        return Err(invalid(format!(
            "`{at}.mimeType` cannot be said in {CHAT}, where the extension of the URL has to tell it"
        )));
    }
    CHAT.has_all(&file, at)?;
    Ok(chat::Part::media(source))
}

fn tool_call(mut call: FunctionCall, at: &str, calls: &mut Calls<'_>) -> Result<ToolCall> {
    let (id, name) = (call.id.take(), mem::take(&mut call.name));
    let arguments = Value::Object(call.args.take().unwrap_or_default()).to_string();
    CHAT.has_all(&call, at)?;
    let id = calls.make(id, name.clone());
    Ok(ToolCall::function(id, name, arguments))
}

fn tool_result(mut response: FunctionResponse, at: &str, calls: &mut Calls<'_>) -> Result<Message> {
    if !response.parts.is_empty() {
        return Err(CHAT.lacks(&format!("{at}.parts")));
    }
    let (id, name) = (response.id.take(), mem::take(&mut response.name));
    let result = mem::take(&mut response.response);
    CHAT.has_all(&response, at)?;
    let Some(id) = calls.answer(id.as_deref(), &name) else {
        return Err(invalid(format!(
            "`{at}` answers no call before it: by its id, or without one by its name, it has to"
        )));
    };
    let output = result.get("output").filter(|_| result.len() == 1).and_then(Value::as_str);
    let text = match output {
        // Back from an object, it would be that one.
        Some(output) if object(output).is_none() => output.to_owned(),
        _ => Value::Object(result).to_string(),
    };
    Ok(Message::tool(id, text))
}

fn config(mut left: GenerationConfig) -> Result<chat::Request> {
    const AT: &str = "generationConfig";
    let mut request = chat::Request {
        max_tokens: left.max_output_tokens.take(),
        temperature: left.temperature.take(),
        top_p: left.top_p.take(),
        n: left.candidate_count.take(),
        stop: Stop::List(mem::take(&mut left.stop_sequences)),
        seed: left.seed.take(),
        presence_penalty: left.presence_penalty.take(),
        frequency_penalty: left.frequency_penalty.take(),
        logprobs: left.response_logprobs.take(),
        top_logprobs: left.logprobs.take(),
        response_format: response_format(&mut left, AT)?,
        ..chat::Request::default()
    };
    let at = format!("{AT}.responseModalities");
    request.modalities = each(mem::take(&mut left.response_modalities), &at, |modality, at| {
        let known = MODALITIES.iter().find(|(_, known)| *known == modality);
        known.map(|(modality, _)| modality.clone()).ok_or_else(|| CHAT.lacks(at))
    })?;
    if let Some(mut thinking) = left.thinking_config.take() {
        request.reasoning_effort = take(&mut thinking.thinking_level, |level| {
            EFFORTS.iter().find(|(_, known)| known == level).map(|(effort, _)| effort.clone())
        });
        CHAT.has_all(&thinking, &format!("{AT}.thinkingConfig"))?;
    }
    CHAT.has_all(&left, AT)?;
    Ok(request)
}

fn response_format(left: &mut GenerationConfig, at: &str) -> Result<Option<ResponseFormat>> {
    let is_json = left.response_mime_type.as_deref() == Some(JSON);
    // A schema beside another type, and the second of two, are left and so refused.
    let mut schema = if is_json { left.response_json_schema.take() } else { None };
    if is_json
        && schema.is_none()
        && let Some(typed) = left.response_schema.take()
    {
        schema = Some(json_schema(&typed, &format!("{at}.responseSchema"))?);
    }
    Ok(take(&mut left.response_mime_type, |mime| match (mime.as_str(), schema) {
        (TEXT, _) => Some(ResponseFormat::text()),
        (JSON, None) => Some(ResponseFormat::json_object()),
        (JSON, Some(schema)) => {
            Some(ResponseFormat::json_schema(JsonSchema::new("response", schema).strict(true)))
        }
        _ => None,
    }))
}

fn functions(mut tool: gemini::Tool, at: &str) -> Result<Vec<chat::Tool>> {
    let at_functions = format!("{at}.functionDeclarations");
    let functions = each(mem::take(&mut tool.function_declarations), &at_functions, function)?;
    CHAT.has_all(&tool, at)?;
    Ok(functions)
}

fn function(mut declaration: FunctionDeclaration, at: &str) -> Result<chat::Tool> {
    let mut function = Function::new(mem::take(&mut declaration.name));
    function.description = declaration.description.take();
    function.parameters = declaration.parameters_json_schema.take();
    if function.parameters.is_none()
        && let Some(schema) = declaration.parameters.take()
    {
        function.parameters = Some(json_schema(&schema, &format!("{at}.parameters"))?);
    }
    CHAT.has_all(&declaration, at)?;
    Ok(function.into())
}

fn tool_choice(mut config: ToolConfig) -> Result<Option<ToolChoice>> {
    const AT: &str = "toolConfig";
    let at = format!("{AT}.functionCallingConfig");
    let mut choice = None;
    if let Some(mut calling) = config.function_calling_config.take() {
        let allowed = &mut calling.allowed_function_names;
        choice = take(&mut calling.mode, |mode| match (mode, allowed.as_mut_slice()) {
            (FunctionCallingMode::Auto, _) => Some(ToolChoice::Auto),
            (FunctionCallingMode::None, _) => Some(ToolChoice::None),
            (FunctionCallingMode::Any, [name]) => {
                let name = mem::take(name);
                allowed.clear();
                Some(ToolChoice::Function(name))
            }
            (FunctionCallingMode::Any, _) => Some(ToolChoice::Required),
            _ => None,
        });
        CHAT.has_all(&calling, &at)?;
    }
    CHAT.has_all(&config, AT)?;
    Ok(choice)
}
