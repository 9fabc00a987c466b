//! Choosing λ by cross-validation: its settings, its result.

pub(crate) mod selection;
pub(crate) mod settings;
