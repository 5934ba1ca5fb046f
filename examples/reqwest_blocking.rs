//! Sends a request with reqwest's blocking client.
//!
//! `cargo run --example reqwest_blocking --features http [FILE]`

mod server; // a local server, so that the example needs no account

use niello::{Media, chat};
use reqwest::blocking::{Body, Client};
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    let endpoint = chat::Endpoint::openai(&server::start(0)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro").message(chat::Message::user([
        chat::Part::text("Summarize what happens in this video."),
        chat::Part::video(Media::open(file)?),
    ]));

    let request = endpoint.request(&request)?.map(|body| {
        let len = body.len();
        Body::sized(body, len)
    });
    // The client's default timeout of 30 seconds includes sending the body, which is too short for large
    // files.
    let client = Client::builder().timeout(None).build()?;
    let response = client.execute(request.try_into()?)?.error_for_status()?;
    let response = chat::Response::from_slice(&response.bytes()?)?;
    println!("{}", response.text().unwrap_or_default());
    Ok(())
}
