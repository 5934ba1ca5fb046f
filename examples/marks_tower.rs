//! Streams a video through a tower service over hyper: redirects above the layer, retries below it.
//!
//! `cargo run --example marks_tower --features tower [FILE]`

mod server; // a local server, so that the example needs no account

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, header::CONTENT_TYPE};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use niello::{Marks, MarksLayer, Media, bytes::Bytes};
use serde_json::{Value, json};
use std::{
    env,
    error::Error,
    future::{Ready, ready},
};
use tower::{Service, ServiceBuilder, ServiceExt, retry};
use tower_http::follow_redirect::{
    FollowRedirectLayer,
    policy::{PolicyExt, Standard, clone_body_fn},
};

type BoxError = Box<dyn Error + Send + Sync>;
type Json = Full<Bytes>;

/// Sends a request again after a server error, up to this number of times.
#[derive(Clone)]
pub struct Retries(pub u32);

impl<B: Clone, E> retry::Policy<Request<B>, Response<Incoming>, E> for Retries {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<B>, result: &mut Result<Response<Incoming>, E>) -> Option<Ready<()>> {
        let is_busy = result.as_ref().is_ok_and(|response| response.status().is_server_error());
        self.0 = self.0.checked_sub(u32::from(is_busy))?;
        is_busy.then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        Some(request.clone())
    }
}

/// Returns a client that replaces marks.
pub fn client(
    marks: &Marks,
) -> impl Service<Request<Json>, Response = Response<Incoming>, Error = BoxError, Future: Send> + Clone {
    let redirects = PolicyExt::and::<_, Json, BoxError>(
        Standard::default(),
        clone_body_fn(|body: &Json| Some(body.clone())),
    );
    ServiceBuilder::new()
        .layer(FollowRedirectLayer::with_policy(redirects))
        .layer(MarksLayer::new(marks))
        .layer(retry::RetryLayer::new(Retries(3)))
        .service(Client::builder(TokioExecutor::new()).build_http())
}

fn main() -> Result<(), BoxError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), BoxError> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    let url = format!("{}/chat/completions", server::start(2)); // the first two requests fail with status 503
    let marks = Marks::new();
    let client = client(&marks);

    let scope = marks.scope(); // ends after the response
    let video = scope.data_uri(&Media::open(file)?);
    let request = json!({"model": "system.ai.gemini-3-1-pro", "messages": [{"role": "user", "content": [
        {"type": "video_url", "video_url": {"url": video}},
    ]}]});
    let request =
        Request::post(url).header(CONTENT_TYPE, "application/json").body(request.to_string().into())?;
    let response = client.oneshot(request).await?.into_body().collect().await?.to_bytes();
    println!("{}", serde_json::from_slice::<Value>(&response)?["choices"][0]["message"]["content"]);
    Ok(())
}
