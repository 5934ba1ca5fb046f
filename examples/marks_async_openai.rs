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

/// Streams media in the place of the marks of a request.
///
/// The factory builds the request of each attempt, so every retry and redirect has a body of its own.
pub fn stream(marks: &Marks, factory: HttpRequestFactory) -> HttpRequestFactory {
    let marks = marks.clone();
    HttpRequestFactory::new(move || {
        let (marks, factory) = (marks.clone(), factory.clone());
        async move {
            let mut request = factory.build().await?;
            inlay::request(&marks, &mut request).map_err(|error| OpenAIError::Boxed(error.into()))?;
            Ok(request)
        }
    })
}

/// Sends a request and follows redirects, which `ReqwestService` does not with a stream.
pub async fn send(http: reqwest::Client, factory: HttpRequestFactory) -> Result<Response, OpenAIError> {
    let mut request = factory.build().await?;
    for _ in 0..=inlay::REDIRECTS {
        let response = http.execute(request).await?;
        let Some(url) = inlay::redirect(&response) else { return Ok(response) };
        request = factory.build().await?;
        *request.url_mut() = url;
    }
    Err(OpenAIError::Boxed("too many redirects".into()))
}

/// Returns a client that replaces marks. Retries can go above or below it; these are the default ones.
pub fn client(config: OpenAIConfig, marks: &Marks) -> Client<OpenAIConfig> {
    let (http, marks) = (reqwest::Client::new(), marks.clone());
    let service = ServiceBuilder::new()
        .layer(OpenAIRetryLayer::default())
        .map_request(move |factory| stream(&marks, factory))
        .service_fn(move |factory| send(http.clone(), factory));
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
