//! Opening media: what is taken, what type it is, and what is no change to it.

mod common;

use common::{Origin, assert_same, base64_of, noise, rest_of, scratch};
use niello::{Access, Body, ErrorKind, Media};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// One file of each kind, with the names by which the gateways know its content and its name.
const FILES: [(&str, &str); 18] = [
    ("audio.aac", "audio/aac"),
    ("audio.aiff", "audio/aiff"),
    ("audio.flac", "audio/flac"),
    ("audio.m4a", "audio/m4a"),
    ("audio.mp3", "audio/mp3"),
    ("audio.ogg", "audio/ogg"),
    ("audio.opus", "audio/ogg"),
    ("audio.wav", "audio/wav"),
    ("audio.weba", "audio/webm"),
    ("video.3gp", "video/3gpp"),
    ("video.avi", "video/avi"),
    ("video.flv", "video/x-flv"),
    ("video.mov", "video/mov"),
    ("video.mp4", "video/mp4"),
    ("video.mpeg", "video/mpeg"),
    ("video.mpg", "video/mpg"),
    ("video.webm", "video/webm"),
    ("video.wmv", "video/wmv"),
];

const ACCESSES: [Access; 2] = [Access::Map, Access::Read];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/media").join(name)
}

/// That a body of the media is the base64 of these bytes.
#[track_caller]
fn is_whole(media: &Media, bytes: &[u8]) {
    assert_eq!((media.len(), media.is_empty()), (bytes.len() as u64, bytes.is_empty()));
    let mut body = Body::json(media).unwrap();
    assert_eq!(body.len(), media.encoded_len() + 2);
    assert_same(&rest_of(&mut body), format!("\"{}\"", base64_of(bytes)).as_bytes(), media.name());
}

/// That these options open nothing at the path; returns the message.
#[track_caller]
fn refused(path: impl AsRef<Path>, kind: ErrorKind, io_kind: io::ErrorKind) -> String {
    let path = path.as_ref();
    let mut messages = ACCESSES.map(|access| {
        let error = Media::options().access(access).open(path).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        let message = error.to_string();
        assert!(message.contains(&path.display().to_string()), "{message} does not name the file");
        assert_eq!(io::Error::from(error).kind(), io_kind, "{message}");
        message
    });
    assert_eq!(messages[0], messages[1]);
    std::mem::take(&mut messages[0])
}

#[test]
fn every_documented_type_is_told_and_sent_whole() {
    for (name, mime) in FILES {
        let bytes = fs::read(data(name)).unwrap();
        for access in ACCESSES {
            let media = Media::options().access(access).open(data(name)).unwrap();
            assert_eq!(media.mime(), mime, "{name}");
            assert_eq!(media.name(), data(name).to_str().unwrap());
            is_whole(&media, &bytes);
        }
    }
}

#[test]
fn content_tells_the_type_and_a_wrong_name_does_not() {
    let folder = scratch();
    for (name, mime) in FILES {
        // The same bytes carry both, and the name alone tells them apart.
        let mime = match mime {
            "video/mpg" => "video/mpeg",
            "audio/webm" => "video/webm",
            mime => mime,
        };
        for wrong in ["none", "wrong.mp3", "wrong.MP4", "wrong.tar.gz", ".mp3"] {
            let path = folder.path().join(wrong);
            fs::copy(data(name), &path).unwrap();
            assert_eq!(Media::open(&path).unwrap().mime(), mime, "{name} as {wrong}");
        }
        let bytes = fs::read(data(name)).unwrap();
        assert_eq!(Media::options().from_bytes(bytes).unwrap().mime(), mime, "{name} in memory");
    }
}

#[test]
fn the_name_tells_where_the_content_says_nothing() {
    let folder = scratch();
    for content in [&b""[..], b"\x01", b"\xfe\xdc\xba\x98", &noise(5000)] {
        for (name, mime) in
            [("clip.mp4", "video/mp4"), ("clip.WebM", "video/webm"), ("a.b.Opus", "audio/ogg")]
        {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            let media = Media::open(&path).unwrap();
            assert_eq!(media.mime(), mime, "{name}");
            is_whole(&media, content);
        }
        for name in ["clip", "clip.xyz", "clip.", "mp4"] {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            let message = refused(&path, ErrorKind::MimeType, io::ErrorKind::InvalidInput);
            assert!(message.contains("give a MIME type"), "{message}");
        }
    }
}

#[test]
fn a_type_that_is_not_documented_is_an_error_that_names_it() {
    let message = refused(data("video.mkv"), ErrorKind::MimeType, io::ErrorKind::InvalidInput);
    assert!(message.contains("video/matroska") || message.contains("video/x-matroska"), "{message}");

    let folder = scratch();
    let path = folder.path().join("archive.mp4");
    fs::write(&path, b"\x1f\x8b\x08\0\0\0\0\0").unwrap();
    let message = refused(&path, ErrorKind::MimeType, io::ErrorKind::InvalidInput);
    assert!(message.contains("application/gzip"), "{message}");
}

#[test]
fn a_given_type_is_taken_as_it_is() {
    for mime in ["video/x-matroska", "audio/pcm;rate=16000", "x/y"] {
        for path in [data("video.mkv"), data("audio.wav")] {
            let media = Media::options().mime(mime).open(&path).unwrap();
            assert_eq!(media.mime(), mime);
            is_whole(&media, &fs::read(path).unwrap());
        }
        assert_eq!(Media::from_bytes(&b"\x1f\x8b"[..], mime).unwrap().mime(), mime);
    }
}

#[test]
fn what_is_no_type_is_an_error() {
    for bad in
        ["", "video", "video/", "/mp4", "video/mp4,", "video/mp4\"", "vidéo/mp4", "video/mp4\n", "a b/c"]
    {
        let of_path = Media::options().mime(bad).open(data("video.mp4")).unwrap_err();
        let of_bytes = Media::from_bytes(&b"123"[..], bad).unwrap_err();
        for error in [of_path, of_bytes] {
            assert_eq!(error.kind(), ErrorKind::MimeType, "{bad:?}");
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
    }
    let nothing_told = Media::options().from_bytes(&b"\x01\x02"[..]).unwrap_err();
    assert_eq!(nothing_told.kind(), ErrorKind::MimeType);
}

#[test]
fn a_missing_file_and_a_folder_are_errors_that_name_them() {
    let folder = scratch();
    refused(folder.path().join("none.mp4"), ErrorKind::Io, io::ErrorKind::NotFound);
    refused(folder.path().join("none/none.mp4"), ErrorKind::Io, io::ErrorKind::NotFound);
    refused("", ErrorKind::Io, io::ErrorKind::NotFound);
    if cfg!(unix) {
        refused(folder.path(), ErrorKind::Io, io::ErrorKind::IsADirectory);
        refused("nul\0.mp4", ErrorKind::Io, io::ErrorKind::InvalidInput);
        refused("x".repeat(5000), ErrorKind::Io, io::ErrorKind::InvalidFilename);
    }
}

#[test]
fn an_empty_file_is_valid() {
    let folder = scratch();
    let path = folder.path().join("empty.mp4");
    fs::write(&path, b"").unwrap();
    for access in ACCESSES {
        is_whole(&Media::options().access(access).open(&path).unwrap(), b"");
    }
    is_whole(&Media::from_bytes(&b""[..], "video/mp4").unwrap(), b"");
}

#[test]
fn the_encoded_length_is_that_of_the_text() {
    for origin in Origin::ALL {
        for len in 0..200 {
            let bytes = noise(len);
            let media = origin.media(&bytes);
            assert_eq!(media.encoded_len(), base64_of(&bytes).len() as u64);
            assert_eq!(niello::base64::encoded_len(len as u64), Some(media.encoded_len()));
        }
    }
    assert_eq!(niello::base64::encoded_len(u64::MAX), None);
    assert_eq!(niello::base64::encoded_len(u64::MAX / 4 * 3), Some(u64::MAX / 4 * 4));
    assert_eq!(niello::base64::encoded_len(u64::MAX / 4 * 3 + 1), None);
}

#[test]
fn a_clone_is_the_same_media_and_another_opening_is_not() {
    let media = Media::open(data("video.mp4")).unwrap();
    assert!(media.same(&media.clone()) && media.clone().same(&media));
    assert!(Media::from(&media).same(&media));
    assert!(!media.same(&Media::open(data("video.mp4")).unwrap()));
}

#[test]
fn a_type_that_says_nothing_may_be_given_too() {
    for mime in ["application/octet-stream", "video/mp4"] {
        let media = Media::options().mime(mime).open(data("video.mp4")).unwrap();
        assert_eq!(media.mime(), mime);
    }
}

#[test]
fn any_name_of_a_file_will_do() {
    let folder = scratch();
    let bytes = fs::read(data("video.webm")).unwrap();
    let mut names = vec!["a b.webm", " ", "'", "é🎞.webm", "%41", "$(x)", "-o", "..webm"];
    if cfg!(unix) {
        names.extend(["\"q\".webm", "a\\b", "a\nb", "*?", "<>|:"]);
    }
    for name in names {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let media = Media::open(&path).unwrap();
        assert_eq!(media.name(), path.to_str().unwrap());
        is_whole(&media, &bytes);
        // The name is no part of the body.
        assert!(!String::from_utf8(rest_of(&mut Body::json(&media).unwrap())).unwrap().contains(name));
    }
}

#[test]
fn a_name_that_is_given_is_what_errors_say() {
    let named = || Media::options().name("the talk");
    let says = |error: niello::Error| assert!(error.to_string().contains("the talk"), "{error}");
    assert_eq!(named().open(data("audio.flac")).unwrap().name(), "the talk");
    says(named().open("no such file").unwrap_err());
    says(named().from_bytes(&b"\x01\x02"[..]).unwrap_err());
    #[cfg(feature = "spool")]
    says(named().from_reader(&b"\x01\x02"[..]).unwrap_err());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use common::{DONE, job, process};
    use std::{
        ffi::{CString, OsStr},
        io::Write,
        os::unix::{
            ffi::OsStrExt,
            fs::{PermissionsExt, symlink},
            net::UnixListener,
        },
        process::exit,
        thread,
    };

    #[test]
    fn a_name_that_is_no_text_will_do() {
        let folder = scratch();
        let path = folder.path().join(OsStr::from_bytes(b"a\xff\xfe.webm"));
        let bytes = fs::read(data("video.webm")).unwrap();
        if let Err(error) = fs::write(&path, &bytes) {
            return println!("skipped: this file system takes no such name: {error}");
        }
        let media = Media::open(&path).unwrap();
        is_whole(&media, &bytes);
        assert_eq!(media.name(), path.display().to_string());
        refused(path.with_file_name(OsStr::from_bytes(b"\xff")), ErrorKind::Io, io::ErrorKind::NotFound);
    }

    /// In a process of its own, which gives up the right to read everything, should it have it.
    #[test]
    fn a_file_that_may_not_be_read_is_an_error_and_one_that_is_open_is_read_on() {
        let test = "unix::a_file_that_may_not_be_read_is_an_error_and_one_that_is_open_is_read_on";
        if job().is_none() {
            let output = process(test, "nobody").output().unwrap();
            assert_eq!(output.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&output.stderr));
            return;
        }
        let folder = scratch();
        let path = folder.path().join("secret.mp4");
        let bytes = noise(100_000);
        fs::write(&path, &bytes).unwrap();
        let open = ACCESSES.map(|access| Media::options().mime("a/b").access(access).open(&path).unwrap());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        // SAFETY: takes nothing.
        let user = unsafe { libc::geteuid() };
        // SAFETY: takes a number; 65534 is nobody.
        unsafe { libc::seteuid(65534) };
        refused(&path, ErrorKind::Io, io::ErrorKind::PermissionDenied);
        open.iter().for_each(|media| is_whole(media, &bytes));
        // SAFETY: as above.
        unsafe { libc::seteuid(user) };
        drop(folder);
        exit(DONE);
    }

    #[test]
    fn a_link_is_what_it_leads_to() {
        let folder = scratch();
        let [path, link, nowhere, circle] =
            ["clip.webm", "link", "nowhere", "circle"].map(|name| folder.path().join(name));
        fs::copy(data("video.webm"), &path).unwrap();
        symlink(&path, &link).unwrap();
        symlink(folder.path().join("none"), &nowhere).unwrap();
        symlink(&circle, &circle).unwrap();
        is_whole(&Media::open(&link).unwrap(), &fs::read(&path).unwrap());
        refused(&nowhere, ErrorKind::Io, io::ErrorKind::NotFound);
        let error = Media::open(&circle).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("circle"), "{error}");
    }

    #[test]
    fn a_device_and_a_socket_are_errors_that_name_them() {
        for device in ["/dev/null", "/dev/zero"] {
            let message = refused(device, ErrorKind::Io, io::ErrorKind::Unsupported);
            assert!(message.contains("device"), "{message}");
        }
        let folder = scratch();
        let path = folder.path().join("socket");
        let _listener = UnixListener::bind(&path).unwrap();
        assert_eq!(Media::open(&path).unwrap_err().kind(), ErrorKind::Io);
    }

    #[test]
    fn what_happens_to_the_path_and_the_rights_is_no_change() {
        let bytes = noise(100_000);
        let folder = scratch();
        let path = folder.path().join("clip.mp4");
        let other = folder.path().join("other.mp4");
        type Happening = fn(&Path, &Path);
        let happenings: [(&str, Happening); 6] = [
            ("renamed", |path, other| fs::rename(path, other).unwrap()),
            ("linked", |path, other| fs::hard_link(path, other).unwrap()),
            ("chmod", |path, _| fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap()),
            ("unlinked", |path, _| fs::remove_file(path).unwrap()),
            ("replaced", |path, other| {
                fs::write(other, b"another file").unwrap();
                fs::rename(other, path).unwrap();
            }),
            ("read", |path, _| drop(fs::read(path).unwrap())),
        ];
        for access in ACCESSES {
            for (what, happen) in happenings {
                fs::write(&path, &bytes).unwrap();
                let media = Media::options().mime("video/mp4").access(access).open(&path).unwrap();
                let mut body = Body::json(&media).unwrap();
                let mut head = vec![0; 1001];
                io::Read::read_exact(&mut body, &mut head).unwrap();
                happen(&path, &other);
                assert_same(
                    &[head, rest_of(&mut body)].concat(),
                    format!("\"{}\"", base64_of(&bytes)).as_bytes(),
                    format_args!("{what} while it is sent, {access:?}"),
                );
                is_whole(&media, &bytes);
                for path in [&path, &other] {
                    let _ = fs::remove_file(path);
                }
            }
        }
    }

    #[test]
    fn a_pipe_is_copied_first() {
        let folder = scratch();
        let path = folder.path().join("pipe.mp4");
        let name = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: a string that ends with a zero.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        for (access, mime) in [(Access::Map, "video/mp4"), (Access::Read, "audio/wav")] {
            let bytes = noise(300_001);
            thread::scope(|scope| {
                let writer = scope.spawn(|| {
                    let mut pipe = fs::OpenOptions::new().write(true).open(&path).unwrap();
                    // Without the feature nobody reads, and it is an error here.
                    let _ = pipe.write_all(&bytes);
                });
                let media = Media::options().mime(mime).access(access).open(&path);
                writer.join().unwrap();
                if cfg!(feature = "spool") {
                    let media = media.unwrap();
                    assert_eq!(media.name(), path.to_str().unwrap());
                    is_whole(&media, &bytes);
                } else {
                    let error = media.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Io);
                    assert!(error.to_string().contains("spool"), "{error}");
                }
            });
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_says_it_is_empty_and_is_not_is_copied_first() {
        let media = Media::options().mime("x/y").open("/proc/version");
        if cfg!(feature = "spool") {
            is_whole(&media.unwrap(), &fs::read("/proc/version").unwrap());
        } else {
            let error = media.unwrap_err();
            assert!(error.to_string().contains("spool"), "{error}");
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::Unsupported);
        }
    }

    /// Its first page is mapped nowhere, and so a read of it is an error of the device.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_whose_bytes_cannot_be_had_is_an_error_that_names_it() {
        let path = "/proc/self/mem";
        if fs::File::open(path).is_err() {
            return println!("skipped: no {path} here");
        }
        for access in ACCESSES {
            let error = Media::options().mime("x/y").access(access).open(path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Io);
            assert!(error.to_string().contains(path), "{error}");
            assert_eq!(io::Error::from(error).get_ref().map(|inner| inner.is::<niello::Error>()), Some(true));
        }
    }

    /// It opens, says that it has a page, and refuses to be read.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_read_on_is_the_error_of_the_system() {
        let path = "/sys/class/net/lo/speed";
        match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            _ => return println!("skipped: no such {path} here"),
        }
        for access in ACCESSES {
            let media = Media::options().mime("x/y").access(access).open(path).unwrap();
            let error = Body::json(&media).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Io);
            assert!(error.to_string().contains(path), "{error}");
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidInput);
        }
    }

    /// Such files can't be mapped either, so that they are read.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_shorter_than_it_says_is_an_error_and_no_short_body() {
        let path = "/sys/kernel/mm/transparent_hugepage/enabled";
        let Ok(bytes) = fs::read(path) else { return println!("skipped: no {path} here") };
        for access in ACCESSES {
            let media = Media::options().mime("x/y").access(access).open(path).unwrap();
            assert!(media.len() > bytes.len() as u64);
            let mut body = Body::json(&media).unwrap();
            // All that it says in one read, of which the file gives a part.
            assert_eq!(io::Read::read(&mut body.clone(), &mut [0; 10_000]).unwrap(), 1);
            let mut got = Vec::new();
            let error = io::Read::read_to_end(&mut body, &mut got).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            assert_eq!(common::inner(&error).kind(), ErrorKind::Io);
            assert_eq!(body.position(), got.len() as u64);
            assert!(format!("\"{}", base64_of(&bytes)).into_bytes().starts_with(&got));
        }
    }
}
