//! Many bodies in flight at once, from one process to a sink in another. `cargo bench --bench in_flight` is the full
//! size.

use crate::{
    bytes, chat_request, chat_text,
    common::{DONE, job, process, scratch},
    senders::{block_on, hyper_client},
    server, watched,
};
use niello::{Access, Media};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Stdio, exit},
    sync::{Arc, Barrier},
    thread,
};

const BODIES: usize = 48;
const LEN: usize = 12 << 20;

/// Receives all bodies at once: it reads on only after the last one has begun.
fn sink() -> ! {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("\nlistens {}", listener.local_addr().unwrap());
    let expected = Arc::new(chat_text(&bytes(LEN)).into_bytes());
    let all = Arc::new(Barrier::new(BODIES));
    let threads: Vec<_> = (0..BODIES)
        .map(|_| {
            let (mut stream, _) = listener.accept().unwrap();
            let (expected, all) = (expected.clone(), all.clone());
            thread::spawn(move || {
                let (_, first) = server::head(&mut stream);
                let mut right = expected.starts_with(&first);
                let mut at = first.len();
                let mut buffer = vec![0; 1 << 16];
                all.wait();
                while at < expected.len() {
                    let len = stream.read(&mut buffer).unwrap();
                    assert!(len > 0, "the body ended at {at}");
                    right &= expected.get(at..at + len) == Some(&buffer[..len]);
                    at += len;
                }
                server::say(&mut stream, if right { "200 OK" } else { "400 Bad Request" }, "");
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    exit(DONE);
}

fn sender(url: &str, path: &str) -> ! {
    let media = Media::options().mime("video/mp4").access(Access::Map).open(path).unwrap();
    let client = hyper_client(false);
    block_on(async {
        let sent: Vec<_> =
            (0..BODIES).map(|_| tokio::spawn(client.request(chat_request(url, &media)))).collect();
        for sent in sent {
            assert_eq!(sent.await.unwrap().unwrap().status(), 200);
        }
    });
    println!("{BODIES} bodies: {} KiB", super::replay::peak());
    // One chunk per body, a window, and the process itself.
    assert!(super::replay::peak() < (BODIES as u64 + 24) * 1024, "{} KiB", super::replay::peak());
    exit(DONE);
}

#[test]
fn bodies_in_flight_take_one_chunk_of_memory_each() {
    const TEST: &str = "in_flight::bodies_in_flight_take_one_chunk_of_memory_each";
    match job() {
        Some(job) if job == "sink" => sink(),
        Some(job) => {
            let (url, path) = job.split_once(' ').unwrap();
            sender(url, path)
        }
        None => {}
    }
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    fs::File::create(&path).unwrap().write_all(&bytes(LEN)).unwrap();
    let mut sink = process(TEST, "sink").stdout(Stdio::piped()).spawn().unwrap();
    let address = BufReader::new(sink.stdout.take().unwrap())
        .lines()
        .find_map(|line| line.unwrap().strip_prefix("listens ").map(str::to_owned))
        .unwrap();
    let mut sender = process(TEST, &format!("http://{address} {}", path.display()));
    let output = watched("the sender", move || sender.output().unwrap());
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    if output.status.code() != Some(DONE) {
        let _ = sink.kill();
    }
    assert_eq!(output.status.code(), Some(DONE), "{said}");
    assert_eq!(sink.wait().unwrap().code(), Some(DONE));
}
