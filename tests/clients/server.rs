//! Loopback servers.

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, Version,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use std::{
    convert::Infallible,
    future::Future,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

pub type Verdict = Response<Full<Bytes>>;

pub fn response(status: u16, text: impl Into<Bytes>) -> Verdict {
    Response::builder().status(status).body(Full::new(text.into())).unwrap()
}

/// Starts a server for HTTP/1.1 and HTTP/2 on a thread of its own, which runs until the process ends. Returns its base
/// URL.
pub fn serve<F>(handle: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static) -> String
where
    F: Future<Output = Verdict> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        super::senders::block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let handle = handle.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let response = handle(request);
                        async { Ok::<_, Infallible>(response.await) }
                    });
                    let builder = auto::Builder::new(TokioExecutor::new());
                    // The client reports a broken connection.
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    url
}

/// Returns status 200 if the request is a POST of JSON with an exact `Content-Length`, no chunked encoding and these
/// bytes. Otherwise returns status 400 with the difference.
pub async fn judge(request: Request<Incoming>, expected: Arc<Vec<u8>>) -> Verdict {
    let version = format!("{:?}", request.version());
    match verdict(request, &expected).await {
        Ok(()) => response(200, version),
        Err(what) => response(400, what),
    }
}

async fn verdict(request: Request<Incoming>, expected: &[u8]) -> Result<(), String> {
    let headers = request.headers();
    let all =
        |name: &str| headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    let length = expected.len().to_string();
    let known = request.version() == Version::HTTP_2 || request.version() == Version::HTTP_11;
    if request.method() != "POST"
        || !known
        || all("content-type") != ["application/json"]
        || all("content-length") != [length.as_str()]
        || headers.contains_key("transfer-encoding")
    {
        return Err(format!("{request:?}"));
    }
    let mut body = request.into_body();
    let mut at = 0;
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(|error| error.to_string())?.into_data().map_err(|_| "no data")?;
        if expected.get(at..at + data.len()) != Some(&data[..]) {
            return Err(format!("other bytes at {at}"));
        }
        at += data.len();
    }
    if at == expected.len() { Ok(()) } else { Err(format!("ends at {at} of {}", expected.len())) }
}

/// Reads the head of a request from a socket. Returns it with the start of the body, which may follow it.
pub fn head(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = read.split_off(end + 4);
            return (String::from_utf8(read).unwrap().to_ascii_lowercase(), body);
        }
        let len = stream.read(&mut buffer).unwrap();
        assert!(len > 0, "the connection ended within the head");
        read.extend_from_slice(&buffer[..len]);
    }
}

pub fn say(stream: &mut TcpStream, status: &str, text: &str) {
    let len = text.len();
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n{text}").unwrap();
}
