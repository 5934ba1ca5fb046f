//! Memory does not grow with media: neither what is resident nor the heap.
#![cfg(target_os = "linux")]

mod common;

use common::{DONE, Origin, Random, assert_same, base64_of, job, noise, process, scratch};
use niello::{Access, Body, DataUri, Media};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::Path,
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
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new may stand side by side for a moment.
        count(size as isize);
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }

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
const WAYS: [(&str, fn(&mut Body) -> u64); 3] = [
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
    let body = Body::json(&Origin::Map.media(&noise(100_000))).unwrap();
    assert_eq!(most_held(|| body.clone()), 0);
    let mut body = body.clone();
    let mut buffer = [0; 100];
    assert_eq!(
        most_held(|| {
            for position in [0, 50_000, 1, 133_000] {
                body.seek(SeekFrom::Start(position)).unwrap();
                body.read_exact(&mut buffer).unwrap();
            }
        }),
        0
    );
}

/// Four and a half gigabytes, of which only these bytes take room on the disk.
const LEN: u64 = 4608 * 1024 * 1024;
/// Beyond what 32 bits can say, and a multiple of 3.
const MARK_AT: u64 = (1 << 32) + 2;
const MARK: &[u8; 30] = b"beyond what 32 bits can count!";

/// The text at `offset` of the base64 of that file.
fn text_at(offset: u64, len: usize) -> Vec<u8> {
    let (start, end) = (offset / 4 * 3, (offset + len as u64).div_ceil(4) * 3);
    let mut bytes = vec![0; (end.min(LEN) - start) as usize];
    for (at, byte) in (MARK_AT..).zip(MARK) {
        if (start..end).contains(&at) {
            bytes[(at - start) as usize] = *byte;
        }
    }
    let text = base64_of(&bytes).into_bytes();
    text[(offset % 4) as usize..][..len].to_vec()
}

/// The most that this process ever had resident, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Pulls the body of the large file in one of the ways; runs in a process of its own.
fn pull_large(path: &Path, access: Access, way: &str) {
    let media = Media::options().mime("video/mp4").access(access).open(path).unwrap();
    assert_eq!(media.len(), LEN);
    let mut body = Body::json(&media).unwrap();
    assert_eq!(body.len(), LEN.div_ceil(3) * 4 + 2);
    let text_len = body.len() - 2;

    let mut check = |offset: u64, len: usize| {
        body.seek(SeekFrom::Start(1 + offset)).unwrap();
        let mut text = vec![0; len];
        body.read_exact(&mut text).unwrap();
        assert_same(&text, &text_at(offset, len), format_args!("at {offset}"));
    };
    match way {
        "from start to end" => {
            check(MARK_AT / 3 * 4 - 10, 60);
            check(text_len - 10, 10);
            body.rewind();
            let mut count = Count(0);
            assert_eq!(body.write_to(&mut count).unwrap(), body.len());
            assert_eq!(count.0, body.len());
        }
        "at random" => {
            let mut random = Random::new(1);
            for _ in 0..2000 {
                let len = random.length(4096);
                check(random.below(text_len - len as u64), len);
            }
        }
        // Where the pages beside a touched one may become resident with it.
        "around windows" => {
            let window = common::WINDOW as u64 / 3 * 4;
            for border in (1..text_len / window).map(|index| index * window) {
                check(border, 4);
            }
            for border in (1..text_len / window).map(|index| index * window).rev() {
                check(border - 4, 8);
            }
        }
        way => panic!("{way}"),
    }
    println!("{access:?}, {way}: {} KiB", peak());
    assert!(peak() < 16 * 1024, "{} KiB were resident", peak());
}

#[test]
fn a_file_of_over_four_gigabytes_needs_16_mebibytes() {
    let test = "a_file_of_over_four_gigabytes_needs_16_mebibytes";
    let ways = ["from start to end", "at random", "around windows"];
    let accesses = [Access::Map, Access::Read];
    if let Some(job) = job() {
        let (way, rest) = job.split_once(':').unwrap();
        let (access, path) = rest.split_once(':').unwrap();
        pull_large(Path::new(path), accesses[access.parse::<usize>().unwrap()], way);
        exit(DONE);
    }
    let folder = scratch();
    let path = folder.path().join("large.mp4");
    let file = OpenOptions::new().write(true).create_new(true).open(&path).unwrap();
    file.set_len(LEN).unwrap();
    file.write_all_at(MARK, MARK_AT).unwrap();
    for way in ways {
        for access in 0..accesses.len() {
            let job = format!("{way}:{access}:{}", path.display());
            let output = process(test, &job).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            println!("{said}");
            assert_eq!(output.status.code(), Some(DONE), "{way}, {:?}: {said}", accesses[access]);
        }
    }
}
