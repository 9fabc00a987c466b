//! Checkpoints: everything needed to go on to the same bits.
//!
//! Noise and order are functions of (seed, step) and (seed, epoch), so the random state is the step's number. A file is written whole
//! or not at all; a run killed at any moment finds the last complete one.

use std::path::Path;

use model_file::{Kind, Stored};
use serde::{Deserialize, Serialize};

use crate::data::samples::Samples;
use crate::data::targets::TargetTable;
use crate::engine::state::{InterceptState, LayerState, State};
use crate::error::Error;
use crate::params::Params;
use crate::real::Real;
use crate::train::convergence::Windows;
use crate::train::driver::Driver;
use crate::train::progress::Progress;

/// Numbers in the precision they were trained in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Numbers {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Numbers {
    fn of<R: Real>(values: &[R]) -> Self {
        if size_of::<R>() == size_of::<f32>() {
            Self::F32(values.iter().map(|v| v.f64() as f32).collect())
        } else {
            Self::F64(values.iter().map(|v| v.f64()).collect())
        }
    }

    /// The numbers, if there are `len` of this precision.
    fn read<R: Real>(&self, len: usize) -> Option<Vec<R>> {
        let (values, size): (Vec<R>, usize) = match self {
            Self::F32(v) => (v.iter().map(|&v| R::of(f64::from(v))).collect(), size_of::<f32>()),
            Self::F64(v) => (v.iter().map(|&v| R::of(v)).collect(), size_of::<f64>()),
        };
        (values.len() == len && size == size_of::<R>()).then_some(values)
    }

    fn is_finite(&self) -> bool {
        match self {
            Self::F32(v) => v.iter().all(|v| v.is_finite()),
            Self::F64(v) => v.iter().all(|v| v.is_finite()),
        }
    }

    /// Finite, or −∞: the log σ² of a removed weight.
    fn is_finite_or_removed(&self) -> bool {
        match self {
            Self::F32(v) => v.iter().all(|v| v.is_finite() || *v == f32::NEG_INFINITY),
            Self::F64(v) => v.iter().all(|v| v.is_finite() || *v == f64::NEG_INFINITY),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredLayer {
    inputs: usize,
    outputs: usize,
    /// θ, ρ, then the first and second moments of each.
    weights: [Numbers; 6],
    /// b and its moments.
    intercept: Option<[Numbers; 3]>,
}

/// A fit in the middle, as written to a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    params: Params,
    /// A hash of the inputs and targets.
    data: u64,
    layers: Vec<StoredLayer>,
    log_beta: [f64; 3],
    step: u64,
    epoch: usize,
    position: usize,
    data_term: f64,
    window: Option<(usize, Vec<f64>, Vec<f64>)>,
    /// Whether the stopping rule has been met.
    converged: bool,
    trace: Vec<Progress>,
}

impl Stored for Checkpoint {
    const KIND: Kind = Kind::new("vd-dsvi.checkpoint", 2);

    fn check(&self) -> Result<(), String> {
        self.params.check().map_err(|e| e.to_string())?;
        if self.converged && self.window.is_none() {
            return Err("a fit without a stopping rule cannot have converged".into());
        }
        for (l, layer) in self.layers.iter().enumerate() {
            let mut parts = layer.weights.iter().chain(layer.intercept.iter().flatten());
            // θ and ρ must be finite, but for removed weights; moments are seen to in training.
            if !(layer.weights[0].is_finite() && layer.weights[1].is_finite_or_removed()) {
                return Err(format!("layer {l} holds a parameter that is not finite"));
            }
            if parts.any(|p| matches!(p, Numbers::F32(_)) != matches!(layer.weights[0], Numbers::F32(_))) {
                return Err(format!("layer {l} mixes precisions"));
            }
        }
        Ok(())
    }
}

impl Checkpoint {
    /// The checkpoint of a fit to data with this [`fingerprint`].
    pub(crate) fn of<R: Real>(driver: &Driver<R>, data: u64) -> Self {
        let state = &driver.state;
        Self {
            params: driver.params.clone(),
            data,
            layers: state.layers.iter().map(StoredLayer::of).collect(),
            log_beta: [state.log_beta, state.log_beta_moments[0], state.log_beta_moments[1]],
            step: state.step,
            epoch: state.epoch,
            position: state.position,
            data_term: driver.data_term,
            window: driver.windows.as_ref().map(|w| (w.count, w.sums.clone(), w.before.clone())),
            converged: driver.converged,
            trace: driver.trace.clone(),
        }
    }

    /// Writes the checkpoint, whole or not at all.
    pub(crate) fn save(&self, path: &Path) -> Result<(), Error> {
        model_file::save(path, self).map_err(|source| Error::checkpoint(path, source))
    }

    /// Reads a checkpoint.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        model_file::load(path).map_err(|source| Error::checkpoint(path, source))
    }

    /// Puts the checkpoint into a fit with the same parameters on the same data.
    pub(crate) fn restore<R: Real>(
        self,
        path: &Path,
        driver: &mut Driver<R>,
        data: u64,
        steps_per_epoch: usize,
    ) -> Result<(), Error> {
        let foreign = |what| Error::ForeignCheckpoint { path: path.to_owned(), what };
        let params = &driver.params;
        // More epochs or other threads do not change the steps already taken.
        let same = Params { epochs: params.epochs, threads: params.threads, ..self.params };
        if same != *params {
            return Err(foreign("parameters"));
        }
        if self.data != data {
            return Err(foreign("inputs or targets"));
        }
        let fresh = &driver.state.layers;
        if self.layers.len() != fresh.len() || self.position >= steps_per_epoch {
            return Err(foreign("layers"));
        }
        let layers = self.layers.iter().zip(fresh).map(|(s, f)| s.read(f));
        let layers = layers.collect::<Option<Vec<_>>>().ok_or_else(|| foreign("layers or precision"))?;
        let weights: usize = fresh.iter().map(|l| l.inputs * l.outputs).sum();
        let windows = match (self.window, params.convergence) {
            (Some((count, sums, before)), Some(rule)) => {
                let fits = |v: &[f64]| v.is_empty() || v.len() == 2 * weights;
                if count >= rule.window || !fits(&sums) || !fits(&before) || (count > 0 && sums.is_empty()) {
                    return Err(foreign("stopping rule"));
                }
                Some(Windows { rule, count, sums, before })
            }
            (None, None) => None,
            _ => return Err(foreign("stopping rule")),
        };
        let [log_beta, m, v] = self.log_beta;
        let (step, epoch, position) = (self.step, self.epoch, self.position);
        driver.state = State { layers, log_beta, log_beta_moments: [m, v], step, epoch, position };
        driver.data_term = self.data_term;
        driver.windows = windows;
        driver.converged = self.converged;
        driver.trace = self.trace;
        Ok(())
    }
}

impl StoredLayer {
    fn of<R: Real>(l: &LayerState<R>) -> Self {
        let [tm, tv] = &l.theta_moments;
        let [rm, rv] = &l.rho_moments;
        let intercept = l.intercept.as_ref();
        Self {
            inputs: l.inputs,
            outputs: l.outputs,
            weights: [&l.theta, &l.rho, tm, tv, rm, rv].map(|v| Numbers::of(v)),
            intercept: intercept.map(|b| [&b.value, &b.moments[0], &b.moments[1]].map(|v| Numbers::of(v))),
        }
    }

    /// The layer, if it has the shape and precision of `fresh`.
    fn read<R: Real>(&self, fresh: &LayerState<R>) -> Option<LayerState<R>> {
        let same = self.inputs == fresh.inputs && self.outputs == fresh.outputs;
        if !same || self.intercept.is_some() != fresh.intercept.is_some() {
            return None;
        }
        let len = fresh.theta.len();
        let read = |i: usize| self.weights[i].read(len);
        let intercept = match &self.intercept {
            None => None,
            Some([value, m, v]) => {
                let read = |n: &Numbers| n.read(fresh.stride);
                Some(InterceptState { value: read(value)?, moments: [read(m)?, read(v)?] })
            }
        };
        Some(LayerState {
            theta: read(0)?,
            rho: read(1)?,
            theta_moments: [read(2)?, read(3)?],
            rho_moments: [read(4)?, read(5)?],
            intercept,
            ..*fresh
        })
    }
}

/// A hash (FNV-1a over 64-bit words) of everything that the steps read.
pub(crate) fn fingerprint<R: Real>(samples: &Samples<'_, R>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |word: u64| hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    let rows = &samples.rows;
    take(rows.features as u64);
    rows.offsets.iter().for_each(|&o| take(o as u64));
    rows.index.iter().for_each(|&i| take(u64::from(i)));
    rows.value.iter().for_each(|v| take(v.f64().to_bits()));
    match &samples.targets {
        TargetTable::Classes { labels, classes } => {
            take(*classes as u64);
            labels.iter().for_each(|&l| take(u64::from(l)));
        }
        TargetTable::Values { row_major, outputs } => {
            take(*outputs as u64);
            row_major.iter().for_each(|v| take(v.f64().to_bits()));
        }
    }
    hash
}
