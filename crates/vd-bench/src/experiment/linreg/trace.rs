//! A fit of variational dropout traced step by step: per feature log α and the posterior N(θ, αθ²).
//!
//! The poster's claim in five lines: what goes to infinity in the RVM is a parameter of the *prior*, fitted to the data, and the prior
//! shrinks to δ(0); in variational dropout it is a parameter of the *posterior*, the prior is fixed, and the posterior becomes
//! δ(0) through infinitely strong multiplicative noise.

use core::ops::ControlFlow;

use nalgebra::DVector;
use vd_linreg::{Algorithm, Design, Error, Params, Thresholding};

/// All features after one iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Iterations done.
    pub iteration: usize,
    /// log α, D entries: the variational parameters that tend to infinity.
    pub log_alpha: Vec<f64>,
    /// The posterior means θ.
    pub mean: Vec<f64>,
    /// The posterior standard deviations √α |θ|.
    pub std: Vec<f64>,
}

/// Fits with the block algorithm from α = 1 and records every iteration.
///
/// # Errors
/// As [`Params::fit`].
pub fn trace<'x, P: Thresholding + Clone>(
    params: &Params<P>,
    x: impl Into<Design<'x>>,
    t: &DVector<f64>,
) -> Result<Vec<Step>, Error> {
    let params = params.clone().algorithm(Algorithm::ExactBlock);
    let mut steps: Vec<Step> = Vec::new();
    params.fit_with(x, t, |progress| {
        let (mean, log_alpha) = (progress.coefficients(), progress.log_alpha());
        let width = |(m, l): (&f64, &f64)| if *m == 0.0 { 0.0 } else { (0.5 * l).exp() * m.abs() };
        let std = mean.iter().zip(&log_alpha).map(width).collect();
        steps.push(Step { iteration: progress.iteration, std, log_alpha, mean });
        ControlFlow::Continue(())
    })?;
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::trace;
    use vd_linreg::{Params, synthetic::Spec};

    #[test]
    fn in_variational_dropout_it_is_the_posterior_that_becomes_a_point() {
        let p = Spec::new(60, 12, 3, 0.5).problem(4);
        let steps = trace(&Params::new().lambda(2.0), &p.x, &p.t).unwrap();
        let last = steps.last().unwrap();
        let gone: Vec<usize> = (0..12).filter(|&d| last.mean[d] == 0.0).collect();
        assert!(!gone.is_empty());
        for &d in &gone {
            assert!(last.log_alpha[d] == f64::INFINITY && last.std[d] == 0.0);
            // On the way there α grew and the posterior narrowed.
            assert!(steps[0].log_alpha[d].is_infinite() || steps[0].std[d] > 0.0);
        }
        assert!(p.relevant().iter().all(|d| last.log_alpha[*d] < 0.0 && last.std[*d] > 0.0));
    }
}
