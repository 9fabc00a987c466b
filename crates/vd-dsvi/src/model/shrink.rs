//! From a dense model and a threshold to compact layers.

use nalgebra::DMatrix;

use crate::mask::{Mask, drop_unread};
use crate::model::compact_layer::CompactLayer;
use crate::model::layer::{Layer, log_alpha};
use crate::real::Real;

/// Position of each dense index among the survivors, `u32::MAX` for the dead.
pub(crate) fn places(alive: &[u32], size: usize) -> Vec<u32> {
    let mut place = vec![u32::MAX; size];
    for (i, &d) in alive.iter().enumerate() {
        place[d as usize] = i as u32;
    }
    place
}

/// A layer on its way to being compact: its numbers, and which weights are kept.
pub(crate) struct DenseLayer<R> {
    theta: DMatrix<R>,
    mask: Mask,
    intercept: Vec<R>,
}

impl<R: Real> DenseLayer<R> {
    /// Keeps the weights of log α ≤ `threshold`; a weight that is exactly zero is gone whatever the threshold.
    pub(crate) fn new(layer: &Layer<R>, threshold: f64) -> Self {
        let (theta, log_sigma2) = (&layer.theta, &layer.log_sigma2);
        let (inputs, outputs) = theta.shape();
        let keep = |d: usize, k: usize| {
            let t = theta[(d, k)];
            t != R::ZERO && log_alpha(t, log_sigma2[(d, k)]) <= threshold
        };
        let intercept = layer.intercept.as_ref();
        Self {
            theta: theta.clone(),
            mask: Mask::from_fn(inputs, outputs, keep),
            intercept: intercept.map_or_else(|| vec![R::ZERO; outputs], |b| b.as_slice().to_vec()),
        }
    }

    /// Takes the constant output ReLU(b) of a unit that reads nothing into the intercepts here.
    fn fold(&mut self, unit: usize, constant: R) {
        for k in 0..self.mask.outputs() {
            if self.mask.keeps(unit, k) && constant > R::ZERO {
                self.intercept[k] += constant * self.theta[(unit, k)];
            }
        }
        self.mask.drop_input(unit);
    }
}

/// Removes the units that have no effect or a constant one, then compresses.
pub(crate) fn shrink<R: Real>(mut layers: Vec<DenseLayer<R>>) -> Vec<CompactLayer<R>> {
    for l in 1..layers.len() {
        let (below, here) = layers.split_at_mut(l);
        let (below, here) = (&below[l - 1], &mut here[0]);
        for unit in 0..here.mask.inputs() {
            if here.mask.reads(unit) && !below.mask.writes(unit) {
                here.fold(unit, below.intercept[unit]);
            }
        }
    }
    let mut masks: Vec<Mask> = layers.iter().map(|l| l.mask.clone()).collect();
    drop_unread(&mut masks);
    layers.iter_mut().zip(masks).for_each(|(layer, mask)| layer.mask = mask);
    let last = layers.len() - 1;
    let mut inputs: Option<Vec<u32>> = None;
    let mut small = Vec::with_capacity(layers.len());
    for (l, layer) in layers.iter().enumerate() {
        let lives = |k: &u32| l == last || layer.mask.writes(*k as usize);
        let outputs: Vec<u32> = (0..layer.mask.outputs() as u32).filter(lives).collect();
        let read = || (0..layer.mask.inputs() as u32).filter(|&d| layer.mask.reads(d as usize)).collect();
        let inputs_here = inputs.take().unwrap_or_else(read);
        small.push(compress(layer, inputs_here, outputs.clone()));
        inputs = Some(outputs);
    }
    small
}

fn compress<R: Real>(layer: &DenseLayer<R>, inputs: Vec<u32>, outputs: Vec<u32>) -> CompactLayer<R> {
    let place = places(&outputs, layer.mask.outputs());
    let (mut offsets, mut index, mut theta) = (vec![0], Vec::new(), Vec::new());
    for &d in &inputs {
        for k in (0..layer.mask.outputs()).filter(|&k| layer.mask.keeps(d as usize, k)) {
            index.push(place[k]);
            theta.push(layer.theta[(d as usize, k)]);
        }
        offsets.push(index.len() as u32);
    }
    let intercept = outputs.iter().map(|&k| layer.intercept[k as usize]).collect();
    CompactLayer { inputs, outputs, offsets, index, theta, intercept }
}
