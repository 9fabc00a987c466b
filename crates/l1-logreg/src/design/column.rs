//! One feature of all samples, and the sparse matrix by columns.

use crate::scalar::Scalar;

/// The stored values of one column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Column<'a, T> {
    Dense(&'a [T]),
    Sparse(&'a [u32], &'a [T]),
    /// A one for each of so many samples: the feature of an intercept.
    Ones(usize),
}

impl<T: Scalar> Column<'_, T> {
    pub(crate) fn stored(&self) -> usize {
        match self {
            Self::Dense(value) => value.len(),
            Self::Sparse(row, _) => row.len(),
            Self::Ones(n) => *n,
        }
    }

    /// Σ term(i, x_i) over the stored values, in four interleaved sums of fixed order.
    #[inline(always)]
    pub(crate) fn sum(&self, term: impl Fn(usize, f64) -> f64) -> f64 {
        let mut sums = [0.0; 4];
        match self {
            Self::Dense(value) => {
                for (at, x) in value.iter().enumerate() {
                    sums[at % 4] += term(at, x.to_f64());
                }
            }
            Self::Sparse(row, value) => {
                let ((rows, rows_left), (values, values_left)) =
                    (row.as_chunks::<4>(), value.as_chunks::<4>());
                for (i, x) in rows.iter().zip(values) {
                    for lane in 0..4 {
                        sums[lane] += term(i[lane] as usize, x[lane].to_f64());
                    }
                }
                for (&i, x) in rows_left.iter().zip(values_left) {
                    sums[0] += term(i as usize, x.to_f64());
                }
            }
            Self::Ones(n) => {
                for at in 0..*n {
                    sums[at % 4] += term(at, 1.0);
                }
            }
        }
        (sums[0] + sums[1]) + (sums[2] + sums[3])
    }

    /// Calls `act` for every stored value.
    #[inline(always)]
    pub(crate) fn each(&self, mut act: impl FnMut(usize, f64)) {
        match self {
            Self::Dense(value) => value.iter().enumerate().for_each(|(i, x)| act(i, x.to_f64())),
            Self::Sparse(row, value) => {
                row.iter().zip(*value).for_each(|(&i, x)| act(i as usize, x.to_f64()));
            }
            Self::Ones(n) => (0..*n).for_each(|i| act(i, 1.0)),
        }
    }
}

/// Compressed sparse columns.
#[derive(Debug, Clone)]
pub struct ByColumn<T> {
    from: Vec<usize>,
    row: Vec<u32>,
    value: Vec<T>,
}

impl<T: Scalar> ByColumn<T> {
    /// The transpose of compressed sparse rows.
    pub(crate) fn of_rows(columns: usize, from: &[usize], index: &[u32], value: &[T]) -> Self {
        let mut starts = vec![0_usize; columns + 1];
        for &j in index {
            starts[j as usize + 1] += 1;
        }
        for j in 0..columns {
            starts[j + 1] += starts[j];
        }
        let mut next = starts.clone();
        let (mut row, mut turned) = (vec![0_u32; index.len()], vec![T::default(); index.len()]);
        for (i, extent) in from.windows(2).enumerate() {
            for at in extent[0]..extent[1] {
                let place = &mut next[index[at] as usize];
                row[*place] = i as u32;
                turned[*place] = value[at];
                *place += 1;
            }
        }
        Self { from: starts, row, value: turned }
    }

    pub(crate) fn column(&self, j: usize) -> Column<'_, T> {
        let extent = self.from[j]..self.from[j + 1];
        Column::Sparse(&self.row[extent.clone()], &self.value[extent])
    }
}
