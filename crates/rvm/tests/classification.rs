//! The Laplace approximation against algebra of its own: mode, evidence, moderation; one-vs-rest and softmax.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Tests and their helpers.

use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rvm::{Algorithm, Basis, Error, InputError, Kernel, Moderation, OneVsRestParams, SoftmaxParams, Status};

fn problem(seed: u64, n: usize, d: usize, classes: usize) -> (DMatrix<f64>, Vec<usize>) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let x = DMatrix::from_fn(n, d, |_, _| rng.random_range(-2.0..2.0));
    let labels = (0..n)
        .map(|i| {
            let score = |k: usize| 1.5 * x[(i, k % d)] - 0.5 * x[(i, (k + 1) % d)];
            let noise: Vec<f64> = (0..classes).map(|_| -(-rng.random::<f64>().ln()).ln()).collect();
            (0..classes).max_by(|&a, &b| (score(a) + noise[a]).total_cmp(&(score(b) + noise[b]))).unwrap()
        })
        .collect();
    (x, labels)
}

fn softmax(eta: &[f64]) -> Vec<f64> {
    let top = eta.iter().copied().fold(f64::MIN, f64::max);
    let e: Vec<f64> = eta.iter().map(|v| (v - top).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|v| v / sum).collect()
}

#[test]
fn the_bernoulli_mode_and_evidence_are_laplaces() {
    for seed in 0..8 {
        let (x, labels) = problem(seed, 80, 4, 2);
        let fit = OneVsRestParams::new().centre(false).fit(&x, &labels).unwrap();
        assert_eq!(fit.report.status(), Status::Converged);
        let p = &fit.model.posteriors()[1];
        let phi = x.clone().insert_column(4, 1.0).select_columns(p.indices());
        let eta = &phi * p.mean();
        let alpha: Vec<f64> = p.log_precision().iter().map(|l| l.exp()).collect();
        let prob = eta.map(|e| 1.0 / (1.0 + (-e).exp()));
        let error = DVector::from_fn(80, |i, _| labels[i] as f64 - prob[i]);
        let slope = phi.transpose() * error;
        let mut h = phi.transpose() * DMatrix::from_diagonal(&prob.map(|p| p * (1.0 - p))) * &phi;
        let mut value =
            (0..80).map(|i| if labels[i] == 1 { prob[i].ln() } else { (1.0 - prob[i]).ln() }).sum::<f64>();
        for (j, a) in alpha.iter().enumerate() {
            assert!(
                (slope[j] - a * p.mean()[j]).abs() < 1e-7,
                "seed {seed}: {} {}",
                slope[j],
                a * p.mean()[j]
            );
            h[(j, j)] += a;
            value += 0.5 * a.ln() - 0.5 * a * p.mean()[j] * p.mean()[j];
        }
        value -= 0.5 * h.determinant().ln();
        assert!((fit.report.classes[1].objective - value).abs() < 1e-8);
        assert!((h.try_inverse().unwrap() - p.covariance()).amax() < 1e-8);
    }
}

/// The softmax mode: `Σ_n φ_n (t_nk − p_nk) = α_kd w_kd`; its covariance: the inverse of a Hessian by finite differences.
#[test]
fn the_softmax_mode_and_covariance_are_laplaces() {
    let (x, labels) = problem(5, 120, 3, 3);
    let fit = SoftmaxParams::new().centre(false).fit(&x, &labels).unwrap();
    assert_eq!(fit.report.status, Status::Converged);
    let p = fit.model.posterior();
    let design = x.clone().insert_column(3, 1.0);
    let gradient = |w: &DVector<f64>| {
        let mut g = DVector::zeros(w.len());
        for n in 0..120 {
            let mut eta = [0.0; 3];
            for (k, &i) in p.indices().iter().enumerate() {
                eta[i / 4] += design[(n, i % 4)] * w[k];
            }
            let prob = softmax(&eta);
            for (k, &i) in p.indices().iter().enumerate() {
                g[k] += design[(n, i % 4)] * (f64::from(u8::from(labels[n] == i / 4)) - prob[i / 4]);
            }
        }
        for k in 0..w.len() {
            g[k] -= p.log_precision()[k].exp() * w[k];
        }
        g
    };
    assert!(gradient(p.mean()).amax() < 1e-7);
    let (a, step) = (p.indices().len(), 1e-5);
    let mut h = DMatrix::zeros(a, a);
    for j in 0..a {
        let (mut up, mut down) = (p.mean().clone(), p.mean().clone());
        up[j] += step;
        down[j] -= step;
        h.set_column(j, &((gradient(&down) - gradient(&up)) / (2.0 * step)));
    }
    let error = (h * p.covariance() - DMatrix::identity(a, a)).amax();
    assert!(error < 1e-6, "{error}");
    let probabilities = fit.model.predict_proba_with(&x, Moderation::Scaled).unwrap();
    assert!(probabilities.row_iter().all(|r| (r.sum() - 1.0).abs() < 1e-12));
    assert!(fit.model.accuracy(&x, &labels).unwrap() > 0.6);
}

#[test]
fn moderation_is_the_integral_to_two_percent() {
    // E σ(m + s ε) by the trapezium rule against σ(m / √(1 + π s²/8)).
    let (x, labels) = problem(9, 40, 3, 2);
    let fit = OneVsRestParams::new().centre(false).fit(&x, &labels).unwrap();
    let p = &fit.model.posteriors()[1];
    let far = &x * 3.0;
    let moderated = fit.model.class_proba(&far, Moderation::Scaled).unwrap();
    let plain = fit.model.class_proba(&far, Moderation::Plain).unwrap();
    let phi = far.clone().insert_column(3, 1.0).select_columns(p.indices());
    let (mut differs, h) = (0.0f64, 0.01);
    for i in 0..40 {
        let m = phi.row(i).dot(&p.mean().transpose());
        let s = (phi.row(i) * p.covariance()).dot(&phi.row(i)).sqrt();
        let integral: f64 = (-800..=800)
            .map(|k| f64::from(k) * h)
            .map(|e| {
                h * (-0.5 * e * e).exp() / (2.0 * std::f64::consts::PI).sqrt() / (1.0 + (-(m + s * e)).exp())
            })
            .sum();
        assert!((moderated[(i, 1)] - integral).abs() < 0.02, "{} {integral}", moderated[(i, 1)]);
        differs = differs.max((moderated[(i, 1)] - plain[(i, 1)]).abs());
    }
    assert!(differs > 0.02, "the variance should matter here: {differs}");
}

/// With two classes, scaled softmax probabilities are MacKay's of the logits' difference; with any number, the most probable class
/// stays, and softmax probabilities are no more certain.
#[test]
fn scaling_keeps_the_order_and_tempers() {
    for classes in [2, 3, 5] {
        let (x, labels) = problem(17, 150, 4, classes);
        let far = &x * 2.0;
        let joint = SoftmaxParams::new().classes(classes).fit(&x, &labels).unwrap().model;
        let machines = OneVsRestParams::new().classes(classes).fit(&x, &labels).unwrap().model;
        for (joint, plain, scaled, chosen) in [
            (
                true,
                joint.predict_proba_with(&far, Moderation::Plain).unwrap(),
                joint.predict_proba_with(&far, Moderation::Scaled).unwrap(),
                joint.predict(&far).unwrap(),
            ),
            (
                false,
                machines.predict_proba_with(&far, Moderation::Plain).unwrap(),
                machines.predict_proba_with(&far, Moderation::Scaled).unwrap(),
                machines.predict(&far).unwrap(),
            ),
        ] {
            let mut differs = 0.0_f64;
            for n in 0..150 {
                let row = |p: &DMatrix<f64>| p[(n, chosen[n])];
                assert!((0..classes).all(|k| scaled[(n, k)] <= row(&scaled)));
                // Of several positive logits, one-vs-rest gives the larger more when they are scaled.
                assert!(!joint || row(&scaled) <= row(&plain) + 1e-12);
                differs = differs.max(row(&plain) - row(&scaled));
            }
            assert!(differs > 0.005, "{differs}");
        }
        if classes > 2 {
            continue;
        }
        let p = joint.posterior();
        let design = x.clone().insert_column(4, 1.0);
        let centre = joint.centre().unwrap();
        let scaled = joint.predict_proba_with(&x, Moderation::Scaled).unwrap();
        for n in 0..150 {
            let sign = |i: usize| if i / 5 == 1 { 1.0 } else { -1.0 };
            let value = |i: usize| if i % 5 < 4 { design[(n, i % 5)] - centre[i % 5] } else { 1.0 };
            let d = DVector::from_fn(p.indices().len(), |k, _| sign(p.indices()[k]) * value(p.indices()[k]));
            let (m, v) = (d.dot(p.mean()), d.dot(&(p.covariance() * &d)));
            let expected = 1.0 / (1.0 + (-m / (1.0 + std::f64::consts::PI * v / 8.0).sqrt()).exp());
            assert!((scaled[(n, 1)] - expected).abs() < 1e-10);
        }
    }
}

#[test]
fn separable_classes_stay_finite() {
    let x = DMatrix::from_fn(40, 2, |i, j| if j == 0 { i as f64 - 19.5 } else { ((i * 7) % 5) as f64 });
    let labels: Vec<usize> = (0..40).map(|i| usize::from(i >= 20)).collect();
    for entry_gain in [0.0, 0.1] {
        let params = OneVsRestParams::new().entry_gain(entry_gain);
        for basis in [Basis::Features, Basis::Kernel(Kernel::Rbf { gamma: 0.1 })] {
            let fit = params.clone().basis(basis).fit(&x, &labels).unwrap();
            for p in fit.model.posteriors() {
                assert!(p.mean().iter().chain(p.covariance().iter()).all(|v| v.is_finite()));
                assert!(p.log_precision().iter().all(|l| l.is_finite() && *l > -60.0));
            }
            assert_eq!(fit.model.accuracy(&x, &labels).unwrap(), 1.0);
            let p = fit.model.predict_proba_with(&(&x * 1e6), Moderation::Scaled).unwrap();
            assert!(p.iter().all(|v| v.is_finite() && (0.0..=1.0).contains(v)));
        }
        let fit = SoftmaxParams::new().entry_gain(entry_gain).fit(&x, &labels).unwrap();
        assert!(fit.model.weights().iter().all(|v| v.is_finite()));
        assert_eq!(fit.model.accuracy(&x, &labels).unwrap(), 1.0);
    }
}

#[test]
fn threads_change_no_bit() {
    let (x, labels) = problem(21, 150, 6, 4);
    for basis in [Basis::Features, Basis::Kernel(Kernel::Laplacian { gamma: 0.3 })] {
        let machine = OneVsRestParams::new().basis(basis);
        let fits: Vec<_> = [1, 2, 4]
            .into_iter()
            .map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| machine.fit(&x, &labels).unwrap())
            })
            .collect();
        assert!(fits[0] == fits[1] && fits[1] == fits[2]);
    }
}

#[test]
fn the_fixed_points_classify_alike() {
    let (x, labels) = problem(31, 200, 5, 3);
    let accuracy = |algorithm| {
        let params = OneVsRestParams::new().algorithm(algorithm).max_linearisations(2000).entry_gain(0.0);
        let fit = params.fit(&x, &labels).unwrap();
        (fit.report.log_evidence(), fit.model.accuracy(&x, &labels).unwrap())
    };
    let (sequential, a) = accuracy(Algorithm::Sequential);
    let (mackay, b) = accuracy(Algorithm::MacKay);
    let (em, c) = accuracy(Algorithm::ExpectationMaximisation);
    assert!(
        (sequential - mackay).abs() < 0.05 && (sequential - em).abs() < 0.3,
        "{sequential} {mackay} {em}"
    );
    assert!((a - b).abs() < 0.02 && (a - c).abs() < 0.02);
}

#[test]
fn a_callback_stops_a_fit_and_keeps_what_it_has() {
    use std::ops::ControlFlow;
    let (x, labels) = problem(2, 100, 5, 3);
    let machine = OneVsRestParams::new();
    let stop =
        |p: &rvm::Progress| if p.iteration >= 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let fit = machine.fit_with(&x, &labels, stop).unwrap();
    assert_eq!(fit.report.status(), Status::StoppedByCallback);
    assert!(fit.model.accuracy(&x, &labels).unwrap() > 0.4);
}

#[test]
fn bad_input_is_a_typed_error() {
    let (x, labels) = problem(1, 20, 2, 2);
    let machine = OneVsRestParams::new();
    let input = |result: Result<rvm::Fit<rvm::OneVsRestModel, rvm::OneVsRestReport>, Error>| match result {
        Err(Error::Input(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(
        input(machine.fit(&x, &labels[..19])),
        InputError::Shape { expected: 20, found: 19, .. }
    ));
    assert_eq!(input(machine.fit(&x, &[0; 20])), InputError::OneClass { found: 1 });
    let one = input(machine.clone().classes(1).fit(&x, &labels));
    assert!(matches!(one, InputError::Parameter { name: "classes", .. }));
    let few = machine.clone().classes(2).fit(&x, &[7; 20]);
    assert_eq!(input(few), InputError::Label { row: 0, label: 7, classes: 2 });
    let gap: Vec<usize> = labels.iter().map(|l| 2 * l).collect();
    assert_eq!(input(machine.fit(&x, &gap)), InputError::MissingClass { class: 1, largest: 2 });
    assert!(matches!(input(machine.fit(&DMatrix::zeros(0, 2), &[])), InputError::Empty { .. }));
    let mut bad = x.clone();
    bad[(3, 1)] = f64::NAN;
    assert!(matches!(input(machine.fit(&bad, &labels)), InputError::NotFinite { row: 3, col: 1, .. }));
    let fit = machine.fit(&x, &labels).unwrap();
    let wide = fit.model.predict(&DMatrix::zeros(3, 5));
    assert!(matches!(wide, Err(Error::Input(InputError::Shape { expected: 2, found: 5, .. }))));
    let nan = fit.model.predict_proba(&bad);
    assert!(matches!(nan, Err(Error::Input(InputError::NotFinite { row: 3, col: 1, .. }))));
    assert!(matches!(fit.model.accuracy(&x, &labels[..3]), Err(Error::Input(InputError::Shape { .. }))));
    for wrong in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        let refused = OneVsRestParams::new().tolerance(wrong).check();
        assert!(matches!(refused, Err(Error::Input(InputError::Parameter { name: "tolerance", .. }))));
        let refused = SoftmaxParams::new().precision_floor(wrong).fit(&x, &labels);
        assert!(matches!(refused, Err(Error::Input(InputError::Parameter { name: "precision_floor", .. }))));
        let gamma = Basis::Kernel(Kernel::Rbf { gamma: wrong });
        let refused = OneVsRestParams::new().basis(gamma).check();
        assert!(matches!(refused, Err(Error::Input(InputError::Parameter { name: "gamma", .. }))));
    }
}

/// A declared class may have no sample: it is then never the most probable.
#[test]
fn an_empty_class_is_allowed_where_it_is_declared() {
    let (x, labels) = problem(1, 40, 2, 2);
    for classes in [3, 4] {
        let fit = OneVsRestParams::new().classes(classes).fit(&x, &labels).unwrap();
        assert_eq!(fit.model.predict_proba(&x).unwrap().ncols(), classes);
        assert!(fit.model.predict(&x).unwrap().iter().all(|k| *k < 2));
        let fit = SoftmaxParams::new().classes(classes).fit(&x, &labels).unwrap();
        assert!(fit.model.predict(&x).unwrap().iter().all(|k| *k < 2));
    }
}

/// Extreme but finite inputs end in a model without NaN or in a typed error.
#[test]
fn extreme_units_end() {
    let (x, labels) = problem(3, 30, 3, 3);
    for exponent in [-300, -150, 150, 300] {
        let x = &x * 10f64.powi(exponent);
        let machine = OneVsRestParams::new();
        match machine.fit(&x, &labels) {
            Ok(fit) => {
                assert!(fit.model.weights().iter().all(|w| w.is_finite()));
                let p = fit.model.predict_proba_with(&x, Moderation::Plain).unwrap();
                assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{exponent}");
            }
            Err(error) => assert!(matches!(error, Error::Input(InputError::Range { .. })), "{error}"),
        }
        match SoftmaxParams::new().fit(&x, &labels) {
            Ok(fit) => assert!(fit.model.weights().iter().all(|w| w.is_finite())),
            Err(error) => assert!(matches!(error, Error::Input(InputError::Range { .. })), "{error}"),
        }
        for kernel in [
            Kernel::Linear,
            Kernel::Rbf { gamma: 1.0 },
            Kernel::Rbf { gamma: 1e300 },
            Kernel::Laplacian { gamma: 1e-300 },
            Kernel::Polynomial { degree: 3, gamma: 1.0, coef0: 1.0 },
        ] {
            let basis = Basis::Kernel(kernel);
            match OneVsRestParams::new().basis(basis).fit(&x, &labels) {
                Ok(fit) => assert!(fit.model.weights().iter().all(|w| w.is_finite())),
                Err(error) => {
                    assert!(
                        matches!(
                            error,
                            Error::Input(InputError::Range { .. }) | Error::KernelNotFinite { .. }
                        ),
                        "{error}"
                    );
                }
            }
        }
    }
}

/// Features scaled by powers of two: weights scale back to the bit, in both machines.
#[test]
fn units_do_not_matter() {
    let (x, labels) = problem(4, 60, 3, 3);
    let machine = OneVsRestParams::new();
    let scaled = &x * 1024.0;
    let (a, b) = (machine.fit(&x, &labels).unwrap(), machine.fit(&scaled, &labels).unwrap());
    assert_eq!(a.model.weights(), b.model.weights() * 1024.0);
    let (a, b) =
        (SoftmaxParams::new().fit(&x, &labels).unwrap(), SoftmaxParams::new().fit(&scaled, &labels).unwrap());
    assert_eq!(a.model.weights(), b.model.weights() * 1024.0);
    assert_eq!(a.report.objective, b.report.objective);
}

/// Laplace's evidence falls by no more than the tolerance from one accepted linearisation to the next.
#[test]
fn the_traced_evidence_does_not_fall() {
    for seed in 40..50 {
        let (x, labels) = problem(seed, 60, 8, 3);
        let machine = OneVsRestParams::new().entry_gain(0.0);
        let mut reports = machine.fit(&x, &labels).unwrap().report.classes;
        reports.push(SoftmaxParams::new().entry_gain(0.0).fit(&x, &labels).unwrap().report);
        for report in reports {
            assert!(report.trace.windows(2).all(|w| w[1] >= w[0] - 1e-3), "{:?}", report.trace);
        }
    }
}

#[cfg(feature = "serde")]
#[test]
fn models_survive_serialisation() {
    let (x, labels) = problem(6, 50, 3, 3);
    let rbf = Basis::Kernel(Kernel::Rbf { gamma: 0.5 });
    let fit = OneVsRestParams::new().basis(rbf).fit(&x, &labels).unwrap();
    let text = serde_json::to_string(&fit).unwrap();
    let back: rvm::Fit<rvm::OneVsRestModel, rvm::OneVsRestReport> = serde_json::from_str(&text).unwrap();
    assert!(back == fit);
}
