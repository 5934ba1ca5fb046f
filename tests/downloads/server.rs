//! A loopback server that makes images while it sends them, so that it holds none in memory.

use super::common::{Random, base64_of};
use niello::Media;
use std::{
    io::{BufRead, BufReader, Read, Result, Write},
    net::{TcpListener, TcpStream},
    thread,
};

const HEAD: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"A picture."},{"inlineData":{"mimeType":"image/png","data":""#;
const TAIL: &str = r#""}}]},"finishReason":"STOP"}]}"#;

/// Starts a server that runs until the process ends. Returns its base URL, for [`path`].
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that closes the connection early is not an error of the server.
            thread::spawn(move || respond(stream.unwrap()));
        }
    });
    url
}

/// What the server sends.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A Gemini response with one image.
    Whole,
    /// The same, in chunks of one byte to many, and with trailers.
    Trailers,
    /// Half of a response. Then the server closes the connection.
    Half,
    /// `count` events with an image each.
    Events,
}

/// Returns the path of a response with images of `len` bytes.
pub fn path(kind: Kind, seed: u64, len: usize, count: u64) -> String {
    format!("/{kind:?}/{seed}/{len}/{count}")
}

fn respond(stream: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap();
    let [_, kind, seed, len, count] = path.split('/').collect::<Vec<_>>()[..] else { panic!("{path}") };
    let (seed, len, count) = (seed.parse().unwrap(), len.parse().unwrap(), count.parse::<u64>().unwrap());

    let mut stream = reader.into_inner();
    let mime = if kind == "Events" { "text/event-stream" } else { "application/json" };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {mime}\r\ntransfer-encoding: chunked\r\n"
    )?;
    stream.write_all(if kind == "Trailers" { b"trailer: x-end\r\n\r\n" } else { b"\r\n" })?;
    let mut chunks = Chunks(stream);
    match kind {
        "Whole" => chunks.image(seed, len, BLOCK)?,
        "Trailers" => chunks.image(seed, len, 1)?,
        "Half" => {
            chunks.send(HEAD.as_bytes())?;
            let mut image = Image::new(seed, len / 2);
            while let Some(block) = image.next_block() {
                chunks.send(base64_of(block).as_bytes())?;
            }
            return Ok(());
        }
        _ => {
            for n in 0..count {
                chunks.send(b"data: ")?;
                chunks.image(seed + n, len, BLOCK)?;
                chunks.send(b"\n\n")?;
            }
        }
    }
    chunks.0.write_all(if kind == "Trailers" { b"0\r\nx-end: yes\r\n\r\n" } else { b"0\r\n\r\n" })
}

/// The chunked coding of HTTP/1.1.
struct Chunks(TcpStream);

impl Chunks {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        self.0.write_all(&chunk)
    }

    /// Sends a response with an image, at first in chunks of `step` bytes, which doubles.
    fn image(&mut self, seed: u64, len: usize, mut step: usize) -> Result<()> {
        self.send(HEAD.as_bytes())?;
        let mut image = Image::new(seed, len);
        while let Some(block) = image.next_block() {
            let base64 = base64_of(block);
            let mut rest = base64.as_bytes();
            while !rest.is_empty() {
                let (chunk, after) = rest.split_at(step.min(rest.len()));
                self.send(chunk)?;
                rest = after;
                step = (step * 2).min(2 * BLOCK);
            }
        }
        self.send(TAIL.as_bytes())
    }
}

/// A multiple of 3, so that the base64 of blocks is the base64 of the image, and of 8.
const BLOCK: usize = 48 * 1024;

/// The pseudorandom bytes of an image, one block at a time.
pub struct Image {
    random: Random,
    block: Vec<u8>,
    left: usize,
}

impl Image {
    pub fn new(seed: u64, len: usize) -> Image {
        Image { random: Random::new(seed), block: vec![0; BLOCK], left: len }
    }

    pub fn next_block(&mut self) -> Option<&[u8]> {
        for eight in self.block.chunks_exact_mut(8) {
            eight.copy_from_slice(&self.random.below(u64::MAX).to_le_bytes());
        }
        let len = self.left.min(BLOCK);
        self.left -= len;
        (len > 0).then(|| &self.block[..len])
    }
}

/// Asserts that media is the image of `len` bytes that the server made from `seed`.
#[track_caller]
pub fn assert_image(media: &Media, seed: u64, len: usize) {
    assert_eq!((media.len(), media.mime()), (len as u64, "image/png"));
    let (mut image, mut reader) = (Image::new(seed, len), media.reader());
    let mut read = vec![0; BLOCK];
    let mut at = 0;
    while let Some(block) = image.next_block() {
        let read = &mut read[..block.len()];
        reader.read_exact(read).unwrap();
        assert!(read == block, "image {seed} differs between byte {at} and {}", at + block.len());
        at += block.len();
    }
    assert_eq!(reader.read(&mut read).unwrap(), 0);
}
