//! Matrices of other libraries as nalgebra's, which every estimator takes. Each conversion copies the entries once.

use nalgebra::{DMatrix, Scalar};

use crate::input::InputError;

/// An N x D matrix from its entries row by row: x_nd is `values[n * D + d]`.
///
/// ```
/// let x = estimator::from_row_major(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?;
/// assert_eq!((x[(0, 1)], x[(2, 0)]), (2.0, 5.0));
/// assert!(estimator::from_row_major(&[1.0, 2.0, 3.0], 2, 2).is_err());
/// # Ok::<(), estimator::InputError>(())
/// ```
///
/// # Errors
/// [`InputError::Shape`] unless there are N·D entries.
pub fn from_row_major<T: Scalar>(values: &[T], rows: usize, cols: usize) -> Result<DMatrix<T>, InputError> {
    match rows.checked_mul(cols) {
        Some(expected) if expected == values.len() => Ok(DMatrix::from_row_slice(rows, cols, values)),
        expected => {
            Err(InputError::entries("a matrix row by row", expected.unwrap_or(usize::MAX), values.len()))
        }
    }
}

/// An N x D matrix from one of ndarray, whatever its layout.
///
/// ```
/// use ndarray::array;
/// let x = estimator::from_ndarray(&array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
/// assert_eq!((x.nrows(), x.ncols(), x[(2, 0)]), (3, 2, 5.0));
/// let transposed = estimator::from_ndarray(&array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].t());
/// assert_eq!((transposed.nrows(), transposed[(0, 2)]), (2, 5.0));
/// ```
#[cfg(feature = "ndarray")]
pub fn from_ndarray<T, S>(x: &ndarray::ArrayBase<S, ndarray::Ix2>) -> DMatrix<T>
where
    T: Scalar,
    S: ndarray::Data<Elem = T>,
{
    // nalgebra's order is column by column.
    DMatrix::from_iterator(x.nrows(), x.ncols(), x.t().iter().cloned())
}

/// An N x D matrix from one of faer.
///
/// ```
/// let x = faer::Mat::from_fn(3, 2, |n, d| (10 * n + d) as f64);
/// let x = estimator::from_faer(x.as_ref());
/// assert_eq!((x.nrows(), x.ncols(), x[(2, 1)]), (3, 2, 21.0));
/// ```
#[cfg(feature = "faer")]
#[must_use]
pub fn from_faer<T: Scalar>(x: faer::MatRef<'_, T>) -> DMatrix<T> {
    DMatrix::from_fn(x.nrows(), x.ncols(), |n, d| x[(n, d)].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_gives_the_same_matrix() {
        let expected = DMatrix::from_fn(4, 3, |n, d| (10 * n + d) as f64);
        let rows: Vec<f64> = (0..4).flat_map(|n| (0..3).map(move |d| f64::from(10 * n + d))).collect();
        assert_eq!(from_row_major(&rows, 4, 3), Ok(expected.clone()));
        assert!(from_row_major(&rows, usize::MAX, 3).is_err());
        assert_eq!(from_row_major::<f64>(&[], 0, 3).map(|x| x.ncols()), Ok(3));
        #[cfg(feature = "ndarray")]
        {
            let c = ndarray::Array2::from_shape_fn((4, 3), |(n, d)| (10 * n + d) as f64);
            assert_eq!(from_ndarray(&c), expected);
            let fortran = c.t().as_standard_layout().into_owned();
            assert_eq!(from_ndarray(&fortran.t()), expected);
            assert_eq!(from_ndarray(&c.slice(ndarray::s![..;-1, ..])).row(0), expected.row(3));
        }
        #[cfg(feature = "faer")]
        {
            let x = faer::Mat::from_fn(4, 3, |n, d| (10 * n + d) as f64);
            assert_eq!(from_faer(x.as_ref()), expected);
            assert_eq!(from_faer(x.transpose()), expected.transpose());
        }
    }
}
