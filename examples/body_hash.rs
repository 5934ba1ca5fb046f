//! Hashes a body before sending it, for APIs with signed requests: SHA-256 in one pass, with one chunk in
//! memory.
//!
//! `cargo run --example body_hash --features http [FILE]`

mod server; // a local server, so that the example needs no account

use niello::{Media, chat};
use sha2::{Digest, Sha256};
use std::{env, error::Error, io};

/// Hashes the bytes written to it.
struct Hash(Sha256);

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).unwrap_or_else(|| "tests/data/clip.mp4".to_owned());
    let endpoint = chat::Endpoint::openai(&server::start(0)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro")
        .message(chat::Message::user([chat::Part::video(Media::open(file)?)]));
    let mut request = endpoint.request(&request)?;

    // Hash a clone, so that the body itself stays at its start. If the file changes before the body is sent,
    // sending fails.
    let mut hash = Hash(Sha256::new());
    request.body().clone().write_to(&mut hash)?;
    let hash: String = hash.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("x-amz-content-sha256: {hash}");
    request.headers_mut().insert("x-amz-content-sha256", hash.parse()?);

    let response = ureq::Agent::new_with_defaults().run(request.map(ureq::SendBody::from_owned_reader))?;
    println!("{}", response.status());
    Ok(())
}
