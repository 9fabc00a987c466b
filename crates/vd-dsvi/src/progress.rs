//! What a running fit tells, and what a finished one reports.

use fit_report::Status;

/// The state of a fit after an epoch. The caller has a clock; the library has none.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Progress {
    /// Epochs done.
    pub epoch: usize,
    /// Steps done.
    pub step: u64,
    /// Data term less λ KL, nats: the epoch's estimate of the bound L.
    pub elbo: f64,
    /// Σ log p(t | z) over the epoch's draws, nats.
    pub data_term: f64,
    /// Σ KL(α), nats, without λ.
    pub kl: f64,
    /// λ at the epoch's end.
    pub kl_weight: f64,
    /// The step rate at the epoch's end.
    pub learning_rate: f64,
    /// The share of weights with log α above the threshold, by layer.
    pub sparsity: Vec<f64>,
    /// Training accuracy of the mean weights, if asked for.
    pub accuracy: Option<f64>,
    /// The noise precision β (Gaussian likelihood; 1 elsewhere).
    pub beta: f64,
}

/// The account of a finished fit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TrainingReport {
    /// How the fit ended.
    pub status: Status,
    /// The last report: its figures belong to the returned model.
    pub last: Progress,
    /// Every report, in order.
    pub trace: Vec<Progress>,
}

impl TrainingReport {
    /// The fit in the terms that all estimators of this workspace share: objective L, one iteration an epoch; the residual is the
    /// relative change of the bound between the last two reports.
    #[must_use]
    pub fn summary(&self) -> fit_report::Report {
        let trace: Vec<f64> = self.trace.iter().map(|p| p.elbo).collect();
        let residual = match trace.as_slice() {
            [.., a, b] => (b - a).abs() / b.abs().max(f64::MIN_POSITIVE),
            _ => f64::INFINITY,
        };
        fit_report::Report {
            status: self.status,
            objective: self.last.elbo,
            residual,
            iterations: self.last.epoch,
            trace,
        }
    }
}
