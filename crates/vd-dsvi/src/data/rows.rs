//! Inputs of samples as compressed rows, checked when they are built.

use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;

use crate::error::Error;
use crate::real::Real;
use estimator::InputError;

/// N samples of D features, row by row, zeros left out: the form in which the trainer reads its inputs.
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
            for (sample, &v) in column.iter().enumerate() {
                if v != R::ZERO {
                    Self::check_value(sample, feature, v)?;
                    index[next[sample]] = feature as u32;
                    value[next[sample]] = v;
                    next[sample] += 1;
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
        for (sample, row) in x.row_iter().enumerate() {
            for (&feature, &v) in row.col_indices().iter().zip(row.values()) {
                Self::check_value(sample, feature, v)?;
            }
        }
        let index = x.col_indices().iter().map(|&j| j as u32).collect();
        Ok(Self { features: d, offsets: x.row_offsets().to_vec(), index, value: x.values().to_vec() })
    }

    /// The number of samples N.
    #[must_use]
    pub fn samples(&self) -> usize {
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

    /// Feature indices and values of one sample; none beyond the last.
    #[must_use]
    pub fn get(&self, sample: usize) -> Option<(&[u32], &[R])> {
        (sample < self.samples()).then(|| self.row(sample))
    }

    /// Feature indices and values of one sample.
    #[inline(always)]
    pub(crate) fn row(&self, sample: usize) -> (&[u32], &[R]) {
        let span = self.offsets[sample]..self.offsets[sample + 1];
        (&self.index[span.clone()], &self.value[span])
    }

    /// From n · d values, row by row: sample 0's features first. Zeros are left out.
    ///
    /// ```
    /// use vd_dsvi::Rows;
    ///
    /// let rows = Rows::from_row_major(&[1.0_f32, 0.0, 2.0, 3.0, 0.0, 0.0], 2, 3)?;
    /// assert_eq!((rows.samples(), rows.features(), rows.entries()), (2, 3, 3));
    /// # Ok::<(), vd_dsvi::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Rows::from_dense`]; another number of values than n · d.
    pub fn from_row_major(values: &[R], n: usize, d: usize) -> Result<Self, Error> {
        if n.checked_mul(d) != Some(values.len()) {
            return Err(InputError::entries("x, row by row", n.saturating_mul(d), values.len()).into());
        }
        Self::check_shape(n, d)?;
        let (mut offsets, mut index, mut value) = (vec![0], Vec::new(), Vec::new());
        for (sample, row) in values.chunks_exact(d).enumerate() {
            for (feature, &v) in row.iter().enumerate().filter(|entry| *entry.1 != R::ZERO) {
                Self::check_value(sample, feature, v)?;
                index.push(feature as u32);
                value.push(v);
            }
            offsets.push(index.len());
        }
        Ok(Self { features: d, offsets, index, value })
    }

    fn check_shape(samples: usize, features: usize) -> Result<(), Error> {
        if samples == 0 || features == 0 {
            return Err(InputError::Empty { what: "x", rows: samples, cols: features }.into());
        }
        let most = u32::MAX as usize;
        for (name, value) in [("rows of x", samples), ("columns of x", features)] {
            if value > most {
                return Err(InputError::Parameter { name, value: value as f64, allowed: "below 2³²" }.into());
            }
        }
        Ok(())
    }

    fn check_value(sample: usize, feature: usize, v: R) -> Result<(), Error> {
        let value = v.f64();
        if !v.is_finite() {
            return Err(InputError::NotFinite { what: "x", row: sample, col: feature, value }.into());
        }
        if value.abs() > R::LARGEST_INPUT {
            let limit = R::LARGEST_INPUT;
            return Err(InputError::TooLarge { what: "x", col: feature, value, limit }.into());
        }
        Ok(())
    }
}
