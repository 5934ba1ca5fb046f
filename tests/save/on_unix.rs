//! Files that change, permissions, symbolic links, special files and full disks.

use super::*;
use crate::common::{inner, victim::Victim};
use niello::Access;
use std::{
    fs::{File, OpenOptions, Permissions},
    os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink},
    time::{Duration, SystemTime},
};

const ACCESSES: [Access; 2] = [Access::Map, Access::Read];

type Change = fn(&Victim, len: u64);

/// Changes to a file, with the word by which the error describes each.
const CHANGES: [(&str, Change); 5] = [
    ("was truncated", |victim, _| victim.file.set_len(0).unwrap()),
    ("was truncated", |victim, len| victim.file.set_len(len - 1).unwrap()),
    ("grew", |victim, len| victim.file.set_len(len + 1).unwrap()),
    ("was rewritten", |victim, len| victim.file.write_all_at(b"x", len - 1).unwrap()),
    ("was rewritten", |victim, len| {
        victim.file.set_len(0).unwrap();
        victim.file.set_len(len).unwrap();
    }),
];

/// A writer that changes a file when it has received a number of bytes.
struct Changing<'a> {
    received: Vec<u8>,
    at: usize,
    change: Option<(Change, &'a Victim, u64)>,
}

impl Write for Changing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(100_000);
        self.received.extend_from_slice(&bytes[..len]);
        if self.received.len() > self.at
            && let Some((change, victim, len)) = self.change.take()
        {
            change(victim, len);
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn changed_file_is_not_copied_read_or_saved() {
    let folder = scratch();
    let path = folder.path().join("saved");
    for len in [1, 48, 5000, WINDOW + 4097] {
        let bytes = noise(len);
        for access in ACCESSES {
            for (words, change) in CHANGES {
                let victim = Victim::new(&bytes);
                let media = victim.media(access);
                let mut reader = media.reader();
                let before = len.min(30);
                reader.read_exact(&mut vec![0; before]).unwrap();
                change(&victim, len as u64);

                let mut copy = Vec::new();
                let error = media.copy_to(&mut copy).unwrap_err();
                assert_eq!((error.kind(), copy.len()), (ErrorKind::Changed, 0), "{error}");
                let message = error.to_string();
                assert!(message.contains(words) && message.contains(media.name()), "{message}");

                if before < len {
                    let error = reader.read(&mut vec![0; len]).unwrap_err();
                    assert_eq!(inner(&error).to_string(), message);
                    assert_eq!(reader.stream_position().unwrap(), before as u64);
                }

                fs::write(&path, "previous").unwrap();
                assert_eq!(media.save(&path).unwrap_err().to_string(), message);
                assert_eq!(fs::read(&path).unwrap(), b"previous");
                assert_eq!(names(folder.path()), ["saved"]);
            }
        }
    }
}

#[test]
fn empty_file_that_grew_is_not_copied() {
    for access in ACCESSES {
        let victim = Victim::new(b"");
        let media = victim.media(access);
        assert_eq!(media.copy_to(io::sink()).unwrap(), 0);
        victim.file.set_len(1).unwrap();
        let error = media.copy_to(io::sink()).unwrap_err();
        assert!(
            error.kind() == ErrorKind::Changed && error.to_string().contains("grew from 0 to 1"),
            "{error}"
        );
    }
}

#[test]
fn file_that_changes_during_a_copy_ends_it_with_no_byte_read_after_the_change() {
    let bytes = noise(3 * STEP + 10);
    for access in ACCESSES {
        for (words, change) in CHANGES {
            for at in [0, STEP - 1, STEP, 2 * STEP + 1] {
                let victim = Victim::new(&bytes);
                let change = Some((change, &victim, bytes.len() as u64));
                let mut writer = Changing { received: Vec::new(), at, change };
                let error = victim.media(access).copy_to(&mut writer).unwrap_err();
                assert!(error.kind() == ErrorKind::Changed && error.to_string().contains(words), "{error}");
                // The buffer that was read before the change is complete.
                let len = (at / STEP + 1) * STEP;
                assert_same(&writer.received, &bytes[..len], format_args!("{words} after {at}"));
            }
        }
    }
}

#[test]
fn file_that_changes_while_it_is_saved_replaces_the_target_completely_or_not_at_all() {
    let folder = scratch();
    let path = folder.path().join("saved");
    let bytes = noise(WINDOW);
    let (mut saved, mut failed) = (0, 0);
    let mut random = Random::new(3);
    for round in 0..100 {
        let victim = Victim::new(&bytes);
        let media = victim.media(ACCESSES[round % 2]);
        fs::write(&path, "previous").unwrap();
        let spin = random.below(2_000_000);
        let result = thread::scope(|scope| {
            let saving = scope.spawn(|| media.save(&path));
            (0..spin).for_each(|_| std::hint::spin_loop());
            victim.file.set_len(random.below(WINDOW as u64)).unwrap();
            saving.join().unwrap()
        });
        match result {
            Ok(()) => {
                assert_same(&fs::read(&path).unwrap(), &bytes, "saved");
                saved += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Changed, "{error}");
                assert_eq!(fs::read(&path).unwrap(), b"previous");
                failed += 1;
            }
        }
        assert_eq!(names(folder.path()), ["saved"]);
    }
    println!("{saved} were saved, {failed} were interrupted");
    assert!(failed > 0, "nothing was interrupted");
}

#[test]
fn replaced_file_keeps_its_permissions_but_not_the_set_user_id_bit() {
    let folder = scratch();
    let path = folder.path().join("saved");
    let media = Origin::Bytes.media(b"new");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    for (before, after) in [(0o600, 0o600), (0o640, 0o640), (0o666, 0o666), (0o755, 0o755), (0o4755, 0o755)] {
        fs::write(&path, "previous").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(before)).unwrap();
        media.save(&path).unwrap();
        assert_eq!(mode(&path), after, "{before:o}");
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
    // A new file has the permissions of every new file.
    let (new, usual) = (folder.path().join("new"), folder.path().join("usual"));
    media.save(&new).unwrap();
    File::create(&usual).unwrap();
    assert_eq!(mode(&new), mode(&usual));
}

/// The superuser may write to every file, and then may save to it.
#[test]
fn file_that_cannot_be_written_is_not_replaced() {
    let folder = scratch();
    let path = folder.path().join("saved");
    fs::write(&path, "previous").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    let media = Origin::Bytes.media(b"new");
    match OpenOptions::new().write(true).open(&path) {
        Err(_) => {
            let why = "the existing file cannot be written: Permission denied";
            assert_not_saved(&media, &path, io::ErrorKind::PermissionDenied, why);
            assert_eq!(fs::read(&path).unwrap(), b"previous");
        }
        Ok(_) => {
            media.save(&path).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
        }
    }
    assert_eq!(names(folder.path()), ["saved"]);
}

#[test]
fn other_hard_links_keep_the_previous_content() {
    let folder = scratch();
    let [path, other] = ["saved", "other"].map(|name| folder.path().join(name));
    fs::write(&path, "previous").unwrap();
    fs::hard_link(&path, &other).unwrap();
    Origin::Bytes.media(b"new").save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(&other).unwrap(), b"previous");
}

#[test]
fn file_behind_a_symbolic_link_is_replaced_and_the_link_stays() {
    let folder = scratch();
    let folder = folder.path();
    let media = Origin::Bytes.media(b"new");
    fs::create_dir(folder.join("inner")).unwrap();
    fs::write(folder.join("inner/file"), "previous").unwrap();
    fs::set_permissions(folder.join("inner/file"), Permissions::from_mode(0o600)).unwrap();
    symlink("inner/file", folder.join("relative")).unwrap();
    symlink(folder.join("relative"), folder.join("absolute")).unwrap();
    symlink("../inner/new", folder.join("inner/dangling")).unwrap();
    symlink("inner", folder.join("folder")).unwrap();
    symlink("loop", folder.join("loop")).unwrap();

    for link in ["relative", "absolute", "folder/file"] {
        fs::write(folder.join("inner/file"), "previous").unwrap();
        media.save(folder.join(link)).unwrap();
        assert_eq!(fs::read(folder.join("inner/file")).unwrap(), b"new", "{link}");
        assert_eq!(fs::metadata(folder.join("inner/file")).unwrap().mode() & 0o777, 0o600);
    }
    media.save(folder.join("inner/dangling")).unwrap();
    assert_eq!(fs::read(folder.join("inner/new")).unwrap(), b"new");
    assert_eq!(names(&folder.join("inner")), ["dangling", "file", "new"]);
    for link in ["relative", "absolute", "inner/dangling", "folder", "loop"] {
        assert!(folder.join(link).is_symlink(), "{link}");
    }

    let directory = "it is a directory; name a file in it";
    assert_not_saved(&media, &folder.join("folder"), io::ErrorKind::IsADirectory, directory);
    let error = media.save(folder.join("loop")).unwrap_err().to_string();
    assert!(error.contains("loop: Too many levels of symbolic links"), "{error}");
    assert_eq!(names(folder), ["absolute", "folder", "inner", "loop", "relative"]);
}

#[test]
fn special_files_are_not_replaced() {
    let folder = scratch();
    let media = Origin::Bytes.media(b"new");
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for special in [&socket, Path::new("/dev/null")] {
        let why = "it is not a regular file; open it and use `copy_to`";
        assert_not_saved(&media, special, io::ErrorKind::InvalidInput, why);
        assert!(!fs::symlink_metadata(special).unwrap().is_file());
    }
    assert_eq!(names(folder.path()), ["socket"]);
}

#[test]
fn folder_that_is_a_file_is_named() {
    let folder = scratch();
    fs::write(folder.path().join("file"), "kept").unwrap();
    let error = Origin::Bytes.media(b"new").save(folder.path().join("file/saved")).unwrap_err();
    assert!(error.to_string().contains("file/saved: Not a directory"), "{error}");
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"kept");
}

#[cfg(target_os = "linux")]
#[test]
fn folder_without_room_for_a_new_file_is_named() {
    let media = Origin::Bytes.media(b"new");
    let why = "cannot create a file in /proc/self: ";
    let error = media.save("/proc/self/saved").unwrap_err().to_string();
    assert!(error.contains(why) && error.contains("choose another folder"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn copy_to_a_full_device_is_an_error() {
    for origin in Origin::ALL {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = origin.media(&noise(STEP + 1)).copy_to(full).unwrap_err();
        assert!(error.to_string().contains("to the writer: No space left on device"), "{error}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::StorageFull);
    }
}

/// A limit of file sizes stands in for a full disk. It applies to a process, so the test runs in its own.
#[test]
fn save_that_runs_out_of_space_leaves_the_previous_file_and_nothing_else() {
    if let Some(folder) = job() {
        let folder = Path::new(&folder);
        let media = [2 * STEP, 3 * STEP].map(|len| Origin::Read.media(&noise(len)));
        let limit = libc::rlimit { rlim_cur: 2 * STEP as libc::rlim_t, rlim_max: 2 * STEP as libc::rlim_t };
        // SAFETY: both calls only change settings of this process.
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
        }
        let path = folder.join("saved");
        media[0].save(&path).unwrap();
        assert_not_saved(&media[1], &path, io::ErrorKind::FileTooLarge, "File too large");
        assert_not_saved(&media[1], &folder.join("new"), io::ErrorKind::FileTooLarge, "File too large");
        assert_same(&fs::read(&path).unwrap(), &noise(2 * STEP), "the previous file");
        assert_eq!(names(folder), ["saved"]);
        exit(DONE);
    }
    let folder = scratch();
    let test = "on_unix::save_that_runs_out_of_space_leaves_the_previous_file_and_nothing_else";
    let output = process(test, folder.path().to_str().unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Copies read the file, so a mapping is neither resident nor in danger of a signal.
#[cfg(all(target_os = "linux", feature = "mmap"))]
#[test]
fn copies_touch_no_page_of_a_mapping() {
    let victim = Victim::new(&noise(WINDOW + 5000));
    let media = victim.media(Access::Map);
    let resident = || {
        let maps = fs::read_to_string("/proc/self/smaps").unwrap();
        let map = maps.split_once(media.name()).expect("the file is mapped").1;
        let line = map.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    media.copy_to(io::sink()).unwrap();
    media.reader().read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(resident(), 0);
    niello::Body::json(&media).unwrap().read_exact(&mut [0; 5000]).unwrap();
    assert!(resident() > 0, "encoding uses the mapping");
}

/// See the limitations that the documentation of `Media` lists.
#[test]
fn rewrite_with_a_restored_modification_time_is_not_detected_by_a_copy() {
    let victim = Victim::new(&noise(5000));
    let media = victim.media(Access::Read);
    victim.file.write_all_at(&[b'x'; 5000], 0).unwrap();
    victim.file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
    let mut copy = Vec::new();
    media.copy_to(&mut copy).unwrap();
    assert_same(&copy, &[b'x'; 5000], "the new content");
}
