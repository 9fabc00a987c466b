//! A small model with every shape of data that the estimators use.
#![allow(dead_code)]

use model_file::{Kind, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    Identity,
    Leaky(f32),
    Table { knots: Vec<f32>, name: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Small {
    pub weights: Vec<f64>,
    pub columns: Vec<String>,
    pub activation: Activation,
    pub beta: Option<f64>,
    pub seed: u64,
    pub labels: BTreeMap<i32, char>,
    pub nested: Vec<Vec<u16>>,
    pub pair: (bool, i8),
}

impl Stored for Small {
    const KIND: Kind = Kind::new("test.small", 3);

    fn check(&self) -> Result<(), String> {
        if self.weights.len() == self.columns.len() {
            Ok(())
        } else {
            Err(format!("{} weights, {} columns", self.weights.len(), self.columns.len()))
        }
    }
}

pub fn small() -> Small {
    Small {
        weights: vec![1.5, -0.25, 1e-300],
        columns: vec!["age".into(), "größe".into(), String::new()],
        activation: Activation::Table { knots: vec![0.5, 2.0], name: "t".into() },
        beta: Some(std::f64::consts::PI),
        seed: u64::MAX - 5,
        labels: [(-3, 'x'), (700, 'ß')].into(),
        nested: vec![vec![], vec![1, 300, 65535]],
        pair: (true, -7),
    }
}
