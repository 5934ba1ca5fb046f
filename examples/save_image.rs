//! Saves an image of a Gemini response with reqwest (async), while it arrives.
//!
//! `cargo run --example save_image --features http,spool [FILE]`

mod image_server; // a local server, so that the example needs no account

use niello::{Extractor, gemini, http};
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args_os().nth(1).unwrap_or_else(|| env::temp_dir().join("sunset.bmp").into());
    let endpoint = gemini::Endpoint::new(&image_server::start(), "gemini-3-pro-image").api_key("key");
    let request = gemini::Request::new().content(gemini::Content::user("Draw a sunset."));
    let request = endpoint.generate(&request)?.map(reqwest::Body::wrap);
    let response = reqwest::Client::new().execute(request.try_into()?).await?;

    // The image goes into a temporary file; in memory is never more than a part of it.
    let body = http::Response::<reqwest::Body>::from(response).into_body();
    let response = gemini::Response::from_extracted(&Extractor::new().read_body(body).await?)?;
    let image = response.media().next().ok_or("the response has no image")?;
    image.save(&file)?;
    println!("{}: {}, {} bytes", file.display(), image.mime(), image.len());
    Ok(())
}
