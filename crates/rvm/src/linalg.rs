//! Dense kernels: symmetric positive definite systems and weighted Gram matrices, on faer.

use faer::linalg::matmul::{matmul, triangular};
use faer::{Accum, MatMut, MatRef, Par, Side};
use nalgebra::DMatrix;

/// A view of nalgebra's column-major storage.
pub(crate) fn view(m: &DMatrix<f64>) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(m.as_slice(), m.nrows(), m.ncols())
}

fn view_mut(m: &mut DMatrix<f64>) -> MatMut<'_, f64> {
    let (rows, columns) = m.shape();
    MatMut::from_column_major_slice_mut(m.as_mut_slice(), rows, columns)
}

/// A Cholesky factorisation.
pub(crate) struct Spd {
    factor: faer::linalg::solvers::Llt<f64>,
}

impl Spd {
    /// `H = L Lᵀ` from the lower triangle, or `None` if H is not positive definite in floating point.
    pub(crate) fn factor(h: &DMatrix<f64>) -> Option<Self> {
        let factor = view(h).llt(Side::Lower).ok()?;
        let fine = (0..h.nrows()).all(|i| {
            let d = factor.L()[(i, i)];
            d.is_finite() && d > 0.0
        });
        fine.then_some(Self { factor })
    }

    /// `log |H|`.
    pub(crate) fn log_det(&self) -> f64 {
        let l = self.factor.L();
        (0..l.nrows()).map(|i| 2.0 * l[(i, i)].ln()).sum()
    }

    /// `x ← H⁻¹ x`.
    pub(crate) fn solve(&self, x: &mut [f64]) {
        use faer::linalg::solvers::Solve;
        let n = x.len();
        self.factor.solve_in_place(MatMut::from_column_major_slice_mut(x, n, 1));
    }

    /// `H⁻¹`, symmetric to the bit.
    pub(crate) fn inverse(&self) -> DMatrix<f64> {
        use faer::linalg::solvers::DenseSolveCore;
        let inverse = self.factor.inverse();
        let n = inverse.nrows();
        DMatrix::from_fn(n, n, |i, j| if i >= j { inverse[(i, j)] } else { inverse[(j, i)] })
    }
}

/// `a b` with a chosen transposition of `a`.
pub(crate) fn product(a: &DMatrix<f64>, transpose_a: bool, b: &DMatrix<f64>) -> DMatrix<f64> {
    let left = if transpose_a { view(a).transpose() } else { view(a) };
    let mut out = DMatrix::zeros(left.nrows(), b.ncols());
    matmul(view_mut(&mut out), Accum::Replace, left, view(b), 1.0, Par::Seq);
    out
}

/// `out = a b`.
pub(crate) fn product_into(out: &mut DMatrix<f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    matmul(view_mut(out), Accum::Replace, a, b, 1.0, Par::Seq);
}

/// Rows of a block of the weighted Gram matrix: small enough for the scaled copy to stay in cache.
const GRAM_ROWS: usize = 512;

/// `Xᵀ diag(b) X`, both triangles; `b = None` means ones.
pub(crate) fn gram(x: &DMatrix<f64>, b: Option<&[f64]>) -> DMatrix<f64> {
    use triangular::BlockStructure::{Rectangular, TriangularLower};
    let (n, m) = x.shape();
    let mut out = DMatrix::zeros(m, m);
    let mut scaled = vec![0.0; GRAM_ROWS * m];
    let mut start = 0;
    while start < n {
        let rows = GRAM_ROWS.min(n - start);
        for j in 0..m {
            let from = &x.as_slice()[j * n + start..j * n + start + rows];
            let to = &mut scaled[j * rows..(j + 1) * rows];
            match b {
                Some(b) => {
                    for ((to, from), b) in to.iter_mut().zip(from).zip(&b[start..start + rows]) {
                        *to = from * b;
                    }
                }
                None => to.copy_from_slice(from),
            }
        }
        let scaled = MatRef::from_column_major_slice(&scaled[..rows * m], rows, m);
        let block = view(x).subrows(start, rows);
        triangular::matmul(
            view_mut(&mut out),
            TriangularLower,
            Accum::Add,
            block.transpose(),
            Rectangular,
            scaled,
            Rectangular,
            1.0,
            Par::Seq,
        );
        start += rows;
    }
    out.fill_upper_triangle_with_lower_triangle();
    out
}

/// `Σ aᵢ bᵢ`, in eight partial sums.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, ar) = a.as_chunks::<8>();
    let (b4, br) = b.as_chunks::<8>();
    let mut acc = [0.0; 8];
    for (a, b) in a4.iter().zip(b4) {
        for i in 0..8 {
            acc[i] += a[i] * b[i];
        }
    }
    acc.iter().sum::<f64>() + ar.iter().zip(br).map(|(a, b)| a * b).sum::<f64>()
}

/// `Σ aᵢ² bᵢ`.
pub(crate) fn weighted_square(a: &[f64], b: &[f64]) -> f64 {
    let (a8, ar) = a.as_chunks::<8>();
    let (b8, br) = b.as_chunks::<8>();
    let mut acc = [0.0; 8];
    for (a, b) in a8.iter().zip(b8) {
        for i in 0..8 {
            acc[i] += a[i] * a[i] * b[i];
        }
    }
    acc.iter().sum::<f64>() + ar.iter().zip(br).map(|(a, b)| a * a * b).sum::<f64>()
}

/// `y ← y + a x`.
pub(crate) fn axpy(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// `y = M x` for column-major `M`.
pub(crate) fn matvec(m: &DMatrix<f64>, x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; m.nrows()];
    for (j, &x) in x.iter().enumerate() {
        if x != 0.0 {
            axpy(&mut y, x, &m.as_slice()[j * m.nrows()..(j + 1) * m.nrows()]);
        }
    }
    y
}

/// `Mᵀ x`.
pub(crate) fn tr_matvec(m: &DMatrix<f64>, x: &[f64]) -> Vec<f64> {
    let n = m.nrows();
    (0..m.ncols()).map(|j| dot(&m.as_slice()[j * n..(j + 1) * n], x)).collect()
}
