//! Every estimator's own model and parameters through the envelope and JSON: the same value, to the bit, or a typed error.

#![allow(clippy::unwrap_used, clippy::panic)] // Helper functions of tests are not seen as tests.

use model_file::{Error, Kind, Stored, decode, decode_as, encode, encode_as, from_json, to_json};
use nalgebra::{DMatrix, DVector};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// 40 rows of four columns, of which the first two matter; a number, two classes, three classes.
struct Data {
    x: DMatrix<f64>,
    t: DVector<f64>,
    two: Vec<usize>,
    three: Vec<usize>,
}

fn data() -> Data {
    let x = DMatrix::from_fn(40, 4, |i, j| ((i * (2 * j + 3) + j) as f64 * 0.7).sin());
    let noise = |i: usize| (i as f64 * 2.3).cos();
    let t = DVector::from_fn(40, |i, _| 2.0 * x[(i, 0)] - x[(i, 1)] + 0.3 * noise(i) + 5.0);
    let class = |i: usize, cut: f64| usize::from(x[(i, 0)] + 0.3 * noise(i) > cut);
    let two = (0..40).map(|i| class(i, 0.1)).collect();
    let three = (0..40).map(|i| class(i, -0.4) + class(i, 0.4)).collect();
    Data { x, t, two, three }
}

/// Any serde value as a stored one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Held<T>(T);

impl<T: Serialize + DeserializeOwned> Stored for Held<T> {
    const KIND: Kind = Kind::new("test.held", 7);

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

trait Value: Serialize + DeserializeOwned + Clone + PartialEq + Debug {}
impl<T: Serialize + DeserializeOwned + Clone + PartialEq + Debug> Value for T {}

/// Through both forms; and every truncation and every changed byte of the file is an error.
fn survives<T: Value>(name: &str, value: &T) {
    let held = Held(value.clone());
    let bytes = encode(&held).unwrap();
    let back: Held<T> = decode(&bytes).unwrap();
    assert_eq!(back, held, "{name}");
    assert_eq!(encode(&back).unwrap(), bytes, "{name}: to the bit");
    assert_eq!(decode_as::<T>(Held::<T>::KIND, &encode_as(Held::<T>::KIND, value).unwrap()).unwrap(), *value);
    through_json(name, &held, &bytes);
    for length in 0..bytes.len() {
        assert!(decode::<Held<T>>(&bytes[..length]).is_err(), "{name}: {length} of {} bytes", bytes.len());
    }
    let mut changed = bytes.clone();
    for position in 0..bytes.len() {
        for flip in 1..=255 {
            changed[position] = bytes[position] ^ flip;
            let refused = decode::<Held<T>>(&changed).is_err();
            assert!(refused, "{name}: byte {position} is {:#04x}", changed[position]);
        }
        changed[position] = bytes[position];
    }
}

/// JSON has no infinities: what holds some is refused, not lost.
fn through_json<T: Value>(name: &str, held: &Held<T>, bytes: &[u8]) {
    match to_json(held) {
        Ok(text) => {
            let back: Held<T> = from_json(&text).unwrap();
            assert_eq!(encode(&back).unwrap(), bytes, "{name}: through JSON, to the bit");
        }
        Err(Error::JsonLossy { .. }) => {
            let text = serde_json::to_string(held).unwrap();
            assert!(text.contains("null"), "{name}: refused without an infinity");
            assert!(INFINITE.contains(&name), "{name} should survive JSON");
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

/// What holds log α = +∞ or log σ² = −∞ for what is pruned.
const INFINITE: [&str; 1] = ["linreg"];

#[test]
fn linreg() {
    let Data { x, t, .. } = data();
    let fit = vd_linreg::Params::new().fit(&x, &t).unwrap();
    assert!(fit.model.log_alpha().iter().any(|a| a.is_infinite()), "something is pruned");
    survives("linreg", &fit.model);
    survives("report", &fit.report);
    survives("linreg parameters", &vd_linreg::Params::new());
    let all = vd_linreg::Params::new().lambda(1e-3).fit(&x, &t).unwrap().model;
    survives("linreg, nothing pruned", &all);
    let back: vd_linreg::Model = decode_as(KIND, &encode_as(KIND, &fit.model).unwrap()).unwrap();
    assert_eq!(back.predict(&x).unwrap(), fit.model.predict(&x).unwrap());
}

const KIND: Kind = Kind::new("test.model", 1);

#[test]
fn dsvi() {
    let Data { x, t, three, .. } = data();
    let x = x.map(|v| v as f32);
    let t = DMatrix::from_iterator(40, 1, t.iter().map(|&t| t as f32));
    let params =
        vd_dsvi::Params::new().epochs(200).batch(vd_dsvi::Batch::Size(20)).learning_rate(0.02);
    let number =
        params.clone().likelihood(vd_dsvi::Likelihood::Gaussian);
    let number = number.fit(&x, &t).unwrap();
    survives("dsvi, a number", &number.model);
    let network = params.clone().hidden(&[2]).intercept(true).theta_init(vd_dsvi::ThetaInit::He);
    let network = network.fit(&x, &three).unwrap();
    survives("dsvi, a network", &network.model);
    survives("dsvi parameters", &params);
    let small = network.model.compact(3.0);
    survives("dsvi, pruned", &small);
    let bytes = encode(&small).unwrap();
    let back: vd_dsvi::CompactModel<f32> = decode(&bytes).unwrap();
    assert_eq!(back, small);
    assert!(matches!(decode::<Held<vd_dsvi::CompactModel<f32>>>(&bytes), Err(Error::OtherKind { .. })));
}

#[test]
fn relevance_vectors() {
    let Data { x, t, two, three } = data();
    let regression = rvm::RegressionParams::default();
    let on_features = regression.clone().validate().unwrap().fit(&x, &t).unwrap();
    survives("rvm", &on_features.model);
    let kernel = rvm::Basis::Kernel(rvm::Kernel::Rbf { gamma: 0.5 });
    let on_kernel = regression.clone().basis(kernel).validate().unwrap().fit(&x, &t).unwrap();
    survives("rvm on a kernel", &on_kernel.model);
    survives("rvm parameters", &regression);
    let classes = rvm::one_vs_rest(&x, &two, 2).unwrap();
    survives("rvm, two classes", &classes.model);
    let classification = rvm::ClassificationParams::default();
    let softmax = classification.clone().validate().unwrap().fit_softmax(&x, &three, 3).unwrap();
    survives("rvm, softmax", &softmax.model);
    survives("rvm parameters of classes", &classification);
}

#[test]
fn l1() {
    let Data { x, three, .. } = data();
    let params = l1_logreg::Params::new().c(0.5);
    let fit = params.check().unwrap().fit(&x, &three).unwrap();
    survives("l1", &fit.model);
    survives("l1 report", &fit.report);
    survives("l1 parameters", &params);
}
