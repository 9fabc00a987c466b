//! Every analytic gradient against central differences of the sampled bound under the same noise.

use nalgebra::DMatrix;
use proptest::prelude::*;

use super::{Bench, flat, nudged};
use estimator::NoiseModel;

use crate::data::targets::Targets;
use crate::params::Params;
use crate::params::choices::{Dropout, GradientNoise, Parametrisation, ThetaInit};
use crate::params::kl::Kl;
use crate::params::likelihood::Likelihood;

/// Likelihoods with the noise model that matters for the Gaussian one.
const LIKELIHOODS: [(Likelihood, NoiseModel); 4] = [
    (Likelihood::Softmax, NoiseModel::Learned),
    (Likelihood::Bernoulli, NoiseModel::Learned),
    (Likelihood::Gaussian, NoiseModel::Fixed { std: 0.77 }),
    (Likelihood::Gaussian, NoiseModel::Learned),
];
const NOISES: [GradientNoise; 3] =
    [GradientNoise::Local, GradientNoise::Additive, GradientNoise::Multiplicative];
const KLS: [Kl; 6] =
    [Kl::Exact, Kl::POSTER, Kl::ICML_2017, Kl::EmpiricalBayes, Kl::KingmaCubic, Kl::KingmaBound];

/// Compares every component; returns the worst error relative to 1 + the gradient's largest component.
fn worst(params: Params, x: &DMatrix<f64>, values: &DMatrix<f64>) -> f64 {
    let labels: Vec<usize> = (0..x.nrows()).map(|n| n % values.ncols()).collect();
    let targets = match params.likelihood {
        Likelihood::Softmax => Targets::from(&labels),
        _ => Targets::from(values),
    };
    let mut bench = Bench::new(params, x, targets);
    for layer in &mut bench.state.layers {
        if let Some(intercept) = &mut layer.intercept {
            intercept
                .value
                .iter_mut()
                .take(layer.outputs)
                .enumerate()
                .for_each(|(k, b)| *b = 0.3 - 0.1 * k as f64);
        }
    }
    let gradient = bench.gradient(&bench.everyone(), 3);
    let moved_beta = bench.params.learns_beta();
    let fixed = matches!(bench.params.dropout, Dropout::Fixed(_));
    let size = gradient.iter().fold(1.0f64, |a, g| a.max(g.abs()));
    let mut error = 0.0f64;
    for i in 0..gradient.len() {
        if i + 1 == gradient.len() && !moved_beta {
            continue;
        }
        let central = |h: f64| {
            let plus = bench.objective(&nudged(&bench.state, i, h), 3);
            (plus - bench.objective(&nudged(&bench.state, i, -h), 3)) / (2.0 * h)
        };
        // Richardson's extrapolation, at a step that moves the bound by about as much whatever the slope: at a large α the
        // bound turns within θ, and a plain difference at a fixed step is what is wrong, not the gradient.
        let h = 4e-5 / gradient[i].abs().max(1.0);
        let slope = (4.0 * central(0.5 * h) - central(h)) / 3.0;
        if fixed && is_rho(&bench, i) {
            assert_eq!(gradient[i], 0.0, "a fixed dropout rate moved");
            continue;
        }
        error = error.max((slope - gradient[i]).abs());
    }
    error / size
}

fn is_rho(bench: &Bench, index: usize) -> bool {
    let mut marked = bench.state.clone();
    marked.layers.iter_mut().for_each(|l| l.rho.fill(f64::NAN));
    flat(&marked)[index].is_nan()
}

fn inputs(n: usize, d: usize, seed: f64) -> DMatrix<f64> {
    // One input in six is zero, as pixels are.
    DMatrix::from_fn(n, d, |i, j| {
        if (i + 2 * j) % 6 == 0 { 0.0 } else { (seed + 1.3 * i as f64 + 0.7 * j as f64).sin() }
    })
}

#[test]
fn every_combination() {
    let x = inputs(7, 4, 0.2);
    let values = DMatrix::from_fn(7, 3, |i, k| f64::from(u8::from((i + k) % 3 == 0)));
    let (mut checked, mut largest) = (0, 0.0f64);
    for (likelihood, noise_model) in LIKELIHOODS {
        for noise in NOISES {
            for parametrisation in [Parametrisation::LogSigma2, Parametrisation::LogAlpha] {
                for kl in KLS {
                    for hidden in [vec![], vec![5], vec![4, 3]] {
                        let params = Params::default()
                            .likelihood(likelihood)
                            .noise(noise_model)
                            .gradient_noise(noise)
                            .parametrisation(parametrisation)
                            .dropout(bounded(&kl, parametrisation))
                            .kl(kl)
                            .lambda(0.8)
                            .hidden(&hidden)
                            .intercept(true)
                            .theta_init(ThetaInit::Normal { sd: 0.7 })
                            .log_sigma2_init(-2.5)
                            .seed(11);
                        // The two forms for α ≤ 1 exist only under a bound.
                        if params.check().is_err() {
                            assert!(
                                kl.upper_log_alpha() == 0.0 && parametrisation == Parametrisation::LogSigma2
                            );
                            continue;
                        }
                        let error = worst(params.clone(), &x, &values);
                        assert!(error < 2e-6, "{error:e} for {params:?}");
                        largest = largest.max(error);
                        checked += 1;
                    }
                }
            }
        }
    }
    // 4 likelihoods × 3 noises × 3 depths × (6 KLs under log α + 4 under log σ²).
    assert_eq!(checked, 360);
    assert!(largest > 0.0);
}

fn bounded(kl: &Kl, parametrisation: Parametrisation) -> Dropout {
    if kl.upper_log_alpha() == 0.0 && parametrisation == Parametrisation::LogAlpha {
        Dropout::Bounded(0.0)
    } else {
        Dropout::Learned
    }
}

#[test]
fn gaussian_dropout_moves_theta_only() {
    let values = DMatrix::from_fn(6, 2, |i, k| (i * 2 + k) as f64 * 0.1);
    for (likelihood, noise) in LIKELIHOODS {
        let params = Params::gaussian_dropout(-0.5)
            .likelihood(likelihood)
            .noise(noise)
            .theta_init(ThetaInit::Normal { sd: 0.5 })
            .hidden(&[3]);
        let values =
            values.map(|v| if matches!(likelihood, Likelihood::Bernoulli) { v.fract().abs() } else { v });
        let error = worst(params, &inputs(6, 3, 1.0), &values);
        assert!(error < 2e-6, "{error:e}");
    }
}

#[test]
fn a_wrong_gradient_is_noticed() {
    // The comparison's own power: differences of a bound with λ = 0.8 against the gradient of one with λ = 0.801.
    let params =
        Params::default().lambda(0.8).theta_init(ThetaInit::Normal { sd: 0.7 }).log_sigma2_init(-2.5);
    let x = inputs(7, 4, 0.2);
    let labels: Vec<usize> = (0..7).map(|n| n % 3).collect();
    let right = Bench::new(params.clone(), &x, &labels);
    let wrong = Bench::new(params.lambda(0.801), &x, &labels).gradient(&right.everyone(), 3);
    let size = wrong.iter().fold(1.0f64, |a, g| a.max(g.abs()));
    let error = (0..wrong.len() - 1).map(|i| {
        let h = 1e-5;
        let plus = right.objective(&nudged(&right.state, i, h), 3);
        let slope = (plus - right.objective(&nudged(&right.state, i, -h), 3)) / (2.0 * h);
        (slope - wrong[i]).abs()
    });
    assert!(error.fold(0.0, f64::max) / size > 2e-6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn random_problems(
        n in 1usize..9, d in 1usize..5, seed in 0.0f64..6.0, init in -6.0f64..1.0, sd in 0.05f64..2.0,
        which in 0usize..4, noise in 0usize..3, alpha: bool, kl in 0usize..4, lambda in 0.0f64..5.0, key: u64,
    ) {
        let params = Params::default()
            .likelihood(LIKELIHOODS[which].0)
            .noise(LIKELIHOODS[which].1)
            .gradient_noise(NOISES[noise])
            .parametrisation(if alpha { Parametrisation::LogAlpha } else { Parametrisation::LogSigma2 })
            .kl(KLS[kl])
            .lambda(lambda)
            .intercept(alpha)
            .theta_init(ThetaInit::Normal { sd })
            .log_sigma2_init(init)
            .seed(key);
        let values = DMatrix::from_fn(n + 2, 2, |i, k| (((i + 3 * k) as f64) * 0.37).fract());
        let error = worst(params, &inputs(n + 2, d, seed), &values);
        prop_assert!(error < 1e-5, "{error:e}");
    }
}
