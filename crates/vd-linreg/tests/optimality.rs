//! Every returned solution is stationary, by a routine that shares no code with the solvers, and the objective never falls.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // Helpers of tests.

use kl_approx::{EmpiricalBayes, Exact, Sigmoid};
use nalgebra::DVector;
use proptest::prelude::*;
use vd_linreg::{
    Algorithm, Design, NoiseModel, Objective, Params, Thresholding, optimality, synthetic::Spec,
};

fn rises(trace: &[f64]) {
    for pair in trace.windows(2) {
        // Rounding of sums of squares of size N, in nats.
        assert!(
            pair[1] >= pair[0] - 1e-9 * (1.0 + pair[0].abs()),
            "the objective fell from {} to {}",
            pair[0],
            pair[1]
        );
    }
}

fn check<P: Thresholding + Clone>(
    params: &Params<P>,
    divergence: &P,
    spec: &Spec,
    seed: u64,
    weighted: bool,
    sparse: bool,
) {
    let mut problem = spec.problem(seed);
    if sparse {
        problem.x.apply(|v| {
            if v.abs() < 1.0 {
                *v = 0.0
            }
        });
    }
    let weights = DVector::from_fn(spec.samples, |i, _| ((i * 5 + seed as usize) % 3 + 1) as f64 * 0.7);
    let weights = weighted.then_some(weights.as_slice());
    let params = match weights {
        Some(w) => params.clone().weights(w),
        None => params.clone(),
    };
    let csc = nalgebra_sparse::CscMatrix::from(&problem.x);
    let x: Design<'_> = if sparse { (&csc).into() } else { (&problem.x).into() };
    let fit = params.fit(x, &problem.t).unwrap();
    rises(&fit.report.trace);
    let report = fit.report.clone().require_converged().unwrap();
    let o = optimality(x, &problem.t, weights, &fit.model, divergence).unwrap();
    assert!(o.theta < 1e-4 && o.log_alpha < 1e-4 && o.log_beta < 1e-4 && o.pruned < 1e-4, "{o:?}");
    assert_eq!(o.largest(), report.residual);
    // The same from the objective's formulas, in the units of the data.
    let m = &fit.model;
    let objective =
        Objective::new(x, &problem.t, weights, m.has_intercept(), m.lambda(), divergence.clone()).unwrap();
    let log_beta = m.noise_precision().ln();
    let g = objective.gradient(m.coefficients(), m.log_alpha(), log_beta).unwrap();
    for d in m.support() {
        let unit = (m.noise_precision() * objective.energy()[d]).sqrt();
        assert!((g.theta[d] / unit).abs() < 1e-4 && g.log_alpha[d].abs() < 1e-4 * m.lambda());
    }
    let value = objective.value(m.coefficients(), m.log_alpha(), log_beta).unwrap();
    if matches!(m.noise(), NoiseModel::PreEstimated | NoiseModel::Learned) {
        assert!(
            (value - report.objective).abs() < 1e-8 * (1.0 + value.abs()),
            "{value} {}",
            report.objective
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn coordinate_ascent_ends_at_a_stationary_point(
        seed in 0u64..1_000_000, n in 15usize..60, d in 1usize..40, lambda in 0.5f64..10.0,
        correlation in 0.0f64..0.9, flags in 0u8..16, which in 0u8..3,
    ) {
        let spec = Spec { correlation, ..Spec::new(n, d, d.min(4), 0.7) };
        let (weighted, sparse, intercept) = (flags & 1 > 0, flags & 2 > 0, flags & 4 > 0);
        let params = Params::new().lambda(lambda).intercept(intercept).tolerance(1e-8).max_iterations(100_000);
        match which {
            0 => check(&params, &Exact, &spec, seed, weighted, sparse),
            1 => check(&params.divergence(Sigmoid::ICML_2017), &Sigmoid::ICML_2017, &spec, seed, weighted, sparse),
            _ => check(&params.divergence(EmpiricalBayes), &EmpiricalBayes, &spec, seed, weighted, sparse),
        }
    }

    #[test]
    fn so_it_does_with_the_noise_learned(
        seed in 0u64..1_000_000, n in 30usize..60, d in 1usize..12, lambda in 0.5f64..6.0, gamma: bool,
    ) {
        let noise = if gamma { NoiseModel::LearnedWithGammaPrior { shape: 2.0, rate: 1.0 } } else { NoiseModel::Learned };
        let params = Params::new().lambda(lambda).noise(noise).tolerance(1e-8).max_iterations(100_000);
        check(&params, &Exact, &Spec::new(n, d, d.min(4), 0.7), seed, false, false);
    }

    #[test]
    fn the_block_algorithm_ends_at_a_stationary_point(
        seed in 0u64..1_000_000, n in 15usize..40, d in 1usize..60, lambda in 0.5f64..10.0, learned: bool,
    ) {
        let noise = if learned && d < n / 3 { NoiseModel::Learned } else { NoiseModel::PreEstimated };
        let params = Params::new().lambda(lambda).noise(noise).algorithm(Algorithm::ExactBlock).tolerance(1e-7).max_iterations(20_000);
        check(&params, &Exact, &Spec::new(n, d, d.min(4), 0.7), seed, false, false);
    }
}
