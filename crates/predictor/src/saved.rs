//! A fitted model with all that is needed to use it.

use core::ops::Deref;
use std::collections::HashMap;

use model_file::{Envelope, Kind, Stored};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::check;
use crate::contrast::{Against, Contrast};
use crate::error::Error;
use crate::function::Function;
use crate::link::Link;
use crate::older;
use crate::parts::{Parts, Task};
use crate::prediction::Prediction;
use crate::preprocessing::ColumnKind;
use crate::table::{Column, Table, Values};

/// A fitted model with all that is needed to use it; its [`Parts`] are known to fit each other.
///
/// The parts are read as fields (`model.target.name`) and cannot be changed in place: take them out ([`SavedModel::into_parts`])
/// and make a new model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct SavedModel(Parts);

impl TryFrom<Parts> for SavedModel {
    type Error = Error;

    fn try_from(parts: Parts) -> Result<Self, Error> {
        Self::new(parts)
    }
}

impl From<SavedModel> for Parts {
    fn from(model: SavedModel) -> Self {
        model.0
    }
}

impl Deref for SavedModel {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl SavedModel {
    /// The model with these parts.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where they do not fit each other or hold a number that is not finite.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        check::parts(&parts).map_err(Error::Inconsistent)?;
        Ok(Self(parts))
    }

    /// The model's parts, to be changed and put together again.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        self.0
    }

    /// What the model predicts.
    #[must_use]
    pub fn task(&self) -> Task {
        match (self.predictor.link(), self.target.levels.is_empty()) {
            (Link::Log, _) => Task::Counts,
            (_, true) => Task::Regression,
            (_, false) => Task::Classification,
        }
    }

    /// Features of which at least one weight is kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.relevance.iter().filter(|r| r.kept > 0).count()
    }

    /// The first feature of the decision that a feature is part of.
    #[must_use]
    pub fn decision(&self, feature: usize) -> usize {
        let decided = self.relevance.get(feature).and_then(|r| r.decided);
        decided.map_or(feature, |first| first as usize)
    }

    /// For each feature whether its decision is kept: a weight of it, or of another feature of the same decision.
    #[must_use]
    pub fn kept_decisions(&self) -> Vec<bool> {
        let mut kept = vec![false; self.relevance.len()];
        for (i, r) in self.relevance.iter().enumerate() {
            kept[self.decision(i)] |= r.kept > 0;
        }
        (0..kept.len()).map(|i| kept[self.decision(i)]).collect()
    }

    /// What a feature is called where its decision is spoken of: the column's name where all of it is decided on together.
    #[must_use]
    pub fn decision_name(&self, feature: usize) -> &str {
        let Some(known) = self.preprocessing.features().get(feature) else { return "" };
        let whole = self.relevance.get(feature).is_some_and(|r| r.decided.is_some());
        let column = self.preprocessing.columns().get(known.column as usize).filter(|_| whole);
        column.map_or(known.name.as_str(), |column| column.name.as_str())
    }

    /// Weights that are kept, relevance vectors' included.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.predictor.function().weights()
    }

    /// The share of the weights that were dropped.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.weights() as f64 / self.weights_before.max(1) as f64
    }

    /// The class that output `output` speaks for, and what it speaks against; none for a number, or for the hidden units of a
    /// network. A positive weight of this output makes the class more probable.
    #[must_use]
    pub fn contrast(&self, output: usize) -> Option<Contrast<'_>> {
        let level = |k: usize| self.target.levels.get(k).map(String::as_str);
        match self.predictor.link() {
            Link::Identity | Link::Log => None,
            Link::Logistic if output > 0 => None,
            Link::Logistic => Some(Contrast { class: level(1)?, against: Against::Class(level(0)?) }),
            Link::Softmax | Link::OneVsRest => {
                Some(Contrast { class: level(output)?, against: Against::Others })
            }
        }
    }

    /// The class that a feature's strongest weight speaks for; none where the weights of features do not lead to outputs directly
    /// (a network), or where no class is predicted.
    #[must_use]
    pub fn feature_contrast(&self, feature: usize) -> Option<Contrast<'_>> {
        match self.predictor.function() {
            Function::Layers(layers) if layers.layers().len() == 1 => {
                self.contrast(self.relevance.get(feature)?.output as usize)
            }
            _ => None,
        }
    }

    /// A feature's weights that are kept, as (output, weight), in the order of the outputs; those of the first layer of a network.
    #[must_use]
    pub fn feature_weights(&self, feature: usize) -> Vec<(usize, f64)> {
        let Function::Layers(layers) = self.predictor.function() else { return Vec::new() };
        let Some(first) = layers.layers().first() else { return Vec::new() };
        let of = |k: usize| first.row(k).find(|(j, _)| *j == feature).map(|(_, w)| (k, w));
        (0..first.outputs()).filter_map(of).collect()
    }

    /// Features in the order of their relevance: kept ones first, then by falling strength
    /// ([`FeatureRelevance::strength`](crate::FeatureRelevance::strength)), then by their order in the table. Features of one decision stand
    /// together, where the strongest of them stands.
    #[must_use]
    pub fn by_relevance(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.relevance.len()).collect();
        let key = |i: usize| (self.relevance[i].kept > 0, self.strength(i));
        order.sort_by(|&a, &b| {
            let ((ka, sa), (kb, sb)) = (key(a), key(b));
            kb.cmp(&ka).then(sb.total_cmp(&sa)).then(a.cmp(&b))
        });
        // A stable sort by the place at which each decision first occurs.
        let mut place = vec![usize::MAX; order.len()];
        for (at, &i) in order.iter().enumerate() {
            let first = self.decision(i);
            place[first] = place[first].min(at);
        }
        order.sort_by_key(|&i| place[self.decision(i)]);
        order
    }

    /// By what a feature is ranked: |z|, or the size of its weight per standard deviation of the feature; 0 where there is none.
    #[must_use]
    pub fn strength(&self, feature: usize) -> f64 {
        match (self.relevance.get(feature), self.preprocessing.features().get(feature)) {
            (Some(relevance), Some(feature)) => relevance.strength(feature.spread()),
            _ => 0.0,
        }
    }

    /// The columns that the model looks at, ascending.
    #[must_use]
    pub fn columns(&self) -> Vec<usize> {
        let of = |&f: &u32| self.preprocessing.features().get(f as usize).map(|f| f.column as usize);
        let mut columns: Vec<usize> = self.predictor.used_features().iter().filter_map(of).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The prediction for one row of preprocessed features; see [`Predictor::predict`](crate::Predictor::predict).
    ///
    /// # Errors
    /// [`Error::Features`] for another number of features than [`Preprocessing::features`](crate::Preprocessing::features) has.
    pub fn predict_features(&self, x: &[f64], scratch: &mut Vec<f64>) -> Result<Prediction, Error> {
        self.predictor.predict(x, scratch)
    }

    /// The features of a table's rows, N x D. Columns are found by their names and may stand in any order; columns that the model
    /// does not use are not looked at, and are 0 in the result.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], [`Error::ColumnKind`], [`Error::MissingValue`], [`Error::UnknownLevel`].
    pub fn features_of(&self, table: &Table) -> Result<DMatrix<f64>, Error> {
        let mut x = DMatrix::zeros(table.rows(), self.preprocessing.features().len());
        let mut read: HashMap<usize, Vec<f64>> = HashMap::new();
        for column in self.columns() {
            read.insert(column, self.read_column(table, column)?);
        }
        for f in self.predictor.used_features() {
            let Some(feature) = self.preprocessing.features().get(f as usize) else { continue };
            let Some(values) = read.get(&(feature.column as usize)) else { continue };
            for (out, value) in x.column_mut(f as usize).iter_mut().zip(values) {
                *out = feature.of(*value);
            }
        }
        Ok(x)
    }

    /// A column's values as [`crate::Feature::of`] wants them.
    fn read_column(&self, table: &Table, column: usize) -> Result<Vec<f64>, Error> {
        let input = &self.preprocessing.columns()[column];
        let name = || input.name.clone();
        let found: &Column =
            table.column(&input.name).ok_or_else(|| Error::MissingColumn { name: name() })?;
        let kind = |expected, found| Error::ColumnKind { name: name(), expected, found };
        // A name of the table to the index that the model knows it by.
        let known: Vec<Option<f64>> = match (&input.kind, &found.values) {
            (ColumnKind::Number { .. }, Values::Numbers(_)) => Vec::new(),
            (ColumnKind::Number { .. }, Values::Codes { .. }) => return Err(kind("numbers", "names")),
            (ColumnKind::Category { .. }, Values::Numbers(_)) => return Err(kind("names", "numbers")),
            (ColumnKind::Category { levels, .. }, Values::Codes { levels: found, .. }) => found
                .iter()
                .map(|level| levels.iter().position(|known| known == level).map(|at| at as f64))
                .collect(),
        };
        let value = |row: usize| match found.values.get(row) {
            None => input.kind.fill().ok_or_else(|| Error::MissingValue { name: name(), row }),
            Some(value) => match (&found.values, known.get(value as usize)) {
                (Values::Numbers(_), _) => Ok(value),
                (_, Some(Some(level))) => Ok(*level),
                (Values::Codes { levels, .. }, _) => {
                    let level = levels.get(value as usize).cloned().unwrap_or_default();
                    Err(Error::UnknownLevel { name: name(), row, level })
                }
            },
        };
        (0..table.rows()).map(value).collect()
    }

    /// The predictions for the rows of a table; columns are found by their names.
    ///
    /// # Errors
    /// As [`SavedModel::features_of`]; [`Error::Overflow`] for a prediction that is not finite.
    pub fn predict(&self, table: &Table) -> Result<Vec<Prediction>, Error> {
        let x = self.features_of(table)?.transpose();
        let mut scratch = Vec::new();
        let one = |(row, x): (usize, nalgebra::DVectorView<'_, f64>)| {
            let prediction = self.predict_features(x.as_slice(), &mut scratch)?;
            let fine = prediction.outputs.iter().all(|y| y.is_finite());
            if fine { Ok(prediction) } else { Err(Error::Overflow { row }) }
        };
        x.column_iter().enumerate().map(one).collect()
    }
}

impl Stored for SavedModel {
    const KIND: Kind = Kind::new("vd.model", 3);

    fn check(&self) -> Result<(), String> {
        check::parts(&self.0)
    }

    fn older(file: &Envelope<'_>) -> Option<Result<Self, model_file::Error>> {
        (file.header().schema() == 2).then(|| {
            let inconsistent = |error: Error| model_file::Error::Inconsistent {
                kind: Self::KIND.name().to_owned(),
                what: error.to_string(),
            };
            Self::new(file.value::<older::Parts>()?.into()).map_err(inconsistent)
        })
    }
}
