//! Streams an audio file with rig, whose client is that of reqwest-middleware.
//!
//! `cd examples/rig && cargo run [FILE]`

#[allow(dead_code)]
#[path = "../../marks_reqwest_middleware.rs"]
mod marks_reqwest_middleware; // the middleware
#[path = "../../server/mod.rs"]
mod server; // a local server, so that the example needs no account

use niello::{Marks, Media};
use rig_core::{
    completion::CompletionRequest,
    message::{Audio, AudioMediaType, DocumentSourceKind, UserContent},
    providers::openai::OpenAIConfig,
};
use rig_reqwest::ReqwestMiddlewareClient;
use std::{env, error::Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "../../tests/data/media/audio.mp3".to_owned());
    let marks = Marks::new();
    let client = ReqwestMiddlewareClient::from(marks_reqwest_middleware::client(&marks));
    // The first two requests fail with status 503.
    let model = OpenAIConfig::new("token").with_base_url(server::start(2)).connect(client).chat("gemini");

    let scope = marks.scope(); // ends after the response
    let data = DocumentSourceKind::Base64(scope.base64(&Media::open(file)?));
    let audio = UserContent::Audio(Audio { data, media_type: Some(AudioMediaType::MP3) });
    let response = model.call(CompletionRequest::new(audio)).await?;
    println!("{}", response.text());
    Ok(())
}
