//! The pass itself: blocks of rows in, sums out.

use estimator::InputError;
use faer::linalg::matmul::{matmul, triangular};
use faer::{Accum, MatMut, MatRef, Par};

use crate::design::block::{Block, Entries};
use crate::pass::likelihood::{Evaluation, Likelihood};
use crate::pass::plan::{Plan, Targets};
use crate::pass::row_state::{RowState, coupling};
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
    scaled: Vec<f64>,
    packed: Vec<f64>,
}

impl Pass {
    /// A pass over no rows yet.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let outputs = plan.working.iter().map(|w| Sums::zero(plan.columns, w.len())).collect();
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
                .any(|(s, w)| s.gram.len() != w.len() * w.len() || s.gx.len() != plan.columns)
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
        self.add(plan, block, targets, None);
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

    pub(crate) fn add(
        &mut self,
        plan: &Plan,
        block: &Block,
        targets: Targets<'_>,
        mut rows: Option<&mut RowState>,
    ) {
        let (n, outputs) = (block.rows(), plan.point.outputs.len());
        self.memory.predict(plan, block, targets);
        // Slopes and curvatures replace means and variances, both column-major n x K: first g, then w.
        let mut evaluation = Evaluation::new(outputs);
        let Memory { m, v, slopes, .. } = &mut self.memory;
        slopes.clear();
        slopes.resize(2 * n * outputs, 0.0);
        let (mut mean, mut variance) = (vec![0.0; outputs], vec![0.0; outputs]);
        if let Some(rows) = &mut rows {
            rows.p.resize(n * outputs, 0.0);
            rows.weight = targets.weights.map_or_else(|| vec![1.0; n], <[f64]>::to_vec);
        }
        let mut bound = 0.0;
        for i in 0..n {
            for k in 0..outputs {
                mean[k] = m[k * n + i];
                variance[k] = v[k * n + i].max(0.0);
            }
            let weight = targets.weights.map_or(1.0, |w| w[i]);
            bound += weight * evaluation.run(&plan.likelihood, targets.values[i], &mean, &variance);
            for k in 0..outputs {
                slopes[k * n + i] = weight * evaluation.g[k];
                slopes[(outputs + k) * n + i] = weight * evaluation.w[k];
            }
            if let Some(rows) = &mut rows {
                let root = coupling(&evaluation.p, &evaluation.w);
                for k in 0..outputs {
                    rows.p[k * n + i] = root * evaluation.p[k];
                }
            }
        }
        self.statistics.rows += n;
        self.statistics.bound += bound;
        for (k, sums) in self.statistics.outputs.iter_mut().enumerate() {
            sums.g += slopes[k * n..(k + 1) * n].iter().sum::<f64>();
            let w = &slopes[(outputs + k) * n..(outputs + k + 1) * n];
            sums.w += w.iter().sum::<f64>();
            sums.wv += w.iter().zip(&v[k * n..(k + 1) * n]).map(|(w, v)| w * v.max(0.0)).sum::<f64>();
        }
        self.columns(block, outputs);
        for k in 0..outputs {
            self.gram(block, &plan.working[k], k, outputs);
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

    /// Σ w x xᵀ among the working columns of output k, the lower triangle.
    fn gram(&mut self, block: &Block, working: &[usize], k: usize, outputs: usize) {
        let (n, size) = (block.rows(), working.len());
        if n == 0 || size == 0 {
            return;
        }
        let Memory { slopes, scaled, packed, .. } = &mut self.memory;
        let w = &slopes[(outputs + k) * n..(outputs + k + 1) * n];
        let gram = &mut self.statistics.outputs[k].gram;
        match block.entries() {
            Entries::Dense(values) => {
                scaled.clear();
                packed.clear();
                for &j in working {
                    let column = &values[j * n..(j + 1) * n];
                    packed.extend_from_slice(column);
                    scaled.extend(column.iter().zip(w).map(|(x, w)| x * w));
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
            Entries::Sparse { .. } => {
                scaled.clear();
                scaled.resize(n, 0.0);
                for (b, &j) in working.iter().enumerate() {
                    block.visit(j, |i, x| scaled[i] = w[i] * x);
                    for (a, &i) in working.iter().enumerate().skip(b) {
                        gram[b * size + a] += block.dot(i, scaled);
                    }
                    block.visit(j, |i, _| scaled[i] = 0.0);
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
