//! What the benchmarks of clients share: a sink on the loopback interface, in a process of its own, and a
//! body that costs nothing to make.
#![allow(dead_code, reason = "each of them uses a part")]

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
    env,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    pin::Pin,
    process::{self, Child, Command, Stdio},
    sync::{Arc, Barrier},
    task::{Context, Poll},
    thread,
};

const JOB: &str = "NIELLO_BENCH_JOB";

/// What this process is to be, where it was started by [`run`] or [`Sink::start`].
pub fn job() -> Option<String> {
    env::var(JOB).ok()
}

/// This program again, with a job, to its end.
pub fn run(job: &str) {
    let status = Command::new(env::current_exe().unwrap()).env(JOB, job).status().unwrap();
    assert!(status.success(), "{job}: {status}");
}

/// Another process that takes bodies.
pub struct Sink {
    child: Child,
    pub url: String,
}

impl Sink {
    /// The program has to give jobs that start with "sink" to [`sink`]. This one takes so many bodies at
    /// once, none further than its first bytes before the last is there; and if there is a path, the
    /// bodies have to be those of [`request`] for that file.
    pub fn start(together: usize, path: Option<&Path>) -> Sink {
        let path = path.map_or(String::new(), |path| path.display().to_string());
        let mut child = Command::new(env::current_exe().unwrap())
            .env(JOB, format!("sink {together} {path}"))
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

pub fn sink(job: &str) -> ! {
    let mut words = job.splitn(3, ' ').skip(1);
    let together: usize = words.next().unwrap().parse().unwrap();
    let expected = words.next().filter(|path| !path.is_empty()).map(|path| text(&fs::read(path).unwrap()));
    let expected = Arc::new(expected.map(String::into_bytes));
    let all = Arc::new(Barrier::new(together));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    for stream in listener.incoming() {
        let (expected, all) = (expected.clone(), all.clone());
        thread::spawn(move || {
            let mut reader = BufReader::with_capacity(4096, stream.unwrap());
            let mut buffer = vec![0; 1 << 18];
            // A connection may bring one request after another.
            while let Some(len) = content_length(&mut reader) {
                all.wait();
                let (mut at, mut right) = (0, true);
                while at < len {
                    let most = buffer.len().min(len - at);
                    let read = reader.read(&mut buffer[..most]).unwrap();
                    assert!(read > 0, "a body that ends at {at} of {len}");
                    if let Some(expected) = &*expected {
                        right &= expected.get(at..at + read) == Some(&buffer[..read]);
                    }
                    at += read;
                }
                right &= expected.as_ref().as_ref().is_none_or(|expected| expected.len() == len);
                let status = if right { "200 OK" } else { "400 Bad Request" };
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

pub fn request(url: &str, media: &Media) -> Request<Body> {
    let request = chat::Request::new("m").message(chat::Message::user([chat::Part::video(media)]));
    chat::Endpoint::openai(url).request(&request).unwrap()
}

/// The body of [`request`], by other means.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::from(
        r#"{"model":"m","messages":[{"role":"user","content":[{"type":"video_url","video_url":{"url":"data:video/mp4;base64,"#,
    );
    STANDARD.encode_string(bytes, &mut text);
    text + r#""}}]}]}"#
}

/// A file without a pattern.
pub fn file(name: &str, len: u64) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut file = File::create(&path).unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut left = len;
    while left > 0 {
        let block: Vec<u8> = (0..1 << 17)
            .flat_map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random.to_le_bytes()
            })
            .take(left.min(1 << 20) as usize)
            .collect();
        file.write_all(&block).unwrap();
        left -= block.len() as u64;
    }
    file.sync_all().unwrap();
    path
}

pub fn open(path: &Path) -> Media {
    Media::options().mime("video/mp4").open(path).unwrap()
}

/// The same 1 MiB over and over.
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

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The value below which so many of a hundred are.
pub fn percentile<T: Copy + PartialOrd>(values: &mut [T], percent: usize) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
