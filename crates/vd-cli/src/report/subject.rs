//! What a page is about.

use predictor::{Function, SavedModel, Task};

use crate::report::evidence::Evidence;
use crate::report::pixels::Shape;

/// What a page is about.
pub(crate) struct Subject<'a> {
    pub model: &'a SavedModel,
    /// What a table says of the model; none where no table was given.
    pub evidence: Option<&'a Evidence>,
    /// Why there is none, as the beginning of a sentence.
    pub without: &'static str,
    /// How the inputs lie in a picture, if they were said to.
    pub shape: Option<Shape>,
    /// The command that makes the page again.
    pub command: String,
}

impl Subject<'_> {
    /// A feature's name.
    pub fn name(&self, feature: usize) -> &str {
        self.model.preprocessing.features().get(feature).map_or("", |f| f.name.as_str())
    }

    /// Whether the model is a network with hidden layers.
    pub fn is_network(&self) -> bool {
        matches!(self.model.predictor.function(), Function::Layers(layers) if layers.layers().len() > 1)
    }

    /// What the target is, as a noun.
    pub fn noun(&self) -> String {
        match self.model.task() {
            Task::Regression => "a number".to_owned(),
            Task::Counts => "a count".to_owned(),
            Task::Classification => format!("one of {} classes", self.model.target.levels.len()),
        }
    }
}
