//! Edited files give errors, never panics later.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used)] // Tests.

use nalgebra::DMatrix;
use rvm::{
    Basis, Kernel, OneVsRestModel, OneVsRestParams, RegressionModel, RegressionParams, SoftmaxModel,
    SoftmaxParams,
};
use serde_json::{Value, json};

/// Every number, list and object of a stored model in turn: changed, shortened or removed. What is still read must predict.
fn edits(value: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    match value {
        Value::Number(number) => {
            for other in [json!(null), json!(-1), json!(99_999), json!("text")] {
                if &other != value {
                    out.push(other);
                }
            }
            let _ = number;
        }
        Value::Array(list) => {
            if let Some((_, rest)) = list.split_first() {
                out.push(Value::Array(rest.to_vec()));
                out.push(json!([]));
            }
            for (i, item) in list.iter().enumerate().take(6) {
                for edited in edits(item) {
                    let mut list = list.clone();
                    list[i] = edited;
                    out.push(Value::Array(list));
                }
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let mut less = fields.clone();
                less.remove(name);
                out.push(Value::Object(less));
                for edited in edits(field) {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), edited);
                    out.push(Value::Object(fields));
                }
            }
        }
        _ => {}
    }
    out
}

fn hold<M>(model: &M, predict: impl Fn(&M) -> bool)
where
    M: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let value = serde_json::to_value(model).unwrap();
    assert_eq!(&serde_json::from_value::<M>(value.clone()).unwrap(), model);
    let edits = edits(&value);
    assert!(edits.len() > 50);
    let refused = edits.iter().filter(|edit| match serde_json::from_value::<M>((*edit).clone()) {
        Ok(edited) => {
            predict(&edited);
            false
        }
        Err(_) => true,
    });
    // Most edits break something that a check can see.
    assert!(refused.count() * 2 > edits.len());
}

#[test]
fn edited_models_never_panic() {
    let x = DMatrix::from_fn(40, 3, |i, j| (((i * 13 + j * 7) % 17) as f64) - 8.0);
    let t: Vec<f64> = (0..40).map(|i| x[(i, 0)] - x[(i, 1)] + (i % 3) as f64 * 0.1).collect();
    let labels: Vec<usize> =
        (0..40).map(|i| usize::from(x[(i, 0)] > -3.0) + usize::from(x[(i, 0)] > 3.0)).collect();
    for basis in [Basis::Features, Basis::Kernel(Kernel::Rbf { gamma: 0.01 })] {
        let model = RegressionParams::new().basis(basis.clone()).fit(&x, &t).unwrap().model;
        hold::<RegressionModel>(&model, |m| {
            let _ = (m.intercept(), m.weights(), m.relevance(), m.raw_posterior());
            m.predict(&x).is_ok() && m.predict_std(&x).is_ok()
        });
        let model = OneVsRestParams::new().basis(basis).fit(&x, &labels).unwrap().model;
        hold::<OneVsRestModel>(&model, |m| {
            let _ = (m.intercept(), m.weights(), m.relevance(), m.raw_posteriors());
            m.predict(&x).is_ok() && m.predict_proba(&x).is_ok()
        });
    }
    let model = SoftmaxParams::new().fit(&x, &labels).unwrap().model;
    hold::<SoftmaxModel>(&model, |m| {
        let _ = (m.intercept(), m.weights(), m.relevance());
        m.predict(&x).is_ok() && m.predict_proba(&x).is_ok()
    });
}

#[test]
fn edited_parameters_are_checked() {
    let mut value = serde_json::to_value(RegressionParams::new()).unwrap();
    value["tolerance"] = json!(-1.0);
    assert!(serde_json::from_value::<RegressionParams>(value).is_err());
    let kernel = Basis::Kernel(Kernel::Rbf { gamma: 1.0 });
    let mut value = serde_json::to_value(OneVsRestParams::new().basis(kernel)).unwrap();
    value["basis"]["Kernel"]["Rbf"]["gamma"] = json!(-1.0);
    assert!(serde_json::from_value::<OneVsRestParams>(value).is_err());
    let mut value = serde_json::to_value(SoftmaxParams::new()).unwrap();
    value["max_steps"] = json!(0);
    assert!(serde_json::from_value::<SoftmaxParams>(value).is_err());
}
