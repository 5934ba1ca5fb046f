//! Memory does not grow with the media: neither resident memory nor the heap.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/heap.rs"]
mod heap;

use common::{
    DONE, Origin, Random, STEP, WINDOW, assert_same, base64_of, inner, job, noise, process, scratch,
    scratch_on_disk,
};
use heap::{MAX_ALLOCATION, allocations, most_held};
use niello::{Access, Body, ContentEncoding, DataUri, ErrorKind, Media, Segment};
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    process::exit,
    sync::Barrier,
    thread,
};

/// A writer that counts bytes and discards them.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The interfaces of a body, each with a function that reads the body to its end and returns its length.
type Interface = (&'static str, fn(&mut Body) -> u64);

const INTERFACES: [Interface; 3] = [
    ("write_to", |body| {
        let mut count = Count(0);
        assert_eq!(body.write_to(&mut count).unwrap(), count.0);
        count.0
    }),
    ("read", |body| io::copy(body, &mut Count(0)).unwrap()),
    ("chunks", |body| body.clone().chunks().map(|chunk| chunk.unwrap().len() as u64).sum()),
];

#[test]
fn heap_does_not_grow_with_the_media() {
    const MIB: usize = 1024 * 1024;
    for origin in [Origin::Map, Origin::Read] {
        let small = origin.media(&vec![1; 3 * MIB]);
        let large = origin.media(&vec![1; 48 * MIB]);
        let plan = |media: &Media| most_held(|| Body::json(&("a", media, DataUri::from(media))).unwrap());
        assert_eq!(plan(&small), plan(&large), "{origin:?}: the plan");
        assert!(plan(&large) < 4096, "{origin:?}: the plan takes {} bytes", plan(&large));

        for (interface, read) in INTERFACES {
            let most = [&small, &large].map(|media| {
                let mut body = Body::json(media).unwrap();
                let len = body.len();
                // The first read allocates a buffer that is kept for later reads.
                read(&mut body.clone());
                most_held(|| assert_eq!(read(&mut body), len))
            });
            let mut body = Body::json(&large).unwrap();
            assert_eq!(
                allocations(|| body.read(&mut [0; 4096]).unwrap()),
                0,
                "{origin:?}: the kept buffer is used"
            );
            assert_eq!(most[0], most[1], "{origin:?} by {interface}");
            assert!(most[1] <= 2 * MIB as isize + 16_384, "{origin:?} by {interface}: {} bytes", most[1]);
        }
    }
}

#[test]
fn small_body_needs_little_heap() {
    let text = "x".repeat(1000);
    let tiny = Origin::Map.media(b"123");
    for (what, make) in [
        ("text", Box::new(|| Body::json(&text).unwrap()) as Box<dyn Fn() -> Body>),
        ("media", Box::new(|| Body::json(&(&text, &tiny)).unwrap())),
    ] {
        for (interface, read) in INTERFACES {
            let most = most_held(|| read(&mut make()));
            // `io::copy` has its own buffer of 8 KiB, on the stack or the heap.
            assert!(most <= 8192, "{what} by {interface}: {most} bytes");
        }
    }
}

#[test]
fn clone_and_seek_allocate_nothing() {
    for origin in Origin::ALL {
        let body = Body::json(&origin.media(&noise(100_000))).unwrap();
        assert_eq!(most_held(|| body.clone()), 0);
        let mut body = body.clone();
        // 64 characters are in 17 groups, the most that is read into a stack buffer.
        let mut buffer = [0; 64];
        let most = most_held(|| {
            for position in [0, 50_001, 1, 133_001, 50_000] {
                body.seek(SeekFrom::Start(position)).unwrap();
                body.read_exact(&mut buffer).unwrap();
            }
        });
        assert_eq!(most, 0, "{origin:?}");
    }
}

/// The README and the documentation state these numbers.
#[test]
fn body_takes_4_allocations_and_one_per_chunk() {
    let text = "x".repeat(1000);
    for origin in [Origin::Map, Origin::Bytes] {
        let media = origin.media(&noise(3 << 20));
        let make = || Body::json(&(&text, &media)).unwrap();
        make();
        assert!(allocations(make) <= 4, "{origin:?}: {} to create a body", allocations(make));

        let body = make();
        let mut buffer = vec![0; 1 << 20];
        let read = allocations(|| body.clone().read(&mut buffer).unwrap());
        assert_eq!(read, 0, "{origin:?}: to read");
        assert_eq!(allocations(|| body.clone()), 0, "{origin:?}: to clone");
        assert_eq!(allocations(|| body.clone().write_to(&mut Count(0)).unwrap()), 1, "{origin:?}: to write");
        let chunks = body.clone().chunks().count();
        let allocated = allocations(|| body.clone().chunks().for_each(|chunk| drop(chunk.unwrap())));
        assert_eq!(allocated, chunks, "{origin:?}: for {chunks} chunks");
    }
}

#[test]
fn chunk_that_cannot_be_allocated_is_an_error() {
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    File::create(&path).unwrap().set_len(MAX_ALLOCATION as u64).unwrap();
    let media = Media::options().mime("video/mp4").open(&path).unwrap();
    let mut body = Body::json(&media).unwrap().with_chunk_len(usize::MAX);
    let chunk = body.clone().chunks().next().unwrap();
    for error in [chunk.unwrap_err(), body.write_to(&mut Count(0)).unwrap_err()] {
        assert_eq!(inner(&error).kind(), ErrorKind::TooLarge);
        assert!(error.to_string().contains("set a shorter chunk length"), "{error}");
    }
    let chunk = body.with_chunk_len(1000).chunks().next().unwrap();
    assert_eq!(chunk.unwrap().len(), 1000);
}

#[test]
fn copying_media_of_any_length_needs_one_buffer() {
    for origin in Origin::ALL {
        let media = origin.media(&noise(2 * WINDOW));
        let folder = scratch();
        for (what, most) in [
            ("copied", most_held(|| media.copy_to(Count(0)).unwrap())),
            ("read", most_held(|| io::copy(&mut media.reader(), &mut Count(0)).unwrap())),
            ("saved", most_held(|| media.save(folder.path().join("saved")).unwrap())),
        ] {
            assert!(most <= (STEP + 16_384) as isize, "{origin:?} {what}: {most} bytes");
        }
    }
}

/// The documentation of `Body::json_lines` states this number.
#[test]
fn json_lines_take_their_text_and_500_bytes_per_media() {
    const LINES: usize = 2000;
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    fs::write(&path, noise(1000)).unwrap();
    let options = Media::options().access(Access::Reopen).mime("video/mp4");
    for text in [String::new(), "x".repeat(1000)] {
        let line = || Body::json(&(&text, DataUri(options.open(&path)?)));
        let lines = || Body::json_lines((0..LINES).map(|_| line())).unwrap();
        let len =
            (lines().len() - line().unwrap().segments().nth(1).unwrap().1.len() * LINES as u64) as usize;
        // While the buffer of the text grows, there may be three times its length.
        let media = (most_held(lines) as usize).saturating_sub(3 * len) / LINES;
        println!("{media} bytes per media, whose path has {}", path.as_os_str().len());
        assert!(media < 500, "{media} bytes per media");
    }
}

#[cfg(feature = "spool")]
#[test]
fn spooling_a_reader_needs_little_heap_at_any_length() {
    let spool = |len| {
        let reader = io::repeat(1).take(len);
        most_held(|| Media::options().mime("a/b").from_reader(reader).unwrap())
    };
    let (small, large) = (spool(1 << 20), spool(48 << 20));
    assert_eq!(small, large);
    assert!(large <= 16_384, "{large} bytes");
}

/// Returns the peak resident memory of this process in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Reads the body of a file in some order.
type ReadBody = fn(&Body, &File);

/// Asserts that the body has the correct base64 at `offset` of the encoded file.
fn assert_correct(body: &mut Body, file: &File, offset: u64, len: usize) {
    let mut got = vec![0; len];
    body.seek(SeekFrom::Start(1 + offset)).unwrap();
    body.read_exact(&mut got).unwrap();
    let mut bytes = vec![0; ((offset % 4) as usize + len).div_ceil(4) * 3];
    let read = file.read_at(&mut bytes, offset / 4 * 3).unwrap();
    let expected = base64_of(&bytes[..read]).into_bytes();
    assert_same(&got, &expected[(offset % 4) as usize..][..len], format_args!("at {offset}"));
}

fn from_start_to_end(body: &Body, file: &File) {
    let mut body = body.clone();
    // Offsets beyond 32 bits are correct as well.
    assert_correct(&mut body, file, MARK_AT / 3 * 4 - 10, 60);
    let end = body.len() - 2 - 10;
    assert_correct(&mut body, file, end, 10);
    body.reset();
    let mut count = Count(0);
    assert_eq!(body.write_to(&mut count).unwrap(), body.len());
    assert_eq!(count.0, body.len());
}

fn coded(body: &Body, _: &File) {
    let mut body = body.encode(ContentEncoding::Zstd).unwrap();
    let mut count = Count(0);
    assert_eq!(body.write_to(&mut count).unwrap(), body.len());
    let mut random = Random::new(1);
    for _ in 0..2000 {
        let len = random.length(4096);
        body.seek(SeekFrom::Start(random.below(body.len() - len as u64))).unwrap();
        body.read_exact(&mut vec![0; len]).unwrap();
    }
}

fn copied(body: &Body, _: &File) {
    let media = body.segments().find_map(|(_, segment)| match segment {
        Segment::Base64(media) => Some(media),
        _ => None,
    });
    let mut count = Count(0);
    assert_eq!(media.unwrap().copy_to(&mut count).unwrap(), 6 << 30);
    assert_eq!(count.0, 6 << 30);
}

fn at_random(body: &Body, file: &File) {
    read_at_random(body.clone(), file, 1, 5_000);
}

fn read_at_random(mut body: Body, file: &File, seed: u64, times: usize) {
    let mut random = Random::new(seed);
    for _ in 0..times {
        let len = random.length(4096);
        let offset = random.below(body.len() - 2 - len as u64);
        assert_correct(&mut body, file, offset, len);
    }
}

/// Each thread reads a part of the file in order, and then random places.
fn on_64_threads(body: &Body, file: &File) {
    const THREADS: u64 = 64;
    const PART: u64 = 2 * 1024 * 1024;
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (mut body, start) = (body.clone(), &start);
            scope.spawn(move || {
                start.wait();
                body.seek(SeekFrom::Start(1 + body.len() / THREADS * thread)).unwrap();
                assert_eq!(io::copy(&mut body.by_ref().take(PART), &mut Count(0)).unwrap(), PART);
                read_at_random(body, file, thread, 100);
            });
        }
    });
}

/// Runs this test again in its own process for each access, reads the body of the file there, and asserts
/// that the peak resident memory stays below the limit.
fn assert_peak_below(mebibytes: u64, test: &str, fill: fn(&File), read: ReadBody) {
    if let Some(job) = job() {
        let (access, path) = job.split_once(':').unwrap();
        let access = match access {
            "map" => Access::Map,
            "read" => Access::Read,
            _ => Access::Reopen,
        };
        let media = Media::options().mime("video/mp4").access(access).open(path).unwrap();
        let file = File::open(path).unwrap();
        let body = Body::json(&media).unwrap();
        assert_eq!(body.len(), file.metadata().unwrap().len().div_ceil(3) * 4 + 2);
        read(&body, &file);
        println!("{access:?}: {} KiB", peak());
        assert!(peak() < mebibytes * 1024, "{} KiB were resident", peak());
        exit(DONE);
    }
    let folder = scratch_on_disk();
    let path = folder.path().join("large.mp4");
    fill(&File::create(&path).unwrap());
    for access in ["map", "read", "reopen"] {
        let output = process(test, &format!("{access}:{}", path.display())).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        println!("{said}");
        assert_eq!(output.status.code(), Some(DONE), "{said}");
    }
}

/// An offset beyond 32 bits that is a multiple of 3.
const MARK_AT: u64 = (1 << 32) + 300_002;

/// Makes a sparse file of 6 GiB, which needs almost no space on the disk.
fn sparse(file: &File) {
    file.set_len(6 << 30).unwrap();
    file.write_all_at(b"beyond what 32 bits can count!", MARK_AT).unwrap();
}

/// Makes a file with large writes, for which the page cache uses large folios. Since version 6.18, Linux maps
/// such a folio as a whole, including a part in the next window.
fn dense(file: &File) {
    let bytes = noise(1 << 20);
    (0..384).for_each(|index| file.write_all_at(&bytes, index * bytes.len() as u64).unwrap());
}

#[test]
fn sequential_read_of_6_gib_needs_16_mib() {
    assert_peak_below(16, "sequential_read_of_6_gib_needs_16_mib", sparse, from_start_to_end);
}

#[test]
fn copy_of_6_gib_needs_16_mib() {
    assert_peak_below(16, "copy_of_6_gib_needs_16_mib", sparse, copied);
}

#[test]
fn random_reads_of_6_gib_need_16_mib() {
    assert_peak_below(16, "random_reads_of_6_gib_need_16_mib", sparse, at_random);
}

#[test]
fn coded_body_of_6_gib_needs_16_mib() {
    assert_peak_below(16, "coded_body_of_6_gib_needs_16_mib", sparse, coded);
}

#[test]
fn random_reads_of_large_folios_need_16_mib() {
    assert_peak_below(16, "random_reads_of_large_folios_need_16_mib", dense, at_random);
}

/// The threads read 128 MiB in order, and touch more than that at random. Resident are the window that was
/// read last, and for each thread the part of its window that it has touched.
#[test]
fn sixty_four_threads_on_one_media_need_48_mib() {
    assert_peak_below(48, "sixty_four_threads_on_one_media_need_48_mib", sparse, on_64_threads);
}
