//! Replaces `map` on platforms without mapping, and without the feature `mmap`: a `Map` cannot be created, so
//! all files are read.

use bytes::BufMut;
use std::{fs::File, io};

pub(super) enum Map {}

impl Map {
    pub(super) fn new(_: &File, _: u64) -> io::Result<Map> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn encode(&self, _: usize, _: usize, _: &mut impl BufMut) -> Option<usize> {
        match *self {}
    }
}
