//! The Gemini format: every golden case built by the typed API, the checks, and reading back.

#[path = "gemini/cases.rs"]
mod cases;
#[allow(dead_code, unreachable_pub, reason = "shared with other tests")]
mod golden;

use niello::{Body, Piece, gemini::Request};

/// What a body gives, and that it is what serde_json gives.
fn bytes(request: &Request) -> Vec<u8> {
    let body = request.body().unwrap();
    let len = body.len();
    let mut bytes = Vec::new();
    body.clone().write_to(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, len);
    assert!(bytes == serde_json::to_vec(request).unwrap(), "the body is what serde_json writes");
    bytes
}

fn media_of(body: &Body) -> usize {
    body.pieces().filter(|(_, piece)| matches!(piece, Piece::Base64(_))).count()
}

#[test]
fn every_golden_case() {
    let names: Vec<_> = golden::names().into_iter().filter(|name| name.contains("gemini_")).collect();
    assert_eq!(names.len(), 40);
    for name in &names {
        let request = cases::request(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        golden::judge(name, &bytes(&request));
        let template = std::fs::read_to_string(golden::case(name).join("template.json")).unwrap();
        // Empty media needs no piece.
        let leaves = if name == "gemini_bytes0" { 0 } else { template.matches("$base64").count() };
        assert_eq!(media_of(&request.body().unwrap()), leaves, "{name}: all media is streamed");
    }
}

#[test]
fn every_golden_case_reads_back() {
    for name in golden::names().iter().filter(|name| name.contains("gemini_")) {
        let expected = std::fs::read(golden::case(name).join("expected.json")).unwrap();
        let request: Request = serde_json::from_slice(&expected).unwrap();
        golden::judge(name, &bytes(&request));
        let built = bytes(&cases::request(name).unwrap());
        let again: Request = serde_json::from_slice(&built).unwrap();
        assert!(bytes(&again) == built, "{name}: read back, it is written the same");
    }
}
