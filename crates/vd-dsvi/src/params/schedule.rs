//! Learning rates and KL weights as functions of time.

use crate::error::Error;

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
#[cfg_attr(feature = "serde", serde(remote = "Self"))]
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

    /// Checks the knots of the parameter `name`; with `positive`, that a value is above 0.
    pub(crate) fn check(&self, name: &'static str, positive: bool) -> Result<(), Error> {
        let fail = |problem: String| Err(Error::Schedule { name, problem });
        if self.knots.is_empty() {
            return fail("it has no knots, and needs one (epoch, value) or more".into());
        }
        for (i, &(epoch, value)) in self.knots.iter().enumerate() {
            if !epoch.is_finite() {
                return fail(format!("knot {i} has the epoch {epoch}, which is not finite"));
            }
            if i > 0 && epoch <= self.knots[i - 1].0 {
                let before = self.knots[i - 1].0;
                return fail(format!("knot {i} has the epoch {epoch} after {before}: epochs must ascend"));
            }
            if !value.is_finite() || value < 0.0 {
                return fail(format!("knot {i} has the value {value}: values are finite and not negative"));
            }
            if self.geometric && value == 0.0 {
                return fail(format!(
                    "knot {i} has the value 0, and a geometric schedule needs values above 0"
                ));
            }
        }
        if positive && self.knots.iter().all(|k| k.1 == 0.0) {
            return fail("it is 0 throughout, so that nothing would move".into());
        }
        Ok(())
    }
}

impl From<f64> for Schedule {
    fn from(value: f64) -> Self {
        Self::constant(value)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Schedule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Schedule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let schedule = Self::deserialize(deserializer)?;
        schedule.check("a stored parameter", false).map_err(serde::de::Error::custom)?;
        Ok(schedule)
    }
}
