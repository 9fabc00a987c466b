//! Which weights of a layer are kept, and the removal of what no weight reads any more.

/// Which weights of one layer are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mask {
    inputs: usize,
    outputs: usize,
    /// Row-major by input.
    kept: Vec<bool>,
}

impl Mask {
    /// Keeps the weight from input `d` to output `k` where `keep(d, k)`.
    pub fn from_fn(inputs: usize, outputs: usize, mut keep: impl FnMut(usize, usize) -> bool) -> Self {
        let kept =
            (0..inputs).flat_map(|d| (0..outputs).map(move |k| (d, k))).map(|(d, k)| keep(d, k)).collect();
        Self { inputs, outputs, kept }
    }

    pub fn inputs(&self) -> usize {
        self.inputs
    }

    pub fn outputs(&self) -> usize {
        self.outputs
    }

    pub fn keeps(&self, d: usize, k: usize) -> bool {
        self.kept[d * self.outputs + k]
    }

    /// Whether a kept weight reads input `d`.
    pub fn reads(&self, d: usize) -> bool {
        self.kept[d * self.outputs..(d + 1) * self.outputs].iter().any(|&k| k)
    }

    /// Whether a kept weight leads to output `k`.
    pub fn writes(&self, k: usize) -> bool {
        (0..self.inputs).any(|d| self.keeps(d, k))
    }

    /// Drops the weights that read input `d`.
    pub fn drop_input(&mut self, d: usize) {
        self.kept[d * self.outputs..(d + 1) * self.outputs].fill(false);
    }

    /// Drops the weights that lead to output `k`.
    fn drop_output(&mut self, k: usize) {
        (0..self.inputs).for_each(|d| self.kept[d * self.outputs + k] = false);
    }
}

/// Drops, from the last layer to the first, the weights that lead to a hidden unit which no weight reads.
pub(crate) fn drop_unread(masks: &mut [Mask]) {
    for l in (1..masks.len()).rev() {
        let (below, here) = masks.split_at_mut(l);
        for unit in (0..here[0].inputs).filter(|&unit| !here[0].reads(unit)) {
            below[l - 1].drop_output(unit);
        }
    }
}
