//! Properties of the body of any request, in either format.

use super::{judged::Judged, unique::UniqueKeys};
use niello::{Body, Error, ErrorKind};
use serde::{Serialize, de::DeserializeOwned};
use std::io::Read;

/// Checks that the body is what serde_json writes for the request, has no duplicate key, and parses to the same
/// request. Returns its bytes, or `None` if the request was rejected with a fitting error.
pub(crate) fn check<T: Serialize + DeserializeOwned>(
    request: &T,
    body: Result<Body, Error>,
    judged: &mut Judged,
) -> Option<Vec<u8>> {
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
    judged.case();
    let mut json = vec![0; body.len() as usize + 1];
    let len = body.read(&mut json).unwrap();
    json.truncate(len);
    assert_eq!(json.len() as u64, body.len());
    assert!(json == serde_json::to_vec(request).unwrap(), "the body is what serde_json writes");
    judged.step(json.len());

    serde_json::from_slice::<UniqueKeys>(&json)
        .expect("the body is valid JSON, and no object has a key twice");
    let again: T = serde_json::from_slice(&json).expect("the body parses as a request");
    let again = serde_json::to_vec(&again).unwrap();
    assert!(
        again == json,
        "the parsed request has the same body: {:?} is not {:?}",
        str::from_utf8(&again),
        str::from_utf8(&json)
    );
    judged.step(json.len());
    Some(json)
}
