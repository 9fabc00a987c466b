//! The sparse result predicts what the pruned model predicts, and what is dead in it is gone.
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use vd_dsvi::{Error, InputError, Layer, Likelihood, Model, Params, Pruning, Rows, Schedule, ThetaInit};

/// A network with made-up weights: `widths` from the inputs to the outputs; `alive` tells which weights have log α below 3.
fn network(widths: &[usize], bias: bool, alive: impl Fn(usize, usize, usize) -> bool) -> Model<f64> {
    let layers = widths.windows(2).enumerate().map(|(l, w)| {
        let theta = DMatrix::from_fn(w[0], w[1], |d, k| ((1 + l * 5 + d * 3 + k * 7) as f64).sin());
        let log_alpha = DMatrix::from_fn(w[0], w[1], |d, k| if alive(l, d, k) { -1.0 } else { 6.0 });
        let log_sigma2 = log_alpha.zip_map(&theta, |a, t: f64| a + 2.0 * t.abs().ln());
        let bias = bias.then(|| DVector::from_fn(w[1], |k, _| (k as f64 + l as f64).cos()));
        Layer::new(theta, log_sigma2, bias).unwrap()
    });
    Model::new(layers.collect(), Likelihood::Softmax, 1.0, 3.0).unwrap()
}

fn data(n: usize, d: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, d, |i, j| if (i + j) % 3 == 0 { 0.0 } else { ((i * 5 + j * 3) as f64).sin() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn small_equals_pruned(
        hidden in proptest::collection::vec(1usize..7, 0..3), d in 1usize..6, k in 2usize..4, bias: bool,
        mask in any::<u64>(), density in 1u32..8,
    ) {
        let widths: Vec<usize> = [d].into_iter().chain(hidden).chain([k]).collect();
        let alive = |l: usize, d: usize, k: usize| {
            let h = (mask ^ ((l * 64 + d * 8 + k) as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            ((h >> 61) as u32) < density
        };
        let model = network(&widths, bias, alive);
        let x = data(9, d);
        let small = model.compact(3.0);
        let expected = model.pruned(3.0).predict_response(&x).unwrap();
        let got = small.predict_response(&x).unwrap();
        prop_assert!((&got - &expected).amax() < 1e-12);
        prop_assert_eq!(small.predict(&x).unwrap(), model.pruned(3.0).predict(&x).unwrap());
        // Every hidden unit that is left has a way in and a way out.
        for pair in small.layers().windows(2) {
            prop_assert_eq!(pair[0].outputs(), pair[1].inputs());
        }
        prop_assert!(small.kept() as f64 <= (1.0 - model.sparsity_at(3.0)) * model.weight_count() as f64 + 1e-9);
        prop_assert!(small.support().iter().all(|&f| f < d));
    }

    /// Local reparametrisation reads columns alike: permuted columns and initial values permute the answer. Means start at zero, which is the
    /// same for every column; sums over features change their order, so not to the bit.
    #[test]
    fn permuted_columns_permute_the_answer(shift in 1usize..4) {
        let x = DMatrix::<f64>::from_fn(60, 4, |n, d| ((n * 7 + d * 5) as f64).sin());
        let t: Vec<usize> = (0..60).map(|n| usize::from(x[(n, 0)] > x[(n, 1)])).collect();
        let moved = DMatrix::from_fn(60, 4, |n, d| x[(n, (d + shift) % 4)]);
        let params = Params::new().theta_init(ThetaInit::Zero).batch(vd_dsvi::Batch::Size(20)).epochs(5).threads(1);
        let (a, b) = (params.fit(&x, &t).unwrap().model, params.fit(&moved, &t).unwrap().model);
        for d in 0..4 {
            for k in 0..2 {
                let gap = a.layers()[0].theta()[((d + shift) % 4, k)] - b.layers()[0].theta()[(d, k)];
                prop_assert!(gap.abs() < 1e-9, "{gap}");
            }
        }
    }
}

#[test]
fn dead_units_go() {
    // Unit 1 hears nothing, unit 2 tells nobody.
    let alive = |l: usize, d: usize, k: usize| !(l == 0 && k == 1 || l == 1 && d == 2 || l == 0 && d == 3);
    let small = network(&[4, 5, 3], true, alive).compact(3.0);
    assert_eq!(small.layers()[0].outputs(), &[0, 3, 4]);
    assert_eq!(small.support(), [0, 1, 2]);
    assert_eq!(small.kept(), 3 * 3 + 3 * 3);
    assert_eq!(small.compression(), 35.0 / 18.0);
    assert!((small.sparsity() - 17.0 / 35.0).abs() < 1e-15);
    // Nothing left at all: uniform or bias-only predictions, no panic.
    let nothing = network(&[4, 5, 3], false, |_, _, _| false).compact(3.0);
    assert_eq!(nothing.kept(), 0);
    let p = nothing.predict_response(&data(2, 4)).unwrap();
    assert!(p.iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-15));
}

fn trained() -> (Model<f32>, DMatrix<f32>, Vec<usize>) {
    let x = DMatrix::<f32>::from_fn(400, 15, |n, d| (1e4 * ((n * 15 + d + 1) as f32).sin()).fract());
    let t: Vec<usize> =
        (0..400).map(|n| (0..3).max_by(|&a, &b| x[(n, a)].total_cmp(&x[(n, b)])).unwrap()).collect();
    let params = Params::new().epochs(150).learning_rate(Schedule::linear(&[(75.0, 0.03), (150.0, 0.0)]));
    (params.threads(1).fit(&x, &t).unwrap().model, x, t)
}

#[test]
fn pruning_rules() {
    let (model, x, t) = trained();
    type How<'a> = Pruning<'a, DMatrix<f32>>;
    for count in [0, 1, 7, 20, 45, 100] {
        let pruned = model.prune(&How::Weights(count)).unwrap();
        assert_eq!(pruned.model.kept(), count.min(45), "no ties in trained weights");
    }
    let fixed = model.prune(&How::LogAlpha(3.0)).unwrap();
    assert_eq!(fixed.model, model.compact(3.0));
    assert!(matches!(
        model.prune(&How::LogAlpha(f64::NAN)),
        Err(Error::Input(InputError::Parameter { name: "threshold", .. }))
    ));
    let good = model.prune(&Pruning::Accuracy { x: &x, labels: &t, at_least: 0.9 }).unwrap();
    assert!(good.model.accuracy(&x, &t).unwrap() >= 0.9);
    let fewer = model.prune(&How::Weights(good.model.kept() - 1)).unwrap();
    println!("{} weights at 0.9; one less has {}", good.model.kept(), fewer.model.accuracy(&x, &t).unwrap());
    let impossible = model.prune(&Pruning::Accuracy { x: &x, labels: &t, at_least: 1.01 });
    assert!(matches!(impossible, Err(Error::Unreachable { .. })));
    let strict = model.prune(&Pruning::Validation { x: &x, labels: &t, standard_errors: 0.0 }).unwrap();
    let lenient = model.prune(&Pruning::Validation { x: &x, labels: &t, standard_errors: 2.0 }).unwrap();
    assert!(lenient.model.kept() <= strict.model.kept());
    assert!(strict.model.accuracy(&x, &t).unwrap() >= good.model.accuracy(&x, &t).unwrap());
    assert!(model.prune(&Pruning::Validation { x: &x, labels: &t, standard_errors: f64::NAN }).is_err());
    assert!(matches!(
        model.prune(&Pruning::Accuracy { x: &x, labels: &t[1..], at_least: 0.5 }),
        Err(Error::Input(InputError::Shape { .. }))
    ));
}

#[test]
fn monte_carlo_predictions_average_over_the_noise() {
    let (model, x, t) = trained();
    let mean = model.predict_response(&x).unwrap();
    let sampled = model.predict_monte_carlo(&x, 200, 3).unwrap();
    assert_eq!(sampled, model.predict_monte_carlo(&x, 200, 3).unwrap(), "a function of the seed");
    assert_ne!(sampled, model.predict_monte_carlo(&x, 200, 4).unwrap());
    assert!(sampled.row_iter().all(|r| (r.sum() - 1.0).abs() < 1e-4));
    // Averaging over noise can only make a confident classifier less so.
    let confidence = |p: &DMatrix<f32>| p.row_iter().map(|r| r.max()).sum::<f32>() / p.nrows() as f32;
    assert!(confidence(&sampled) < confidence(&mean));
    // Without noise both agree.
    let layer = &model.layers()[0];
    let known = layer.log_sigma2().map(|_| f32::NEG_INFINITY);
    let layer = Layer::new(layer.theta().clone(), known, layer.intercept().cloned()).unwrap();
    let silent = Model::new(vec![layer], model.likelihood(), 1.0, 3.0).unwrap();
    assert!((silent.predict_monte_carlo(&x, 3, 1).unwrap() - &mean).amax() < 1e-5);
    assert!(model.accuracy(&x, &t).unwrap() > 0.9);
    // Rows made once serve every call.
    assert_eq!(model.predict_response(&Rows::from_dense(&x).unwrap()).unwrap(), mean);
}

#[cfg(feature = "checkpoints")]
#[test]
fn a_sparse_model_is_a_small_file() {
    let (model, x, _) = trained();
    let small = model.compact(3.0);
    let bytes = model_file::encode(&small).unwrap();
    let back: vd_dsvi::CompactModel<f32> = model_file::decode(&bytes).unwrap();
    assert_eq!(back, small);
    assert_eq!(back.predict_response(&x).unwrap(), small.predict_response(&x).unwrap());
    for at in 0..bytes.len() {
        assert!(model_file::decode::<vd_dsvi::CompactModel<f32>>(&bytes[..at]).is_err());
    }
}
