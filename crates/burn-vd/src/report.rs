//! What a sparse module is worth: weights kept, compression, bytes, latency.

use std::fmt;
use std::time::{Duration, Instant};

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::error::Error;
use crate::prune::{Masks, Pruning};
use crate::walk::sparse_weights;

/// One sparse layer's share.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerReport {
    /// Where it is in the module.
    pub path: String,
    /// The shape of its weights.
    pub shape: Vec<usize>,
    /// Number of weights.
    pub weights: usize,
    /// Number of weights with log α at or below the threshold.
    pub kept: usize,
    /// The smallest, median and largest log α (+∞ where θ = 0).
    pub log_alpha: [f32; 3],
}

/// A module's compression, layer by layer. `Display` prints a table.
///
/// ```
/// use burn::tensor::Device;
/// use burn_vd::{LOG_ALPHA_THRESHOLD, Report, SparseLinearConfig};
/// let layer = SparseLinearConfig::new(8, 4).init(&Device::flex());
/// let report = Report::of(&layer, LOG_ALPHA_THRESHOLD)?;
/// assert_eq!(report.weights, 32);
/// println!("{report}");
/// # Ok::<(), burn_vd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Sparse layers, gates included.
    pub layers: Vec<LayerReport>,
    /// Weights of all sparse layers, gates not counted.
    pub weights: usize,
    /// Those of them that are kept.
    pub kept: usize,
    /// All parameters of the network that is deployed: weights, biases, normalisation; no log σ², no gates.
    pub parameters: usize,
    /// The threshold on log α.
    pub threshold: f64,
}

impl Report {
    /// Counts a module's weights at a threshold on log α.
    ///
    /// # Errors
    /// As for [`Masks::of`].
    pub fn of<M: Module>(module: &M, threshold: f64) -> Result<Self, Error> {
        // Refuses NaN.
        Masks::of(module, Pruning::LogAlpha(threshold))?;
        let mut layers = Vec::new();
        let (mut weights, mut kept, mut noise) = (0, 0, 0);
        for w in sparse_weights(module)? {
            let mut log_alpha = w.log_alpha()?;
            let n = log_alpha.len();
            let here = log_alpha.iter().filter(|&&l| f64::from(l) <= threshold && l < f32::INFINITY).count();
            log_alpha.sort_by(f32::total_cmp);
            let at = |i: usize| log_alpha.get(i).copied().unwrap_or(f32::NAN);
            if w.gate {
                noise += 2 * n;
            } else {
                weights += n;
                kept += here;
                noise += n;
            }
            layers.push(LayerReport {
                path: w.path,
                shape: w.shape,
                weights: n,
                kept: here,
                log_alpha: [at(0), at(n / 2), at(n.saturating_sub(1))],
            });
        }
        let parameters = count(module).saturating_sub(noise);
        Ok(Self { layers, weights, kept, parameters, threshold })
    }

    /// Weights divided by weights kept; ∞ if none is. Biases and normalisation are not counted, as in the published figures.
    #[must_use]
    pub fn compression(&self) -> f64 {
        self.weights as f64 / self.kept as f64
    }

    /// The share of weights removed.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.kept as f64 / self.weights.max(1) as f64
    }

    /// Bytes of all parameters as 32-bit numbers.
    #[must_use]
    pub fn dense_bytes(&self) -> usize {
        4 * self.parameters
    }

    /// Bytes with the sparse layers as compressed rows: a 32-bit value and a 32-bit column per weight kept, a 32-bit offset per row
    /// (input or output channel), everything else dense.
    #[must_use]
    pub fn sparse_bytes(&self) -> usize {
        let rows: usize = self.layers.iter().filter(|l| l.shape.len() > 1).map(|l| l.shape[0] + 1).sum();
        4 * (2 * self.kept + rows + self.parameters.saturating_sub(self.weights))
    }
}

fn count<M: Module>(module: &M) -> usize {
    struct Count(usize);
    impl ModuleVisitor for Count {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0 += param.lazy_shape().num_elements();
        }
    }
    let mut count = Count(0);
    module.visit(&mut count);
    count.0
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24} {:>18} {:>10} {:>9} {:>9}", "layer", "shape", "weights", "kept", "sparsity")?;
        for l in &self.layers {
            let sparsity = 100.0 * (1.0 - l.kept as f64 / l.weights.max(1) as f64);
            let shape = format!("{:?}", l.shape);
            writeln!(f, "{:<24} {shape:>18} {:>10} {:>9} {sparsity:>8.2}%", l.path, l.weights, l.kept)?;
        }
        writeln!(
            f,
            "{:<24} {:>18} {:>10} {:>9} {:>8.2}%",
            "all",
            "",
            self.weights,
            self.kept,
            100.0 * self.sparsity()
        )?;
        let (dense, sparse) = (self.dense_bytes(), self.sparse_bytes());
        write!(f, "compression {:.1}; {dense} bytes dense, {sparse} as compressed rows", self.compression())
    }
}

/// The median wall time of `runs` calls, after one that is not counted. The closure must wait for its result: read a value of it.
///
/// # Errors
/// [`Error::OutOfRange`] for no runs; the closure's own errors.
pub fn latency<E: From<Error>>(runs: usize, mut call: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    crate::error::in_range("runs", runs as f64, runs > 0, "at least 1")?;
    call()?;
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[runs / 2])
}
