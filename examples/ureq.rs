//! Sends a request in the Google Gemini format with ureq.
//!
//! `cargo run --example ureq --features http [FILE]`

mod server; // a local server, so that the example needs no account

use niello::{Media, gemini};
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    // For Databricks, use gemini::Endpoint::databricks("https://<workspace>", model).bearer(token)
    let endpoint = gemini::Endpoint::new(&server::start(0), "databricks-gemini-3-1-pro").bearer("token");
    let request = gemini::Request::new().content(gemini::Content::user([
        gemini::Part::text("Summarize what happens in this video."),
        gemini::Part::inline(Media::open(file)?).fps(2.0),
    ]));

    let request = endpoint.generate(&request)?.map(ureq::SendBody::from_owned_reader);
    let response = ureq::Agent::new_with_defaults().run(request)?;
    // The server of the examples responds in the Chat Completions format. Read a response from a real server
    // with gemini::Response::from_slice.
    println!("{}", response.into_body().read_to_string()?);
    Ok(())
}
