//! Delay of a 1 ms timer on the thread that also sends a body:
//! `cargo bench --bench timer --features http [-- ROUNDS]`. Linux.
//!
//! The body's file is warm (in the page cache) or cold.

mod loopback;
mod rig;

use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use loopback::{Constant, Sink, block_on, request, sink};
use niello::{Access, Body, http::Request, http_body};
use rig::{cli, file, rounds::quantile};
use std::{
    error::Error,
    fs::File,
    os::fd::AsRawFd,
    path::Path,
    time::{Duration, Instant},
};

const LEN: u64 = 2 << 30;

fn main() {
    if let Some(job) = loopback::job() {
        sink(&job);
    }
    let rounds = cli::number(0, 3);
    let path = file::warm("timer.mp4", LEN);
    let sink = Sink::start(1, None);
    let new = || request(&sink.url, &file::open(&path, Access::Map));
    println!("delay of each timer in ms");
    println!("form        file   seconds   median     99 %   99.9 %      max");
    for _ in 0..rounds {
        report("nothing", "", delays(async { tokio::time::sleep(Duration::from_secs(2)).await }));
        let constant = new().map(|body| Constant::new(body.len()));
        report("constant", "", delays(send(constant)));
        for (state, prepare) in [("warm", warm as fn(&Path)), ("cold", cool)] {
            prepare(&path);
            report("plain", state, delays(send(new())));
            prepare(&path);
            report("read ahead", state, delays(send(new().map(Body::read_ahead))));
        }
    }
}

async fn send<B>(request: Request<B>)
where
    B: http_body::Body<Data: Send> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let client = Client::builder(TokioExecutor::new()).build_http();
    assert_eq!(client.request(request).await.unwrap().status(), 200);
}

/// Returns how long `work` takes, and the delay of each 1 ms timer meanwhile.
///
/// A timer is due each millisecond, however late the one before was: if the thread is blocked for 100 ms,
/// then 100 timers are late, not one.
fn delays(work: impl Future<Output = ()> + Send + 'static) -> (Duration, Vec<Duration>) {
    // The runtime's clock ticks each millisecond and starts just after this moment. Timers are therefore due
    // just before a tick, and rounding to the tick adds almost no delay.
    let start = Instant::now();
    block_on(async {
        let work = tokio::spawn(work);
        let (mut due, mut delays) = (start, Vec::new());
        while !work.is_finished() {
            due += Duration::from_millis(1);
            tokio::time::sleep_until(due.into()).await;
            delays.push(due.elapsed());
        }
        work.await.unwrap();
        (start.elapsed(), delays)
    })
}

fn report(form: &str, state: &str, (took, delays): (Duration, Vec<Duration>)) {
    let mut delays: Vec<_> = delays.iter().map(|delay| delay.as_secs_f64() * 1e3).collect();
    delays.sort_by(f64::total_cmp);
    let [median, most, tail, max] = [0.5, 0.99, 0.999, 1.0].map(|fraction| quantile(&delays, fraction));
    println!("{form:<11} {state:<5} {:8.2} {median:8.2} {most:8.2} {tail:8.2} {max:8.2}", took.as_secs_f64());
}

/// Reads the file into the page cache.
fn warm(path: &Path) {
    std::io::copy(&mut File::open(path).unwrap(), &mut std::io::sink()).unwrap();
}

/// Drops the file from the page cache. It has no dirty pages, because [`file::warm`] synced it.
fn cool(path: &Path) {
    let file = File::open(path).unwrap();
    // SAFETY: the descriptor is open, and the call accesses no memory of this process.
    let error = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    assert_eq!(error, 0);
}
