//! The extension module `niello._niello`: media, marks, bodies and extraction for Python.
//!
//! The clients are written in Python, because each needs only the library that it adapts.

#![forbid(unsafe_code)]

mod body;
mod error;
mod extract;
mod marks;
mod media;

#[pyo3::pymodule(gil_used = false)]
mod _niello {
    #[pymodule_export]
    use crate::{
        body::{PyBody, PyChunks, json_lines},
        extract::PyExtractor,
        marks::{PyMarks, PyScope},
        media::PyMedia,
    };
}
