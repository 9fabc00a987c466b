//! How a regression finds the noise level of its targets.

use crate::input::InputError;

/// How the noise level of the targets is found; the same four words for every regression.
///
/// The noise variance is 1/β, with β the noise precision of the paper. A 'fixed' level is always given as a standard deviation,
/// in units of the target.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum NoiseModel {
    /// Estimated once before the fit, then held. The estimator documents how. It cannot run away, also where features outnumber
    /// samples.
    #[default]
    PreEstimated,
    /// Known.
    Fixed {
        /// Standard deviation of the noise, in units of the target; above 0.
        std: f64,
    },
    /// Maximised together with the weights. Where features outnumber samples the maximum may be a model that interpolates.
    Learned,
    /// Maximised together with the weights under a Gamma prior: the objective gains a log β − b β.
    LearnedWithGammaPrior {
        /// a ≥ 0.
        shape: f64,
        /// b ≥ 0, in squared units of the target.
        rate: f64,
    },
}

impl NoiseModel {
    /// Checks the numbers inside against their ranges.
    ///
    /// # Errors
    /// [`InputError::Parameter`] with the name, the value and the allowed range.
    pub fn check(&self) -> Result<(), InputError> {
        let range = |name, value: f64, ok: bool, allowed| {
            if ok { Ok(()) } else { Err(InputError::Parameter { name, value, allowed }) }
        };
        match *self {
            Self::Fixed { std } => {
                range("noise std", std, std > 0.0 && std.is_finite(), "a finite number above 0")
            }
            Self::LearnedWithGammaPrior { shape, rate } => {
                range("noise shape", shape, shape >= 0.0 && shape.is_finite(), "a finite number from 0")?;
                range("noise rate", rate, rate >= 0.0 && rate.is_finite(), "a finite number from 0")
            }
            Self::PreEstimated | Self::Learned => Ok(()),
        }
    }
}
