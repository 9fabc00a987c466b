//! Parameters, optimiser moments and gradients of one layer, cut into chunks.
//!
//! A chunk holds sixteen outputs (a panel) of a range of inputs (a part). Threads own whole chunks in the backward phase,
//! so no two of them ever write the same element; how many chunks there are depends on the layer alone, never on the
//! number of threads.
//!
//! | symbol | identifier | shape |
//! |---|---|---|
//! | θ, σ² | `Chunk::weights` | inputs x (16, 16) |
//! | ρ = log σ² | `Chunk::rho` | inputs x 16 |
//! | b | `Chunk::bias` | 16, in the chunks of part 0 |
//! | Adam's m, v of θ and of ρ | `Chunk::moments` | inputs x (16, 16, 16, 16) |
//! | Σₘ x g, Σₘ x² h | `Chunk::gradient` | inputs x (16, 16) |
//! | the chunk's share of μ, V | `Chunk::forward` | rows x (16, 16) |

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::numeric::lanes::{LANES, V};

/// Layers with fewer panels than this are cut along their inputs too, so that four threads have something to own.
const LEAST_CHUNKS: usize = 4;

/// Sixteen outputs of a range of inputs.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// Which sixteen outputs.
    pub panel: usize,
    /// Which range of inputs.
    pub part: usize,
    /// θ and σ², side by side since every pass reads both.
    pub weights: Vec<[V; 2]>,
    /// log σ².
    pub rho: Vec<V>,
    /// Adam's first and second moment of θ, then of ρ.
    pub moments: Vec<[V; 4]>,
    /// Sums over the minibatch; zero between steps.
    pub gradient: Vec<[V; 2]>,
    /// Bias, first and second moment.
    pub bias: [V; 3],
    /// Σ_d x θ and Σ_d x² σ² over the chunk's inputs, for each row of the minibatch (first layer only).
    pub forward: Vec<[V; 2]>,
}

impl Chunk {
    fn new(panel: usize, part: usize, inputs: usize) -> Self {
        Self {
            panel,
            part,
            weights: vec![[V::ZERO; 2]; inputs],
            rho: vec![V::ZERO; inputs],
            moments: vec![[V::ZERO; 4]; inputs],
            gradient: vec![[V::ZERO; 2]; inputs],
            bias: [V::ZERO; 3],
            forward: Vec::new(),
        }
    }
}

/// One dense layer.
#[derive(Debug)]
pub(crate) struct Layer {
    /// D.
    pub inputs: usize,
    /// K.
    pub outputs: usize,
    /// ⌈K/16⌉.
    pub panels: usize,
    /// Ranges that the inputs are cut into.
    pub parts: usize,
    /// Whether there is a bias.
    pub bias: bool,
    /// The panels' outputs by their numbers in the whole layer, of which this one may have lost some.
    pub ids: Vec<[u32; LANES]>,
    /// Chunk (panel, part) at panel·parts + part.
    chunks: Vec<RwLock<Chunk>>,
}

impl Layer {
    /// A layer of zeros (σ² = 0: no weight is alive) from `inputs` inputs to the outputs of these numbers.
    pub fn new(inputs: usize, ids: &[u32], bias: bool) -> Self {
        let outputs = ids.len();
        let panels = outputs.div_ceil(LANES);
        let parts = LEAST_CHUNKS.div_ceil(panels.max(1)).min(inputs.max(1));
        let width = inputs.div_ceil(parts).max(1);
        let size = |part: usize| width.min(inputs.saturating_sub(part * width));
        let chunks = (0..panels * parts).map(|i| (i / parts, i % parts));
        let chunks = chunks.map(|(panel, part)| RwLock::new(Chunk::new(panel, part, size(part)))).collect();
        let padded =
            |panel: &[u32]| core::array::from_fn(|lane| panel.get(lane).copied().unwrap_or(u32::MAX));
        let ids = ids.chunks(LANES).map(padded).collect();
        Self { inputs, outputs, panels, parts, bias, ids, chunks }
    }

    /// Inputs in a part.
    pub fn width(&self) -> usize {
        self.inputs.div_ceil(self.parts).max(1)
    }

    /// Number of chunks.
    pub fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// Inputs of the chunk, a measure of the work that it makes.
    pub fn chunk_inputs(&self, chunk: usize) -> usize {
        let start = chunk % self.parts * self.width();
        self.width().min(self.inputs.saturating_sub(start))
    }

    /// All chunks for reading.
    pub fn read(&self) -> Vec<RwLockReadGuard<'_, Chunk>> {
        self.chunks.iter().map(|c| c.read().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    /// One chunk for writing.
    pub fn write(&self, chunk: usize) -> RwLockWriteGuard<'_, Chunk> {
        self.chunks[chunk].write().unwrap_or_else(PoisonError::into_inner)
    }

    /// All chunks, by exclusive access.
    pub fn chunks_mut(&mut self) -> impl Iterator<Item = &mut Chunk> {
        self.chunks.iter_mut().map(|c| c.get_mut().unwrap_or_else(PoisonError::into_inner))
    }
}
