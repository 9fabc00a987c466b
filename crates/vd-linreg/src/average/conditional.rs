//! A support with what every other column would bring to it, kept up to date as columns join and leave.
//!
//! With A = X_γᵀX_γ + I/v (the metric K⁻¹ is in the columns already), every column outside γ has s_j = x_jᵀx_j + 1/v − x_γjᵀA⁻¹x_γj
//! and q_j = x_jᵀt − x_γjᵀA⁻¹r, x_γj = X_γᵀx_j. A column that joins or leaves changes A⁻¹, s and q by one outer product.

use nalgebra::DMatrix;

use crate::average::gram::Gram;
use crate::prepare::columns::Columns;
use crate::prepare::kernel;

/// Smallest s_j, so that a column that others explain to rounding is no division by zero.
const LEAST: f64 = 1e-10;

#[derive(Debug)]
pub(crate) struct Conditional<'g, C> {
    pub gram: &'g Gram<'g, C>,
    /// 1/v; 0 for least squares.
    pub ridge: f64,
    /// The columns of the support, in no order.
    pub active: Vec<usize>,
    /// Whether a column is in the support.
    pub inside: Vec<bool>,
    /// s_j; meaningless inside the support.
    pub precision: Vec<f64>,
    /// q_j; meaningless inside the support.
    pub product: Vec<f64>,
    /// A⁻¹, row after row.
    inverse: Vec<Vec<f64>>,
    /// A⁻¹r: the support's weights.
    pub theta: Vec<f64>,
    /// R_γ.
    pub rest: f64,
    scratch: Vec<f64>,
}

impl<'g, C: Columns> Conditional<'g, C> {
    /// The support `active`.
    pub fn new(gram: &'g Gram<'g, C>, active: &[usize], ridge: f64) -> Self {
        let d = gram.len();
        let mut inside = vec![false; d];
        active.iter().for_each(|&j| inside[j] = true);
        let mut new = Self {
            gram,
            ridge,
            active: active.to_vec(),
            inside,
            precision: vec![0.0; d],
            product: vec![0.0; d],
            inverse: Vec::new(),
            theta: Vec::new(),
            rest: 0.0,
            scratch: vec![0.0; d],
        };
        new.refresh();
        new
    }

    /// (A⁻¹)_ii.
    pub fn inverse_at(&self, i: usize) -> f64 {
        self.inverse[i][i]
    }

    /// log|A|, from A⁻¹.
    pub fn log_determinant(&self) -> f64 {
        let k = self.active.len();
        let inverse = DMatrix::from_fn(k, k, |i, j| self.inverse[i][j]);
        inverse.cholesky().map_or(f64::INFINITY, |c| -2.0 * c.l_dirty().diagonal().map(f64::ln).sum())
    }

    /// Everything from the support alone, so that rounding does not build up.
    pub fn refresh(&mut self) {
        let (gram, k) = (self.gram, self.active.len());
        let a = DMatrix::from_fn(k, k, |i, j| {
            let own = if i == j { self.ridge } else { 0.0 };
            gram.column(self.active[i])[self.active[j]] + own
        });
        let d = gram.len();
        self.precision.clone_from(&gram.diagonal);
        self.precision.iter_mut().for_each(|s| *s += self.ridge);
        self.product.clone_from(&gram.target);
        let Some(cholesky) = a.cholesky() else {
            // Collinear columns without a ridge: the last to join leaves.
            if let Some(j) = self.active.pop() {
                self.inside[j] = false;
                self.refresh();
            }
            return;
        };
        // V = L⁻¹X_γᵀX row by row: s = diag − Σ V², q = Xᵀt − Vᵀ(L⁻¹r).
        let l = cholesky.l();
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(k);
        let mut reduced: Vec<f64> = Vec::with_capacity(k);
        for i in 0..k {
            let mut row = gram.column(self.active[i]).to_vec();
            let mut value = gram.target[self.active[i]];
            for m in 0..i {
                kernel::axpy(-l[(i, m)], &rows[m], &mut row);
                value -= l[(i, m)] * reduced[m];
            }
            row.iter_mut().for_each(|x| *x /= l[(i, i)]);
            value /= l[(i, i)];
            for j in 0..d {
                self.precision[j] -= row[j] * row[j];
            }
            kernel::axpy(-value, &row, &mut self.product);
            rows.push(row);
            reduced.push(value);
        }
        self.precision.iter_mut().for_each(|s| *s = s.max(LEAST));
        let inverse = cholesky.inverse();
        self.inverse = (0..k).map(|i| (0..k).map(|j| inverse[(i, j)]).collect()).collect();
        self.solve();
    }

    /// A⁻¹r and R_γ from A⁻¹.
    fn solve(&mut self) {
        let r = |i: usize| self.gram.target[self.active[i]];
        let k = self.active.len();
        self.theta = self.inverse.iter().map(|row| (0..k).map(|i| row[i] * r(i)).sum()).collect();
        let explained: f64 = (0..k).map(|i| self.theta[i] * r(i)).sum();
        self.rest = (self.gram.energy - explained).max(1e-14 * self.gram.energy);
    }

    /// Column j joins.
    pub fn add(&mut self, j: usize) {
        let gram = self.gram;
        let column = gram.column(j);
        let across: Vec<f64> = self.active.iter().map(|&i| column[i]).collect();
        let weights: Vec<f64> = self.inverse.iter().map(|row| kernel::dot(row, &across)).collect();
        self.scratch.copy_from_slice(column);
        for (w, &i) in weights.iter().zip(&self.active) {
            kernel::axpy(-w, gram.column(i), &mut self.scratch);
        }
        let (s, q) = (self.precision[j], self.product[j]);
        self.shift(-1.0 / s, -q / s);
        for (row, wi) in self.inverse.iter_mut().zip(&weights) {
            kernel::axpy(wi / s, &weights, row);
            row.push(-wi / s);
        }
        let mut last: Vec<f64> = weights.iter().map(|w| -w / s).collect();
        last.push(1.0 / s);
        self.inverse.push(last);
        self.active.push(j);
        self.inside[j] = true;
        self.solve();
    }

    /// The support's column at place i leaves.
    pub fn remove(&mut self, i: usize) {
        let gram = self.gram;
        let (d, theta) = (self.inverse[i][i], self.theta[i]);
        self.scratch.fill(0.0);
        for (c, &l) in self.inverse[i].iter().zip(&self.active) {
            kernel::axpy(*c, gram.column(l), &mut self.scratch);
        }
        self.shift(1.0 / d, theta / d);
        let gone = self.inverse.swap_remove(i);
        let j = self.active.swap_remove(i);
        for row in &mut self.inverse {
            let factor = -row[i] / d;
            kernel::axpy(factor, &gone, row);
            row.swap_remove(i);
        }
        (self.precision[j], self.product[j]) = (1.0 / d, theta / d);
        self.inside[j] = false;
        self.solve();
    }

    /// s ← s + a u², q ← q + b u, u the scratch vector.
    fn shift(&mut self, a: f64, b: f64) {
        for (s, u) in self.precision.iter_mut().zip(&self.scratch) {
            *s = (*s + a * u * u).max(LEAST);
        }
        kernel::axpy(b, &self.scratch, &mut self.product);
    }

    /// A draw from the weights' conditional, in units of σ: A⁻¹r/σ + A^(−½)z.
    pub fn draw(&self, sigma: f64, mut normal: impl FnMut() -> f64) -> Vec<f64> {
        let k = self.active.len();
        let inverse = DMatrix::from_fn(k, k, |i, j| self.inverse[i][j]);
        let z: Vec<f64> = (0..k).map(|_| normal()).collect();
        let Some(cholesky) = inverse.cholesky() else {
            return self.theta.iter().map(|t| t / sigma).collect();
        };
        let l = cholesky.l_dirty();
        (0..k).map(|i| self.theta[i] / sigma + (0..=i).map(|m| l[(i, m)] * z[m]).sum::<f64>()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::Design;
    use crate::prepare::columns::Residual;
    use crate::prepare::dense::dense;
    use crate::prepare::normalise::target;
    use crate::prepare::rows::Rows;
    use crate::synthetic::Spec;

    #[test]
    fn columns_that_join_and_leave_give_what_a_fresh_computation_gives() {
        let p = Spec { correlation: 0.8, ..Spec::new(50, 12, 4, 0.5) }.problem(2);
        let rows = Rows::new(50, None, true).unwrap();
        let t = target(p.t.as_slice(), &rows).unwrap();
        let columns = &dense(Design::from(&p.x), &rows).unwrap().columns;
        let gram = Gram::new(columns, (0..12).collect(), &Residual::new(t.values), 1.0);
        let mut moving = Conditional::new(&gram, &[3, 7], 0.02);
        for j in [1, 4, 9] {
            moving.add(j);
        }
        moving.remove(1); // column 7
        moving.remove(2);
        let fresh = Conditional::new(&gram, &moving.active.clone(), 0.02);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-11 * (1.0 + b.abs()), "{a} {b}");
        close(moving.rest, fresh.rest);
        close(moving.log_determinant(), fresh.log_determinant());
        for j in (0..12).filter(|&j| !fresh.inside[j]) {
            close(moving.precision[j], fresh.precision[j]);
            close(moving.product[j], fresh.product[j]);
        }
        for i in 0..fresh.active.len() {
            close(moving.theta[i], fresh.theta[i]);
            close(moving.inverse_at(i), fresh.inverse_at(i));
        }
    }
}
