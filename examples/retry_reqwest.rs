//! Retries a request with reqwest, as long as another attempt can help: when the connection fails, and when the
//! server is busy.
//!
//! `cargo run --example retry_reqwest --features http [FILE]`

mod server; // a local server, so that the example needs no account

use niello::{Body, Media, chat, http};
use reqwest::{Client, Response, StatusCode, header::RETRY_AFTER};
use std::{env, error::Error, iter, time::Duration};

const ATTEMPTS: u32 = 5;

/// The pause after the first attempt. Each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest pause, whatever the server asks for.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Sends a request, again and again if need be, and returns the last response or error.
async fn send(client: &Client, request: &http::Request<Body>) -> Result<Response, reqwest::Error> {
    let mut pause = PAUSE;
    for attempt in 1.. {
        // A clone costs nothing, and its body is at its start.
        let clone = request.clone().map(reqwest::Body::wrap).try_into()?;
        let result = client.execute(clone).await;
        if attempt == ATTEMPTS || !can_retry(&result) {
            return result;
        }
        let wait = result.as_ref().ok().and_then(retry_after).unwrap_or(pause).min(MAX_PAUSE);
        match result {
            Ok(response) => println!("{}, next attempt in {wait:?}", response.status()),
            Err(error) => println!("{error}, next attempt in {wait:?}"),
        }
        tokio::time::sleep(wait).await;
        pause *= 2;
    }
    unreachable!("the last attempt returns")
}

fn can_retry(result: &Result<Response, reqwest::Error>) -> bool {
    match result {
        Ok(response) => {
            let status = response.status();
            status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
        }
        // A file that has changed stays changed.
        Err(error) => (error.is_connect() || error.is_request()) && !is_of_body(error),
    }
}

/// Returns `true` if the body caused the error, instead of the connection.
fn is_of_body(error: &reqwest::Error) -> bool {
    let mut causes = iter::successors(error.source(), |cause| (*cause).source());
    causes.any(|cause| cause.is::<niello::Error>())
}

/// Returns the pause that the server asks for. It may also name a date, which this example does not read.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    // The first two requests fail with status 503, and ask for a pause of 1 second.
    let endpoint = chat::Endpoint::openai(&server::start(2)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro")
        .message(chat::Message::user([chat::Part::video(Media::open(file)?)]));

    let response = send(&Client::new(), &endpoint.request(&request)?).await?.error_for_status()?;
    let response = chat::Response::from_slice(&response.bytes().await?)?;
    println!("{}", response.text().unwrap_or_default());
    Ok(())
}
