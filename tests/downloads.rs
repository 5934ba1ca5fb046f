//! Responses with images are read while they arrive, from each client and in little memory.

mod common;
#[path = "downloads/server.rs"]
mod server;

use futures_util::stream;
use http_body_util::StreamBody;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use niello::{
    Error, ErrorKind, Extracted, Extractor, Result, bytes::Bytes, events::Events, gemini, http,
    http_body::Frame,
};
use server::{Kind, assert_image, path};
use std::{
    convert::Infallible,
    future::Future,
    io::{self, Read},
};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Reads a response to its end.
type ReadResponse = fn(&str) -> Result<Extracted>;

const CLIENTS: [(&str, ReadResponse); 4] =
    [("hyper", hyper), ("reqwest", reqwest_async), ("reqwest, blocking", reqwest_blocking), ("ureq", ureq)];

fn hyper(url: &str) -> Result<Extracted> {
    block_on(async {
        let client: Client<HttpConnector, http_body_util::Empty<Bytes>> =
            Client::builder(TokioExecutor::new()).build_http();
        let response = client.get(url.parse().unwrap()).await.unwrap();
        Extractor::new().read_body(response.into_body()).await
    })
}

fn reqwest_async(url: &str) -> Result<Extracted> {
    block_on(async {
        let response = reqwest_get(url).await;
        Extractor::new().read_body(http::Response::<reqwest::Body>::from(response).into_body()).await
    })
}

async fn reqwest_get(url: &str) -> reqwest::Response {
    reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap()
}

fn reqwest_blocking(url: &str) -> Result<Extracted> {
    let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
    Extractor::new().read(client.get(url).send().unwrap())
}

fn ureq(url: &str) -> Result<Extracted> {
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    Extractor::new().read(agent.get(url).call().unwrap().into_body().into_reader())
}

/// Asserts that a response has the image of `len` bytes that the server made from `seed`.
#[track_caller]
fn assert_response(extracted: &Extracted, seed: u64, len: usize) {
    let response = gemini::Response::from_extracted(extracted).unwrap();
    assert_eq!(response.text().as_deref(), Some("A picture."));
    let [image] = response.media().collect::<Vec<_>>()[..] else { panic!("{response:?}") };
    assert_image(image, seed, len);
}

#[test]
fn every_client_reads_an_image_while_it_arrives() {
    let base = server::start();
    for kind in [Kind::Whole, Kind::Trailers] {
        // In memory, and in a file.
        for (seed, len) in [(1, 1), (2, 1000), (3, 5_000_001)] {
            for (client, read) in CLIENTS {
                println!("{client}: {kind:?}, {len} bytes");
                assert_response(&read(&(base.clone() + &path(kind, seed, len, 1))).unwrap(), seed, len);
            }
        }
    }
}

#[test]
fn a_response_is_read_from_a_blocking_reader() {
    let url = server::start() + &path(Kind::Whole, 5, 100_000, 1);
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let body = agent.get(url).call().unwrap().into_body();
    let response = gemini::Response::from_reader(body.into_reader()).unwrap();
    assert_image(response.media().next().unwrap(), 5, 100_000);

    /// Yields one byte at a time, after an interruption each.
    struct Slow<'a>(&'a [u8], bool);
    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let len = out.len().min(1);
            self.0.read(&mut out[..len])
        }
    }
    let extracted = Extractor::new().read(Slow(br#"{"b64_json":"AAECAw=="}"#, false)).unwrap();
    assert_eq!(extracted.media()[0].stored().len(), 4);
}

#[test]
fn empty_frames_and_trailers_of_a_body_are_skipped() {
    let data = |text: &'static str| Frame::data(Bytes::from_static(text.as_bytes()));
    let trailers = || Frame::trailers(http::HeaderMap::new());
    let frames = [
        data(""),
        data("{\"b64_json\":\"AAE"),
        data(""),
        trailers(),
        data("CAw=="),
        data("\"}"),
        data(""),
        trailers(),
    ];
    let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
    let extracted = block_on(Extractor::new().read_body(body)).unwrap();
    let mut bytes = Vec::new();
    extracted.media()[0].stored().copy_to(&mut bytes).unwrap();
    assert_eq!(bytes, [0, 1, 2, 3]);
}

#[test]
fn data_of_a_frame_may_be_in_several_slices() {
    use niello::bytes::Buf;
    let data = Bytes::from_static(b"{\"b64_json\":\"AA").chain(Bytes::from_static(b"AA\"}"));
    let body = StreamBody::new(stream::iter([Ok::<_, Infallible>(Frame::data(data))]));
    let extracted = block_on(Extractor::new().read_body(body)).unwrap();
    assert_eq!(extracted.text(), format!("{{\"b64_json\":\"{}\"}}", extracted.media()[0].mark()));
}

/// Returns the number of open files that have no name, such as the temporary files of media.
#[cfg(target_os = "linux")]
fn unlinked_files() -> usize {
    let links =
        std::fs::read_dir("/proc/self/fd").unwrap().flatten().map(|entry| std::fs::read_link(entry.path()));
    links.flatten().filter(|link| link.to_string_lossy().ends_with("(deleted)")).count()
}

/// Runs a test again in its own process with a job, the URL of a server, and an empty folder for temporary files.
#[cfg(target_os = "linux")]
fn assert_done(test: &str) {
    let temporary = common::scratch();
    let output = common::process(test, &server::start()).env("TMPDIR", temporary.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert_eq!(output.status.code(), Some(common::DONE), "{said}");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn response_that_fails_in_the_middle_is_an_error_and_leaves_nothing() {
    let Some(base) = common::job() else {
        return assert_done("response_that_fails_in_the_middle_is_an_error_and_leaves_nothing");
    };
    assert_eq!(unlinked_files(), 0);
    for (client, read) in CLIENTS {
        let error = read(&(base.clone() + &path(Kind::Half, 1, 2_000_000, 1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{client}: {error}");
        assert_eq!(unlinked_files(), 0, "{client}");
    }
    // A reader that ends early reports no error: then the JSON is not complete.
    let half: &[u8] = br#"{"b64_json":"AAAA"#;
    assert_eq!(Extractor::new().read(half).unwrap_err().kind(), ErrorKind::Json);
    // While a response is kept, its image is.
    let kept = hyper(&(base + &path(Kind::Whole, 1, 2_000_000, 1))).unwrap();
    assert_eq!(unlinked_files(), 1);
    drop(kept);
    assert_eq!(unlinked_files(), 0);
    std::process::exit(common::DONE);
}

#[test]
fn an_error_of_this_crate_inside_a_body_is_returned_unchanged() {
    let cause = Extractor::new().max_text(0).read(&b"{"[..]).unwrap_err();
    let body = StreamBody::new(stream::iter([Err::<Frame<Bytes>, Error>(cause.clone())]));
    let error = block_on(Extractor::new().read_body(body)).unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::TooLarge, cause.to_string()));

    let body =
        StreamBody::new(stream::iter([Err::<Frame<Bytes>, io::Error>(io::ErrorKind::TimedOut.into())]));
    let error = block_on(Extractor::new().read_body(body)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().starts_with("cannot read the body"), "{error}");
}

/// Reads the images of a stream of events as they arrive.
async fn read_events(url: &str, mut each: impl FnMut(&niello::Media)) {
    let mut response = reqwest_get(url).await;
    let mut events = Events::new();
    while let Some(bytes) = response.chunk().await.unwrap() {
        events.push(&bytes);
        for response in events.read::<gemini::Response>() {
            response.unwrap().media().for_each(&mut each);
        }
    }
    events.finish();
    assert!(events.read::<gemini::Response>().next().is_none());
}

/// Returns the peak resident memory of this process in KiB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn ten_responses_at_once_with_images_of_40_mb_in_events_need_64_mib() {
    const LEN: usize = 40_000_000;
    let Some(base) = common::job() else {
        return assert_done("ten_responses_at_once_with_images_of_40_mb_in_events_need_64_mib");
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let responses: Vec<_> = (0..10)
            .map(|seed| {
                let url = base.clone() + &path(Kind::Events, seed, LEN, 1);
                tokio::spawn(async move {
                    let mut images = Vec::new();
                    read_events(&url, |image| images.push(image.clone())).await;
                    images
                })
            })
            .collect();
        let mut kept = Vec::new();
        for response in responses {
            kept.extend(response.await.unwrap());
        }
        // All are there at the same time.
        assert_eq!((kept.len(), unlinked_files()), (10, 10));
        for (seed, image) in kept.iter().enumerate() {
            assert_image(image, seed as u64, LEN);
        }
    });
    println!("{} KiB", peak());
    assert!(peak() < 64 * 1024, "{} KiB were resident", peak());
    std::process::exit(common::DONE);
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_images_in_one_stream_need_the_memory_and_the_disk_of_one() {
    const LEN: usize = 4_000_000;
    let Some(base) = common::job() else {
        return assert_done("a_hundred_images_in_one_stream_need_the_memory_and_the_disk_of_one");
    };
    let mut seed = 0;
    block_on(read_events(&(base + &path(Kind::Events, seed, LEN, 100)), |image| {
        assert_image(image, seed, LEN);
        assert_eq!(unlinked_files(), 1, "at image {seed}");
        seed += 1;
    }));
    assert_eq!((seed, unlinked_files()), (100, 0));
    println!("{} KiB", peak());
    assert!(peak() < 16 * 1024, "{} KiB were resident", peak());
    std::process::exit(common::DONE);
}
