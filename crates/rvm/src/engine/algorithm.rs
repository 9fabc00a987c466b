//! Which algorithm finds the precisions.

/// How precisions are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Algorithm {
    /// Tipping & Faul 2003: from the empty model, one function at a time, each step the best in evidence.
    #[default]
    Sequential,
    /// MacKay's fixed point, from the full model. Memory O(M²).
    MacKay,
    /// Expectation maximisation, from the full model. Memory O(M²).
    ExpectationMaximisation,
}
