//! Kernels of two samples.

use crate::input::InputError;

/// A kernel κ(x, x') of two samples of D features.
///
/// | variant | κ(x, x') | range in which it is positive semidefinite |
/// |---|---|---|
/// | `Linear` | x·x' | |
/// | `Rbf` | exp(−γ ‖x − x'‖²) | γ > 0 |
/// | `Laplacian` | exp(−γ Σ_d │x_d − x'_d│) | γ > 0 |
/// | `Polynomial` | (γ x·x' + c)^degree | γ > 0, c ≥ 0, degree 1 to 1000 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Kernel {
    /// x·x'.
    Linear,
    /// exp(−γ ‖x − x'‖²).
    Rbf {
        /// γ, above 0.
        gamma: f64,
    },
    /// exp(−γ Σ_d │x_d − x'_d│).
    Laplacian {
        /// γ, above 0.
        gamma: f64,
    },
    /// (γ x·x' + c)^degree.
    Polynomial {
        /// The degree, 1 to 1000.
        degree: u32,
        /// γ, above 0.
        gamma: f64,
        /// c, at least 0.
        coef0: f64,
    },
}

impl Kernel {
    /// Checks the kernel's numbers against their ranges.
    ///
    /// # Errors
    /// [`InputError::Parameter`] with the name, the value and the allowed range.
    pub fn check(&self) -> Result<(), InputError> {
        let range = |name, value: f64, ok: bool, allowed| {
            if ok { Ok(()) } else { Err(InputError::Parameter { name, value, allowed }) }
        };
        let width = |gamma: f64| range("gamma", gamma, gamma > 0.0 && gamma.is_finite(), "above 0, finite");
        match *self {
            Self::Linear => Ok(()),
            Self::Rbf { gamma } | Self::Laplacian { gamma } => width(gamma),
            Self::Polynomial { degree, gamma, coef0 } => {
                width(gamma)?;
                range("degree", f64::from(degree), (1..=1000).contains(&degree), "from 1 to 1000")?;
                range("coef0", coef0, coef0 >= 0.0 && coef0.is_finite(), "at least 0, finite")
            }
        }
    }

    /// κ of two samples; features beyond the shorter one's are not looked at.
    #[must_use]
    pub fn value(&self, a: &[f64], b: &[f64]) -> f64 {
        let pairs = a.iter().zip(b);
        match *self {
            Self::Linear => pairs.map(|(a, b)| a * b).sum(),
            Self::Rbf { gamma } => (-gamma * pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>()).exp(),
            Self::Laplacian { gamma } => (-gamma * pairs.map(|(a, b)| (a - b).abs()).sum::<f64>()).exp(),
            Self::Polynomial { degree, gamma, coef0 } => {
                (gamma * pairs.map(|(a, b)| a * b).sum::<f64>() + coef0).powi(degree.cast_signed())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kernel;

    #[test]
    fn values_by_hand_and_ranges() {
        let (a, b) = ([1.0, 2.0], [3.0, -1.0]);
        assert_eq!(Kernel::Linear.value(&a, &b), 1.0);
        assert_eq!(Kernel::Rbf { gamma: 0.5 }.value(&a, &b), (-6.5_f64).exp());
        assert_eq!(Kernel::Laplacian { gamma: 0.5 }.value(&a, &b), (-2.5_f64).exp());
        assert_eq!(Kernel::Polynomial { degree: 3, gamma: 2.0, coef0: 1.0 }.value(&a, &b), 27.0);
        for gamma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Kernel::Rbf { gamma }.check().is_err() && Kernel::Laplacian { gamma }.check().is_err());
            assert!(Kernel::Polynomial { degree: 2, gamma, coef0: 0.0 }.check().is_err());
        }
        assert!(Kernel::Polynomial { degree: 0, gamma: 1.0, coef0: 0.0 }.check().is_err());
        assert!(Kernel::Polynomial { degree: 1, gamma: 1.0, coef0: -1.0 }.check().is_err());
        assert!(Kernel::Polynomial { degree: 1, gamma: 1.0, coef0: 0.0 }.check().is_ok());
    }
}
