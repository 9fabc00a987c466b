//! What the mathematics says of any data.

mod common;

use common::random;
use l1_logreg::{Intercept, Loss, Model, Params, Penalty, Status, certify};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

fn losses() -> impl Strategy<Value = Loss> {
    prop_oneof![Just(Loss::Softmax), Just(Loss::OneVsRest)]
}

fn intercepts() -> impl Strategy<Value = Intercept> {
    prop_oneof![Just(Intercept::Unpenalised), Just(Intercept::Penalised), Just(Intercept::None)]
}

fn penalties() -> impl Strategy<Value = Penalty> {
    prop_oneof![
        Just(Penalty::L1),
        Just(Penalty::Ridge),
        (0.05..0.95).prop_map(|l1_ratio| Penalty::ElasticNet { l1_ratio })
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The dual value of any weights is below the primal value of any other.
    #[test]
    fn every_dual_bounds_every_primal(
        seed in 0_u64..1000, loss in losses(), intercept in intercepts(), penalty in penalties(),
        exponent in -2.0_f64..2.0, spread in 0.01_f64..30.0,
    ) {
        let (x, t) = random(30, 5, 3, seed);
        let c = 10_f64.powf(exponent);
        let (w, _) = random(6, 3, 2, seed + 1);
        let bias = if intercept == Intercept::None { 0.0 } else { spread };
        let any = Model::new(
            w.rows(0, 5) * spread, DVector::from_fn(3, |k, _| w[(5, k)] * bias), loss, penalty, intercept, c,
        ).unwrap();
        let any = certify(&x, &t, &any).unwrap();
        let params = Params::new().c(c).loss(loss).penalty(penalty).intercept(intercept);
        let best = params.fit(&x, &t).unwrap();
        prop_assert_eq!(best.report.status, Status::Converged);
        prop_assert!(any.dual <= best.report.objective * (1.0 + 1e-12));
        prop_assert!(any.primal >= best.report.objective * (1.0 - 1e-6));
        prop_assert!(any.gap() >= 0.0);
    }

    /// Shuffled columns shuffle the weights.
    #[test]
    fn columns_may_come_in_any_order(seed in 0_u64..1000, loss in losses(), exponent in -1.0_f64..1.5) {
        let (x, t) = random(40, 6, 3, seed);
        let order = [3, 0, 5, 1, 4, 2];
        let shuffled = DMatrix::from_fn(40, 6, |i, j| x[(i, order[j])]);
        let params = Params::new().c(10_f64.powf(exponent)).loss(loss).tolerance(1e-11);
        let (a, b) = (params.fit(&x, &t).unwrap(), params.fit(&shuffled, &t).unwrap());
        prop_assert!((a.report.objective / b.report.objective - 1.0).abs() < 1e-10);
        for j in 0..6 {
            for k in 0..3 {
                let (p, q) = (a.model.weights()[(order[j], k)], b.model.weights()[(j, k)]);
                prop_assert!((p - q).abs() < 1e-3 * (1.0 + p.abs()), "{p} {q}");
            }
        }
    }

    /// Renamed classes rename the columns of W.
    #[test]
    fn classes_may_be_renamed(seed in 0_u64..1000, loss in losses(), penalty in penalties()) {
        let (x, t) = random(40, 4, 3, seed);
        let renamed: Vec<usize> = t.iter().map(|&k| (k + 1) % 3).collect();
        let params = Params::new().loss(loss).penalty(penalty).tolerance(1e-10);
        let (a, b) = (params.fit(&x, &t).unwrap(), params.fit(&x, &renamed).unwrap());
        prop_assert!((a.report.objective / b.report.objective - 1.0).abs() < 1e-9);
        for k in 0..3 {
            let difference = (a.model.weights().column(k) - b.model.weights().column((k + 1) % 3)).amax();
            prop_assert!(difference < 1e-3);
        }
    }

    /// With a free intercept the L1 model does not see where a feature's zero is.
    #[test]
    fn shifted_columns_leave_the_weights(seed in 0_u64..1000, loss in losses(), shift in -50.0_f64..50.0) {
        let (x, t) = random(40, 4, 3, seed);
        let params = Params::new().loss(loss).tolerance(1e-10);
        let (a, b) = (params.fit(&x, &t).unwrap(), params.fit(&x.add_scalar(shift), &t).unwrap());
        prop_assert_eq!(b.report.status, Status::Converged, "residual {}", b.report.residual);
        prop_assert!((a.report.objective / b.report.objective - 1.0).abs() < 1e-9);
        prop_assert!((a.model.weights() - b.model.weights()).amax() < 1e-3);
    }

    /// More room for the loss: along growing C the loss falls and the penalty grows.
    #[test]
    fn the_path_is_monotone(seed in 0_u64..1000, loss in losses(), penalty in penalties()) {
        let (x, t) = random(40, 5, 3, seed);
        let grid = l1_logreg::Grid::geometric(0.01, 100.0, 6);
        let path = Params::new().loss(loss).penalty(penalty).tolerance(1e-9).path(&x, &t, &grid).unwrap();
        let omega = |m: &Model| m.weights().iter().map(|&w| penalty.value(w)).sum::<f64>();
        for pair in path.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            let (pa, pb) = (omega(&a.fit.model), omega(&b.fit.model));
            let loss_of = |p: &l1_logreg::PathPoint, o: f64| (p.fit.report.objective - o) / p.c;
            prop_assert!(pb >= pa - 1e-6 * (1.0 + pa));
            prop_assert!(loss_of(b, pb) <= loss_of(a, pa) * (1.0 + 1e-6) + 1e-6);
        }
    }
}
