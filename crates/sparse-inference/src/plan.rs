//! Which form of a layer is the fastest for one sample.

use crate::layer::Layer;
use crate::panels::{LANES, Panels};
use crate::rows::Rows;

/// How a layer's weights lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Compressed rows, one per input, with indices of two bytes where that is enough.
    Rows,
    /// Dense panels of eight outputs over the inputs that are read.
    Panels,
}

/// A layer in its form.
#[derive(Debug, Clone)]
pub(crate) enum Kernel {
    Rows(Rows),
    Panels(Panels),
}

/// What a weight of compressed rows costs beside eight of a panel, and what an input's row costs before its first weight. Estimates: an
/// addition to memory, and a branch that is mispredicted every other row. With them the faster form won on each network that was measured.
const SCATTER: f64 = 1.5;
const ROW: f64 = 6.0;

impl Kernel {
    pub fn new(layer: &Layer) -> Self {
        let inputs = layer.inputs() as f64;
        let rows = ROW * inputs + SCATTER * layer.weights() as f64;
        let panels = inputs * layer.outputs().div_ceil(LANES) as f64;
        let made = if panels <= rows { None } else { Rows::new(layer) };
        made.map_or_else(|| Self::Panels(Panels::new(layer)), Self::Rows)
    }

    pub fn format(&self) -> Format {
        match self {
            Self::Rows(_) => Format::Rows,
            Self::Panels(_) => Format::Panels,
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.bytes(),
            Self::Panels(panels) => panels.bytes(),
        }
    }
}
