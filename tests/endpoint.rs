//! Endpoints: URLs, headers, limits, and credentials that are never shown.

#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod golden;

use niello::{Body, ContentEncoding, ErrorKind, Limit, Media, Result, chat, gemini, http};
use serde_json::Value;
use std::fs;

const WORKSPACE: &str = "https://example.cloud.databricks.com";
const SECRET: &str = "dapi-s3cr3t";

fn chat_request() -> chat::Request {
    chat::Request::new("m").message(chat::Message::user("Hi"))
}

fn gemini_request() -> gemini::Request {
    gemini::Request::new().content(gemini::Content::user("Hi"))
}

fn send(endpoint: chat::Endpoint) -> Result<http::Request<Body>> {
    endpoint.request(&chat_request())
}

fn generate(endpoint: gemini::Endpoint) -> Result<http::Request<Body>> {
    endpoint.generate(&gemini_request())
}

fn url(request: Result<http::Request<Body>>) -> String {
    request.unwrap().uri().to_string()
}

/// Checks that the error is of kind `Invalid`, contains `words` and shows no secret.
#[track_caller]
fn assert_rejected(request: Result<http::Request<Body>>, words: &str) {
    let error = request.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
}

#[test]
fn paths_and_queries_match_the_golden_cases() {
    for name in golden::names() {
        let case = fs::read(golden::case(&name).join("case.json")).unwrap();
        let case: Value = serde_json::from_slice(&case).unwrap();
        let model = case["model"].as_str().unwrap();
        let stream = case["stream"].as_bool().unwrap();
        for base in [WORKSPACE.to_owned(), format!("{WORKSPACE}/")] {
            let request = if case["api"] == "chat" {
                chat::Endpoint::databricks(&base).request(&chat_request().stream(stream))
            } else if stream {
                gemini::Endpoint::databricks(&base, model).stream(&gemini_request())
            } else {
                gemini::Endpoint::databricks(&base, model).generate(&gemini_request())
            };
            let request = request.unwrap();
            // A model name that starts with `models/` does not get a second one.
            let path = case["path"].as_str().unwrap().replace("models/models/", "models/");
            assert_eq!(request.uri().path(), path, "{name}");
            assert_eq!(request.uri().query().unwrap_or_default(), case["query"], "{name}");
            assert_eq!(request.uri().host(), Some("example.cloud.databricks.com"), "{name}");
            let accept = if stream { "text/event-stream" } else { "application/json" };
            assert_eq!(request.headers()["accept"], accept, "{name}");
        }
    }
}

#[test]
fn slashes_at_the_end_of_base_urls_are_ignored() {
    for (base, expected) in [
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1/chat/completions"),
        ("http://localhost:8000/v1//", "http://localhost:8000/v1/chat/completions"),
        ("HTTP://[::1]:80", "http://[::1]:80/chat/completions"),
        ("http://h", "http://h/chat/completions"),
        ("http://h/a%20b/~c;d=1", "http://h/a%20b/~c;d=1/chat/completions"),
    ] {
        assert_eq!(url(send(chat::Endpoint::openai(base))), expected);
    }
    assert_eq!(
        url(generate(gemini::Endpoint::google("gemini-3-pro"))),
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:generateContent"
    );
    assert_eq!(
        url(generate(gemini::Endpoint::new("http://127.0.0.1:1/v1/p/", "m"))),
        "http://127.0.0.1:1/v1/p/models/m:generateContent"
    );
}

#[test]
fn invalid_base_urls_are_rejected_without_quoting_them() {
    for (base, words) in [
        ("", "https://"),
        ("example.com", "https://"),
        ("ftp://example.com", "https://"),
        ("https//example.com", "https://"),
        ("https://", "host"),
        ("https:///v1", "host"),
        ("https://:80/v1", "host"),
        ("https://h:/v1", "port"),
        ("https://h:65536", "port"),
        ("https://h:8o", "host"),
        ("https://[::1", "host"),
        ("https://h?o=s3cr3t", "query"),
        ("https://h/#s3cr3t", "fragment"),
        ("https://user:s3cr3t@h", "bearer"),
        ("https://s3cr3t@h/v1", "bearer"),
        ("https://h/a b", "space"),
        ("https://h/v1\n", "character"),
        ("https://h\\@other/v1", "character"),
        ("https://h/\u{e9}", "character"),
        ("https://h/a/../b", ".."),
        ("https://h/a/%2E%2e/b", ".."),
        ("https://h/.", "."),
    ] {
        assert_rejected(send(chat::Endpoint::openai(base)), words);
        assert_rejected(send(chat::Endpoint::databricks(base)), words);
        assert_rejected(generate(gemini::Endpoint::databricks(base, "m")), words);
        assert_rejected(generate(gemini::Endpoint::new(base, "m")), words);
    }
}

#[test]
fn no_model_name_changes_the_path() {
    const BEFORE: &str = "https://generativelanguage.googleapis.com/v1beta/models/";
    for (model, expected) in [
        ("models/m", "m"),
        ("system.ai.gemini-3-1-pro", "system.ai.gemini-3-1-pro"),
        ("m@001", "m@001"),
        ("publishers/google/models/m", "publishers/google/models/m"),
        ("models/publishers/a b/models/m", "publishers/a%20b/models/m"),
        ("a..b", "a..b"),
        ("...", "..."),
        ("a?b#c", "a%3Fb%23c"),
        ("a b", "a%20b"),
        ("a%2Fb", "a%252Fb"),
        ("%2e%2e", "%252e%252e"),
        ("a:embedContent", "a%3AembedContent"),
        ("a\\b\"<>", "a%5Cb%22%3C%3E"),
        ("\u{e9}\u{1f3ac}", "%C3%A9%F0%9F%8E%AC"),
    ] {
        let sent = url(generate(gemini::Endpoint::google(model)));
        assert_eq!(sent, format!("{BEFORE}{expected}:generateContent"));
        let streamed = url(gemini::Endpoint::google(model).stream(&gemini_request()));
        assert_eq!(streamed, format!("{BEFORE}{expected}:streamGenerateContent?alt=sse"));
    }
    for model in [
        "",
        "models/",
        ".",
        "..",
        "/m",
        "m/",
        "a/b",
        "../m",
        "models/../m",
        "models/models/m",
        "tunedModels/m/x",
        "tunedModels/..",
        "endpoints/",
        "projects/p/endpoints/1",
        "projects/../locations/l/endpoints/1",
        " m",
        "m ",
        "m\n",
        "m:generateContent",
        "m:streamGenerateContent",
        "publishers/google/models/..",
        "publishers/../models/m",
        "publishers//models/m",
        "publishers/google/models/m/x",
        "m\r\nx: y",
        "m\0",
        "m\u{7f}",
        "m\u{85}",
    ] {
        assert_rejected(generate(gemini::Endpoint::google(model)), "model");
    }
    assert_rejected(generate(gemini::Endpoint::google(&"m".repeat(70_000))), "URL");
}

#[test]
fn resource_names_of_models_are_paths_of_their_own() {
    let google = "https://generativelanguage.googleapis.com/v1beta";
    let vertex = "https://aiplatform.googleapis.com/v1/projects/p/locations/l";
    let publisher = &format!("{vertex}/publishers/google");
    let version = "https://aiplatform.googleapis.com/v1";
    for (base, model, expected) in [
        (google, "tunedModels/x y", format!("{google}/tunedModels/x%20y")),
        (vertex, "endpoints/123", format!("{vertex}/endpoints/123")),
        (publisher, "endpoints/123", format!("{vertex}/endpoints/123")),
        (version, "projects/p/locations/l/endpoints/1", format!("{vertex}/endpoints/1")),
        (publisher, "projects/p/locations/l/endpoints/1", format!("{vertex}/endpoints/1")),
        (vertex, "publishers/google/models/m", format!("{vertex}/publishers/google/models/m")),
        (publisher, "publishers/google/models/m", format!("{vertex}/publishers/google/models/m")),
        (vertex, "models/publishers/a b/models/m", format!("{vertex}/publishers/a%20b/models/m")),
        (version, "projects/p/locations/l/publishers/google/models/m", format!("{publisher}/models/m")),
        (publisher, "m", format!("{publisher}/models/m")),
    ] {
        let sent = url(generate(gemini::Endpoint::new(base, model)));
        assert_eq!(sent, format!("{expected}:generateContent"), "{base} {model}");
    }
}

/// A host is never replaced by a model name, even if it has the name of a collection.
#[test]
fn a_model_name_does_not_change_the_host() {
    for host in ["publishers", "projects"] {
        let base = format!("https://{host}/v1");
        for model in ["endpoints/1", "projects/p/locations/l/endpoints/1"] {
            let request = generate(gemini::Endpoint::new(&base, model));
            assert_eq!(url(request), format!("{base}/{model}:generateContent"));
        }
    }
}

#[test]
fn base_urls_that_end_in_what_is_appended_are_rejected() {
    assert_rejected(send(chat::Endpoint::openai("https://h/v1/chat/completions")), "/chat/completions");
    assert_rejected(send(chat::Endpoint::openai("https://h/v1/chat/completions/")), "/chat/completions");
    assert_rejected(send(chat::Endpoint::databricks("https://h/ai-gateway/mlflow/v1")), "has a path");
    assert_rejected(generate(gemini::Endpoint::databricks("https://h/serving-endpoints", "m")), "has a path");
    for base in ["https://h/v1beta/models", "https://h/v1beta/models/"] {
        assert_rejected(generate(gemini::Endpoint::new(base, "m")), "/models");
    }
    for method in [":generateContent", ":streamGenerateContent"] {
        let base = format!("https://h/v1beta/models/m{method}");
        assert_rejected(generate(gemini::Endpoint::new(&base, "m")), method);
    }
}

#[test]
fn headers_are_those_that_the_apis_document() {
    let request = chat::Endpoint::databricks(WORKSPACE).bearer(SECRET).request(&chat_request()).unwrap();
    assert_eq!(request.method(), "POST");
    let headers = request.headers();
    assert_eq!(headers.len(), 4);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["content-length"], request.body().len().to_string());
    assert_eq!(headers["accept"], "application/json");
    assert_eq!(headers["authorization"], format!("Bearer {SECRET}"));

    let streamed = chat::Endpoint::databricks(WORKSPACE).request(&chat_request().stream(true)).unwrap();
    assert_eq!(streamed.headers().len(), 3);
    assert_eq!(streamed.headers()["accept"], "text/event-stream");

    // curl -u token:dapi-s3cr3t
    let basic = generate(gemini::Endpoint::databricks(WORKSPACE, "m").basic(SECRET)).unwrap();
    assert_eq!(basic.headers()["authorization"], "Basic dG9rZW46ZGFwaS1zM2NyM3Q=");
    let basic = send(chat::Endpoint::databricks(WORKSPACE).bearer("other").basic("x")).unwrap();
    assert_eq!(basic.headers()["authorization"], "Basic dG9rZW46eA==");

    let google = generate(gemini::Endpoint::google("m").api_key(SECRET)).unwrap();
    assert_eq!(google.headers()["x-goog-api-key"], SECRET);
    assert!(!google.headers().contains_key("authorization"));
}

#[test]
fn tokens_that_no_header_can_hold_are_rejected_without_showing_them() {
    for token in
        ["", "s3cr3t\n", "s3cr3t\r", "s3cr3t\r\nx: y", "s3cr3t\0", "s3 cr3t", "s3cr3t\u{e9}", "s3cr3t\t"]
    {
        let words = if token.is_empty() { "empty" } else { "line break" };
        assert_rejected(send(chat::Endpoint::databricks(WORKSPACE).bearer(token)), words);
        assert_rejected(send(chat::Endpoint::databricks(WORKSPACE).basic(token)), words);
        // A valid token after an invalid one does not hide the error.
        assert_rejected(send(chat::Endpoint::databricks(WORKSPACE).bearer(token).bearer("x")), words);
        assert_rejected(generate(gemini::Endpoint::google("m").bearer(token)), words);
        assert_rejected(generate(gemini::Endpoint::google("m").basic(token)), words);
        assert_rejected(generate(gemini::Endpoint::google("m").api_key(token)), words);
    }
}

#[test]
fn debug_shows_neither_credentials_nor_media() {
    let media = Media::from_bytes(&b"s3cr3t"[..], "video/mp4").unwrap();
    let text = "s3cr3t";
    let chat =
        chat_request().message(chat::Message::user([chat::Part::text(text), chat::Part::video(&media)]));
    let gemini = gemini_request()
        .content(gemini::Content::user([gemini::Part::text(text), gemini::Part::inline(&media)]));
    for (endpoint, request) in [
        {
            let endpoint = chat::Endpoint::databricks(WORKSPACE).bearer(SECRET);
            (format!("{endpoint:?}"), endpoint.request(&chat).unwrap())
        },
        {
            let endpoint = chat::Endpoint::databricks(WORKSPACE).basic(SECRET);
            (format!("{endpoint:?}"), endpoint.request(&chat).unwrap())
        },
        {
            let endpoint = gemini::Endpoint::google("m").api_key(SECRET).bearer(SECRET);
            (format!("{endpoint:?}"), endpoint.generate(&gemini).unwrap())
        },
    ] {
        assert!(endpoint.contains("https://"), "{endpoint}");
        for text in [endpoint, format!("{request:?}")] {
            for secret in ["s3cr3t", "czNjcjN0", "dG9rZW46"] {
                assert!(!text.contains(secret), "{text}");
            }
            assert!(text.contains("Sensitive"), "{text}");
        }
    }
}

#[test]
fn limit_applies_to_the_exact_length() {
    let len = chat_request().body().unwrap().len();
    let endpoint = |limit| chat::Endpoint::databricks(WORKSPACE).limit(Limit::bytes(limit));
    assert!(send(endpoint(len)).is_ok());
    let error = send(endpoint(len - 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains(&len.to_string()), "{error}");

    let len = gemini_request().body().unwrap().len();
    let endpoint = |limit| gemini::Endpoint::google("m").limit(Limit::bytes(limit));
    assert!(endpoint(len).stream(&gemini_request()).is_ok());
    assert_eq!(endpoint(len - 1).stream(&gemini_request()).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn content_encoding_changes_the_body_and_both_headers_together() {
    let clip = Media::from_bytes(vec![7; 100_000], "video/mp4").unwrap();
    let chat = chat::Request::new("m").message(chat::Message::user([chat::Part::video(&clip)]));
    let gemini = gemini::Request::new().content(gemini::Content::user([gemini::Part::inline(&clip)]));
    let sent = |encoding| {
        let limit = Limit::bytes(140_000);
        let chat_endpoint = chat::Endpoint::openai("http://h").limit(limit).content_encoding(encoding);
        let gemini_endpoint = gemini::Endpoint::google("m").limit(limit).content_encoding(encoding);
        [chat_endpoint.request(&chat), gemini_endpoint.generate(&gemini), gemini_endpoint.stream(&gemini)]
            .map(|request| {
                let mut request = request.unwrap();
                let mut bytes = Vec::new();
                request.body_mut().write_to(&mut bytes).unwrap();
                assert_eq!(request.headers()["content-length"], bytes.len().to_string());
                (request.headers().get("content-encoding").cloned(), bytes)
            })
    };
    for ((no_header, plain), (header, coded)) in
        sent(ContentEncoding::Identity).into_iter().zip(sent(ContentEncoding::Zstd))
    {
        assert_eq!((no_header, header.unwrap().as_bytes()), (None, &b"zstd"[..]));
        assert!(coded.len() < 101_000);
        assert!(zstd::decode_all(&coded[..]).unwrap() == plain);
    }
    let endpoint = chat::Endpoint::openai("http://h").content_encoding(ContentEncoding::Zstd);
    let error = endpoint.limit(Limit::bytes(130_000)).request(&chat).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "the limit applies to what the server decodes");
}

#[test]
fn invalid_request_is_rejected_as_by_its_body() {
    assert_rejected(chat::Endpoint::openai("http://h").request(&chat::Request::new("m")), "messages");
    assert_rejected(gemini::Endpoint::google("m").generate(&gemini::Request::new()), "contents");
}

#[test]
fn cloned_request_has_the_same_headers_and_body() {
    let request = send(chat::Endpoint::databricks(WORKSPACE).bearer(SECRET)).unwrap();
    let mut clone = request.clone();
    assert_eq!(clone.uri(), request.uri());
    assert_eq!(clone.headers(), request.headers());
    let mut sent = Vec::new();
    clone.body_mut().write_to(&mut sent).unwrap();
    assert_eq!(sent, serde_json::to_vec(&chat_request()).unwrap());
    assert_eq!(request.body().position(), 0);
}

#[test]
fn endpoints_and_requests_are_send_and_sync() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<chat::Endpoint>();
    check::<gemini::Endpoint>();
    check::<http::Request<Body>>();
}
