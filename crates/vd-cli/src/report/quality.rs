//! How well does it predict, and is it calibrated?

use predictor::Task;
use vd_report::{Part, Section, short};

use crate::report::evidence::{Assessed, Evidence, Origin};
use crate::report::subject::Subject;
use crate::report::{calibration, classes, numbers};

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Section {
    let mut section = Section::new("quality", "How well does it predict, and is it calibrated?");
    if let Some(score) = &subject.model.score {
        let of = |m: &predictor::Metric| {
            let spread = m.deviation.map(|d| format!(" ± {}", short(d))).unwrap_or_default();
            (m.name.clone(), format!("{}{spread} ({})", short(m.mean), score.method))
        };
        section.push(Part::Facts(score.metrics.iter().map(of).collect()));
    }
    match subject.evidence.map(|evidence| (evidence, &evidence.assessed)) {
        None => {
            section.push(Part::Missing(format!("{}: there are no predictions to chart.", subject.without)))
        }
        Some((_, Err(reason))) => section.push(Part::Missing(reason.clone())),
        Some((evidence, Ok(assessed))) => {
            section.say(origin(evidence, assessed));
            match subject.model.task() {
                Task::Classification => classes::parts(subject, assessed, &mut section),
                Task::Regression | Task::Counts => numbers::parts(subject, assessed, &mut section),
            }
        }
    }
    section
}

/// Which rows the charts show, and what that is worth.
fn origin(evidence: &Evidence, assessed: &Assessed) -> String {
    let rows = assessed.truth.len();
    match &assessed.origin {
        Origin::HeldOut(how) => format!(
            "The charts show {rows} rows of {}, each predicted by a fit that did not see it ({how}): they show what new rows of the same kind would.",
            evidence.file
        ),
        Origin::Fitted => format!(
            "The charts show {rows} rows of {}, to which the model was fitted: they look better than new rows would. Give a table of rows that were not \
             fitted to see how it really predicts.",
            evidence.file
        ),
        Origin::Other => format!(
            "The charts show {rows} rows of {}, which is not the table that the model was fitted to: if none of its rows were fitted, they show how the \
             model predicts new rows.",
            evidence.file
        ),
    }
}

/// Whether it is calibrated, in one value.
pub(super) fn tile(subject: &Subject<'_>) -> Option<(String, String, String)> {
    let assessed = subject.evidence?.assessed.as_ref().ok()?;
    let rows = match assessed.origin {
        Origin::HeldOut(_) => "rows that were not fitted",
        Origin::Fitted => "the rows that were fitted: too hopeful",
        Origin::Other => "the rows of the other table",
    };
    if subject.model.task() == Task::Classification {
        let error = calibration::class_error(assessed, subject.model.target.levels.len())?;
        let meaning =
            format!("how far predicted probabilities are from the shares that came true, on average; {rows}");
        return Some((format!("{:.1} points", 100.0 * error), "calibration error".to_owned(), meaning));
    }
    // The intervals of counts are not normal ones.
    let normal = subject.model.task() == Task::Regression;
    let share = calibration::coverage(assessed, 0.9).filter(|_| normal)?;
    let meaning = format!("of {rows} lie in their 90% interval; 90% would be right");
    Some((format!("{:.0}%", 100.0 * share), "calibration".to_owned(), meaning))
}
