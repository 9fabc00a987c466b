//! Products of columns, each computed once and only when a support needs it.

use std::sync::{Arc, OnceLock};

use crate::average::units::Units;
use crate::prepare::columns::{Columns, Residual};
use crate::prepare::kernel;

/// The candidates' products with the target and with one another.
#[derive(Debug)]
pub(crate) struct Gram<'a, C> {
    columns: &'a C,
    /// The candidates, as indices into the columns; every other index here is a place in this list.
    pub index: Vec<usize>,
    /// Which of them are one decision.
    pub units: Units,
    /// x_jᵀt.
    pub target: Vec<f64>,
    /// tᵀt.
    pub energy: f64,
    /// x_jᵀx_j.
    pub diagonal: Vec<f64>,
    products: Arc<[OnceLock<Vec<f64>>]>,
    /// Whether every product is known from the start.
    whole: bool,
}

/// Up to so many columns all products are computed at once …
const NARROW: usize = 1000;
/// … where there are at least so many rows a column.
const LONG: usize = 8;

impl<'a, C: Columns> Gram<'a, C> {
    /// `energy` is passed apart: part of the target may lie outside the rows of these columns.
    pub fn new(columns: &'a C, index: Vec<usize>, units: Units, target: &Residual, energy: f64) -> Self {
        let products: Arc<[OnceLock<Vec<f64>>]> = index.iter().map(|_| OnceLock::new()).collect();
        // Long and narrow: all products at once, four columns to a pass over the rows.
        let rows = target.raw.len();
        let whole = index.len() <= NARROW && rows >= LONG * index.len();
        if whole {
            for (group, places) in index.chunks(4).zip(products.chunks(4)) {
                for (place, product) in places.iter().zip(columns.products(group)) {
                    // Just made, so empty.
                    let _ = place.set(index.iter().map(|&j| product[j]).collect());
                }
            }
        }
        let target = index.iter().map(|&j| columns.dot(j, target)).collect();
        let square = |&j: &usize| {
            let column = columns.expand(j);
            column.iter().map(|x| x * x).sum()
        };
        let diagonal = index.iter().map(square).collect();
        Self { columns, index, units, target, energy, diagonal, products, whole }
    }

    /// The same candidates with another target; what is known of their products is shared.
    pub fn towards(&self, target: &Residual, energy: f64) -> Self {
        Self {
            columns: self.columns,
            index: self.index.clone(),
            units: self.units.clone(),
            target: self.index.iter().map(|&j| self.columns.dot(j, target)).collect(),
            energy,
            diagonal: self.diagonal.clone(),
            products: Arc::clone(&self.products),
            whole: self.whole,
        }
    }

    /// Xθ.
    pub fn combine(&self, theta: &[f64]) -> Residual {
        let rows = self.index.first().map_or(0, |&j| self.columns.expand(j).len());
        let mut sum = Residual::new(vec![0.0; rows]);
        for (&j, &t) in self.index.iter().zip(theta) {
            if t != 0.0 {
                self.columns.add(j, t, &mut sum);
            }
        }
        sum
    }

    /// ‖Xθ‖².
    pub fn norm_sq_of(&self, theta: &[f64]) -> f64 {
        if self.whole {
            let row =
                |(j, t): (usize, &f64)| if *t == 0.0 { 0.0 } else { t * kernel::dot(self.column(j), theta) };
            return theta.iter().enumerate().map(row).sum::<f64>().max(0.0);
        }
        self.columns.norm_sq(&self.combine(theta))
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// x_iᵀx_j for every candidate i. Computed by one thread: a walk that waits for a column while it helps with another walk would wait
    /// for itself.
    pub fn column(&self, j: usize) -> &[f64] {
        self.products[j].get_or_init(|| {
            let column = Residual::new(self.columns.expand(self.index[j]));
            self.index.iter().map(|&i| self.columns.dot(i, &column)).collect()
        })
    }
}
