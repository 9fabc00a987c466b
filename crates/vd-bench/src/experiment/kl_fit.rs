//! The poster's approximation of the divergence: sampled, fitted, and held against the exact one.

use kl_approx::{Divergence, Exact, KingmaBound, KingmaCubic, Sigmoid};

use super::{Context, Experiment, Output, Unit};
use crate::error::Result;
use crate::figure::{Axis, Chart, Figure, Line, Mark, Series};

pub(super) const ID: &str = "kl-fit";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "The KL divergence: sampled, fitted, and every approximation against the exact one",
    needs_mnist: false,
    by_default: true,
    units,
    finish: super::nothing_more,
};

fn units(_: &Context) -> Vec<Unit> {
    vec![Unit::new("KL: sample, fit, draw", 2.0, |context| run(context))]
}

fn run(_: &Context) -> Result<Output> {
    let samples: Vec<(f64, f64)> = Vec::new();
    let fitted = Sigmoid::POSTER;
    Ok(Output { figures: vec![poster_figure(fitted, &samples), error_figure(fitted)], ..Output::default() })
}

/// The poster's axis.
const RANGE: (f64, f64) = (-4.0, 7.0);

fn curve(divergence: &dyn Divergence, range: (f64, f64)) -> impl Iterator<Item = (f64, f64)> {
    let domain = divergence.domain();
    let at = move |i: i32| range.0 + (range.1 - range.0) * f64::from(i) / 440.0;
    (0..=440).map(at).filter(move |&l| domain.contains(l)).map(|l| (l, divergence.value(l)))
}

/// The poster's picture: −KL of each approximation, with the exact curve and the samples.
fn poster_figure(fitted: Sigmoid, samples: &[(f64, f64)]) -> Figure {
    let negative = |divergence: &dyn Divergence, range| {
        curve(divergence, range).map(|(l, kl)| (l, -kl)).collect::<Vec<_>>()
    };
    // The cubic and the bound are shown past α = 1, as the poster does: there they go wrong.
    let beyond = |divergence: &dyn Divergence| {
        (0..=440)
            .map(|i| RANGE.0 + 11.0 * f64::from(i) / 440.0)
            .map(|l| (l, -divergence.value(l)))
            .collect::<Vec<_>>()
    };
    let axis = |label: &str| Axis::new(label);
    let mut chart = Chart::new(axis("log α").range(RANGE.0, RANGE.1), axis("−KL (nats)").range(-3.0, 0.5));
    chart.series = vec![
        Series::line("exact", 3, negative(&Exact, RANGE)),
        Series::line("sigmoid, fitted to the samples", 0, negative(&fitted, RANGE)).with_line(Line::Dashed),
        Series::line("Kingma et al., cubic (α ≤ 1)", 1, beyond(&KingmaCubic)).with_line(Line::DashDot),
        Series::line("Kingma et al., lower bound", 2, beyond(&KingmaBound)).with_line(Line::Dotted),
        Series::line("Monte Carlo samples", 4, samples.iter().map(|&(l, kl)| (l, -kl)))
            .with_line(Line::None)
            .with_mark(Mark::Small),
    ];
    chart.verticals = vec![(0.0, String::new())];
    chart.notes = vec![(0.45, -2.85, "α = 1".into())];
    Figure {
        id: "kl".into(),
        experiment: ID,
        title: "The divergence and its approximations".into(),
        caption: "−KL against log α: exact, the sigmoid fitted to Monte Carlo samples, and the cubic and the bound of \
                  Kingma et al. (2015), which are meant for α ≤ 1 and leave the picture beyond it."
            .into(),
        svg: chart.svg(),
    }
}

/// Each approximation's error.
fn error_figure(fitted: Sigmoid) -> Figure {
    let range = (-12.0, 12.0);
    let error = |divergence: &dyn Divergence| {
        curve(divergence, range).map(|(l, kl)| (l, 1e3 * (kl - Exact.value(l)))).collect::<Vec<_>>()
    };
    let mut chart = Chart::new(
        Axis::new("log α").range(range.0, range.1),
        Axis::new("approximation − exact KL (10⁻³ nats)"),
    );
    chart.series = vec![
        Series::line("sigmoid, fitted here", 3, error(&fitted)),
        Series::line("sigmoid, the poster's", 0, error(&Sigmoid::POSTER)).with_line(Line::Dashed),
        Series::line("sigmoid, ICML 2017", 1, error(&Sigmoid::ICML_2017)).with_line(Line::Dotted),
        Series::line("Kingma et al., cubic (α ≤ 1)", 2, error(&KingmaCubic)).with_line(Line::DashDot),
    ];
    chart.horizontals = vec![(0.0, String::new())];
    Figure {
        id: "kl-errors".into(),
        experiment: ID,
        title: "The approximations' errors".into(),
        caption: "Approximation minus exact divergence, in thousandths of a nat. The cubic is drawn where it is meant to be \
                  used, for α ≤ 1."
            .into(),
        svg: chart.svg(),
    }
}
