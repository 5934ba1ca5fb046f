//! The whole job, a file as a data URI in a chat request, by niello and by everything else that does it in
//! Rust.
//!
//! `cargo bench --bench peers [-- MIB ROUNDS]` runs all peers in rounds, in one process, to /dev/null, and
//! prints medians. `benches/compare/run` calls this program with the name of a peer and a file; it then runs
//! that peer once, to standard output. With `decode-zstd`, it decodes standard input.

mod rig;

use base64::{Engine as _, display::Base64Display, engine::general_purpose::STANDARD, write::EncoderWriter};
use niello::{Access, Marks, chat};
use rig::{
    cli, file, machine,
    rounds::{self, Side, ratio, speed},
};
use serde::{Serialize, Serializer};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    path::Path,
};
use struson::writer::{JsonStreamWriter, JsonWriter, StringValueWriter};

const MODEL: &str = "system.ai.gemini-3-1-pro";
const PREFIX: &str = "data:video/mp4;base64,";

/// Writes the request for a file.
type Peer = fn(&Path, &mut dyn Write) -> io::Result<()>;

/// The name, the function, and how many times as fast niello-mapped should be.
const PEERS: [(&str, Peer, &str); 12] = [
    ("niello-mapped", |path, out| niello(path, Access::Map, out), ""),
    ("niello-read", |path, out| niello(path, Access::Read, out), ""),
    ("niello-marks", marks, ""),
    ("loop-turbo-aligned", |path, out| by_hand(path, 0, turbo, out), ""),
    ("loop-turbo", |path, out| by_hand(path, 16, turbo, out), ""),
    ("loop-simd", |path, out| by_hand(path, 16, simd, out), ""),
    ("encoder-writer-simd", encoder_writer_simd, ""),
    ("encoder-writer", |path, out| encoder_writer(path, &STANDARD, out), "6"),
    ("struson", struson, ""),
    ("collect-str", |path, out| collect_str(path, &STANDARD, out), "10"),
    ("collect-str-simd", collect_str_simd, "10"),
    ("read-all", read_all, "40"),
];

fn main() {
    let words = cli::words();
    if words.first().is_some_and(|word| word == "decode-zstd") {
        return zstd::stream::copy_decode(io::stdin(), stdout()).unwrap();
    }
    match PEERS.iter().find(|peer| words.first().is_some_and(|word| word == peer.0)) {
        Some((_, peer, _)) => peer(Path::new(&words[1]), &mut stdout()).unwrap(),
        None => compare(),
    }
}

/// Standard output without the line buffer of `io::stdout`.
#[cfg(unix)]
fn stdout() -> File {
    use std::os::fd::AsFd;
    io::stdout().as_fd().try_clone_to_owned().unwrap().into()
}

#[cfg(not(unix))]
fn stdout() -> io::Stdout {
    io::stdout()
}

fn compare() {
    same_bytes();
    let len = (cli::number(0, 256) as u64) << 20;
    let rounds = cli::number(1, 7);
    let path = file::warm("peers.mp4", len);
    println!("{}, {} MiB, warm, {}, {rounds} rounds", machine::state(), len >> 20, file::folios(&path));
    let mut sides: Vec<Side<'_>> = Vec::new();
    for (name, peer, _) in PEERS {
        let mut null = OpenOptions::new().write(true).open("/dev/null").unwrap();
        let path = &path;
        sides.push((name, Box::new(move || peer(path, &mut null).unwrap())));
    }
    let seconds = rounds::run(rounds, &mut sides);
    println!("peer                   GB/s  speed of niello-mapped / peer  target");
    for ((name, _, target), own) in PEERS.iter().zip(&seconds) {
        println!("{name:<19} {:7.3} {:30.1} {target:>7}", speed(len, own), ratio(&seconds[0], own));
    }
}

/// Checks that every peer writes the same request.
fn same_bytes() {
    let path = file::warm("peers-small.mp4", 100_000);
    let written = |peer: Peer| {
        let mut body = Vec::new();
        peer(&path, &mut body).unwrap();
        body
    };
    for (name, peer, _) in PEERS {
        assert!(written(peer) == written(PEERS[0].1), "{name} writes a different request");
    }
}

fn niello(path: &Path, access: Access, mut out: &mut dyn Write) -> io::Result<()> {
    let media = file::open(path, access);
    let message = chat::Message::user([chat::Part::video(media)]);
    let mut body = chat::Request::new(MODEL).message(message).body().map_err(io::Error::from)?;
    body.write_to(&mut out).map(drop)
}

/// Sends JSON of another client that contains a mark, as the adapters for async-openai and others do.
fn marks(path: &Path, mut out: &mut dyn Write) -> io::Result<()> {
    let marks = Marks::new();
    let scope = marks.scope();
    let url = scope.data_uri(&file::open(path, Access::Map));
    let request = chat::Request::new(MODEL).message(chat::Message::user([chat::Part::video(url)]));
    let json = serde_json::to_vec(&request)?;
    let mut body = marks.inlay(&json).map_err(io::Error::from)?.expect("the JSON contains a mark");
    body.write_to(&mut out).map(drop)
}

/// Writes the JSON in front of the encoded data, by hand.
fn before(out: &mut impl Write) -> io::Result<()> {
    write!(
        out,
        r#"{{"model":"{MODEL}","messages":[{{"role":"user","content":[{{"type":"video_url","video_url":{{"url":"{PREFIX}"#
    )
}

const AFTER: &[u8] = br#""}}]}]}"#;

/// The streaming encoder of the `base64` crate, with niello's sizes: 768 KiB in, 1 MiB out.
fn encoder_writer<E: base64::Engine>(path: &Path, engine: &E, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    before(&mut out)?;
    let mut encoder = EncoderWriter::new(&mut out, engine);
    copy(path, &mut encoder)?;
    encoder.finish()?;
    drop(encoder);
    out.write_all(AFTER)?;
    out.flush()
}

fn encoder_writer_simd(path: &Path, out: &mut dyn Write) -> io::Result<()> {
    let engine = base64::engine::Simd::standard(base64::engine::general_purpose::PAD);
    encoder_writer(path, &engine, out)
}

/// A hand-written loop, with niello's sizes. The read buffer starts `offset` bytes into a page: a new `Vec` of
/// this size starts at 16, and reading into a page's start is faster.
fn by_hand(
    path: &Path,
    offset: usize,
    encode: fn(&[u8], &mut [u8]) -> usize,
    mut out: &mut dyn Write,
) -> io::Result<()> {
    const STEP: usize = 768 << 10;
    before(&mut out)?;
    let mut file = File::open(path)?;
    let mut memory = vec![0; STEP + 2 * 4096];
    let start = memory.as_ptr().align_offset(4096) + offset;
    let (bytes, mut encoded) = (&mut memory[start..start + STEP], vec![0; 1 << 20]);
    loop {
        let mut len = 0;
        while len < STEP {
            match file.read(&mut bytes[len..])? {
                0 => break,
                read => len += read,
            }
        }
        if len == 0 {
            return out.write_all(AFTER);
        }
        let written = encode(&bytes[..len], &mut encoded);
        out.write_all(&encoded[..written])?;
    }
}

fn turbo(bytes: &[u8], out: &mut [u8]) -> usize {
    base64_turbo::STANDARD.encode_slice(bytes, out).unwrap()
}

fn simd(bytes: &[u8], out: &mut [u8]) -> usize {
    base64_simd::STANDARD.encode(bytes, base64_simd::Out::from_slice(out)).len()
}

/// struson, a streaming JSON writer, with the streaming encoder of the `base64` crate.
fn struson(path: &Path, out: &mut dyn Write) -> io::Result<()> {
    let mut json = JsonStreamWriter::new(BufWriter::with_capacity(1 << 20, out));
    json.begin_object()?;
    json.name("model")?;
    json.string_value(MODEL)?;
    json.name("messages")?;
    json.begin_array()?;
    json.begin_object()?;
    json.name("role")?;
    json.string_value("user")?;
    json.name("content")?;
    json.begin_array()?;
    json.begin_object()?;
    json.name("type")?;
    json.string_value("video_url")?;
    json.name("video_url")?;
    json.begin_object()?;
    json.name("url")?;
    let mut url = json.string_value_writer()?;
    url.write_all(PREFIX.as_bytes())?;
    let mut encoder = EncoderWriter::new(&mut url, &STANDARD);
    copy(path, &mut encoder)?;
    encoder.finish()?;
    drop(encoder);
    url.finish_value()?;
    for _ in 0..2 {
        json.end_object()?;
    }
    json.end_array()?;
    json.end_object()?;
    json.end_array()?;
    json.end_object()?;
    json.finish_document()?.flush()
}

fn copy(path: &Path, to: &mut impl Write) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 768 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => to.write_all(&buffer[..read])?,
        }
    }
}

/// serde_json, with a value that formats the mapped file as base64 through `Serializer::collect_str`.
fn collect_str<E: base64::Engine>(path: &Path, engine: &E, out: &mut dyn Write) -> io::Result<()> {
    struct DataUri<'a, E: base64::Engine>(&'a [u8], &'a E);
    impl<E: base64::Engine> Serialize for DataUri<'_, E> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("{PREFIX}{}", Base64Display::new(self.0, self.1)))
        }
    }
    #[cfg(unix)]
    let file = file::Map::new(path);
    #[cfg(unix)]
    let bytes = file.bytes();
    #[cfg(not(unix))]
    let bytes = &*fs::read(path)?;
    let mut out = BufWriter::with_capacity(1 << 20, out);
    serde_json::to_writer(&mut out, &Request::new(DataUri(bytes, engine)))?;
    out.flush()
}

fn collect_str_simd(path: &Path, out: &mut dyn Write) -> io::Result<()> {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    return collect_str(path, &base64::engine::Simd::standard(base64::engine::general_purpose::PAD), out);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return collect_str(path, &STANDARD, out);
}

/// Reads, encodes and serializes the file, each step in memory.
fn read_all(path: &Path, out: &mut dyn Write) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let url = format!("{PREFIX}{}", STANDARD.encode(&bytes));
    out.write_all(&serde_json::to_vec(&Request::new(url))?)
}

#[derive(Serialize)]
struct Request<U> {
    model: &'static str,
    messages: [Message<U>; 1],
}

#[derive(Serialize)]
struct Message<U> {
    role: &'static str,
    content: [Part<U>; 1],
}

#[derive(Serialize)]
struct Part<U> {
    r#type: &'static str,
    video_url: Url<U>,
}

#[derive(Serialize)]
struct Url<U> {
    url: U,
}

impl<U> Request<U> {
    fn new(url: U) -> Request<U> {
        let part = Part { r#type: "video_url", video_url: Url { url } };
        Request { model: MODEL, messages: [Message { role: "user", content: [part] }] }
    }
}
