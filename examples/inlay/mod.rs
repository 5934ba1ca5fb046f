//! What the examples that send with reqwest share.
#![allow(dead_code)] // each example uses a part

use niello::Marks;
use reqwest::{
    Body, Request, Response, StatusCode, Url,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};

/// The most redirects that are followed.
pub const REDIRECTS: u32 = 10;

/// Streams media in the place of the marks of a JSON request. Every other request is unchanged: in a form, the `+` of base64
/// means a space.
pub fn request(marks: &Marks, request: &mut Request) -> niello::Result<()> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.unwrap_or_default().to_ascii_lowercase().contains("json") {
        return Ok(());
    }
    let json = request.body().and_then(Body::as_bytes).unwrap_or_default();
    if let Some(body) = marks.inlay(json)? {
        request.headers_mut().remove(CONTENT_LENGTH); // reqwest sets it to the length of the body
        *request.body_mut() = Some(Body::wrap(body));
    }
    Ok(())
}

/// Returns the URL to which the request has to be sent again.
///
/// reqwest follows a redirect with status 307 or 308 only if it can copy the body, and it cannot copy a stream. It then
/// returns the response.
pub fn redirect(response: &Response) -> Option<Url> {
    if !matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
        return None;
    }
    let url = response.url().join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    // The headers have a token for this server only.
    (url.origin() == response.url().origin()).then_some(url)
}
