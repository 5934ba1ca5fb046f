//! What a request costs before its media is sent, in time and in allocations: `cargo bench --bench request`.

mod rig;

use criterion::{BatchSize, Criterion, Throughput};
use niello::{Access, Body, Media, chat};
use rig::file;
use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    io::{self, Read, Seek, SeekFrom},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

fn main() {
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

/// 1 kB of text and one media.
fn request(media: &Media) -> chat::Request {
    chat::Request::new("system.ai.gemini-3-1-pro").message(chat::Message::user([
        chat::Part::text("Summarize what happens in this video. ".repeat(27)),
        chat::Part::video(media),
    ]))
}

fn building(criterion: &mut Criterion, media: &Media) {
    let mut group = criterion.benchmark_group("request");
    group.bench_function("value and body", |b| b.iter(|| request(black_box(media)).body().unwrap()));
    let value = request(media);
    group.bench_function("body", |b| b.iter(|| black_box(&value).body().unwrap()));
    let bytes = request(&Media::from_bytes(vec![0; 3 << 10], "video/mp4").unwrap());
    group.bench_function("body, media in memory", |b| b.iter(|| black_box(&bytes).body().unwrap()));
    group.finish();

    let mut group = criterion.benchmark_group("leaves");
    for leaves in [1, 10, 1000] {
        group.throughput(Throughput::Elements(leaves as u64));
        for (name, media) in
            [("mapped", media), ("memory", &Media::from_bytes(vec![0; 3 << 10], "video/mp4").unwrap())]
        {
            let value = vec![media; leaves];
            group.bench_function(format!("{name}/{leaves}"), |b| {
                b.iter(|| Body::json(black_box(&value)).unwrap());
            });
        }
    }
    group.finish();
}

/// Of 4 GiB. A sparse file: its pages are zeros from the page cache, as those of any warm file.
fn first_byte(criterion: &mut Criterion, source: &str, open: impl Fn() -> Media) {
    let byte_at = |body: &mut Body, position: u64| {
        let mut byte = [0];
        body.seek(SeekFrom::Start(position)).unwrap();
        body.read_exact(&mut byte).unwrap();
        byte
    };
    let mut group = criterion.benchmark_group(format!("4GiB/{source}"));
    group.bench_function("open", |b| b.iter_with_large_drop(&open));
    // Behind the text that stands before it.
    group.bench_function("open to first byte of the media", |b| {
        b.iter_batched(
            &open,
            |media| byte_at(&mut request(&media).body().unwrap(), 1200),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("open to first chunk", |b| {
        let first = |media: Media| request(&media).body().unwrap().chunks().next();
        b.iter_batched(&open, first, BatchSize::PerIteration);
    });
    let mut body = request(&open()).body().unwrap();
    let middle = body.len() / 2;
    group.bench_function("seek to the middle and one byte", |b| b.iter(|| byte_at(&mut body, middle)));
    // No two in one window.
    let mut at = 0;
    group.bench_function("seek anywhere and one byte", |b| {
        b.iter(|| {
            at = (at + 1_234_567_891) % body.len();
            byte_at(&mut body, at)
        });
    });
    group.finish();
}

fn allocations(media: &Media) {
    println!("request of 1 kB of text and one media of 3 KiB");
    let value = counted("its value", || request(media));
    let body = counted("its body", || value.body().unwrap());
    counted("its body, written", || body.clone().write_to(&mut io::sink()).unwrap());
    let text = chat::Request::new("m").message(chat::Message::user([chat::Part::text("Hi.")]));
    let body = counted("the body of a request of text alone", || text.body().unwrap());
    counted("that, written", || body.clone().write_to(&mut io::sink()).unwrap());
    println!();
}

fn counted<T>(what: &str, work: impl Fn() -> T) -> T {
    // What is made once in a process is none of its cost.
    drop(work());
    let count = || (CALLS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    let before = count();
    let made = work();
    let after = count();
    println!("{what:<36} {:3} allocations, {:5} bytes", after.0 - before.0, after.1 - before.1);
    made
}

static CALLS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Counts what is asked for; what grows is asked for anew.
struct Counting;

impl Counting {
    fn count(bytes: usize) {
        CALLS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: all of it is the system's allocator, under the same contracts.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::count(layout.size());
        // SAFETY: the caller's contract is the same.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Counting::count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Counting::count(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    // SAFETY: the contract is the trait's, and is passed on.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}
