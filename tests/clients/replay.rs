//! Bodies that are sent again: after a cut connection, a redirect and an error of the server.

use crate::{
    bytes, chat_request, chat_text,
    common::{DONE, Origin, Random, job, process},
    senders::{block_on, hyper_client},
    server, watched,
};
use http_body_util::BodyExt;
use hyper::{Response, body::Incoming, header::LOCATION};
use hyper_util::client::legacy;
use niello::{Body, http::Request};
use std::{
    fs, future,
    io::Read,
    net::TcpListener,
    process::exit,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};
use tower::{Service, ServiceExt, retry};
use tower_http::follow_redirect::{FollowRedirect, policy};

/// Returns the peak resident memory of this process in KiB.
pub fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

const REPLAYS: u32 = 500;
const LEN: usize = 3 << 20;

/// Starts a server that cuts `cuts` connections at a random byte of the body, and checks the body of the next one.
fn cutting_server(cuts: u32, expected: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut random = Random::new(4);
        let mut buffer = vec![0; 1 << 16];
        for _ in 0..cuts {
            let (mut stream, _) = listener.accept().unwrap();
            let (_, body) = server::head(&mut stream);
            let mut left = random.below(expected.len() as u64).saturating_sub(body.len() as u64) as usize;
            while left > 0 {
                let most = buffer.len().min(left);
                left -= stream.read(&mut buffer[..most]).unwrap();
            }
        }
        let (mut stream, _) = listener.accept().unwrap();
        let (_, mut body) = server::head(&mut stream);
        let come = body.len();
        body.resize(expected.len(), 0);
        stream.read_exact(&mut body[come..]).unwrap();
        let right = body == expected.as_bytes();
        server::say(&mut stream, if right { "200 OK" } else { "400 Bad Request" }, "");
    });
    url
}

/// Runs in a process of its own, whose memory no other test uses.
#[test]
fn five_hundred_replays_succeed_in_constant_memory() {
    if job().is_none() {
        let mut alone = process("replay::five_hundred_replays_succeed_in_constant_memory", "alone");
        let output = watched("500 replays", move || alone.output().unwrap());
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        println!("{said}");
        assert_eq!(output.status.code(), Some(DONE), "{said}");
        return;
    }
    let bytes = bytes(LEN);
    let url = cutting_server(REPLAYS, chat_text(&bytes));
    let request = chat_request(&url, &Origin::Map.media(&bytes));
    let (mut early, mut late) = (0, 0);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    block_on(async {
        for attempt in 0..REPLAYS {
            let request = request.clone().map(reqwest::Body::wrap).try_into().unwrap();
            client.execute(request).await.expect_err("the connection was cut");
            if attempt == REPLAYS / 10 {
                early = peak();
            }
        }
        // Measured before the server, which is in this process, collects the last body.
        late = peak();
        let request = request.clone().map(reqwest::Body::wrap).try_into().unwrap();
        assert_eq!(client.execute(request).await.unwrap().status(), 200);
    });
    println!("{early} KiB after {} attempts, {late} KiB after all", REPLAYS / 10);
    assert!(late < early + 1024, "{early} KiB, then {late} KiB");
    exit(DONE);
}

/// Starts a server that returns these statuses for the first requests, and checks the request after them.
fn failing_server(statuses: &'static [u16], expected: String) -> String {
    let (expected, count) = (Arc::new(expected.into_bytes()), Arc::new(AtomicU32::new(0)));
    server::serve(move |mut request| {
        let (expected, index) = (expected.clone(), count.fetch_add(1, Ordering::SeqCst) as usize);
        async move {
            let Some(&status) = statuses.get(index) else { return server::judge(request, expected).await };
            // The whole body, or the start of every second one that fails. A redirect before the end of the body could be
            // lost with the connection.
            let mut frames = if index % 2 == 0 || status < 500 { usize::MAX } else { 2 };
            while frames > 0 && request.body_mut().frame().await.is_some() {
                frames -= 1;
            }
            let mut response = server::response(status, "");
            response.headers_mut().insert(LOCATION, "/moved/chat/completions".parse().unwrap());
            response
        }
    })
}

#[test]
fn redirects_send_the_body_again() {
    let bytes = bytes(LEN);
    let url = failing_server(&[307, 308], chat_text(&bytes));
    let request = chat_request(&url, &Origin::Map.media(&bytes));
    let clones = policy::clone_body_fn(|body: &Body| Some(body.clone()));
    let policy = policy::PolicyExt::and::<_, Body, legacy::Error>(policy::Limited::new(5), clones);
    let status = watched("a redirect", move || {
        block_on(FollowRedirect::with_policy(hyper_client(false), policy).oneshot(request)).unwrap().status()
    });
    assert_eq!(status, 200);
}

/// Retries after any error, up to this number of times.
#[derive(Clone)]
struct Again(u32);

impl retry::Policy<Request<Body>, Response<Incoming>, legacy::Error> for Again {
    type Future = future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        result: &mut Result<Response<Incoming>, legacy::Error>,
    ) -> Option<Self::Future> {
        let bad = result.as_ref().map_or(true, |response| response.status().is_server_error());
        self.0 = self.0.checked_sub(1)?;
        bad.then(|| future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        Some(request.clone())
    }
}

#[test]
fn retries_send_the_body_again() {
    let bytes = bytes(LEN);
    let media = Origin::Map.media(&bytes);
    for http_2 in [false, true] {
        let url = failing_server(&[503, 500], chat_text(&bytes));
        let request = chat_request(&url, &media);
        let status = watched("a retry", move || {
            block_on(async {
                let mut service = retry::Retry::new(Again(5), hyper_client(http_2));
                service.ready().await.unwrap().call(request).await.unwrap().status()
            })
        });
        assert_eq!(status, 200);
    }

    let url = cutting_server(3, chat_text(&bytes));
    let request = chat_request(&url, &media);
    let status = watched("a retry after cuts", move || {
        block_on(retry::Retry::new(Again(5), hyper_client(false)).oneshot(request)).unwrap().status()
    });
    assert_eq!(status, 200);
}
