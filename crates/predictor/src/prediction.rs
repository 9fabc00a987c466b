//! What a row comes to.

/// Prediction of one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prediction {
    /// The predicted number, or the probability of each class.
    pub outputs: Vec<f64>,
    /// The most probable class (of equally probable ones the first); 0 for a number.
    pub class: usize,
    /// Standard deviation of the target, noise included; none where the model has none.
    pub deviation: Option<f64>,
}

impl Prediction {
    /// The predicted number; NaN where there is none.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.outputs.first().copied().unwrap_or(f64::NAN)
    }
}

/// The first of the largest.
pub(crate) fn largest(values: &[f64]) -> usize {
    (0..values.len()).fold(0, |best, k| if values[k] > values[best] { k } else { best })
}
