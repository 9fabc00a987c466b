//! `summary.json`: what a script checks.

use serde::{Deserialize, Serialize};

use crate::protocol;
use crate::provenance::Provenance;
use crate::record::{Moments, Record, by_run_id, paired};

/// The fit of the sigmoid form to samples of the divergence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KlFit {
    /// Height of the sigmoid.
    pub k1: f64,
    /// Offset in the sigmoid.
    pub k2: f64,
    /// Slope in the sigmoid.
    pub k3: f64,
    /// Largest |fit − exact KL| in nats over all α.
    pub max_abs_error: f64,
    /// The log α where it is.
    pub max_abs_error_at: f64,
    /// Samples drawn at each point.
    pub samples_per_point: usize,
    /// Points fitted.
    pub points: usize,
    /// The seed of the samples.
    pub seed: u64,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// `digits`, `digits+noise` or `mnist`.
    pub dataset: String,
    /// The method.
    pub method: String,
    /// The protocol.
    pub protocol: String,
    /// Mean test accuracy over the splits.
    pub accuracy_mean: f64,
    /// Its standard deviation; null for one split.
    pub accuracy_sd: Option<f64>,
    /// Mean share of the weights that are zero.
    pub sparsity_mean: f64,
    /// Its standard deviation; null for one split.
    pub sparsity_sd: Option<f64>,
    /// How many splits.
    pub splits: usize,
    /// Mean wall-clock seconds of a fit.
    pub seconds: f64,
    /// Mean share of the noise columns' weights that were kept; null where there are none.
    pub noise_kept_mean: Option<f64>,
    /// What the poster printed for this row (accuracy), under its own protocol.
    pub poster_accuracy: Option<f64>,
    /// The same for the sparsity.
    pub poster_sparsity: Option<f64>,
    /// Mean over the splits of (this accuracy − VD-ARD's on the same split).
    pub accuracy_minus_vd_ard_mean: Option<f64>,
    /// Standard error of that mean.
    pub accuracy_minus_vd_ard_se: Option<f64>,
}

/// A picture's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureFiles {
    /// The picture's name.
    pub id: String,
    /// Path of the SVG, from the summary's directory.
    pub svg: String,
    /// Path of the PNG.
    pub png: String,
}

/// The whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Present if the fit was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_fit: Option<KlFit>,
    /// The rows that were run.
    pub table: Vec<Row>,
    /// The pictures that were drawn.
    pub figures: Vec<FigureFiles>,
    /// Whether this was the reduced run.
    pub smoke: bool,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// The table: one row for each (data set, protocol, method) there are records of, curves left out.
#[must_use]
pub fn rows(records: &[Record]) -> Vec<Row> {
    let groups = by_run_id(records);
    let reference = |row: &Record| {
        groups
            .iter()
            .find(|g| g[0].method == "vd-ard" && g[0].dataset == row.dataset && g[0].protocol == row.protocol)
    };
    let row = |group: &Vec<&Record>| {
        let first = group[0];
        let accuracy = Moments::of(group.iter().map(|r| r.accuracy))?;
        let sparsity = Moments::of(group.iter().map(|r| r.sparsity))?;
        let difference = match reference(first) {
            Some(reference) if first.method != "vd-ard" => paired(group, reference, |r| r.accuracy),
            _ => None,
        };
        let same_protocol = [protocol::POSTER, protocol::REPEATED, protocol::EXACT_REPLICATION]
            .contains(&first.protocol.as_str());
        let poster = protocol::poster_cell(&first.dataset, &first.method).filter(|_| same_protocol);
        Some(Row {
            dataset: first.dataset.clone(),
            method: first.method.clone(),
            protocol: first.protocol.clone(),
            accuracy_mean: accuracy.mean,
            accuracy_sd: accuracy.sd,
            sparsity_mean: sparsity.mean,
            sparsity_sd: sparsity.sd,
            splits: accuracy.count,
            seconds: Moments::of(group.iter().map(|r| r.seconds))?.mean,
            noise_kept_mean: Moments::of(group.iter().filter_map(|r| r.noise_kept)).map(|m| m.mean),
            poster_accuracy: poster.map(|cell| cell.accuracy),
            poster_sparsity: poster.map(|cell| cell.sparsity),
            accuracy_minus_vd_ard_mean: difference.map(|d| d.mean),
            accuracy_minus_vd_ard_se: difference.and_then(|d| d.standard_error()),
        })
    };
    let mut rows: Vec<Row> =
        groups.iter().filter(|g| g[0].protocol != protocol::CURVE).filter_map(row).collect();
    // A data set's protocols one after the other; within one, the methods in the order in which they were asked for.
    let datasets: Vec<String> = rows.iter().map(|row| row.dataset.clone()).collect();
    let protocols: Vec<String> = rows.iter().map(|row| row.protocol.clone()).collect();
    let first = |names: &[String], name: &str| names.iter().position(|n| n == name);
    rows.sort_by_key(|row| (first(&datasets, &row.dataset), first(&protocols, &row.protocol)));
    rows
}
