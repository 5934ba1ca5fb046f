//! The progress of a body, for other threads.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A handle that shows how much of a body was delivered. [`Body::progress`](crate::Body::progress) creates
/// it.
///
/// It can be read from any thread while a client has the body. It follows the clone that moved last, so a retry sets it
/// back.
#[derive(Clone, Debug)]
pub struct Progress {
    sent: Arc<AtomicU64>,
    total: u64,
}

impl Progress {
    pub(super) fn new(sent: Arc<AtomicU64>, total: u64) -> Progress {
        Progress { sent, total }
    }

    /// Returns the number of bytes that were delivered to the client, which may still buffer some of them.
    ///
    /// It never exceeds [`total`](Self::total).
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns the length of the body in bytes.
    pub fn total(&self) -> u64 {
        self.total
    }
}
