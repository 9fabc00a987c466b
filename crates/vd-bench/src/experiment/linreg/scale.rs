//! Time against size, drawn from committed measurements: a timing of this run would depend on what else the machine does.

use super::super::Output;
use super::ID;
use super::figures::{self, Timing};
use crate::figure::{Axis, Chart, Figure, Line, Mark, Series};

const LAMBDAS: [(&str, &str, Line); 2] =
    [("lambda=1", "λ = 1", Line::Solid), ("lambda=2logD", "λ = 2 log D", Line::Dashed)];

pub(super) fn run() -> Output {
    let reference = figures::scale_reference();
    let of = |sweep: &str, lambda: &str, at: &dyn Fn(&Timing) -> usize| -> Vec<(f64, f64)> {
        let rows = reference.rows.iter().filter(|r| r.sweep == sweep && r.what == lambda);
        rows.map(|r| (at(r) as f64, r.seconds)).collect()
    };
    let mut size = Chart::new(Axis::new("D (at N = 500), N (at D = 500)").log(), Axis::new("seconds").log());
    let mut active = Chart::new(Axis::new("features kept").log(), Axis::new("seconds").log());
    for (k, (what, name, line)) in LAMBDAS.into_iter().enumerate() {
        let series = |name: String, style, points| {
            Series::line(name, style, points).with_line(line).with_mark(Mark::Small)
        };
        size.series.push(series(format!("D, {name}"), 2 * k, of("d", what, &|r| r.features)));
        size.series.push(series(format!("N, {name}"), 2 * k + 1, of("n", what, &|r| r.samples)));
        active.series.push(series(name.into(), 2 * k, of("relevant", what, &|r| r.kept)));
    }
    let figure = |id: &str, title: &str, caption: &str, chart: &Chart| Figure {
        id: id.into(),
        experiment: ID,
        title: title.into(),
        caption: format!(
            "{caption} Not timed in this run: drawn from a committed file, {}.",
            reference.provenance
        ),
        svg: chart.svg(),
        chart: Some(chart.clone()),
    };
    Output {
        figures: vec![
            figure(
                "linreg-scale",
                "Time against the size of the problem",
                "Seconds of one fit against the number of features and of objects, 20 features relevant.",
                &size,
            ),
            figure(
                "linreg-scale-active",
                "Time against the number of features kept",
                "Seconds of one fit of 2000 objects and 1000 features, 5 to 160 of them relevant, against the number kept.",
                &active,
            ),
        ],
        ..Output::default()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_curve_has_points_and_the_caption_says_where_they_come_from() {
        let output = super::run();
        assert_eq!(output.figures.len(), 2);
        for figure in &output.figures {
            assert!(
                figure.caption.contains("revision") && figure.caption.contains("cores"),
                "{}",
                figure.caption
            );
        }
    }
}
