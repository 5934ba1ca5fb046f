//! HTTP clients send the exact body with its exact length, can send it again, and report a body that cannot be
//! delivered.

mod common;
#[path = "clients/in_flight.rs"]
mod in_flight;
#[path = "clients/replay.rs"]
mod replay;
#[path = "clients/senders.rs"]
mod senders;
#[path = "clients/server.rs"]
mod server;
#[path = "clients/shrink.rs"]
mod shrink;

use common::{Origin, base64_of, noise};
use niello::{Body, Media, chat, gemini, http::Request};
use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

/// Returns the result of `work`, and panics if it hangs.
fn watched<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    let patience = Duration::from_secs(100);
    result.recv_timeout(patience).unwrap_or_else(|error| panic!("{what} hangs or panicked: {error}"))
}

fn chat_of(media: &Media) -> chat::Request {
    chat::Request::new("m").message(chat::Message::user([chat::Part::video(media)]))
}

fn chat_request(base: &str, media: &Media) -> Request<Body> {
    chat::Endpoint::openai(base).bearer("token").request(&chat_of(media)).unwrap()
}

fn chat_text(bytes: &[u8]) -> String {
    let data = base64_of(bytes);
    [
        r#"{"model":"m","messages":[{"role":"user","content":[{"type":"video_url","video_url":{"#,
        &format!(r#""url":"data:video/mp4;base64,{data}""#),
        "}}]}]}",
    ]
    .concat()
}

fn gemini_request(base: &str, media: &Media) -> Request<Body> {
    let request = gemini::Request::new().content(gemini::Content::user([gemini::Part::inline(media)]));
    gemini::Endpoint::new(base, "m").api_key("key").stream(&request).unwrap()
}

fn gemini_text(bytes: &[u8]) -> String {
    let data = base64_of(bytes);
    [
        r#"{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"video/mp4","#,
        &format!(r#""data":"{data}""#),
        "}}]}]}",
    ]
    .concat()
}

/// Returns `len` bytes for a media.
fn bytes(len: usize) -> Vec<u8> {
    const NOISE: usize = 10_000_000;
    let noise = noise(len.min(NOISE));
    noise.iter().copied().cycle().take(len).collect()
}

fn every_client_sends_the_exact_body(len: usize) {
    let bytes = bytes(len);
    let media = Origin::Map.media(&bytes);
    for (format, request, text) in [
        ("chat", chat_request as fn(&str, &Media) -> Request<Body>, chat_text as fn(&[u8]) -> String),
        ("gemini", gemini_request, gemini_text),
    ] {
        let expected = Arc::new(text(&bytes).into_bytes());
        let url = server::serve(move |request| server::judge(request, expected.clone()));
        for (name, send) in senders::ALL {
            let request = request(&url, &media);
            let what = format!("{name}, {format}, {len} bytes");
            let (status, said) =
                watched(&what, move || send(request)).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(status, 200, "{what}: {said}");
            let version = if name == "hyper http/2" { "HTTP/2.0" } else { "HTTP/1.1" };
            assert_eq!(said, version, "{what}");
        }
    }
}

#[test]
fn every_client_sends_the_exact_body_with_one_byte() {
    every_client_sends_the_exact_body(1);
}

#[test]
fn every_client_sends_the_exact_body_with_1_mib() {
    every_client_sends_the_exact_body(1 << 20);
}

#[test]
fn every_client_sends_the_exact_body_with_64_mib() {
    every_client_sends_the_exact_body(64 << 20);
}
