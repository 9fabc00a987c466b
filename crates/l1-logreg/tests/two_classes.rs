//! Two classes have one column of weights: the log odds of class 1 against class 0, as in liblinear, glmnet and scikit-learn.

mod common;

use common::{binary, random};
use l1_logreg::nalgebra::{DMatrix, DVector};
use l1_logreg::{Contrast, Error, InputError, Intercept, Loss, Model, Params, Penalty, certify};
use proptest::prelude::*;

#[test]
fn the_weights_are_scikit_learns() {
    let (x, t) = binary();
    let mut compared = 0;
    for line in include_str!("reference/binary_weights.csv").lines().skip(1) {
        let field: Vec<&str> = line.split(',').collect();
        let penalty = match field[0] {
            "l1" => Penalty::L1,
            "ridge" => Penalty::Ridge,
            _ => Penalty::ElasticNet { l1_ratio: 0.5 },
        };
        let value: Vec<f64> = field[2..].iter().map(|v| v.parse().unwrap()).collect();
        for loss in [Loss::Softmax, Loss::OneVsRest] {
            let params = Params::new().c(value[0]).loss(loss).penalty(penalty).tolerance(1e-11);
            let fit = params.intercept(field[1] == "unpenalised").fit(&x, &t).unwrap();
            let model = fit.model;
            fit.report.require_converged().unwrap();
            assert_eq!((model.weights().shape(), model.contrast()), ((6, 1), Contrast::AgainstClass0));
            for j in 0..6 {
                let (ours, theirs) = (model.weights()[(j, 0)], value[1 + j]);
                assert!((ours - theirs).abs() < 2e-5 * (1.0 + theirs.abs()), "{line}: {j}, {ours}");
                assert_eq!(ours == 0.0, theirs == 0.0, "{line}: {j}");
            }
            assert!((model.intercept()[0] - value[7]).abs() < 2e-5 * (1.0 + value[7].abs()), "{line}");
            compared += 1;
        }
    }
    assert_eq!(compared, 36);
}

#[test]
fn every_weight_says_for_which_class() {
    let (x, t) = binary();
    let model = Params::new().fit(&x, &t).unwrap().model;
    for kept in model.relevance() {
        assert_eq!(kept.output, 1);
        assert_eq!(kept.weight, model.weights()[(kept.feature, 0)]);
        // A larger feature makes class 1 more probable where the weight is positive.
        let mut moved = x.clone();
        moved.column_mut(kept.feature).add_scalar_mut(1.0);
        let (before, after) = (model.predict_proba(&x).unwrap(), model.predict_proba(&moved).unwrap());
        assert_eq!(after[(0, 1)] > before[(0, 1)], kept.weight > 0.0);
    }
    // Strength is in standard deviations: rescaling a feature leaves it.
    let mut scaled = x.clone();
    scaled.column_mut(3).scale_mut(1024.0);
    let strengths = |x: &DMatrix<f64>, penalty| {
        let model = Params::new().penalty(penalty).c(1e6).tolerance(1e-10).fit(x, &t).unwrap().model;
        model.relevance().iter().map(|r| (r.feature, r.strength)).collect::<Vec<_>>()
    };
    for (a, b) in strengths(&x, Penalty::L1).iter().zip(strengths(&scaled, Penalty::L1)) {
        assert!(a.0 == b.0 && (a.1 / b.1 - 1.0).abs() < 1e-3, "{a:?} {b:?}");
    }
}

#[test]
fn two_columns_of_another_program_become_their_difference() {
    let (x, t) = binary();
    let fit = Params::new().fit(&x, &t).unwrap().model;
    let build = |w: DMatrix<f64>, b: DVector<f64>, loss| {
        Model::new(w, b, loss, Penalty::L1, Intercept::Unpenalised, 1.0)
    };
    let shared =
        DMatrix::from_fn(6, 2, |j, k| 0.3 * j as f64 + if k == 1 { fit.weights()[(j, 0)] } else { 0.0 });
    let model =
        build(shared.clone(), DVector::from_vec(vec![2.0, 2.0 + fit.intercept()[0]]), Loss::Softmax).unwrap();
    assert!((model.weights() - fit.weights()).amax() < 1e-12);
    assert!(certify(&x, &t, &model).unwrap().relative_gap() < 2e-6);
    let error = build(shared, DVector::zeros(2), Loss::OneVsRest).unwrap_err();
    assert!(matches!(error, Error::Input(InputError::Shape { expected: 1, found: 2, .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The optimality conditions, computed here: the slope is ∓1 where a weight is not zero, within ±1 elsewhere, 0 for the intercept.
    #[test]
    fn the_conditions_of_the_optimum_hold(seed in 0_u64..1000, exponent in -1.0_f64..2.0) {
        let (x, t) = random(60, 5, 2, seed);
        let c = 10_f64.powf(exponent);
        let model = Params::new().c(c).tolerance(1e-12).fit(&x, &t).unwrap().model;
        let residual = DVector::from_fn(60, |i, _| {
            let z = (x.row(i) * model.weights())[0] + model.intercept()[0];
            1.0 / (1.0 + (-z).exp()) - t[i] as f64
        });
        let slope = x.transpose() * &residual * c;
        prop_assert!((c * residual.sum()).abs() < 1e-4);
        for j in 0..5 {
            let w = model.weights()[(j, 0)];
            if w == 0.0 {
                prop_assert!(slope[j].abs() <= 1.0 + 1e-4);
            } else {
                prop_assert!((slope[j] + w.signum()).abs() < 1e-4, "{} {w}", slope[j]);
            }
        }
    }

    /// Exchanged classes change the signs and nothing else.
    #[test]
    fn exchanged_classes_change_the_signs(seed in 0_u64..1000) {
        let (x, t) = random(60, 5, 2, seed);
        let exchanged: Vec<usize> = t.iter().map(|k| 1 - k).collect();
        let params = Params::new().tolerance(1e-12);
        let (a, b) = (params.fit(&x, &t).unwrap().model, params.fit(&x, &exchanged).unwrap().model);
        prop_assert!((a.weights() + b.weights()).amax() < 1e-5);
        prop_assert!((a.intercept() + b.intercept()).amax() < 1e-5);
    }
}
