//! From pre-activations to predictive values, labels and accuracies.

use estimator::InputError;
use nalgebra::{DMatrix, DVector};

use crate::error::Error;
use crate::params::likelihood::Likelihood;
use crate::real::{Real, log_logistic};

/// Turns pre-activations into predictive values, row by row.
pub(crate) fn respond<R: Real>(likelihood: Likelihood, z: &mut DMatrix<R>) {
    match likelihood {
        Likelihood::Gaussian => {}
        Likelihood::Bernoulli => z.apply(|z| *z = R::of(log_logistic(z.f64()).1)),
        Likelihood::Softmax => {
            for mut row in z.row_iter_mut() {
                let max = row.iter().fold(R::of(f64::NEG_INFINITY), |a, &b| if b > a { b } else { a });
                let mut total = R::ZERO;
                for z in row.iter_mut() {
                    *z = (*z - max).exp();
                    total += *z;
                }
                for z in row.iter_mut() {
                    *z = *z / total;
                }
            }
        }
    }
}

/// Labels from predictive values: the largest column; with one column, whether it exceeds one half.
pub(crate) fn labels<R: Real>(likelihood: Likelihood, p: &DMatrix<R>) -> Result<Vec<usize>, Error> {
    if likelihood == Likelihood::Gaussian {
        return Err(refuse(likelihood, "labels", "predict_mean"));
    }
    let of_row = |n: usize| {
        if p.ncols() == 1 {
            return usize::from(p[n] > R::of(0.5));
        }
        (1..p.ncols()).fold(0, |best, k| if p[(n, k)] > p[(n, best)] { k } else { best })
    };
    Ok((0..p.nrows()).map(of_row).collect())
}

/// Means of a single output from predictive values.
pub(crate) fn means<R: Real>(likelihood: Likelihood, p: &DMatrix<R>) -> Result<DVector<f64>, Error> {
    if likelihood != Likelihood::Gaussian {
        return Err(refuse(likelihood, "means", "predict or predict_proba"));
    }
    if p.ncols() != 1 {
        let (choice, with) = ("predict_mean", "more than one output");
        return Err(InputError::Combination { choice, with, instead: "use predict_response, N x K" }.into());
    }
    Ok(DVector::from_iterator(p.nrows(), p.iter().map(|v| v.f64())))
}

/// Class probabilities, N x K, rows of sum 1, from predictive values; one Bernoulli output makes two classes.
pub(crate) fn probabilities<R: Real>(likelihood: Likelihood, p: &DMatrix<R>) -> Result<DMatrix<f64>, Error> {
    match likelihood {
        Likelihood::Gaussian => Err(refuse(likelihood, "class probabilities", "predict_mean")),
        Likelihood::Bernoulli if p.ncols() == 1 => {
            let of = |n: usize, k: usize| if k == 1 { p[n].f64() } else { 1.0 - p[n].f64() };
            Ok(DMatrix::from_fn(p.nrows(), 2, of))
        }
        Likelihood::Bernoulli => {
            let (choice, with) = ("predict_proba", "independent Bernoulli outputs");
            let instead = "use predict_response: the probability of each output, whose sum is not 1";
            Err(InputError::Combination { choice, with, instead }.into())
        }
        Likelihood::Softmax => {
            let mut p = p.map(|v| v.f64());
            // Single precision leaves sums 1e-7 from 1.
            for mut row in p.row_iter_mut() {
                let total = row.sum();
                row /= total;
            }
            Ok(p)
        }
    }
}

pub(crate) fn refuse(likelihood: Likelihood, asked: &'static str, instead: &'static str) -> Error {
    Error::Prediction { likelihood: likelihood.name(), asked, instead }
}

/// The share of labels that are predicted.
pub(crate) fn share_equal(predicted: &[usize], labels: &[usize]) -> Result<f64, Error> {
    if predicted.len() != labels.len() {
        return Err(InputError::entries("the labels", predicted.len(), labels.len()).into());
    }
    let right = predicted.iter().zip(labels).filter(|(a, b)| a == b).count();
    Ok(right as f64 / labels.len() as f64)
}
