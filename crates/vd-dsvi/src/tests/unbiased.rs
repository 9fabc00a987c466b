//! Every noise estimator against the exact expectation, and Gaussian dropout's distribution.
//!
//! Bernoulli with one output: z of sample n is N(x_nθ, Σ_d x_nd² σ_d²), so the exact data term is a sum of one-dimensional integrals.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::{Bench, flat, nudged};
use crate::params::Params;
use crate::params::choices::{GradientNoise, Parametrisation, ThetaInit};
use crate::params::likelihood::Likelihood;
use crate::real::log_logistic;

const DRAWS: u64 = 30_000;
/// Two-sided normal test at 5.5: false-positive rate 3.8e-8 a component, below 2e-6 for the components of all tests here.
const LIMIT: f64 = 5.5;

fn bench(noise: GradientNoise, parametrisation: Parametrisation) -> Bench {
    let x = DMatrix::from_row_slice(5, 2, &[1.0, -0.4, 0.3, 0.0, -0.8, 1.2, 0.5, 0.9, 0.0, -1.1]);
    let t = DMatrix::from_column_slice(5, 1, &[1.0, 0.0, 0.0, 1.0, 1.0]);
    let params = Params::default()
        .likelihood(Likelihood::Bernoulli)
        .gradient_noise(noise)
        .parametrisation(parametrisation)
        .lambda(0.0)
        .theta_init(ThetaInit::Normal { sd: 1.0 })
        .log_sigma2_init(0.3)
        .seed(5);
    Bench::new(params, &x, &t)
}

/// Σ_n E log p(t_n | z_n), by the trapezoidal rule (spectrally accurate for such integrands).
fn exact(bench: &Bench, state: &crate::engine::state::State<f64>) -> f64 {
    let layer = &state.layers[0];
    let mut total = 0.0;
    for n in 0..bench.samples.count() {
        let (index, value) = bench.samples.rows.row(n);
        let (mut mean, mut variance) = (0.0, 0.0);
        for (&d, &x) in index.iter().zip(value) {
            let i = d as usize * layer.stride;
            mean += x * layer.theta[i];
            variance += x * x * layer.log_sigma2(i, bench.params.parametrisation).exp();
        }
        let crate::data::targets::Target::Values(t) = bench.samples.targets.target(n) else { unreachable!() };
        let step = 1.0 / 32.0;
        for j in -320..=320 {
            let e = f64::from(j) * step;
            let z = mean + variance.sqrt() * e;
            let log_p = log_logistic(z).0 - (1.0 - t[0]) * z;
            total += log_p * (-0.5 * e * e).exp() * step / core::f64::consts::TAU.sqrt();
        }
    }
    total
}

/// The largest |mean − exact| / standard error over the components, `shift` added to log σ² before the exact value is taken.
fn largest_z(bench: &Bench, batch: usize, shift: f64) -> f64 {
    let parameters = flat(&bench.state).len() - 1;
    let (mut sum, mut squares) = (vec![0.0; parameters], vec![0.0; parameters]);
    let samples = bench.everyone();
    let mut rng = ChaCha8Rng::seed_from_u64(77);
    for draw in 0..DRAWS {
        let mut order = samples.clone();
        rand::seq::SliceRandom::shuffle(order.as_mut_slice(), &mut rng);
        let gradient = bench.gradient(&order[..batch], draw);
        for i in 0..parameters {
            sum[i] += gradient[i];
            squares[i] += gradient[i] * gradient[i];
        }
    }
    let mut state = bench.state.clone();
    state.layers[0].rho.iter_mut().for_each(|r| *r += shift);
    let n = DRAWS as f64;
    let z = (0..parameters).map(|i| {
        let h = 1e-4;
        let slope = (exact(bench, &nudged(&state, i, h)) - exact(bench, &nudged(&state, i, -h))) / (2.0 * h);
        let mean = sum[i] / n;
        let error = ((squares[i] / n - mean * mean) / n).sqrt();
        (mean - slope).abs() / error
    });
    z.fold(0.0, f64::max)
}

#[test]
fn all_estimators_are_unbiased() {
    for noise in [GradientNoise::Local, GradientNoise::Additive, GradientNoise::Multiplicative] {
        for parametrisation in [Parametrisation::LogSigma2, Parametrisation::LogAlpha] {
            let bench = bench(noise, parametrisation);
            let z = largest_z(&bench, 5, 0.0);
            assert!(z < LIMIT, "{noise:?} {parametrisation:?}: {z}");
            let z = largest_z(&bench, 2, 0.0);
            assert!(z < LIMIT, "{noise:?} {parametrisation:?}, minibatches: {z}");
        }
    }
}

#[test]
fn power_twin_a_variance_wrong_by_a_tenth_is_noticed() {
    for noise in [GradientNoise::Local, GradientNoise::Additive, GradientNoise::Multiplicative] {
        let z = largest_z(&bench(noise, Parametrisation::LogSigma2), 5, 0.1);
        assert!(z > LIMIT, "{noise:?}: {z}");
    }
}

/// The largest gap between two empirical distribution functions, times √(nm/(n+m)).
fn kolmogorov_smirnov(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (n, m) = (a.len() as f64, b.len() as f64);
    let gap =
        a.iter().enumerate().map(|(i, v)| (i as f64 / n - b.partition_point(|w| w <= v) as f64 / m).abs());
    gap.fold(0.0, f64::max) * (n * m / (n + m)).sqrt()
}

/// Kolmogorov's limit at a false-positive rate of 2 exp(−2 · 2.7²) = 9e-7.
const KS_LIMIT: f64 = 2.7;

/// z = Σ_d x_d w_d from the engine's weight draws at a fixed log α, and from θ ε, ε ~ N(1, e^{`log_alpha`}).
fn pre_activations(log_alpha: f64) -> (Vec<f64>, Vec<f64>) {
    let x = DMatrix::from_row_slice(2, 3, &[1.0, -0.4, 2.0, 0.3, 0.9, -0.8]);
    let params = Params::gaussian_dropout(0.4)
        .likelihood(Likelihood::Bernoulli)
        .theta_init(ThetaInit::Normal { sd: 1.0 })
        .seed(3);
    let t = DMatrix::from_column_slice(2, 1, &[1.0, 0.0]);
    let bench = Bench::new(params, &x, &t);
    let theta: Vec<f64> = bench.state.layers[0].positions().map(|i| bench.state.layers[0].theta[i]).collect();
    let draws = 20_000u64;
    let of_engine = (0..draws).map(|step| {
        // log p of a positive target is log σ(z): z = logit of its exponential.
        let (log_p, _) = bench.step(&bench.state, &[0], step, 0.0);
        log_p - (-log_p.exp()).ln_1p()
    });
    let noise = Normal::new(1.0, (0.5 * log_alpha).exp()).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let of_dropout = (0..draws).map(|_| (0..3).map(|d| x[(0, d)] * theta[d] * noise.sample(&mut rng)).sum());
    (of_engine.collect(), of_dropout.collect())
}

#[test]
fn fixed_alpha_is_gaussian_dropout() {
    let (engine, dropout) = pre_activations(0.4);
    let distance = kolmogorov_smirnov(engine, dropout);
    assert!(distance < KS_LIMIT, "{distance}");
}

#[test]
fn power_twin_another_alpha_is_noticed() {
    let (engine, dropout) = pre_activations(0.6);
    assert!(kolmogorov_smirnov(engine, dropout) > KS_LIMIT);
}
