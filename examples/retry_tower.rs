//! A retry with tower, for each of which the body starts again: `cargo run --example retry_tower
//! --features http [FILE]`

mod server;

use hyper::{Request, Response, body::Incoming};
use hyper_util::{
    client::legacy::{Client, Error as Failed},
    rt::TokioExecutor,
};
use niello::{Body, Media, chat};
use std::{env, error::Error, pin::Pin, time::Duration};
use tower::{ServiceExt, retry};

/// Up to so many times more after a failure of the connection or the server, with a pause that doubles.
#[derive(Clone)]
struct Again {
    left: u32,
    pause: Duration,
}

impl retry::Policy<Request<Body>, Response<Incoming>, Failed> for Again {
    type Future = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<Incoming>, Failed>,
    ) -> Option<Self::Future> {
        if result.as_ref().is_ok_and(|answer| !answer.status().is_server_error()) {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        self.pause *= 2;
        Some(Box::pin(tokio::time::sleep(self.pause)))
    }

    /// Of a request not yet sent: at the start of the body, and free of charge.
    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    let endpoint = chat::Endpoint::openai(&server::start(2)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro")
        .message(chat::Message::user([chat::Part::video(Media::open(file)?)]));

    let client = Client::builder(TokioExecutor::new()).build_http();
    let again = Again { left: 3, pause: Duration::from_millis(100) };
    let answer = retry::Retry::new(again, client).oneshot(endpoint.request(&request)?).await?;
    println!("{}", answer.status());
    Ok(())
}
