//! What a model keeps, and how strongly.

use estimator::Relevance;
use kl_approx::ard;

use crate::pass::point::Predictor;

/// Every kept weight, strongest first. The strength is the squared z-score over λ that belongs to the weight's α at the optimum:
/// (1 + 2u)² D(√u)/√u with u = 1/(2α); above 1 for every kept weight.
pub(crate) fn relevance<'a>(outputs: impl Iterator<Item = (usize, &'a Predictor)>) -> Vec<Relevance> {
    let mut out = Vec::new();
    for (output, predictor) in outputs {
        for w in &predictor.weights {
            let u = w.mean * (w.mean / (2.0 * w.variance));
            out.push(Relevance {
                feature: w.column,
                output,
                weight: w.mean,
                strength: ard::pruning_statistic(u),
            });
        }
    }
    Relevance::sort(&mut out);
    out
}
