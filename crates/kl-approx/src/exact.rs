//! The exact divergence, KL(α) = 2 ∫₀^{√u} D(s) ds with u = 1/(2α) and D Dawson's function.

use crate::Divergence;

/// (γ + ln 2)/2, the excess of KL over ½ log(1 + 1/α) as α → 0.
const EXCESS_AT_ZERO: f64 = 0.635_181_422_730_739_1;

/// The exact divergence as a [`Divergence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exact;

impl Divergence for Exact {
    fn name(&self) -> &'static str {
        "exact"
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        (kl(log_alpha), kl_grad(log_alpha))
    }
}

/// KL(α) in nats from `log α`: 0 at +∞, +∞ at −∞, NaN at NaN.
#[must_use]
pub fn kl(log_alpha: f64) -> f64 {
    let u = 0.5 * (-log_alpha).exp();
    if u < 1e-3 {
        return u * (1.0 - u / 3.0 * (1.0 - 4.0 * u / 15.0 * (1.0 - 3.0 * u / 14.0)));
    }
    if u > 45.0 {
        let tail: f64 = (1..12)
            .scan(0.5, |t, k| {
                *t *= (2 * k - 1) as f64 / (2.0 * u);
                Some(*t / k as f64)
            })
            .sum();
        return -0.5 * log_alpha + EXCESS_AT_ZERO - tail;
    }
    let x = u.sqrt();
    let panels = 8 + 4 * x as usize;
    let h = x / panels as f64;
    (0..panels).map(|i| gauss_legendre(i as f64 * h, h)).sum::<f64>() * 2.0
}

/// dKL/d log α = −√u D(√u): −½ at −∞, 0 at +∞, NaN at NaN.
#[must_use]
pub fn kl_grad(log_alpha: f64) -> f64 {
    let u = 0.5 * (-log_alpha).exp();
    if u > 1e15 {
        return -0.5;
    }
    let x = u.sqrt();
    -x * errorfunctions::RealErrorFunctions::dawson(x)
}

/// ∫ D over [a, a + h] by eight-point Gauss–Legendre.
fn gauss_legendre(a: f64, h: f64) -> f64 {
    const NODES: [(f64, f64); 4] = [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_27),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
    ];
    let dawson = |s: f64| errorfunctions::RealErrorFunctions::dawson(s);
    let (mid, half) = (a + 0.5 * h, 0.5 * h);
    NODES.iter().map(|&(x, w)| w * (dawson(mid + half * x) + dawson(mid - half * x))).sum::<f64>() * half
}
