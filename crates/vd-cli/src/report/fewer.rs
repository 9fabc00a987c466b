//! What if fewer columns were kept?

use std::collections::BTreeMap;

use methods::Walk;
use vd_report::{Part, Section, Step};

use crate::report::subject::Subject;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Section {
    let mut section = Section::new("fewer", "What if fewer columns, or more, are kept?");
    match subject.evidence.map(|evidence| &evidence.walk) {
        None => section
            .push(Part::Missing(format!("{}: there is no walk from no column to many.", subject.without))),
        Some(Err(reason)) => section.push(Part::Missing(reason.clone())),
        Some(Ok(walk)) => {
            section.say(explained(subject, walk));
            section.push(Part::Walk(part(subject, walk)));
            section.say(remade(subject, walk));
        }
    }
    section
}

/// What the slider does, and what it does not.
fn explained(subject: &Subject<'_>, walk: &Walk) -> String {
    let name = walk.parameter;
    let refit = if walk.refit.is_empty() { String::new() } else { format!(", {}", walk.refit) };
    let own = match own(subject, walk) {
        Some(_) => format!("The model of this report has the {name} that is marked."),
        None => format!(
            "The model of this report has no single {name} (it averages over which columns matter): the walk shows what fits at one {name} would \
             keep, so that its columns and weights need not be the report's."
        ),
    };
    format!(
        "Each stop is a fit to all rows at one {name}{refit}; its error is that of the same fit on rows held out by five-fold cross-validation, with its \
         standard error. {own} A smaller error at a stop that was picked because its error is small is too hopeful."
    )
}

/// The parameter of the model itself.
fn own(subject: &Subject<'_>, walk: &Walk) -> Option<f64> {
    let summary = &subject.model.summary;
    let exact = summary.found(walk.parameter);
    exact.or_else(|| {
        summary
            .found
            .iter()
            .find(|(name, _)| walk.parameter == "C" && name.starts_with("C ("))
            .map(|(_, v)| *v)
    })
}

/// How a model at a stop is made.
fn remade(subject: &Subject<'_>, walk: &Walk) -> String {
    let option = if walk.parameter == "C" { "--c" } else { "--lambda" };
    let more = match subject.model.provenance.model.as_str() {
        "linreg" => "; --keep N and --within SHARE choose a number of columns or a loss that you accept",
        "glm" => "; --false-keeps Q chooses how many columns by chance you accept",
        _ => "",
    };
    format!("To have the model of a stop, fit again with {option} and the value that the slider shows{more}.")
}

fn part(subject: &Subject<'_>, walk: &Walk) -> vd_report::Walk {
    // The features that are kept somewhere on the way, in the table's order.
    let kept = walk.stops.iter().flat_map(|stop| &stop.kept).map(|(feature, _)| *feature);
    let mut index: BTreeMap<usize, usize> = kept.map(|feature| (feature, 0)).collect();
    index.values_mut().enumerate().for_each(|(place, at)| *at = place);
    let features = subject.model.preprocessing.features();
    let step = |stop: &methods::Stop| {
        let scaled =
            |&(feature, weight): &(usize, f64)| (index[&feature], weight * features[feature].spread());
        let mut kept: Vec<(usize, f64)> = stop.kept.iter().map(scaled).collect();
        kept.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        Step {
            value: stop.value,
            kept,
            error: stop.error,
            standard_error: stop.standard_error,
            false_keeps: stop.false_keeps,
        }
    };
    let own = own(subject, walk);
    let far = |stop: &methods::Stop, at: f64| (stop.value / at).ln().abs();
    let nearest = |at: f64| {
        (0..walk.stops.len()).min_by(|&a, &b| far(&walk.stops[a], at).total_cmp(&far(&walk.stops[b], at)))
    };
    // Where there is no parameter to go by: the first model with as many features as the report's.
    let alike = || walk.stops.iter().position(|stop| stop.kept.len() >= subject.model.kept().max(1));
    let best = || {
        let error = |i: &usize| walk.stops[*i].error.unwrap_or(f64::INFINITY);
        (0..walk.stops.len()).min_by(|a, b| error(a).total_cmp(&error(b)))
    };
    let reads = if walk.parameter == "λ" {
        "λ, squared z-score beyond which a column is kept"
    } else {
        "C, inverse penalty"
    };
    vd_report::Walk {
        title: "The walk from no column to many".to_owned(),
        caption: "Above: the error on held-out rows, with a band of one standard error. Below: how many columns are kept, and how many \
                  chance would keep if none of them mattered, where the method can say; with several classes each of a column's weights has its chance. Columns of \
                  names count once for each name."
            .to_owned(),
        parameter: reads.to_owned(),
        error: walk.error.to_owned(),
        weight: "weight per standard deviation".to_owned(),
        names: index.keys().map(|&feature| subject.name(feature).to_owned()).collect(),
        steps: walk.stops.iter().map(step).collect(),
        start: own.and_then(nearest).or_else(alike).or_else(best).unwrap_or(0),
        marks: own.map(|at| (at, "the model".to_owned())).into_iter().collect(),
    }
}
