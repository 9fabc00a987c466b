//! Checks that need the crate's inner functions.

use crate::quadrature::{logistic, softmax};

#[test]
fn a_softmax_of_two_classes_is_a_logistic_function_of_the_difference() {
    let mut scratch = softmax::Scratch::default();
    let (mut p, mut w, mut third) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    for m in [-30.0, -8.0, -2.3, -0.4, 0.0, 0.77, 3.0, 12.0] {
        for v in [0.0, 1e-6, 0.01, 0.1, 0.5, 1.0, 3.0, 9.0, 30.0, 100.0, 143.0, 200.0, 1000.0] {
            for share in [0.0, 0.3, 0.5, 1.0] {
                let lse = softmax::log_sum_exp(
                    &[m + 0.3, 0.3],
                    &[v * share, v * (1.0 - share)],
                    &mut p,
                    &mut w,
                    &mut third,
                    &mut scratch,
                );
                let exact = logistic::softplus(m, v);
                let errors = [lse - 0.3 - exact.value, p[0] - exact.slope, w[0] - exact.curvature];
                let fine = errors.iter().zip([5e-7, 2e-7, 5e-7]).all(|(e, limit)| e.abs() < limit);
                // A step's guide only, and its error is the Edgeworth series' past s = 12.
                let guide = (third[0] - exact.third).abs() < 0.1 * exact.curvature + 1e-5;
                assert!(guide || v > 140.0, "third: m {m}, v {v}, share {share}: {third:?} {}", exact.third);
                assert!(fine, "m {m}, v {v}, share {share}: {errors:?}");
            }
        }
    }
}
