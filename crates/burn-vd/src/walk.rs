//! Finds the sparse weights of a module: every parameter `weight` with a `log_sigma2` of the same shape beside it.
//!
//! A layer of one's own takes part by naming its parameters so.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::error::Error;

/// The name of the parameter θ.
pub(crate) const WEIGHT: &str = "weight";
/// The name of the parameter log σ².
pub(crate) const LOG_SIGMA2: &str = "log_sigma2";
/// The path component under which a `sparsify`d weight keeps its log σ².
pub(crate) const NOISE: &str = "weight_noise";

/// One layer's (θ, log σ²), flattened, still in the autodiff graph.
#[derive(Debug, Clone)]
pub struct SparseWeights {
    /// Where the layer is in the module, such as `block.0.conv`; for a `sparsify`d parameter, its own path.
    pub path: String,
    /// θ, in the order of its memory.
    pub theta: Tensor<1>,
    /// log σ², likewise.
    pub log_sigma2: Tensor<1>,
    /// The parameter's shape.
    pub shape: Vec<usize>,
    /// Whether `sparsify` attached the log σ² to an ordinary parameter.
    pub attached: bool,
    /// Whether the values are a gate's: factors of whole units rather than weights.
    pub gate: bool,
}

impl SparseWeights {
    /// A tensor's values on the host.
    pub(crate) fn values(&self, tensor: &Tensor<1>) -> Result<Vec<f32>, Error> {
        read(&self.path, tensor.clone())
    }

    /// The path of the parameter θ itself.
    pub(crate) fn weight_path(&self) -> String {
        match (self.attached, self.path.as_str()) {
            (true, path) => path.to_owned(),
            (false, "") => WEIGHT.to_owned(),
            (false, path) => format!("{path}.{WEIGHT}"),
        }
    }

    /// log α = log σ² − 2 log|θ| of every weight on the host; +∞ where θ = 0.
    ///
    /// # Errors
    /// [`Error::Device`] if the device can't give its values.
    pub fn log_alpha(&self) -> Result<Vec<f32>, Error> {
        let (theta, log_sigma2) = (self.values(&self.theta)?, self.values(&self.log_sigma2)?);
        Ok(theta.iter().zip(&log_sigma2).map(|(&t, &l)| log_alpha(t, l)).collect())
    }
}

/// log σ² − 2 log|θ|; +∞ at θ = 0 whatever σ².
pub(crate) fn log_alpha(theta: f32, log_sigma2: f32) -> f32 {
    if theta == 0.0 { f32::INFINITY } else { log_sigma2 - 2.0 * theta.abs().ln() }
}

/// A tensor's values on the host.
pub(crate) fn read<const D: usize>(path: &str, tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    let tensor = if tensor.is_autodiff() { tensor.inner() } else { tensor };
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|e| Error::Device { path: path.to_owned(), reason: format!("{e:?}") })
}

/// Every sparse layer of a module, in the order of its fields.
///
/// # Errors
/// [`Error::NoSparseLayers`] if there is none; [`Error::Shape`] if a `weight` and its `log_sigma2` differ in shape.
pub fn sparse_weights<M: Module>(module: &M) -> Result<Vec<SparseWeights>, Error> {
    let mut pairs = Pairs::default();
    module.visit(&mut pairs);
    match pairs.error {
        Some(error) => Err(error),
        None if pairs.found.is_empty() => Err(Error::NoSparseLayers),
        None => Ok(pairs.found),
    }
}

#[derive(Default)]
struct Pairs {
    path: Vec<String>,
    container: Vec<String>,
    /// The last `weight` seen, or base of a reparameterization: its path, values and shape.
    pending: Option<(Vec<String>, Tensor<1>, Vec<usize>)>,
    found: Vec<SparseWeights>,
    error: Option<Error>,
}

impl ModuleVisitor for Pairs {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.push(name.to_owned());
        self.container.push(container_type.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
        self.container.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.last().map(String::as_str);
        if name != Some(LOG_SIGMA2) {
            let value = param.val();
            let shape = value.dims().to_vec();
            let n = shape.iter().product::<usize>();
            self.pending = Some((self.path.clone(), value.reshape([n]), shape));
            return;
        }
        let parent = &self.path[..self.path.len() - 1];
        let attached = parent.last().is_some_and(|n| n == NOISE);
        let expected = if attached {
            parent[..parent.len() - 1].to_vec()
        } else {
            let mut p = parent.to_vec();
            p.push(WEIGHT.to_owned());
            p
        };
        let Some((path, theta, shape)) = self.pending.take_if(|(path, ..)| *path == expected) else {
            return;
        };
        let log_sigma2 = param.val();
        let found = log_sigma2.dims().to_vec();
        let label = if attached { path.join(".") } else { parent.join(".") };
        // A reparameterization's log σ² is flat: its type can't carry the parameter's rank.
        if found.iter().product::<usize>() != shape.iter().product::<usize>() || (!attached && found != shape)
        {
            self.error.get_or_insert(Error::Shape { path: label, found, expected: shape });
            return;
        }
        let n = found.iter().product::<usize>();
        let gate = self.container.last().is_some_and(|c| c == "Struct:UnitGate");
        self.found.push(SparseWeights {
            path: label,
            theta,
            log_sigma2: log_sigma2.reshape([n]),
            shape,
            attached,
            gate,
        });
    }
}

/// A parameter with all its values replaced by `flat`'s, a leaf of the graph as before.
pub(crate) fn replace<const D: usize>(param: Param<Tensor<D>>, flat: Tensor<1>) -> Param<Tensor<D>> {
    let (id, tensor, mapper) = param.consume();
    let (autodiff, require_grad) = (tensor.is_autodiff(), tensor.is_require_grad());
    let shape = tensor.dims();
    let value = flat.to_device(&tensor.device().without_autodiff()).reshape(shape);
    let value = if autodiff { Tensor::from_inner(value).set_require_grad(require_grad) } else { value };
    Param::from_mapped_value(id, value, mapper)
}
