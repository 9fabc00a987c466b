//! Training by burn's `Learner`: a network with its objective, and the metrics that sparse training is watched by.
//!
//! [`Objective`] is what the `Learner` trains. It counts optimiser steps in its own record, so that a warm-up goes on where it was when training
//! is resumed from a checkpoint. Its output gives burn's metrics for classes (loss, accuracy, …) and those of this module.

mod metric;
mod objective;
mod output;

pub use metric::{CompressionMetric, KlMetric, LayerSparsityMetric, SparsityMetric};
pub use objective::{Classifier, LabelledBatch, Objective};
pub use output::{Divergence, SparseOutput, SparseState};
