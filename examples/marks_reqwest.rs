//! Streams a video in a request that another part of the program has built with reqwest.
//!
//! `cargo run --example marks_reqwest --features tower [FILE]`

mod inlay; // the body of a request, and redirects
mod server; // a local server, so that the example needs no account

use niello::{Marks, Media};
use reqwest::{Client, Request, Response, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::{env, error::Error};

type BoxError = Box<dyn Error + Send + Sync>;

/// Sends a request with media in the place of its marks, and follows redirects. To retry, call it again with a copy.
pub async fn send(client: &Client, marks: &Marks, mut request: Request) -> Result<Response, BoxError> {
    for _ in 0..=inlay::REDIRECTS {
        let mut attempt =
            request.try_clone().ok_or("the body is a stream, in which marks are not replaced")?;
        inlay::request(marks, &mut attempt)?;
        let response = client.execute(attempt).await?;
        match inlay::redirect(&response) {
            Some(url) => *request.url_mut() = url,
            None => return Ok(response),
        }
    }
    Err("too many redirects".into())
}

fn main() -> Result<(), BoxError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), BoxError> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    let url = format!("{}/chat/completions", server::start(0));
    let (client, marks) = (Client::new(), Marks::new());

    let scope = marks.scope(); // ends after the response
    let video = scope.data_uri(&Media::open(file)?);
    let request = json!({"model": "system.ai.gemini-3-1-pro", "messages": [{"role": "user", "content": [
        {"type": "video_url", "video_url": {"url": video}},
    ]}]});
    let request = client.post(url).header(CONTENT_TYPE, "application/json").body(request.to_string());
    let response = send(&client, &marks, request.build()?).await?.error_for_status()?;
    let response: Value = serde_json::from_slice(&response.bytes().await?)?;
    println!("{}", response["choices"][0]["message"]["content"]);
    Ok(())
}
