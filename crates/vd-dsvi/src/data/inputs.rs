//! What can be read as rows of inputs.

use std::borrow::Cow;

use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;

use crate::data::rows::Rows;
use crate::error::Error;
use crate::real::Real;

/// Anything that can be read as [`Rows`]: a dense matrix, a compressed one, or rows already built.
pub trait Inputs<R: Real> {
    /// The rows, borrowed where they exist.
    ///
    /// # Errors
    /// As for [`Rows::from_dense`].
    fn rows(&self) -> Result<Cow<'_, Rows<R>>, Error>;
}

impl<R: Real> Inputs<R> for Rows<R> {
    fn rows(&self) -> Result<Cow<'_, Rows<R>>, Error> {
        Ok(Cow::Borrowed(self))
    }
}

impl<R: Real> Inputs<R> for DMatrix<R> {
    fn rows(&self) -> Result<Cow<'_, Rows<R>>, Error> {
        Rows::from_dense(self).map(Cow::Owned)
    }
}

impl<R: Real> Inputs<R> for CsrMatrix<R> {
    fn rows(&self) -> Result<Cow<'_, Rows<R>>, Error> {
        Rows::from_csr(self).map(Cow::Owned)
    }
}
