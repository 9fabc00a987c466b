//! Removal of weights: which ones, and keeping them removed during further training.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Bool, Tensor, TensorData};

use crate::error::{Error, in_range};
use crate::walk::{LOG_SIGMA2, NOISE, SparseWeights, WEIGHT, log_alpha, sparse_weights};

/// The threshold on log α above which a weight counts as removed: α > 20, a binary dropout rate of 95 %
/// (Molchanov, Ashuha & Vetrov 2017).
pub const LOG_ALPHA_THRESHOLD: f64 = 3.0;

/// Which weights to remove.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Pruning {
    /// Those with log α above a threshold. [`crate::LOG_ALPHA_THRESHOLD`] is the usual one.
    LogAlpha(f64),
    /// All but so many of the smallest log α over the whole module. Of weights with equal log α the earlier ones stay.
    Keep(usize),
    /// All but those that make `total / kept` this compression.
    Compression(f64),
}

/// Which weights of a module are kept.
///
/// Compute it once, [`apply`](Masks::apply) it to prune, and apply it again after each optimiser step to train what is left.
///
/// ```
/// use burn::tensor::Device;
/// use burn_vd::{Masks, Pruning, SparseLinearConfig};
/// let layer = SparseLinearConfig::new(8, 4).init(&Device::flex());
/// let masks = Masks::of(&layer, Pruning::Keep(5))?;
/// assert_eq!((masks.kept(), masks.total()), (5, 32));
/// let pruned = masks.apply(layer);
/// # Ok::<(), burn_vd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Masks {
    layers: Vec<Mask>,
}

#[derive(Debug, Clone)]
struct Mask {
    /// The path of `weight`, and that of `log_sigma2`.
    paths: [String; 2],
    kept: Vec<bool>,
    /// The removed weights, on the module's device.
    removed: Tensor<1, Bool>,
}

impl Masks {
    /// Chooses the weights to keep. Weights that are removed already stay so; gates count as weights of their own.
    ///
    /// # Errors
    /// [`Error::NoSparseLayers`]; [`Error::NotFinite`] if a log α is NaN; [`Error::OutOfRange`] for a threshold that is NaN, a
    /// compression below 1 or more weights to keep than there are.
    pub fn of<M: Module>(module: &M, pruning: Pruning) -> Result<Self, Error> {
        let weights = sparse_weights(module)?;
        let mut all = Vec::with_capacity(weights.len());
        for w in &weights {
            let log_alpha = w.log_alpha()?;
            let bad = log_alpha.iter().filter(|l| l.is_nan()).count();
            if bad > 0 {
                return Err(Error::NotFinite { path: w.path.clone(), count: bad, total: log_alpha.len() });
            }
            all.push(log_alpha);
        }
        let total: usize = all.iter().map(Vec::len).sum();
        let kept = match pruning {
            Pruning::LogAlpha(threshold) => {
                in_range("the threshold on log α", threshold, !threshold.is_nan(), "a number")?;
                all.iter()
                    .map(|l| l.iter().map(|&l| f64::from(l) <= threshold && l < f32::INFINITY).collect())
                    .collect()
            }
            Pruning::Keep(n) => {
                in_range("the number of weights to keep", n as f64, n <= total, "at most the module's")?;
                smallest(&all, n)
            }
            Pruning::Compression(c) => {
                in_range("the compression", c, c >= 1.0, "at least 1")?;
                smallest(&all, (total as f64 / c).floor() as usize)
            }
        };
        let layers = weights.iter().zip(kept).map(|(w, kept)| Mask::new(w, kept)).collect();
        Ok(Self { layers })
    }

    /// The module with θ = 0 and log σ² = −∞ at every removed weight.
    #[must_use]
    pub fn apply<M: Module>(&self, module: M) -> M {
        module.map(&mut Apply { masks: self, path: Vec::new() })
    }

    /// Number of weights kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.layers.iter().map(|m| m.kept.iter().filter(|k| **k).count()).sum()
    }

    /// Number of weights, kept or not.
    #[must_use]
    pub fn total(&self) -> usize {
        self.layers.iter().map(|m| m.kept.len()).sum()
    }

    /// Total weights divided by those kept; ∞ if none is.
    #[must_use]
    pub fn compression(&self) -> f64 {
        self.total() as f64 / self.kept() as f64
    }
}

impl Mask {
    fn new(w: &SparseWeights, kept: Vec<bool>) -> Self {
        let device = w.theta.device().without_autodiff();
        let removed: Vec<bool> = kept.iter().map(|k| !k).collect();
        let n = removed.len();
        let removed = Tensor::<1, Bool>::from_data(TensorData::new(removed, [n]), &device);
        // A reparameterized parameter is its own path; a layer holds `weight`.
        let paths = if w.attached {
            [w.path.clone(), format!("{}.{NOISE}.{LOG_SIGMA2}", w.path)]
        } else {
            let prefix = if w.path.is_empty() { String::new() } else { format!("{}.", w.path) };
            [format!("{prefix}{WEIGHT}"), format!("{prefix}{LOG_SIGMA2}")]
        };
        Self { paths, kept, removed }
    }
}

/// Marks the `n` smallest.
fn smallest(all: &[Vec<f32>], n: usize) -> Vec<Vec<bool>> {
    let mut order: Vec<(f32, usize, usize)> = Vec::new();
    for (layer, values) in all.iter().enumerate() {
        order.extend(values.iter().enumerate().map(|(i, &l)| (l, layer, i)));
    }
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut kept: Vec<Vec<bool>> = all.iter().map(|v| vec![false; v.len()]).collect();
    for &(l, layer, i) in order.iter().take(n) {
        kept[layer][i] = l < f32::INFINITY;
    }
    kept
}

struct Apply<'a> {
    masks: &'a Masks,
    path: Vec<String>,
}

impl ModuleMapper for Apply<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        for mask in &self.masks.layers {
            let fill = if path == mask.paths[0] {
                0.0
            } else if path == mask.paths[1] {
                f32::NEG_INFINITY
            } else {
                continue;
            };
            return set(param, &mask.removed, fill);
        }
        param
    }
}

/// A parameter with some values replaced, a leaf of the graph as before.
fn set<const D: usize>(param: Param<Tensor<D>>, mask: &Tensor<1, Bool>, fill: f32) -> Param<Tensor<D>> {
    let (id, tensor, mapper) = param.consume();
    let (autodiff, require_grad) = (tensor.is_autodiff(), tensor.is_require_grad());
    let plain = if autodiff { tensor.inner() } else { tensor };
    let shape = plain.dims();
    let mask = mask.clone().to_device(&plain.device()).reshape(shape);
    let value = plain.mask_fill(mask, fill);
    let value = if autodiff { Tensor::from_inner(value).set_require_grad(require_grad) } else { value };
    Param::from_mapped_value(id, value, mapper)
}

/// Removes weights for good: θ = 0 and log σ² = −∞.
///
/// # Errors
/// As for [`Masks::of`].
pub fn prune<M: Module>(module: M, pruning: Pruning) -> Result<M, Error> {
    let masks = Masks::of(&module, pruning)?;
    Ok(masks.apply(module))
}

/// Turns a module's noise off: log σ² = −∞ everywhere. Its training passes then equal those of the mean weights.
///
/// Use it before training the weights that are left after pruning, with [`Masks::apply`] after each step.
#[must_use]
pub fn without_noise<M: Module>(module: M) -> M {
    struct Silence {
        path: Vec<String>,
    }
    impl ModuleMapper for Silence {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if self.path.last().is_none_or(|name| name != LOG_SIGMA2) {
                return param;
            }
            let n = param.lazy_shape().num_elements();
            let all = Tensor::<1>::zeros([n], &param.lazy_device().without_autodiff()).equal_elem(0.0);
            set(param, &all, f32::NEG_INFINITY)
        }
    }
    module.map(&mut Silence { path: Vec::new() })
}

/// log α of a (θ, log σ²) pair, as pruning sees it: log σ² − 2 log|θ|, +∞ at θ = 0.
#[must_use]
pub fn weight_log_alpha(theta: f32, log_sigma2: f32) -> f32 {
    log_alpha(theta, log_sigma2)
}
