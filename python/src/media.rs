//! Media.

use crate::error::{exception, io_exception, not_picklable};
use niello::{Access, Media, MediaOptions, bytes::Bytes};
use pyo3::{
    buffer::PyBuffer, exceptions::PyTypeError, intern, prelude::*, pybacked::PyBackedBytes, types::PyBytes,
};
use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

/// Media to embed in JSON: a file, or bytes in memory.
///
/// Its length and its MIME type are fixed when it is opened. A file is read when it is sent, never into memory as a whole.
#[pyclass(frozen, name = "Media", module = "niello")]
pub(crate) struct PyMedia(pub(crate) Media);

#[pymethods]
impl PyMedia {
    /// Opens a file, and detects its MIME type unless `mime` sets it. `name` replaces the path in error messages.
    ///
    /// With `keep_open=False`, the file is closed, and opened again for each read. Use it for `json_lines` with more files
    /// than the process may have open. The file must stay at its path.
    #[staticmethod]
    #[pyo3(signature = (path, *, mime=None, name=None, keep_open=true))]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        mime: Option<String>,
        name: Option<String>,
        keep_open: bool,
    ) -> PyResult<PyMedia> {
        let mut options = options(mime, name);
        if !keep_open {
            options = options.access(Access::Reopen);
        }
        let media = py.detach(|| options.open(path));
        media.map(PyMedia).map_err(|error| exception(py, error))
    }

    /// Creates media from bytes. A `bytes` object is not copied, other buffers are.
    #[staticmethod]
    #[pyo3(signature = (data, *, mime=None, name=None))]
    fn from_bytes(data: &Bound<'_, PyAny>, mime: Option<String>, name: Option<String>) -> PyResult<PyMedia> {
        let py = data.py();
        let bytes = match data.cast::<PyBytes>() {
            Ok(bytes) => Bytes::from_owner(PyBackedBytes::from(bytes.clone())),
            Err(_) => PyBuffer::<u8>::get(data)?.to_vec(py)?.into(),
        };
        options(mime, name).from_bytes(bytes).map(PyMedia).map_err(|error| exception(py, error))
    }

    /// Creates media from a binary file object: what it contains from its position to its end.
    ///
    /// A regular file at position 0 is opened once more. Everything else, such as `io.BytesIO` or a response, is read to
    /// its end and copied to an unlinked temporary file.
    #[staticmethod]
    #[pyo3(signature = (file, *, mime=None, name=None))]
    fn from_file(file: &Bound<'_, PyAny>, mime: Option<String>, name: Option<String>) -> PyResult<PyMedia> {
        let py = file.py();
        let name = name.or_else(|| file.getattr(intern!(py, "name")).ok()?.extract().ok());
        let options = options(mime, name);
        if let Some(file) = regular_file(file)? {
            return py.detach(|| options.from_file(file)).map(PyMedia).map_err(|error| exception(py, error));
        }
        let mut reader = PyReader { file: file.clone().unbind(), raised: None };
        let media = py.detach(|| options.from_reader(&mut reader));
        match reader.raised {
            Some(raised) => Err(raised),
            None => media.map(PyMedia).map_err(|error| exception(py, error)),
        }
    }

    /// The MIME type, including its parameters.
    #[getter]
    fn mime(&self) -> &str {
        self.0.mime()
    }

    /// The name in error messages: the path, or a description of the origin.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The length of the media as base64 in bytes, including padding.
    #[getter]
    fn encoded_len(&self) -> u64 {
        self.0.encoded_len()
    }

    /// Returns all bytes of the media.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        PyBytes::new_with(py, self.__len__()?, |out| {
            py.detach(|| self.0.reader().read_exact(out)).map_err(|error| io_exception(py, error))
        })
    }

    /// Writes the media to a file, which appears at `path` when it is complete.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(path)).map_err(|error| exception(py, error))
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(isize::try_from(self.0.len())?.unsigned_abs())
    }

    // Without it, empty media would be false.
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        format!("<niello.Media {:?}: {} bytes of {}>", self.0.name(), self.0.len(), self.0.mime())
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable(
            "niello.Media cannot be pickled, because it is a file that is open in this process; pass the path instead",
        ))
    }
}

fn options(mime: Option<String>, name: Option<String>) -> MediaOptions {
    let mut options = Media::options();
    if let Some(mime) = mime {
        options = options.mime(mime);
    }
    if let Some(name) = name {
        options = options.name(name);
    }
    options
}

/// Opens the file of a file object once more, if it is a regular file at position 0.
///
/// A file object that transforms what it reads, such as `gzip.GzipFile`, may have a descriptor, so only `io.FileIO` and
/// the buffers around it qualify.
fn regular_file(file: &Bound<'_, PyAny>) -> PyResult<Option<File>> {
    let py = file.py();
    let raw = file.getattr(intern!(py, "raw")).unwrap_or_else(|_| file.clone());
    if !raw.get_type().is(&py.import(intern!(py, "io"))?.getattr(intern!(py, "FileIO"))?) {
        return Ok(None);
    }
    let position = file.call_method0(intern!(py, "tell")).and_then(|position| position.extract::<u64>());
    if position.is_ok_and(|position| position == 0) {
        file.call_method0(intern!(py, "flush"))?;
        let descriptor: i32 = raw.call_method0(intern!(py, "fileno"))?.extract()?;
        return Ok(py.detach(|| File::open(format!("/dev/fd/{descriptor}")).ok()));
    }
    Ok(None)
}

/// Reads a file object.
struct PyReader {
    file: Py<PyAny>,
    /// The exception that the file object raised.
    raised: Option<PyErr>,
}

/// Python objects are slow to call, so they are asked for this many bytes at a time.
const READ: usize = 1024 * 1024;

impl Read for PyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = Python::attach(|py| {
            let len = buffer.len().min(READ);
            let bytes = self.file.bind(py).call_method1(intern!(py, "read"), (len,))?;
            let bytes = bytes.cast_into::<PyBytes>().map_err(|_| {
                PyTypeError::new_err("the file object does not return bytes; open the file in binary mode")
            })?;
            let bytes = bytes.as_bytes();
            let out = buffer.get_mut(..bytes.len()).ok_or_else(|| {
                PyTypeError::new_err("the file object returned more bytes than it was asked for")
            })?;
            out.copy_from_slice(bytes);
            Ok(bytes.len())
        });
        read.map_err(|raised: PyErr| {
            self.raised = Some(raised);
            io::Error::other("the file object raised an exception")
        })
    }
}
