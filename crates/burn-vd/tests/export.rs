//! Pruned networks as the workspace's sparse predictor.
#![cfg(feature = "predictor")]
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

mod seeded;

use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Distribution, Tensor};
use burn_vd::export::{Card, classifier, model_file, predictor, sparse_layers};
use burn_vd::{Error, Pruning, SparseLinear, SparseLinearConfig, prune};
use predictor::SavedModel;
use seeded::seeded;

fn network(device: &Device) -> [SparseLinear; 3] {
    let layer = |i, o, bias| SparseLinearConfig::new(i, o).with_bias(bias).init(device);
    prune([layer(7, 9, true), layer(9, 6, false), layer(6, 3, true)], Pruning::Keep(40)).unwrap()
}

fn card() -> Card {
    let names = |prefix: &str, n: usize| (0..n).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>();
    Card { inputs: names("x", 7), classes: names("class ", 3), target: "y".to_owned(), ..Card::default() }
}

#[test]
fn predictions_are_the_networks() {
    let (_alone, device) = seeded(41, Device::flex());
    let [a, b, c] = network(&device);
    let model = classifier(sparse_layers(&[&a, &b, &c]).unwrap(), &card()).unwrap();
    assert!(model.weights() <= 40 && model.weights() > 0);
    let x = Tensor::<2>::random([20, 7], Distribution::Normal(0.0, 1.0), &device);
    let logits = c.forward(relu(b.forward(relu(a.forward(x.clone())))));
    let expected = softmax(logits, 1).try_into_vec_as::<f32>().unwrap();
    let rows = x.try_into_vec_as::<f32>().unwrap();
    let mut scratch = Vec::new();
    for (row, expected) in rows.chunks(7).zip(expected.chunks(3)) {
        let row: Vec<f64> = row.iter().map(|&v| f64::from(v)).collect();
        let found = model.predictor.predict(&row, &mut scratch).unwrap();
        assert!(found.outputs.iter().zip(expected).all(|(a, b)| (a - f64::from(*b)).abs() < 1e-5));
    }
}

#[test]
fn a_file_of_it_is_a_model_of_the_workspace() {
    let (_alone, device) = seeded(42, Device::flex());
    let [a, b, c] = network(&device);
    let model = classifier(sparse_layers(&[&a, &b, &c]).unwrap(), &card()).unwrap();
    let path = std::env::temp_dir().join(format!("burn-vd-export-{}.vd", std::process::id()));
    model_file::save(&path, &model).unwrap();
    let back: SavedModel = model_file::load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(back, model);
    assert!(predictor::c99(&back, "net").unwrap().contains("x3"), "inputs keep their names");
}

#[test]
fn what_does_not_fit_is_named() {
    let (_alone, device) = seeded(43, Device::flex());
    let [a, b, c] = network(&device);
    let message = |e: Error| e.to_string();
    assert!(message(sparse_layers(&[]).unwrap_err()).contains("without layers"));
    assert!(message(sparse_layers(&[&a, &c]).unwrap_err()).contains("6 inputs"));
    let few = Card { classes: vec!["one".to_owned()], ..card() };
    let layers = sparse_layers(&[&a, &b, &c]).unwrap();
    assert!(message(classifier(layers, &few).unwrap_err()).contains("7 and 3"));
}
