//! Extreme, degenerate and damaged input: a finite result or a typed error, never a panic, a hang or a NaN in a model.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::CscMatrix;
use proptest::prelude::*;
use vd_linreg::{
    Algorithm, Bagging, CrossValidation, Error, InputError, Model, NoiseModel, Params, Refit, Rule,
    analysis::z_scores, default_lambdas, optimality, synthetic::Spec,
};

fn sound(model: &Model) {
    assert!(model.coefficients().iter().all(|c| c.is_finite()), "{model:?}");
    assert!(
        model.intercept().is_finite() && model.noise_std().is_finite() && model.noise_std() > 0.0,
        "{model:?}"
    );
    for (c, l) in model.coefficients().iter().zip(model.log_alpha().iter()) {
        assert!(if *c == 0.0 { *l == f64::INFINITY } else { l.is_finite() }, "{c} {l}");
    }
}

/// Everything that fits, on one problem.
fn all_ways(params: &Params, x: &DMatrix<f64>, t: &DVector<f64>) {
    let check = |result: Result<Model, Error>| {
        if let Ok(model) = result {
            sound(&model);
        }
    };
    check(params.fit(x, t).map(|f| f.model));
    check(params.fit(&CscMatrix::from(x), t).map(|f| f.model));
    check(params.clone().refit(Refit::LeastSquares).fit(x, t).map(|f| f.model));
    check(params.fit_bagged(x, t, &Bagging::new().members(3)).map(|b| b.fit.model));
    for rule in [Rule::Minimum, Rule::OneStandardError, Rule::PairedStandardError] {
        let cv = CrossValidation::new().folds(2).points(12).rule(rule);
        check(params.cross_validate(x, t, &cv).map(|s| s.fit.model));
    }
    if let Ok(path) = params.path(x, t, &[1e6, 10.0, 1.0, 1e-3]) {
        path.fits.iter().for_each(|f| sound(&f.model));
    }
    let block = params.clone().algorithm(Algorithm::ExactBlock).max_iterations(300);
    check(block.fit(x, t).map(|f| f.model));
}

/// Numbers between 10^−307 and 10^307, around 10^`power`, over `spread` powers of ten.
#[derive(Debug, Clone, Copy)]
struct Wild {
    n: usize,
    d: usize,
    power: i32,
    spread: i32,
    seed: u64,
}

impl Wild {
    fn problem(self) -> (DMatrix<f64>, DVector<f64>) {
        let mut state = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let unit = (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5;
            let exponent =
                f64::from(self.power) + f64::from(self.spread) * ((state & 1023) as f64 / 1023.0 - 0.5);
            unit * 10f64.powf(exponent.clamp(-307.0, 307.0))
        };
        let x = DMatrix::from_fn(self.n, self.d, |_, _| draw());
        let t = DVector::from_fn(self.n, |_, _| draw());
        (x, t)
    }

    fn noise(self, which: u8) -> NoiseModel {
        match which {
            0 => NoiseModel::PreEstimated,
            1 => NoiseModel::Learned,
            2 => NoiseModel::LearnedWithGammaPrior { shape: 1e300, rate: 1e-300 },
            _ => NoiseModel::Fixed { std: 10f64.powi(self.power / 2) },
        }
    }

    fn fits(self, intercept: bool, noise: u8, lambda: f64) {
        let (x, t) = self.problem();
        let params = Params::new().lambda(lambda).intercept(intercept).noise(self.noise(noise));
        all_ways(&params.max_iterations(500), &x, &t);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_finite_numbers(
        n in 1usize..9, d in 1usize..7, power in -300i32..300, spread in 0i32..300, seed in 0u64..1000,
        intercept: bool, noise in 0u8..4, lambda in prop_oneof![Just(1e-9), Just(1.0), Just(50.0)],
    ) {
        Wild { n, d, power, spread, seed }.fits(intercept, noise, lambda);
    }
}

/// Among 50,000 draws of the test above, these went wrong.
#[test]
fn finite_numbers_that_went_wrong() {
    let wild = |n, d, power, spread, seed| Wild { n, d, power, spread, seed };
    // Columns joined and left for ever.
    wild(3, 5, -6, 27, 193).fits(true, 2, 1e-9);
    wild(5, 3, -26, 91, 135).fits(true, 2, 1e-9);
    wild(7, 3, 19, 185, 673).fits(true, 3, 1e-9);
    // A weight refitted to a residual of 0 had log α = −∞.
    wild(5, 4, 53, 262, 659).fits(true, 3, 1e-9);
    // A kept weight below the least double was 0.
    wild(3, 4, 0, 220, 662).fits(false, 2, 1e-9);
}

#[test]
fn repeated_and_collinear_columns_by_the_dozen() {
    let p = Spec::new(30, 3, 2, 0.3).problem(2);
    let mut x = p.x.clone().resize_horizontally(40, 0.0);
    for j in 3..40 {
        let column = p.x.column(j % 3) * if j % 2 == 0 { 1.0 } else { -1e5 } + p.x.column(0) * 1e-13;
        x.set_column(j, &column);
    }
    all_ways(&Params::new(), &x, &p.t);
    all_ways(&Params::new().lambda(1e-6).noise(NoiseModel::Learned), &x, &p.t);
}

#[test]
fn noise_free_and_interpolated_targets() {
    let p = Spec::new(20, 60, 3, 0.0).problem(1);
    for noise in [
        NoiseModel::PreEstimated,
        NoiseModel::Learned,
        NoiseModel::Fixed { std: 1e-140 },
        NoiseModel::Fixed { std: 1e140 },
    ] {
        for lambda in [1e-12, 1.0, 1e99] {
            all_ways(&Params::new().noise(noise).lambda(lambda).max_iterations(200), &p.x, &p.t);
        }
    }
}

#[test]
fn numbers_of_points_that_no_memory_holds_are_refused() {
    let p = Spec::new(20, 3, 1, 0.3).problem(1);
    for points in [10_001, usize::MAX] {
        let cv = CrossValidation::new().points(points);
        let refused = Params::new().cross_validate(&p.x, &p.t, &cv);
        assert!(matches!(refused, Err(Error::Input(InputError::Parameter { name: "points", .. }))));
    }
    assert!(matches!(
        default_lambdas(2.0, 1.0, usize::MAX),
        Err(Error::Input(InputError::Parameter { name: "points", .. }))
    ));
}

#[test]
fn what_is_no_number_is_refused_after_the_fit_too() {
    let p = Spec::new(30, 4, 1, 0.3).problem(1);
    let model = Params::new().lambda(9.0).fit(&p.x, &p.t).unwrap().model;
    let kept = model.support()[0];
    let pruned = (0..4).find(|j| !model.support().contains(j)).unwrap();
    for bad in [f64::NAN, f64::INFINITY] {
        let mut x = p.x.clone();
        x[(2, kept)] = bad;
        let named = |e: Error| matches!(e, Error::Input(InputError::NotFinite { row: 2, .. }));
        assert!(named(model.predict(&x).unwrap_err()) && named(model.predict_std(&x).unwrap_err()));
        assert!(named(model.covariance(&x, None).unwrap_err()));
        assert!(named(optimality(&x, &p.t, None, &model, &kl_approx::Exact).unwrap_err()));
        assert!(named(z_scores(&x, &p.t, None, &model).unwrap_err()));
        // What a fit refuses a prediction refuses too, also in a column that is not needed.
        let mut x = p.x.clone();
        x[(2, pruned)] = bad;
        assert!(named(model.predict(&x).unwrap_err()) && named(model.predict_std(&x).unwrap_err()));
        assert!(named(model.covariance(&x, None).unwrap_err()));
        assert!(named(z_scores(&x, &p.t, None, &model).unwrap_err()));
        assert!(named(model.predict(&CscMatrix::from(&x)).unwrap_err()));
    }
    let huge = DMatrix::from_element(1, 4, 1e308);
    let steep = Params::new().lambda(9.0).fit(&p.x, &(&p.t * 1e9)).unwrap().model;
    assert!(matches!(steep.predict(&huge).unwrap_err(), Error::Input(InputError::Range { .. })));
}

#[cfg(feature = "serde")]
#[test]
fn a_damaged_stored_model_is_refused() {
    let p = Spec::new(30, 4, 2, 0.3).problem(1);
    let model = Params::new().lambda(4.0).fit(&p.x, &p.t).unwrap().model;
    assert!(model.support().len() < 4, "something is pruned, so that JSON has to carry an infinity");
    let text = serde_json::to_string(&model).unwrap();
    let back: Model = serde_json::from_str(&text).unwrap();
    assert_eq!(back.support(), model.support());
    assert_eq!(back.log_alpha(), model.log_alpha());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let spoil = |field: &str, with: serde_json::Value| {
        let mut v = value.clone();
        v[field] = with;
        serde_json::from_value::<Model>(v)
    };
    let mut short_list = value["norms"].clone();
    if let Some(list) = short_list[0].as_array_mut() {
        list.pop();
    }
    short_list[1] = 3.into();
    for field in ["coefficients", "log_alpha", "means", "norms"] {
        assert!(spoil(field, short_list.clone()).is_err(), "{field}");
    }
    for (field, bad) in [("noise_std", 0.0), ("noise_std", -1.0), ("lambda", 0.0), ("samples", -3.0)] {
        assert!(spoil(field, bad.into()).is_err(), "{field} {bad}");
    }
    sound(&model);
}
