//! A warm file of 1 GiB, sent by reqwest to a sink in another process, compared with sending as many bytes of
//! one constant chunk: `cargo bench --bench upload --features http [-- ROUNDS]`.
//!
//! Each side is also compared with the plain form of the body. Speeds and ratios are medians over the rounds.

mod loopback;
mod rig;

use loopback::{Constant, Sink, block_on, request, sink};
use niello::{Access, http_body};
use rig::{
    cli, file, machine,
    rounds::{self, Side, ratio, speed},
};
use std::error::Error;

const LEN: u64 = 1 << 30;

fn main() {
    if let Some(job) = loopback::job() {
        sink(&job);
    }
    let rounds = cli::number(0, 15);
    let path = file::warm("upload.mp4", LEN);
    let sink = Sink::start(1, None);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let plain = request(&sink.url, &file::open(&path, Access::Map));
    let len = plain.body().len();

    let send = |body: reqwest::Body| {
        let request = plain.clone().map(|_| body).try_into().unwrap();
        assert_eq!(block_on(client.execute(request)).unwrap().status(), 200);
    };
    // The first two are those with which all are compared.
    let mut sides: [Side<'_>; 3] = [
        ("constant", Box::new(|| send(wrap(Constant::new(len))))),
        ("plain", Box::new(|| send(wrap(plain.body().clone())))),
        ("read ahead", Box::new(|| send(wrap(plain.body().clone().read_ahead())))),
    ];
    let seconds = rounds::run(rounds, &mut sides);
    println!("{}, {len} bytes, {rounds} rounds", machine::state());
    for ((name, _), own) in sides.iter().zip(&seconds) {
        let [of_constant, of_plain] = [0, 1].map(|other| ratio(own, &seconds[other]));
        println!(
            "{name:<10} {:6.2} GB/s {of_constant:8.3} of constant {of_plain:8.3} of plain",
            speed(len, own)
        );
    }
}

fn wrap<B>(body: B) -> reqwest::Body
where
    B: http_body::Body<Data = niello::bytes::Bytes> + Send + Sync + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    reqwest::Body::wrap(body)
}
