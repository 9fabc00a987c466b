//! λ by cross-validation along the path, folds in parallel.
//!
//! Each fold follows the path down from its own empty model, all at the same λ and the same noise level (that of all the data),
//! so that a λ means the same threshold everywhere. At every λ the held-out error is measured for the solution itself
//! and for its least-squares refit: the threshold that selects well shrinks what it keeps too much, so that selection and
//! shrinkage are chosen apart (the relaxed lasso's idea, Meinshausen 2007). The path stops once it is far past the smallest error.

pub(crate) mod fold;
pub(crate) mod search;
pub(crate) mod selection;
pub(crate) mod settings;
