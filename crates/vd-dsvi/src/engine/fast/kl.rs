//! The divergence's gradient in (θ, ρ = log σ²), fused and in single precision.
//!
//! Every divergence is a function of log α = log σ² − log θ² alone. With u = 1/(2α) = θ²/(2σ²) and
//! s = −dKL/d log α:  ∂KL/∂ρ = −s and ∂KL/∂θ = 2s/θ. For the exact one s = u h(u), h(u) = D(√u)/√u (D: Dawson's
//! function), so ∂KL/∂θ = θ h(u)/σ²: nothing is divided by θ, and θ → 0 is no special case.

use kl_approx::Sigmoid;

use crate::numeric::math;

/// 2⁻⁶⁰; a mean closer to zero than that counts as zero here, so that θ² is no subnormal number.
const TINY_THETA: f32 = 1.0 / (1_u64 << 60) as f32;

/// ∂KL/∂θ and ∂KL/∂ρ of one weight. σ² > 0 is asked for; the callers skip weights that have none.
pub(crate) trait KlGradient: Copy + Send + Sync {
    /// The pair (∂KL/∂θ, ∂KL/∂ρ).
    fn gradient(self, theta: f32, sigma2: f32) -> (f32, f32);
}

/// The exact divergence. h(u) = v P(2v − 1), v = 8/(8 + u), relative error 6.3e-8 over all u ≥ 0 before rounding and at
/// most 8e-7 in `f32` (worst near u = 1e3); coefficients from `peers/kl_slope.py`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exact;

const SLOPE: [f32; 19] = [
    0.135_198_15,
    0.163_170_53,
    0.209_792_53,
    0.262_621_37,
    0.253_281_24,
    0.103_725_806,
    -0.099_045_694,
    -0.111_051_31,
    0.063_481_46,
    0.088_846_98,
    -0.066_887_915,
    -0.063_110_91,
    0.064_114_73,
    0.035_293_818,
    -0.042_143_315,
    -0.013_051_123,
    0.016_150_018,
    0.002_304_867_1,
    -0.002_691_158_6,
];

/// Horner's rule in t² on the even and the odd coefficients: half the chain of one in t.
#[inline(always)]
fn slope_polynomial(t: f32) -> f32 {
    let s = t * t;
    let (mut even, mut odd) = (SLOPE[18], SLOPE[17]);
    for k in (0..8).rev() {
        even = s.mul_add(even, SLOPE[2 * k + 2]);
        odd = s.mul_add(odd, SLOPE[2 * k + 1]);
    }
    s.mul_add(even, t.mul_add(odd, SLOPE[0]))
}

impl KlGradient for Exact {
    #[inline(always)]
    fn gradient(self, theta: f32, sigma2: f32) -> (f32, f32) {
        // v = 16σ²/(16σ² + θ²) and 1 − v = θ²/(16σ² + θ²): one division, nothing cancels.
        let theta = math::flush(theta, TINY_THETA);
        let theta2 = theta * theta;
        let d = 1.0 / sigma2.mul_add(16.0, theta2);
        let v = 16.0 * sigma2 * d;
        let t = v.mul_add(2.0, -1.0);
        let p = slope_polynomial(t);
        (16.0 * theta * d * p, -8.0 * (theta2 * d) * p)
    }
}

/// KL = ½ log(1 + 1/α): s = u/(1 + 2u).
#[derive(Debug, Clone, Copy)]
pub(crate) struct EmpiricalBayes;

impl KlGradient for EmpiricalBayes {
    #[inline(always)]
    fn gradient(self, theta: f32, sigma2: f32) -> (f32, f32) {
        let theta = math::flush(theta, TINY_THETA);
        let theta2 = theta * theta;
        let d = 1.0 / (sigma2 + theta2);
        (theta * d, -0.5 * theta2 * d)
    }
}

/// −KL ≈ k₁ σ(k₂ + k₃ log α) − ½ log(1 + 1/α) − k₁: s = u/(1 + 2u) + k₁ k₃ τ(1 − τ), τ = σ(−k₂ − k₃ log α).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logistic {
    k1k3: f32,
    k2: f32,
    k3: f32,
}

impl From<Sigmoid> for Logistic {
    fn from(Sigmoid { k1, k2, k3 }: Sigmoid) -> Self {
        Self { k1k3: (k1 * k3) as f32, k2: k2 as f32, k3: k3 as f32 }
    }
}

impl KlGradient for Logistic {
    #[inline(always)]
    fn gradient(self, theta: f32, sigma2: f32) -> (f32, f32) {
        let (theta_part, rho_part) = EmpiricalBayes.gradient(theta, sigma2);
        // θ² from below by the smallest normal number: there τ(1 − τ)/θ has long vanished for k₃ > 1.
        let theta2 = theta * theta;
        let theta2 = if theta2 > f32::MIN_POSITIVE { theta2 } else { f32::MIN_POSITIVE };
        let log_alpha = math::ln(sigma2) - math::ln(theta2);
        let e = math::exp(self.k3.mul_add(-log_alpha, -self.k2));
        let tau = e / (1.0 + e);
        let s = self.k1k3 * tau / (1.0 + e);
        let theta_s = 2.0 * s * theta / theta2;
        (theta_part + theta_s, rho_part - s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kl_approx::Divergence;
    use proptest::prelude::*;

    fn agrees(fast: impl KlGradient, slow: impl Divergence, theta: f32, rho: f32, tolerance: f64) {
        let sigma2 = rho.exp();
        let log_alpha = f64::from(sigma2).ln() - 2.0 * f64::from(theta).abs().ln();
        let s = -slow.value_grad(log_alpha).1;
        let (by_theta, by_rho) = fast.gradient(theta, sigma2);
        let want = 2.0 * s / f64::from(theta);
        assert!((f64::from(by_rho) + s).abs() <= tolerance * s, "log α = {log_alpha}: {by_rho} for {}", -s);
        assert!(
            (f64::from(by_theta) - want).abs() <= tolerance * want.abs(),
            "log α = {log_alpha}: {by_theta}, {want}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn exact_follows_double_precision(theta in -8.0_f32..8.0, scale in -10.0_f32..2.0, rho in -30.0_f32..6.0) {
            let theta = theta * 10_f32.powf(scale);
            prop_assume!(theta.abs() > 1e-15); // Below 2⁻⁶⁰ θ counts as zero.
            agrees(Exact, kl_approx::Exact, theta, rho, 1.2e-6);
        }

        #[test]
        fn proper_prior_follows_double_precision(theta in -8.0_f32..8.0, scale in -10.0_f32..2.0, rho in -30.0_f32..6.0) {
            let theta = theta * 10_f32.powf(scale);
            prop_assume!(theta.abs() > 1e-15); // Below 2⁻⁶⁰ θ counts as zero.
            agrees(EmpiricalBayes, kl_approx::EmpiricalBayes, theta, rho, 6e-7);
        }

        #[test]
        fn sigmoid_follows_double_precision(theta in -8.0_f32..8.0, scale in -4.0_f32..1.0, rho in -20.0_f32..4.0) {
            let theta = theta * 10_f32.powf(scale);
            prop_assume!(theta.abs() > 1e-6);
            agrees(Logistic::from(Sigmoid::ICML_2017), Sigmoid::ICML_2017, theta, rho, 2e-5);
        }
    }

    #[test]
    fn zero_weight_has_zero_gradient() {
        assert_eq!(Exact.gradient(0.0, 1e-30), (0.0, -0.0));
        assert_eq!(EmpiricalBayes.gradient(0.0, 1e-30), (0.0, -0.0));
        let (by_theta, by_rho) = Logistic::from(Sigmoid::POSTER).gradient(0.0, 1e-3);
        assert!(by_theta == 0.0 && by_rho.abs() < 1e-30);
    }
}
