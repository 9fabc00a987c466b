//! Predictions of classes: calibration curve, confusion table, ROC curves.

use vd_report::{Axis, Chart, Column, Heat, Line, Mark, Part, Section, Series, Table};

use crate::report::calibration::{bins, class_error, class_pairs};
use crate::report::evidence::Assessed;
use crate::report::subject::Subject;
use crate::table::clip;

/// The most classes with a curve each: the most frequent ones.
const CURVES: usize = 7;
/// The most classes of a confusion table that is drawn.
const DRAWN: usize = 30;
/// Strokes of the curves, which tell them apart without colour.
const LINES: [Line; 4] = [Line::Solid, Line::DashDot, Line::Dotted, Line::Dashed];
/// The most points of a ROC curve.
const POINTS: usize = 300;

/// Adds charts and tables of the predictions.
pub(super) fn parts(subject: &Subject<'_>, assessed: &Assessed, section: &mut Section) {
    let names: Vec<String> = subject.model.target.levels.iter().map(|level| clip(level)).collect();
    let curves = frequent(assessed, names.len());
    if let Some(error) = class_error(assessed, names.len()) {
        section.say(format!(
            "Predicted probabilities are {:.1} points from the shares that came true, on average over groups of rows with similar predictions; with {} rows, \
             a few points are chance.",
            100.0 * error,
            assessed.truth.len()
        ));
    }
    section.push(Part::Chart(calibration(assessed, &names, &curves)));
    let counts = confusion(assessed, names.len());
    if names.len() <= DRAWN {
        section.push(Part::Heat(drawn(&names, &counts)));
    }
    let rocs: Vec<(usize, Roc)> =
        curves.iter().map(|&class| (class, roc(class_pairs(assessed, class)))).collect();
    section.push(Part::Chart(roc_chart(&names, &rocs)));
    section.push(Part::Table(by_class(assessed, &names, &counts)));
}

/// The classes with a curve: the second of two, else the most frequent ones.
fn frequent(assessed: &Assessed, classes: usize) -> Vec<usize> {
    if classes == 2 {
        return vec![1];
    }
    let mut count = vec![0_usize; classes];
    assessed.truth.iter().for_each(|t| count[*t as usize] += 1);
    let mut order: Vec<usize> = (0..classes).filter(|&k| count[k] > 0).collect();
    order.sort_by_key(|&k| core::cmp::Reverse(count[k]));
    order.truncate(CURVES);
    order.sort_unstable();
    order
}

/// What is left out of the curves, in words.
fn left_out(names: &[String], curves: usize) -> String {
    match names.len() {
        2 => format!(" The curve is that of “{}”; that of “{}” mirrors it.", names[1], names[0]),
        all if all > curves => format!(" Shown are the {curves} most frequent of {all} classes."),
        _ => String::new(),
    }
}

fn calibration(assessed: &Assessed, names: &[String], curves: &[usize]) -> Chart {
    let series = |(style, &class): (usize, &usize)| {
        let found = bins(class_pairs(assessed, class));
        let points = found.iter().map(|b| (100.0 * b.predicted, 100.0 * b.observed));
        let labels = found.iter().map(|b| format!("{} rows", b.rows)).collect();
        let spread = found.iter().map(|b| 100.0 * b.error).collect();
        Series {
            labels,
            ..Series::line(names[class].clone(), style, points).mark(Mark::Small).spread(spread)
        }
    };
    // With several classes the bands would hide each other.
    let plain = |s: Series| if curves.len() > 1 { Series { spread: Vec::new(), ..s } } else { s };
    let ideal = Series::line("exactly right", 7, [(0.0, 0.0), (100.0, 100.0)]).joined(Line::Dashed);
    Chart {
        title: "Calibration curve".to_owned(),
        caption: format!(
            "Rows in groups with similar predictions: the probability that was predicted, and the share that came true (with one curve: ± its standard \
             error). Below the dashed line the model is too sure of the class.{}",
            left_out(names, curves.len())
        ),
        x: Axis::new("predicted probability (%)").range(0.0, 100.0),
        y: Axis::new("share that came true (%)").range(0.0, 100.0),
        series: curves.iter().enumerate().map(series).map(plain).chain([ideal]).collect(),
        rules: Vec::new(),
        square: true,
    }
}

/// Rows by true class, then by predicted class.
fn confusion(assessed: &Assessed, classes: usize) -> Vec<f64> {
    let mut counts = vec![0.0; classes * classes];
    for (prediction, truth) in assessed.predictions.iter().zip(&assessed.truth) {
        counts[*truth as usize * classes + prediction.class] += 1.0;
    }
    counts
}

fn drawn(names: &[String], counts: &[f64]) -> Heat {
    Heat {
        title: "Confusion table".to_owned(),
        caption: "How many rows of each true class (from above) were predicted as which class (from the left). Right predictions lie on the diagonal."
            .to_owned(),
        row_axis: "true class".to_owned(),
        column_axis: "predicted class".to_owned(),
        rows: names.to_vec(),
        columns: names.to_vec(),
        values: counts.to_vec(),
        measure: "rows".to_owned(),
        diverging: false,
        range: (0.0, counts.iter().copied().fold(1.0, f64::max)),
    }
}

/// A ROC curve and the area below it.
struct Roc {
    /// (share of the others taken for the class, share of the class found).
    points: Vec<(f64, f64)>,
    area: Option<f64>,
}

/// The curve of all thresholds: rows with the same probability are taken together.
fn roc(mut pairs: Vec<(f64, f64)>) -> Roc {
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positive = pairs.iter().filter(|p| p.1 > 0.5).count() as f64;
    let negative = pairs.len() as f64 - positive;
    let (mut points, mut area, mut found, mut wrong) = (vec![(0.0, 0.0)], 0.0, 0.0, 0.0);
    for group in pairs.chunk_by(|a, b| a.0 == b.0) {
        let (before, hits) = (found, group.iter().filter(|p| p.1 > 0.5).count() as f64);
        let misses = group.len() as f64 - hits;
        found += hits;
        wrong += misses;
        area += misses * (before + found) / 2.0;
        points.push((wrong / negative, found / positive));
    }
    let known = positive > 0.0 && negative > 0.0;
    let step = points.len().div_ceil(POINTS).max(1);
    let last = points.len() - 1;
    let thin = points.iter().enumerate().filter(|(i, _)| i % step == 0 || *i == last).map(|(_, p)| *p);
    Roc {
        points: if known { thin.collect() } else { Vec::new() },
        area: known.then(|| area / (positive * negative)),
    }
}

fn roc_chart(names: &[String], rocs: &[(usize, Roc)]) -> Chart {
    let series = |(style, (class, roc)): (usize, &(usize, Roc))| {
        let area = roc.area.map_or_else(|| "no area".to_owned(), |area| format!("area {area:.3}"));
        let points = roc.points.iter().map(|(x, y)| (100.0 * x, 100.0 * y));
        Series::line(format!("{} ({area})", names[*class]), style, points).joined(LINES[style % LINES.len()])
    };
    let ideal = Series::line("guessing", 7, [(0.0, 0.0), (100.0, 100.0)]).joined(Line::Dashed);
    Chart {
        title: "ROC curves".to_owned(),
        caption: format!(
            "For every threshold: how many rows of the class are found, and how many others are taken for it. An area of 1 is perfect, 0.5 is guessing.{}",
            left_out(names, rocs.len())
        ),
        x: Axis::new("other rows taken for the class (%)").range(0.0, 100.0),
        y: Axis::new("rows of the class found (%)").range(0.0, 100.0),
        series: rocs.iter().enumerate().map(series).chain([ideal]).collect(),
        rules: Vec::new(),
        square: true,
    }
}

/// What becomes of each class.
fn by_class(assessed: &Assessed, names: &[String], counts: &[f64]) -> Table {
    let k = names.len();
    let of = |value: &dyn Fn(usize) -> f64| {
        (0..k).map(|class| Some(value(class)).filter(|v| v.is_finite())).collect::<Vec<_>>()
    };
    let rows = |class: usize| (0..k).map(|other| counts[class * k + other]).sum::<f64>();
    let predicted = |class: usize| (0..k).map(|other| counts[other * k + class]).sum::<f64>();
    let right = |class: usize| counts[class * k + class];
    let area = |class: usize| roc(class_pairs(assessed, class)).area.unwrap_or(f64::NAN);
    Table {
        title: "The classes".to_owned(),
        note: String::new(),
        columns: vec![
            Column::text("class", "", names.to_vec()),
            Column::number("rows", "rows of this class", of(&rows)),
            Column::number("predicted", "rows predicted as this class", of(&predicted)),
            Column::number(
                "found (%)",
                "share of the class's rows that are predicted as such (recall)",
                of(&|c| 100.0 * right(c) / rows(c)),
            ),
            Column::number(
                "right (%)",
                "share of the rows predicted as this class that are of it (precision)",
                of(&|c| 100.0 * right(c) / predicted(c)),
            ),
            Column::number("ROC area", "1 is perfect, 0.5 is guessing", of(&area)),
        ],
        views: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::roc;

    /// The area is the probability that a row of the class has a larger probability than another one, ties counting half.
    #[test]
    fn area_is_the_share_of_right_pairs() {
        let pairs = vec![(0.9, 1.0), (0.7, 0.0), (0.7, 1.0), (0.3, 0.0), (0.2, 1.0)];
        let right = |a: f64, b: f64| {
            if a > b {
                1.0
            } else if a == b {
                0.5
            } else {
                0.0
            }
        };
        let ones: Vec<f64> = pairs.iter().filter(|p| p.1 > 0.5).map(|p| p.0).collect();
        let zeros: Vec<f64> = pairs.iter().filter(|p| p.1 < 0.5).map(|p| p.0).collect();
        let share: f64 =
            ones.iter().flat_map(|a| zeros.iter().map(move |b| right(*a, *b))).sum::<f64>() / 6.0;
        let found = roc(pairs);
        assert!((found.area.unwrap() - share).abs() < 1e-15);
        assert_eq!(found.points.last(), Some(&(1.0, 1.0)));
        assert_eq!(roc(vec![(0.5, 1.0)]).area, None);
    }
}
