//! Inputs that once took minutes or gigabytes, for the test of their memory and the benchmark of their time.

use niello::{Template, chat, gemini};
use std::fmt::Write;

/// An input: what it is, its JSON, and what is done with it.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) json: String,
    pub(crate) run: fn(&str),
}

/// Returns all inputs. `scale` multiplies the number of items in each; with 1, they have some 1 MB.
pub(crate) fn inputs(scale: f64) -> Vec<Input> {
    let count = |items: usize| (items as f64 * scale) as usize;
    let list = |items: usize, item: &dyn Fn(usize) -> String| {
        let mut json = String::new();
        (0..count(items)).for_each(|i| write!(json, "{}{}", if i > 0 { "," } else { "" }, item(i)).unwrap());
        json
    };
    let input = |name, json, run| Input { name, json, run };
    vec![
        input(
            "Gemini response, parts {}",
            format!(r#"{{"candidates":[{{"content":{{"parts":[{}]}}}}]}}"#, list(333_333, &|_| "{}".into())),
            |json| drop(gemini::Response::from_slice(json.as_bytes())),
        ),
        input(
            "chat response, choices {}",
            format!(r#"{{"choices":[{}]}}"#, list(333_333, &|_| "{}".into())),
            |json| drop(chat::Response::from_slice(json.as_bytes())),
        ),
        input(
            "Gemini request, parts {}",
            format!(r#"{{"contents":[{{"parts":[{}]}}]}}"#, list(333_333, &|_| "{}".into())),
            |json| drop(serde_json::from_str::<gemini::Request>(json)),
        ),
        input("schema, 30,000 properties {}", schema(&list(30_000, &|i| format!(r#""{i}":{{}}"#))), |json| {
            drop(serde_json::from_str::<gemini::Request>(json))
        }),
        input(
            "schema, 30,000 properties with text",
            schema(&list(30_000, &|i| {
                format!(
                    r#""property{i}":{{"type":"STRING","description":"What the property with number {i} says."}}"#
                )
            })),
            |json| drop(serde_json::from_str::<gemini::Request>(json).unwrap().body().unwrap()),
        ),
        input(
            "30,000 tool calls to Gemini and back",
            format!(
                r#"{{"model":"m","messages":[{{"role":"assistant","tool_calls":[{}]}},{}]}}"#,
                list(30_000, &|i| {
                    format!(
                        r#"{{"id":"{i}","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}"#
                    )
                }),
                list(30_000, &|i| format!(
                    r#"{{"role":"tool","tool_call_id":"{i}","content":"result {i}"}}"#
                )),
            ),
            |json| {
                let request: chat::Request = serde_json::from_str(json).unwrap();
                let request = request.to_gemini().unwrap();
                drop(request.to_chat("m").unwrap());
            },
        ),
        input(
            "template of 10 MB, 120 levels deep",
            format!("{}\"{}\"{}", r#"{"a":["#.repeat(60), "x".repeat(count(10_000_000)), "]}".repeat(60)),
            |json| drop(Template::new(json).body().unwrap()),
        ),
    ]
}

fn schema(properties: &str) -> String {
    format!(
        r#"{{"contents":[{{"parts":[{{"text":"a"}}]}}],"generationConfig":{{"responseSchema":{{"properties":{{{properties}}}}}}}}}"#
    )
}
