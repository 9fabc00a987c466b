//! C_min = 1/λ_max: up to which C every penalised coordinate is zero.

use estimator::{InputError, Labels};
use nalgebra::DMatrix;

use crate::error::Error;
use crate::loss::Loss;
use crate::matrix::FeatureMatrix;
use crate::params::Params;
use crate::penalty::Intercept;
use crate::prepare::columns::checked_magnitudes;
use crate::prepare::targets::Targets;

impl Params {
    /// Computes C_min, the largest C at which every penalised coordinate is zero; 1/C_min is the λ_max of the lasso's literature.
    ///
    /// ρ / C_min = max_jk |x_jᵀ(p_k − t_k)| with p the prediction of the model without weights: the class shares with an unpenalised
    /// intercept, else 1/K (softmax) or 1/2 (one-vs-rest, two classes). A penalised intercept counts as one more feature. The result is
    /// infinite where no C gives a weight.
    ///
    /// # Errors
    /// What [`fit`](Self::fit) refuses; [`InputError::Combination`] for ridge, which makes no weight zero.
    pub fn c_min<'t, X: FeatureMatrix>(&self, x: &X, labels: impl Into<Labels<'t>>) -> Result<f64, Error> {
        self.check()?;
        let (l1, _) = self.penalty.parts();
        if l1 == 0.0 {
            return Err(InputError::Combination {
                choice: "C_min",
                with: "the ridge penalty, which makes no weight zero",
                instead: "give the values of C",
            }
            .into());
        }
        checked_magnitudes(x)?;
        let targets = Targets::new(labels.into(), x.samples(), self.classes, self.loss)?;
        Ok(l1 / steepest(self, x, &targets))
    }
}

/// max_jk |x_jᵀ(p_k − t_k)| at the model without weights: the steepest descent that the penalty has to hold back.
fn steepest<X: FeatureMatrix>(params: &Params, x: &X, targets: &Targets) -> f64 {
    let n = targets.labels.len() as f64;
    let counts = targets.counts();
    let share = |k: usize| match (params.intercept, targets.loss) {
        (Intercept::Unpenalised, _) => counts[k] / n,
        (_, Loss::Softmax) => 1.0 / targets.outputs as f64,
        (_, Loss::OneVsRest) => 0.5,
    };
    let residual = DMatrix::from_fn(targets.labels.len(), targets.outputs, |i, k| {
        share(k) - f64::from(u8::from(targets.labels[i] as usize == k))
    });
    let mut largest = x.back(&residual).iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    if params.intercept == Intercept::Penalised {
        for column in residual.column_iter() {
            largest = largest.max(column.iter().sum::<f64>().abs());
        }
    }
    largest
}

/// The share of the L1 penalty that a grid for ridge begins with, for lack of a C_min (the convention of glmnet).
const RIDGE_RATIO: f64 = 1e-3;

/// Where a grid begins: C_min, and for ridge the C_min of an elastic net with a ρ of 0.001.
pub(crate) fn first_c<X: FeatureMatrix>(params: &Params, x: &X, targets: &Targets) -> f64 {
    let (l1, _) = params.penalty.parts();
    let share = if l1 > 0.0 { l1 } else { RIDGE_RATIO };
    share / steepest(params, x, targets)
}
