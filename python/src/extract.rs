//! Extraction.

use crate::{error::exception, media::PyMedia};
use niello::{Error, Extractor};
use pyo3::{exceptions::PyValueError, prelude::*};
use std::sync::{Mutex, PoisonError};

/// Takes media out of JSON while it arrives.
#[pyclass(frozen, name = "Extractor", module = "niello._niello")]
pub(crate) struct PyExtractor(Mutex<Option<Extractor>>);

/// The mark in the text, the media, whether it is a data URI, and its JSON path.
type Found = (String, PyMedia, bool, String);

impl PyExtractor {
    /// Calls `work` while this thread is detached from Python.
    fn detached<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Option<Extractor>) -> Option<Result<T, Error>> + Send,
    ) -> PyResult<T> {
        let result = py.detach(|| work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)));
        let result = result.ok_or_else(|| PyValueError::new_err("the extractor is finished"))?;
        result.map_err(|error| exception(py, error))
    }
}

#[pymethods]
impl PyExtractor {
    #[new]
    #[pyo3(signature = (*, max_media_bytes=None))]
    fn new(max_media_bytes: Option<u64>) -> PyExtractor {
        let extractor = Extractor::new().max_media_bytes(max_media_bytes.unwrap_or(u64::MAX));
        PyExtractor(Mutex::new(Some(extractor)))
    }

    /// Reads the next bytes of the JSON.
    fn push(&self, py: Python<'_>, data: &[u8]) -> PyResult<()> {
        self.detached(py, |extractor| Some(extractor.as_mut()?.push(data)))
    }

    /// Returns the JSON with marks in the place of media, and the media.
    fn finish(&self, py: Python<'_>) -> PyResult<(String, Vec<Found>)> {
        self.detached(py, |extractor| {
            Some(extractor.take()?.finish().map(|extracted| {
                let found = extracted.media().iter().map(|media| {
                    let (mark, path) = (media.mark().to_owned(), media.path().to_owned());
                    (mark, PyMedia(media.stored().clone()), media.is_data_uri(), path)
                });
                (extracted.text().to_owned(), found.collect())
            }))
        })
    }
}
