//! Threads and locks: those of the standard library, or those of loom, which runs all interleavings of them.

#[cfg(not(loom))]
pub(super) use std::{
    sync::{Condvar, Mutex, MutexGuard},
    thread,
};

#[cfg(loom)]
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};

#[cfg(loom)]
pub(super) mod thread {
    pub(in super::super) use loom::thread::Builder;

    /// Another thread may run, which is all that time does to a model.
    pub(in super::super) fn sleep(_: std::time::Duration) {}
}
