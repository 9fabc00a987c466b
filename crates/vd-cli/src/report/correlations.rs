//! Which columns move together in a table.

use predictor::{ColumnKind, Function, SavedModel, Table, Values};
use rayon::prelude::*;

/// The most numbers that are looked at: rows times features.
const MOST: usize = 20_000_000;
/// The most kept features, strongest first, whose correlations are looked for.
const KEPT: usize = 100;
/// The most stand-ins of one feature.
const EACH: usize = 5;
/// From which correlation on a column is shown as a stand-in.
pub(crate) const FROM: f64 = 0.5;
/// The most features of the matrix.
const SIDE: usize = 24;

/// A kept feature and one that moves with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    pub kept: usize,
    pub other: usize,
    pub correlation: f64,
}

/// Which features move together in a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Correlations {
    /// Rows that were looked at.
    pub rows: usize,
    /// How many kept features were looked at, the strongest ones.
    pub features: usize,
    /// By kept feature in the order of relevance, then by falling |correlation|.
    pub pairs: Vec<Pair>,
    /// The features of the matrix.
    pub side: Vec<usize>,
    /// Their correlations, row by row.
    pub matrix: Vec<f64>,
}

/// The correlations of the kept features with all others over some rows of a table.
///
/// # Errors
/// Why there are none, as a sentence.
pub(crate) fn correlations(
    model: &SavedModel,
    table: &Table,
    rows: &[usize],
) -> Result<Correlations, String> {
    if matches!(model.predictor.function(), Function::Kernel(_)) {
        return Err("A kernel model weighs rows, not columns: every column takes part.".to_owned());
    }
    let features = model.preprocessing.features();
    let order: Vec<usize> =
        model.by_relevance().into_iter().filter(|&i| model.relevance[i].kept > 0).collect();
    if order.is_empty() {
        return Err("No column is kept, so that none has a stand-in.".to_owned());
    }
    let most = (MOST / features.len().max(1)).max(50);
    let step = rows.len().div_ceil(most).max(1);
    let rows: Vec<usize> = rows.iter().copied().step_by(step).collect();
    if rows.len() < 3 {
        return Err("Fewer than three rows say nothing of correlations.".to_owned());
    }
    let unit: Vec<Option<Vec<f32>>> =
        (0..features.len()).into_par_iter().map(|i| unit(model, table, &rows, i)).collect();
    let of = |a: usize, b: usize| match (&unit[a], &unit[b]) {
        (Some(a), Some(b)) => f64::from(a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>()).clamp(-1.0, 1.0),
        _ => 0.0,
    };
    let kept: Vec<usize> = order.iter().copied().take(KEPT).collect();
    let pairs: Vec<Pair> = kept.par_iter().flat_map_iter(|&k| stand_ins(model, k, &of)).collect();
    let mut side: Vec<usize> = kept.iter().copied().take(SIDE * 2 / 3).collect();
    for pair in &pairs {
        if side.len() < SIDE && side.contains(&pair.kept) && !side.contains(&pair.other) {
            side.push(pair.other);
        }
    }
    let matrix = side.iter().flat_map(|&a| side.iter().map(move |&b| (a, b)));
    let matrix = matrix.map(|(a, b)| if a == b { 1.0 } else { of(a, b) }).collect();
    Ok(Correlations { rows: rows.len(), features: kept.len(), pairs, side, matrix })
}

/// The strongest correlations of a kept feature with features of other columns.
fn stand_ins(model: &SavedModel, kept: usize, of: &(impl Fn(usize, usize) -> f64 + Sync)) -> Vec<Pair> {
    let features = model.preprocessing.features();
    let others = (0..features.len()).filter(|&j| features[j].column != features[kept].column);
    let mut pairs: Vec<Pair> = others
        .map(|other| Pair { kept, other, correlation: of(kept, other) })
        .filter(|pair| pair.correlation.abs() >= FROM)
        .collect();
    pairs.sort_by(|a, b| b.correlation.abs().total_cmp(&a.correlation.abs()).then(a.other.cmp(&b.other)));
    pairs.truncate(EACH);
    pairs
}

/// A feature of a table's rows, centred and of length 1; none where the table lacks it or it does not vary.
fn unit(model: &SavedModel, table: &Table, rows: &[usize], feature: usize) -> Option<Vec<f32>> {
    let feature = model.preprocessing.features().get(feature)?;
    let input = model.preprocessing.columns().get(feature.column as usize)?;
    let column = table.column(&input.name)?;
    // The index by which the model knows a name of the table.
    let level = match (&input.kind, feature.level, &column.values) {
        (ColumnKind::Category { levels, .. }, Some(level), Values::Codes { levels: found, .. }) => {
            let name = levels.get(level as usize)?;
            Some(found.iter().position(|one| one == name)? as f64)
        }
        (ColumnKind::Number { .. }, None, Values::Numbers(_)) => None,
        _ => return None,
    };
    let value = |&row: &usize| {
        let value = column.values.get(row)?;
        Some(level.map_or(value, |level| f64::from(u8::from(value == level))))
    };
    let values: Vec<Option<f64>> = rows.iter().map(value).collect();
    let count = values.iter().flatten().count().max(1) as f64;
    let mean = values.iter().flatten().map(|v| v / count).sum::<f64>();
    let centred: Vec<f64> = values.iter().map(|v| v.map_or(0.0, |v| v - mean)).collect();
    let largest = centred.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    if !(largest > 0.0 && largest.is_finite()) {
        return None;
    }
    let length = centred.iter().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt();
    Some(centred.iter().map(|v| (v / largest / length) as f32).collect())
}
