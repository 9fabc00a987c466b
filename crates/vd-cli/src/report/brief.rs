//! The answers in short.

use estimator::Status;
use predictor::{Function, SavedModel};
use vd_report::{Part, Section, brief};

use crate::report::quality;
use crate::report::subject::Subject;

/// The first section: few large values.
pub(super) fn section(subject: &Subject<'_>) -> Section {
    let model = subject.model;
    let mut section = Section::new("brief", "In short");
    let mut tiles = vec![kept(model)];
    if let Some(score) = &model.score {
        for metric in score.metrics.iter().take(2) {
            let value = match metric.deviation {
                Some(deviation) => format!("{} ± {}", brief(metric.mean), brief(deviation)),
                None => brief(metric.mean),
            };
            let spread = if metric.deviation.is_some() { "; ± is the spread over the parts" } else { "" };
            tiles.push((
                value,
                metric.name.clone(),
                format!("on rows that were not fitted: {}{spread}", score.method),
            ));
        }
    }
    if let Some(tile) = quality::tile(subject) {
        tiles.push(tile);
    }
    section.push(Part::Tiles(tiles));
    // A stochastic fit runs all its epochs, and nothing tests whether it has settled: the limits say so.
    let ran = model.provenance.model == "dsvi" && model.summary.status == Status::MaxIterations;
    if model.summary.status != Status::Converged && !ran {
        section.push(Part::Missing(format!(
            "The fit did not converge ({}): its numbers may still move. Fit again with more iterations before you rely on them.",
            model.summary.status
        )));
    }
    if model.summary.found(methods::MANY_WEAK).is_some() {
        section.push(Part::Missing(
            "The truth does not look sparse: many columns with weak effects predict better together than the few that are kept."
                .to_owned(),
        ));
    }
    section
}

/// How many columns are kept, and how many of them by chance.
fn kept(model: &SavedModel) -> (String, String, String) {
    if let Function::Kernel(kernel) = model.predictor.function() {
        let what = "relevance vectors kept".to_owned();
        return (kernel.count().to_string(), what, format!("of {} rows", model.provenance.rows));
    }
    let all = model.preprocessing.columns().len();
    let chance = match model.summary.false_keeps {
        Some(q) if q < 0.05 => "fewer than 0.1 of them by chance, in expectation".to_owned(),
        Some(q) => format!("about {} of them by chance, in expectation", brief(q)),
        None => "this method does not say how many of them by chance".to_owned(),
    };
    (format!("{} of {all}", kept_columns(model)), "columns kept".to_owned(), chance)
}

/// Columns of which a feature is kept.
pub(super) fn kept_columns(model: &SavedModel) -> usize {
    let pairs = model.preprocessing.features().iter().zip(&model.relevance);
    let mut columns: Vec<u32> = pairs.filter(|(_, r)| r.kept > 0).map(|(f, _)| f.column).collect();
    columns.dedup();
    columns.len()
}
