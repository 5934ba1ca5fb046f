//! Sends a request with hyper, and reads the body ahead on another thread.
//!
//! `cargo run --example hyper --features http [FILE]`

mod server; // a local server, so that the example needs no account

use http_body_util::BodyExt;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use niello::{Body, Media, chat};
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    let endpoint = chat::Endpoint::openai(&server::start(0)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro").message(chat::Message::user([
        chat::Part::text("Summarize what happens in this video."),
        chat::Part::video(Media::open(file)?),
    ]));

    // Without `read_ahead`, the executor's thread reads the file itself, which is as fast if the file is in
    // the page cache.
    let request = endpoint.request(&request)?.map(Body::read_ahead);
    let response = Client::builder(TokioExecutor::new()).build_http().request(request).await?;
    println!("{}", response.status());
    let response = chat::Response::from_slice(&response.into_body().collect().await?.to_bytes())?;
    println!("{}", response.text().unwrap_or_default());
    Ok(())
}
