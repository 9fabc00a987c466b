//! One output's local model, from the pass and the Gram matrix of its features, and back to a predictor.

use crate::pass::gram::Features;
use crate::pass::point::{Predictor, Weight};
use crate::pass::statistics::Sums;
use crate::solve::quadratic::Quadratic;
use crate::solve::rows::Curvature;

/// One output's local model.
#[derive(Debug, Clone)]
pub(crate) struct Local<'a> {
    sums: &'a Sums,
    pub features: Features<'a>,
    pub quadratic: Quadratic,
    /// Σ w φ of all rows.
    linear: Vec<f64>,
    centred: bool,
    intercept: f64,
    /// What the other classes' changes have added to the gradient: of the intercept, and of every feature.
    added: (f64, Vec<f64>),
}

impl<'a> Local<'a> {
    /// `curvature` may be that of some of the rows: it is scaled to all, its diagonal made that of all.
    pub fn new(
        sums: &'a Sums,
        features: Features<'a>,
        curvature: Curvature,
        at: &Predictor,
        intercept: bool,
    ) -> Self {
        let (size, columns) = (features.len(), features.columns.len());
        let centred = intercept && sums.w > 0.0;
        let share = if curvature.w > 0.0 { sums.w / curvature.w } else { 1.0 };
        let Curvature { mut gram, linear, w } = curvature;
        if centred && w > 0.0 {
            for b in 0..size {
                for a in b..size {
                    gram[b * size + a] -= linear[a] * (linear[b] / w);
                }
            }
        }
        // The diagonal decides what is kept: it is that of all rows, exactly.
        let exact = |j: usize| sums.column(features.columns[j], intercept).2;
        let factor = |j: usize| {
            let own = gram[j * size + j];
            if j >= columns {
                share.sqrt()
            } else if own > 0.0 {
                (exact(j) / own).sqrt()
            } else {
                0.0
            }
        };
        let factors: Vec<f64> = (0..size).map(factor).collect();
        for b in 0..size {
            for a in b..size {
                let value = gram[b * size + a] * factors[a] * factors[b];
                gram[b * size + a] = value;
                gram[a * size + b] = value;
            }
            if b < columns {
                gram[b * size + b] = exact(b);
            }
        }
        let raw: Vec<f64> = features.columns.iter().map(|&j| sums.wxx[j]).collect();
        let mut slope: Vec<f64> = features.columns.iter().map(|&j| sums.column(j, intercept).0).collect();
        slope.extend(features.tilted.iter().map(|(_, w)| -0.5 * sums.column(w.column, intercept).2));
        let straight = features.columns.iter().map(|&j| sums.wx[j]);
        let linear = straight.chain(linear[columns..].iter().map(|l| l * share)).collect();
        let quadratic = Quadratic::new(gram, &raw, slope, &features.tilted);
        Self { sums, features, quadratic, linear, centred, intercept: at.intercept, added: (0.0, Vec::new()) }
    }

    /// Standard error of the intercept's predictor, inverted.
    pub fn root_weight(&self) -> f64 {
        self.sums.w.max(0.0).sqrt()
    }

    /// The change of the intercept that goes with the changes so far.
    pub fn intercept_change(&self) -> f64 {
        if !self.centred {
            return 0.0;
        }
        let moved: f64 = self.quadratic.moved().iter().map(|(f, change)| self.linear[*f] * change).sum();
        (self.sums.g + self.added.0 - moved) / self.sums.w
    }

    /// Takes what the other classes' changes now add to the gradient, the intercept profiled out.
    pub fn couple(&mut self, (constant, sums): (f64, Vec<f64>)) {
        let (old_constant, old_sums) = std::mem::take(&mut self.added);
        for f in 0..sums.len() {
            let mut gain = sums[f] - old_sums.get(f).copied().unwrap_or(0.0);
            if self.centred {
                gain -= self.linear[f] / self.sums.w * (constant - old_constant);
            }
            self.quadratic.slope[f] += gain;
        }
        self.added = (constant, sums);
    }

    /// The predictor that the model has reached.
    pub fn predictor(&self, change: f64) -> Predictor {
        let q = &self.quadratic;
        let weight = |(a, &column): (usize, &usize)| Weight {
            column,
            mean: q.theta[a],
            variance: q.variance[a],
            centre: if self.centred { self.sums.wx[column] / self.sums.w } else { 0.0 },
        };
        let kept = |w: &Weight| w.mean != 0.0 && w.variance > 0.0;
        let weights = self.features.columns.iter().enumerate().map(weight).filter(kept).collect();
        Predictor { intercept: self.intercept + change, weights }
    }
}
