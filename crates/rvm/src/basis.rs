//! Which functions a model is made of.

use crate::kernel::Kernel;

/// The basis functions offered to a fit.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Basis {
    /// The columns of X: `φ_d(x) = x_d − m_d`, with m their means where the parameters centre them, else 0.
    #[default]
    Features,
    /// One function per training row: `φ_n(x) = k(x, x_n)`.
    Kernel(Kernel),
}
