//! Data sets: DIGITS and diabetes embedded, MNIST from a directory.

pub mod diabetes;
pub mod digits;
pub mod download;
pub mod download_command;
pub mod idx;
pub mod mnist;

use nalgebra::DMatrix;
use sha2::{Digest, Sha256};

/// A classification problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// One object a row.
    pub x: DMatrix<f64>,
    /// One class index an object.
    pub labels: Vec<usize>,
    /// How many classes.
    pub classes: usize,
}

impl Classification {
    /// The objects with the given indices, in that order, repetitions kept.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            x: self.x.select_rows(rows),
            labels: rows.iter().map(|&n| self.labels[n]).collect(),
            classes: self.classes,
        }
    }
}

/// SHA-256 of the parts one after another, in hexadecimal.
pub fn sha256_hex<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> String {
    let mut sum = Sha256::new();
    for part in parts {
        sum.update(part.as_ref());
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
