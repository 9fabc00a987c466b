//! Step rates and KL weights as functions of time.

use crate::Error;

/// A value that changes over the epochs: linear between knots, constant before the first and after the last.
///
/// Time is counted in epochs, fractions included, so that a schedule means the same for every batch size.
/// ```
/// use vd_dsvi::Schedule;
/// // ICML 2017: no KL for five epochs, then linearly to its full weight at epoch 20.
/// let warm_up = Schedule::linear(&[(5.0, 0.0), (20.0, 1.0)]);
/// assert_eq!(warm_up.at(2.0), 0.0);
/// assert_eq!(warm_up.at(12.5), 0.5);
/// assert_eq!(warm_up.at(99.0), 1.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Schedule {
    knots: Vec<(f64, f64)>,
    geometric: bool,
}

impl Schedule {
    /// The same value throughout.
    #[must_use]
    pub fn constant(value: f64) -> Self {
        Self { knots: vec![(0.0, value)], geometric: false }
    }

    /// Through the knots (epoch, value), linear between them; epochs must ascend.
    #[must_use]
    pub fn linear(knots: &[(f64, f64)]) -> Self {
        Self { knots: knots.to_vec(), geometric: false }
    }

    /// Through the knots (epoch, value), values positive, linear in the logarithm of the value between them.
    #[must_use]
    pub fn geometric(knots: &[(f64, f64)]) -> Self {
        Self { knots: knots.to_vec(), geometric: true }
    }

    /// The value at `epoch`.
    #[must_use]
    pub fn at(&self, epoch: f64) -> f64 {
        let after = self.knots.partition_point(|k| k.0 <= epoch);
        match (after.checked_sub(1).and_then(|i| self.knots.get(i)), self.knots.get(after)) {
            (Some(&(t0, v0)), Some(&(t1, v1))) => {
                let share = (epoch - t0) / (t1 - t0);
                if self.geometric { v0 * (v1 / v0).powf(share) } else { v0 + share * (v1 - v0) }
            }
            (Some(&(_, v)), None) | (None, Some(&(_, v))) => v,
            (None, None) => f64::NAN,
        }
    }

    /// The epoch from which the value no longer changes.
    #[must_use]
    pub fn settled_from(&self) -> f64 {
        self.knots.last().map_or(0.0, |k| k.0)
    }

    pub(crate) fn check(&self, field: &'static str, positive: bool) -> Result<(), Error> {
        let allowed = "one knot or more, epochs finite and ascending, values finite, not negative (geometric: positive), \
                       a learning rate positive somewhere";
        let fail = |value| Err(Error::Parameter { field, value, allowed });
        if self.knots.is_empty() {
            return fail(f64::NAN);
        }
        for (i, &(epoch, value)) in self.knots.iter().enumerate() {
            if !epoch.is_finite() || (i > 0 && epoch <= self.knots[i - 1].0) {
                return fail(epoch);
            }
            if !value.is_finite() || value < 0.0 || (self.geometric && value == 0.0) {
                return fail(value);
            }
        }
        if positive && self.knots.iter().all(|k| k.1 == 0.0) {
            return fail(0.0);
        }
        Ok(())
    }
}

impl From<f64> for Schedule {
    fn from(value: f64) -> Self {
        Self::constant(value)
    }
}
