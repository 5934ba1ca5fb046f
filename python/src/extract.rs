//! Extraction.

use crate::{error::exception, media::PyMedia};
use niello::{Error, Extractor, JsonPath, Place};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::PyTuple,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Takes media out of JSON while it arrives.
#[pyclass(frozen, name = "Extractor", module = "niello._niello")]
pub(crate) struct PyExtractor {
    extractor: Mutex<Option<Extractor>>,
    rule: Option<Arc<PyRule>>,
}

/// The mark in the text, the media, whether it is a data URI, and its JSON path.
type Found = (String, PyMedia, bool, String);

impl PyExtractor {
    /// Calls `work` while this thread is detached from Python. An exception of the rule comes before its result.
    fn detached<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Option<Extractor>) -> Option<Result<T, Error>> + Send,
    ) -> PyResult<T> {
        let result = py.detach(|| work(&mut lock(&self.extractor)));
        if let Some(raised) = self.rule.as_ref().and_then(|rule| lock(&rule.raised).take()) {
            return Err(raised);
        }
        let result = result.ok_or_else(|| PyValueError::new_err("the extractor is finished"))?;
        result.map_err(|error| exception(py, error))
    }
}

#[pymethods]
impl PyExtractor {
    #[new]
    #[pyo3(signature = (*, rule=None, max_text=None, max_media=None, max_media_bytes=None))]
    fn new(
        rule: Option<Py<PyAny>>,
        max_text: Option<usize>,
        max_media: Option<usize>,
        max_media_bytes: Option<u64>,
    ) -> PyExtractor {
        let mut extractor = Extractor::new()
            .max_text(max_text.unwrap_or(<Extractor>::MAX_TEXT))
            .max_media(max_media.unwrap_or(<Extractor>::MAX_MEDIA))
            .max_media_bytes(max_media_bytes.unwrap_or(u64::MAX));
        let rule = rule.map(|function| Arc::new(PyRule { function, raised: Mutex::new(None) }));
        if let Some(rule) = rule.clone() {
            extractor = extractor.rule(move |path| rule.place(path));
        }
        PyExtractor { extractor: Mutex::new(Some(extractor)), rule }
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

/// A function that decides which strings are media.
struct PyRule {
    function: Py<PyAny>,
    /// The first exception that the function raised.
    raised: Mutex<Option<PyErr>>,
}

impl PyRule {
    /// Calls the function, unless it has raised an exception.
    fn place(&self, path: &JsonPath) -> Place {
        if lock(&self.raised).is_some() {
            return Place::Text;
        }
        Python::attach(|py| self.call(py, path)).unwrap_or_else(|raised| {
            lock(&self.raised).get_or_insert(raised);
            Place::Text
        })
    }

    fn call(&self, py: Python<'_>, path: &JsonPath) -> PyResult<Place> {
        let keys = PyTuple::new(py, path.keys().collect::<Vec<_>>())?;
        let place = self.function.bind(py).call1((keys,))?;
        if place.is_none() {
            return Ok(Place::of(path));
        }
        match place.extract::<&str>() {
            Ok("media") => Ok(Place::Media),
            Ok("data_uri") => Ok(Place::DataUri),
            Ok("text") => Ok(Place::Text),
            _ => {
                let message = format!(
                    "the rule returned {} for {path}; return \"media\", \"data_uri\", \"text\" or None",
                    place.repr()?
                );
                Err(PyTypeError::new_err(message))
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
