//! Bodies.

use crate::error::{exception, io_exception, not_picklable};
use niello::{Body, ContentEncoding};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    intern,
    prelude::*,
    types::{PyBytes, PyMemoryView, PySlice},
};
use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A request body: a binary file to read, and an iterable of chunks.
///
/// `len` is its exact length in bytes: the `Content-Length`. Media is read and encoded when it is needed, without the GIL.
#[pyclass(frozen, name = "Body", module = "niello")]
pub(crate) struct PyBody {
    body: Shared,
    len: u64,
    encoding: ContentEncoding,
}

/// A body that threads share. Lock it only while the thread is detached from Python: another thread may hold the lock
/// while it reads the disk.
struct Shared(Mutex<Body>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads up to `len` bytes straight into the object that it returns. It has fewer only at the end, right before an
    /// error, or if another thread reads too.
    fn read<'py>(&self, py: Python<'py>, len: usize) -> PyResult<Bound<'py, PyBytes>> {
        self.fill(py, len, |buffer| self.lock().read(buffer))
    }

    /// Reads the rest, or returns an error: a caller who reads everything at once does not call again to get the error.
    fn read_all<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.fill(py, usize::MAX, |buffer| {
            let mut body = self.lock();
            let mut filled = 0;
            while filled < buffer.len() {
                match body.read(&mut buffer[filled..])? {
                    0 => break,
                    read => filled += read,
                }
            }
            Ok(filled)
        })
    }

    /// Calls `read` with a buffer for up to `len` bytes, as many as remain, while this thread is detached.
    fn fill<'py>(
        &self,
        py: Python<'py>,
        len: usize,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize> + Send,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let len = py.detach(|| self.lock().remaining().min(len as u64)) as usize;
        let mut filled = 0;
        let bytes = PyBytes::new_with(py, len, |buffer| {
            filled = py.detach(|| read(buffer)).map_err(|error| io_exception(py, error))?;
            Ok(())
        })?;
        if filled == len { Ok(bytes) } else { Ok(PyBytes::new(py, &bytes.as_bytes()[..filled])) }
    }
}

impl From<Body> for PyBody {
    fn from(body: Body) -> PyBody {
        PyBody { len: body.len(), encoding: body.content_encoding(), body: Shared(Mutex::new(body)) }
    }
}

impl PyBody {
    /// Returns a copy of the body at its start.
    fn at_start(&self, py: Python<'_>) -> Body {
        let mut body = py.detach(|| self.body.lock().clone());
        body.reset();
        body
    }
}

#[pymethods]
impl PyBody {
    /// Returns the same body with a content coding, `"zstd"` or `"identity"`, at its start.
    fn encode(&self, py: Python<'_>, encoding: &str) -> PyResult<PyBody> {
        let encoding = match encoding {
            "zstd" => ContentEncoding::Zstd,
            "identity" => ContentEncoding::Identity,
            _ => {
                let message = format!("unknown content coding {encoding:?}; use \"zstd\" or \"identity\"");
                return Err(PyValueError::new_err(message));
            }
        };
        self.at_start(py).encode(encoding).map(PyBody::from).map_err(|error| exception(py, error))
    }

    /// The content coding: the value of the `Content-Encoding` header, `"zstd"` or `"identity"`.
    #[getter]
    fn content_encoding(&self) -> &'static str {
        self.encoding.as_str()
    }

    /// Reads up to `size` bytes, or all that remain if `size` is `None` or negative.
    #[pyo3(signature = (size=None, /))]
    fn read<'py>(&self, py: Python<'py>, size: Option<isize>) -> PyResult<Bound<'py, PyBytes>> {
        match size.and_then(|size| usize::try_from(size).ok()) {
            Some(size) => self.body.read(py, size),
            None => self.body.read_all(py),
        }
    }

    /// Reads into a writable buffer and returns the number of bytes.
    #[pyo3(signature = (buffer, /))]
    fn readinto(&self, buffer: &Bound<'_, PyAny>) -> PyResult<usize> {
        let py = buffer.py();
        let out = PyMemoryView::from(buffer)?;
        if out.getattr(intern!(py, "readonly"))?.is_truthy()? {
            return Err(PyTypeError::new_err("the buffer is read-only"));
        }
        let out = out.call_method1(intern!(py, "cast"), ("B",))?;
        // Other threads can access the buffer while this one is detached, so the bytes are read into an object first.
        let bytes = self.body.read(py, out.len()?)?;
        let len = bytes.as_bytes().len();
        out.set_item(PySlice::new(py, 0, len.cast_signed(), 1), bytes)?;
        Ok(len)
    }

    /// Moves to a position in bytes and returns it. Reads nothing.
    #[pyo3(signature = (offset, whence=0, /))]
    fn seek(&self, py: Python<'_>, offset: i64, whence: u8) -> PyResult<u64> {
        let to = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| {
                PyValueError::new_err(format!("the offset {offset} is before the start of the body"))
            })?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(PyValueError::new_err(format!("whence is {whence}; use 0, 1 or 2"))),
        };
        let position = py.detach(|| self.body.lock().seek(to));
        position.map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Returns the position in bytes.
    fn tell(&self, py: Python<'_>) -> u64 {
        py.detach(|| self.body.lock().position())
    }

    /// Returns `True`.
    fn readable(&self) -> bool {
        true
    }

    /// Returns `True`.
    fn seekable(&self) -> bool {
        true
    }

    /// Returns an iterator over the whole body in chunks of `size` bytes. It has a position of its own.
    #[pyo3(signature = (size=1048576))]
    fn chunks(&self, py: Python<'_>, size: usize) -> PyResult<PyChunks> {
        if size == 0 {
            return Err(PyValueError::new_err("the size of a chunk must be positive"));
        }
        Ok(PyChunks { body: Shared(Mutex::new(self.at_start(py))), size })
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<PyChunks> {
        self.chunks(py, 1024 * 1024)
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(isize::try_from(self.len)?.unsigned_abs())
    }

    fn __repr__(&self) -> String {
        format!("<niello.Body: {} bytes>", self.len)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable(
            "niello.Body cannot be pickled, because its files are open in this process; create the body in the process that sends it",
        ))
    }
}

/// Joins bodies to JSON Lines: each of them, and a line feed.
#[pyfunction]
pub(crate) fn json_lines(bodies: &Bound<'_, PyAny>) -> PyResult<PyBody> {
    let py = bodies.py();
    let mut raised = None;
    let bodies = bodies.try_iter()?.map_while(|body| {
        let body = body.and_then(|body| Ok(body.cast::<PyBody>()?.get().at_start(py)));
        body.map(Ok).map_err(|error| raised = Some(error)).ok()
    });
    let joined = Body::json_lines(bodies);
    match raised {
        Some(raised) => Err(raised),
        None => joined.map(PyBody::from).map_err(|error| exception(py, error)),
    }
}

/// An iterator over the chunks of a body.
#[pyclass(frozen, name = "Chunks", module = "niello")]
pub(crate) struct PyChunks {
    body: Shared,
    size: usize,
}

#[pymethods]
impl PyChunks {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let chunk = self.body.read(py, self.size)?;
        Ok((!chunk.as_bytes().is_empty()).then_some(chunk))
    }
}
