//! Memory does not grow with media: neither what is resident nor the heap.
#![cfg(target_os = "linux")]

mod common;

use common::{DONE, Origin, Random, assert_same, base64_of, inner, job, noise, process, scratch};
use niello::{Access, Body, DataUri, ErrorKind, Media};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    process::exit,
    sync::Barrier,
    thread,
};

/// Counts what each thread holds of the heap, the most it has held, and how often it asked for some. Has no more than
/// a tebibyte, whatever the system would promise.
struct Counting;

const ALL: usize = 1 << 40;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

fn count(by: isize) {
    ASKED.set(ASKED.get() + usize::from(by > 0));
    HELD.set(HELD.get() + by);
    MOST.set(MOST.get().max(HELD.get()));
}

// SAFETY: it is the system's allocator; counting allocates nothing, as its thread-locals need neither
// an initializer nor a destructor.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > ALL {
            return std::ptr::null_mut();
        }
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new may stand side by side for a moment.
        count(size as isize);
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }

    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The most of the heap that `work` holds at one time, beyond what was held before.
fn most_held<T>(work: impl FnOnce() -> T) -> isize {
    let before = HELD.get();
    MOST.set(before);
    let made = work();
    let most = MOST.get() - before;
    drop(made);
    most
}

/// How often `work` asks for some of the heap.
fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = ASKED.get();
    drop(work());
    ASKED.get() - before
}

/// Counts what it is given, and keeps none.
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

/// Every way to pull a body, to its end.
type Way = (&'static str, fn(&mut Body) -> u64);

const WAYS: [Way; 3] = [
    ("write_to", |body| {
        let mut count = Count(0);
        assert_eq!(body.write_to(&mut count).unwrap(), count.0);
        count.0
    }),
    ("read", |body| io::copy(body, &mut Count(0)).unwrap()),
    ("chunks", |body| body.clone().chunks().map(|chunk| chunk.unwrap().len() as u64).sum()),
];

#[test]
fn the_heap_does_not_grow_with_the_media() {
    const MIB: usize = 1024 * 1024;
    for origin in [Origin::Map, Origin::Read] {
        let small = origin.media(&vec![1; 3 * MIB]);
        let large = origin.media(&vec![1; 48 * MIB]);
        let plan = |media: &Media| most_held(|| Body::json(&("a", media, DataUri::from(media))).unwrap());
        assert_eq!(plan(&small), plan(&large), "{origin:?}: to plan");
        assert!(plan(&large) < 4096, "{origin:?}: {} bytes to plan", plan(&large));

        for (way, pull) in WAYS {
            let most = [&small, &large].map(|media| {
                let mut body = Body::json(media).unwrap();
                let len = body.len();
                // A buffer that is kept for the next pull is no growth.
                pull(&mut body.clone());
                most_held(|| assert_eq!(pull(&mut body), len))
            });
            let mut body = Body::json(&large).unwrap();
            assert_eq!(
                allocations(|| body.read(&mut [0; 4096]).unwrap()),
                0,
                "{origin:?}: the buffer is kept"
            );
            assert_eq!(most[0], most[1], "{origin:?} by {way}");
            assert!(most[1] <= 2 * MIB as isize + 16_384, "{origin:?} by {way}: {} bytes", most[1]);
        }
    }
}

#[test]
fn a_small_body_costs_a_small_heap() {
    let text = "x".repeat(1000);
    let tiny = Origin::Map.media(b"123");
    for (what, make) in [
        ("text", Box::new(|| Body::json(&text).unwrap()) as Box<dyn Fn() -> Body>),
        ("media", Box::new(|| Body::json(&(&text, &tiny)).unwrap())),
    ] {
        for (way, pull) in WAYS {
            let most = most_held(|| pull(&mut make()));
            // `io::copy` has a buffer of 8 KiB of its own, on the stack or the heap.
            assert!(most <= 8192, "{what} by {way}: {most} bytes");
        }
    }
}

#[test]
fn a_clone_and_a_seek_cost_no_heap() {
    for origin in Origin::ALL {
        let body = Body::json(&origin.media(&noise(100_000))).unwrap();
        assert_eq!(most_held(|| body.clone()), 0);
        let mut body = body.clone();
        // As much as a file is read for without a buffer: 48 bytes.
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

/// What the README says of small bodies, and what each way takes beside.
#[test]
fn a_body_is_made_in_4_allocations_and_pulled_in_one_a_chunk() {
    let text = "x".repeat(1000);
    for origin in [Origin::Map, Origin::Bytes] {
        let media = origin.media(&noise(3 << 20));
        let make = || Body::json(&(&text, &media)).unwrap();
        make();
        assert!(allocations(make) <= 4, "{origin:?}: {} to make one", allocations(make));

        let body = make();
        let mut buffer = vec![0; 1 << 20];
        let read = allocations(|| body.clone().read(&mut buffer).unwrap());
        assert_eq!(read, 0, "{origin:?}: to read");
        assert_eq!(allocations(|| body.clone()), 0, "{origin:?}: to clone");
        assert_eq!(allocations(|| body.clone().write_to(&mut Count(0)).unwrap()), 1, "{origin:?}: to write");
        let chunks = body.clone().chunks().count();
        let made = allocations(|| body.clone().chunks().for_each(|chunk| drop(chunk.unwrap())));
        assert_eq!(made, chunks, "{origin:?}: to make {chunks} chunks");
    }
}

#[test]
fn a_chunk_that_there_is_no_memory_for_is_an_error() {
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    File::create(&path).unwrap().set_len(ALL as u64).unwrap();
    let media = Media::options().mime("video/mp4").open(&path).unwrap();
    let mut body = Body::json(&media).unwrap().with_chunk_len(usize::MAX);
    let chunk = body.clone().chunks().next().unwrap();
    for error in [chunk.unwrap_err(), body.write_to(&mut Count(0)).unwrap_err()] {
        assert_eq!(inner(&error).kind(), ErrorKind::TooLarge);
        assert!(error.to_string().contains("set a shorter one"), "{error}");
    }
    let chunk = body.with_chunk_len(1000).chunks().next().unwrap();
    assert_eq!(chunk.unwrap().len(), 1000);
}

#[cfg(feature = "spool")]
#[test]
fn a_reader_of_any_length_costs_a_small_heap() {
    let spool = |len| {
        let reader = io::repeat(1).take(len);
        most_held(|| Media::options().mime("a/b").from_reader(reader).unwrap())
    };
    let (small, large) = (spool(1 << 20), spool(48 << 20));
    assert_eq!(small, large);
    assert!(large <= 16_384, "{large} bytes");
}

/// The most that this process ever had resident, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A way to pull the body of a file, in a process of its own.
type Pull = fn(&Body, &File);

/// That the body has the right text of the file at this offset of it.
fn is_right(body: &mut Body, file: &File, offset: u64, len: usize) {
    let mut text = vec![0; len];
    body.seek(SeekFrom::Start(1 + offset)).unwrap();
    body.read_exact(&mut text).unwrap();
    let mut bytes = vec![0; ((offset % 4) as usize + len).div_ceil(4) * 3];
    let read = file.read_at(&mut bytes, offset / 4 * 3).unwrap();
    let expected = base64_of(&bytes[..read]).into_bytes();
    assert_same(&text, &expected[(offset % 4) as usize..][..len], format_args!("at {offset}"));
}

fn from_start_to_end(body: &Body, file: &File) {
    let mut body = body.clone();
    // In every order of things, the bytes are the right ones beyond what 32 bits can count as well.
    is_right(&mut body, file, MARK_AT / 3 * 4 - 10, 60);
    let end = body.len() - 2 - 10;
    is_right(&mut body, file, end, 10);
    body.reset();
    let mut count = Count(0);
    assert_eq!(body.write_to(&mut count).unwrap(), body.len());
    assert_eq!(count.0, body.len());
}

fn at_random(body: &Body, file: &File) {
    pull_at_random(body.clone(), file, 1, 5_000);
}

fn pull_at_random(mut body: Body, file: &File, seed: u64, times: usize) {
    let mut random = Random::new(seed);
    for _ in 0..times {
        let len = random.length(4096);
        let offset = random.below(body.len() - 2 - len as u64);
        is_right(&mut body, file, offset, len);
    }
}

/// Each through a part of the file, and then anywhere in it.
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
                pull_at_random(body, file, thread, 100);
            });
        }
    });
}

/// Runs this very test again for each access, which there pulls the body of the file, and asserts that no more of
/// it was ever resident.
fn needs(mebibytes: u64, test: &str, make: fn(&File), pull: Pull) {
    if let Some(job) = job() {
        let (access, path) = job.split_once(':').unwrap();
        let access = if access == "read" { Access::Read } else { Access::Map };
        let media = Media::options().mime("video/mp4").access(access).open(path).unwrap();
        let file = File::open(path).unwrap();
        let body = Body::json(&media).unwrap();
        assert_eq!(body.len(), file.metadata().unwrap().len().div_ceil(3) * 4 + 2);
        pull(&body, &file);
        println!("{access:?}: {} KiB", peak());
        assert!(peak() < mebibytes * 1024, "{} KiB were resident", peak());
        exit(DONE);
    }
    let folder = scratch();
    let path = folder.path().join("large.mp4");
    make(&File::create(&path).unwrap());
    for access in ["map", "read"] {
        let output = process(test, &format!("{access}:{}", path.display())).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        println!("{said}");
        assert_eq!(output.status.code(), Some(DONE), "{said}");
    }
}

/// Well beyond what 32 bits can say, and a multiple of 3.
const MARK_AT: u64 = (1 << 32) + 300_002;

/// Six gibibytes, of which but a few bytes take room on the disk.
fn sparse(file: &File) {
    file.set_len(6 << 30).unwrap();
    file.write_all_at(b"beyond what 32 bits can count!", MARK_AT).unwrap();
}

/// Written in large strokes, for which the page cache takes large folios. Linux maps such a folio as a
/// whole (since 6.18), and so also the part of it that lies in the next window.
fn dense(file: &File) {
    let bytes = noise(1 << 20);
    (0..384).for_each(|index| file.write_all_at(&bytes, index * bytes.len() as u64).unwrap());
}

#[test]
fn six_gibibytes_from_start_to_end_need_16_mebibytes() {
    needs(16, "six_gibibytes_from_start_to_end_need_16_mebibytes", sparse, from_start_to_end);
}

#[test]
fn six_gibibytes_at_random_need_16_mebibytes() {
    needs(16, "six_gibibytes_at_random_need_16_mebibytes", sparse, at_random);
}

#[test]
fn large_folios_at_random_need_16_mebibytes() {
    needs(16, "large_folios_at_random_need_16_mebibytes", dense, at_random);
}

/// They pull 128 MiB of it in order, and touch more than that at random. A window is resident of what was read last, and
/// of what each is reading as much as it has touched.
#[test]
fn sixty_four_threads_on_one_media_need_48_mebibytes() {
    needs(48, "sixty_four_threads_on_one_media_need_48_mebibytes", sparse, on_64_threads);
}
