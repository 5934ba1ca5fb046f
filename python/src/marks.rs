//! Marks.

use crate::{body::PyBody, error::exception, media::PyMedia};
use niello::{
    Body, Marks, Scope,
    serde_json::{self, value::RawValue},
};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyBytes};

/// A set of marks.
#[pyclass(frozen, name = "Marks", module = "niello._niello")]
pub(crate) struct PyMarks(Marks);

#[pymethods]
impl PyMarks {
    #[new]
    fn new() -> PyMarks {
        PyMarks(Marks::new())
    }

    /// Creates a scope, whose marks are forgotten with it.
    fn scope(&self) -> PyScope {
        PyScope(self.0.scope())
    }

    /// Creates a body from JSON, with media in the place of marks. Returns `None` if it contains no mark.
    fn inlay(&self, py: Python<'_>, json: &[u8]) -> PyResult<Option<PyBody>> {
        match py.detach(|| self.0.inlay(json)) {
            Ok(body) => Ok(body.map(PyBody::from)),
            Err(error) => Err(exception(py, error)),
        }
    }

    /// Creates a body from JSON, whether or not it contains marks.
    fn body(&self, py: Python<'_>, json: &[u8]) -> PyResult<PyBody> {
        if let Some(body) = self.inlay(py, json)? {
            return Ok(body);
        }
        let body = serde_json::from_slice::<&RawValue>(json)
            .map_err(|cause| PyValueError::new_err(format!("the bytes are not JSON: {cause}")))
            .and_then(|json| Body::json(json).map_err(|error| exception(py, error)))?;
        Ok(body.into())
    }
}

/// Marks that are forgotten when this object is deleted.
#[pyclass(frozen, name = "Scope", module = "niello._niello")]
pub(crate) struct PyScope(Scope);

#[pymethods]
impl PyScope {
    fn base64(&self, media: &PyMedia) -> String {
        self.0.base64(&media.0)
    }

    fn data_uri(&self, media: &PyMedia) -> String {
        self.0.data_uri(&media.0)
    }

    /// Returns bytes whose base64 is a mark.
    fn raw<'py>(&self, py: Python<'py>, media: &PyMedia) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.raw(&media.0))
    }
}
