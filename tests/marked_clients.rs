//! The clients of others, with the adapters of the examples: they send the same bytes as without niello, in little memory.
#![allow(clippy::duplicate_mod, reason = "the examples share modules")]

mod common;
#[allow(dead_code)]
#[path = "clients/server.rs"]
mod hyper_server;
#[allow(dead_code)]
#[path = "../examples/marks_async_openai.rs"]
mod marks_async_openai;
#[allow(dead_code)]
#[path = "../examples/marks_reqwest.rs"]
mod marks_reqwest;
#[allow(dead_code)]
#[path = "../examples/marks_reqwest_middleware.rs"]
mod marks_reqwest_middleware;
#[allow(dead_code)]
#[path = "../examples/marks_tower.rs"]
mod marks_tower;

use async_openai::{config::OpenAIConfig, middleware::retry::OpenAIRetryLayer};
use common::{DONE, base64_of, job, process, scratch};
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, TRANSFER_ENCODING};
use hyper_server::{Verdict, response, serve};
use hyper_util::{
    client::legacy::{self, Client},
    rt::TokioExecutor,
};
use niello::{Marks, MarksBody, MarksLayer, Media, Scope, bytes::Bytes, http::Request};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    env,
    error::Error,
    fs,
    future::Future,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio, exit},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tower::{ServiceBuilder, ServiceExt, retry::RetryLayer};
use tower_http::follow_redirect::{
    FollowRedirectLayer,
    policy::{PolicyExt, Standard, clone_body_fn},
};

type BoxError = Box<dyn Error + Send + Sync>;

// `hyper_server` looks for it here.
mod senders {
    pub(crate) use super::block_on;
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

const CLIENTS: [&str; 4] = ["async-openai", "reqwest-middleware", "reqwest", "tower"];
const FIELDS: [&str; 3] = ["video_url", "image_url", "input_audio"];

/// Returns the request, with the media in a field of the API.
fn request(field: &str, data_uri: String, base64: String) -> Value {
    let content = match field {
        "input_audio" => json!({"type": field, field: {"data": base64, "format": "mp3"}}),
        _ => json!({"type": field, field: {"url": data_uri}}),
    };
    json!({"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "\"é\"\n?"}, content]}]})
}

fn marked(field: &str, scope: &Scope, media: &Media) -> Value {
    // Only the mark that is used is created.
    match field {
        "input_audio" => request(field, String::new(), scope.base64(media)),
        _ => request(field, scope.data_uri(media), String::new()),
    }
}

fn in_memory(field: &str, path: &Path) -> Value {
    let base64 = base64_of(&fs::read(path).unwrap());
    match field {
        "input_audio" => request(field, String::new(), base64),
        _ => request(field, format!("data:video/mp4;base64,{base64}"), String::new()),
    }
}

/// Sends a request with a client, with marks or without niello, and returns the response.
async fn ask(client: &str, base: &str, marks: Option<&Marks>, value: Value) -> Result<Value, BoxError> {
    let url = format!("{base}/chat/completions");
    let http = reqwest::Client::new();
    let bytes = match client {
        "async-openai" => {
            let config = OpenAIConfig::new().with_api_base(base).with_api_key("token");
            let client = match marks {
                Some(marks) => marks_async_openai::client(config, marks),
                None => async_openai::Client::with_config(config),
            };
            return Ok(client.chat().create_byot(value).await?);
        }
        "reqwest-middleware" => {
            let client = match marks {
                Some(marks) => marks_reqwest_middleware::client(marks),
                None => reqwest_middleware::ClientBuilder::new(http).build(),
            };
            let request = client.post(url).header(CONTENT_TYPE, "application/json").body(value.to_string());
            drop(value);
            request.send().await?.error_for_status()?.bytes().await?
        }
        "reqwest" => {
            let request = http.post(url).header(CONTENT_TYPE, "application/json").body(value.to_string());
            drop(value);
            let response = match marks {
                Some(marks) => marks_reqwest::send(&http, marks, request.build()?).await?,
                None => request.send().await?,
            };
            response.error_for_status()?.bytes().await?
        }
        "tower" => {
            let json: Full<_> = value.to_string().into();
            drop(value);
            let request = Request::post(url).header(CONTENT_TYPE, "application/json").body(json)?;
            let response = match marks {
                Some(marks) => marks_tower::client(marks).oneshot(request).await?,
                None => {
                    let executor = hyper_util::rt::TokioExecutor::new();
                    hyper_util::client::legacy::Client::builder(executor)
                        .build_http()
                        .request(request)
                        .await?
                }
            };
            if !response.status().is_success() {
                return Err(response.status().to_string().into());
            }
            response.into_body().collect().await?.to_bytes()
        }
        other => panic!("no client {other}"),
    };
    Ok(serde_json::from_slice(&bytes)?)
}

/// Responds with the hash and the length of a body. Paths that begin with `/busy` respond to the first two requests with
/// status 500; those that begin with `/moved` with a redirect, and `/away` with one to another server.
async fn judge(
    mut request: Request<hyper::body::Incoming>,
    busy: Arc<Mutex<HashMap<String, u32>>>,
) -> Verdict {
    let length = request.headers().get(CONTENT_LENGTH).map(|length| length.to_str().unwrap().to_owned());
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let (mut hash, mut received) = (Sha256::new(), 0);
    while let Some(frame) = request.body_mut().frame().await {
        let Ok(data) = frame.unwrap().into_data() else { continue };
        hash.update(&data);
        received += data.len();
    }
    let path = request.uri().path();
    let redirect = |location: &str| {
        let mut response = response(308, "");
        response.headers_mut().insert(LOCATION, location.parse().unwrap());
        response
    };
    if path.starts_with("/moved") {
        return redirect("/ok/chat/completions");
    } else if path.starts_with("/away") {
        return redirect("http://127.0.0.1:9/ok/chat/completions");
    } else if path.starts_with("/busy") {
        let mut busy = busy.lock().unwrap();
        let count = busy.entry(path.to_owned()).or_default();
        *count += 1;
        if *count <= 2 {
            return response(500, "busy");
        }
    }
    let sha256 = hex(hash.finalize());
    let is_framed = length == Some(received.to_string()) && !is_chunked;
    response(200, json!({"sha256": sha256, "received": received, "is_framed": is_framed}).to_string())
}

/// Starts the server in this process and returns its URL.
fn start() -> String {
    let busy = Arc::default();
    serve(move |request| judge(request, Arc::clone(&busy)))
}

fn sha256(text: String) -> String {
    hex(Sha256::digest(text))
}

fn hex(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn video(folder: &Path, mib: u64) -> PathBuf {
    let path = folder.join("clip.mp4");
    let noise = common::noise(1 << 20);
    let mut file = fs::File::create(&path).unwrap();
    for _ in 0..mib {
        std::io::Write::write_all(&mut file, &noise).unwrap();
    }
    path
}

fn open(path: &Path) -> Media {
    Media::options().mime("video/mp4").open(path).unwrap()
}

#[test]
fn every_client_sends_the_bytes_that_it_sends_without_niello() {
    let folder = scratch();
    let path = video(folder.path(), 3);
    let (url, marks) = (start(), Marks::new());
    for client in CLIENTS {
        for field in FIELDS {
            let scope = marks.scope();
            let (marked, plain) = (marked(field, &scope, &open(&path)), in_memory(field, &path));
            let base = format!("{url}/v1");
            let with = block_on(ask(client, &base, Some(&marks), marked)).unwrap();
            let without = block_on(ask(client, &base, None, plain.clone())).unwrap();
            assert_eq!(with, without, "{client}, {field}");
            assert_eq!(with["is_framed"], true, "{client}, {field}: {with}");
            assert_eq!(with["received"], plain.to_string().len(), "{client}, {field}");
            // Requests without marks are the client's own.
            let unmarked = block_on(ask(client, &base, Some(&marks), plain)).unwrap();
            assert_eq!(unmarked, without, "{client}, {field}");
        }
    }
}

#[test]
fn retries_and_redirects_send_the_media_again() {
    let folder = scratch();
    let path = video(folder.path(), 3);
    let (url, marks) = (start(), Marks::new());
    for client in CLIENTS {
        for place in ["busy", "moved"] {
            if (client, place) == ("reqwest", "busy") {
                continue; // it does not retry
            }
            let scope = marks.scope();
            let value = marked("video_url", &scope, &open(&path));
            let base = format!("{url}/{place}/{client}");
            let got = block_on(ask(client, &base, Some(&marks), value))
                .unwrap_or_else(|e| panic!("{client}, {place}: {e}"));
            let expected = sha256(in_memory("video_url", &path).to_string());
            assert_eq!(got["sha256"], expected, "{client}, {place}");
            assert_eq!(got["is_framed"], true, "{client}, {place}");
        }
    }
}

/// The examples have them on the other side.
#[test]
fn retries_and_redirects_on_the_other_side_of_the_marks_send_the_media_again() {
    let folder = scratch();
    let path = video(folder.path(), 3);
    let (url, marks) = (start(), Marks::new());
    let scope = marks.scope();
    let value = || marked("video_url", &scope, &open(&path));
    let expected = sha256(in_memory("video_url", &path).to_string());

    let (set, http) = (marks.clone(), reqwest::Client::new());
    let service = ServiceBuilder::new()
        .map_request(move |factory| marks_async_openai::stream(&set, factory))
        .layer(OpenAIRetryLayer::default())
        .service_fn(move |factory| marks_async_openai::send(http.clone(), factory));
    let config = OpenAIConfig::new().with_api_base(format!("{url}/busy/async-openai")).with_api_key("token");
    let client = async_openai::Client::with_config(config).with_http_service(service);
    let got: Value = block_on(client.chat().create_byot(value())).unwrap();
    assert_eq!(got["sha256"], expected);

    let clones = clone_body_fn(|body: &MarksBody<Full<Bytes>>| Some(body.clone()));
    let redirects = PolicyExt::and::<_, MarksBody<Full<Bytes>>, legacy::Error>(Standard::default(), clones);
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(marks_tower::Retries(3)))
        .layer(MarksLayer::new(&marks))
        .layer(FollowRedirectLayer::with_policy(redirects))
        .service(Client::builder(TokioExecutor::new()).build_http());
    for place in ["busy", "moved"] {
        let json: Full<Bytes> = value().to_string().into();
        let request = Request::post(format!("{url}/{place}/tower")).header(CONTENT_TYPE, "application/json");
        let got = block_on(async {
            let response = client.clone().oneshot(request.body(json).unwrap()).await.unwrap();
            response.into_body().collect().await.unwrap().to_bytes()
        });
        assert_eq!(serde_json::from_slice::<Value>(&got).unwrap()["sha256"], expected, "{place}");
    }
}

#[test]
fn reqwest_does_not_follow_a_redirect_to_another_server_with_the_token() {
    let (url, marks) = (start(), Marks::new());
    for client in ["async-openai", "reqwest-middleware", "reqwest"] {
        let scope = marks.scope();
        let media = Media::from_bytes("abc", "video/mp4").unwrap();
        let value = marked("video_url", &scope, &media);
        // The response with status 308 is returned, which is no error for reqwest, but has no JSON.
        let error = block_on(ask(client, &format!("{url}/away"), Some(&marks), value)).unwrap_err();
        assert!(!error.to_string().contains("error sending request"), "{client}: {error}");
    }
}

#[test]
fn a_form_is_sent_with_its_marks() {
    let (url, marks) = (start(), Marks::new());
    let form = format!("v={}", marks.base64(&Media::from_bytes(vec![0xff; 99], "video/mp4").unwrap()));
    let sent = block_on(async {
        let http = reqwest::Client::new();
        let request = http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = marks_reqwest::send(&http, &marks, request.body(form.clone()).build()?).await?;
        Ok::<Value, BoxError>(serde_json::from_slice(&response.bytes().await?)?)
    });
    assert_eq!(sent.unwrap()["sha256"], sha256(form));
}

#[test]
fn a_forgotten_mark_is_an_error_of_every_client() {
    let (url, marks) = (start(), Marks::new());
    for client in CLIENTS {
        let value = marked("video_url", &marks.scope(), &Media::from_bytes("abc", "video/mp4").unwrap());
        let error = block_on(ask(client, &format!("{url}/v1"), Some(&marks), value)).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(said.contains("`Scope` was dropped"), "{client}: {said}");
    }
}

/// Returns the peak resident memory of this process in MiB.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// A server in a process of its own, which ends with this value.
struct Server(Child, String);

impl Server {
    fn start(test: &str) -> Server {
        let mut child = process(test, "server").stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url =
            lines.map_while(Result::ok).find_map(|line| Some(line.strip_prefix("listens ")?.to_owned()));
        Server(child, url.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The size of the file in MiB.
fn size() -> u64 {
    env::var("NIELLO_CLIENTS_MIB").map_or(32, |mib| mib.parse().unwrap())
}

/// Set `NIELLO_CLIENTS_MIB=256` for the figures of the documentation, and use `--nocapture` to see them.
#[test]
#[cfg(target_os = "linux")]
fn clients_send_files_of_any_size_in_20_mib() {
    const TEST: &str = "clients_send_files_of_any_size_in_20_mib";
    match job() {
        Some(job) if job == "server" => {
            println!("\nlistens {}", start());
            loop {
                thread::sleep(Duration::from_secs(60));
            }
        }
        Some(job) => return client(&job),
        None => {}
    }
    let folder = scratch();
    let path = video(folder.path(), size());
    let server = Server::start(TEST);
    let run = |client: &str, field: &str, mode: &str, place: &str| {
        let words = [client, field, mode, &format!("{}/{place}", server.1), path.to_str().unwrap()];
        let output = process(TEST, &words.join("|")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(DONE), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let words = said.lines().find_map(|line| line.strip_prefix("result ")).unwrap();
        let (peak, response) = words.split_once(' ').unwrap();
        let response: Value = serde_json::from_str(response).unwrap();
        assert_eq!(response["is_framed"], true, "{client}, {field}, {mode}: {response}");
        (peak.parse::<f64>().unwrap(), response)
    };
    println!("{} MiB; peak resident memory in MiB", size());
    println!(
        "{:<20}{:<13}{:>10}{:>10}{:>14}{:>14}",
        "client", "field", "without", "niello", "500, 500, 200", "16 at once"
    );
    for client in CLIENTS {
        for field in FIELDS {
            let (without, expected) = run(client, field, "without", "v1");
            let (with, received) = run(client, field, "marks", "v1");
            assert_eq!(received, expected, "{client}, {field}");
            let retried =
                (client != "reqwest").then(|| run(client, field, "marks", &format!("busy/{client}/{field}")));
            if let Some((_, received)) = &retried {
                assert_eq!(received, &expected, "{client}, {field}");
            }
            let (many, received) = run(client, field, "16 marks", "v1");
            assert_eq!(received, expected, "{client}, {field}");
            let retried = retried.map(|(peak, _)| peak);
            let shown = retried.map_or("-".to_owned(), |peak| format!("{peak:.1}"));
            println!("{client:<20}{field:<13}{without:>10.1}{with:>10.1}{shown:>14}{many:>14.1}");
            assert!(with < 20.0 && retried.unwrap_or(0.0) < 20.0, "{client}, {field}: {with}, {retried:?}");
            // Each body in flight has a chunk of 1 MiB.
            assert!(many < 20.0 + 16.0 * 1.5, "{client}, {field}: {many}");
        }
    }
}

/// Sends one request or many, and prints the peak of this process and the response, which is the same for all.
fn client(job: &str) {
    let words: Vec<_> = job.split('|').collect();
    let [client, field, mode, base, path] = words[..] else { panic!("{job}") };
    let (marks, path) = (Marks::new(), Path::new(path));
    let response = block_on(async {
        if mode == "without" {
            return ask(client, base, None, in_memory(field, path)).await.unwrap();
        }
        let count = if mode == "marks" { 1 } else { 16 };
        // Each file that is opened has a window of 6 MiB, so requests for one file share it.
        let media = open(path);
        let requests = (0..count).map(|_| async {
            let scope = marks.scope();
            let value = marked(field, &scope, &media);
            ask(client, base, Some(&marks), value).await.unwrap()
        });
        let responses = futures_util::future::join_all(requests).await;
        assert!(responses.iter().all(|response| *response == responses[0]));
        responses.into_iter().next().unwrap()
    });
    println!("\nresult {} {response}", peak());
    exit(DONE);
}
