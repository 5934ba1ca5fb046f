//! Arbitrary URLs, models and tokens: a request goes to the host of the URL and to no other path, and shows no token.

use super::judged::Judged;
use arbitrary::{Arbitrary, Unstructured};
use niello::{Body, ErrorKind, Result, chat, gemini, http::Request};
use std::sync::LazyLock;
use url::Url;

#[derive(Arbitrary)]
struct Input<'a> {
    api: Api,
    scheme: u8,
    host: u8,
    path: &'a str,
    collection: u8,
    model: &'a str,
    token: &'a str,
    is_basic: bool,
}

#[derive(Arbitrary, Clone, Copy, PartialEq)]
enum Api {
    OpenAi,
    ChatDatabricks,
    Gemini,
    GeminiStream,
    GeminiDatabricks,
}

const SCHEMES: [&str; 4] = ["https://", "http://", "HTTPS://", ""];
const HOSTS: [&str; 10] = [
    "example.com",
    "example.com:8443",
    "[::1]:80",
    "127.0.0.1",
    "user:password@example.com",
    "example.com:99999",
    "us-aiplatform.googleapis.com",
    "us-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google",
    "example.com/v1beta",
    "",
];
const COLLECTIONS: [&str; 8] = [
    "",
    "",
    "",
    "models/",
    "tunedModels/",
    "endpoints/",
    "publishers/google/models/",
    "projects/p/locations/l/endpoints/",
];

/// What every token begins with.
const SECRET: &str = "S3cr3t";

static CHAT: LazyLock<chat::Request> =
    LazyLock::new(|| chat::Request::new("m").message(chat::Message::user("Hi")));
static GEMINI: LazyLock<gemini::Request> =
    LazyLock::new(|| gemini::Request::new().content(gemini::Content::user("Hi")));

pub fn endpoint(data: &[u8], judged: &mut Judged) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    if [input.path, input.model, input.token].iter().any(|text| text.contains(SECRET)) {
        return;
    }
    let token = if input.token.is_empty() { String::new() } else { format!("{SECRET}{}", input.token) };
    let scheme = SCHEMES[usize::from(input.scheme) % SCHEMES.len()];
    let host = HOSTS[usize::from(input.host) % HOSTS.len()];
    let base = format!("{scheme}{host}{}", input.path);
    let model = format!("{}{}", COLLECTIONS[usize::from(input.collection) % COLLECTIONS.len()], input.model);
    let (shown, request) = request(&input, &base, &model, &token);
    assert!(!shown.contains(SECRET), "{shown}");
    judged.step(shown.len());
    match request {
        Ok(request) => {
            check(&input, &base, &model, &token, &request);
            judged.case();
            judged.step(request.uri().path().len());
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
}

/// Returns what `Debug` shows of an endpoint, and a request that it creates.
fn request(input: &Input<'_>, base: &str, model: &str, token: &str) -> (String, Result<Request<Body>>) {
    let chat = |endpoint: chat::Endpoint| {
        let endpoint = if input.is_basic { endpoint.basic(token) } else { endpoint.bearer(token) };
        (format!("{endpoint:?}"), endpoint.request(&CHAT))
    };
    let gemini = |endpoint: gemini::Endpoint| {
        let endpoint = if input.is_basic { endpoint.api_key(token) } else { endpoint.bearer(token) };
        let request = match input.api {
            Api::GeminiStream => endpoint.stream(&GEMINI),
            _ => endpoint.generate(&GEMINI),
        };
        (format!("{endpoint:?}"), request)
    };
    match input.api {
        Api::OpenAi => chat(chat::Endpoint::openai(base)),
        Api::ChatDatabricks => chat(chat::Endpoint::databricks(base)),
        Api::Gemini | Api::GeminiStream => gemini(gemini::Endpoint::new(base, model)),
        Api::GeminiDatabricks => gemini(gemini::Endpoint::databricks(base, model)),
    }
}

/// Checks a request as another parser of URLs, that of reqwest, reads it.
fn check(input: &Input<'_>, base: &str, model: &str, token: &str, request: &Request<Body>) {
    let uri = request.uri();
    let (url, base) = (Url::parse(&uri.to_string()), Url::parse(base));
    // It knows more about hosts, such as which numbers are addresses.
    assert_eq!(url.is_ok(), base.is_ok(), "{uri}");
    let (Ok(url), Ok(base)) = (url, base) else { return };
    assert_eq!((url.scheme(), url.host(), url.port()), (base.scheme(), base.host(), base.port()));
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{url}");
    assert_eq!(url.path(), uri.path(), "no segment is removed");
    let query = (input.api == Api::GeminiStream).then_some("alt=sse");
    assert_eq!((url.query(), uri.query()), (query, query));
    check_path(input.api, base.path().trim_end_matches('/'), model, url.path());

    let headers = request.headers();
    let is_key = input.is_basic && !matches!(input.api, Api::OpenAi | Api::ChatDatabricks);
    let secret = &headers[if is_key { "x-goog-api-key" } else { "authorization" }];
    assert!(secret.is_sensitive());
    if !input.is_basic {
        assert_eq!(secret.as_bytes().strip_prefix(b"Bearer "), Some(token.as_bytes()));
    }
    assert_eq!(headers.len(), 4, "{headers:?}");
    assert_eq!(headers["content-length"], request.body().len().to_string());
}

fn check_path(api: Api, base: &str, model: &str, path: &str) {
    let start = match api {
        Api::OpenAi => return assert_eq!(path, format!("{base}/chat/completions")),
        Api::ChatDatabricks => return assert_eq!(path, "/ai-gateway/mlflow/v1/chat/completions"),
        Api::Gemini | Api::GeminiStream => base,
        Api::GeminiDatabricks => "/serving-endpoints/gemini/v1beta",
    };
    let method = if api == Api::GeminiStream { ":streamGenerateContent" } else { ":generateContent" };
    let path = path.strip_suffix(method).expect("the path ends with the method");
    let model = model.strip_prefix("models/").unwrap_or(model);
    // The segments of the model are at the end of the path, and stay segments.
    let segments: Vec<_> = model.split('/').collect();
    let sent: Vec<_> = path.rsplitn(segments.len() + 1, '/').collect();
    let (before, sent) = sent.split_last().expect("a path has a slash");
    assert_eq!(sent.iter().rev().map(|segment| decoded(segment)).collect::<Vec<_>>(), segments);
    // What is before them is the base URL, or its start if the model names the rest.
    let before = before.strip_suffix("/models").unwrap_or(before);
    let start = start.strip_suffix("/models").unwrap_or(start);
    assert!(
        if segments.len() == 1 { before == start } else { start.starts_with(before) },
        "{before} {start}"
    );
}

/// Decodes percent-encoding.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest = after;
            }
            _ => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}
