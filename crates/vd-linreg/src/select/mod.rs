//! Choosing among models: the path over λ, cross-validation along it, and bagging.

pub(crate) mod bagging;
pub(crate) mod cross_validation;
pub(crate) mod path;
