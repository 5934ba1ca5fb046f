//! The endpoint.

use super::Request;
use crate::{
    api::endpoint::{self, Answer},
    body::{Body, Limit},
    error::Result,
};

/// Where Chat Completions requests go: makes [`http::Request`]s that any HTTP client takes.
///
/// ```
/// use niello::chat::{Endpoint, Message, Request};
///
/// let endpoint = Endpoint::databricks("https://example.cloud.databricks.com").bearer("dapi0123");
/// let request = Request::new("system.ai.gemini-3-1-pro").message(Message::user("Hi"));
/// let request = endpoint.request(&request)?;
/// assert_eq!(
///     request.uri(),
///     "https://example.cloud.databricks.com/ai-gateway/mlflow/v1/chat/completions",
/// );
/// assert_eq!(request.headers()["content-length"], request.body().len().to_string());
/// # Ok::<(), niello::Error>(())
/// ```
///
/// The request is a POST with Content-Type, Content-Length, Accept and what credentials were given, and
/// may be changed before it is sent. A clone of it, made before it is sent, is a retry. What is wrong with the URL
/// or the credentials comes out when a request is made. `Debug` shows no credentials, and neither do errors.
#[derive(Clone, Debug)]
#[must_use = "it is where requests would go; `request` makes one"]
pub struct Endpoint(endpoint::Endpoint);

impl Endpoint {
    /// Databricks' gateway: `/ai-gateway/mlflow/v1/chat/completions` of a workspace, whose URL is one such
    /// as `https://example.cloud.databricks.com`.
    pub fn databricks(workspace_url: &str) -> Endpoint {
        Endpoint(endpoint::Endpoint::new(workspace_url).join("/ai-gateway/mlflow/v1"))
    }

    /// `/chat/completions` of a base URL as clients of OpenAI's take it, such as `http://localhost:8000/v1`
    /// (vLLM) or `https://openrouter.ai/api/v1`; with or without a slash at its end.
    pub fn openai(base_url: &str) -> Endpoint {
        Endpoint(endpoint::Endpoint::new(base_url))
    }

    /// Sends `Authorization: Bearer <token>`. Of this and [`basic`](Endpoint::basic), the last stands.
    pub fn bearer(self, token: impl AsRef<str>) -> Endpoint {
        Endpoint(self.0.bearer(token.as_ref()))
    }

    /// Sends `Authorization: Basic` with the user `token`, as `curl -u "token:<token>"` does.
    pub fn basic(self, token: impl AsRef<str>) -> Endpoint {
        Endpoint(self.0.basic(token.as_ref()))
    }

    /// Refuses bodies over a limit. There is none if this is not called.
    pub fn limit(self, limit: Limit) -> Endpoint {
        Endpoint(self.0.limit(limit))
    }

    /// The request to send. It accepts a stream of events if [`stream`](Request#structfield.stream) is
    /// true, and JSON otherwise.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if the URL is none to join a path to (not `http` or `https`,
    /// with a query, a fragment or a user), or a token is empty or has characters that a header can't
    /// hold; [`TooLarge`](crate::ErrorKind::TooLarge) if the body is over the limit; and what
    /// [`Request::body`] says.
    pub fn request(&self, request: &Request) -> Result<http::Request<Body>> {
        let answer = if request.stream == Some(true) { Answer::Stream } else { Answer::Whole };
        self.0.post("/chat/completions", answer, request.body()?)
    }
}
