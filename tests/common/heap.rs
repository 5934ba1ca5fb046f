//! An allocator that counts, for tests that bound memory.
#![allow(dead_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// An allocator that counts, for each thread, the bytes it holds, the most it has held, and its allocations.
/// Larger allocations than [`MAX_ALLOCATION`] fail, whatever the system would promise.
struct Counting;

/// 1 TiB.
pub(crate) const MAX_ALLOCATION: usize = 1 << 40;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count(by: isize) {
    ALLOCATIONS.set(ALLOCATIONS.get() + usize::from(by > 0));
    HELD.set(HELD.get() + by);
    MOST.set(MOST.get().max(HELD.get()));
}

// SAFETY: every call is forwarded to the system's allocator. Counting allocates nothing, because its
// thread-local variables need neither initialization nor destruction.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the requirements are those of the trait.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > MAX_ALLOCATION {
            return std::ptr::null_mut();
        }
        count(layout.size() as isize);
        // SAFETY: the caller meets the same requirements.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the requirements are those of the trait.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller meets the same requirements.
        unsafe { System.alloc_zeroed(layout) }
    }

    // SAFETY: the requirements are those of the trait.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new memory may exist at the same time.
        count(size as isize);
        count(-(layout.size() as isize));
        // SAFETY: the caller meets the same requirements.
        unsafe { System.realloc(pointer, layout, size) }
    }

    // SAFETY: the requirements are those of the trait.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller meets the same requirements.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Returns the most bytes of the heap that `work` holds at one time, in addition to those held before.
pub(crate) fn most_held<T>(work: impl FnOnce() -> T) -> isize {
    let before = HELD.get();
    MOST.set(before);
    let result = work();
    let most = MOST.get() - before;
    drop(result);
    most
}

/// Returns the number of heap allocations of `work`.
pub(crate) fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = ALLOCATIONS.get();
    drop(work());
    ALLOCATIONS.get() - before
}
