//! The page of a model.

use predictor::{Function, SavedModel, Task};
use vd_report::{Page, Section};

use crate::report::evidence::Evidence;
use crate::report::pixels::Shape;
use crate::report::{again, asked, brief, columns, fewer, limits, network, quality, stand_ins};
use crate::table::clip;

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

/// The page as HTML.
pub(crate) fn html(subject: &Subject<'_>) -> String {
    let model = subject.model;
    let mut sections: Vec<Section> = vec![brief::section(subject), asked::section(subject)];
    sections.extend(columns::section(subject));
    sections.push(fewer::section(subject));
    sections.push(stand_ins::section(subject));
    sections.push(quality::section(subject));
    sections.extend(network::section(subject));
    sections.push(limits::section(subject));
    sections.push(again::section(subject));
    let lead =
        format!("{} of {}, fitted by {}", subject.noun(), model.provenance.data, model.provenance.model);
    Page { title: format!("What predicts “{}”?", clip(&model.target.name)), lead, sections }.html()
}
