//! The endpoint.

use super::Request;
use crate::{
    api::endpoint::{self, Answer, invalid},
    body::{Body, Limit},
    error::Result,
};
use http::HeaderName;

/// Where requests for a model go: makes [`http::Request`]s that any HTTP client takes.
///
/// ```
/// use niello::gemini::{Content, Endpoint, Request};
///
/// let endpoint = Endpoint::databricks("https://example.cloud.databricks.com", "databricks-gemini-3-1-pro")
///     .bearer("dapi0123");
/// let request = endpoint.generate(&Request::new().content(Content::user("Hi")))?;
/// assert_eq!(
///     request.uri().path(),
///     "/serving-endpoints/gemini/v1beta/models/databricks-gemini-3-1-pro:generateContent",
/// );
/// assert_eq!(request.headers()["content-length"], request.body().len().to_string());
/// # Ok::<(), niello::Error>(())
/// ```
///
/// The request is a POST with Content-Type, Content-Length, Accept and what credentials were given, and
/// may be changed before it is sent. A clone of it, made before it is sent, is a retry. What is wrong with the URL
/// or the credentials comes out when a request is made. `Debug` shows no credentials, and neither do errors.
///
/// The model is a name, alone or after `models/`, or `publishers/<publisher>/models/<name>`. What has a
/// meaning of its own in a URL is escaped in it, so that no name leads to another path.
#[derive(Clone, Debug)]
#[must_use = "it is where a request would go; `generate` or `stream` makes one"]
pub struct Endpoint {
    shared: endpoint::Endpoint,
    /// `/models/<model>`, escaped.
    path: Result<String>,
}

impl Endpoint {
    /// A model behind any URL that takes this format: the base URL is what stands before `/models/`, such as
    /// `https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google`, with or
    /// without a slash at its end.
    ///
    /// Databricks' page on [model services](https://docs.databricks.com/aws/en/generative-ai/foundation-models/gemini-api)
    /// gives SDKs the base `https://<workspace>/ai-gateway/gemini`, to which they add the version of the API:
    ///
    /// ```
    /// use niello::gemini::{Content, Endpoint, Request};
    ///
    /// let base = "https://example.cloud.databricks.com/ai-gateway/gemini/v1beta";
    /// let request = Endpoint::new(base, "system.ai.gemini-3-1-pro").bearer("dapi0123");
    /// let request = request.generate(&Request::new().content(Content::user("Hi")))?;
    /// assert_eq!(
    ///     request.uri().path(),
    ///     "/ai-gateway/gemini/v1beta/models/system.ai.gemini-3-1-pro:generateContent",
    /// );
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn new(base_url: &str, model: &str) -> Endpoint {
        Endpoint { shared: endpoint::Endpoint::new(base_url), path: path(model) }
    }

    /// A model behind Databricks' gateway: `/serving-endpoints/gemini/v1beta/models/<model>` of a workspace,
    /// whose URL is one such as `https://example.cloud.databricks.com`. The model is an endpoint's name, such as
    /// `databricks-gemini-3-1-pro`.
    pub fn databricks(workspace_url: &str, model: &str) -> Endpoint {
        let shared = endpoint::Endpoint::new(workspace_url).join("/serving-endpoints/gemini/v1beta");
        Endpoint { shared, path: path(model) }
    }

    /// A model of Google's own API, `https://generativelanguage.googleapis.com/v1beta`, which takes an
    /// [`api_key`](Endpoint::api_key).
    pub fn google(model: &str) -> Endpoint {
        Endpoint::new("https://generativelanguage.googleapis.com/v1beta", model)
    }

    /// Sends `x-goog-api-key: <key>`, as Google's own API takes it.
    pub fn api_key(self, key: impl AsRef<str>) -> Endpoint {
        let header = HeaderName::from_static("x-goog-api-key");
        Endpoint { shared: self.shared.api_key(header, key.as_ref()), ..self }
    }

    /// Sends `Authorization: Bearer <token>`. Of this and [`basic`](Endpoint::basic), the last stands.
    pub fn bearer(self, token: impl AsRef<str>) -> Endpoint {
        Endpoint { shared: self.shared.bearer(token.as_ref()), ..self }
    }

    /// Sends `Authorization: Basic` with the user `token`, as `curl -u "token:<token>"` does.
    pub fn basic(self, token: impl AsRef<str>) -> Endpoint {
        Endpoint { shared: self.shared.basic(token.as_ref()), ..self }
    }

    /// Refuses bodies over a limit. There is none if this is not called.
    pub fn limit(self, limit: Limit) -> Endpoint {
        Endpoint { shared: self.shared.limit(limit), ..self }
    }

    /// The request for a whole answer: `:generateContent`.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if the URL is none to join a path to (not `http` or `https`,
    /// with a query, a fragment or a user), the model is no name of one, or a token or key is empty or has
    /// characters that a header can't hold; [`TooLarge`](crate::ErrorKind::TooLarge) if the body is over
    /// the limit; and what [`Request::body`] says.
    pub fn generate(&self, request: &Request) -> Result<http::Request<Body>> {
        self.post("generateContent", Answer::Whole, request)
    }

    /// The request for an answer as a stream of events: `:streamGenerateContent?alt=sse`.
    ///
    /// # Errors
    /// As [`generate`](Endpoint::generate).
    pub fn stream(&self, request: &Request) -> Result<http::Request<Body>> {
        self.post("streamGenerateContent?alt=sse", Answer::Stream, request)
    }

    fn post(&self, verb: &str, answer: Answer, request: &Request) -> Result<http::Request<Body>> {
        let path = self.path.clone()?;
        self.shared.post(&format!("{path}:{verb}"), answer, request.body()?)
    }
}

fn path(model: &str) -> Result<String> {
    let name = model.strip_prefix("models/").unwrap_or(model);
    let segments: Vec<_> = name.split('/').collect();
    if !matches!(segments[..], [_] | ["publishers", _, "models", _]) {
        return Err(invalid(format!(
            "the model {model:?} has a slash; give its name alone, or publishers/<publisher>/models/<name>"
        )));
    }
    let mut path = String::from("/models");
    for segment in segments {
        if matches!(segment, "" | "." | "..") || segment.contains(char::is_control) {
            return Err(invalid(format!("{model:?} is no name of a model")));
        }
        path.push('/');
        escape(segment, &mut path);
    }
    Ok(path)
}

/// Percent-encodes all that is not unreserved (RFC 3986, section 2.3), but for the `@` before a version.
fn escape(segment: &str, path: &mut String) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
}
