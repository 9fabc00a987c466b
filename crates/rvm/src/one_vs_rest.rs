//! One-vs-rest classification: one Bernoulli machine per class.

use core::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use fit_report::{Fit, Report, Status};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::basis::{Basis, Kept};
use crate::bernoulli::sigmoid;
use crate::classify::{self, Settings};
use crate::design::{Design, Features, check_matrix};
use crate::error::Error;
use crate::params::{Classification, Progress};
use crate::posterior::Posterior;

/// A fitted one-vs-rest classifier; with two classes, still one machine per class.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OneVsRest {
    kept: Vec<Kept>,
    posteriors: Vec<Posterior>,
}

/// How the fits of the classes went.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OneVsRestReport {
    /// One report per class; the objective is Laplace's log evidence in nats, the residual the largest gain in
    /// evidence (nats) that a single step on a freshly linearised model would still offer.
    pub classes: Vec<Report>,
}

impl OneVsRestReport {
    /// Converged if every class did; otherwise the status of the first that did not.
    #[must_use]
    pub fn status(&self) -> Status {
        self.classes.iter().map(|r| r.status).find(|s| *s != Status::Converged).unwrap_or(Status::Converged)
    }

    /// Sum of the classes' log evidences, nats.
    #[must_use]
    pub fn log_evidence(&self) -> f64 {
        self.classes.iter().map(|r| r.objective).sum()
    }
}

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

impl Classification {
    /// Fits one machine per class on `x` (N x D) and `labels` in 0, 1, …, `classes` − 1.
    ///
    /// The classes run side by side on rayon's pool; the result does not depend on the number of threads.
    ///
    /// # Errors
    /// Bad input (see [`Error`]); a class without objects is [`Error::EmptyClass`].
    pub fn fit(
        &self,
        x: &DMatrix<f64>,
        labels: &[usize],
        classes: usize,
    ) -> Result<Fit<OneVsRest, OneVsRestReport>, Error> {
        self.fit_with(x, labels, classes, |_| ControlFlow::Continue(()))
    }

    /// [`fit`](Self::fit) with a callback at every linearisation of every class; on `Break` all classes return what
    /// they have, with status [`Status::StoppedByCallback`].
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with(
        &self,
        x: &DMatrix<f64>,
        labels: &[usize],
        classes: usize,
        progress: impl FnMut(&Progress) -> ControlFlow<()> + Send,
    ) -> Result<Fit<OneVsRest, OneVsRestReport>, Error> {
        check_matrix("x", x)?;
        check_labels(x.nrows(), labels, classes)?;
        match self.params().basis {
            Basis::Features => {
                let design = Features::new(x, self.params().bias);
                let kept = Kept::Features { dimension: x.ncols() };
                self.fit_design(&design, labels, classes, x.ncols(), |_| kept.clone(), progress)
            }
        }
    }

    fn fit_design<D: Design>(
        &self,
        design: &D,
        labels: &[usize],
        classes: usize,
        columns: usize,
        kept: impl Fn(&[usize]) -> Kept,
        progress: impl FnMut(&Progress) -> ControlFlow<()> + Send,
    ) -> Result<Fit<OneVsRest, OneVsRestReport>, Error> {
        let params = self.params();
        let settings = Settings {
            max_rounds: params.max_linearisations,
            max_steps: params.max_steps,
            tolerance: params.tolerance,
            floor: params.precision_floor,
            entry_gain: params.entry_gain,
        };
        let progress = Mutex::new(progress);
        let stop = AtomicBool::new(false);
        let fits: Vec<Result<(Posterior, Report), Error>> = (0..classes)
            .into_par_iter()
            .map(|class| {
                let t: Vec<f64> = labels.iter().map(|&l| if l == class { 1.0 } else { 0.0 }).collect();
                let (scaled, report) =
                    classify::fit(design, &t, settings, |iteration, log_evidence, active| {
                        let told = Progress { class: Some(class), iteration, log_evidence, active };
                        if let Ok(mut progress) = progress.lock()
                            && progress(&told).is_break()
                        {
                            stop.store(true, Ordering::Relaxed);
                        }
                        !stop.load(Ordering::Relaxed)
                    })?;
                let posterior = Posterior::unscale(
                    scaled,
                    columns + usize::from(params.bias),
                    params.bias,
                    |i| design.original(i),
                    |i| design.exponent(i),
                    0,
                )?;
                Ok((posterior, report))
            })
            .collect();
        let mut model = OneVsRest { kept: Vec::new(), posteriors: Vec::new() };
        let mut reports = Vec::new();
        for fit in fits {
            let (posterior, report) = fit?;
            model.kept.push(kept(posterior.kept()));
            model.posteriors.push(posterior);
            reports.push(report);
        }
        Ok(Fit { model, report: OneVsRestReport { classes: reports } })
    }
}

impl OneVsRest {
    /// K.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.posteriors.len()
    }

    /// The posterior of each class's weights.
    #[must_use]
    pub fn posteriors(&self) -> &[Posterior] {
        &self.posteriors
    }

    /// The weights, one column per class (D x K, or N x K for kernels), with exact zeros; biases apart.
    #[must_use]
    pub fn weights(&self) -> DMatrix<f64> {
        let columns: Vec<DVector<f64>> = self.posteriors.iter().map(Posterior::weights).collect();
        DMatrix::from_columns(&columns)
    }

    /// The bias of each class.
    #[must_use]
    pub fn biases(&self) -> DVector<f64> {
        DVector::from_iterator(self.classes(), self.posteriors.iter().map(Posterior::bias))
    }

    /// Share of exact zeros among the K·D weights; biases are not counted.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        self.posteriors.iter().map(Posterior::sparsity).sum::<f64>() / self.classes() as f64
    }

    /// Logits under the chosen moderation, N x K.
    ///
    /// # Errors
    /// `x` of the wrong width or not finite.
    pub fn logits(&self, x: &DMatrix<f64>, moderation: Moderation) -> Result<DMatrix<f64>, Error> {
        let mut out = DMatrix::zeros(x.nrows(), self.classes());
        for (class, (kept, posterior)) in self.kept.iter().zip(&self.posteriors).enumerate() {
            if x.ncols() != kept.dimension() {
                let expected = (x.nrows(), kept.dimension());
                return Err(Error::ShapeMismatch { what: "x", expected, found: x.shape() });
            }
            check_matrix("x", x)?;
            let phi = kept.columns(x, posterior.kept());
            let mean = posterior.predict(&phi);
            match moderation {
                Moderation::Plain => out.set_column(class, &mean),
                Moderation::Variance => {
                    let variance = posterior.variance(&phi);
                    for i in 0..x.nrows() {
                        out[(i, class)] = moderation.logit(mean[i], variance[i]);
                    }
                }
            }
        }
        Ok(out)
    }

    /// `p(class)`, N x K: the classes' own Bernoulli probabilities, divided by their sum.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn probabilities(&self, x: &DMatrix<f64>, moderation: Moderation) -> Result<DMatrix<f64>, Error> {
        let mut p = self.logits(x, moderation)?;
        for mut row in p.row_iter_mut() {
            // log σ(a) − its maximum: the sum of the exponentials is then at least 1.
            let logs: Vec<f64> = row.iter().map(|&a| -crate::bernoulli::softplus(-a)).collect();
            let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logs.iter().map(|l| (l - top).exp()).sum();
            for (p, l) in row.iter_mut().zip(&logs) {
                *p = (l - top).exp() / sum;
            }
        }
        Ok(p)
    }

    /// Each class's own probability `σ(a)`, N x K; rows need not sum to 1.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn class_probabilities(
        &self,
        x: &DMatrix<f64>,
        moderation: Moderation,
    ) -> Result<DMatrix<f64>, Error> {
        Ok(self.logits(x, moderation)?.map(sigmoid))
    }

    /// The class with the largest plain logit; the lowest such index on ties.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn predict(&self, x: &DMatrix<f64>) -> Result<Vec<usize>, Error> {
        let logits = self.logits(x, Moderation::Plain)?;
        Ok(argmax_rows(&logits))
    }

    /// Share of rows whose predicted class is their label.
    ///
    /// # Errors
    /// As [`logits`](Self::logits), or labels of another length.
    pub fn accuracy(&self, x: &DMatrix<f64>, labels: &[usize]) -> Result<f64, Error> {
        accuracy(&self.predict(x)?, labels)
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
