//! Peak memory of a process that sends many bodies of a 100 MB file at once:
//! `cargo bench --bench in_flight --features http [-- BODIES]`. Linux.
//!
//! The bodies go to another process, which compares every byte.

mod loopback;
mod rig;

use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use loopback::{Constant, Sink, block_on, request, run, sink};
use niello::{Access, Body, bytes::Bytes, chat, http::Request, http_body};
use rig::{cli, file};
use std::{error::Error, fs, path::Path, time::Instant};

const LEN: u64 = 100_000_000;

/// How the requests get their bodies, and the most bodies that are tried.
const FORMS: [(&str, usize); 6] = [
    ("constant", usize::MAX),
    ("shared media", usize::MAX),
    ("own media, mapped", usize::MAX),
    ("own media, read", usize::MAX),
    ("shared media, read ahead", usize::MAX),
    ("string in memory", 16),
];

fn main() {
    match loopback::job() {
        Some(job) if job.starts_with("sink") => sink(&job),
        Some(job) => return sender(&job),
        None => {}
    }
    let bodies = cli::number(0, 256);
    let path = file::warm("in_flight.mp4", LEN);
    println!("form                       bodies  seconds    before       peak   per body");
    for (form, most) in FORMS {
        let bodies = bodies.min(most);
        let sink = Sink::start(bodies, (form != "constant").then_some(&*path));
        run(&[form, &bodies.to_string(), &sink.url, &path.display().to_string()].join("|"));
    }
}

fn sender(job: &str) {
    let words: Vec<_> = job.split('|').collect();
    let (form, bodies, url, path) = (words[0], words[1].parse().unwrap(), words[2], Path::new(words[3]));
    let media = file::open(path, Access::Map);
    let own = |access| request(url, &file::open(path, access));
    let start = Instant::now();
    let before = resident("VmRSS:");
    match form {
        "constant" => send(bodies, || request(url, &media).map(|body| Constant::new(body.len()))),
        "shared media" => send(bodies, || request(url, &media)),
        "own media, mapped" => send(bodies, || own(Access::Map)),
        "own media, read" => send(bodies, || own(Access::Read)),
        "shared media, read ahead" => send(bodies, || request(url, &media).map(Body::read_ahead)),
        _ => send(bodies, || {
            let head = request(url, &media).map(drop);
            head.map(|()| Full::new(Bytes::from(in_memory(path))))
        }),
    }
    let (seconds, peak) = (start.elapsed().as_secs_f64(), resident("VmHWM:"));
    let share = (peak - before) / bodies as f64;
    println!("{form:<26} {bodies:>6} {seconds:8.1} {before:5.1} MiB {peak:6.1} MiB {share:6.2} MiB");
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

/// Makes the body without niello: file, base64, data URI and JSON, each in memory.
fn in_memory(path: &Path) -> String {
    let data = STANDARD.encode(fs::read(path).unwrap());
    let url = format!("data:video/mp4;base64,{data}");
    let message = chat::Message::user([chat::Part::video(url)]);
    serde_json::to_string(&chat::Request::new("m").message(message)).unwrap()
}

/// Returns a field of `/proc/self/status` in MiB.
fn resident(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
