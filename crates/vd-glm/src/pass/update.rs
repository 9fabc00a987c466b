//! The pass itself: blocks of rows in, sums out.

use estimator::InputError;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::design::block::{Block, Entries};
use crate::pass::gram::{self, Features};
use crate::pass::likelihood::Likelihood;
use crate::pass::plan::{Plan, Targets};
use crate::pass::row_state::RowState;
use crate::pass::statistics::{Statistics, Sums};

/// A pass over rows under way.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pass {
    statistics: Statistics,
    #[cfg_attr(feature = "serde", serde(skip))]
    memory: Memory,
}

/// Memory that blocks share.
#[derive(Debug, Clone, Default)]
struct Memory {
    m: Vec<f64>,
    v: Vec<f64>,
    slopes: Vec<f64>,
    squares: Vec<f64>,
    sums: Vec<f64>,
    state: RowState,
    gram: gram::Memory,
}

impl Pass {
    /// A pass over no rows yet.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let pairs = plan.working.iter().zip(&plan.point.outputs);
        let outputs = pairs.map(|(w, p)| Sums::zero(plan.columns, Features::new(w, p).len())).collect();
        Self { statistics: Statistics { rows: 0, bound: 0.0, outputs }, memory: Memory::default() }
    }

    /// Adds a block of rows.
    ///
    /// # Errors
    /// [`InputError::Shape`] if the block has other columns than the plan or other rows than the targets, or the pass was made from
    /// another plan; [`InputError::Parameter`] for a plan that contradicts itself; [`InputError::Label`] for a label that is no class.
    pub fn update(&mut self, plan: &Plan, block: &Block, targets: Targets<'_>) -> Result<(), InputError> {
        plan.check()?;
        if self.statistics.outputs.len() != plan.working.len()
            || self
                .statistics
                .outputs
                .iter()
                .zip(&plan.working)
                .zip(&plan.point.outputs)
                .any(|((s, w), p)| s.linear.len() != Features::new(w, p).len() || s.gx.len() != plan.columns)
        {
            return Err(InputError::entries(
                "the pass's sums",
                plan.working.len(),
                self.statistics.outputs.len(),
            ));
        }
        if block.columns() != plan.columns {
            return Err(InputError::columns("a block of rows", plan.columns, block.columns()));
        }
        let lengths = [Some(targets.values), targets.weights, targets.offsets];
        if let Some(wrong) = lengths.iter().flatten().find(|v| v.len() != block.rows()) {
            return Err(InputError::entries("the targets of a block", block.rows(), wrong.len()));
        }
        if let Likelihood::Softmax { classes } = plan.likelihood
            && let Some(row) = targets.values.iter().position(|t| !(*t >= 0.0 && *t < classes as f64))
        {
            return Err(InputError::Label { row, label: targets.values[row].max(0.0) as usize, classes });
        }
        let mut state = std::mem::take(&mut self.memory.state);
        self.add(plan, block, targets, &mut state);
        self.memory.state = state;
        Ok(())
    }

    /// Adds another pass of the same plan over other rows.
    pub fn merge(&mut self, other: &Self) {
        self.statistics.rows += other.statistics.rows;
        self.statistics.bound += other.statistics.bound;
        for (mine, theirs) in self.statistics.outputs.iter_mut().zip(&other.statistics.outputs) {
            mine.add(theirs);
        }
    }

    /// What the pass found.
    #[must_use]
    pub fn finish(self) -> Statistics {
        self.statistics
    }

    /// [`Pass::update`] without its checks; `state` is filled with the rows' slopes and curvatures.
    pub(crate) fn add(&mut self, plan: &Plan, block: &Block, targets: Targets<'_>, state: &mut RowState) {
        let (n, outputs) = (block.rows(), plan.point.outputs.len());
        self.memory.predict(plan, block, targets);
        let Memory { m, v, slopes, .. } = &mut self.memory;
        self.statistics.bound += state.fill(&plan.likelihood, targets, m, v);
        self.statistics.rows += n;
        slopes.clear();
        slopes.extend_from_slice(&state.g);
        slopes.extend_from_slice(&state.w);
        for (k, sums) in self.statistics.outputs.iter_mut().enumerate() {
            let (g, w) = (&state.g[k * n..(k + 1) * n], &state.w[k * n..(k + 1) * n]);
            sums.g += g.iter().sum::<f64>();
            sums.w += w.iter().sum::<f64>();
        }
        self.columns(block, outputs);
        for (k, sums) in self.statistics.outputs.iter_mut().enumerate() {
            let features = Features::new(&plan.working[k], &plan.point.outputs[k]);
            let rows = (&state.w[k * n..(k + 1) * n], &state.tilt[k * n..(k + 1) * n]);
            gram::add(block, &features, rows, &mut sums.gram, &mut sums.linear, &mut self.memory.gram);
        }
    }

    /// Σ g x, Σ w x and Σ w x² of every column and output.
    fn columns(&mut self, block: &Block, outputs: usize) {
        let (n, d) = (block.rows(), block.columns());
        let Memory { slopes, squares, sums, .. } = &mut self.memory;
        if d == 0 || n == 0 {
            return;
        }
        match block.entries() {
            Entries::Dense(values) => {
                squares.clear();
                squares.extend(values.iter().map(|x| x * x));
                sums.resize(3 * d * outputs, 0.0);
                let (linear, square) = sums.split_at_mut(2 * d * outputs);
                product(linear, values, slopes, n, d, 2 * outputs);
                product(square, squares, &slopes[n * outputs..], n, d, outputs);
                for (k, out) in self.statistics.outputs.iter_mut().enumerate() {
                    let at = |part: usize| part * d..(part + 1) * d;
                    accumulate(&mut out.gx, &linear[at(k)]);
                    accumulate(&mut out.wx, &linear[at(outputs + k)]);
                    accumulate(&mut out.wxx, &square[at(k)]);
                }
            }
            Entries::Sparse { .. } => {
                for (k, out) in self.statistics.outputs.iter_mut().enumerate() {
                    let (g, w) =
                        (&slopes[k * n..(k + 1) * n], &slopes[(outputs + k) * n..(outputs + k + 1) * n]);
                    for j in 0..d {
                        let (mut gx, mut wx, mut wxx) = (0.0, 0.0, 0.0);
                        block.visit(j, |i, x| {
                            gx += g[i] * x;
                            wx += w[i] * x;
                            wxx += w[i] * x * x;
                        });
                        out.gx[j] += gx;
                        out.wx[j] += wx;
                        out.wxx[j] += wxx;
                    }
                }
            }
        }
    }
}

impl Memory {
    /// m and v of every row and output.
    fn predict(&mut self, plan: &Plan, block: &Block, targets: Targets<'_>) {
        let n = block.rows();
        self.m.clear();
        self.v.clear();
        for output in &plan.point.outputs {
            let from = self.m.len();
            match targets.offsets {
                Some(offsets) => self.m.extend(offsets.iter().map(|o| o + output.intercept)),
                None => self.m.resize(from + n, output.intercept),
            }
            self.v.resize(from + n, 0.0);
            let (m, v) = (&mut self.m[from..], &mut self.v[from..]);
            let mut constant = 0.0;
            for weight in &output.weights {
                block.add(weight.column, weight.mean, m);
                block.add_square(weight.column, weight.centre, weight.variance, v, &mut constant);
            }
            v.iter_mut().for_each(|v| *v += constant);
        }
    }
}

/// out ← Aᵀ B for column-major A (n x d) and B (n x k).
fn product(out: &mut [f64], a: &[f64], b: &[f64], n: usize, d: usize, k: usize) {
    matmul(
        MatMut::from_column_major_slice_mut(out, d, k),
        Accum::Replace,
        MatRef::from_column_major_slice(a, n, d).transpose(),
        MatRef::from_column_major_slice(&b[..n * k], n, k),
        1.0,
        Par::Seq,
    );
}

fn accumulate(into: &mut [f64], from: &[f64]) {
    for (a, b) in into.iter_mut().zip(from) {
        *a += b;
    }
}
