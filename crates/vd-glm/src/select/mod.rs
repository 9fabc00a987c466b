//! Choosing λ by cross-validation: its settings, its curve, its rule, its result.

pub(crate) mod curve;
pub(crate) mod rule;
pub(crate) mod selection;
pub(crate) mod settings;
