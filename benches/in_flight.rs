//! The memory of a process that has many bodies of a 100 MB file in flight at once, to a sink in another
//! process that compares every byte: `cargo bench --bench in_flight --features http [-- BODIES]`. Linux.

mod loopback;

use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use loopback::{Constant, Sink, block_on, file, open, request, run, sink};
use niello::{Access, Body, Media, bytes::Bytes, chat, http::Request, http_body};
use std::{env, error::Error, fs, path::Path, time::Instant};

const LEN: u64 = 100_000_000;

/// How each request gets its body, and the most that are tried.
const FORMS: [(&str, usize); 6] = [
    ("constant", usize::MAX),
    ("plain, one media", usize::MAX),
    ("plain, a media each", usize::MAX),
    ("plain, a media each, read", usize::MAX),
    ("read ahead, one media", usize::MAX),
    ("a string each", 16),
];

fn main() {
    match loopback::job() {
        Some(job) if job.starts_with("sink") => sink(&job),
        Some(job) => return sender(&job),
        None => {}
    }
    let bodies = env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(256);
    let path = file("in_flight.mp4", LEN);
    println!("form                       bodies  seconds    before       peak   each");
    for (form, most) in FORMS {
        let bodies = bodies.min(most);
        let sink = Sink::start(bodies, (form != "constant").then_some(path.as_path()));
        run(&[form, &bodies.to_string(), &sink.url, &path.display().to_string()].join("|"));
    }
    fs::remove_file(path).unwrap();
}

fn sender(job: &str) {
    let words: Vec<_> = job.split('|').collect();
    let (form, bodies, url, path) = (words[0], words[1].parse().unwrap(), words[2], Path::new(words[3]));
    let media = open(path);
    let fresh = |access| {
        let media = Media::options().mime("video/mp4").access(access).open(path).unwrap();
        request(url, &media)
    };
    let start = Instant::now();
    let before = resident("VmRSS:");
    match form {
        "constant" => send(bodies, || request(url, &media).map(|body| Constant::new(body.len()))),
        "plain, one media" => send(bodies, || request(url, &media)),
        "plain, a media each" => send(bodies, || fresh(Access::Map)),
        "plain, a media each, read" => send(bodies, || fresh(Access::Read)),
        "read ahead, one media" => send(bodies, || request(url, &media).map(Body::read_ahead)),
        _ => send(bodies, || {
            let head = request(url, &media).map(drop);
            head.map(|()| Full::new(Bytes::from(usual_way(path))))
        }),
    }
    let (seconds, peak) = (start.elapsed().as_secs_f64(), resident("VmHWM:"));
    let each = (peak - before) / bodies as f64;
    println!("{form:<26} {bodies:>6} {seconds:8.1} {before:5.1} MiB {peak:6.1} MiB {each:6.2} MiB");
}

fn send<B>(bodies: usize, request: impl Fn() -> Request<B>)
where
    B: http_body::Body<Data: Send> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let client = Client::builder(TokioExecutor::new()).build_http();
    block_on(async {
        let sent: Vec<_> = (0..bodies).map(|_| tokio::spawn(client.request(request()))).collect();
        for sent in sent {
            assert_eq!(sent.await.unwrap().unwrap().status(), 200);
        }
    });
}

/// File, base64, data URI and JSON, each in memory.
fn usual_way(path: &Path) -> String {
    let data = STANDARD.encode(fs::read(path).unwrap());
    let url = format!("data:video/mp4;base64,{data}");
    let message = chat::Message::user([chat::Part::video(url)]);
    serde_json::to_string(&chat::Request::new("m").message(message)).unwrap()
}

/// In MiB.
fn resident(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
