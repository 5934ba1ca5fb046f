//! Sends a request with the content coding zstd, and without it if the server does not decode bodies.
//!
//! `cargo run --example content_encoding --features http [FILE]`

mod server; // a local server, so that the example needs no account. It does not decode.

use niello::{Body, ContentEncoding, Media, chat, http};
use std::{env, error::Error};
use ureq::{Agent, SendBody};

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    let endpoint = chat::Endpoint::openai(&server::start(0)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro")
        .message(chat::Message::user([chat::Part::video(Media::open(file)?)]));

    // Both share the media. A program that sends several requests remembers which one the server accepts.
    let coded = endpoint.clone().content_encoding(ContentEncoding::Zstd).request(&request)?;
    let plain = endpoint.request(&request)?;
    println!("{} bytes, or {} without the coding", coded.body().len(), plain.body().len());

    let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
    let send = |request: http::Request<Body>| agent.run(request.map(SendBody::from_owned_reader));
    let mut response = send(coded)?;
    // Few servers respond with 415, which means that they do not decode. Most take the body for invalid JSON.
    if matches!(response.status().as_u16(), 400 | 415) {
        println!("status {}: sending the request without the coding", response.status());
        response = send(plain)?;
    }
    let response = chat::Response::from_slice(&response.body_mut().read_to_vec()?)?;
    println!("{}", response.text().unwrap_or_default());
    Ok(())
}
