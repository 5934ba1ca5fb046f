//! The server of the examples that receive: it responds to any request in the Gemini format, with a 4K image, as one JSON
//! object or as a stream of events.

use niello::{Body, Marks, Media};
use serde_json::json;
use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// Starts the server and returns its base URL.
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1beta", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || respond(stream.unwrap()).unwrap());
        }
    });
    url
}

fn respond(stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let mut reader = BufReader::new(stream);
    let (mut len, mut is_stream) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        is_stream |= line.contains(":streamGenerateContent");
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => len = value.parse()?,
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    std::io::copy(&mut (&mut reader).take(len), &mut std::io::sink())?;

    let mut stream = reader.into_inner();
    let mut response = body()?;
    println!("server: a response of {} bytes", response.len());
    if is_stream {
        write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n")?;
        let first =
            json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "Here it is."}]}}]});
        write!(stream, "data: {first}\r\n\r\ndata: ")?;
        response.write_to(&mut stream)?;
        stream.write_all(b"\r\n\r\n")?;
    } else {
        let len = response.len();
        write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n")?;
        response.write_to(&mut stream)?;
    }
    Ok(())
}

/// A response with an image.
fn body() -> niello::Result<Body> {
    let marks = Marks::new();
    let image = marks.base64(&Media::from_bytes(image(), "image/bmp")?);
    marks.body(&json!({"candidates": [{
        "content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/bmp", "data": image}}]},
        "finishReason": "STOP",
    }]}))
}

/// A color gradient as a BMP file.
fn image() -> Vec<u8> {
    const WIDTH: u32 = 3840;
    const HEIGHT: u32 = 2160;
    const HEADER: u32 = 54;
    let header = [HEADER + 3 * WIDTH * HEIGHT, 0, HEADER, 40, WIDTH, HEIGHT, 24 << 16 | 1, 0, 0, 0, 0, 0, 0];
    let mut image = b"BM".to_vec();
    image.extend(header.into_iter().flat_map(u32::to_le_bytes));
    for y in 0..HEIGHT {
        image.extend((0..WIDTH).flat_map(|x| [(x * 255 / WIDTH) as u8, (y * 255 / HEIGHT) as u8, 128]));
    }
    image
}
