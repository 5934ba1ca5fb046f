//! The number of allocations that an ordinary request makes.

use niello::{Media, chat};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, with a count of allocations and reallocations per thread.
struct Counting;

impl Counting {
    fn count() {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator, under the same contract.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller keeps the contract of the trait.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::count();
        // SAFETY: the contract is the same.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the caller keeps the contract of the trait.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Counting::count();
        // SAFETY: the contract is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }

    // SAFETY: the caller keeps the contract of the trait.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the contract is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Text that grows once, segments, and the shared plan. The search for duplicate keys reuses its buffers.
#[test]
fn the_body_of_a_small_request_takes_four_allocations() {
    let clip = Media::from_bytes(vec![0; 3 << 10], "video/mp4").unwrap();
    let request = chat::Request::new("system.ai.gemini-3-1-pro").message(chat::Message::user([
        chat::Part::text("Summarize what happens in this video. ".repeat(27)),
        chat::Part::video(&clip),
    ]));
    // The first body of a thread allocates the buffers.
    drop(request.body().unwrap());
    let before = ALLOCATIONS.get();
    let body = request.body().unwrap();
    assert_eq!(ALLOCATIONS.get() - before, 4);
    drop(body);
}
