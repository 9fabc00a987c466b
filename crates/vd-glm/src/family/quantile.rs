//! Quantiles of a new target: P(T ≤ t) is that of the family given z, averaged over z ~ N(m, v).
//!
//! | family | P(T ≤ t \| z) |
//! |---|---|
//! | Poisson | Q(⌊t⌋ + 1, e^z), the regularised upper incomplete Γ function |
//! | negative binomial | I_p(r, ⌊t⌋ + 1) with p = r/(r + e^z), the regularised incomplete B function |
//! | Gamma | P(k, k t e^{−z}), the regularised lower incomplete Γ function |
//! | Gaussian | Φ((t − z)/σ); with z averaged over, σ² + v for σ² |

use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::checked_gamma_lr;

use crate::family::count::Family;

/// From this a on, P(a, x) is Wilson and Hilferty's: the sums take √a terms, and the approximation errs by less than 1e-6.
const LARGE: f64 = 1e5;

/// Φ.
fn normal(z: f64) -> f64 {
    0.5 * erfc(-z / core::f64::consts::SQRT_2)
}

/// P(a, x) = 1 − Q(a, x).
fn lower_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x == f64::INFINITY {
        return 1.0;
    }
    if a >= LARGE {
        let ninth = 1.0 / (9.0 * a);
        return normal(((x / a).cbrt() - (1.0 - ninth)) / ninth.sqrt());
    }
    // So far out it is 1 to 1e-16.
    if x - a > 40.0 * (2.0 + a.sqrt()) {
        return 1.0;
    }
    checked_gamma_lr(a, x).unwrap_or(f64::NAN).clamp(0.0, 1.0)
}

impl Family {
    /// P(T ≤ t | z).
    fn below(&self, t: f64, z: f64) -> f64 {
        match *self {
            Self::Poisson => 1.0 - lower_gamma(t.floor() + 1.0, z.exp()),
            Self::NegativeBinomial { dispersion: r } => {
                let p = 1.0 / (1.0 + z.exp() / r);
                checked_beta_reg(r, t.floor() + 1.0, p).unwrap_or(f64::NAN).clamp(0.0, 1.0)
            }
            Self::Gamma { shape: k } => lower_gamma(k, k * t * (-z).exp()),
            Self::Gaussian { std } => normal((t - z) / std),
        }
    }

    /// log −∂/∂z P(T ≤ t | z) up to a constant: a density of z.
    fn log_slope(&self, t: f64, z: f64) -> f64 {
        match *self {
            Self::Poisson => (t.floor() + 1.0) * z - z.exp(),
            Self::NegativeBinomial { dispersion: r } => {
                let a = t.floor() + 1.0;
                a * z - (a + r) * (z.exp() / r).ln_1p()
            }
            Self::Gamma { shape: k } => -k * (z + t * (-z).exp()),
            Self::Gaussian { std } => -0.5 * ((t - z) / std).powi(2),
        }
    }

    /// Where that density is highest, its width there, and its rates of decay to the left and the right (∞ where it falls faster than any exponential).
    fn slope_shape(&self, t: f64) -> (f64, f64, f64, f64) {
        let a = t.floor() + 1.0;
        match *self {
            Self::Poisson => (a.ln(), a.sqrt().recip(), a, f64::INFINITY),
            Self::NegativeBinomial { dispersion: r } => (a.ln(), ((a + r) / (a * r)).sqrt(), a, r),
            Self::Gamma { shape: k } => (t.ln(), k.sqrt().recip(), f64::INFINITY, k),
            Self::Gaussian { std } => (t, std, f64::INFINITY, f64::INFINITY),
        }
    }

    /// P(T ≤ t) for z ~ N(m, v).
    ///
    /// Two forms of one integral, each by the trapezoid rule where what it samples is smooth: E P(T ≤ t | z), where the density of z is the narrower
    /// one, and by parts E Φ((z − m)/s) with z from the density −∂/∂z P(T ≤ t | z) where that is.
    pub(crate) fn cumulative(&self, t: f64, m: f64, v: f64) -> f64 {
        if let Self::Gaussian { std } = *self {
            return Self::Gaussian { std: std.hypot(v.sqrt()) }.below(t, m);
        }
        if !(t > 0.0 || t == 0.0 && !matches!(self, Self::Gamma { .. })) {
            return 0.0;
        }
        if !(v > 0.0) {
            return self.below(t, m);
        }
        let s = v.sqrt();
        let (centre, width, left, right) = self.slope_shape(t);
        let (mut sum, mut mass) = (0.0, 0.0);
        if s < width {
            for k in -64..=64 {
                let e = f64::from(k) / 8.0;
                let weight = (-0.5 * e * e).exp();
                sum += weight * self.below(t, m + s * e);
                mass += weight;
            }
        } else {
            let step = 0.25 * width.min(1.0);
            let reach =
                |rate: f64| ((8.0 * width + 4.0_f64.min(40.0 * width) + 36.0 / rate) / step).ceil() as i64;
            let top = self.log_slope(t, centre);
            for k in -reach(left)..=reach(right) {
                let z = centre + step * k as f64;
                let weight = (self.log_slope(t, z) - top).exp();
                sum += weight * normal((z - m) / s);
                mass += weight;
            }
        }
        sum / mass
    }

    /// The smallest t with P(T ≤ t) ≥ `p` for z ~ N(m, v): a count for counts.
    pub(crate) fn quantile(&self, p: f64, m: f64, v: f64) -> f64 {
        match *self {
            Self::Gaussian { std } => m - core::f64::consts::SQRT_2 * std.hypot(v.sqrt()) * erfc_inv(2.0 * p),
            Self::Gamma { .. } => {
                // In log t, whose quantiles are about those of a normal distribution.
                let reached = |l: f64| self.cumulative(l.exp(), m, v) >= p;
                let (low, high) = bracket(m, 1.0 + v.sqrt(), f64::NEG_INFINITY, reached);
                bisect(low, high, |a, b| 0.5 * (a + b), reached).exp()
            }
            Self::Poisson | Self::NegativeBinomial { .. } => {
                let reached = |t: f64| self.cumulative(t, m, v) >= p;
                let start = m.exp().floor();
                let (low, high) = bracket(start, 1.0 + start.sqrt(), -1.0, reached);
                bisect(low, high, |a, b| (0.5 * (a + b)).floor(), reached)
            }
        }
    }
}

/// An interval, no lower than `least`, with `reached` false at its low end (or `least`) and true at its high end: steps from `start` that double.
fn bracket(start: f64, step: f64, least: f64, reached: impl Fn(f64) -> bool) -> (f64, f64) {
    let (mut low, mut high) = (start, start);
    let mut step = step.ceil();
    // 2^1000 is more than any prediction in the range of doubles needs.
    for _ in 0..1000 {
        if reached(high) {
            break;
        }
        (low, high) = (high, high + step);
        step *= 2.0;
    }
    for _ in 0..1000 {
        if low <= least || !reached(low) {
            break;
        }
        (low, high) = ((low - step).max(least), low);
        step *= 2.0;
    }
    (low, high)
}

/// The high end of a bracket that no `middle` divides further.
fn bisect(
    mut low: f64,
    mut high: f64,
    middle: impl Fn(f64, f64) -> f64,
    reached: impl Fn(f64) -> bool,
) -> f64 {
    loop {
        let at = middle(low, high);
        if !(at > low && at < high) || high - low <= 1e-12 * high.abs() {
            return high;
        }
        if reached(at) {
            high = at;
        } else {
            low = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: [Family; 2] = [Family::Poisson, Family::NegativeBinomial { dispersion: 2.5 }];

    /// The probabilities of the counts, which are tested against high precision, add up to the cumulative ones.
    #[test]
    fn cumulative_probabilities_are_sums() {
        for family in COUNTS {
            for (m, v) in [(0.0, 0.0), (0.3, 0.04), (1.5, 0.5), (4.0, 0.01), (-3.0, 1.0), (2.0, 2.0)] {
                let mut sum = 0.0;
                for t in 0..200u32 {
                    let t = f64::from(t);
                    sum += family.log_predictive(t, m, v).exp();
                    let found = family.cumulative(t, m, v);
                    assert!((found - sum).abs() < 1e-9, "{family:?} {m} {v} at {t}: {found} for {sum}");
                    assert!((found - family.cumulative(t + 0.7, m, v)).abs() < 1e-9 * found);
                }
                assert_eq!(family.cumulative(-0.5, m, v), 0.0);
            }
        }
    }

    #[test]
    fn quantiles_are_the_smallest_counts_that_reach_a_probability() {
        for family in COUNTS {
            for (m, v) in [
                (0.0, 0.0),
                (0.3, 0.04),
                (1.5, 0.5),
                (4.0, 0.01),
                (-3.0, 1.0),
                (9.0, 0.2),
                (20.0, 0.3),
                (20.0, 1e-12),
            ] {
                for p in [0.001, 0.025, 0.1, 0.5, 0.9, 0.975, 0.999] {
                    let t = family.quantile(p, m, v);
                    assert!(t >= 0.0 && t.fract() == 0.0);
                    assert!(family.cumulative(t, m, v) >= p, "{family:?} {m} {v} {p}: {t}");
                    assert!(family.cumulative(t - 1.0, m, v) < p, "{family:?} {m} {v} {p}: {t}");
                }
            }
        }
    }

    #[test]
    fn quantiles_of_amounts_undo_their_probability() {
        for family in
            [Family::Gamma { shape: 3.0 }, Family::Gamma { shape: 0.4 }, Family::Gaussian { std: 0.7 }]
        {
            for (m, v) in [(0.0, 0.0), (0.3, 0.04), (-2.0, 1.5), (30.0, 0.1)] {
                for p in [0.001, 0.05, 0.5, 0.95, 0.999] {
                    let t = family.quantile(p, m, v);
                    let back = family.cumulative(t, m, v);
                    assert!((back - p).abs() < 1e-9, "{family:?} {m} {v} {p}: {t}, {back}");
                }
            }
        }
    }

    /// The density of amounts is the slope of their cumulative probability.
    #[test]
    fn densities_are_slopes() {
        let family = Family::Gamma { shape: 3.0 };
        for (t, m, v) in [(1.0f64, 0.2, 0.3), (4.0, 1.0, 1.0), (0.1, -1.0, 0.05)] {
            let h = 1e-4 * t;
            let slope = (family.cumulative(t + h, m, v) - family.cumulative(t - h, m, v)) / (2.0 * h);
            let density = family.log_predictive(t, m, v).exp();
            assert!((slope / density - 1.0).abs() < 1e-6, "{slope} for {density}");
        }
    }

    /// Both forms of the integral agree where they meet: the width of P(T ≤ t | z) is 1/√(t + 1) for Poisson's distribution.
    #[test]
    fn the_two_integrals_agree() {
        for t in [0.0f64, 3.0, 40.0, 1000.0] {
            let v = 1.0 / (t + 1.0);
            for m in [-1.0, 0.0, 0.5].map(|e| (t + 1.0).ln() + e * v.sqrt()) {
                let (a, b) = (v * (1.0 - 1e-9), v * (1.0 + 1e-9));
                let (direct, by_parts) =
                    (Family::Poisson.cumulative(t, m, a), Family::Poisson.cumulative(t, m, b));
                assert!((direct - by_parts).abs() < 1e-8, "{t} {m}: {direct} {by_parts}");
            }
        }
    }

    /// Both sides of the switch to Wilson and Hilferty's approximation agree.
    #[test]
    fn large_counts_are_approximated() {
        for z in [-4.0, -2.0, -0.5, 0.0, 1.0, 3.0] {
            let a = LARGE * (1.0 - 1e-12);
            let x = a + z * a.sqrt();
            let (sums, close) = (lower_gamma(a, x), lower_gamma(LARGE, x));
            assert!((sums - close).abs() < 1e-6, "{sums} {close}");
        }
    }
}
