//! Prepared columns of either kind, with what leads back to the user's units.

use estimator::InputError;

/// The columns as the solvers see them, and how to go back.
#[derive(Debug, Clone)]
pub(crate) struct Prepared<C> {
    pub columns: C,
    pub means: Vec<f64>,
    /// Norms before normalising; 0 marks a column that does not vary.
    pub scales: Vec<f64>,
}

impl<C> Prepared<C> {
    /// `moments` has the mean and the norm of each column.
    pub fn new(columns: C, moments: Vec<(f64, f64)>) -> Result<Self, InputError> {
        let (means, scales): (Vec<f64>, Vec<f64>) = moments.into_iter().unzip();
        if scales.iter().any(|s| !s.is_finite()) {
            return Err(InputError::Range { what: "the norm of a column" });
        }
        Ok(Self { columns, means, scales })
    }

    /// How many columns vary.
    pub fn varying(&self) -> usize {
        self.scales.iter().filter(|s| **s > 0.0).count()
    }
}
