//! A block of consecutive rows, dense or sparse: the unit that a pass over rows reads.

/// A block of rows of a design matrix, by columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    rows: usize,
    columns: usize,
    entries: Entries,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entries {
    /// Column-major.
    Dense(Vec<f64>),
    /// Compressed columns.
    Sparse { start: Vec<usize>, row: Vec<u32>, value: Vec<f64> },
}

impl Block {
    /// A dense block from column-major values; `None` unless there are `rows`·`columns` of them.
    #[must_use]
    pub fn dense(rows: usize, columns: usize, values: Vec<f64>) -> Option<Self> {
        (rows.checked_mul(columns) == Some(values.len())).then_some(Self {
            rows,
            columns,
            entries: Entries::Dense(values),
        })
    }

    /// A sparse block; `start` has one entry more than there are columns, rows are below `rows`.
    pub(crate) fn sparse(rows: usize, start: Vec<usize>, row: Vec<u32>, value: Vec<f64>) -> Self {
        Self { rows, columns: start.len() - 1, entries: Entries::Sparse { start, row, value } }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn entries(&self) -> &Entries {
        &self.entries
    }

    /// Calls `visit(row, value)` for every stored entry of column j.
    #[inline]
    pub(crate) fn visit(&self, j: usize, mut visit: impl FnMut(usize, f64)) {
        match &self.entries {
            Entries::Dense(values) => {
                for (i, v) in values[j * self.rows..(j + 1) * self.rows].iter().enumerate() {
                    visit(i, *v);
                }
            }
            Entries::Sparse { start, row, value } => {
                for k in start[j]..start[j + 1] {
                    visit(row[k] as usize, value[k]);
                }
            }
        }
    }

    /// z ← z + a x_j.
    pub(crate) fn add(&self, j: usize, a: f64, z: &mut [f64]) {
        match &self.entries {
            Entries::Dense(values) => {
                let column = &values[j * self.rows..(j + 1) * self.rows];
                for (z, x) in z.iter_mut().zip(column) {
                    *z += a * x;
                }
            }
            Entries::Sparse { .. } => self.visit(j, |i, x| z[i] += a * x),
        }
    }

    /// x_jᵀ r.
    pub(crate) fn dot(&self, j: usize, r: &[f64]) -> f64 {
        match &self.entries {
            Entries::Dense(values) => {
                let column = &values[j * self.rows..(j + 1) * self.rows];
                let mut lanes = [0.0; 8];
                let (mut a, mut b) = (column.chunks_exact(8), r.chunks_exact(8));
                for (x, y) in a.by_ref().zip(b.by_ref()) {
                    for l in 0..8 {
                        lanes[l] += x[l] * y[l];
                    }
                }
                let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
                lanes.iter().sum::<f64>() + rest
            }
            Entries::Sparse { .. } => {
                let mut sum = 0.0;
                self.visit(j, |i, x| sum += x * r[i]);
                sum
            }
        }
    }

    /// Σ r (x_j − centre)².
    pub(crate) fn dot_square(&self, j: usize, centre: f64, r: &[f64]) -> f64 {
        match &self.entries {
            Entries::Dense(values) => {
                let column = &values[j * self.rows..(j + 1) * self.rows];
                let mut lanes = [0.0; 8];
                let (mut a, mut b) = (column.chunks_exact(8), r.chunks_exact(8));
                for (x, y) in a.by_ref().zip(b.by_ref()) {
                    for l in 0..8 {
                        lanes[l] += (x[l] - centre) * (x[l] - centre) * y[l];
                    }
                }
                let rest = a.remainder().iter().zip(b.remainder());
                lanes.iter().sum::<f64>() + rest.map(|(x, y)| (x - centre) * (x - centre) * y).sum::<f64>()
            }
            Entries::Sparse { .. } => {
                let mut sum = centre * centre * r.iter().sum::<f64>();
                self.visit(j, |i, x| sum += x * (x - 2.0 * centre) * r[i]);
                sum
            }
        }
    }

    /// v ← v + variance·(x_j − centre)², and `constant` gains what every row has in common.
    pub(crate) fn add_square(&self, j: usize, centre: f64, variance: f64, v: &mut [f64], constant: &mut f64) {
        match &self.entries {
            Entries::Dense(values) => {
                let column = &values[j * self.rows..(j + 1) * self.rows];
                for (v, x) in v.iter_mut().zip(column) {
                    *v += variance * (x - centre) * (x - centre);
                }
            }
            Entries::Sparse { .. } => {
                *constant += variance * centre * centre;
                self.visit(j, |i, x| v[i] += variance * x * (x - 2.0 * centre));
            }
        }
    }
}
