//! Random requests that both formats can express are the same after a conversion there and back.

use crate::{assert_same, media_count, value};
use niello::{
    Media,
    chat::{
        Content, Function, JsonSchema, Message, Part, ReasoningEffort, Request, ResponseFormat, Role,
        ToolCall, ToolChoice,
    },
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};

fn any_string() -> impl Strategy<Value = String> {
    let hostile = prop_oneof![
        (0_u8..0x20).prop_map(char::from),
        prop::sample::select(vec!['"', '\\', '\u{2028}', '😀', 'a', '{', '}', ' ']),
        any::<char>(),
    ];
    vec(hostile, 0..8).prop_map(|chars| chars.into_iter().collect())
}

fn part() -> impl Strategy<Value = Part> {
    let mime = prop::sample::select(vec!["video/mp4", "audio/L16;rate=16000;channels=2", "image/png", "a/b"]);
    prop_oneof![
        any_string().prop_map(Part::text),
        (vec(any::<u8>(), 1..9), mime.clone())
            .prop_map(|(bytes, mime)| Part::media(Media::from_bytes(bytes, mime).unwrap())),
        mime.prop_map(|mime| Part::media(format!("data:{mime};base64,AAAA"))),
        (any::<u16>(), prop::sample::select(vec!["mp4", "mp3?a=b", "png#x", "pdf", "html", ""]))
            .prop_map(|(n, extension)| Part::media(format!("https://example.com/{n}.{extension}"))),
        any::<u16>().prop_map(|n| Part::media(format!("https://youtu.be/{n}"))),
    ]
}

/// Content as a conversion writes it: a single text part is a string.
fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        any_string().prop_map(Content::from),
        vec(part(), 2..4).prop_map(Content::from),
        vec(part(), 1..4).prop_map(|mut parts| {
            parts.push(Part::text("."));
            parts.push(Part::text(""));
            Content::from(parts)
        }),
    ]
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    vec(
        (any_string(), prop_oneof![any_string().prop_map(Value::from), any::<i64>().prop_map(Value::from)]),
        0..3,
    )
    .prop_map(Map::from_iter)
}

/// The result of a tool: not an object, or an object as serde_json writes it that has no key `output`.
fn result() -> impl Strategy<Value = String> {
    prop_oneof![
        any_string()
            .prop_filter("not an object", |text| serde_json::from_str::<Map<String, Value>>(text).is_err()),
        object()
            .prop_filter("no output", |object| !object.contains_key("output"))
            .prop_map(|object| Value::Object(object).to_string()),
    ]
}

/// A message, or tool calls with their results.
fn messages() -> impl Strategy<Value = Vec<Message>> {
    let call = (any_string(), object(), option::of(any_string()), result());
    prop_oneof![
        content().prop_map(|content| vec![Message::user(content)]),
        content().prop_map(|content| vec![Message::assistant(content)]),
        (option::of(content()), vec(call, 1..4)).prop_map(|(content, calls)| {
            let mut message = Message::new(Role::Assistant);
            message.content = content;
            let mut messages = Vec::new();
            for (n, (name, arguments, signature, result)) in calls.into_iter().enumerate() {
                let id = format!("c{n}");
                let mut call =
                    ToolCall::function(&*id, format!("f{name}"), Value::Object(arguments).to_string());
                if let Some(signature) = signature {
                    call = call.extra("extra_content", json!({"google": {"thought_signature": signature}}));
                }
                message.tool_calls.push(call);
                messages.push(Message::tool(id, result));
            }
            messages.insert(0, message);
            messages
        }),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let numbers = (any::<u32>(), any::<i64>(), any::<i16>(), any::<bool>());
    let choice = prop::sample::select(vec![
        ToolChoice::None,
        ToolChoice::Auto,
        ToolChoice::Required,
        ToolChoice::Function("f".into()),
    ]);
    let format = prop_oneof![
        Just(ResponseFormat::text()),
        Just(ResponseFormat::json_object()),
        object().prop_map(|schema| {
            ResponseFormat::json_schema(JsonSchema::new("response", Value::Object(schema)).strict(true))
        }),
    ];
    let effort = prop::sample::select(vec![
        ReasoningEffort::Minimal,
        ReasoningEffort::Low,
        ReasoningEffort::Medium,
        ReasoningEffort::High,
    ]);
    let rest =
        (option::of(choice), option::of(format), option::of(effort), option::of((any_string(), object())));
    let stop = vec(any_string(), 0..3);
    (option::of(content()), vec(messages(), 1..5), option::of(numbers), stop, rest).prop_map(
        |(system, groups, numbers, stop, (choice, format, effort, function))| {
            let mut request = Request::new("m").stop(stop);
            request.messages.extend(system.map(Message::system));
            request.messages.extend(groups.into_iter().flatten());
            request.tool_choice = choice;
            request.response_format = format;
            request.reasoning_effort = effort;
            if let Some((tokens, seed, eighths, flag)) = numbers {
                let eighths = f64::from(eighths) / 8.0;
                request = request
                    .max_tokens(tokens)
                    .seed(seed)
                    .n(tokens)
                    .temperature(eighths)
                    .top_p(eighths)
                    .presence_penalty(eighths)
                    .frequency_penalty(eighths)
                    .logprobs(flag)
                    .top_logprobs(tokens)
                    .modalities(if flag { vec!["text", "image"] } else { vec!["audio"] });
            }
            if let Some((name, schema)) = function {
                let name = format!("f{name}");
                request = request
                    .tool(Function::new(&*name).description(&*name).parameters(schema.clone()))
                    .tool(Function::new("g"));
            }
            request
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests_are_the_same_after_converting_there_and_back(request in request()) {
        let there = request.to_gemini().unwrap();
        let back = there.to_chat("m").unwrap();
        assert_same("back", &value(&request), &value(&back));
        assert_same("there again", &value(&there), &value(&back.to_gemini().unwrap()));
        let media = media_count(&request.body().unwrap());
        prop_assert_eq!(media_count(&there.body().unwrap()), media);
        prop_assert_eq!(media_count(&back.body().unwrap()), media);
    }
}
