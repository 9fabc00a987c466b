//! Fitted models.

pub(crate) mod classifier;
pub(crate) mod regressor;
pub(crate) mod relevance;
#[cfg(feature = "serde")]
mod stored;
