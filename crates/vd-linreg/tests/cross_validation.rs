//! λ by cross-validation recovers what there is to recover, on designs and seeds that it was not tuned on.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use vd_linreg::{CrossValidation, Params, Refit, Rule, synthetic::Spec};

/// Relative error over that of least squares on the true support.
fn over_oracle(spec: &Spec, seed: u64) -> f64 {
    let p = spec.problem(seed);
    let selection =
        Params::new().intercept(false).cross_validate(&p.x, &p.t, &CrossValidation::new()).unwrap();
    let m = &selection.fit.model;
    assert!(selection.selected.report.residual < 1e-4, "the selecting fit is optimal");
    assert_eq!(selection.selected.model.support(), m.support());
    let columns = p.x.select_columns(&p.relevant());
    let ls = columns.tr_mul(&columns).cholesky().unwrap().solve(&columns.tr_mul(&p.t));
    let mut theta = m.coefficients() * 0.0;
    p.relevant().iter().zip(ls.iter()).for_each(|(&d, c)| theta[d] = *c);
    p.relative_error(m.coefficients(), m.intercept()) / p.relative_error(&theta, 0.0)
}

#[test]
fn the_error_is_close_to_the_oracles() {
    let base = Spec::new(200, 300, 8, 0.7);
    for (name, spec) in [
        ("independent", base),
        ("ρ = 0.5", Spec { correlation: 0.5, ..base }),
        ("ρ = 0.9", Spec { correlation: 0.9, ..base }),
        ("scales", Spec { log10_scales: 3.0, ..base }),
        ("heavy tails", Spec { heavy_tails: true, ..base }),
    ] {
        let mut ratios: Vec<f64> = (1000..1007).map(|seed| over_oracle(&spec, seed)).collect();
        ratios.sort_by(f64::total_cmp);
        assert!(ratios[3] < 1.3, "{name}: median over 7 seeds of error/oracle {ratios:?}");
    }
}

#[test]
fn rules_are_ordered_and_points_are_what_they_say() {
    for seed in 0..5 {
        let p = Spec { correlation: 0.5, ..Spec::new(100, 40, 10, 1.5) }.problem(seed);
        let chosen = |rule| {
            let s = Params::new().cross_validate(&p.x, &p.t, &CrossValidation::new().rule(rule)).unwrap();
            let point = s.curve[s.chosen].clone();
            assert_eq!((s.fit.model.lambda(), s.fit.model.refit()), (point.lambda, point.refit));
            point
        };
        let (minimum, paired, one) =
            (chosen(Rule::Minimum), chosen(Rule::PairedStandardError), chosen(Rule::OneStandardError));
        assert!(minimum.lambda <= paired.lambda && minimum.error <= paired.error);
        assert!(minimum.lambda <= one.lambda && one.error <= minimum.error + minimum.standard_error);
    }
    let p = Spec::new(100, 40, 10, 1.5).problem(0);
    let only = CrossValidation::new().refits(&[Refit::None]);
    let s = Params::new().cross_validate(&p.x, &p.t, &only).unwrap();
    assert!(s.curve.iter().all(|c| c.refit == Refit::None) && s.fit.model.refit() == Refit::None);
}

#[test]
fn a_path_falls_from_the_empty_model() {
    let p = Spec::new(80, 30, 5, 0.7).problem(3);
    let path = Params::new().path(&p.x, &p.t, &[1.0, 100.0, 4.0, 1e9]).unwrap();
    let lambdas: Vec<f64> = path.fits.iter().map(|f| f.model.lambda()).collect();
    assert_eq!(lambdas, [1e9, 100.0, 4.0, 1.0]);
    assert!(path.fits[0].model.support().is_empty());
    assert!(path.fits.iter().all(|f| f.report.residual < 1e-4));
    let above = Params::new().path(&p.x, &p.t, &[path.empty_from * 1.001, path.empty_from * 0.999]).unwrap();
    assert_eq!((above.fits[0].model.support().len(), above.fits[1].model.support().len()), (0, 1));
}
