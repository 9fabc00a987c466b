//! Mean and standard deviation of a stream, at any scale of floating point.
//!
//! Welford's recurrence (Welford 1962) on values divided by a power of two, so that squares of 1e±300 neither overflow nor
//! vanish. The power follows the largest value seen.

/// Running moments of a stream of finite numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Moments {
    count: u64,
    /// Values are held as x / 2^exponent.
    exponent: i32,
    /// 2^−exponent as a product of two factors that are in range.
    down: (f64, f64),
    mean: f64,
    /// Σ (x − mean)², in units of 2^(2 exponent).
    m2: f64,
    min: f64,
    max: f64,
}

impl Moments {
    /// Takes a value; one that is not finite is the caller's mistake and spoils the mean.
    pub fn push(&mut self, x: f64) {
        let wanted = exponent_of(x);
        if self.count == 0 {
            (self.min, self.max) = (x, x);
            self.measure_by(wanted);
        } else if wanted > self.exponent + 100 || (self.mean == 0.0 && self.m2 == 0.0) {
            // Rescale what there is: exactly, but for what is 2^-1074 of the new unit.
            let shift = self.exponent.saturating_sub(wanted);
            self.mean = ldexp(self.mean, shift);
            self.m2 = ldexp(self.m2, shift.saturating_mul(2));
            self.measure_by(wanted);
        }
        self.count += 1;
        (self.min, self.max) = (self.min.min(x), self.max.max(x));
        let x = x * self.down.0 * self.down.1;
        let delta = x - self.mean;
        self.mean += delta / self.count as f64;
        self.m2 += delta * (x - self.mean);
    }

    /// Takes the values of another stream, by the update of Chan, Golub and LeVeque (1979): the moments of both, to rounding.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let exponent = self.exponent.max(other.exponent);
        let (mean, m2) = self.measured_by(exponent);
        let (other_mean, other_m2) = other.measured_by(exponent);
        let count = self.count + other.count;
        let (share, delta) = (other.count as f64 / count as f64, other_mean - mean);
        self.measure_by(exponent);
        self.mean = mean + delta * share;
        self.m2 = m2 + other_m2 + delta * delta * (self.count as f64 * share);
        self.count = count;
        (self.min, self.max) = (self.min.min(other.min), self.max.max(other.max));
    }

    /// Mean and squares in units of a power of two, at least the own one.
    fn measured_by(&self, exponent: i32) -> (f64, f64) {
        let shift = self.exponent.saturating_sub(exponent);
        (ldexp(self.mean, shift), ldexp(self.m2, shift.saturating_mul(2)))
    }

    fn measure_by(&mut self, exponent: i32) {
        self.exponent = exponent;
        self.down = (2f64.powi(-(exponent / 2)), 2f64.powi(exponent / 2 - exponent));
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; 0 of nothing.
    pub fn mean(&self) -> f64 {
        // Rounding must not carry the mean out of the values' range.
        ldexp(self.mean, self.exponent).clamp(self.min, self.max)
    }

    /// The standard deviation of the values seen (divisor n); exactly 0 where all are equal.
    pub fn deviation(&self) -> f64 {
        if self.min == self.max { 0.0 } else { ldexp((self.m2 / self.count as f64).sqrt(), self.exponent) }
    }

    /// The smallest and the largest value.
    pub fn range(&self) -> (f64, f64) {
        (self.min, self.max)
    }
}

/// The binary exponent of a finite number; −1023 below the normal ones, 0 for 0.
fn exponent_of(x: f64) -> i32 {
    if x == 0.0 { 0 } else { ((x.to_bits() >> 52) & 0x7FF) as i32 - 1023 }
}

/// x · 2^e without overflow of the power itself.
fn ldexp(x: f64, e: i32) -> f64 {
    let e = e.clamp(-2200, 2200);
    let (half, rest) = (e / 3, e - 2 * (e / 3));
    x * 2f64.powi(half) * 2f64.powi(half) * 2f64.powi(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        values.iter().for_each(|&x| moments.push(x));
        moments
    }

    #[test]
    fn known_values() {
        let m = of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((m.count(), m.mean(), m.deviation(), m.range()), (8, 5.0, 2.0, (2.0, 9.0)));
        assert_eq!(of(&[0.1; 1000]).deviation(), 0.0);
        assert_eq!(of(&[0.1; 1000]).mean(), 0.1);
        assert_eq!(of(&[]).deviation(), 0.0);
        assert_eq!(of(&[0.0, 0.0, 3.0, 3.0]).mean(), 1.5);
    }

    #[test]
    fn the_ends_of_floating_point() {
        for unit in [1e300, 1e150, 1e-150, 1e-300, f64::MAX / 10.0, f64::MIN_POSITIVE] {
            let m = of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].map(|x| x * unit));
            assert!((m.deviation() / (2.0 * unit) - 1.0).abs() < 1e-14, "{unit:e}: {m:?}");
            assert!((m.mean() / (5.0 * unit) - 1.0).abs() < 1e-14, "{unit:e}");
        }
        let m = of(&[-f64::MAX, f64::MAX]);
        assert!((m.deviation() / f64::MAX - 1.0).abs() < 1e-14 && m.mean() == 0.0);
        let m = of(&[1e-300, 1.0, 1e300, 2e300]);
        assert!(m.deviation().is_finite() && m.deviation() > 8e299);
    }

    proptest! {
        /// The parts of a stream have the moments of the whole, whatever their scales.
        #[test]
        fn parts_merge(values in prop::collection::vec((-1e3_f64..1e3, -500_i32..500), 1..60), cut in 0_usize..60, same in any::<bool>()) {
            let values: Vec<f64> = values.iter().map(|(x, e)| if same { x + 1e6 } else { x * 2f64.powi(*e) }).collect();
            let cut = cut.min(values.len());
            let (mut merged, whole) = (of(&values[..cut]), of(&values));
            merged.merge(&of(&values[cut..]));
            prop_assert_eq!((merged.count(), merged.range()), (whole.count(), whole.range()));
            let size = whole.range().0.abs().max(whole.range().1.abs());
            prop_assert!((merged.mean() - whole.mean()).abs() <= 1e-13 * size);
            prop_assert!((merged.deviation() - whole.deviation()).abs() <= 1e-12 * size);
        }
    }

    #[test]
    fn equal_parts_have_no_deviation() {
        let mut m = of(&[0.1; 1000]);
        m.merge(&of(&[0.1; 777]));
        m.merge(&of(&[]));
        assert_eq!((m.deviation(), m.mean(), m.count()), (0.0, 0.1, 1777));
    }

    proptest! {
        /// Shifted and scaled copies have shifted and scaled moments.
        #[test]
        fn equivariance(values in prop::collection::vec(-1e3_f64..1e3, 2..50), shift in -1e3_f64..1e3, power in -900_i32..900) {
            let unit = 2f64.powi(power);
            let (plain, scaled) = (of(&values), of(&values.iter().map(|x| x * unit).collect::<Vec<_>>()));
            prop_assert!((scaled.deviation() / unit - plain.deviation()).abs() <= 1e-10);
            let moved = of(&values.iter().map(|x| x + shift).collect::<Vec<_>>());
            prop_assert!((moved.mean() - plain.mean() - shift).abs() <= 1e-10);
            prop_assert!((moved.deviation() - plain.deviation()).abs() <= 1e-9);
        }
    }
}
