//! What the endpoints of both formats share: the base URL, credentials, the limit, and creating an HTTP request.

use crate::{
    api::check::invalid,
    base64,
    body::{Body, ContentEncoding, Limit},
    error::{Error, ErrorKind, Result},
};
use bytes::buf::UninitSlice;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
};
use std::fmt;

/// Defines the public endpoint of a format from the start of its documentation and its examples. Adds the setters
/// that both formats have.
macro_rules! endpoint {
    ($(#[$summary:meta])+ examples: $(#[$example:meta])+) => {
        $(#[$summary])+
        ///
        /// A request is a POST with the headers `Content-Type`, `Content-Length`, `Accept` and the credentials. You
        /// can change it before you send it. To retry, clone it before you send it.
        ///
        /// An invalid URL or credential is reported when a request is created. Neither `Debug` nor an error shows
        /// credentials.
        ///
        /// # Examples
        $(#[$example])+
        #[derive(Clone, Debug)]
        #[must_use = "an endpoint sends nothing; create a request with it"]
        pub struct Endpoint($crate::api::endpoint::Settings);

        impl Endpoint {
            /// Sends `Authorization: Bearer <token>`. Replaces earlier [`bearer`](Self::bearer) and
            /// [`basic`](Self::basic) credentials.
            pub fn bearer(self, token: impl AsRef<str>) -> Endpoint {
                Endpoint(self.0.bearer(token.as_ref()))
            }

            /// Sends `Authorization: Basic` with the user name `token` and the token as password, as
            /// `curl -u "token:<token>"` does. Replaces earlier [`bearer`](Self::bearer) and
            /// [`basic`](Self::basic) credentials.
            pub fn basic(self, token: impl AsRef<str>) -> Endpoint {
                Endpoint(self.0.basic(token.as_ref()))
            }

            /// Sets the largest accepted body. There is no limit by default.
            pub fn limit(self, limit: $crate::Limit) -> Endpoint {
                Endpoint(self.0.limit(limit))
            }

            /// Encodes bodies with a content coding, and sets the header `Content-Encoding`. The default is `Identity`:
            /// most servers do not decode bodies, so see [`ContentEncoding`](crate::ContentEncoding) for those that
            /// do, and `examples/content_encoding.rs` in the repository for what to do with a server that does not.
            ///
            /// [`limit`](Self::limit) applies to the body without the coding, because servers limit what they decode.
            pub fn content_encoding(self, encoding: $crate::ContentEncoding) -> Endpoint {
                Endpoint(self.0.content_encoding(encoding))
            }
        }
    };
}
pub(crate) use endpoint;

/// Where requests are sent, with which credentials, and how large they may be. Errors of the setters are kept
/// until a request is created.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Without a trailing slash.
    base_url: Result<String>,
    /// Headers that are marked as sensitive.
    credentials: Result<HeaderMap>,
    limit: Option<Limit>,
    encoding: ContentEncoding,
}

/// The kind of response that a request asks for.
#[derive(Clone, Copy)]
pub(crate) enum Accept {
    Json,
    EventStream,
}

impl Settings {
    pub(crate) fn new(base_url: &str) -> Settings {
        Settings {
            base_url: parse_base_url(base_url),
            credentials: Ok(HeaderMap::new()),
            limit: None,
            encoding: ContentEncoding::Identity,
        }
    }

    /// Appends `path`, which starts with a slash, to the base URL.
    pub(crate) fn join(self, path: &str) -> Settings {
        Settings { base_url: self.base_url.map(|base_url| base_url + path), ..self }
    }

    /// Changes the base URL.
    pub(crate) fn map_base_url(self, change: impl FnOnce(String) -> Result<String>) -> Settings {
        Settings { base_url: self.base_url.and_then(change), ..self }
    }

    /// Rejects a base URL with a path: for the URL of a Databricks workspace, which has none.
    pub(crate) fn workspace(self) -> Settings {
        self.map_base_url(|base_url| {
            let authority = base_url.split_once("://").map_or("", |(_, authority)| authority);
            if authority.contains('/') {
                return Err(invalid(
                    "the workspace URL has a path; pass scheme and host alone, such as \
                     https://example.cloud.databricks.com",
                ));
            }
            Ok(base_url)
        })
    }

    /// Rejects a base URL that ends in one of the `parts` of the path that is appended to it.
    pub(crate) fn without(self, parts: &[&str]) -> Settings {
        self.map_base_url(|base_url| match parts.iter().find(|part| base_url.ends_with(**part)) {
            Some(part) => {
                Err(invalid(format!("the base URL ends in `{part}`, which is appended to it; leave it out")))
            }
            None => Ok(base_url),
        })
    }

    pub(crate) fn bearer(self, token: &str) -> Settings {
        let value = check_secret(token, "token").map(|token| format!("Bearer {token}"));
        self.credential(AUTHORIZATION, value)
    }

    pub(crate) fn basic(self, token: &str) -> Settings {
        let value = check_secret(token, "token").map(|token| {
            let pair = format!("token:{token}");
            let mut encoded = vec![0; pair.len().div_ceil(3) * 4];
            base64::encode(pair.as_bytes(), UninitSlice::new(&mut encoded));
            format!("Basic {}", String::from_utf8_lossy(&encoded))
        });
        self.credential(AUTHORIZATION, value)
    }

    pub(crate) fn api_key(self, header: HeaderName, key: &str) -> Settings {
        self.credential(header, check_secret(key, "API key").map(str::to_owned))
    }

    pub(crate) fn limit(self, limit: Limit) -> Settings {
        Settings { limit: Some(limit), ..self }
    }

    pub(crate) fn content_encoding(self, encoding: ContentEncoding) -> Settings {
        Settings { encoding, ..self }
    }

    fn credential(self, name: HeaderName, value: Result<String>) -> Settings {
        let credentials = self.credentials.and_then(|mut credentials| {
            let value = HeaderValue::try_from(value?);
            let mut value =
                value.map_err(|_| invalid(format!("the value for `{name}` is not a valid header")))?;
            value.set_sensitive(true);
            credentials.insert(name, value);
            Ok(credentials)
        });
        Settings { credentials, ..self }
    }

    /// Creates a POST request to the base URL with `path` appended.
    pub(crate) fn post(&self, path: &str, accept: Accept, body: Body) -> Result<http::Request<Body>> {
        let base_url = self.base_url.as_deref().map_err(Error::clone)?;
        let mut headers = self.credentials.clone()?;
        self.limit.map_or(Ok(()), |limit| body.check(limit))?;
        let uri = Uri::try_from(format!("{base_url}{path}"))
            .map_err(|cause| Error::with_source(ErrorKind::Invalid, "the request URL is not valid", cause))?;

        let accept = match accept {
            Accept::Json => "application/json",
            Accept::EventStream => "text/event-stream",
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = body.encode(self.encoding)?;
        if self.encoding != ContentEncoding::Identity {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(self.encoding.as_str()));
        }
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));

        let mut request = http::Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Shows the names of the credentials, never their values.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("base_url", &self.base_url)
            .field("credentials", &self.credentials)
            .field("limit", &self.limit)
            .field("encoding", &self.encoding)
            .finish()
    }
}

/// Checks that paths can be appended to a base URL. Returns it without a trailing slash.
fn parse_base_url(url: &str) -> Result<String> {
    // The message does not quote the URL: it may contain a password, even in the wrong place.
    let reject = |problem: &str| {
        Err(invalid(format!(
            "the base URL {problem}; pass scheme, host and path, such as https://example.com or \
             http://localhost:8000/v1"
        )))
    };
    // The characters of a path (RFC 3986), and those that have an error message of their own below.
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/[]?#".contains(&byte);
    if !url.bytes().all(is_allowed) {
        return reject("contains a space or another character that is not allowed in URLs");
    }
    if url.contains(['?', '#']) {
        return reject("has a query or a fragment");
    }
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest),
        _ => return reject("does not start with https:// or http://"),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return reject("contains a user name or a password; pass credentials to `bearer` or `basic`");
    }
    let Ok(parsed) = authority.parse::<http::uri::Authority>() else {
        return reject("has no valid host");
    };
    let port = authority.strip_prefix(parsed.host()).unwrap_or_default();
    if parsed.host().is_empty() || (!port.is_empty() && parsed.port_u16().is_none()) {
        return reject("has no valid host and port");
    }
    // Clients decode `%2e` to a dot and then remove the dot segment.
    let decoded = path.to_ascii_lowercase().replace("%2e", ".");
    if decoded.split('/').any(|segment| segment == "." || segment == "..") {
        return reject("has a path with a `.` or `..` segment");
    }
    Ok(format!("{scheme}://{authority}{}", path.trim_end_matches('/')))
}

/// Checks that a token or an API key can be sent in a header. The error does not show it.
fn check_secret<'a>(secret: &'a str, name: &str) -> Result<&'a str> {
    if secret.is_empty() {
        return Err(invalid(format!("the {name} is empty")));
    }
    if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid(format!(
            "the {name} contains a line break, a space or another character that is not allowed in a header; if \
             you read it from a file, trim the line break at the end"
        )));
    }
    Ok(secret)
}
