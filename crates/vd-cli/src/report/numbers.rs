//! Predictions of numbers and counts: residuals, and whether the stated spread is right.

use predictor::Task;
use vd_report::{Axis, Chart, Column, Line, Mark, Part, Rule, Section, Series, Table};

use crate::report::calibration::{bins, coverage};
use crate::report::evidence::Assessed;
use crate::report::subject::Subject;
use crate::table::clip;

/// The most points of a chart: every so many rows are shown of a longer table.
const POINTS: usize = 2000;
/// Probabilities of the intervals that are checked.
const LEVELS: [f64; 11] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// Adds charts and tables of the predictions.
pub(super) fn parts(subject: &Subject<'_>, assessed: &Assessed, section: &mut Section) {
    let target = clip(&subject.model.target.name);
    section.push(Part::Chart(against_truth(assessed, &target)));
    section.push(Part::Chart(residuals(assessed, &target)));
    section.push(Part::Chart(by_tenths(assessed, &target)));
    match (subject.model.task(), coverage(assessed, 0.9)) {
        (Task::Regression, Some(share)) => intervals(assessed, share, section),
        (Task::Counts, _) => section.push(Part::Missing(
            "Whether intervals for counts hold as often as they say is not shown: only their means are compared.".to_owned(),
        )),
        _ => section.push(Part::Missing("The model states no spread of its predictions, so that intervals cannot be checked.".to_owned())),
    }
    section.push(Part::Table(rows(assessed)));
}

/// The rows that are drawn.
fn drawn(assessed: &Assessed) -> impl Iterator<Item = usize> + '_ {
    let step = assessed.truth.len().div_ceil(POINTS).max(1);
    (0..assessed.truth.len()).step_by(step)
}

/// Which rows are drawn, in words.
fn shown(assessed: &Assessed) -> String {
    let step = assessed.truth.len().div_ceil(POINTS).max(1);
    if step == 1 { "Every row is a point.".to_owned() } else { format!("One row in {step} is a point.") }
}

fn against_truth(assessed: &Assessed, target: &str) -> Chart {
    let point = |i: usize| (assessed.predictions[i].value(), assessed.truth[i]);
    let points: Vec<(f64, f64)> = drawn(assessed).map(point).collect();
    let ends = points
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p.0), high.max(p.0)));
    Chart {
        title: "Predicted and true".to_owned(),
        caption: format!("{} On the dashed line a prediction is exactly right.", shown(assessed)),
        x: Axis::new(format!("predicted {target}")),
        y: Axis::new(format!("true {target}")),
        series: vec![
            Series::dots("rows", 0, points),
            Series::line("exactly right", 7, [(ends.0, ends.0), (ends.1, ends.1)]).joined(Line::Dashed),
        ],
        ..Chart::default()
    }
}

fn residuals(assessed: &Assessed, target: &str) -> Chart {
    let point =
        |i: usize| (assessed.predictions[i].value(), assessed.truth[i] - assessed.predictions[i].value());
    Chart {
        title: "Residuals".to_owned(),
        caption: "True less predicted. A bend says that the columns act otherwise than in a straight line; a funnel, that some rows are harder than others."
            .to_owned(),
        x: Axis::new(format!("predicted {target}")),
        y: Axis::new(format!("true − predicted {target}")),
        series: vec![Series::dots("", 0, drawn(assessed).map(point))],
        rules: vec![Rule::Horizontal { at: 0.0, label: String::new() }],
        square: false,
    }
}

/// Rows with similar predictions: their mean prediction against their mean truth.
fn by_tenths(assessed: &Assessed, target: &str) -> Chart {
    let pairs = assessed.predictions.iter().zip(&assessed.truth).map(|(p, t)| (p.value(), *t));
    let found = bins(pairs.collect());
    let ends = (found.first().map_or(0.0, |b| b.predicted), found.last().map_or(1.0, |b| b.predicted));
    let series = Series::dots(
        "mean of a group of rows, ± its standard error",
        0,
        found.iter().map(|b| (b.predicted, b.observed)),
    );
    let labels = found.iter().map(|b| format!("{} rows", b.rows)).collect();
    Chart {
        title: "Is the mean right?".to_owned(),
        caption: format!(
            "Rows in the order of their prediction, in {} groups of as many rows. On the dashed line the mean prediction is the mean truth.",
            found.len()
        ),
        x: Axis::new(format!("mean predicted {target}")),
        y: Axis::new(format!("mean true {target}")),
        series: vec![
            Series { labels, ..series.spread(found.iter().map(|b| b.error).collect()) },
            Series::line("exactly right", 7, [(ends.0, ends.0), (ends.1, ends.1)]).joined(Line::Dashed),
        ],
        ..Chart::default()
    }
}

/// Whether intervals hold as often as they say.
fn intervals(assessed: &Assessed, ninety: f64, section: &mut Section) {
    let found: Vec<(f64, f64)> =
        LEVELS.iter().filter_map(|&p| Some((100.0 * p, 100.0 * coverage(assessed, p)?))).collect();
    // Two binomial standard errors: what chance does to the share.
    let n = assessed.truth.len() as f64;
    let chance = 2.0 * (0.9_f64 * 0.1 / n).sqrt();
    let verdict = match ninety - 0.9 {
        d if d.abs() <= chance => "that is right, as far as so many rows can tell",
        d if d < 0.0 => "the stated spread is too small",
        _ => "the stated spread is too large",
    };
    section.say(format!(
        "{:.1}% of the rows lie in their 90% interval: {verdict} (chance alone moves it by {:.1} points).",
        100.0 * ninety,
        100.0 * chance
    ));
    section.push(Part::Chart(Chart {
        title: "Is the stated spread right?".to_owned(),
        caption: "How many rows lie in the interval that should hold so many. Below the dashed line intervals are too narrow, above it too wide."
            .to_owned(),
        x: Axis::new("rows that an interval should hold (%)").range(0.0, 100.0),
        y: Axis::new("rows that it holds (%)").range(0.0, 100.0),
        series: vec![
            Series::line("intervals of the model", 0, found).mark(Mark::Small),
            Series::line("exactly right", 7, [(0.0, 0.0), (100.0, 100.0)]).joined(Line::Dashed),
        ],
        rules: Vec::new(),
        square: true,
    }));
}

/// The rows that are drawn, as a table.
fn rows(assessed: &Assessed) -> Table {
    let index: Vec<usize> = drawn(assessed).collect();
    let number = |title: &str, about: &str, of: &dyn Fn(usize) -> Option<f64>| {
        Column::number(title, about, index.iter().map(|&i| of(i)).collect())
    };
    let mut columns = vec![
        number("row", "among the rows used, from 1", &|i| Some((i + 1) as f64)),
        number("true", "", &|i| Some(assessed.truth[i])),
        number("predicted", "", &|i| Some(assessed.predictions[i].value())),
        number("residual", "true less predicted", &|i| {
            Some(assessed.truth[i] - assessed.predictions[i].value())
        }),
    ];
    if assessed.predictions.iter().any(|p| p.deviation.is_some()) {
        columns.push(number("std", "predictive standard deviation, noise included", &|i| {
            assessed.predictions[i].deviation
        }));
        columns.push(number("residual / std", "", &|i| {
            let deviation = assessed.predictions[i].deviation.filter(|d| *d > 0.0)?;
            Some((assessed.truth[i] - assessed.predictions[i].value()) / deviation)
        }));
    }
    Table {
        title: "The rows".to_owned(),
        note: shown(assessed).replace("is a point", "is shown"),
        columns,
        views: Vec::new(),
    }
}
