//! Saves an image of a Gemini response that is a stream of events.
//!
//! `cargo run --example save_image_stream --features http,spool [FILE]`

mod image_server; // a local server, so that the example needs no account

use niello::{events::Events, gemini};
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args_os().nth(1).unwrap_or_else(|| env::temp_dir().join("sunset.bmp").into());
    let endpoint = gemini::Endpoint::new(&image_server::start(), "gemini-3-pro-image").api_key("key");
    let request = gemini::Request::new().content(gemini::Content::user("Draw a sunset."));
    let request = endpoint.stream(&request)?.map(reqwest::Body::wrap);
    let mut response = reqwest::Client::new().execute(request.try_into()?).await?;

    let mut events = Events::new();
    let mut is_end = false;
    while !is_end {
        match response.chunk().await? {
            Some(bytes) => events.push(&bytes),
            None => {
                events.finish();
                is_end = true;
            }
        }
        for event in events.read::<gemini::Response>() {
            let event = event?;
            if let Some(text) = event.text() {
                println!("{text}");
            }
            for image in event.media() {
                image.save(&file)?;
                println!("{}: {}, {} bytes", file.display(), image.mime(), image.len());
            }
        }
    }
    Ok(())
}
