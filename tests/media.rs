//! Opening media: what can be opened, which type is detected, and what does not count as a change.

mod common;

use common::{Origin, assert_same, base64_of, noise, rest_of, scratch, unnamed_file};
use niello::{Access, Body, ErrorKind, Media, MediaOptions};
use std::{
    fs,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

/// One file of each kind, with the MIME type under which the gateways document it.
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

const ACCESSES: [Access; 3] = [Access::Map, Access::Read, Access::Reopen];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/media").join(name)
}

/// Asserts that the body of `media` is the base64 of `bytes`.
#[track_caller]
fn assert_complete(media: &Media, bytes: &[u8]) {
    assert_eq!((media.len(), media.is_empty()), (bytes.len() as u64, bytes.is_empty()));
    let mut body = Body::json(media).unwrap();
    assert_eq!(body.len(), media.encoded_len() + 2);
    assert_same(&rest_of(&mut body), format!("\"{}\"", base64_of(bytes)).as_bytes(), media.name());
}

/// Asserts that the path cannot be opened, and returns the message, which is the same for every access.
#[track_caller]
fn assert_rejected(path: impl AsRef<Path>, kind: ErrorKind, io_kind: io::ErrorKind) -> String {
    let path = path.as_ref();
    let mut messages = ACCESSES.map(|access| {
        let error = Media::options().access(access).open(path).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        let message = error.to_string();
        let name = path.display().to_string().replace('\0', "\\u0000");
        let is_named =
            if name.len() <= 200 { message.contains(&name) } else { message.contains(&name[..96]) };
        assert!(
            is_named && message.len() < 400,
            "{message} does not name the file, or repeats too much of its name"
        );
        assert_eq!(io::Error::from(error).kind(), io_kind, "{message}");
        message
    });
    assert!(messages.iter().all(|message| *message == messages[0]), "{messages:?}");
    std::mem::take(&mut messages[0])
}

#[test]
fn every_documented_type_is_detected_and_sent_completely() {
    for (name, mime) in FILES {
        let bytes = fs::read(data(name)).unwrap();
        for access in ACCESSES {
            let media = Media::options().access(access).open(data(name)).unwrap();
            assert_eq!(media.mime(), mime, "{name}");
            assert_eq!(media.name(), data(name).to_str().unwrap());
            assert_complete(&media, &bytes);
        }
    }
}

#[test]
fn content_takes_precedence_over_a_misleading_file_name() {
    let folder = scratch();
    for (name, mime) in FILES {
        // Both names are documented for the same content, so only the file name tells them apart.
        let mime = if mime == "video/mpg" { "video/mpeg" } else { mime };
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
fn file_name_decides_if_the_content_is_inconclusive() {
    let folder = scratch();
    for content in [&b""[..], b"\x01", b"\xfe\xdc\xba\x98", &noise(5000)] {
        for (name, mime) in
            [("clip.mp4", "video/mp4"), ("clip.WebM", "video/webm"), ("a.b.Opus", "audio/ogg")]
        {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            let media = Media::open(&path).unwrap();
            assert_eq!(media.mime(), mime, "{name}");
            assert_complete(&media, content);
        }
        for name in ["clip", "clip.xyz", "clip.", "mp4"] {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            let message = assert_rejected(&path, ErrorKind::MimeType, io::ErrorKind::InvalidInput);
            assert!(message.contains("set it explicitly"), "{message}");
            // The message does not claim that a name was considered where there is no extension.
            assert_eq!(message.contains("or file name"), !["clip", "mp4"].contains(&name), "{message}");
        }
    }
}

#[test]
fn undocumented_type_is_an_error_that_names_the_type() {
    let message = assert_rejected(data("video.mkv"), ErrorKind::MimeType, io::ErrorKind::InvalidInput);
    assert!(message.contains("video/matroska") || message.contains("video/x-matroska"), "{message}");

    let folder = scratch();
    let path = folder.path().join("archive.mp4");
    fs::write(&path, b"\x1f\x8b\x08\0\0\0\0\0").unwrap();
    let message = assert_rejected(&path, ErrorKind::MimeType, io::ErrorKind::InvalidInput);
    assert!(message.contains("application/gzip"), "{message}");
}

#[test]
fn explicit_type_is_used_verbatim() {
    for mime in ["video/x-matroska", "audio/pcm;rate=16000", "x/y", "application/octet-stream"] {
        for path in [data("video.mkv"), data("audio.wav"), data("video.mp4")] {
            let media = Media::options().mime(mime).open(&path).unwrap();
            assert_eq!(media.mime(), mime);
            assert_complete(&media, &fs::read(path).unwrap());
        }
        assert_eq!(Media::from_bytes(&b"\x1f\x8b"[..], mime).unwrap().mime(), mime);
    }
}

#[test]
fn malformed_type_is_an_error() {
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
    let undetectable = Media::options().from_bytes(&b"\x01\x02"[..]).unwrap_err();
    assert_eq!(undetectable.kind(), ErrorKind::MimeType);
}

#[test]
fn missing_file_and_directory_are_errors_that_name_the_path() {
    let folder = scratch();
    assert_rejected(folder.path().join("none.mp4"), ErrorKind::Io, io::ErrorKind::NotFound);
    assert_rejected(folder.path().join("none/none.mp4"), ErrorKind::Io, io::ErrorKind::NotFound);
    assert_rejected("", ErrorKind::Io, io::ErrorKind::NotFound);
    if cfg!(unix) {
        assert_rejected(folder.path(), ErrorKind::Io, io::ErrorKind::IsADirectory);
        assert_rejected("nul\0.mp4", ErrorKind::Io, io::ErrorKind::InvalidInput);
        assert_rejected("x.".repeat(2500), ErrorKind::Io, io::ErrorKind::InvalidFilename);
    }
}

#[test]
fn empty_file_is_valid() {
    let folder = scratch();
    let path = folder.path().join("empty.mp4");
    fs::write(&path, b"").unwrap();
    for access in ACCESSES {
        assert_complete(&Media::options().access(access).open(&path).unwrap(), b"");
    }
    assert_complete(&Media::from_bytes(&b""[..], "video/mp4").unwrap(), b"");
}

#[test]
fn encoded_len_is_the_length_of_the_base64() {
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
fn ptr_eq_holds_for_clones_but_not_after_opening_again() {
    let media = Media::open(data("video.mp4")).unwrap();
    assert!(media.ptr_eq(&media.clone()) && media.clone().ptr_eq(&media));
    assert!(!media.ptr_eq(&Media::open(data("video.mp4")).unwrap()));
}

#[test]
fn unusual_file_names_work() {
    let folder = scratch();
    let bytes = fs::read(data("video.webm")).unwrap();
    let mut names = vec!["a b.webm", "'", "é🎞.webm", "%41", "$(x)", "-o", "..webm"];
    if cfg!(unix) {
        names.extend([" ", "\"q\".webm", "a\\b", "a\nb", "*?", "<>|:"]);
    }
    for name in names {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let media = Media::open(&path).unwrap();
        assert_eq!(media.name(), path.to_str().unwrap());
        assert_complete(&media, &bytes);
        // The name does not appear in the body.
        assert!(!String::from_utf8(rest_of(&mut Body::json(&media).unwrap())).unwrap().contains(name));
    }
}

#[test]
fn errors_use_the_name_that_was_set() {
    let named = || Media::options().name("the talk");
    let says = |error: niello::Error| assert!(error.to_string().contains("the talk"), "{error}");
    assert_eq!(named().open(data("audio.flac")).unwrap().name(), "the talk");
    says(named().open("no such file").unwrap_err());
    says(named().open("").unwrap_err());
    says(named().open("www.example.com/talk").unwrap_err());
    says(named().from_file(fs::File::open(data("video.mkv")).unwrap()).unwrap_err());
    says(named().from_bytes(&b"\x01\x02"[..]).unwrap_err());
    #[cfg(feature = "spool")]
    says(named().from_reader(&b"\x01\x02"[..]).unwrap_err());
}

#[test]
fn public_types_are_send_sync_and_unpin() {
    fn check<T: Send + Sync + Unpin + Clone + std::fmt::Debug + 'static>() {}
    check::<Media>();
    check::<MediaOptions>();
    check::<Access>();
}

#[test]
fn options_can_be_used_repeatedly() {
    let options = Media::options().mime("video/mp4").name("the clip");
    let opened = [
        options.open(data("video.mp4")).unwrap(),
        options.from_file(fs::File::open(data("video.mp4")).unwrap()).unwrap(),
        options.from_bytes(fs::read(data("video.mp4")).unwrap()).unwrap(),
    ];
    for media in opened {
        assert_eq!((media.mime(), media.name()), ("video/mp4", "the clip"));
        assert_complete(&media, &fs::read(data("video.mp4")).unwrap());
    }
}

#[test]
fn open_file_is_sent_from_its_start_and_its_position_is_kept() {
    for (name, mime) in FILES {
        // The name is unknown, so the content decides.
        let mime = if mime == "video/mpg" { "video/mpeg" } else { mime };
        let bytes = fs::read(data(name)).unwrap();
        for (access, position) in [(Access::Map, 5), (Access::Read, bytes.len() as u64 + 7)] {
            let mut file = fs::File::open(data(name)).unwrap();
            file.seek(io::SeekFrom::Start(position)).unwrap();
            let mut duplicate = file.try_clone().unwrap();
            let media = Media::options().access(access).from_file(file).unwrap();
            assert_eq!((media.mime(), media.name()), (mime, "the given file"), "{name}");
            assert_complete(&media, &bytes);
            if cfg!(not(windows)) {
                assert_eq!(duplicate.stream_position().unwrap(), position, "{name}");
            }
        }
    }
}

#[test]
fn open_file_converts_into_media() {
    let media = Media::try_from(fs::File::open(data("audio.flac")).unwrap()).unwrap();
    assert_eq!(media.mime(), "audio/flac");
    assert_complete(&media, &fs::read(data("audio.flac")).unwrap());
    let media: niello::Result<Media> = fs::File::open(data("video.mkv")).unwrap().try_into();
    assert_eq!(media.unwrap_err().kind(), ErrorKind::MimeType);
}

#[test]
fn open_file_without_a_path_works() {
    let bytes = fs::read(data("video.webm")).unwrap();
    for access in ACCESSES {
        let mut file = unnamed_file();
        file.write_all(&bytes).unwrap();
        let media = Media::options().access(access).from_file(file).unwrap();
        assert_eq!(media.mime(), "video/webm");
        assert_complete(&media, &bytes);

        let empty = unnamed_file();
        assert_complete(&Media::options().mime("a/b").access(access).from_file(empty).unwrap(), b"");
    }
    let error = Media::from_file(unnamed_file()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MimeType);
    let expected = "cannot detect the media type of the given file from its content; set it explicitly";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn open_file_that_changes_is_an_error() {
    for access in ACCESSES {
        let mut file = unnamed_file();
        file.write_all(&noise(5000)).unwrap();
        let writer = file.try_clone().unwrap();
        let media = Media::options().mime("a/b").access(access).from_file(file).unwrap();
        writer.set_len(1000).unwrap();
        let error = Body::json(&media).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed);
        let expected =
            "the given file was truncated from 5000 to 1000 bytes after it was opened; open it again";
        assert_eq!(error.to_string(), expected);
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use common::{DONE, job, process};
    use std::{
        ffi::{CString, OsStr},
        os::fd::OwnedFd,
        os::unix::{
            ffi::OsStrExt,
            fs::{PermissionsExt, symlink},
            net::{UnixListener, UnixStream},
        },
        process::exit,
        thread,
    };

    /// With these, a file stays open.
    const KEPT_OPEN: [Access; 2] = [Access::Map, Access::Read];

    #[test]
    fn file_name_that_is_not_utf8_works() {
        let folder = scratch();
        let path = folder.path().join(OsStr::from_bytes(b"a\xff\xfe.webm"));
        let bytes = fs::read(data("video.webm")).unwrap();
        if let Err(error) = fs::write(&path, &bytes) {
            return println!("skipped: this file system does not accept such a name: {error}");
        }
        let media = Media::open(&path).unwrap();
        assert_complete(&media, &bytes);
        assert_eq!(media.name(), path.display().to_string());
        assert_rejected(
            path.with_file_name(OsStr::from_bytes(b"\xff")),
            ErrorKind::Io,
            io::ErrorKind::NotFound,
        );
    }

    /// Runs in its own process, in which root can give up its right to read everything.
    #[test]
    fn file_without_read_permission_is_an_error_unless_it_is_already_open() {
        let test = "unix::file_without_read_permission_is_an_error_unless_it_is_already_open";
        if job().is_none() {
            let output = process(test, "nobody").output().unwrap();
            assert_eq!(output.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&output.stderr));
            return;
        }
        let folder = scratch();
        let path = folder.path().join("secret.mp4");
        let bytes = noise(100_000);
        fs::write(&path, &bytes).unwrap();
        let open = KEPT_OPEN.map(|access| Media::options().mime("a/b").access(access).open(&path).unwrap());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        // SAFETY: no arguments.
        let user = unsafe { libc::geteuid() };
        // SAFETY: the argument is a number, the ID of the user nobody.
        unsafe { libc::seteuid(65534) };
        assert_rejected(&path, ErrorKind::Io, io::ErrorKind::PermissionDenied);
        open.iter().for_each(|media| assert_complete(media, &bytes));
        // SAFETY: as above.
        unsafe { libc::seteuid(user) };
        drop(folder);
        exit(DONE);
    }

    #[test]
    fn symlinks_are_followed() {
        let folder = scratch();
        let [path, link, dangling, circle] =
            ["clip.webm", "link", "dangling", "circle"].map(|name| folder.path().join(name));
        fs::copy(data("video.webm"), &path).unwrap();
        symlink(&path, &link).unwrap();
        symlink(folder.path().join("none"), &dangling).unwrap();
        symlink(&circle, &circle).unwrap();
        assert_complete(&Media::open(&link).unwrap(), &fs::read(&path).unwrap());
        assert_rejected(&dangling, ErrorKind::Io, io::ErrorKind::NotFound);
        let error = Media::open(&circle).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("circle"), "{error}");
    }

    #[test]
    fn device_and_socket_are_errors_that_name_the_path() {
        for device in ["/dev/null", "/dev/zero"] {
            let message = assert_rejected(device, ErrorKind::Io, io::ErrorKind::Unsupported);
            assert!(message.contains("neither a regular file nor a pipe"), "{message}");
        }
        let folder = scratch();
        let path = folder.path().join("socket");
        let _listener = UnixListener::bind(&path).unwrap();
        let error = Media::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("socket"), "{error}");
    }

    #[test]
    fn changes_to_path_or_permissions_do_not_affect_an_open_file() {
        let bytes = noise(100_000);
        let folder = scratch();
        let path = folder.path().join("clip.mp4");
        let other = folder.path().join("other.mp4");
        type Event = fn(&Path, &Path);
        let events: [(&str, Event); 6] = [
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
        for access in KEPT_OPEN {
            for (what, event) in events {
                fs::write(&path, &bytes).unwrap();
                let media = Media::options().mime("video/mp4").access(access).open(&path).unwrap();
                let mut body = Body::json(&media).unwrap();
                let mut head = vec![0; 1001];
                io::Read::read_exact(&mut body, &mut head).unwrap();
                event(&path, &other);
                assert_same(
                    &[head, rest_of(&mut body)].concat(),
                    format!("\"{}\"", base64_of(&bytes)).as_bytes(),
                    format_args!("{what} while it was being sent, {access:?}"),
                );
                assert_complete(&media, &bytes);
                for path in [&path, &other] {
                    let _ = fs::remove_file(path);
                }
            }
        }
    }

    #[test]
    fn pipe_is_copied_first() {
        let folder = scratch();
        let path = folder.path().join("pipe.mp4");
        let name = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: the name is a string that ends with a zero.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        for (access, mime) in [(Access::Map, "video/mp4"), (Access::Read, "audio/wav")] {
            let bytes = noise(300_001);
            thread::scope(|scope| {
                let writer = scope.spawn(|| {
                    let mut pipe = fs::OpenOptions::new().write(true).open(&path).unwrap();
                    // Without the feature nobody reads the pipe, and this fails.
                    let _ = pipe.write_all(&bytes);
                });
                let media = Media::options().mime(mime).access(access).open(&path);
                writer.join().unwrap();
                if cfg!(feature = "spool") {
                    let media = media.unwrap();
                    assert_eq!(media.name(), path.to_str().unwrap());
                    assert_complete(&media, &bytes);
                } else {
                    let error = media.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Io);
                    assert!(error.to_string().contains("spool"), "{error}");
                }
            });
        }
    }

    #[test]
    fn open_directory_device_and_socket_are_errors() {
        let socket = fs::File::from(OwnedFd::from(UnixStream::pair().unwrap().0));
        let cases = [
            (fs::File::open(data("")).unwrap(), io::ErrorKind::IsADirectory, "directory"),
            (fs::File::open("/dev/zero").unwrap(), io::ErrorKind::Unsupported, "neither a regular file"),
            (socket, io::ErrorKind::Unsupported, "neither a regular file"),
        ];
        for (file, kind, reason) in cases {
            let error = Media::options().mime("a/b").from_file(file).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Io);
            let message = error.to_string();
            assert!(message.starts_with("cannot open the given file: "), "{message}");
            assert!(message.contains(reason), "{message}");
            assert_eq!(io::Error::from(error).kind(), kind, "{message}");
        }
    }

    #[test]
    fn open_file_that_is_write_only_is_an_error() {
        let folder = scratch();
        for access in ACCESSES {
            let options = Media::options().access(access);
            let path = folder.path().join("clip.mp4");
            let file = || {
                fs::write(&path, noise(5000)).unwrap();
                fs::OpenOptions::new().write(true).open(&path).unwrap()
            };
            let while_detecting = options.from_file(file()).unwrap_err();
            let while_sending = Body::json(&options.mime("a/b").from_file(file()).unwrap()).unwrap_err();
            for error in [while_detecting, while_sending] {
                assert_eq!(error.kind(), ErrorKind::Io);
                assert!(error.to_string().starts_with("cannot read the given file: "), "{error}");
            }
        }
    }

    #[test]
    fn open_file_that_was_unlinked_works() {
        let folder = scratch();
        let path = folder.path().join("clip.mp4");
        let bytes = noise(100_000);
        for access in ACCESSES {
            fs::write(&path, &bytes).unwrap();
            let file = fs::File::open(&path).unwrap();
            fs::remove_file(&path).unwrap();
            fs::write(&path, b"another file of the same name").unwrap();
            let media = Media::options().mime("video/mp4").access(access).from_file(file).unwrap();
            assert_complete(&media, &bytes);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memfd_works() {
        use std::os::fd::FromRawFd;
        let bytes = noise(100_000);
        for access in ACCESSES {
            // SAFETY: the name is a string that ends with a zero, and nobody else owns the new descriptor.
            let mut file = unsafe {
                let fd = libc::memfd_create(c"clip".as_ptr(), libc::MFD_CLOEXEC);
                assert_ne!(fd, -1, "{}", io::Error::last_os_error());
                fs::File::from_raw_fd(fd)
            };
            file.write_all(&bytes).unwrap();
            let media = Media::options().mime("video/mp4").access(access).from_file(file).unwrap();
            assert_complete(&media, &bytes);
        }
    }

    #[test]
    fn open_pipe_is_copied_and_an_empty_one_is_an_error() {
        for (access, len) in
            [(Access::Map, 0), (Access::Read, 0), (Access::Map, 300_001), (Access::Reopen, 5)]
        {
            let bytes = noise(len);
            let (reader, mut writer) = io::pipe().unwrap();
            let media = thread::scope(|scope| {
                let bytes = &bytes;
                // Without the feature nobody reads the pipe, and this fails.
                scope.spawn(move || _ = writer.write_all(bytes));
                let pipe = fs::File::from(OwnedFd::from(reader));
                Media::options().mime("video/mp4").access(access).from_file(pipe)
            });
            if cfg!(feature = "spool") && len > 0 {
                assert_complete(&media.unwrap(), &bytes);
                continue;
            }
            let error = media.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Io);
            let reason = if cfg!(feature = "spool") { "the pipe is empty" } else { "spool" };
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn open_file_that_reports_length_zero_but_has_bytes_is_copied_from_its_start() {
        let mut file = fs::File::open("/proc/version").unwrap();
        io::Read::read_exact(&mut file, &mut [0; 5]).unwrap();
        let media = Media::options().mime("x/y").from_file(file);
        if cfg!(feature = "spool") {
            assert_complete(&media.unwrap(), &fs::read("/proc/version").unwrap());
        } else {
            assert!(media.unwrap_err().to_string().contains("spool"));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn file_that_reports_length_zero_but_has_bytes_is_copied_first() {
        let media = Media::options().mime("x/y").open("/proc/version");
        if cfg!(feature = "spool") {
            assert_complete(&media.unwrap(), &fs::read("/proc/version").unwrap());
        } else {
            let error = media.unwrap_err();
            assert!(error.to_string().contains("spool"), "{error}");
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::Unsupported);
        }
    }

    /// The first page of this process is not mapped, so reading it fails.
    #[cfg(target_os = "linux")]
    #[test]
    fn file_that_cannot_be_read_while_opening_is_an_error_that_names_it() {
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

    /// This file can be opened and reports a length of one page, but reading it fails.
    #[cfg(target_os = "linux")]
    #[test]
    fn read_error_after_opening_names_the_file_and_keeps_its_kind() {
        let path = "/sys/class/net/lo/speed";
        match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            _ => return println!("skipped: {path} does not behave like this here"),
        }
        for access in ACCESSES {
            let media = Media::options().mime("x/y").access(access).open(path).unwrap();
            let error = Body::json(&media).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Io);
            assert!(error.to_string().contains(path), "{error}");
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidInput);
        }
    }

    /// Such files cannot be mapped, so every access reads them.
    #[cfg(target_os = "linux")]
    #[test]
    fn file_shorter_than_its_reported_length_is_an_error_not_a_short_body() {
        let path = "/sys/kernel/mm/transparent_hugepage/enabled";
        let Ok(bytes) = fs::read(path) else { return println!("skipped: no {path} here") };
        for access in ACCESSES {
            let media = Media::options().mime("x/y").access(access).open(path).unwrap();
            assert!(media.len() > bytes.len() as u64);
            let mut body = Body::json(&media).unwrap();
            // The buffer has room for the reported length, of which the file returns only a part.
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

#[test]
fn files_that_are_not_what_their_name_says_are_rejected_with_the_reason() {
    let folder = scratch();
    for (name, content, says) in [
        (
            "pointer.mp4",
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
            "git lfs pull",
        ),
        ("error.mp4", "404: Not Found", "is text, not media"),
        ("page.mp3", "<!DOCTYPE html><title>Sign in</title>", "is an HTML page, not media"),
        (
            "denied.wav",
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
            "is XML, not media",
        ),
        ("error.webm", "{\"error\": {\"code\": 403}}", "is JSON, not media"),
        ("encoded.png", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ", "decode it first"),
        ("uri.png", "data:image/png;base64,iVBORw0KGgo=", "decode it first"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let error = Media::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MimeType, "{error}");
        assert!(error.to_string().contains(says) && error.to_string().contains(name), "{error}");
        // A type that is set explicitly is used as it is.
        assert_eq!(Media::options().mime("text/plain").open(&path).unwrap().mime(), "text/plain");
    }
}

#[test]
fn a_length_beyond_any_file_means_the_same_in_a_file_and_in_memory() {
    let folder = scratch();
    let path = folder.path().join("length.mp4");
    for size in [1 << 63, u64::MAX, (1 << 63) - 40] {
        let content = [b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x01mdat", &size.to_be_bytes()[..]].concat();
        fs::write(&path, &content).unwrap();
        let error = Media::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MimeType, "{size}: {error}");
        let in_memory = Media::options().from_bytes(content).unwrap_err();
        assert_eq!(in_memory.kind(), ErrorKind::MimeType);
    }
}
