//! What was asked, and of which data.

use predictor::ColumnKind;
use vd_report::{Part, Section, short};

use crate::report::subject::Subject;
use crate::table::clip;

/// Names of constant columns that are listed.
const SHOWN: usize = 20;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Section {
    let (model, p) = (subject.model, &subject.model.provenance);
    let mut section = Section::new("asked", "What was asked, and of which data?");
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
    fact("question", format!("Which columns predict “{}”, {}?", clip(&model.target.name), subject.noun()));
    if !model.target.levels.is_empty() {
        let shown: Vec<String> = model.target.levels.iter().take(SHOWN).map(|level| clip(level)).collect();
        let more = model.target.levels.len().saturating_sub(SHOWN);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        fact("classes", format!("{}{rest}", shown.join(", ")));
    }
    fact("table", p.data.clone());
    if !p.data_sha256.is_empty() {
        fact("SHA-256 of the table", p.data_sha256.clone());
    }
    fact("rows fitted", p.rows.to_string());
    let columns = model.preprocessing.columns().len();
    let features = model.preprocessing.features().len();
    fact("columns to predict from", columns.to_string());
    let of_names =
        model.preprocessing.columns().iter().any(|c| matches!(c.kind, ColumnKind::Category { .. }));
    if features != columns {
        let why = if of_names { ": a column of names is one feature for each name" } else { " that vary" };
        fact("features", format!("{features}{why}"));
    }
    fact("method", format!("{} (vd {}), {}", p.model, p.version, ending(subject)));
    for (name, value) in &model.summary.found {
        fact(name, short(*value));
    }
    fact("seed", p.seed.to_string());
    if let Some(evidence) = subject.evidence {
        facts.extend(evidence.facts.iter().cloned());
    }
    section.push(Part::Facts(facts));
    let constant = model.preprocessing.constant();
    if !constant.is_empty() {
        let shown: Vec<String> = constant.iter().take(SHOWN).map(|name| clip(name)).collect();
        section.say(format!(
            "Left out because they do not vary: {} in all: {}.",
            constant.len(),
            shown.join(", ")
        ));
    }
    match subject.evidence {
        None => section.push(Part::Missing(
            format!("{}: rows left out, imputed values, correlations and predictions are not shown.", subject.without),
        )),
        Some(evidence) if !evidence.training => section.say(format!(
            "The table {} (SHA-256 {}) is not the one that the model was fitted to: what is charted below from it are predictions of new rows.",
            evidence.file, evidence.sha256
        )),
        Some(_) => {}
    }
    section
}

/// How the fit ended.
fn ending(subject: &Subject<'_>) -> String {
    let summary = &subject.model.summary;
    format!("{} after {} iterations", summary.status, summary.iterations)
}
