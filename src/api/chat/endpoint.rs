//! The endpoint of the API.

use super::Request;
use crate::{
    api::endpoint::{self, Answer},
    body::{Body, Limit},
    error::Result,
};

/// An endpoint of the Chat Completions API: makes [`http::Request`]s for any HTTP client.
///
/// A request is a POST with Content-Type, Content-Length, Accept and the credentials. You may change it before you
/// send it. To retry, clone it before you send it.
///
/// Errors in the URL or the credentials are reported when a request is made. Neither errors nor `Debug` show
/// credentials.
///
/// # Examples
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
#[derive(Clone, Debug)]
#[must_use = "an endpoint does nothing until `request` is called"]
pub struct Endpoint(endpoint::Endpoint);

impl Endpoint {
    /// Creates the endpoint of Databricks' gateway, `/ai-gateway/mlflow/v1/chat/completions`, for a workspace URL such
    /// as `https://example.cloud.databricks.com`.
    pub fn databricks(workspace_url: &str) -> Endpoint {
        Endpoint(endpoint::Endpoint::new(workspace_url).join("/ai-gateway/mlflow/v1"))
    }

    /// Creates the endpoint `/chat/completions` for a base URL as OpenAI's clients take it, with or without a trailing
    /// slash: `http://localhost:8000/v1` (vLLM), `https://openrouter.ai/api/v1`.
    pub fn openai(base_url: &str) -> Endpoint {
        Endpoint(endpoint::Endpoint::new(base_url))
    }

    /// Sends `Authorization: Bearer <token>`. Replaces other credentials.
    pub fn bearer(self, token: impl AsRef<str>) -> Endpoint {
        Endpoint(self.0.bearer(token.as_ref()))
    }

    /// Sends `Authorization: Basic` with the user `token`, as `curl -u "token:<token>"` does. Replaces other
    /// credentials.
    pub fn basic(self, token: impl AsRef<str>) -> Endpoint {
        Endpoint(self.0.basic(token.as_ref()))
    }

    /// Limits the length of bodies. The default is no limit.
    pub fn limit(self, limit: Limit) -> Endpoint {
        Endpoint(self.0.limit(limit))
    }

    /// Makes the HTTP request. It accepts server-sent events if [`stream`](Request#structfield.stream) is `true`, and
    /// JSON otherwise.
    ///
    /// # Errors
    /// - [`Invalid`](crate::ErrorKind::Invalid): the URL is not `http` or `https`, or has a query, a fragment or a user;
    ///   or a token is empty or has characters that a header cannot contain.
    /// - [`TooLarge`](crate::ErrorKind::TooLarge): the body exceeds the limit.
    /// - All errors of [`Request::body`].
    pub fn request(&self, request: &Request) -> Result<http::Request<Body>> {
        let answer = if request.stream == Some(true) { Answer::Stream } else { Answer::Whole };
        self.0.post("/chat/completions", answer, request.body()?)
    }
}
