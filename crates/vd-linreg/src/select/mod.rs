//! Choosing among models: the path over λ, cross-validation along it, bagging, and how stable a choice is.

pub(crate) mod bagging;
pub(crate) mod cross_validation;
pub(crate) mod path;
pub(crate) mod stability;
