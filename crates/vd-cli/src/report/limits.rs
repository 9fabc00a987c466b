//! What the model cannot do, in plain words.

use estimator::Status;
use predictor::{Function, Task};
use vd_report::{Part, Section};

use crate::report::evidence::Origin;
use crate::report::subject::Subject;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Section {
    let model = subject.model;
    let mut all = vec![
        "A kept column helps to predict; that does not make it a cause. Changing it need not change the target.".to_owned(),
        "A dropped column is not shown to be useless: a kept one may say the same, or the rows may be too few to see its effect.".to_owned(),
        format!(
            "Everything holds for rows like those of {}. Outside their range the model extends straight lines, and nothing warns of it.",
            model.provenance.data
        ),
    ];
    all.push(shape(subject));
    all.extend(fit(subject));
    all.extend(rows(subject));
    all.extend(predictions(subject));
    let mut section = Section::new("limits", "What are its limits?");
    section.push(Part::List(all));
    section
}

/// What kind of function it is.
fn shape(subject: &Subject<'_>) -> String {
    match subject.model.predictor.function() {
        Function::Kernel(_) => "The model compares rows with those it kept: it does not say which columns matter.".to_owned(),
        Function::Layers(_) if subject.is_network() => {
            "The model is a network: the weight of a column into the first layer does not say in which direction the column acts.".to_owned()
        }
        Function::Layers(_) => {
            "The model adds up the columns' effects: bends, and columns that act only together, are seen only where the table has columns for them."
                .to_owned()
        }
    }
}

/// What the fit leaves open.
fn fit(subject: &Subject<'_>) -> Vec<String> {
    let (model, mut all) = (subject.model, Vec::new());
    if model.summary.status != Status::Converged {
        all.push(match model.provenance.model.as_str() {
            "dsvi" => {
                "The fit ran all its epochs, and nothing tested whether it has settled (--tolerance does)."
                    .to_owned()
            }
            _ => format!("The fit ended as “{}”, not at an optimum.", model.summary.status),
        });
    }
    match model.summary.false_keeps {
        Some(q) if q >= 0.05 => all.push(format!(
            "Of the columns kept, about {q:.1} are expected to be there by chance; the page cannot say which. The number counts columns that do nothing, and \
             holds for columns that are not correlated with those that matter."
        )),
        Some(_) => {}
        None => all.push("The method does not say how many columns are kept by chance.".to_owned()),
    }
    if model.relevance.iter().any(|r| r.z.is_some()) {
        all.push("Standard deviations of weights, z and chance are those of the chosen columns, as if they had been chosen beforehand: they are too hopeful after a choice.".to_owned());
    }
    let (rows, columns) = (model.provenance.rows, model.preprocessing.features().len() as u64);
    if rows < columns {
        all.push(format!("There are fewer rows ({rows}) than features ({columns}): which of several correlated columns is kept is partly luck."));
    }
    if rows < 50 {
        all.push(format!("{rows} rows are few: every number on this page is rough."));
    }
    all
}

/// What was done to the rows.
fn rows(subject: &Subject<'_>) -> Vec<String> {
    let model = subject.model;
    let fills = model.preprocessing.columns().iter().any(|column| column.kind.fill().is_some());
    let filled = "A missing value counts as the column's mean or most frequent name: rows with many missing values are predicted with more certainty than is due.";
    let weighted = subject
        .model
        .provenance
        .options
        .iter()
        .any(|word| word.starts_with("--weights") || word.starts_with("--class-weights"));
    let even = "The fit weighed the rows; the charts of predictions below count every row once.";
    let chosen = [(fills, filled), (weighted, even)];
    chosen.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.to_owned()).collect()
}

/// What the predictions on the page are worth.
fn predictions(subject: &Subject<'_>) -> Vec<String> {
    let (model, mut all) = (subject.model, Vec::new());
    match &model.score {
        None => all.push("Nobody has scored the model on rows that it was not fitted to.".to_owned()),
        Some(score) => {
            all.extend(score.failures.iter().map(|failure| format!("Could not be scored: {failure}.")))
        }
    }
    let assessed = subject.evidence.and_then(|evidence| evidence.assessed.as_ref().ok());
    if assessed.is_some_and(|assessed| assessed.origin == Origin::Fitted) {
        all.push("The charts of predictions are of the very rows that were fitted, and look better than new rows would.".to_owned());
    }
    if model.task() != Task::Classification && !model.predictor.has_deviation() {
        all.push("The model states no spread of a prediction.".to_owned());
    }
    all
}
