//! What the client benchmarks share: a sink on the loopback interface, in a process of its own, and a body
//! that costs nothing to produce.
#![allow(dead_code, reason = "each benchmark uses a part")]

use base64::{Engine, engine::general_purpose::STANDARD};
use niello::{
    Body, Media,
    bytes::Bytes,
    chat,
    http::Request,
    http_body::{self, Frame, SizeHint},
};
use std::{
    convert::Infallible,
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    pin::Pin,
    process::{self, Child, Command, Stdio},
    sync::{Arc, Barrier},
    task::{Context, Poll},
    thread,
};

const JOB: &str = "NIELLO_BENCH_JOB";

/// Returns the job of this process, if [`run`] or [`Sink::start`] has started it.
pub fn job() -> Option<String> {
    env::var(JOB).ok()
}

/// Runs this program again with a job, and waits for it.
pub fn run(job: &str) {
    let status = Command::new(env::current_exe().unwrap()).env(JOB, job).status().unwrap();
    assert!(status.success(), "{job}: {status}");
}

/// An HTTP server in another process that reads request bodies.
pub struct Sink {
    child: Child,
    pub url: String,
}

impl Sink {
    /// Starts the server. `main` must pass jobs that start with "sink" to [`sink`].
    ///
    /// The server waits for the headers of `bodies` requests before it reads their bodies, so that all of
    /// them are in flight at once. If there is a path, it compares every body with that of [`request`] for
    /// this file.
    pub fn start(bodies: usize, path: Option<&Path>) -> Sink {
        let path = path.map_or(String::new(), |path| path.display().to_string());
        let mut child = Command::new(env::current_exe().unwrap())
            .env(JOB, format!("sink {bodies} {path}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        Sink { child, url: url.trim().to_owned() }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves as a [`Sink`] until this process is killed.
pub fn sink(job: &str) -> ! {
    let mut words = job.splitn(3, ' ').skip(1);
    let bodies: usize = words.next().unwrap().parse().unwrap();
    let expected =
        words.next().filter(|path| !path.is_empty()).map(|path| expected(&fs::read(path).unwrap()));
    let expected = Arc::new(expected);
    let all = Arc::new(Barrier::new(bodies));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    for stream in listener.incoming() {
        let (expected, all) = (expected.clone(), all.clone());
        thread::spawn(move || {
            let mut reader = BufReader::with_capacity(4096, stream.unwrap());
            let mut buffer = vec![0; 1 << 18];
            // A connection can carry several requests.
            while let Some(len) = content_length(&mut reader) {
                all.wait();
                let (mut at, mut equal) = (0, true);
                while at < len {
                    let most = buffer.len().min(len - at);
                    let read = reader.read(&mut buffer[..most]).unwrap();
                    assert!(read > 0, "the body ended at byte {at} of {len}");
                    if let Some(expected) = &*expected {
                        equal &= expected.get(at..at + read) == Some(&buffer[..read]);
                    }
                    at += read;
                }
                equal &= expected.as_ref().as_ref().is_none_or(|expected| expected.len() == len);
                let status = if equal { "200 OK" } else { "400 Bad Request" };
                write!(reader.get_mut(), "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").unwrap();
            }
        });
    }
    process::exit(0)
}

fn content_length(reader: &mut impl BufRead) -> Option<usize> {
    let mut len = None;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => len = value.parse().ok(),
            Some(_) => {}
            None if line.trim_end().is_empty() => return len,
            None => {}
        }
    }
}

/// A chat request with one video.
pub fn request(url: &str, media: &Media) -> Request<Body> {
    let request = chat::Request::new("m").message(chat::Message::user([chat::Part::video(media)]));
    chat::Endpoint::openai(url).request(&request).unwrap()
}

/// Returns the body of [`request`] for a video of these bytes, made without niello.
fn expected(video: &[u8]) -> Vec<u8> {
    let mut body = String::from(
        r#"{"model":"m","messages":[{"role":"user","content":[{"type":"video_url","video_url":{"url":"data:video/mp4;base64,"#,
    );
    STANDARD.encode_string(video, &mut body);
    (body + r#""}}]}]}"#).into_bytes()
}

/// A body that repeats one chunk of 1 MiB.
pub struct Constant {
    chunk: Bytes,
    left: u64,
}

impl Constant {
    pub fn new(len: u64) -> Constant {
        Constant { chunk: vec![b'A'; 1 << 20].into(), left: len }
    }
}

impl http_body::Body for Constant {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let len = self.left.min(1 << 20);
        self.left -= len;
        let chunk = self.chunk.slice(..len as usize);
        Poll::Ready((len > 0).then(|| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Runs a future on a current-thread runtime.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
