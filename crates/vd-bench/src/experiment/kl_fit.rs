//! The poster's approximation of the divergence: sampled, fitted, and held against the exact one.

use kl_approx::fit::{largest_error, poster};
use kl_approx::{Divergence, Exact, KingmaBound, KingmaCubic, Sigmoid, monte_carlo};

use super::{Context, Experiment, Finding, Output, Table, Unit};
use crate::error::{Error, Result};
use crate::figure::{Axis, Chart, Figure, Line, Mark, Series};
use crate::summary::KlFit;

const ID: &str = "kl-fit";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "The KL divergence: sampled, fitted, and every approximation against the exact one",
    needs_mnist: false,
    by_default: true,
    units,
    finish: super::nothing_more,
};

/// Log α from −10 to 10 in steps of a tenth.
const POINTS: usize = 201;
const SEED: u64 = 0;
/// The poster's horizontal axis.
const RANGE: (f64, f64) = (-4.0, 7.0);

fn units(_: &Context) -> Vec<Unit> {
    vec![Unit::new("KL: sample, fit, draw", 2.0, run)]
}

fn run(context: &Context) -> Result<Output> {
    let per_point = if context.smoke { 20_000 } else { 200_000 };
    let fault = || Error::fit("kl-approx");
    let fit = poster(per_point, POINTS, SEED).map_err(fault())?;
    let samples: Vec<(f64, f64)> = (0..=22)
        .map(|i| RANGE.0 + 0.5 * f64::from(i))
        .map(|l| Ok((l, monte_carlo::plain(l, per_point, SEED).map_err(fault())?.mean)))
        .collect::<Result<_>>()?;
    let kl_fit = KlFit {
        k1: fit.model.k1,
        k2: fit.model.k2,
        k3: fit.model.k3,
        max_abs_error: fit.report.largest_error_anywhere,
        max_abs_error_at: fit.report.largest_error_at,
        samples_per_point: fit.report.samples_per_point,
        points: fit.report.points,
        seed: SEED,
    };
    Ok(Output {
        figures: vec![poster_figure(fit.model, &samples), error_figure(fit.model)],
        tables: vec![error_table(fit.model)],
        findings: vec![finding(&kl_fit)],
        kl_fit: Some(kl_fit),
        ..Output::default()
    })
}

/// The approximations for all α, with their names.
fn sigmoids(fitted: Sigmoid) -> [(&'static str, Sigmoid); 4] {
    [
        ("fitted here", fitted),
        ("the poster's", Sigmoid::POSTER),
        ("ICML 2017", Sigmoid::ICML_2017),
        ("least largest error", Sigmoid::MINIMAX),
    ]
}

fn error_table(fitted: Sigmoid) -> Table {
    let row = |(name, s): (&str, Sigmoid)| {
        let worst = largest_error(&s, -60.0, 60.0);
        let numbers = [s.k1, s.k2, s.k3, worst.error, worst.at];
        std::iter::once(name.to_owned()).chain(numbers.iter().map(f64::to_string)).collect()
    };
    let header = ["constants", "k1", "k2", "k3", "largest_error", "at_log_alpha"];
    Table {
        id: "kl-errors".into(),
        header: header.map(str::to_owned).into(),
        rows: sigmoids(fitted).into_iter().map(row).collect(),
    }
}

fn finding(fit: &KlFit) -> Finding {
    let rounded = format!("{:.2}, {:.1}, {:.1}", fit.k1, fit.k2 / fit.k3, fit.k3);
    let verdict = if rounded == "0.64, 1.3, 1.5" {
        "the poster's constants"
    } else {
        "not the poster's 0.64, 1.3, 1.5"
    };
    let error = |s: Sigmoid| largest_error(&s, -60.0, 60.0).error.abs();
    Finding {
        experiment: ID,
        text: format!(
            "Least squares on {} samples at each of {} points gives k₁ = {:.5}, k₂ = {:.5}, k₃ = {:.5}, which round to {rounded}: \
             {verdict}. Its largest error is {:.4} nats, that of the poster's constants {:.4}, of ICML 2017's {:.4}, and of the \
             best three constants there are {:.4}; the cubic and the bound are of use for α ≤ 1 only.",
            fit.samples_per_point,
            fit.points,
            fit.k1,
            fit.k2,
            fit.k3,
            fit.max_abs_error,
            error(Sigmoid::POSTER),
            error(Sigmoid::ICML_2017),
            error(Sigmoid::MINIMAX)
        ),
    }
}

/// Points of a curve: 441 across the range.
fn across(range: (f64, f64)) -> impl Iterator<Item = f64> {
    (0..=440).map(move |i| range.0 + (range.1 - range.0) * f64::from(i) / 440.0)
}

/// The poster's picture: −KL of each approximation, with the exact curve and the samples.
fn poster_figure(fitted: Sigmoid, samples: &[(f64, f64)]) -> Figure {
    // The cubic and the bound have no value past α = 1, where they are not meant to be used.
    let negative =
        |divergence: &dyn Divergence| across(RANGE).map(|l| (l, -divergence.value(l))).collect::<Vec<_>>();
    let mut chart =
        Chart::new(Axis::new("log α").range(RANGE.0, RANGE.1), Axis::new("−KL (nats)").range(-3.0, 0.25));
    chart.series = vec![
        Series::line("exact", 3, negative(&Exact)),
        Series::line("sigmoid, fitted to samples", 0, negative(&fitted)).with_line(Line::Dashed),
        Series::line("Kingma et al., cubic (α ≤ 1)", 1, negative(&KingmaCubic)).with_line(Line::DashDot),
        Series::line("Kingma et al., lower bound", 2, negative(&KingmaBound)).with_line(Line::Dotted),
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
                  Kingma et al. (2015), drawn where they are meant to be used, for α ≤ 1."
            .into(),
        svg: chart.svg(),
        chart: Some(chart),
    }
}

/// Each approximation's error.
fn error_figure(fitted: Sigmoid) -> Figure {
    let range = (-12.0, 12.0);
    let error = |divergence: &dyn Divergence| {
        let inside = across(range).filter(|&l| divergence.domain().contains(l));
        inside.map(|l| (l, 1e3 * (divergence.value(l) - Exact.value(l)))).collect::<Vec<_>>()
    };
    let lines = [Line::Solid, Line::Dashed, Line::Dotted, Line::DashDot];
    let styles = [3, 0, 1, 4];
    let mut chart = Chart::new(
        Axis::new("log α").range(range.0, range.1),
        Axis::new("approximation − exact KL (10⁻³ nats)"),
    );
    for (i, (name, sigmoid)) in sigmoids(fitted).into_iter().enumerate() {
        chart
            .series
            .push(Series::line(format!("sigmoid, {name}"), styles[i], error(&sigmoid)).with_line(lines[i]));
    }
    // The line through all points, marks on a few: the legend shows the marked one alone.
    let cubic = error(&KingmaCubic);
    let sparse: Vec<_> = cubic.iter().copied().step_by(16).collect();
    chart.series.push(Series::line("", 2, cubic));
    let marks = Series::line("Kingma et al., cubic (α ≤ 1)", 2, sparse);
    chart.series.push(marks.with_line(Line::None).with_mark(Mark::Small));
    chart.horizontals = vec![(0.0, String::new())];
    Figure {
        id: "kl-errors".into(),
        experiment: ID,
        title: "The approximations' errors".into(),
        caption: "Approximation minus exact divergence, in thousandths of a nat. The cubic is drawn where it is meant to be \
                  used, for α ≤ 1; its constant is fixed by the limit α → 0."
            .into(),
        svg: chart.svg(),
        chart: Some(chart),
    }
}
