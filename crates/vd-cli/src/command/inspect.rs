//! `vd inspect`: what a file holds.

use crate::cli::InspectArgs;
use crate::error::{Error, Result};
use crate::model::{Predictor, Saved, Task};
use crate::show::{Style, emit, feature_table, load, summary};
use model_file::{Envelope, Stored};
use serde_json::json;
use std::fmt::Write;

pub(super) fn run(args: &InspectArgs, style: Style) -> Result<()> {
    match load(&args.model) {
        Ok(model) if args.json => emit("-", describe(&model).as_bytes()),
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

/// The model as one JSON object, for scripts.
pub(crate) fn describe(model: &Saved) -> String {
    let features: Vec<_> = model
        .prep
        .features
        .iter()
        .zip(&model.relevance)
        .map(|(f, r)| {
            json!({ "name": f.name, "kept": r.kept > 0, "weight": r.weight, "log_alpha": r.log_alpha,
                "precision": r.precision, "z": r.z, "mean": f.mean, "scale": f.scale })
        })
        .collect();
    let pairs = model.prep.features.iter().zip(&model.relevance);
    let kept: Vec<_> = pairs.filter(|(_, r)| r.kept > 0).map(|(f, _)| &f.name).collect();
    let value = json!({
        "kind": Saved::KIND.name(),
        "model": model.provenance.model,
        "task": model.task(),
        "target": model.target.name,
        "classes": model.target.levels,
        "kept_features": kept,
        "features": features,
        "constant_features": model.prep.constant,
        "weights_before": model.weights_before,
        "weights_kept": model.weights(),
        "sparsity": sparsity(model),
        "threshold_log_alpha": model.threshold,
        "account": model.account,
        "score": model.score,
        "provenance": model.provenance,
    });
    format!("{value:#}\n")
}

/// The share of the weights that were dropped.
pub(crate) fn sparsity(model: &Saved) -> f64 {
    1.0 - model.weights() as f64 / (model.weights_before.max(1)) as f64
}

fn page(model: &Saved, style: Style) -> Result<String> {
    let mut page = summary(model, style);
    let p = &model.provenance;
    let shape = match &model.predictor {
        Predictor::Layers(layers) => {
            let widths: Vec<String> = layers.layers.iter().map(|l| l.outputs().to_string()).collect();
            format!("{} feature(s) in use → {}", layers.features().len(), widths.join(" → "))
        }
        Predictor::Kernel(kernel) => format!("{:?}, {} relevance vector(s)", kernel.kind, kernel.count()),
    };
    let size = model_file::encode(model)?.len();
    let task = match model.task() {
        Task::Regression => "regression".to_owned(),
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
