//! Centred, weighted, unit-norm columns, dense or sparse: all that the solvers see of a design matrix.

use rayon::prelude::*;

use crate::prepare::kernel;

/// Multiply-adds of one pass below which threads cost more than they give.
const PARALLEL_FROM: usize = 1 << 18;

/// A vector `raw + offset · s`, with `s` the square roots of the sample weights.
///
/// Centring a sparse column would fill it. Adding such a column changes `raw` where the column has entries, and `offset`
/// for the rest. Dense columns leave `offset` at 0.
#[derive(Debug, Clone)]
pub(crate) struct Residual {
    pub raw: Vec<f64>,
    pub offset: f64,
}

impl Residual {
    pub fn new(raw: Vec<f64>) -> Self {
        Self { raw, offset: 0.0 }
    }
}

/// Columns of norm 1 (or 0 where a column does not vary), orthogonal to the intercept where there is one.
pub(crate) trait Columns: Sync {
    /// How many columns there are.
    fn len(&self) -> usize;
    /// Multiply-adds of one pass over all columns.
    fn work(&self) -> usize;
    /// x_jᵀ r.
    fn dot(&self, j: usize, r: &Residual) -> f64;
    /// r ← r + a x_j.
    fn add(&self, j: usize, a: f64, r: &mut Residual);
    /// ‖r‖².
    fn norm_sq(&self, r: &Residual) -> f64;
    /// Column j written out.
    fn expand(&self, j: usize) -> Vec<f64>;
    /// Xᵀx_i for each i of `group` (at most four).
    fn products(&self, group: &[usize]) -> Vec<Vec<f64>>;

    /// g_j = x_jᵀ r for every column; each entry is computed the same way whatever the number of threads.
    fn gradient(&self, r: &Residual, g: &mut [f64]) {
        if self.work() < PARALLEL_FROM {
            for (j, g) in g.iter_mut().enumerate() {
                *g = self.dot(j, r);
            }
        } else {
            g.par_iter_mut().with_min_len(16).enumerate().for_each(|(j, g)| *g = self.dot(j, r));
        }
    }
}

/// Dense columns, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    pub rows: usize,
    pub values: Vec<f64>,
}

impl Dense {
    fn column(&self, j: usize) -> &[f64] {
        &self.values[j * self.rows..(j + 1) * self.rows]
    }
}

impl Columns for Dense {
    fn len(&self) -> usize {
        self.values.len().checked_div(self.rows).unwrap_or(0)
    }
    fn work(&self) -> usize {
        self.values.len()
    }
    fn dot(&self, j: usize, r: &Residual) -> f64 {
        kernel::dot(self.column(j), &r.raw)
    }
    fn add(&self, j: usize, a: f64, r: &mut Residual) {
        kernel::axpy(a, self.column(j), &mut r.raw);
    }
    fn norm_sq(&self, r: &Residual) -> f64 {
        kernel::dot(&r.raw, &r.raw)
    }
    fn expand(&self, j: usize) -> Vec<f64> {
        self.column(j).to_vec()
    }
    fn products(&self, group: &[usize]) -> Vec<Vec<f64>> {
        // Four at a time read X once; a group of fewer repeats its last.
        let Some(&last) = group.last() else { return Vec::new() };
        let at = |k: usize| self.column(group.get(k).copied().unwrap_or(last));
        let four = [at(0), at(1), at(2), at(3)];
        let product = |j: usize| kernel::dot4(self.column(j), four);
        let products: Vec<[f64; 4]> = if 4 * self.work() < PARALLEL_FROM {
            (0..self.len()).map(product).collect()
        } else {
            (0..self.len()).into_par_iter().with_min_len(16).map(product).collect()
        };
        (0..group.len()).map(|k| products.iter().map(|p| p[k]).collect()).collect()
    }
}

/// Sparse columns x̂_j − μ_j s with x̂_j stored by its entries.
#[derive(Debug, Clone)]
pub(crate) struct Sparse {
    /// Start of each column in `index` and `value`, and their length.
    pub start: Vec<usize>,
    pub index: Vec<usize>,
    pub value: Vec<f64>,
    /// x̂_jᵀ s, zero without an intercept.
    pub along: Vec<f64>,
    /// μ_j = x̂_jᵀ s / ‖s‖², zero without an intercept.
    pub centre: Vec<f64>,
    /// s, the square roots of the weights.
    pub root_weight: Vec<f64>,
}

impl Sparse {
    fn entries(&self, j: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.start[j]..self.start[j + 1];
        self.index[range.clone()].iter().copied().zip(self.value[range].iter().copied())
    }
}

impl Columns for Sparse {
    fn len(&self) -> usize {
        self.centre.len()
    }
    fn work(&self) -> usize {
        self.value.len()
    }
    // sᵀr = 0 is kept by `add`, so that the centring drops out of the product.
    fn dot(&self, j: usize, r: &Residual) -> f64 {
        self.entries(j).map(|(i, v)| v * r.raw[i]).sum::<f64>() + r.offset * self.along[j]
    }
    fn add(&self, j: usize, a: f64, r: &mut Residual) {
        for (i, v) in self.entries(j) {
            r.raw[i] += a * v;
        }
        r.offset -= a * self.centre[j];
    }
    fn norm_sq(&self, r: &Residual) -> f64 {
        r.raw.iter().zip(&self.root_weight).map(|(x, s)| (x + r.offset * s).powi(2)).sum()
    }
    fn expand(&self, j: usize) -> Vec<f64> {
        let mut column: Vec<f64> = self.root_weight.iter().map(|s| -self.centre[j] * s).collect();
        for (i, v) in self.entries(j) {
            column[i] += v;
        }
        column
    }
    fn products(&self, group: &[usize]) -> Vec<Vec<f64>> {
        let product = |&i: &usize| {
            let mut column = Residual::new(vec![0.0; self.root_weight.len()]);
            self.add(i, 1.0, &mut column);
            (0..self.len()).map(|j| self.dot(j, &column)).collect()
        };
        group.iter().map(product).collect()
    }
}
