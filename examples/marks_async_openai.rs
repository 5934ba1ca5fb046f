//! Streams a video with async-openai, which builds its requests itself. Its retries send the video again.
//!
//! `cargo run --example marks_async_openai --features tower [FILE]`

mod inlay; // the body of a request, and redirects
mod server; // a local server, so that the example needs no account

use async_openai::{
    Client,
    config::OpenAIConfig,
    error::OpenAIError,
    middleware::{HttpRequestFactory, retry::OpenAIRetryLayer},
};
use niello::{Marks, Media};
use reqwest::Response;
use serde_json::{Value, json};
use std::{env, error::Error};
use tower::ServiceBuilder;

/// Sends a request with media in the place of its marks.
///
/// The factory builds the request for each attempt, so every retry and redirect has a body of its own.
async fn send(
    http: reqwest::Client,
    marks: Marks,
    factory: HttpRequestFactory,
) -> Result<Response, OpenAIError> {
    let mut moved = None;
    for _ in 0..=inlay::REDIRECTS {
        let mut request = factory.build().await?;
        if let Some(url) = moved {
            *request.url_mut() = url;
        }
        inlay::request(&marks, &mut request).map_err(|error| OpenAIError::Boxed(error.into()))?;
        let response = http.execute(request).await?;
        moved = inlay::redirect(&response);
        if moved.is_none() {
            return Ok(response);
        }
    }
    Err(OpenAIError::Boxed("too many redirects".into()))
}

/// Returns a client that replaces marks, with the retries that async-openai has by default.
pub fn client(config: OpenAIConfig, marks: &Marks) -> Client<OpenAIConfig> {
    let (http, marks) = (reqwest::Client::new(), marks.clone());
    let service = ServiceBuilder::new()
        .layer(OpenAIRetryLayer::default())
        .service_fn(move |factory| send(http.clone(), marks.clone(), factory));
    Client::with_config(config).with_http_service(service)
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    // The first two requests fail with status 503.
    let config = OpenAIConfig::new().with_api_base(server::start(2)).with_api_key("token");
    let marks = Marks::new();
    let client = client(config, &marks);

    let scope = marks.scope(); // ends after the response
    let video = scope.data_uri(&Media::open(file)?);
    let request = json!({"model": "system.ai.gemini-3-1-pro", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "Summarize what happens in this video."},
        {"type": "video_url", "video_url": {"url": video}},
    ]}]});
    let response: Value = client.chat().create_byot(request).await?;
    println!("{}", response["choices"][0]["message"]["content"]);
    Ok(())
}
