//! The variance of the gradient estimators: a case with a closed form, and the order the poster claims.

use nalgebra::DMatrix;
use vd_dsvi::{
    Batch, ESTIMATORS, Error, GradientNoise, InputError, Likelihood, NoiseModel, Params, ThetaInit,
};

/// One sample, one weight, Gaussian: ∂L/∂w = βx(t − xw). With a = t − xθ, s = √α and b = xsθ, additive and local noise give
/// Var ∂L/∂θ = β²x²b²; multiplicative noise multiplies by 1 + sε and gives β²x²[(as − b)² + 2b²s²].
#[test]
fn one_weight_in_closed_form() {
    let (x, t, beta) = (1.7, 0.4, 2.3);
    let params = Params::new()
        .likelihood(Likelihood::Gaussian)
        .noise(NoiseModel::Fixed { std: f64::powf(beta, -0.5) })
        .batch(Batch::Full)
        .theta_init(ThetaInit::Normal { sd: 0.8 })
        .seed(6);
    let (input, target) = (DMatrix::from_element(1, 1, x), DMatrix::from_element(1, 1, t));
    // The start of the same parameters: one step at a rate too small to be seen.
    let start = params.clone().epochs(1).learning_rate(1e-300).threads(1).fit(&input, &target).unwrap();
    let theta: f64 = start.model.layers()[0].theta()[0];
    let log_alphas: Vec<f64> = [1e-3, 1e-1, 1.0, 10.0, 1e3f64].iter().map(|a| a.ln()).collect();
    let curve = params.gradient_variance(&input, &target, &log_alphas, 20_000).unwrap();
    assert_eq!(curve.len(), log_alphas.len() * ESTIMATORS.len());
    for point in curve {
        let s = (0.5 * point.log_alpha).exp();
        let (a, b) = (t - x * theta, x * s * theta);
        let additive = (beta * x * b).powi(2);
        let expected = match point.noise {
            GradientNoise::Multiplicative => {
                (beta * x).powi(2) * ((a * s - b).powi(2) + 2.0 * (b * s).powi(2))
            }
            _ => additive,
        };
        // Ten groups give a t statistic with nine degrees of freedom: beyond 12 with probability below 1e-6 for one point, 15 points.
        let t_statistic = (point.variance - expected) / point.standard_error;
        assert!(t_statistic.abs() < 12.0, "{point:?} for {expected}");
        // The power twin: a formula wrong by a third is refused.
        assert!(((point.variance - 1.333 * expected) / point.standard_error).abs() > 12.0, "{point:?}");
    }
}

#[test]
fn noise_later_means_less_variance() {
    let x = DMatrix::<f32>::from_fn(300, 10, |n, d| ((n * 13 + d * 29) as f32).sin());
    let t: Vec<usize> =
        (0..300).map(|n| usize::from(x[(n, 0)] > 0.0) + usize::from(x[(n, 1)] > 0.3)).collect();
    let params = Params::new().batch(Batch::Size(100)).theta_init(ThetaInit::Normal { sd: 0.3 });
    for log_alpha in [-2.0, 0.0, 3.0, 6.0] {
        let curve = params.gradient_variance(&x, &t, &[log_alpha], 600).unwrap();
        let [multiplicative, additive, local] = [curve[0], curve[1], curve[2]].map(|p| p.variance);
        assert!(local < additive, "{log_alpha}: {curve:?}");
        if log_alpha > 2.0 {
            assert!(10.0 * local < additive && additive < multiplicative, "{log_alpha}: {curve:?}");
        }
    }
    assert!(matches!(
        params.gradient_variance(&x, &t, &[0.0], 3),
        Err(Error::Input(InputError::Parameter { name: "draws", .. }))
    ));
    assert!(params.gradient_variance(&x, &t, &[f64::NAN], 30).is_err());
}
