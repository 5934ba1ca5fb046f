//! What the endpoints of both formats share: base URL, credentials, limit, and the request that comes of
//! them.

use crate::{
    base64,
    body::{Body, Limit},
    error::{Error, ErrorKind, Result},
};
use bytes::buf::UninitSlice;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE},
};
use std::fmt;

/// Where requests go, and with what. What is wrong with it comes out when a request is made.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// Without a slash at its end.
    base: Result<String>,
    /// Marked as sensitive.
    credentials: Result<HeaderMap>,
    limit: Option<Limit>,
}

/// What the answer is to be.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Whole,
    Stream,
}

impl Endpoint {
    pub(crate) fn new(base_url: &str) -> Endpoint {
        Endpoint { base: base(base_url), credentials: Ok(HeaderMap::new()), limit: None }
    }

    /// The endpoint whose base has `path`, which starts with a slash, at its end.
    pub(crate) fn join(self, path: &str) -> Endpoint {
        Endpoint { base: self.base.map(|base| base + path), ..self }
    }

    pub(crate) fn bearer(self, token: &str) -> Endpoint {
        let value = checked(token, "the token").map(|token| format!("Bearer {token}"));
        self.credential(AUTHORIZATION, value)
    }

    pub(crate) fn basic(self, token: &str) -> Endpoint {
        let value = checked(token, "the token").map(|token| {
            let pair = format!("token:{token}");
            let mut text = vec![0; pair.len().div_ceil(3) * 4];
            base64::encode(pair.as_bytes(), UninitSlice::new(&mut text));
            format!("Basic {}", String::from_utf8_lossy(&text))
        });
        self.credential(AUTHORIZATION, value)
    }

    pub(crate) fn api_key(self, header: HeaderName, key: &str) -> Endpoint {
        self.credential(header, checked(key, "the key").map(str::to_owned))
    }

    pub(crate) fn limit(self, limit: Limit) -> Endpoint {
        Endpoint { limit: Some(limit), ..self }
    }

    fn credential(self, name: HeaderName, value: Result<String>) -> Endpoint {
        let credentials = self.credentials.and_then(|mut credentials| {
            let value = HeaderValue::try_from(value?);
            let mut value = value.map_err(|_| invalid("the token is too long for a header"))?;
            value.set_sensitive(true);
            credentials.insert(name, value);
            Ok(credentials)
        });
        Endpoint { credentials, ..self }
    }

    /// A POST of the body to the base URL with `path`, which starts with a slash, at its end.
    pub(crate) fn post(&self, path: &str, answer: Answer, body: Body) -> Result<http::Request<Body>> {
        let base = self.base.as_deref().map_err(Error::clone)?;
        let mut headers = self.credentials.clone()?;
        self.limit.map_or(Ok(()), |limit| body.check(limit))?;
        let uri = Uri::try_from(format!("{base}{path}"))
            .map_err(|cause| Error::with_source(ErrorKind::Invalid, "the URL cannot be used", cause))?;

        let accept = match answer {
            Answer::Whole => "application/json",
            Answer::Stream => "text/event-stream",
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));

        let mut request = http::Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Shows which credentials there are, never what they are.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("base", &self.base)
            .field("credentials", &self.credentials)
            .field("limit", &self.limit)
            .finish()
    }
}

/// Scheme, host, port and path of a URL to which paths can be joined.
fn base(url: &str) -> Result<String> {
    // It is not shown: who mistakes its place for another's may have put a password there.
    let refused = |what: &str| {
        Err(invalid(format!(
            "the base URL {what}; give scheme, host and path, as in https://example.com or \
             http://localhost:8000/v1"
        )))
    };
    // The characters of a path (RFC 3986), and those that are refused by a message of their own.
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/[]?#".contains(&byte);
    if !url.bytes().all(known) {
        return refused("has a space or another character that no URL has");
    }
    if url.contains(['?', '#']) {
        return refused("has a query or a fragment");
    }
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest),
        _ => return refused("does not start with https:// or http://"),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return refused("has a user or a password in it, which belong in `bearer` or `basic`");
    }
    let Ok(parsed) = authority.parse::<http::uri::Authority>() else {
        return refused("has no valid host");
    };
    let port = authority.strip_prefix(parsed.host()).unwrap_or_default();
    if parsed.host().is_empty() || (!port.is_empty() && parsed.port_u16().is_none()) {
        return refused("has no valid host and port");
    }
    // Clients take `%2e` for a dot, and such a segment away.
    let dots = path.to_ascii_lowercase().replace("%2e", ".");
    if dots.split('/').any(|segment| segment == "." || segment == "..") {
        return refused("has a path with `.` or `..` in it");
    }
    Ok(format!("{scheme}://{authority}{}", path.trim_end_matches('/')))
}

/// A token or key that can stand in a header. Never shown.
fn checked<'a>(token: &'a str, what: &str) -> Result<&'a str> {
    if token.is_empty() {
        return Err(invalid(format!("{what} is empty")));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid(format!(
            "{what} has a line break, space or other character that no token has; was the end of a line \
             read with it?"
        )));
    }
    Ok(token)
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into())
}
