//! The cost of a request before its media is sent, in time and allocations: `cargo bench --bench request`.

mod rig;

use criterion::{BatchSize, Criterion, Throughput};
use niello::{Access, Body, Media, chat};
use rig::{file, machine};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    io::{self, Read, Seek, SeekFrom},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

fn main() {
    println!("{}", machine::state());
    let small = file::warm("request.mp4", 3 << 10);
    let large = file::sparse("request-large.mp4", 4 << 30);
    allocations(&file::open(&small, Access::Map));

    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .configure_from_args();
    building(&mut criterion, &file::open(&small, Access::Map));
    for (source, access) in [("mapped", Access::Map), ("read", Access::Read)] {
        first_byte(&mut criterion, source, || file::open(&large, access));
    }
    opening(&mut criterion);
    criterion.final_summary();
}

/// Measures opening a warm file whose type is detected. The media data are 8 MiB of zeros.
fn opening(criterion: &mut Criterion) {
    let atom = |kind: &[u8], content: &[u8]| {
        let len = u32::try_from(content.len() + 8).unwrap();
        [&len.to_be_bytes(), kind, content].concat()
    };
    let hdlr = atom(b"hdlr", b"\0\0\0\0\0\0\0\0vide\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let trak = atom(b"trak", &[atom(b"tkhd", &[0, 0, 0, 1]), atom(b"mdia", &hdlr)].concat());
    let moov = atom(b"moov", &[atom(b"mvhd", &[0; 100]), trak].concat());
    let ftyp = atom(b"ftyp", b"isom\0\0\x02\0isommp42");
    let data = vec![0; 8 << 20];
    let mdat = atom(b"mdat", &data);
    let ebml = b"\x1A\x45\xDF\xA3\x8B\x42\x82\x88matroska\x18\x53\x80\x67\xFF\x16\x54\xAE\x6B\x85\xAE\x83\x83\x81\x01";
    let tag = [b"ID3\x04\0\0\0\x0C\x48\0", &data[..12 << 14 | 0x48 << 7]].concat();
    let frames = [&[0xFF, 0xFB, 0x90, 0x64][..], &[0; 413]].concat().repeat(8000);
    let files = [
        ("MP4, index first", "open.mp4", [&ftyp[..], &moov, &mdat].concat()),
        ("MP4, index last", "open-last.mp4", [&ftyp[..], &mdat, &moov].concat()),
        ("MP4, 1000 fragments before the index", "open-fragments.mp4", {
            let fragment = [atom(b"moof", &[0; 100]), atom(b"mdat", &data[..8000])].concat();
            [&ftyp[..], &fragment.repeat(1000), &moov].concat()
        }),
        ("WAV", "open.wav", [b"RIFF\x24\0\0\0WAVEfmt ", &data[..]].concat()),
        ("MP3 behind an ID3 tag of 200 kB", "open.mp3", [tag, frames].concat()),
        ("Matroska", "open.mkv", [&ebml[..], &data].concat()),
    ];
    let mut group = criterion.benchmark_group("open");
    for (name, file, content) in files {
        let path = std::env::temp_dir().join(format!("niello-{file}"));
        std::fs::write(&path, content).unwrap();
        for (access, how) in [(Access::Map, "mapped"), (Access::Read, "read")] {
            let options = Media::options().access(access);
            // Matroska is detected, but not documented.
            group
                .bench_function(format!("{name}, {how}"), |b| b.iter_with_large_drop(|| options.open(&path)));
        }
        let set = Media::options().mime("video/mp4");
        group.bench_function(format!("{name}, type set"), |b| b.iter_with_large_drop(|| set.open(&path)));
        std::fs::remove_file(path).unwrap();
    }
    group.finish();
}

/// A request with 1 kB of text and one video.
fn request(media: &Media) -> chat::Request {
    chat::Request::new("system.ai.gemini-3-1-pro").message(chat::Message::user([
        chat::Part::text("Summarize what happens in this video. ".repeat(27)),
        chat::Part::video(media),
    ]))
}

fn building(criterion: &mut Criterion, media: &Media) {
    let mut group = criterion.benchmark_group("request");
    group.bench_function("build and make body", |b| b.iter(|| request(black_box(media)).body().unwrap()));
    let built = request(media);
    group.bench_function("make body", |b| b.iter(|| black_box(&built).body().unwrap()));
    let bytes = request(&Media::from_bytes(vec![0; 3 << 10], "video/mp4").unwrap());
    group.bench_function("make body, media in memory", |b| b.iter(|| black_box(&bytes).body().unwrap()));
    group.finish();

    let mut group = criterion.benchmark_group("media fields");
    for fields in [1, 10, 1000] {
        group.throughput(Throughput::Elements(fields as u64));
        for (name, media) in
            [("mapped", media), ("memory", &Media::from_bytes(vec![0; 3 << 10], "video/mp4").unwrap())]
        {
            let value = vec![media; fields];
            group.bench_function(format!("{name}/{fields}"), |b| {
                b.iter(|| Body::json(black_box(&value)).unwrap());
            });
        }
    }
    group.finish();
}

/// Measures the first bytes of a file of 4 GiB. The file is sparse: its zeros come from the page cache, as
/// the bytes of a warm file do.
fn first_byte(criterion: &mut Criterion, source: &str, open: impl Fn() -> Media) {
    let byte_at = |body: &mut Body, position: u64| {
        let mut byte = [0];
        body.seek(SeekFrom::Start(position)).unwrap();
        body.read_exact(&mut byte).unwrap();
        byte
    };
    let mut group = criterion.benchmark_group(format!("4GiB/{source}"));
    group.bench_function("open", |b| b.iter_with_large_drop(&open));
    // Position 1200 is past the JSON in front of the media.
    group.bench_function("open and read first media byte", |b| {
        b.iter_batched(
            &open,
            |media| byte_at(&mut request(&media).body().unwrap(), 1200),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("open and yield first chunk", |b| {
        let first = |media: Media| request(&media).body().unwrap().chunks().next();
        b.iter_batched(&open, first, BatchSize::PerIteration);
    });
    let mut body = request(&open()).body().unwrap();
    let middle = body.len() / 2;
    group.bench_function("seek to the middle, read a byte", |b| b.iter(|| byte_at(&mut body, middle)));
    // The step is so large that no two seeks in a row hit the same window.
    let mut at = 0;
    group.bench_function("seek to another window, read a byte", |b| {
        b.iter(|| {
            at = (at + 1_234_567_891) % body.len();
            byte_at(&mut body, at)
        });
    });
    group.finish();
}

fn allocations(media: &Media) {
    println!("request with 1 kB of text and a video of 3 KiB");
    let built = counted("build", || request(media));
    let body = counted("make body", || built.body().unwrap());
    counted("write body", || body.clone().write_to(&mut io::sink()).unwrap());
    println!("request with text only");
    let text = chat::Request::new("m").message(chat::Message::user([chat::Part::text("Hi.")]));
    let body = counted("make body", || text.body().unwrap());
    counted("write body", || body.clone().write_to(&mut io::sink()).unwrap());
    println!();
}

fn counted<T>(what: &str, work: impl Fn() -> T) -> T {
    // The first call also makes what is made once per process; it is not counted.
    drop(work());
    let count = || (CALLS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    let before = count();
    let made = work();
    let after = count();
    println!("{what:<10} {:3} allocations, {:5} bytes", after.0 - before.0, after.1 - before.1);
    made
}

static CALLS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, with a count of allocations and their bytes. A reallocation counts with its new
/// size.
struct Counting;

impl Counting {
    fn count(bytes: usize) {
        CALLS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every method calls the same method of the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller keeps the contract of the trait's method.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::count(layout.size());
        // SAFETY: the caller keeps the same contract.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the caller keeps the contract of the trait's method.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Counting::count(layout.size());
        // SAFETY: the caller keeps the same contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    // SAFETY: the caller keeps the contract of the trait's method.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Counting::count(size);
        // SAFETY: the caller keeps the same contract.
        unsafe { System.realloc(pointer, layout, size) }
    }

    // SAFETY: the caller keeps the contract of the trait's method.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the same contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}
