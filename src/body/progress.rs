//! How far a body has got, seen from outside.

use super::Body;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How far a body has got: made by [`Body::progress`].
///
/// Readable from any thread while a client has the body. A replay sets it back: it follows whichever clone
/// moved last.
#[derive(Clone, Debug)]
pub struct Progress {
    sent: Arc<AtomicU64>,
    total: u64,
}

impl Progress {
    /// Bytes that have been handed to the client, which may still hold some of them.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Length of the whole body in bytes.
    pub fn total(&self) -> u64 {
        self.total
    }
}

impl Body {
    /// A handle on how far this body gets, to be taken before the body is handed over; clones of the body
    /// that are made from now on move it, too.
    ///
    /// ```
    /// let mut body = niello::Body::json("abcdef")?;
    /// let progress = body.progress();
    /// let replay = body.clone();
    /// body.write_to(&mut std::io::sink()).unwrap();
    /// assert_eq!((progress.sent(), progress.total()), (8, 8));
    /// let _ = replay.with_chunk_len(3).chunks().next();
    /// assert_eq!(progress.sent(), 3);
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn progress(&mut self) -> Progress {
        let position = self.position;
        let sent = self.progress.get_or_insert_with(|| Arc::new(AtomicU64::new(position))).clone();
        Progress { sent, total: self.len() }
    }
}
