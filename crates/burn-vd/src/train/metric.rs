//! Metrics of sparse training: KL, sparsity of all weights and of a layer, compression.
//!
//! Counting looks at every weight, so it is done at the first step of an epoch and at its end; in between the last count is shown.

use std::sync::Arc;

use burn::tensor::TensorReadError;
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes, NumericEntry,
    SerializedEntry,
};

use crate::prune::LOG_ALPHA_THRESHOLD;
use crate::train::output::{Divergence, SparseState};
use crate::walk::log_alpha;

/// What is counted of the sparse weights.
#[derive(Debug, Clone)]
enum Quantity {
    /// The share removed, in per cent, of all weights or of the layer at a path.
    Sparsity(Option<String>),
    /// Weights over weights kept.
    Compression,
}

/// A number counted from the sparse weights once or twice an epoch.
#[derive(Clone)]
struct Counted {
    name: MetricName,
    unit: Option<&'static str>,
    quantity: Quantity,
    threshold: f64,
    state: NumericMetricState,
    /// The weights of the last step, not yet counted.
    last: Option<SparseState>,
    value: f64,
    fresh: bool,
}

impl Counted {
    fn new(name: String, unit: Option<&'static str>, quantity: Quantity) -> Self {
        Self {
            name: Arc::new(name),
            unit,
            quantity,
            threshold: LOG_ALPHA_THRESHOLD,
            state: NumericMetricState::new(),
            last: None,
            value: f64::NAN,
            fresh: true,
        }
    }

    fn count(&self, state: &SparseState) -> Result<f64, TensorReadError> {
        let (mut weights, mut kept) = (0usize, 0usize);
        for layer in &state.layers {
            let counts = match &self.quantity {
                Quantity::Sparsity(Some(path)) => layer.path == *path,
                _ => !layer.gate,
            };
            if !counts {
                continue;
            }
            let theta = layer.theta.clone().try_into_vec_as::<f32>()?;
            let log_sigma2 = layer.log_sigma2.clone().try_into_vec_as::<f32>()?;
            weights += theta.len();
            let stays = |(&t, &l): (&f32, &f32)| f64::from(log_alpha(t, l)) <= self.threshold;
            kept += theta.iter().zip(&log_sigma2).filter(|&pair| stays(pair)).count();
        }
        Ok(match self.quantity {
            Quantity::Compression => weights as f64 / kept as f64,
            Quantity::Sparsity(_) => 100.0 * (weights - kept) as f64 / weights as f64,
        })
    }

    fn format(&self) -> FormatOptions {
        let format = FormatOptions::new(self.name.clone()).precision(2);
        match self.unit {
            Some(unit) => format.unit(unit),
            None => format,
        }
    }

    /// The last count alone is the metric's value: an average over an epoch would say what was not there at any time.
    fn take(&mut self, value: f64) {
        self.value = value;
        self.state.reset();
        self.state.update(value, 1);
    }

    fn update(&mut self, state: &SparseState) -> Result<SerializedEntry, TensorReadError> {
        if std::mem::take(&mut self.fresh) {
            let value = self.count(state)?;
            self.take(value);
        } else {
            self.last = Some(state.clone());
        }
        Ok(self.state.compute_update(self.format()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        if let Some(state) = self.last.take() {
            let value = self.count(&state)?;
            self.take(value);
        }
        Ok(self.state.compute_final(self.format()))
    }

    fn clear(&mut self) {
        self.state.reset();
        (self.last, self.fresh) = (None, true);
    }
}

macro_rules! counted {
    ($metric:ident, $what:literal) => {
        impl $metric {
            /// Another threshold on log α than [`LOG_ALPHA_THRESHOLD`].
            #[must_use]
            pub fn threshold(mut self, log_alpha: f64) -> Self {
                self.0.threshold = log_alpha;
                self
            }
        }

        impl Metric for $metric {
            type Input = SparseState;

            fn name(&self) -> MetricName {
                self.0.name.clone()
            }

            fn description(&self) -> Option<String> {
                Some($what.to_owned())
            }

            fn attributes(&self) -> MetricAttributes {
                NumericAttributes { unit: self.0.unit.map(str::to_owned), higher_is_better: true }.into()
            }

            fn update(
                &mut self,
                state: &SparseState,
                _: &MetricMetadata,
            ) -> Result<SerializedEntry, TensorReadError> {
                self.0.update(state)
            }

            fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
                self.0.compute()
            }

            fn clear(&mut self) {
                self.0.clear();
            }
        }

        impl Numeric for $metric {
            fn value(&self) -> Option<NumericEntry> {
                Some(self.0.state.current_value())
            }

            fn running_value(&self) -> Option<NumericEntry> {
                Some(self.0.state.current_value())
            }

            fn final_value(&self) -> NumericEntry {
                self.0.state.final_value()
            }
        }
    };
}

/// The share of all sparse weights with log α above the threshold, in per cent; gates are not counted.
#[derive(Clone)]
pub struct SparsityMetric(Counted);

/// The share of one layer's weights with log α above the threshold, in per cent.
#[derive(Clone)]
pub struct LayerSparsityMetric(Counted);

/// Weights divided by weights kept; gates are not counted.
#[derive(Clone)]
pub struct CompressionMetric(Counted);

counted!(SparsityMetric, "Share of weights with log alpha above the threshold");
counted!(LayerSparsityMetric, "Share of a layer's weights with log alpha above the threshold");
counted!(CompressionMetric, "Weights divided by weights kept");

impl SparsityMetric {
    /// Of all sparse layers together.
    #[must_use]
    pub fn new() -> Self {
        Self(Counted::new("Sparsity".to_owned(), Some("%"), Quantity::Sparsity(None)))
    }
}

impl LayerSparsityMetric {
    /// Of the layer, or the gate, at this path of the network, such as `fc1`. A path that is not there counts nothing: its value is
    /// NaN.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self(Counted::new(format!("Sparsity {path}"), Some("%"), Quantity::Sparsity(Some(path.to_owned()))))
    }
}

impl CompressionMetric {
    /// Of all sparse layers together.
    #[must_use]
    pub fn new() -> Self {
        Self(Counted::new("Compression".to_owned(), None, Quantity::Compression))
    }
}

impl Default for SparsityMetric {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for CompressionMetric {
    fn default() -> Self {
        Self::new()
    }
}

/// Σ KL in nats, not scaled, of the last step.
#[derive(Clone)]
pub struct KlMetric {
    name: MetricName,
    state: NumericMetricState,
}

impl KlMetric {
    /// Of all sparse layers and gates together.
    #[must_use]
    pub fn new() -> Self {
        Self { name: Arc::new("KL".to_owned()), state: NumericMetricState::new() }
    }

    fn format(&self) -> FormatOptions {
        FormatOptions::new(self.name.clone()).unit("nats").precision(1)
    }
}

impl Default for KlMetric {
    fn default() -> Self {
        Self::new()
    }
}

impl Metric for KlMetric {
    type Input = Divergence;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn description(&self) -> Option<String> {
        Some("Divergence of the posterior from the log-uniform prior, all sparse weights".to_owned())
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes { unit: Some("nats".to_owned()), higher_is_better: false }.into()
    }

    fn update(
        &mut self,
        divergence: &Divergence,
        _: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        let value = divergence.kl.clone().try_into_scalar::<f64>()?;
        self.state.update(value, 1);
        Ok(self.state.compute_update(self.format()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.state.compute_final(self.format()))
    }

    fn clear(&mut self) {
        self.state.reset();
    }
}

impl Numeric for KlMetric {
    fn value(&self) -> Option<NumericEntry> {
        Some(self.state.current_value())
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(self.state.running_value())
    }

    fn final_value(&self) -> NumericEntry {
        self.state.final_value()
    }
}
