//! Retries a request with tower. A clone of a body costs nothing, so each attempt sends a clone.
//!
//! `cargo run --example retry_tower --features http [FILE]`

mod server; // a local server, so that the example needs no account

use hyper::{Request, Response, body::Incoming};
use hyper_util::{
    client::legacy::{Client, Error as ClientError},
    rt::TokioExecutor,
};
use niello::{Body, Media, chat};
use std::{env, error::Error, pin::Pin, time::Duration};
use tower::{ServiceExt, retry};

/// Retries after a connection error or a server error, with exponential backoff.
#[derive(Clone)]
struct Backoff {
    retries: u32,
    pause: Duration,
}

impl retry::Policy<Request<Body>, Response<Incoming>, ClientError> for Backoff {
    type Future = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<Incoming>, ClientError>,
    ) -> Option<Self::Future> {
        if result.as_ref().is_ok_and(|response| !response.status().is_server_error()) {
            return None;
        }
        self.retries = self.retries.checked_sub(1)?;
        let pause = tokio::time::sleep(self.pause);
        self.pause *= 2;
        Some(Box::pin(pause))
    }

    // tower clones the request before it is sent, so the clone's body is at its start.
    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    // The first two requests fail with status 503.
    let endpoint = chat::Endpoint::openai(&server::start(2)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro")
        .message(chat::Message::user([chat::Part::video(Media::open(file)?)]));

    let client = Client::builder(TokioExecutor::new()).build_http();
    let backoff = Backoff { retries: 3, pause: Duration::from_millis(100) };
    let response = retry::Retry::new(backoff, client).oneshot(endpoint.request(&request)?).await?;
    println!("{}", response.status());
    Ok(())
}
