//! One output's local model, from the pass and the Gram matrix of its features, and back to a predictor.

use crate::pass::gram::Features;
use crate::pass::point::{Predictor, Weight};
use crate::pass::statistics::Sums;
use crate::solve::quadratic::Quadratic;
use crate::solve::rows::Curvature;

/// A column whose S the rows that gave the curvature understate by more than this factor hardly varies in them: what it has in common with
/// other columns cannot be read off them.
const RARE: f64 = 4.0;

/// One output's local model.
#[derive(Debug, Clone)]
pub(crate) struct Local<'a> {
    sums: &'a Sums,
    pub features: Features<'a>,
    pub quadratic: Quadratic,
    /// Σ w φ of all rows.
    linear: Vec<f64>,
    /// What a feature of the rows that gave the curvature is multiplied by to stand for all rows, the intercept's first.
    factors: (f64, Vec<f64>),
    /// Σ w φ as those rows have it: for the changes of the classes among each other.
    sampled: Vec<f64>,
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
        let own = |j: usize| sums.column(features.columns[j], intercept).2;
        let factor = |j: usize| {
            let found = gram[j * size + j];
            if j >= columns {
                share.sqrt()
            } else if found > 0.0 {
                (own(j) / found).min(RARE * share).sqrt()
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
                gram[b * size + b] = own(b);
            }
        }
        let raw: Vec<f64> = features.columns.iter().map(|&j| sums.wxx[j]).collect();
        let mut slope: Vec<f64> = features.columns.iter().map(|&j| sums.column(j, intercept).0).collect();
        // −½ Σ w (x − c)², c the weight's own centre.
        let spread = |w: &Weight| {
            let (_, mean, s) = sums.column(w.column, intercept);
            s + sums.w * (mean - w.centre).powi(2)
        };
        slope.extend(features.tilted.iter().map(|(_, w)| -0.5 * spread(w)));
        let straight = features.columns.iter().map(|&j| sums.wx[j]);
        let exact: Vec<f64> = straight.chain(linear[columns..].iter().map(|l| l * share)).collect();
        let sampled = linear.iter().zip(&factors).map(|(l, f)| l * f * share.sqrt()).collect();
        let quadratic = Quadratic::new(gram, &raw, sums.w, slope, &features.tilted);
        Self {
            sums,
            features,
            quadratic,
            linear: exact,
            factors: (share.sqrt(), factors),
            sampled,
            centred,
            intercept: at.intercept,
            added: (0.0, Vec::new()),
        }
    }

    /// Standard error of the intercept's predictor, inverted.
    pub fn root_weight(&self) -> f64 {
        self.sums.w.max(0.0).sqrt()
    }

    /// The change of the intercept that goes with the changes so far.
    pub fn intercept_change(&self) -> f64 {
        self.shift(&self.linear)
    }

    /// The same by the rows that gave the curvature.
    pub fn sampled_change(&self) -> f64 {
        self.shift(&self.sampled)
    }

    fn shift(&self, linear: &[f64]) -> f64 {
        if !self.centred {
            return 0.0;
        }
        let moved: f64 = self.quadratic.moved().iter().map(|(f, change)| linear[*f] * change).sum();
        // Its own step is damped as those of the weights are; what their moves need of it is not.
        ((self.sums.g + self.added.0) / (1.0 + self.quadratic.damping) - moved) / self.sums.w
    }

    /// Changes of the intercept and of features as the rows that gave the curvature meet them.
    pub fn scaled(&self, shift: f64, changes: &mut [(usize, f64)]) -> f64 {
        changes.iter_mut().for_each(|(f, change)| *change *= self.factors.1[*f]);
        shift * self.factors.0
    }

    /// Takes what the other classes' changes now add to the gradient, by the rows that gave the curvature; the intercept is profiled out.
    ///
    /// Every feature has the factor that it has in the Gram matrix: the model of all classes is then a sum of squares.
    pub fn couple(&mut self, (constant, mut sums): (f64, Vec<f64>)) {
        let constant = constant * self.factors.0;
        sums.iter_mut().zip(&self.factors.1).for_each(|(sum, factor)| *sum *= factor);
        let (old_constant, old_sums) = std::mem::take(&mut self.added);
        for f in 0..sums.len() {
            let mut gain = sums[f] - old_sums.get(f).copied().unwrap_or(0.0);
            if self.centred {
                gain -= self.sampled[f] / self.sums.w * (constant - old_constant);
            }
            self.quadratic.slope[f] += gain;
        }
        self.added = (constant, sums);
    }

    /// The centre of a weight's variance, on its way from where it was to the w-weighted mean.
    ///
    /// w moves with the centre: ∂/∂c of Σ w (x − c) is −W − 2σ² Σ w′ (x − c)², w′ = ∂w/∂v = 2ρ²w in the model, and the last sum is at most
    /// √(½ W Σ ρ²w (x − c)⁴) as ρ ≤ ½. The step is Newton's for that, and damped as θ's is.
    fn centre(&self, place: usize, mean: f64) -> f64 {
        let Ok(at) = self.features.tilted.binary_search_by_key(&place, |(place, _)| *place) else {
            return mean;
        };
        let before = self.features.tilted[at].1;
        let bend = self.quadratic.bend(self.features.columns.len() + at);
        let stiff = 2.0 * before.variance * (bend / self.sums.w).sqrt();
        before.centre + (mean - before.centre) / (1.0 + self.quadratic.damping + stiff)
    }

    /// The predictor that the model has reached.
    pub fn predictor(&self, change: f64) -> Predictor {
        let q = &self.quadratic;
        let weight = |(a, &column): (usize, &usize)| Weight {
            column,
            mean: q.theta[a],
            variance: q.variance[a],
            centre: if self.centred { self.centre(a, self.sums.wx[column] / self.sums.w) } else { 0.0 },
        };
        let kept = |w: &Weight| w.mean != 0.0 && w.variance > 0.0;
        let weights = self.features.columns.iter().enumerate().map(weight).filter(kept).collect();
        Predictor { intercept: self.intercept + change, weights }
    }
}
