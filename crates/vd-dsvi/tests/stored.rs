//! Models and reports come back from JSON and from files as they were; what is edited into nonsense is refused.
#![cfg(feature = "checkpoints")]
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

use nalgebra::DMatrix;
use serde_json::{Value, from_value, json, to_value};
use vd_dsvi::{CompactModel, Fit, Model, NoiseModel, Optimiser, Params, Schedule, TrainingReport};

fn problem(n: usize) -> (DMatrix<f32>, Vec<usize>) {
    let x = DMatrix::from_fn(n, 8, |i, d| 4.0 * (1e4 * ((i * 8 + d + 1) as f32).sin()).fract());
    let t = (0..n).map(|i| usize::from(x[(i, 0)] > x[(i, 1)])).collect();
    (x, t)
}

fn recommended() -> (DMatrix<f32>, Fit<Model<f32>, TrainingReport>) {
    let (x, t) = problem(300);
    let fit = Params::recommended().fit(&x, &t).unwrap();
    (x, fit)
}

#[test]
fn removed_weights_survive_json() {
    let (x, fit) = recommended();
    let removed = fit.model.layers()[0].log_sigma2().iter().filter(|s| !s.is_finite()).count();
    assert!(removed > 0, "the recipe removes weights");
    let text = serde_json::to_string(&fit.model).unwrap();
    let back: Model<f32> = serde_json::from_str(&text).unwrap();
    assert_eq!(back, fit.model);
    assert_eq!(back.predict_monte_carlo(&x, 7, 1).unwrap(), fit.model.predict_monte_carlo(&x, 7, 1).unwrap());
    let text = serde_json::to_string(&fit.report).unwrap();
    assert_eq!(serde_json::from_str::<TrainingReport>(&text).unwrap(), fit.report);
}

#[test]
fn reports_of_plain_ascent_survive_json() {
    let (x, t) = problem(120);
    let report = Params::new().optimiser(Optimiser::Sgd).epochs(3).fit(&x, &t).unwrap().report;
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<TrainingReport>(&text).unwrap(), report);
}

#[test]
fn dense_models_are_saved_as_files() {
    let (x, fit) = recommended();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    model_file::save(&path, &fit.model).unwrap();
    let back: Model<f32> = model_file::load(&path).unwrap();
    assert_eq!(back, fit.model);
    assert_eq!(back.predict_proba(&x).unwrap(), fit.model.predict_proba(&x).unwrap());
}

/// Replaces what `pointer` names and expects that nothing can be read back.
fn refused<T: serde::de::DeserializeOwned>(value: &Value, pointer: &str, new: Value) {
    let mut edited = value.clone();
    *edited.pointer_mut(pointer).unwrap_or_else(|| unreachable!("{pointer} exists")) = new;
    assert!(from_value::<T>(edited).is_err(), "{pointer} was accepted");
}

#[test]
fn edited_json_is_refused() {
    let (_, fit) = recommended();
    let model = to_value(&fit.model).unwrap();
    for (pointer, new) in [
        ("/layers", json!([])),
        ("/layers/0/inputs", json!(7)),
        ("/layers/0/outputs", json!(usize::MAX)),
        ("/layers/0/theta", json!([1.0, 2.0])),
        ("/layers/0/log_sigma2", json!([1.0])),
        ("/layers/0/intercept", json!([1.0, 2.0, 3.0])),
        ("/layers/0/theta/0", json!(1e300)),
        ("/beta", json!(0.0)),
        ("/beta", json!(-1.0)),
    ] {
        refused::<Model<f32>>(&model, pointer, new);
    }
    let mut doubled = model.clone();
    let layer = doubled["layers"][0].clone();
    doubled["layers"].as_array_mut().unwrap().push(layer);
    assert!(from_value::<Model<f32>>(doubled).is_err(), "layers that do not join");
    let compact = to_value(fit.model.compact(1e9)).unwrap();
    for (pointer, new) in [
        ("/layers/0/index/0", json!(99)),
        ("/layers/0/offsets/0", json!(1)),
        ("/layers/0/offsets", json!([])),
        ("/layers/0/inputs/0", json!(77)),
        ("/layers/0/outputs", json!([0])),
        ("/layers/0/theta/0", json!(1e300)),
        ("/layers", json!([])),
        ("/features", json!(0)),
        ("/dense_weights", json!(0)),
    ] {
        refused::<CompactModel<f32>>(&compact, pointer, new);
    }
    let params = to_value(Params::recommended().noise(NoiseModel::Fixed { std: 1.0 })).unwrap();
    assert_eq!(
        from_value::<Params>(params.clone()).unwrap(),
        Params::recommended().noise(NoiseModel::Fixed { std: 1.0 })
    );
    for (pointer, new) in [
        ("/epochs", json!(0)),
        ("/threshold", Value::Null),
        ("/lambda/knots", json!([])),
        ("/lambda/knots/0/1", json!(-1.0)),
        ("/noise/Fixed/std", json!(0.0)),
        ("/threads", json!(100_000)),
    ] {
        refused::<Params>(&params, pointer, new);
    }
    let schedule = to_value(Schedule::linear(&[(1.0, 0.1), (2.0, 0.2)])).unwrap();
    refused::<Schedule>(&schedule, "/knots/1/0", json!(0.5));
    refused::<Schedule>(&schedule, "/knots", json!([]));
}
