//! The result of a cross-validation.

use estimator::{Fit, Report};

use crate::select::settings::CvPoint;

/// A model with its λ and refit chosen by cross-validation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Selection<M> {
    /// The fit to all data at the chosen λ, refitted if that was chosen.
    pub fit: Fit<M, Report>,
    /// The same before the refit: the maximum of the objective that selected the weights.
    pub selected: Fit<M, Report>,
    /// Every λ visited, falling, with every refit.
    pub curve: Vec<CvPoint>,
    /// The chosen point's index in `curve`.
    pub chosen: usize,
}

/// Where a cross-validation stands after one λ.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CvProgress<'c> {
    /// Number of values of λ done, of at most [`CrossValidation::points`](crate::CrossValidation::points).
    pub done: usize,
    /// The curve so far, λ falling, every refit at every λ.
    pub curve: &'c [CvPoint],
}
