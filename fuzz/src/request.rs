//! What holds for the body of any request, in either format.

use niello::{Body, Error, ErrorKind};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::io::Read;

/// The body is what serde_json makes of the request, is JSON without a key twice, and reads back as the same
/// request; or it is refused for what it is.
pub fn judge<T: Serialize + DeserializeOwned>(request: &T, body: Result<Body, Error>) -> Option<Value> {
    let mut body = match body {
        Ok(body) => body,
        Err(error) => {
            assert!(
                matches!(error.kind(), ErrorKind::Invalid | ErrorKind::MimeType | ErrorKind::Json),
                "{error}"
            );
            return None;
        }
    };
    let mut text = Vec::new();
    body.read_to_end(&mut text).unwrap();
    assert_eq!(text.len() as u64, body.len());
    assert!(text == serde_json::to_vec(request).unwrap(), "as serde_json has it");

    let value: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(serde_json::to_vec(&value).unwrap().len(), text.len(), "no key stands twice");
    let again: T = serde_json::from_slice(&text).expect("reads back");
    assert!(serde_json::to_vec(&again).unwrap() == text, "read back, it is written the same");
    Some(value)
}
