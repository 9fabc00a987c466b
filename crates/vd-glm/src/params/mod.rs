//! What a fit can be told.

pub(crate) mod classification;
pub(crate) mod regression;
pub(crate) mod settings;
