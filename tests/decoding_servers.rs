//! Servers that decode `Content-Encoding: zstd` get the plain body. Other servers get the coded body, and the plain one
//! if they reject it.

mod common;
#[path = "clients/senders.rs"]
mod senders;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "clients/server.rs"]
mod server;

use common::{Origin, noise, rest_of};
use http_body_util::BodyExt;
use hyper::{body::Body as HttpBody, header::HeaderMap};
use niello::{
    Body, ContentEncoding, Media,
    chat::{Endpoint, Message, Part, Request},
    http,
};
use sha2::{Digest, Sha256};
use std::{
    convert::Infallible,
    fmt::Display,
    io::{BufRead, BufReader, ErrorKind},
    process::{Child, Command, Stdio},
    sync::Arc,
};
use tower::{Layer, ServiceExt};
use tower_http::decompression::RequestDecompressionLayer;

/// Returns requests with several media and long text, with the coding zstd and without it.
fn requests(base: &str) -> (http::Request<Body>, http::Request<Body>) {
    let text = "a \"é€🎞\"\n".repeat(40_000);
    let endpoint = Endpoint::openai(base).bearer("token");
    let request = Request::new("m").message(Message::user([
        Part::text(&text),
        Part::video(Origin::Map.media(&noise(8_000_003))),
        Part::text("x"),
        Part::image(Media::from_bytes(noise(300), "image/png").unwrap()),
        Part::video(Origin::Read.media(&noise(1_000_000))),
        Part::text(&text),
    ]));
    let plain = endpoint.request(&request).unwrap();
    let coded = endpoint.content_encoding(ContentEncoding::Zstd).request(&request).unwrap();
    (coded, plain)
}

fn bytes_of(request: &http::Request<Body>) -> Arc<Vec<u8>> {
    Arc::new(rest_of(&mut request.body().clone()))
}

/// Returns status 200 if the request has these bytes and no content coding. If it has one, returns status 415 if the
/// bytes are those of the coded body.
async fn plain_only<B>(request: http::Request<B>, plain: &[u8], coded: &[u8]) -> server::Verdict
where
    B: HttpBody<Error: Display>,
{
    let (parts, body) = request.into_parts();
    let bytes = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return server::response(400, error.to_string()),
    };
    match coding(&parts.headers) {
        None if bytes == plain => server::response(200, "plain"),
        Some("zstd") if bytes == coded => server::response(415, "coded"),
        coding => server::response(400, format!("{} other bytes with the coding {coding:?}", bytes.len())),
    }
}

fn coding(headers: &HeaderMap) -> Option<&str> {
    headers.get("content-encoding").map(|value| value.to_str().unwrap())
}

/// Sends a request with each client, and asserts the response.
#[track_caller]
fn assert_responses(request: &http::Request<Body>, status: u16, text: &str) {
    for (name, send) in senders::ALL {
        let (got, said) = send(request.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((got, &*said), (status, text), "{name}");
    }
}

#[test]
fn tower_http_decodes_the_plain_body() {
    let (coded, plain) = requests("http://unused");
    let (coded, plain) = (bytes_of(&coded), bytes_of(&plain));
    let url = server::serve(move |request| {
        let (plain, coded) = (plain.clone(), coded.clone());
        let handler = tower::service_fn(move |request| {
            let (plain, coded) = (plain.clone(), coded.clone());
            async move { Ok::<_, Infallible>(plain_only(request, &plain, &coded).await) }
        });
        let server = RequestDecompressionLayer::new().layer(handler);
        async {
            let (parts, body) = server.oneshot(request).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            server::response(parts.status.as_u16(), body)
        }
    });
    let (coded, plain) = requests(&url);
    assert_responses(&coded, 200, "plain");
    assert_responses(&plain, 200, "plain");
}

#[test]
fn servers_that_do_not_decode_get_the_coded_body_and_then_the_plain_one() {
    let (coded, plain) = requests("http://unused");
    let (coded, plain) = (bytes_of(&coded), bytes_of(&plain));
    let url = server::serve(move |request| {
        let (plain, coded) = (plain.clone(), coded.clone());
        async move { plain_only(request, &plain, &coded).await }
    });
    let (coded, plain) = requests(&url);
    assert_responses(&coded, 415, "coded");
    // These are clones that share the media with the coded body.
    assert_responses(&plain, 200, "plain");
}

/// A server of Node, which ends when it is dropped.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

/// Starts a server of Node and returns its base URL, or `None` if Node is missing or cannot decode zstd.
fn node() -> Option<(Node, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decoding_servers/server.mjs");
    let node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut node = match node {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        node => node.unwrap(),
    };
    let mut port = String::new();
    BufReader::new(node.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let node = Node(node);
    let port: Option<u16> = port.trim_end().parse().ok();
    port.map(|port| (node, format!("http://127.0.0.1:{port}")))
}

#[test]
fn node_decodes_the_plain_body() {
    let Some((_node, url)) = node() else {
        eprintln!("skipped: node is missing, or its zlib lacks createZstdDecompress (22.15 or later has it)");
        return;
    };
    let (coded, plain) = requests(&url);
    let digest =
        Sha256::digest(&*bytes_of(&plain)).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (name, send) in senders::ALL.into_iter().filter(|(name, _)| *name != "hyper http/2") {
        for request in [&coded, &plain] {
            let response = send(request.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(response, (200, digest.clone()), "{name}");
        }
    }
}
