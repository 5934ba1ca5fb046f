//! How late a timer of 1 ms is on the one thread that also sends a body, the file cold: `cargo bench --bench
//! timer --features http [-- TURNS]`. Linux.

mod loopback;

use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use loopback::{Constant, Sink, block_on, file, open, percentile, request, sink};
use niello::{Body, http::Request, http_body};
use std::{
    env,
    error::Error,
    fs::{self, File},
    os::fd::AsRawFd,
    path::Path,
    time::{Duration, Instant},
};

const LEN: u64 = 2 << 30;

fn main() {
    if let Some(job) = loopback::job() {
        sink(&job);
    }
    let turns = env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(3);
    let path = file("timer.mp4", LEN);
    let sink = Sink::start(1, None);
    let new = || request(&sink.url, &open(&path));
    println!("form        file   seconds   median      99 %     99.9 %        max");
    for _ in 0..turns {
        report("nothing", "", late(async { tokio::time::sleep(Duration::from_secs(2)).await }));
        let constant = new().map(|body| Constant::new(body.len()));
        report("constant", "", late(send(constant)));
        for state in ["warm", "cold"] {
            let prepare = if state == "warm" { warm } else { cool };
            prepare(&path);
            report("plain", state, late(send(new())));
            prepare(&path);
            report("read ahead", state, late(send(new().map(Body::read_ahead))));
        }
    }
    fs::remove_file(path).unwrap();
}

async fn send<B>(request: Request<B>)
where
    B: http_body::Body<Data: Send> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let client = Client::builder(TokioExecutor::new()).build_http();
    assert_eq!(client.request(request).await.unwrap().status(), 200);
}

/// How long `work` takes, and how late each millisecond was meanwhile. A wait of a hundred milliseconds makes
/// a hundred of them late, not one.
fn late(work: impl Future<Output = ()> + Send + 'static) -> (Duration, Vec<Duration>) {
    // The runtime's timer ticks each millisecond from a moment just after this one: what is due just
    // before a tick is not late by rounding alone.
    let start = Instant::now();
    block_on(async {
        let work = tokio::spawn(work);
        let (mut due, mut late) = (start, Vec::new());
        while !work.is_finished() {
            due += Duration::from_millis(1);
            tokio::time::sleep_until(due.into()).await;
            late.push(due.elapsed());
        }
        work.await.unwrap();
        (start.elapsed(), late)
    })
}

fn report(form: &str, state: &str, (took, late): (Duration, Vec<Duration>)) {
    let mut late: Vec<_> = late.iter().map(|late| late.as_secs_f64() * 1e3).collect();
    let (median, most) = (percentile(&mut late, 50), percentile(&mut late, 99));
    let tail = late[late.len() * 999 / 1000];
    let max = late[late.len() - 1];
    println!(
        "{form:<11} {state:<5} {:8.2} {median:6.2} ms {most:7.2} ms {tail:7.2} ms {max:7.2} ms",
        took.as_secs_f64()
    );
}

/// Into the page cache.
fn warm(path: &Path) {
    std::io::copy(&mut File::open(path).unwrap(), &mut std::io::sink()).unwrap();
}

/// Out of the page cache; the file has been synced.
fn cool(path: &Path) {
    let file = File::open(path).unwrap();
    // SAFETY: advice on a file that is open.
    let refused = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    assert_eq!(refused, 0);
}
