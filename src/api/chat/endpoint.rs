//! The endpoint of Chat Completions.

use super::Request;
use crate::{
    api::endpoint::{Accept, Settings, endpoint},
    body::Body,
    error::Result,
};

endpoint! {
    /// An endpoint of the Chat Completions API: creates [`http::Request`]s for any HTTP client.
    examples:
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
}

impl Endpoint {
    /// Creates an endpoint for the AI gateway of a Databricks workspace:
    /// `<workspace_url>/ai-gateway/mlflow/v1/chat/completions`. A workspace URL is, for example,
    /// `https://example.cloud.databricks.com`.
    pub fn databricks(workspace_url: &str) -> Endpoint {
        Endpoint(Settings::new(workspace_url).workspace().join("/ai-gateway/mlflow/v1"))
    }

    /// Creates an endpoint at `<base_url>/chat/completions`. Pass the base URL that you would give an OpenAI client,
    /// such as `http://localhost:8000/v1` (vLLM) or `https://openrouter.ai/api/v1`. A trailing slash is ignored.
    pub fn openai(base_url: &str) -> Endpoint {
        Endpoint(Settings::new(base_url).without(&["/chat/completions"]))
    }

    /// Creates the HTTP request for `request`. Its `Accept` header is `text/event-stream` if
    /// [`stream`](Request#structfield.stream) is true, and `application/json` otherwise.
    ///
    /// # Errors
    /// - [`Invalid`](crate::ErrorKind::Invalid): the base URL is invalid (its scheme is not `http` or `https`, or
    ///   it has a query, a fragment or credentials), or a token is empty or contains characters that are not allowed in a header.
    /// - [`TooLarge`](crate::ErrorKind::TooLarge): the body is over the limit.
    /// - The errors of [`Request::body`].
    pub fn request(&self, request: &Request) -> Result<http::Request<Body>> {
        let accept = if request.stream == Some(true) { Accept::EventStream } else { Accept::Json };
        self.0.post("/chat/completions", accept, request.body()?)
    }
}
