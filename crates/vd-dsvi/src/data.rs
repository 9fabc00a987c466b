//! Inputs as compressed rows, and targets, both checked once at the door.

use std::borrow::Cow;

use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;

use crate::{Error, Real};

/// N objects of D features, row by row, zeros left out: the form in which the trainer reads its inputs.
///
/// Built once from a dense matrix or a compressed sparse one; several fits on the same data can share it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<R> {
    pub(crate) features: usize,
    /// Object n owns the entries `offsets[n]..offsets[n + 1]`.
    pub(crate) offsets: Vec<usize>,
    /// Feature indices, ascending inside a row.
    pub(crate) index: Vec<u32>,
    pub(crate) value: Vec<R>,
}

impl<R: Real> Rows<R> {
    /// From a dense N × D matrix.
    ///
    /// # Errors
    /// An empty matrix, a value that is not finite, or one whose square overflows.
    pub fn from_dense(x: &DMatrix<R>) -> Result<Self, Error> {
        let (n, d) = x.shape();
        Self::check_shape(n, d)?;
        let mut offsets = vec![0usize; n + 1];
        for column in x.column_iter() {
            for (count, value) in offsets[1..].iter_mut().zip(column.iter()) {
                *count += usize::from(*value != R::ZERO);
            }
        }
        for i in 0..n {
            offsets[i + 1] += offsets[i];
        }
        let total = offsets[n];
        let (mut index, mut value) = (vec![0u32; total], vec![R::ZERO; total]);
        let mut next = offsets.clone();
        for (feature, column) in x.column_iter().enumerate() {
            for (object, &v) in column.iter().enumerate() {
                if v != R::ZERO {
                    Self::check_value(object, feature, v)?;
                    index[next[object]] = feature as u32;
                    value[next[object]] = v;
                    next[object] += 1;
                }
            }
        }
        Ok(Self { features: d, offsets, index, value })
    }

    /// From a compressed N × D matrix; explicit zeros are kept as entries.
    ///
    /// # Errors
    /// As for [`Rows::from_dense`].
    pub fn from_csr(x: &CsrMatrix<R>) -> Result<Self, Error> {
        let (n, d) = (x.nrows(), x.ncols());
        Self::check_shape(n, d)?;
        for (object, row) in x.row_iter().enumerate() {
            for (&feature, &v) in row.col_indices().iter().zip(row.values()) {
                Self::check_value(object, feature, v)?;
            }
        }
        let index = x.col_indices().iter().map(|&j| j as u32).collect();
        Ok(Self { features: d, offsets: x.row_offsets().to_vec(), index, value: x.values().to_vec() })
    }

    /// The number of objects N.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The number of features D.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// The stored entries: every input that is not zero.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.index.len()
    }

    /// Feature indices and values of one object.
    #[inline(always)]
    pub(crate) fn row(&self, object: usize) -> (&[u32], &[R]) {
        let span = self.offsets[object]..self.offsets[object + 1];
        (&self.index[span.clone()], &self.value[span])
    }

    fn check_shape(objects: usize, features: usize) -> Result<(), Error> {
        if objects == 0 || features == 0 {
            return Err(Error::Empty { objects, features });
        }
        if features > u32::MAX as usize || objects > u32::MAX as usize {
            let (field, value) = ("features or objects", features.max(objects) as f64);
            return Err(Error::Parameter { field, value, allowed: "below 2³²" });
        }
        Ok(())
    }

    fn check_value(object: usize, feature: usize, v: R) -> Result<(), Error> {
        if !v.is_finite() {
            return Err(Error::NonFiniteInput { object, feature, value: v.f64() });
        }
        if !(v * v).is_finite() {
            return Err(Error::InputTooLarge { object, feature, value: v.f64() });
        }
        Ok(())
    }
}

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

/// What is to be predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Targets<'a, R: nalgebra::Scalar> {
    /// One class index per object, from 0: softmax, or Bernoulli with a single output (classes 0 and 1).
    Classes(&'a [usize]),
    /// N × K values: Gaussian (any finite value), or Bernoulli (each in [0, 1]).
    Values(&'a DMatrix<R>),
}

impl<'a, R: Real> From<&'a [usize]> for Targets<'a, R> {
    fn from(labels: &'a [usize]) -> Self {
        Self::Classes(labels)
    }
}

impl<'a, R: Real> From<&'a Vec<usize>> for Targets<'a, R> {
    fn from(labels: &'a Vec<usize>) -> Self {
        Self::Classes(labels)
    }
}

impl<'a, R: Real> From<&'a DMatrix<R>> for Targets<'a, R> {
    fn from(values: &'a DMatrix<R>) -> Self {
        Self::Values(values)
    }
}

impl<R: Real> Targets<'_, R> {
    /// The number of objects they speak of.
    #[must_use]
    pub fn objects(&self) -> usize {
        match self {
            Self::Classes(labels) => labels.len(),
            Self::Values(values) => values.nrows(),
        }
    }
}
