//! Properties of the body of any request, in either format.

use niello::{Body, Error, ErrorKind};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::io::Read;

/// Checks that the body is what serde_json writes for the request, has no duplicate key, and parses to the same
/// request. Returns the body as a value, or `None` if the request was rejected with a fitting error.
pub fn check<T: Serialize + DeserializeOwned>(request: &T, body: Result<Body, Error>) -> Option<Value> {
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
    let mut json = Vec::new();
    body.read_to_end(&mut json).unwrap();
    assert_eq!(json.len() as u64, body.len());
    assert!(json == serde_json::to_vec(request).unwrap(), "the body is what serde_json writes");

    let value: Value = serde_json::from_slice(&json).expect("the body is valid JSON");
    assert_eq!(serde_json::to_vec(&value).unwrap().len(), json.len(), "no object has a duplicate key");
    let again: T = serde_json::from_slice(&json).expect("the body parses as a request");
    assert!(serde_json::to_vec(&again).unwrap() == json, "the parsed request has the same body");
    Some(value)
}
