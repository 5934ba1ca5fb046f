//! Streams a video with reqwest-middleware, below its retries.
//!
//! `cargo run --example marks_reqwest_middleware --features tower [FILE]`

mod inlay; // the body of a request, and redirects
mod server; // a local server, so that the example needs no account

use niello::{Marks, Media, http::Extensions};
use reqwest::{Body, Request, Response, header::CONTENT_TYPE};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next, Result};
use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};
use serde_json::{Value, json};
use std::env;

/// Streams media in the place of marks. Retries go above it, because they copy the request, and JSON can be copied.
struct MarksMiddleware(Marks);

#[async_trait::async_trait]
impl Middleware for MarksMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        if request.body().is_none_or(|body| Body::as_bytes(body).is_none()) {
            return next.run(request, extensions).await;
        }
        for _ in 0..=inlay::REDIRECTS {
            let mut attempt = request.try_clone().expect("a body in memory can be copied");
            inlay::request(&self.0, &mut attempt).map_err(Error::middleware)?;
            let response = next.clone().run(attempt, extensions).await?;
            match inlay::redirect(&response) {
                Some(url) => *request.url_mut() = url,
                None => return Ok(response),
            }
        }
        Err(Error::Middleware(anyhow::anyhow!("too many redirects")))
    }
}

/// Returns a client that replaces marks and retries.
pub fn client(marks: &Marks) -> ClientWithMiddleware {
    let policy = ExponentialBackoff::builder().build_with_max_retries(3);
    ClientBuilder::new(reqwest::Client::new())
        .with(RetryTransientMiddleware::new_with_policy(policy))
        .with(MarksMiddleware(marks.clone()))
        .build()
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    let url = format!("{}/chat/completions", server::start(2)); // the first two requests fail with status 503
    let marks = Marks::new();
    let client = client(&marks);

    let scope = marks.scope(); // ends after the response
    let video = scope.data_uri(&Media::open(file)?);
    let request = json!({"model": "system.ai.gemini-3-1-pro", "messages": [{"role": "user", "content": [
        {"type": "video_url", "video_url": {"url": video}},
    ]}]});
    let request = client.post(url).header(CONTENT_TYPE, "application/json").body(request.to_string());
    let response: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
    println!("{}", response["choices"][0]["message"]["content"]);
    Ok(())
}
