//! The server of the examples: it reads request bodies and responds in the Chat Completions format. It does not decode
//! content codings.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// Starts the server and returns its base URL. The first `busy` requests get the status 503.
pub fn start(busy: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    thread::spawn(move || {
        for (index, stream) in listener.incoming().enumerate() {
            thread::spawn(move || respond(stream.unwrap(), index < busy));
        }
    });
    url
}

fn respond(stream: TcpStream, busy: bool) {
    let mut reader = BufReader::with_capacity(1 << 16, stream);
    let (mut len, mut is_coded) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => len = value.parse().unwrap(),
            Some(("content-encoding", _)) => is_coded = true,
            Some(_) => {}
            None if line.trim_end().is_empty() => break,
            None => print!("server: {line}"),
        }
    }
    let received = std::io::copy(&mut (&mut reader).take(len), &mut std::io::sink()).unwrap();
    let status = match (busy, is_coded) {
        (true, _) => "503 Service Unavailable",
        (false, true) => "415 Unsupported Media Type",
        (false, false) => "200 OK",
    };
    println!("server: {received} of {len} bytes, {status}");
    let json = format!(
        r#"{{"choices":[{{"index":0,"message":{{"role":"assistant","content":"I received {received} bytes."}}}}]}}"#
    );
    let retry = if busy { "retry-after: 1\r\n" } else { "" };
    let head =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\n{retry}content-length: {}\r\n\r\n", json.len());
    reader.into_inner().write_all((head + &json).as_bytes()).unwrap();
}
