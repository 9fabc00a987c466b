//! From a design matrix to standardised blocks of rows.
//!
//! Inside the solver a column is (x − mean)/scale, with the sample-weighted mean and standard deviation; without an intercept
//! the mean is left in. A sparse column keeps its zeros: it is scaled, and its mean is taken out only where it stores every row.
//! Columns that do not vary are left out; no weight can belong to them.

use estimator::InputError;

use crate::design::block::Block;
use crate::design::matrix::Design;
use crate::pass::point::{Point, Predictor, Weight};

/// Spread below which a column counts as constant, in units in the last place of its largest entry.
const CONSTANT_ULPS: f64 = 16.0 * f64::EPSILON;

/// Doubles of one block of rows: half a megabyte, which stays in the second-level cache.
const BLOCK: usize = 1 << 16;

/// Which rows take part: those of positive weight.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// Their indices, ascending.
    pub kept: Vec<usize>,
    /// Their weights.
    pub weights: Vec<f64>,
    /// Whether there is an intercept.
    pub intercept: bool,
}

impl Rows {
    pub fn new(count: usize, weights: Option<&[f64]>, intercept: bool) -> Result<Self, InputError> {
        let Some(given) = weights else {
            return Ok(Self { kept: (0..count).collect(), weights: vec![1.0; count], intercept });
        };
        if given.len() != count {
            return Err(InputError::entries("the sample weights", count, given.len()));
        }
        if let Some(row) = given.iter().position(|w| !(*w >= 0.0 && w.is_finite())) {
            return Err(InputError::Weight { row, value: given[row] });
        }
        let kept: Vec<usize> = (0..count).filter(|&i| given[i] > 0.0).collect();
        if kept.is_empty() {
            return Err(InputError::Weight { row: 0, value: 0.0 });
        }
        let weights = kept.iter().map(|&i| given[i]).collect();
        Ok(Self { kept, weights, intercept })
    }
}

/// A standardised design.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// The rows that take part, in order.
    pub blocks: Vec<Block>,
    /// Which columns of the design the blocks have, in which units.
    pub units: Units,
}

/// Which columns of a design take part in a fit, and their units in it.
#[derive(Debug, Clone)]
pub(crate) struct Units {
    /// For each column of the fit, which column of the design it is.
    pub features: Vec<usize>,
    /// What was subtracted from it.
    pub means: Vec<f64>,
    /// What it was divided by.
    pub scales: Vec<f64>,
}

impl Units {
    /// A point's predictors in the units of the data.
    pub fn restore_all(&self, points: &[Point]) -> Vec<Predictor> {
        points.iter().flat_map(|p| &p.outputs).map(|p| self.restore(p)).collect()
    }

    /// A predictor in the units of the data.
    pub fn restore(&self, predictor: &Predictor) -> Predictor {
        let mut intercept = predictor.intercept;
        let weights = predictor
            .weights
            .iter()
            .map(|w| {
                let (mean, scale) = (self.means[w.column], self.scales[w.column]);
                let theta = w.mean / scale;
                intercept -= theta * mean;
                Weight {
                    column: self.features[w.column],
                    mean: theta,
                    variance: w.variance / scale / scale,
                    centre: mean + scale * w.centre,
                }
            })
            .collect();
        Predictor { intercept, weights }
    }
}

/// Mean and scale of one column; a scale of 0 means that it does not vary.
fn moments(x: Design<'_>, j: usize, rows: &Rows, place: &[usize], total: f64) -> (f64, f64) {
    let mut largest: f64 = 0.0;
    x.visit(j, |i, v| {
        if place[i] != usize::MAX {
            largest = largest.max(v.abs());
        }
    });
    if largest == 0.0 {
        return (0.0, 0.0);
    }
    let (mut sum, mut mass) = (0.0, 0.0);
    x.visit(j, |i, v| {
        if place[i] != usize::MAX {
            let w = rows.weights[place[i]];
            sum += w * (v / largest);
            mass += w;
        }
    });
    let mean = if rows.intercept { sum / total } else { 0.0 };
    let mut spread = (total - mass).max(0.0) * mean * mean;
    x.visit(j, |i, v| {
        if place[i] != usize::MAX {
            spread += rows.weights[place[i]] * (v / largest - mean) * (v / largest - mean);
        }
    });
    let scale = (spread / total).sqrt();
    if scale > CONSTANT_ULPS { (mean * largest, scale * largest) } else { (mean * largest, 0.0) }
}

/// Standardises the rows of positive weight; `x` has been checked.
pub(crate) fn prepare(x: Design<'_>, rows: &Rows) -> Result<Prepared, InputError> {
    let mut place = vec![usize::MAX; x.nrows()];
    for (at, &i) in rows.kept.iter().enumerate() {
        place[i] = at;
    }
    let total: f64 = rows.weights.iter().sum();
    let (mut features, mut means, mut scales) = (Vec::new(), Vec::new(), Vec::new());
    for j in 0..x.ncols() {
        let (mean, scale) = moments(x, j, rows, &place, total);
        if !(mean.is_finite() && scale.is_finite()) {
            return Err(InputError::Range { what: "the standard deviation of a column" });
        }
        if scale > 0.0 {
            features.push(j);
            means.push(if x.full(j) { mean } else { 0.0 });
            scales.push(scale);
        }
    }
    let count = rows.kept.len();
    // At least eight blocks where there are rows enough, so that threads share them.
    let size = (BLOCK / features.len().max(1)).clamp(128, 4096).min((count / 8).max(128));
    let blocks = match x {
        Design::Dense(_) => dense(x, rows, &features, &means, &scales, size),
        Design::Sparse(_) => sparse(x, &place, count, &features, &means, &scales, size),
    };
    Ok(Prepared { blocks, units: Units { features, means, scales } })
}

fn dense(
    x: Design<'_>,
    rows: &Rows,
    features: &[usize],
    means: &[f64],
    scales: &[f64],
    size: usize,
) -> Vec<Block> {
    let Design::Dense(matrix) = x else { return Vec::new() };
    let n = matrix.nrows();
    let chunks: Vec<&[usize]> = rows.kept.chunks(size).collect();
    let one = |chunk: &&[usize]| {
        let mut values = Vec::with_capacity(chunk.len() * features.len());
        for (k, &j) in features.iter().enumerate() {
            let column = &matrix.as_slice()[j * n..(j + 1) * n];
            values.extend(chunk.iter().map(|&i| (column[i] - means[k]) / scales[k]));
        }
        Block::dense(chunk.len(), features.len(), values)
    };
    use rayon::prelude::*;
    chunks.par_iter().filter_map(one).collect()
}

fn sparse(
    x: Design<'_>,
    place: &[usize],
    count: usize,
    features: &[usize],
    means: &[f64],
    scales: &[f64],
    size: usize,
) -> Vec<Block> {
    let number = count.div_ceil(size);
    let mut parts = vec![(vec![0_usize], Vec::<u32>::new(), Vec::<f64>::new()); number];
    for (k, &j) in features.iter().enumerate() {
        x.visit(j, |i, v| {
            let at = place[i];
            let value = (v - means[k]) / scales[k];
            if at != usize::MAX && value != 0.0 {
                let (_, row, values) = &mut parts[at / size];
                row.push((at % size) as u32);
                values.push(value);
            }
        });
        for (start, row, _) in &mut parts {
            start.push(row.len());
        }
    }
    parts
        .into_iter()
        .enumerate()
        .map(|(b, (start, row, value))| Block::sparse(size.min(count - b * size), start, row, value))
        .collect()
}
