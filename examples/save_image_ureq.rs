//! Saves an image of a Gemini response with ureq, while it arrives.
//!
//! `cargo run --example save_image_ureq --features http,spool [FILE]`

mod image_server; // a local server, so that the example needs no account

use niello::gemini;
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args_os().nth(1).unwrap_or_else(|| env::temp_dir().join("sunset.bmp").into());
    let endpoint = gemini::Endpoint::new(&image_server::start(), "gemini-3-pro-image").api_key("key");
    let request = gemini::Request::new().content(gemini::Content::user("Draw a sunset."));
    let request = endpoint.generate(&request)?.map(ureq::SendBody::from_owned_reader);
    let response = ureq::Agent::new_with_defaults().run(request)?;

    // The image goes into a temporary file; in memory is never more than a part of it.
    let response = gemini::Response::from_reader(response.into_body().into_reader())?;
    let image = response.media().next().ok_or("the response has no image")?;
    image.save(&file)?;
    println!("{}: {}, {} bytes", file.display(), image.mime(), image.len());
    Ok(())
}
