//! One-vs-rest classification: one Bernoulli machine per class.

use core::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use estimator::{Fit, Report, Status};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::basis::{Basis, Kept};
use crate::bernoulli::{Bernoulli, sigmoid};
use crate::classify;
use crate::design::{Design, Features, check_matrix};
use crate::error::Error;
use crate::kernel_design::KernelDesign;
use crate::labels::{Moderation, accuracy, argmax_rows, check_labels};
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
        match &self.params().basis {
            Basis::Features => {
                let design = Features::new(x, self.params().bias);
                let kept = Kept::Features { dimension: x.ncols() };
                self.fit_design(&design, labels, classes, x.ncols(), |_| kept.clone(), progress)
            }
            Basis::Kernel(kernel) => {
                let design = KernelDesign::new(kernel, x, self.params().bias, self.params().cache_bytes)?;
                let kept = |kept: &[usize]| Kept::kernel(kernel, x, kept);
                self.fit_design(&design, labels, classes, x.nrows(), kept, progress)
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
        let settings = params.settings();
        let progress = Mutex::new(progress);
        let stop = AtomicBool::new(false);
        let fits: Vec<Result<(Posterior, Report), Error>> = (0..classes)
            .into_par_iter()
            .map(|class| {
                let t: Vec<f64> = labels.iter().map(|&l| if l == class { 1.0 } else { 0.0 }).collect();
                let (scaled, report) = classify::fit(
                    &Bernoulli { design, t: &t },
                    settings,
                    |iteration, log_evidence, active| {
                        let told = Progress { class: Some(class), iteration, log_evidence, active };
                        if let Ok(mut progress) = progress.lock()
                            && progress(&told).is_break()
                        {
                            stop.store(true, Ordering::Relaxed);
                        }
                        !stop.load(Ordering::Relaxed)
                    },
                )?;
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
    /// The relevance vectors of a class, one a row; `None` on features, or for a class that is not there.
    #[must_use]
    pub fn relevance_vectors(&self, class: usize) -> Option<&DMatrix<f64>> {
        self.kept.get(class)?.vectors()
    }

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
