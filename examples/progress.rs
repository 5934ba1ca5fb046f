//! Shows a progress bar while a client sends the body.
//!
//! `cargo run --example progress --features http [FILE]`

mod server; // a local server, so that the example needs no account

use niello::{Media, chat};
use std::{env, error::Error, thread, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let media = match env::args().nth(1) {
        Some(file) => Media::open(file)?,
        // Large enough for the bar to be seen.
        None => Media::from_bytes(vec![0; 300_000_000], "video/mp4")?,
    };
    let endpoint = chat::Endpoint::openai(&server::start(0)).bearer("token");
    let request = chat::Request::new("system.ai.gemini-3-1-pro")
        .message(chat::Message::user([chat::Part::video(media)]));

    let mut request = endpoint.request(&request)?;
    // The handle is taken before the client takes the body.
    let progress = request.body_mut().progress();
    let sender = thread::spawn(move || {
        let request = request.map(ureq::SendBody::from_owned_reader);
        ureq::Agent::new_with_defaults().run(request)
    });
    loop {
        let finished = sender.is_finished();
        let percent = (progress.sent() * 100 / progress.total()) as usize;
        eprint!("\r[{:<50}] {percent:>3} %", "#".repeat(percent / 2));
        if finished {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    eprintln!();
    println!("{}", sender.join().expect("no panic")?.status());
    Ok(())
}
