//! Where files are not mapped, nothing is a `Map`.

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
