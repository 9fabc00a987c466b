//! Labels in, labels out: checks, moderated logits, accuracy.

use nalgebra::DMatrix;

use crate::error::Error;

/// How a logit's posterior variance enters its probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Moderation {
    /// `σ(a)` at the posterior mean.
    Plain,
    /// `σ(a / √(1 + π s²/8))`, MacKay 1992: within 0.02 of `E σ(a + s ε)`.
    #[default]
    Variance,
}

impl Moderation {
    pub(crate) fn logit(self, mean: f64, variance: f64) -> f64 {
        match self {
            Self::Plain => mean,
            Self::Variance => mean / (core::f64::consts::PI / 8.0 * variance).sqrt().hypot(1.0),
        }
    }
}

/// Labels must be one per row, below `classes`, with every class there.
pub(crate) fn check_labels(rows: usize, labels: &[usize], classes: usize) -> Result<(), Error> {
    if labels.len() != rows {
        return Err(Error::ShapeMismatch { what: "labels", expected: (rows, 1), found: (labels.len(), 1) });
    }
    if classes < 2 {
        return Err(Error::Parameter { name: "classes", value: classes as f64, allowed: "at least 2" });
    }
    let mut seen = vec![false; classes.min(rows + 1)];
    for (row, &label) in labels.iter().enumerate() {
        if label >= classes {
            return Err(Error::LabelOutOfRange { row, label, classes });
        }
        if let Some(seen) = seen.get_mut(label) {
            *seen = true;
        }
    }
    match seen.iter().position(|s| !s) {
        Some(class) => Err(Error::EmptyClass { class, classes }),
        None => Ok(()),
    }
}

pub(crate) fn argmax_rows(m: &DMatrix<f64>) -> Vec<usize> {
    m.row_iter()
        .map(|row| (1..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best }))
        .collect()
}

pub(crate) fn accuracy(predicted: &[usize], labels: &[usize]) -> Result<f64, Error> {
    if predicted.len() != labels.len() {
        let (expected, found) = ((predicted.len(), 1), (labels.len(), 1));
        return Err(Error::ShapeMismatch { what: "labels", expected, found });
    }
    Ok(predicted.iter().zip(labels).filter(|(a, b)| a == b).count() as f64 / labels.len() as f64)
}
