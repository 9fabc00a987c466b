//! Errors of this crate.

/// What was wrong with an argument, a module or a file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number is outside its range.
    #[error("{name} is {value}, but must be {expected}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// A layer has no inputs, no outputs or an empty kernel.
    #[error("{layer} of sizes {sizes:?} has no weights: every size must be at least 1")]
    EmptyLayer {
        /// The layer's type.
        layer: &'static str,
        /// Its sizes.
        sizes: Vec<usize>,
    },
    /// The number of channels is no multiple of the number of groups.
    #[error(
        "{layer}: {channels:?} channels can't be cut into {groups} groups; both numbers must be multiples of it"
    )]
    Groups {
        /// The layer's type.
        layer: &'static str,
        /// Channels in and out.
        channels: [usize; 2],
        /// Groups asked for.
        groups: usize,
    },
    /// The module has no sparse layers.
    #[error(
        "the module has no sparse layer (no `weight` with a `log_sigma2` beside it): build it from SparseLinear, \
         SparseConv1d, SparseConv2d or UnitGate, or call `sparsify` on it"
    )]
    NoSparseLayers,
    /// Two tensors that belong together differ in shape.
    #[error("{path}: shape {found:?}, but {expected:?} was expected")]
    Shape {
        /// Where in the module.
        path: String,
        /// The shape found.
        found: Vec<usize>,
        /// The shape expected.
        expected: Vec<usize>,
    },
    /// A path names nothing in the module.
    #[error("the module has nothing at `{path}`; it has {}", known.join(", "))]
    NoSuchPath {
        /// The path asked for.
        path: String,
        /// The paths there are.
        known: Vec<String>,
    },
    /// Values that are NaN or infinite.
    #[error("{path}: {count} of {total} values are NaN or infinite")]
    NotFinite {
        /// Where in the module.
        path: String,
        /// How many values.
        count: usize,
        /// Out of how many.
        total: usize,
    },
    /// A plan for shrinking a module that doesn't fit the module.
    #[error("shrinking along width `{width}`: {reason}")]
    Plan {
        /// The width's name.
        width: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A network that the sparse predictor can't hold.
    #[cfg(feature = "predictor")]
    #[error("can't be exported: {0}")]
    Export(String),
    /// The device could not give a tensor's values.
    #[error("could not read {path} from its device: {reason}")]
    Device {
        /// Where in the module.
        path: String,
        /// The device's words.
        reason: String,
    },
}

/// Checks that a number lies in a range.
pub(crate) fn in_range(
    name: &'static str,
    value: f64,
    holds: bool,
    expected: &'static str,
) -> Result<f64, Error> {
    if holds { Ok(value) } else { Err(Error::OutOfRange { name, value, expected }) }
}
