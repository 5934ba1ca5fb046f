//! Memory does not grow with media: neither what is resident nor the heap.
#![cfg(target_os = "linux")]

mod common;

use common::{DONE, Origin, Random, assert_same, base64_of, job, noise, process, scratch};
use niello::{Access, Body, DataUri, Media};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    process::exit,
};

/// Counts what each thread holds of the heap, and the most it has held.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(by: isize) {
    HELD.set(HELD.get() + by);
    MOST.set(MOST.get().max(HELD.get()));
}

// SAFETY: it is the system's allocator; counting allocates nothing, as its thread-locals need neither
// an initializer nor a destructor.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
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
        // No more than a file is read for without a buffer.
        let mut buffer = [0; 40];
        let most = most_held(|| {
            for position in [0, 50_000, 1, 133_000] {
                body.seek(SeekFrom::Start(position)).unwrap();
                body.read_exact(&mut buffer).unwrap();
            }
        });
        assert_eq!(most, 0, "{origin:?}");
    }
}

/// The most that this process ever had resident, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A way to pull the body of a file, in a process of its own.
type Pull = fn(&mut Body, &mut dyn FnMut(&mut Body, u64, usize));

fn from_start_to_end(body: &mut Body, check: &mut dyn FnMut(&mut Body, u64, usize)) {
    // In every order of things, the bytes are the right ones beyond what 32 bits can count as well.
    check(body, MARK_AT / 3 * 4 - 10, 60);
    check(body, body.len() - 2 - 10, 10);
    body.rewind();
    let mut count = Count(0);
    assert_eq!(body.write_to(&mut count).unwrap(), body.len());
    assert_eq!(count.0, body.len());
}

fn at_random(body: &mut Body, check: &mut dyn FnMut(&mut Body, u64, usize)) {
    let mut random = Random::new(1);
    for _ in 0..20_000 {
        let len = random.length(4096);
        check(body, random.below(body.len() - 2 - len as u64), len);
    }
}

/// Runs this very test again for each access, which there pulls the body of the file, and asserts that
/// little of it was ever resident.
fn needs_16_mebibytes(test: &str, make: fn(&File), pull: Pull) {
    if let Some(job) = job() {
        let (access, path) = job.split_once(':').unwrap();
        let access = if access == "read" { Access::Read } else { Access::Map };
        let media = Media::options().mime("video/mp4").access(access).open(path).unwrap();
        let file = File::open(path).unwrap();
        let mut body = Body::json(&media).unwrap();
        assert_eq!(body.len(), file.metadata().unwrap().len().div_ceil(3) * 4 + 2);

        pull(&mut body, &mut |body, offset, len| {
            let mut text = vec![0; len];
            body.seek(SeekFrom::Start(1 + offset)).unwrap();
            body.read_exact(&mut text).unwrap();
            let mut bytes = vec![0; ((offset % 4) as usize + len).div_ceil(4) * 3];
            let read = file.read_at(&mut bytes, offset / 4 * 3).unwrap();
            let expected = base64_of(&bytes[..read]).into_bytes();
            assert_same(&text, &expected[(offset % 4) as usize..][..len], format_args!("at {offset}"));
        });
        println!("{access:?}: {} KiB", peak());
        assert!(peak() < 16 * 1024, "{} KiB were resident", peak());
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

/// Four and a half gigabytes, of which but a few bytes take room on the disk.
fn sparse(file: &File) {
    file.set_len(4608 * 1024 * 1024).unwrap();
    file.write_all_at(b"beyond what 32 bits can count!", MARK_AT).unwrap();
}

/// Written in large strokes, for which the page cache takes large folios. Linux maps such a folio as a
/// whole (since 6.18), and so also the part of it that lies in the next window.
fn dense(file: &File) {
    let bytes = noise(1 << 20);
    (0..384).for_each(|index| file.write_all_at(&bytes, index * bytes.len() as u64).unwrap());
}

#[test]
fn over_four_gigabytes_from_start_to_end_need_16_mebibytes() {
    let test = "over_four_gigabytes_from_start_to_end_need_16_mebibytes";
    needs_16_mebibytes(test, sparse, from_start_to_end);
}

#[test]
fn over_four_gigabytes_at_random_need_16_mebibytes() {
    needs_16_mebibytes("over_four_gigabytes_at_random_need_16_mebibytes", sparse, at_random);
}

#[test]
fn large_folios_at_random_need_16_mebibytes() {
    needs_16_mebibytes("large_folios_at_random_need_16_mebibytes", dense, at_random);
}
