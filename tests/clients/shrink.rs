//! A file that shrinks while it is sent is an error in every client: it neither succeeds nor hangs.

use crate::{bytes, chat_request, common::scratch, senders, server, watched};
use http_body_util::BodyExt;
use niello::{Access, Media};
use std::{
    fs::{self, OpenOptions},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// More than all buffers between the file and the server can hold.
const LEN: usize = 32 << 20;

#[test]
fn a_file_that_shrinks_is_an_error_in_every_client() {
    let folder = scratch();
    let bytes = bytes(LEN);
    for (name, send) in senders::ALL {
        for access in [Access::Map, Access::Read] {
            let path = folder.path().join("clip.mp4");
            fs::write(&path, &bytes).unwrap();
            let file = Arc::new(OpenOptions::new().write(true).open(&path).unwrap());
            let media = Media::options().mime("video/mp4").access(access).open(&path).unwrap();

            let whole = Arc::new(AtomicBool::new(false));
            let seen = whole.clone();
            let url = server::serve(move |request| {
                let (file, seen) = (file.clone(), seen.clone());
                async move {
                    let mut body = request.into_body();
                    let mut first = true;
                    while let Some(frame) = body.frame().await {
                        if frame.is_err() {
                            return server::response(400, "the body broke off");
                        }
                        if std::mem::take(&mut first) {
                            file.set_len(1 << 20).unwrap();
                        }
                    }
                    seen.store(true, Ordering::SeqCst);
                    server::response(200, "the whole body")
                }
            });
            let request = chat_request(&url, &media);
            let what = format!("{name}, {access:?}");
            let result = watched(&what, move || send(request));
            let error = result.expect_err(&format!("{what}: no error"));
            assert!(!whole.load(Ordering::SeqCst), "{what}: the server received a whole body, {error}");
            let mut said = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                said = format!("{said}: {error}");
                cause = error.source();
            }
            println!("{what}: {said}");
            // Over HTTP/2, hyper resets the stream and does not report the cause.
            assert!(name == "hyper http/2" || said.contains("after it was opened"), "{what}: {said}");
        }
    }
}
