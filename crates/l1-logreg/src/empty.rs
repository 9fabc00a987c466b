//! The model in which everything penalised is zero.

use nalgebra::DMatrix;

use crate::error::Error;
use crate::features::Features;
use crate::loss::Loss;
use crate::params::Params;
use crate::penalty::Intercept;

/// max_jk |x_jᵀ(p_k − t_k)| at the empty model: the steepest descent that the penalty has to hold back.
pub(crate) fn steepest<X: Features>(
    x: &X,
    labels: &[u32],
    classes: usize,
    params: &Params,
) -> Result<f64, Error> {
    let n = labels.len() as f64;
    let mut counts = vec![0.0_f64; classes];
    for &t in labels {
        counts[t as usize] += 1.0;
    }
    let share = |k: usize| match (params.intercept, params.loss) {
        (Intercept::Unpenalised, _) => counts[k] / n,
        (_, Loss::Softmax) => 1.0 / classes as f64,
        (_, Loss::OneVsRest) => 0.5,
    };
    let r = DMatrix::from_fn(labels.len(), classes, |i, k| {
        share(k) - f64::from(u8::from(labels[i] as usize == k))
    });
    let mut largest = x.back(&r)?.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    if params.intercept == Intercept::Penalised {
        for column in r.column_iter() {
            largest = largest.max(column.iter().sum::<f64>().abs());
        }
    }
    Ok(largest)
}
