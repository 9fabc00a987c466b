//! One fit on one split, and what many of them say together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A fit's result on a split: a line of `results.csv`, at full precision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `digits`, `digits+noise` or `mnist`.
    pub dataset: String,
    /// `vd-ard`, `l1-lr`, `rvm`, …
    pub method: String,
    /// `poster`, `repeated`, `clean`, `curve`.
    pub protocol: String,
    /// Which split, from 0.
    pub split: usize,
    /// The seed of the split (and of the fit, where it draws).
    pub seed: u64,
    /// The free parameter that was set or chosen.
    pub parameter: f64,
    /// Its name.
    pub parameter_name: String,
    /// Share of test objects put in the right class.
    pub accuracy: f64,
    /// The same of train objects.
    pub train_accuracy: f64,
    /// Share of the K·D weights that are exactly zero after pruning.
    pub sparsity: f64,
    /// Of the weights on noise columns, the share kept; empty where there are none.
    pub noise_kept: Option<f64>,
    /// How the fit ended.
    pub status: String,
    /// Wall-clock time of the fit, choice of the parameter included.
    pub seconds: f64,
}

/// Mean and standard deviation (n − 1); the deviation of a single value is unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The standard deviation, `None` for a single value.
    pub sd: Option<f64>,
    /// How many values.
    pub count: usize,
}

impl Moments {
    /// Of the values; `None` if there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().collect();
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        let sd = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        Some(Self { mean, sd, count })
    }

    /// The standard error of the mean.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        self.sd.map(|sd| sd / (self.count as f64).sqrt())
    }
}

/// The records grouped by (data set, method, protocol), in order of first appearance.
#[must_use]
pub fn by_run_id(records: &[Record]) -> Vec<Vec<&Record>> {
    let mut index: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Record>> = Vec::new();
    for record in records {
        let key = (record.dataset.as_str(), record.method.as_str(), record.protocol.as_str());
        let at = *index.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(record);
    }
    groups
}

/// a − b over the splits that both have: accuracy differences by split.
#[must_use]
pub fn paired(a: &[&Record], b: &[&Record], value: fn(&Record) -> f64) -> Option<Moments> {
    let theirs: BTreeMap<usize, f64> = b.iter().map(|r| (r.split, value(r))).collect();
    Moments::of(a.iter().filter_map(|r| Some(value(r) - theirs.get(&r.split)?)))
}
