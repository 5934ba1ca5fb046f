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
    println!("{}", machine::cpu());
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
    criterion.final_summary();
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
