//! A warm file of 1 GiB by reqwest to a sink in another process, beside the same client and as many bytes of
//! one constant chunk: `cargo bench --bench upload --features http [-- TURNS]`.
//!
//! Both sides of a ratio run in turn. Printed is the median over all turns.

mod loopback;

use loopback::{Constant, Sink, block_on, file, open, percentile, request, sink};
use niello::{Body, http::Request, http_body};
use std::{env, error::Error, fs, time::Instant};

const LEN: u64 = 1 << 30;

fn main() {
    if let Some(job) = loopback::job() {
        sink(&job);
    }
    let turns = env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(15);
    let path = file("upload.mp4", LEN);
    let sink = Sink::start(1, None);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let plain = request(&sink.url, &open(&path));
    let len = plain.body().len();

    let time = |request: Request<reqwest::Body>| {
        let start = Instant::now();
        let answer = block_on(client.execute(request.try_into().unwrap())).unwrap();
        assert_eq!(answer.status(), 200);
        len as f64 / start.elapsed().as_secs_f64() / 1e9
    };
    type Form<'a> = (&'static str, Box<dyn Fn() -> reqwest::Body + 'a>);
    let forms: [Form<'_>; 3] = [
        ("constant", Box::new(|| wrap(Constant::new(len)))),
        ("plain", Box::new(|| wrap(plain.body().clone()))),
        ("read ahead", Box::new(|| wrap(Body::read_ahead(plain.body().clone())))),
    ];
    let mut speeds = [const { Vec::new() }; 3];
    // The first turn warms.
    for turn in 0..=turns {
        for form in 0..3 {
            let form = (form + turn) % 3;
            let speed = time(plain.clone().map(|_| forms[form].1()));
            if turn > 0 {
                speeds[form].push(speed);
            }
        }
    }
    println!("{len} bytes, {turns} turns");
    for (form, (name, _)) in forms.iter().enumerate() {
        let mut ratios: Vec<_> = speeds[form].iter().zip(&speeds[0]).map(|(a, b)| a / b).collect();
        let ratio = percentile(&mut ratios, 50);
        println!("{name:<10} {:6.2} GB/s {ratio:8.3} of constant", percentile(&mut speeds[form].clone(), 50));
    }
    fs::remove_file(path).unwrap();
}

fn wrap<B>(body: B) -> reqwest::Body
where
    B: http_body::Body<Data = niello::bytes::Bytes> + Send + Sync + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    reqwest::Body::wrap(body)
}
