//! First use: save a value of your own, load it, and see what a damaged file gives.
//!
//! cargo run -p model-file --example model_file_first
#![allow(clippy::print_stdout)] // An example talks to a person.

use model_file::{Kind, Stored};
use serde::{Deserialize, Serialize};

/// A linear model with named columns.
#[derive(Debug, Serialize, Deserialize)]
struct Linear {
    columns: Vec<String>,
    weights: Vec<f64>,
}

impl Stored for Linear {
    const KIND: Kind = Kind::new("example.linear", 1);

    fn check(&self) -> Result<(), String> {
        let (columns, weights) = (self.columns.len(), self.weights.len());
        if columns != weights {
            return Err(format!("{columns} columns, but {weights} weights"));
        }
        if self.weights.iter().any(|weight| !weight.is_finite()) {
            return Err("a weight is not finite".to_owned());
        }
        Ok(())
    }
}

fn main() -> Result<(), model_file::Error> {
    let path = std::env::temp_dir().join(format!("model_file_first-{}.vd", std::process::id()));
    let model = Linear { columns: vec!["age".into(), "bmi".into()], weights: vec![0.25, -1.5] };

    model_file::save(&path, &model)?; // Whole or not at all.
    println!("loaded: {:?}", model_file::load::<Linear>(&path)?);

    let mut bytes = model_file::encode(&model)?;
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    model_file::write_atomic(&path, &bytes)?;
    match model_file::load::<Linear>(&path) {
        Err(error) => println!("one changed bit: {error}"),
        Ok(model) => println!("the damage went unnoticed: {model:?}"),
    }

    println!("as JSON: {}", model_file::to_json(&model)?);
    std::fs::remove_file(&path).map_err(|source| model_file::Error::Io { action: "remove", path, source })
}
