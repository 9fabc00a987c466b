//! `vd inspect`: what a file holds.

use crate::cli::InspectArgs;
use crate::error::{Error, Result};
use crate::show::{Style, emit, feature_table, load, summary};
use model_file::{Envelope, Stored};
use predictor::{Against, Contrast, Function, SavedModel, Task};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn run(args: &InspectArgs, style: Style) -> Result<()> {
    match load(&args.model) {
        Ok(model) if args.json => emit("-", describe(&model, None).as_bytes()),
        Ok(model) => emit("-", page(&model, style)?.as_bytes()),
        Err(Error::Model(error)) => match error.root() {
            model_file::Error::OtherKind { .. } => other(args),
            _ => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}

/// A file of another kind, such as a checkpoint: what its header says.
fn other(args: &InspectArgs) -> Result<()> {
    let bytes = std::fs::read(&args.model).map_err(Error::io("read", &args.model))?;
    let envelope = Envelope::open(&bytes)?;
    let header = envelope.header();
    let (kind, schema, bytes) = (header.kind(), header.schema(), header.payload_len());
    let text = if args.json {
        format!("{}\n", json!({ "kind": kind, "schema": schema, "payload_bytes": bytes }))
    } else {
        format!("{}: {kind}, layout {schema}, {bytes} bytes; both checksums match\n", args.model)
    };
    emit("-", text.as_bytes())
}

/// The model as one JSON object, for scripts; after a fit with what was found in the input.
pub(crate) fn describe(model: &SavedModel, input: Option<Value>) -> String {
    let features: Vec<Value> = (0..model.relevance.len()).map(|i| feature(model, i)).collect();
    let pairs = model.preprocessing.features().iter().zip(&model.relevance);
    let kept: Vec<_> = pairs.clone().filter(|(_, r)| r.kept > 0).map(|(f, _)| &f.name).collect();
    let mut columns: Vec<u32> = pairs.filter(|(_, r)| r.kept > 0).map(|(f, _)| f.column).collect();
    columns.dedup();
    let name = |&c: &u32| model.preprocessing.columns().get(c as usize).map(|column| &column.name);
    let columns: Vec<_> = columns.iter().filter_map(name).collect();
    let value = json!({
        "kind": SavedModel::KIND.name(),
        "model": model.provenance.model,
        "task": model.task(),
        "input": input,
        "target": model.target.name,
        "classes": model.target.levels,
        "kept_columns": columns,
        "columns": model.preprocessing.columns().len(),
        "kept_features": kept,
        "features": features,
        "constant_features": model.preprocessing.constant(),
        "weights_before": model.weights_before,
        "weights_kept": model.weights(),
        "sparsity": model.sparsity(),
        "threshold_log_alpha": model.threshold,
        "fit": model.summary,
        "score": model.score,
        "provenance": model.provenance,
    });
    format!("{value:#}\n")
}

/// A feature: its strongest weight and, with classes, every weight with the class that it speaks for.
fn feature(model: &SavedModel, i: usize) -> Value {
    let (f, r) = (&model.preprocessing.features()[i], &model.relevance[i]);
    let mut value = json!({ "name": f.name, "kept": r.kept > 0, "weight": r.weight, "log_alpha": r.log_alpha,
        "precision": r.precision, "z": r.z, "chance": chance(r.z), "inclusion": r.inclusion, "stand_ins": stand_ins(model, i),
        "decided_with": r.decided.map(|d| &model.preprocessing.features()[d as usize].name), "mean": f.mean, "scale": f.scale, "deviation": f.deviation });
    if let Some(contrast) = model.feature_contrast(i) {
        let against = |c: Contrast<'_>| match c.against {
            Against::Class(name) => json!(name),
            Against::Others => Value::Null,
        };
        let weight = |(k, w): (usize, f64)| {
            model.contrast(k).map(|c| json!({ "class": c.class, "against": against(c), "weight": w }))
        };
        let weights: Vec<Value> = model.feature_weights(i).into_iter().filter_map(weight).collect();
        value["class"] = json!(contrast.class);
        value["against"] = against(contrast);
        value["weights"] = json!(weights);
    }
    value
}

/// The probability that a column of pure noise has a |z| at least as large.
fn chance(z: Option<f64>) -> Option<f64> {
    z.and_then(|z| kl_approx::ard::false_keep_probability(z * z, 1).ok())
}

/// The features that could stand in for a kept one.
fn stand_ins(model: &SavedModel, i: usize) -> Vec<Value> {
    let name =
        |s: &predictor::StandIn| model.preprocessing.features().get(s.feature as usize).map(|f| &f.name);
    let one = |s: &predictor::StandIn| json!({ "feature": name(s), "correlation": s.correlation });
    model.relevance[i].stand_ins.iter().map(one).collect()
}

fn page(model: &SavedModel, style: Style) -> Result<String> {
    let mut page = summary(model, style);
    let p = &model.provenance;
    let shape = match model.predictor.function() {
        Function::Layers(layers) => {
            let widths: Vec<String> = layers.layers().iter().map(|l| l.outputs().to_string()).collect();
            format!("{} feature(s) in use → {}", layers.features().len(), widths.join(" → "))
        }
        Function::Kernel(kernel) => format!("{:?}, {} relevance vector(s)", kernel.kernel(), kernel.count()),
    };
    let size = model_file::encode(model)?.len();
    let task = match model.task() {
        Task::Regression => "regression".to_owned(),
        Task::Counts => "counts".to_owned(),
        Task::Classification => format!("classification, {} classes", model.target.levels.len()),
    };
    // Writing to a string cannot fail.
    let _ =
        writeln!(page, "\n{}  {task} of `{}`; {shape}; {size} bytes", style.bold("Model"), model.target.name);
    let _ = writeln!(
        page,
        "{}  vd {}, {} rows of {}, seed {}\n      SHA-256 {}\n      {}",
        style.bold("From "),
        p.version,
        p.rows,
        p.data,
        p.seed,
        p.data_sha256,
        p.options.join(" ")
    );
    page.push_str(&feature_table(model, style, usize::MAX));
    Ok(page)
}
