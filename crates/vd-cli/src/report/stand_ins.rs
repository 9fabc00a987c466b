//! Which columns stand in for each other?

use predictor::SavedModel;
use vd_report::{Column, Heat, Part, Section, Table};

use crate::report::correlations::{Correlations, FROM};
use crate::report::subject::Subject;

/// The section.
pub(super) fn section(subject: &Subject<'_>) -> Section {
    let mut section = Section::new("stand-ins", "Which columns stand in for each other?");
    let named = named(subject.model);
    if !named.is_empty() {
        section.say("The fit found columns that say nearly the same as kept ones: with slightly other rows they could have been kept instead.");
        section.push(Part::Table(pairs(subject, "Stand-ins that the fit found", &named)));
    }
    match subject.evidence.map(|evidence| &evidence.correlations) {
        None => {
            section.push(Part::Missing(format!("{}: there are no correlations to show.", subject.without)))
        }
        Some(Err(reason)) => section.push(Part::Missing(reason.clone())),
        Some(Ok(found)) => correlated(subject, found, &mut section),
    }
    section
}

/// (kept, other, correlation) as the fit named them.
fn named(model: &SavedModel) -> Vec<(usize, usize, f64)> {
    let of = |(i, r): (usize, &predictor::FeatureRelevance)| {
        r.stand_ins.iter().map(|s| (i, s.feature as usize, s.correlation)).collect::<Vec<_>>()
    };
    model.relevance.iter().enumerate().flat_map(of).collect()
}

fn correlated(subject: &Subject<'_>, found: &Correlations, section: &mut Section) {
    let file = subject.evidence.map_or("", |evidence| evidence.file.as_str());
    if found.pairs.is_empty() {
        section.say(format!(
            "No column of {file} has a correlation of {FROM} or more with a kept one ({} kept looked at, {} rows): no kept column has an evident \
             stand-in.",
            found.features, found.rows
        ));
    } else {
        section.say(format!(
            "A kept column and another one with a high correlation tell much the same story; the one that is dropped may matter just as much. Shown: up \
             to five other columns for each of the {} strongest kept ones, correlation {FROM} or more in {} rows of {file}.",
            found.features, found.rows
        ));
        let rows: Vec<(usize, usize, f64)> =
            found.pairs.iter().map(|p| (p.kept, p.other, p.correlation)).collect();
        section.push(Part::Table(pairs(subject, "Columns that move with a kept one", &rows)));
    }
    if found.side.len() > 1 {
        let names: Vec<String> = found.side.iter().map(|&i| subject.name(i).to_owned()).collect();
        section.push(Part::Heat(Heat {
            title: "Correlations".to_owned(),
            caption: format!("Between {} columns: the strongest kept ones and what moves with them. 1 moves together, −1 moves against.", names.len()),
            rows: names.clone(),
            columns: names,
            values: found.matrix.clone(),
            measure: "correlation".to_owned(),
            diverging: true,
            range: (-1.0, 1.0),
            ..Heat::default()
        }));
    }
}

fn pairs(subject: &Subject<'_>, title: &str, rows: &[(usize, usize, f64)]) -> Table {
    let kept = |i: usize| subject.model.relevance.get(i).is_some_and(|r| r.kept > 0);
    Table {
        title: title.to_owned(),
        note: String::new(),
        columns: vec![
            Column::text("kept column", "", rows.iter().map(|r| subject.name(r.0).to_owned()).collect()),
            Column::text("other column", "", rows.iter().map(|r| subject.name(r.1).to_owned()).collect()),
            Column::number("correlation", "between −1 and 1", rows.iter().map(|r| Some(r.2)).collect()),
            Column::flag("other kept too", "", rows.iter().map(|r| kept(r.1)).collect()),
        ],
        views: Vec::new(),
    }
}
