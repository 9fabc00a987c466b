//! What every estimator can do, as traits: for code that is generic over estimators.
//!
//! Each crate has the same methods on its own types, so that a user needs no trait in scope.

use core::ops::ControlFlow;

use nalgebra::{DMatrix, DVector};

use crate::input::{AsInputError, InputError};
use crate::progress::{Progress, unwatched};
use crate::report::{Fit, Summary};

/// Parameters that can be fitted to features `X` and a target `T` (`[f64]` numbers or `[usize]` labels).
pub trait Estimator<X: ?Sized, T: ?Sized> {
    /// The fitted model.
    type Model;
    /// The report of a fit.
    type Report: Summary;
    /// What can go wrong; not converging cannot: it is a status.
    type Error: core::error::Error + AsInputError + From<InputError>;

    /// Checks every parameter against its range. [`Estimator::fit`] does so too.
    ///
    /// # Errors
    /// The first parameter that is out of range, with its value and the range.
    fn check(&self) -> Result<(), Self::Error>;

    /// Fits the model, and shows the progress after every iteration. A callback that breaks ends the fit with what has been
    /// reached and the status [`StoppedByCallback`](crate::Status::StoppedByCallback).
    ///
    /// # Errors
    /// Input that the estimator refuses, or numerical breakdown.
    fn fit_with(
        &self,
        x: &X,
        t: &T,
        progress: &mut dyn FnMut(&dyn Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Self::Model, Self::Report>, Self::Error>;

    /// Fits the model.
    ///
    /// # Errors
    /// As [`Estimator::fit_with`].
    fn fit(&self, x: &X, t: &T) -> Result<Fit<Self::Model, Self::Report>, Self::Error> {
        self.fit_with(x, t, &mut unwatched)
    }
}

/// A model that predicts a target of type `T` from features `X`: means for `[f64]`, labels for `[usize]`.
pub trait Predict<X: ?Sized, T: ToOwned + ?Sized> {
    /// What can go wrong.
    type Error;

    /// Means (one per row of X) or labels (the most probable class of each row; of equal ones the first).
    ///
    /// # Errors
    /// Features that `fit` would refuse, or a number of columns that is not the model's.
    fn predict(&self, x: &X) -> Result<T::Owned, Self::Error>;
}

/// A model that predicts class probabilities.
pub trait PredictProba<X: ?Sized> {
    /// What can go wrong.
    type Error;

    /// Class probabilities, N x K; rows sum to 1.
    ///
    /// # Errors
    /// Features that `fit` would refuse, or a number of columns that is not the model's.
    fn predict_proba(&self, x: &X) -> Result<DMatrix<f64>, Self::Error>;
}

/// A model that predicts the spread of the target.
pub trait PredictStd<X: ?Sized> {
    /// What can go wrong.
    type Error;

    /// Standard deviation of the target of each row, noise included, in units of the target.
    ///
    /// # Errors
    /// Features that `fit` would refuse, or a number of columns that is not the model's.
    fn predict_std(&self, x: &X) -> Result<DVector<f64>, Self::Error>;
}
