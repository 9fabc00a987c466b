//! Labels in the form that the solvers use.
//!
//! Two classes are one binary logistic regression with one output, whatever the loss: class 1 against class 0. A softmax of two outputs
//! would have a column too many, and which of its two weights a feature gets would be arbitrary. To the one-vs-rest loss, whose output
//! k is 'class k against the rest', that output is output 0, and class 1 is therefore numbered 0 there.

use estimator::{InputError, Labels};

use crate::loss::Loss;

/// Labels as small numbers, and what is fitted to them.
#[derive(Debug, Clone)]
pub(crate) struct Targets {
    /// Per sample: the output that its class belongs to; for two classes 0 for class 1, and 1 (no output) for class 0.
    pub labels: Vec<u32>,
    /// K.
    pub classes: usize,
    /// Columns of W: 1 for two classes, else K.
    pub outputs: usize,
    /// The loss that is minimised.
    pub loss: Loss,
}

impl Targets {
    /// Checks the labels of `samples` samples.
    pub fn new(
        labels: Labels<'_>,
        samples: usize,
        declared: Option<usize>,
        loss: Loss,
    ) -> Result<Self, InputError> {
        let classes = labels.classes(samples, declared)?;
        let labels = labels.as_slice();
        // Of more classes than samples one below the number of samples is empty: no more need be counted.
        let mut counts = vec![0_usize; classes.min(samples + 1)];
        for &label in labels {
            if let Some(count) = counts.get_mut(label) {
                *count += 1;
            }
        }
        if let Some(class) = counts.iter().position(|&count| count == 0) {
            return Err(InputError::RareClass { class, found: 0, needed: 1 });
        }
        Ok(if classes == 2 {
            let labels = labels.iter().map(|&label| 1 - label as u32).collect();
            Self { labels, classes, outputs: 1, loss: Loss::OneVsRest }
        } else {
            let labels = labels.iter().map(|&label| label as u32).collect();
            Self { labels, classes, outputs: classes, loss }
        })
    }

    /// Number of samples of each output's class.
    pub fn counts(&self) -> Vec<f64> {
        let mut counts = vec![0.0_f64; self.outputs];
        for &label in &self.labels {
            if let Some(count) = counts.get_mut(label as usize) {
                *count += 1.0;
            }
        }
        counts
    }
}
