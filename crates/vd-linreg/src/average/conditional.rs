//! A support with what every other column would bring to it, kept up to date as columns join and leave.
//!
//! With A = X_γᵀX_γ + I/v (the metric K⁻¹ is in the columns already), every column outside γ has s_j = x_jᵀx_j + 1/v − x_γjᵀA⁻¹x_γj
//! and q_j = x_jᵀt − x_γjᵀA⁻¹r, x_γj = X_γᵀx_j. A column that joins or leaves changes A⁻¹, s and q by one outer product.
//!
//! A block of columns that is one decision has the matrix S_g = X_gᵀX_g + I/v − X_γgᵀA⁻¹X_γg in place of s_j, with the s of its columns on the
//! diagonal; its other entries are kept in the same way. Its columns join and leave one after the other.

use nalgebra::{DMatrix, DVector};

use crate::average::gram::Gram;
use crate::prepare::columns::Columns;
use crate::prepare::kernel;

/// Smallest s_j, so that a column that others explain to rounding is no division by zero.
const LEAST: f64 = 1e-10;

/// A block given the rest of the support.
#[derive(Debug)]
pub(crate) struct Block {
    /// log|S_g|.
    pub log_determinant: f64,
    /// q_gᵀS_g⁻¹q_g, the part of R that the block explains.
    pub explained: f64,
    /// S_g⁻¹q_g, its weights.
    pub theta: DVector<f64>,
}

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
    /// S_g of each block beside its diagonal; meaningless where a column of the entry is inside.
    across: Vec<DMatrix<f64>>,
    /// How many units the support has.
    pub size: usize,
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
            across: Vec::new(),
            size: 0,
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
        self.size = gram.units.count(&self.active);
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
        let entry = |a: usize, b: usize| gram.column(a)[b] - rows.iter().map(|v| v[a] * v[b]).sum::<f64>();
        let square = |m: &Vec<usize>| DMatrix::from_fn(m.len(), m.len(), |a, b| entry(m[a], m[b]));
        self.across = gram.units.blocks().iter().map(square).collect();
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
        self.size += usize::from(!self.holds(j));
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
        if let Some((b, a)) = gram.units.home(j) {
            for (c, &l) in gram.units.blocks()[b].iter().enumerate() {
                let s = self.scratch[l] / d;
                (self.across[b][(a, c)], self.across[b][(c, a)]) = (s, s);
            }
        }
        self.inside[j] = false;
        self.size -= usize::from(!self.holds(j));
        self.solve();
    }

    /// s ← s + a u², q ← q + b u, u the scratch vector.
    fn shift(&mut self, a: f64, b: f64) {
        for (s, u) in self.precision.iter_mut().zip(&self.scratch) {
            *s = (*s + a * u * u).max(LEAST);
        }
        kernel::axpy(b, &self.scratch, &mut self.product);
        for (square, members) in self.across.iter_mut().zip(self.gram.units.blocks()) {
            for (c, &l) in members.iter().enumerate() {
                for (r, &i) in members.iter().enumerate() {
                    square[(r, c)] += a * self.scratch[i] * self.scratch[l];
                }
            }
        }
    }

    /// Whether a column of j's unit is in the support.
    pub fn holds(&self, j: usize) -> bool {
        let units = &self.gram.units;
        units.home(j).map_or(self.inside[j], |(b, _)| units.blocks()[b].iter().any(|&i| self.inside[i]))
    }

    /// S_g and q_g of a block outside.
    fn outside(&self, b: usize) -> (DMatrix<f64>, DVector<f64>) {
        let members = &self.gram.units.blocks()[b];
        let mut square = self.across[b].clone();
        members.iter().enumerate().for_each(|(a, &j)| square[(a, a)] = self.precision[j]);
        (square, DVector::from_iterator(members.len(), members.iter().map(|&j| self.product[j])))
    }

    /// What a block outside would bring.
    pub fn joining(&self, b: usize) -> Option<Block> {
        let (square, product) = self.outside(b);
        let cholesky = square.cholesky()?;
        let theta = cholesky.solve(&product);
        let log_determinant = 2.0 * cholesky.l_dirty().diagonal().map(f64::ln).sum();
        Some(Block { log_determinant, explained: theta.dot(&product), theta })
    }

    /// What a block inside brings: S_g⁻¹ is its part of A⁻¹.
    pub fn leaving(&self, places: &[usize]) -> Option<Block> {
        let k = places.len();
        let part = DMatrix::from_fn(k, k, |a, b| self.inverse[places[a]][places[b]]);
        let theta = DVector::from_fn(k, |a, _| self.theta[places[a]]);
        let cholesky = part.cholesky()?;
        let log_determinant = -2.0 * cholesky.l_dirty().diagonal().map(f64::ln).sum();
        Some(Block { log_determinant, explained: theta.dot(&cholesky.solve(&theta)), theta })
    }

    /// q_gᵀS_g⁻¹q_g over those columns of j's unit of which more than `least` is left; none where that is no column.
    pub fn gain(&self, j: usize, least: f64) -> Option<f64> {
        let Some((b, _)) = self.gram.units.home(j) else {
            return (self.precision[j] > least)
                .then(|| self.product[j] * self.product[j] / self.precision[j]);
        };
        let (mut square, mut product) = self.outside(b);
        let (mut gain, mut found) = (0.0, false);
        for a in 0..product.len() {
            let (s, q) = (square[(a, a)], product[a]);
            if s > least {
                (gain, found) = (gain + q * q / s, true);
                for c in a + 1..product.len() {
                    let factor = square[(a, c)] / s;
                    product[c] -= factor * q;
                    for r in a + 1..product.len() {
                        square[(r, c)] -= factor * square[(r, a)];
                    }
                }
            }
        }
        found.then_some(gain)
    }

    /// The places in the support of j's unit, in the order of the unit's columns.
    pub fn places(&self, j: usize) -> Vec<usize> {
        let place = |i: &usize| self.active.iter().position(|a| a == i);
        self.gram.units.members(j).iter().filter_map(place).collect()
    }

    /// j's unit joins, but for columns of which no more than `least` is left.
    pub fn add_unit(&mut self, j: usize, least: f64) {
        for i in self.gram.units.members(j) {
            if self.precision[i] > least {
                self.add(i);
            }
        }
    }

    /// j's unit leaves.
    pub fn remove_unit(&mut self, j: usize) {
        for i in self.gram.units.members(j) {
            if let Some(place) = self.active.iter().position(|&a| a == i) {
                self.remove(place);
            }
        }
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
    use crate::average::units::Units;
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
        let units = Units::new(12, vec![vec![0, 1, 5], vec![9, 10]]);
        let gram = Gram::new(columns, (0..12).collect(), units, &Residual::new(t.values), 1.0);
        let mut moving = Conditional::new(&gram, &[3, 7], 0.02);
        for j in [0, 4, 9] {
            moving.add_unit(j, 0.0);
        }
        assert_eq!((moving.active.len(), moving.size), (8, 5));
        moving.remove(1); // column 7
        moving.remove_unit(0);
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
        assert_eq!(moving.size, fresh.size);
        let (moved, new) = (moving.joining(0).unwrap(), fresh.joining(0).unwrap());
        close(moved.log_determinant, new.log_determinant);
        close(moved.explained, new.explained);
        // What a block brings is the same from both sides.
        let places = moving.places(9);
        let inside = moving.leaving(&places).unwrap();
        moving.remove_unit(9);
        let outside = moving.joining(1).unwrap();
        close(inside.log_determinant, outside.log_determinant);
        close(inside.explained, outside.explained);
        close(moving.gain(9, 0.0).unwrap(), outside.explained);
        close(inside.theta[0], outside.theta[0]);
    }
}
