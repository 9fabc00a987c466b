//! Room for intermediate values.

use crate::batch::Block;
use crate::inputs::Active;

/// Room for the intermediate values of a network: make one per thread and hand it to every call, so that none allocates.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Outputs of a layer.
    pub(crate) z: Vec<f32>,
    /// What of its inputs is not zero.
    pub(crate) active: Active,
    /// Samples side by side.
    pub(crate) block: Block,
}
