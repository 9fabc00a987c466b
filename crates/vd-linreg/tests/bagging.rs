//! Bagging and its projection: what it is for, what it may not depend on, what it refuses.
#![allow(clippy::unwrap_used)]

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::{CooMatrix, CscMatrix};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use vd_linreg::{Bagging, Error, InputError, Params, synthetic::Spec};

/// N samples, columns correlated by 0.7ᵏ, weights that fall like 1/rank, signal and noise of equal variance; also noise-free test targets.
fn weak(seed: u64, n: usize, d: usize) -> (DMatrix<f64>, DVector<f64>, DMatrix<f64>, DVector<f64>) {
    let spec = Spec { correlation: 0.7, ..Spec::new(n, d, 0, 0.0) };
    let p = spec.problem(seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed + 1000);
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    // 37 is coprime to d: ranks are spread over the columns.
    let w = DVector::from_fn(d, |j, _| normal().signum() / ((j * 37 % d) + 1) as f64);
    let (signal, test) = (&p.x * &w, &p.x_test * &w);
    let unit = signal.norm() / (n as f64).sqrt();
    let t = signal.map(|s| s / unit) + DVector::from_fn(n, |_, _| normal());
    (p.x, t, p.x_test, test / unit)
}

#[test]
fn weak_correlated_effects_are_predicted_better_than_by_one_fit_with_about_as_many_features() {
    let (mut better, mut single_kept, mut bagged_kept) = (0, 0, 0);
    for seed in 0..12 {
        let (x, t, x_test, signal) = weak(seed, 200, 150);
        let error = |theta: &DVector<f64>, b: f64| ((&x_test * theta).add_scalar(b) - &signal).norm_squared();
        let single = Params::new().fit(&x, &t).unwrap().model;
        let bagged = Params::new().fit_bagged(&x, &t, &Bagging::new().seed(seed)).unwrap().fit.model;
        better += usize::from(
            error(bagged.coefficients(), bagged.intercept())
                < error(single.coefficients(), single.intercept()),
        );
        single_kept += single.support().len();
        bagged_kept += bagged.support().len();
    }
    // Were neither better, 10 or more of 12 would come with probability 0.019.
    assert!(better >= 10, "{better} of 12");
    assert!(10 * bagged_kept < 12 * single_kept, "{bagged_kept} {single_kept}");
}

#[test]
fn one_member_on_all_rows_is_projected_on_itself() {
    let p = Spec::new(120, 30, 5, 0.3).problem(3);
    let whole = Bagging::new().members(1).fraction(1.0).share(1e-6);
    let single = Params::new().fit(&p.x, &p.t).unwrap().model;
    let bagged = Params::new().fit_bagged(&p.x, &p.t, &whole).unwrap();
    assert!((&bagged.mean_coefficients - single.coefficients()).norm() < 1e-3);
    assert!((bagged.fit.model.coefficients() - &bagged.mean_coefficients).norm() < 1e-2);
    assert_eq!(bagged.inclusion.iter().filter(|s| **s == 1.0).count(), single.support().len());
    assert!((bagged.fit.model.noise_std() / single.noise_std() - 1.0).abs() < 1e-3);
}

#[test]
fn the_projection_is_a_stationary_point_of_its_own_problem() {
    let (x, t, ..) = weak(5, 150, 60);
    let bagged = Params::new().fit_bagged(&x, &t, &Bagging::new()).unwrap();
    assert!(bagged.fit.report.residual < 1e-4, "{}", bagged.fit.report.residual);
    assert!(bagged.inclusion.iter().all(|s| (0.0..=1.0 + 1e-12).contains(s)));
}

#[test]
fn threads_change_no_bit_and_seeds_do() {
    let (x, t, ..) = weak(7, 100, 80);
    let fit = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Params::new().fit_bagged(&x, &t, &Bagging::new().seed(seed)).unwrap())
    };
    let one = fit(1, 0);
    assert_eq!(one, fit(2, 0));
    assert_eq!(one, fit(4, 0));
    assert_ne!(one.mean_coefficients, fit(1, 1).mean_coefficients);
}

#[test]
fn a_sparse_matrix_gives_what_the_dense_one_gives() {
    let (mut x, t, ..) = weak(9, 80, 20);
    x.apply(|v| *v = if *v > 0.5 { *v } else { 0.0 });
    let mut coo = CooMatrix::new(x.nrows(), x.ncols());
    for j in 0..x.ncols() {
        for i in 0..x.nrows() {
            if x[(i, j)] != 0.0 {
                coo.push(i, j, x[(i, j)]);
            }
        }
    }
    let csc = CscMatrix::from(&coo);
    let dense = Params::new().fit_bagged(&x, &t, &Bagging::new()).unwrap();
    let sparse = Params::new().fit_bagged(&csc, &t, &Bagging::new()).unwrap();
    assert!((dense.fit.model.coefficients() - sparse.fit.model.coefficients()).amax() < 1e-4);
}

#[test]
fn rescaling_and_extreme_units_change_nothing_else() {
    let (x, t, ..) = weak(11, 60, 10);
    let plain = Params::new().fit_bagged(&x, &t, &Bagging::new()).unwrap();
    for scale in [1e-150, 1e150] {
        let bagged = Params::new().fit_bagged(&x, &(&t * scale), &Bagging::new()).unwrap();
        let back = bagged.fit.model.coefficients() / scale;
        assert!((back - plain.fit.model.coefficients()).amax() < 1e-6);
    }
}

#[test]
fn members_without_a_varying_target_are_empty_models() {
    // One object of thirty differs, so about a fifth of the members see a constant.
    let x = DMatrix::from_fn(30, 3, |i, j| ((i * 7 + j * 5) % 11) as f64);
    let mut t = DVector::from_element(30, 2.0);
    t[4] = 3.0;
    let bagged = Params::new().fit_bagged(&x, &t, &Bagging::new()).unwrap();
    assert!(bagged.mean_intercept.is_finite() && bagged.fit.model.intercept().is_finite());
    let constant = DVector::from_element(30, 2.0);
    let refused = Params::new().fit_bagged(&x, &constant, &Bagging::new());
    assert!(matches!(refused, Err(Error::Input(InputError::ConstantTarget { .. }))));
}

#[test]
fn values_out_of_range_are_refused() {
    let p = Spec::new(20, 3, 1, 0.5).problem(0);
    let field = |b: Bagging| match Params::new().fit_bagged(&p.x, &p.t, &b) {
        Err(Error::Input(InputError::Parameter { name, .. })) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(Bagging::new().members(0)), "members");
    assert_eq!(field(Bagging::new().members(10_001)), "members");
    for wrong in [0.0, -1.0, 1.5, f64::NAN, f64::INFINITY] {
        assert_eq!(field(Bagging::new().fraction(wrong)), "fraction");
        assert_eq!(field(Bagging::new().share(wrong)), "share");
    }
    let tiny = Params::new().fit_bagged(&p.x, &p.t, &Bagging::new().fraction(1e-9).members(3));
    assert!(tiny.is_ok(), "{tiny:?}");
}
