//! A thousand bodies with random faults of file and writer: each is delivered completely or ends with an
//! error, and none hangs.
#![cfg(unix)]

mod common;

use common::{Origin, Random, assert_same, base64_of, inner, noise, scratch};
use niello::{Access, Body, ErrorKind, Media};
use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, SystemTime},
};

const BODIES: u64 = 1000;
const TIMEOUT: Duration = Duration::from_secs(120);

type Fault = fn(&Path);

/// What happens to a file, and whether that counts as a change.
const FAULTS: [(Fault, bool); 9] = [
    (|_| {}, false),
    (|path| set_len(path, 0), true),
    (|path| set_len(path, 1000), true),
    (|path| set_len(path, 1 << 20), true),
    (|path| fs::write(path, vec![b'x'; fs::metadata(path).unwrap().len() as usize]).unwrap(), true),
    (|path| fs::remove_file(path).unwrap(), false),
    (|path| fs::set_permissions(path, Permissions::from_mode(0o0)).unwrap(), false),
    (|path| fs::rename(path, path.with_extension("gone")).unwrap(), false),
    (
        |path| {
            fs::write(path.with_extension("new"), b"another").unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        },
        false,
    ),
];

fn set_len(path: &Path, len: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
}

/// A writer that accepts random lengths, fails at random, and applies a fault to the file once it has
/// received a given number of bytes.
struct Sink {
    received: Vec<u8>,
    random: Random,
    path: PathBuf,
    fault: Option<(usize, Fault)>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some((_, fault)) = self.fault.take_if(|(at, _)| self.received.len() >= *at) {
            fault(&self.path);
        }
        match self.random.below(12) {
            0 => Ok(0),
            1 => Err(io::ErrorKind::WouldBlock.into()),
            2 => Err(io::ErrorKind::Interrupted.into()),
            3 => Err(io::ErrorKind::ConnectionReset.into()),
            4 => panic!("the writer panics"),
            _ => {
                let len = self.random.length(bytes.len() as u64).min(bytes.len());
                self.received.extend_from_slice(&bytes[..len]);
                Ok(len)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a body, and returns whether it was delivered completely.
fn deliver(random: &mut Random, folder: &Path) -> bool {
    // One body in fifty is longer than a window, and has larger chunks.
    let scale = if random.below(50) == 0 { 120 } else { 1 };
    let bytes = noise((3000 + random.below(60_000) as usize) * scale);
    let path = folder.join("clip.mp4");
    fs::write(&path, &bytes).unwrap();
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    OpenOptions::new().write(true).open(&path).unwrap().set_modified(written).unwrap();
    let access = [Access::Map, Access::Read][random.below(2) as usize];
    let media = Media::options().mime("video/mp4").access(access).open(&path).unwrap();
    let other = Origin::Bytes.media(&bytes[..100]);
    let expected = format!(r#"["{}","{}","{0}"]"#, base64_of(&bytes), base64_of(&bytes[..100])).into_bytes();

    let (fault, is_change) = FAULTS[random.below(FAULTS.len() as u64) as usize];
    let at = random.below(expected.len() as u64) as usize;
    let mut sink = Sink {
        received: Vec::new(),
        random: Random::new(random.below(u64::MAX)),
        path,
        fault: Some((at, fault)),
    };
    let body = Body::json(&(&media, &other, &media)).unwrap();
    let mut body = body.with_chunk_len((2000 + random.below(1 << 17) as usize) * scale.min(8));
    let mut compared = 0;
    loop {
        let written = catch_unwind(AssertUnwindSafe(|| body.write_to(&mut sink)));
        assert_eq!(body.position(), sink.received.len() as u64, "just past the received bytes");
        let received = compared..sink.received.len();
        assert_same(&sink.received[received.clone()], &expected[received.clone()], "the received bytes");
        compared = received.end;
        match written {
            Ok(Ok(_)) => {
                assert_eq!(sink.received.len(), expected.len());
                return true;
            }
            // An error of the body ends it.
            Ok(Err(error)) if error.get_ref().is_some_and(|inner| inner.is::<niello::Error>()) => {
                assert_eq!(inner(&error).kind(), ErrorKind::Changed, "{error}");
                assert!(is_change, "{error}");
                return false;
            }
            // After an error or panic of the writer, it continues.
            Ok(Err(_)) | Err(_) => {}
        }
    }
}

#[test]
fn thousand_bodies_with_faults_are_complete_or_an_error_and_none_hangs() {
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        // Hides the messages of the writers' intended panics.
        let default_hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref() != Some(&"the writer panics") {
                default_hook(panic);
            }
        }));
        let mut random = Random::new(7);
        let folder = scratch();
        let mut complete = 0;
        for n in 0..BODIES {
            let folder = folder.path().join(n.to_string());
            fs::create_dir(&folder).unwrap();
            complete += u64::from(deliver(&mut random, &folder));
            fs::remove_dir_all(folder).unwrap();
        }
        done.send(complete).unwrap();
    });
    let complete = result.recv_timeout(TIMEOUT).expect("all bodies end in time");
    println!("{complete} of {BODIES} were complete");
    assert!((BODIES / 4..BODIES).contains(&complete));
}
