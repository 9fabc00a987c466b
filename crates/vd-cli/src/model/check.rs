//! Whether a model that was read can be used without surprises.

use crate::model::{ColumnKind, Kernel, KernelKind, Layer, Link, Predictor, Prep, Saved, Uncertainty};
use std::collections::HashSet;

type Checked = Result<(), String>;

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn finite<'a>(what: &str, mut values: impl Iterator<Item = &'a f64>) -> Checked {
    ensure(values.all(|v| v.is_finite()), || format!("{what} is not finite"))
}

pub(super) fn saved(model: &Saved) -> Checked {
    prep(&model.prep)?;
    let (features, outputs) = (model.prep.features.len(), model.predictor.outputs());
    match &model.predictor {
        Predictor::Layers(layers) => {
            ensure(!layers.layers.is_empty(), || "a model without layers".to_owned())?;
            let mut inputs = features;
            for one in &layers.layers {
                layer(one, inputs)?;
                inputs = one.outputs();
            }
        }
        Predictor::Kernel(one) => kernel(one, features)?,
    }
    let classes = model.target.levels.len();
    let fits = match model.link {
        Link::Identity => classes == 0 && outputs == 1,
        Link::Logistic => classes == 2 && outputs == 1,
        Link::Softmax | Link::OneVsRest => classes >= 2 && outputs == classes,
    };
    ensure(fits, || format!("{outputs} outputs with {classes} classes under {:?}", model.link))?;
    distinct("class", model.target.levels.iter())?;
    let relevance = model.relevance.len();
    // A kernel weighs rows, not features.
    let none = relevance == 0 && matches!(model.predictor, Predictor::Kernel(_));
    ensure(relevance == features || none, || {
        format!("relevance of {relevance} features, there are {features}")
    })?;
    for r in &model.relevance {
        finite("a relevance", [Some(r.weight), r.log_alpha, r.precision, r.z].iter().flatten())?;
    }
    finite("the account", [model.account.objective].iter().chain(&model.account.residual))?;
    finite("the account", model.account.found.iter().map(|(_, v)| v))?;
    finite("the threshold", model.threshold.iter())?;
    for metric in model.score.iter().flat_map(|s| &s.metrics) {
        finite("a score", [metric.mean].iter().chain(&metric.deviation))?;
    }
    uncertainty(model)
}

fn distinct<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Checked {
    let mut seen = HashSet::new();
    for name in names {
        ensure(seen.insert(name), || format!("the {what} `{name}` occurs twice"))?;
    }
    Ok(())
}

fn prep(prep: &Prep) -> Checked {
    distinct("column", prep.columns.iter().map(|c| &c.name))?;
    for column in &prep.columns {
        match &column.kind {
            ColumnKind::Number { fill } => finite("a fill", fill.iter())?,
            ColumnKind::Category { levels, fill } => {
                distinct("level", levels.iter())?;
                ensure(fill.is_none_or(|f| (f as usize) < levels.len()), || {
                    "a fill that is no level".to_owned()
                })?;
            }
        }
    }
    for f in &prep.features {
        let Some(column) = prep.columns.get(f.column as usize) else {
            return Err(format!("feature `{}` of a column that there is not", f.name));
        };
        let fits = match (&column.kind, f.level) {
            (ColumnKind::Number { .. }, None) => true,
            (ColumnKind::Category { levels, .. }, Some(level)) => (level as usize) < levels.len(),
            _ => false,
        };
        ensure(fits, || format!("feature `{}` does not fit its column", f.name))?;
        let usable = f.mean.is_finite() && f.scale.is_finite() && f.scale > 0.0;
        ensure(usable, || format!("feature `{}` has mean {} and scale {}", f.name, f.mean, f.scale))?;
    }
    Ok(())
}

fn layer(layer: &Layer, inputs: usize) -> Checked {
    ensure(layer.inputs as usize == inputs, || format!("a layer of {} inputs gets {inputs}", layer.inputs))?;
    let (outputs, entries) = (layer.outputs(), layer.index.len());
    let shaped = layer.offsets.len() == outputs + 1
        && layer.weight.len() == entries
        && layer.offsets.first() == Some(&0)
        && layer.offsets.last().map(|&o| o as usize) == Some(entries)
        && layer.offsets.is_sorted();
    ensure(shaped, || "a layer whose rows do not fit its entries".to_owned())?;
    for k in 0..outputs {
        let row: Vec<usize> = layer.row(k).map(|(j, _)| j).collect();
        let ascending = row.windows(2).all(|w| w[0] < w[1]) && row.last().is_none_or(|&j| j < inputs);
        ensure(ascending, || format!("output {k}'s inputs are not ascending below {inputs}"))?;
    }
    finite("a weight", layer.weight.iter().chain(&layer.bias))
}

fn kernel(kernel: &Kernel, features: usize) -> Checked {
    ensure(kernel.features as usize == features, || format!("a kernel of {} features", kernel.features))?;
    let (count, outputs) = (kernel.count(), kernel.bias.len());
    let shaped = outputs > 0
        && features > 0
        && kernel.weights.len() == count * outputs
        && count.checked_mul(features) == Some(kernel.vectors.len());
    ensure(shaped, || "relevance vectors and weights of different numbers".to_owned())?;
    let usable = |gamma: f64| gamma > 0.0 && gamma.is_finite();
    let fits = match kernel.kind {
        KernelKind::Rbf { gamma } | KernelKind::Laplacian { gamma } => usable(gamma),
        KernelKind::Polynomial { gamma, offset, degree: _ } => usable(gamma) && offset.is_finite(),
    };
    ensure(fits, || format!("a kernel {:?}", kernel.kind))?;
    finite("a weight", kernel.weights.iter().chain(&kernel.vectors).chain(&kernel.bias))
}

fn uncertainty(model: &Saved) -> Checked {
    let basis = match &model.predictor {
        Predictor::Layers(_) => model.prep.features.len(),
        Predictor::Kernel(kernel) => kernel.count(),
    };
    let within = |index: &[u32]| index.iter().all(|&j| (j as usize) < basis);
    match &model.uncertainty {
        Uncertainty::None => Ok(()),
        Uncertainty::Diagonal { noise, index, variance } => {
            ensure(within(index) && index.len() == variance.len(), || {
                "variances that do not fit".to_owned()
            })?;
            finite("a variance", variance.iter().chain([noise]))?;
            ensure(variance.iter().chain([noise]).all(|v| *v >= 0.0), || "a negative variance".to_owned())
        }
        Uncertainty::Full { noise, index, intercept, covariance } => {
            let size = index.len() + usize::from(*intercept);
            let shaped = within(index) && size.checked_mul(size) == Some(covariance.len());
            ensure(shaped, || "a covariance that does not fit".to_owned())?;
            finite("a covariance", covariance.iter().chain([noise]))?;
            ensure(*noise >= 0.0, || "a negative variance".to_owned())
        }
    }
}
