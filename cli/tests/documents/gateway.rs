//! A server that takes what the gateway takes.

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
    requests: Arc<AtomicUsize>,
}

impl Gateway {
    pub fn start() -> Gateway {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if take(stream.unwrap()) {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Gateway { url, requests }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many good ones came.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Whether a request is one that the gateway takes: of either format, with its length, whole.
fn take(stream: TcpStream) -> bool {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "a head that ends early: {head}");
    }
    let header = |name: &str| {
        head.lines()
            .find_map(|line| line.to_ascii_lowercase().starts_with(name).then(|| line[name.len()..].trim()))
    };
    let len = header("content-length:").and_then(|len| len.parse().ok()).unwrap_or(0);
    if header("expect:").is_some() {
        stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let mut body = vec![0; len];
    stream.read_exact(&mut body).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();

    let path = head.split(' ').nth(1).unwrap_or_default();
    let takes = match path {
        "/ai-gateway/mlflow/v1/chat/completions" => body["messages"].is_array() && body["model"].is_string(),
        path if path.starts_with("/serving-endpoints/gemini/v1beta/models/") => body["contents"].is_array(),
        _ => false,
    };
    let good = takes
        && head.starts_with("POST ")
        && header("authorization:") == Some(&format!("Bearer {TOKEN}"))
        && header("content-type:") == Some("application/json");
    let status = if good { "200 OK" } else { "400 Bad Request" };
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.get_mut().write_all(answer.as_bytes()).unwrap();
    good
}
