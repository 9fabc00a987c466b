//! Errors of this crate.

/// What was wrong with a layer, a network or its inputs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Parts of a layer or a network that do not fit each other.
    #[error("{0}")]
    Inconsistent(String),
    /// A slice of another length than the network asks for.
    #[error("{what}: {expected} numbers were expected, {found} given")]
    Length {
        /// Which slice.
        what: &'static str,
        /// How many it should hold.
        expected: usize,
        /// How many it holds.
        found: usize,
    },
    /// An input that some weight reads is NaN or infinite.
    #[error("an input of sample {sample} is NaN or infinite")]
    NotFinite {
        /// The first such sample.
        sample: usize,
    },
}

impl Error {
    pub(crate) fn length(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::Length { what, expected, found }) }
    }
}
