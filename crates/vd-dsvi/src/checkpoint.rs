//! Checkpoints: everything needed to go on to the same bits.
//!
//! Noise and order are functions of (seed, step) and (seed, epoch), so the random state is the step's number. A file is written whole
//! or not at all; a run killed at any moment finds the last complete one.

use std::path::Path;

use model_file::{Kind, Stored};
use serde::{Deserialize, Serialize};

use crate::convergence::Windows;
use crate::data::Rows;
use crate::likelihood::Prepared;
use crate::state::{BiasState, LayerState, State};
use crate::{Error, Params, Progress, Real};

/// Numbers in the precision they were trained in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[doc(hidden)]
pub enum Numbers {
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
    bias: Option<[Numbers; 3]>,
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
    trace: Vec<Progress>,
}

impl Stored for Checkpoint {
    const KIND: Kind = Kind::new("vd-dsvi.checkpoint", 1);

    fn check(&self) -> Result<(), String> {
        self.params.check().map_err(|e| e.to_string())?;
        for (l, layer) in self.layers.iter().enumerate() {
            let mut parts = layer.weights.iter().chain(layer.bias.iter().flatten());
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

/// What a running fit puts into a checkpoint and takes out of it.
pub(crate) struct Contents<'a, R> {
    pub params: &'a Params,
    pub data: u64,
    pub state: &'a State<R>,
    pub data_term: f64,
    pub windows: Option<&'a Windows>,
    pub trace: &'a [Progress],
}

impl<R: Real> Contents<'_, R> {
    /// Writes the checkpoint, whole or not at all.
    pub(crate) fn save(&self, path: &Path) -> Result<(), Error> {
        let state = self.state;
        let layer = |l: &LayerState<R>| StoredLayer {
            inputs: l.inputs,
            outputs: l.outputs,
            weights: [
                &l.theta,
                &l.rho,
                &l.theta_moments[0],
                &l.theta_moments[1],
                &l.rho_moments[0],
                &l.rho_moments[1],
            ]
            .map(|v| Numbers::of(v)),
            bias: l.bias.as_ref().map(|b| [&b.value, &b.moments[0], &b.moments[1]].map(|v| Numbers::of(v))),
        };
        let checkpoint = Checkpoint {
            params: self.params.clone(),
            data: self.data,
            layers: state.layers.iter().map(layer).collect(),
            log_beta: [state.log_beta, state.log_beta_moments[0], state.log_beta_moments[1]],
            step: state.step,
            epoch: state.epoch,
            position: state.position,
            data_term: self.data_term,
            window: self.windows.map(|w| (w.count, w.sums.clone(), w.before.clone())),
            trace: self.trace.to_vec(),
        };
        model_file::save(path, &checkpoint).map_err(|source| Error::checkpoint(path, source))
    }
}

/// What a checkpoint restores.
pub(crate) struct Restored<R> {
    pub state: State<R>,
    pub data_term: f64,
    pub windows: Option<Windows>,
    pub trace: Vec<Progress>,
}

/// Reads a checkpoint of a fit with these parameters on these data.
pub(crate) fn restore<R: Real>(
    path: &Path,
    params: &Params,
    data: u64,
    fresh: &State<R>,
    steps_per_epoch: usize,
) -> Result<Restored<R>, Error> {
    let stored: Checkpoint = model_file::load(path).map_err(|source| Error::checkpoint(path, source))?;
    let foreign = |what| Error::ForeignCheckpoint { path: path.to_owned(), what };
    // More epochs or other threads do not change the steps already taken.
    let same = Params { epochs: params.epochs, threads: params.threads, ..stored.params };
    if same != *params {
        return Err(foreign("parameters"));
    }
    if stored.data != data {
        return Err(foreign("inputs or targets"));
    }
    if stored.layers.len() != fresh.layers.len() || stored.position >= steps_per_epoch {
        return Err(foreign("layers"));
    }
    let layers = stored.layers.iter().zip(&fresh.layers).map(|(s, f)| read_layer(s, f));
    let layers = layers.collect::<Option<Vec<_>>>().ok_or_else(|| foreign("layers or precision"))?;
    let windows = match (stored.window, params.convergence) {
        (Some((count, sums, before)), Some(rule)) => Some(Windows { rule, count, sums, before }),
        (None, None) => None,
        _ => return Err(foreign("stopping rule")),
    };
    let [log_beta, m, v] = stored.log_beta;
    let state = State {
        layers,
        log_beta,
        log_beta_moments: [m, v],
        step: stored.step,
        epoch: stored.epoch,
        position: stored.position,
    };
    Ok(Restored { state, data_term: stored.data_term, windows, trace: stored.trace })
}

fn read_layer<R: Real>(stored: &StoredLayer, fresh: &LayerState<R>) -> Option<LayerState<R>> {
    let same = stored.inputs == fresh.inputs && stored.outputs == fresh.outputs;
    if !same || stored.bias.is_some() != fresh.bias.is_some() {
        return None;
    }
    let len = fresh.theta.len();
    let read = |i: usize| stored.weights[i].read(len);
    let bias = match &stored.bias {
        None => None,
        Some([value, m, v]) => {
            let read = |n: &Numbers| n.read(fresh.stride);
            Some(BiasState { value: read(value)?, moments: [read(m)?, read(v)?] })
        }
    };
    Some(LayerState {
        theta: read(0)?,
        rho: read(1)?,
        theta_moments: [read(2)?, read(3)?],
        rho_moments: [read(4)?, read(5)?],
        bias,
        ..*fresh
    })
}

/// A hash (FNV-1a over 64-bit words) of everything the steps read.
pub(crate) fn fingerprint<R: Real>(rows: &Rows<R>, targets: &Prepared<R>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |word: u64| hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    take(rows.features as u64);
    rows.offsets.iter().for_each(|&o| take(o as u64));
    rows.index.iter().for_each(|&i| take(u64::from(i)));
    rows.value.iter().for_each(|v| take(v.f64().to_bits()));
    match targets {
        Prepared::Classes { labels, classes } => {
            take(*classes as u64);
            labels.iter().for_each(|&l| take(u64::from(l)));
        }
        Prepared::Values { row_major, outputs } => {
            take(*outputs as u64);
            row_major.iter().for_each(|v| take(v.f64().to_bits()));
        }
    }
    hash
}
