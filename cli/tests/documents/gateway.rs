//! A server that accepts the requests that the gateway accepts.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

pub const TOKEN: &str = "dapi0123";

pub struct Gateway {
    url: String,
    accepted: Arc<AtomicUsize>,
}

impl Gateway {
    pub fn start() -> Gateway {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = accepted.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serve(stream.unwrap()) {
                    counter.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Gateway { url, accepted }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the number of requests that were accepted.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// Answers a request. Returns true if it has one of the two formats, the expected headers, and a complete
/// body.
fn serve(stream: TcpStream) -> bool {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "the request ends within its head: {head}");
    }
    let header = |name: &str| {
        head.lines()
            .find_map(|line| line.to_ascii_lowercase().starts_with(name).then(|| line[name.len()..].trim()))
    };
    let len = header("content-length:").and_then(|len| len.parse().ok()).unwrap_or(0);
    // Some gateways pass it on, and the request can hang. The documents tell curl not to send it.
    let expects = header("expect:").is_some();
    if expects {
        stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let mut body = vec![0; len];
    stream.read_exact(&mut body).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();

    let path = head.split(' ').nth(1).unwrap_or_default();
    let has_format = match path {
        "/ai-gateway/mlflow/v1/chat/completions" => body["messages"].is_array() && body["model"].is_string(),
        path if path.starts_with("/serving-endpoints/gemini/v1beta/models/") => body["contents"].is_array(),
        _ => false,
    };
    let is_accepted = has_format
        && !expects
        && head.starts_with("POST ")
        && header("authorization:") == Some(&format!("Bearer {TOKEN}"))
        && header("content-type:") == Some("application/json");
    let status = if is_accepted { "200 OK" } else { "400 Bad Request" };
    let response = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.get_mut().write_all(response.as_bytes()).unwrap();
    is_accepted
}
