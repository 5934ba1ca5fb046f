//! Sends a request with reqwest (async).
//!
//! `cargo run --example reqwest --features http [FILE]`

mod server; // a local server, so that the example needs no account

use niello::{Media, chat};
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    // For Databricks, use chat::Endpoint::databricks("https://<workspace>").bearer(token)
    let endpoint = chat::Endpoint::openai(&server::start(0)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro").message(chat::Message::user([
        chat::Part::text("Summarize what happens in this video."),
        chat::Part::video(Media::open(file)?),
    ]));

    let request = endpoint.request(&request)?.map(reqwest::Body::wrap);
    let response = reqwest::Client::new().execute(request.try_into()?).await?.error_for_status()?;
    let response = chat::Response::from_slice(&response.bytes().await?)?;
    println!("{}", response.text().unwrap_or_default());
    Ok(())
}
