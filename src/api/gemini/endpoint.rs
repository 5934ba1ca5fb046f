//! The endpoint of the Gemini format.

use super::Request;
use crate::{
    api::{
        check::invalid,
        endpoint::{Accept, Settings, endpoint},
    },
    body::Body,
    error::Result,
};
use http::HeaderName;

endpoint! {
    /// An endpoint of the Gemini API for one model: creates [`http::Request`]s for any HTTP client.
    ///
    /// A model is a name, with or without `models/` before it, or a resource name: `tunedModels/<name>`,
    /// `endpoints/<id>`, `publishers/<publisher>/models/<name>`, or one of the last two after
    /// `projects/<project>/locations/<location>/`. It is percent-encoded, so no name can change the path.
    examples:
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
}

impl Endpoint {
    /// Creates an endpoint for a model on any server of this format: `<base_url>/models/<model>`.
    ///
    /// The base URL includes the version of the API, as in
    /// `https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google`. A trailing slash is
    /// ignored.
    ///
    /// For Databricks [model services](https://docs.databricks.com/aws/en/generative-ai/foundation-models/gemini-api),
    /// append the version to the base URL that the documentation gives for SDKs:
    ///
    /// ```
    /// use niello::gemini::{Content, Endpoint, Request};
    ///
    /// let base_url = "https://example.cloud.databricks.com/ai-gateway/gemini/v1beta";
    /// let endpoint = Endpoint::new(base_url, "system.ai.gemini-3-1-pro").bearer("dapi0123");
    /// let request = endpoint.generate(&Request::new().content(Content::user("Hi")))?;
    /// assert_eq!(
    ///     request.uri().path(),
    ///     "/ai-gateway/gemini/v1beta/models/system.ai.gemini-3-1-pro:generateContent",
    /// );
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn new(base_url: &str, model: &str) -> Endpoint {
        let settings =
            Settings::new(base_url).without(&["/models", ":generateContent", ":streamGenerateContent"]);
        Endpoint(settings.map_base_url(|base_url| join_model(&base_url, model)))
    }

    /// Creates an endpoint for a model that a Databricks workspace serves:
    /// `<workspace_url>/serving-endpoints/gemini/v1beta/models/<model>`.
    ///
    /// A workspace URL is, for example, `https://example.cloud.databricks.com`. The model is the name of a serving
    /// endpoint, such as `databricks-gemini-3-1-pro`.
    pub fn databricks(workspace_url: &str, model: &str) -> Endpoint {
        let settings = Settings::new(workspace_url).workspace().join("/serving-endpoints/gemini/v1beta");
        Endpoint(settings.map_base_url(|base_url| join_model(&base_url, model)))
    }

    /// Creates an endpoint for a model of Google's Gemini API, `https://generativelanguage.googleapis.com/v1beta`.
    /// It requires an [`api_key`](Endpoint::api_key).
    pub fn google(model: &str) -> Endpoint {
        Endpoint::new("https://generativelanguage.googleapis.com/v1beta", model)
    }

    /// Sends `x-goog-api-key: <key>`, for Google's Gemini API.
    pub fn api_key(self, key: impl AsRef<str>) -> Endpoint {
        Endpoint(self.0.api_key(HeaderName::from_static("x-goog-api-key"), key.as_ref()))
    }

    /// Creates the HTTP request for a complete response: `:generateContent`.
    ///
    /// # Errors
    /// - [`Invalid`](crate::ErrorKind::Invalid): the base URL is invalid (its scheme is not `http` or `https`, or
    ///   it has a query, a fragment or credentials), the model name is invalid, or a token or key is empty or contains characters that
    ///   are not allowed in a header.
    /// - [`TooLarge`](crate::ErrorKind::TooLarge): the body is over the limit.
    /// - The errors of [`Request::body`].
    pub fn generate(&self, request: &Request) -> Result<http::Request<Body>> {
        self.0.post(":generateContent", Accept::Json, request.body()?)
    }

    /// Creates the HTTP request for a response as a stream of events: `:streamGenerateContent?alt=sse`.
    ///
    /// # Errors
    /// The same as [`generate`](Endpoint::generate).
    pub fn stream(&self, request: &Request) -> Result<http::Request<Body>> {
        self.0.post(":streamGenerateContent?alt=sse", Accept::EventStream, request.body()?)
    }
}

/// Appends the path of a model, percent-encoded, to a base URL. Segments that both
/// contain, such as the publisher, appear once.
fn join_model(base_url: &str, model: &str) -> Result<String> {
    if model.trim() != model {
        return Err(invalid(format!("the model name {model:?} starts or ends with a space; remove it")));
    }
    if model.ends_with(":generateContent") || model.ends_with(":streamGenerateContent") {
        return Err(invalid(format!(
            "the model name {model:?} ends in a method, which is appended; leave it out"
        )));
    }
    let name = model.strip_prefix("models/").unwrap_or(model);
    let segments: Vec<_> = name.split('/').collect();
    // The collection of `base_url` that the name replaces, and the one to add to it.
    let (replaced, collection) = match segments[..] {
        [_] => (None, "/models"),
        ["tunedModels", _] => (None, ""),
        // Other servers have these below their models.
        ["publishers", _, "models", _] if !is_vertex(base_url) => (None, "/models"),
        ["endpoints", _] | ["publishers", _, "models", _] => (Some("/publishers/"), ""),
        ["projects", _, "locations", _, "endpoints", _]
        | ["projects", _, "locations", _, "publishers", _, "models", _] => (Some("/projects/"), ""),
        _ => {
            return Err(invalid(format!(
                "the model name {model:?} contains a slash; pass the name alone, or a resource name such as \
                 tunedModels/<name>, endpoints/<id>, publishers/<publisher>/models/<name> or \
                 projects/<project>/locations/<location>/endpoints/<id>"
            )));
        }
    };
    // A host can have the name of a collection, and must not be replaced.
    let (host, path) = base_url.split_at(path_start(base_url));
    let kept = replaced.and_then(|replaced| path.find(replaced)).unwrap_or(path.len());
    let mut url = format!("{host}{}{collection}", &path[..kept]);
    for segment in segments {
        if matches!(segment, "" | "." | "..") || segment.contains(char::is_control) {
            return Err(invalid(format!(
                "the model name {model:?} is empty, consists of dots or contains a control character; pass the \
                 name that the server documents"
            )));
        }
        url.push('/');
        push_encoded(segment, &mut url);
    }
    Ok(url)
}

/// Returns the index at which the path of a base URL starts: that of the first slash after `://`.
fn path_start(base_url: &str) -> usize {
    base_url.match_indices('/').nth(2).map_or(base_url.len(), |(at, _)| at)
}

/// Returns whether a base URL is one of Vertex AI, whose publishers are not below its models.
fn is_vertex(base_url: &str) -> bool {
    ["aiplatform.googleapis.com/", "/projects/", "/publishers/"].iter().any(|part| base_url.contains(part))
}

/// Appends a path segment, percent-encoding all but unreserved characters (RFC 3986, section 2.3) and the `@`
/// that precedes a model version.
fn push_encoded(segment: &str, path: &mut String) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
}
