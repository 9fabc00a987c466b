//! The curvature of a block's rows: Σ w φ φᵀ and Σ w φ of the local model's features φ.
//!
//! The features of an output are its working columns x_j, then for those of them that the point keeps (in the same order) the
//! tilted squares −ρ (x_j − c_j)², which belong to the variances: e = Δm − ρΔv = Σ φ·(Δθ, Δσ²).

use faer::linalg::matmul::triangular;
use faer::{Accum, MatMut, MatRef, Par};

use crate::design::block::{Block, Entries};
use crate::pass::point::{Predictor, Weight};

/// The features of one output's local model.
#[derive(Debug, Clone)]
pub(crate) struct Features<'a> {
    /// Working columns, ascending.
    pub columns: &'a [usize],
    /// The kept weights among them, with their place in `columns`.
    pub tilted: Vec<(usize, Weight)>,
}

impl<'a> Features<'a> {
    pub fn new(columns: &'a [usize], at: &Predictor) -> Self {
        let tilted = |w: &Weight| columns.binary_search(&w.column).ok().map(|place| (place, *w));
        Self { columns, tilted: at.weights.iter().filter_map(tilted).collect() }
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        self.columns.len() + self.tilted.len()
    }
}

/// Memory that blocks share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    packed: Vec<f64>,
    scaled: Vec<f64>,
}

/// Adds a block's Σ w φ φᵀ (the lower triangle, column-major) to `gram` and Σ w φ to `linear`.
pub(crate) fn add(
    block: &Block,
    features: &Features<'_>,
    (w, tilt): (&[f64], &[f64]),
    gram: &mut [f64],
    linear: &mut [f64],
    memory: &mut Memory,
) {
    let (n, size) = (block.rows(), features.len());
    if n == 0 || size == 0 {
        return;
    }
    let Memory { packed, scaled } = memory;
    packed.clear();
    packed.resize(n * size, 0.0);
    let (straight, tilted) = packed.split_at_mut(n * features.columns.len());
    for (out, &j) in straight.chunks_exact_mut(n).zip(features.columns) {
        match block.entries() {
            Entries::Dense(values) => out.copy_from_slice(&values[j * n..(j + 1) * n]),
            Entries::Sparse { .. } => block.visit(j, |i, x| out[i] = x),
        }
    }
    for (out, (place, weight)) in tilted.chunks_exact_mut(n).zip(&features.tilted) {
        let x = &straight[place * n..(place + 1) * n];
        for i in 0..n {
            let d = x[i] - weight.centre;
            out[i] = -tilt[i] * d * d;
        }
    }
    scaled.clear();
    scaled.reserve(n * size);
    for (column, linear) in packed.chunks_exact(n).zip(linear) {
        let from = scaled.len();
        scaled.extend(column.iter().zip(w).map(|(x, w)| x * w));
        *linear += scaled[from..].iter().sum::<f64>();
    }
    triangular::matmul(
        MatMut::from_column_major_slice_mut(gram, size, size),
        triangular::BlockStructure::TriangularLower,
        Accum::Add,
        MatRef::from_column_major_slice(packed, n, size).transpose(),
        triangular::BlockStructure::Rectangular,
        MatRef::from_column_major_slice(scaled, n, size),
        triangular::BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
}
