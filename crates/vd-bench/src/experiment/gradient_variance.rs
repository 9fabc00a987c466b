//! The poster's 'new parametrization' claim, measured: the variance of the gradient under each way to put the noise in.

use vd_dsvi::{Batch, GradientNoise, GradientVariance, Params, ThetaInit};

use super::{Context, Experiment, Finding, Output, Table, Unit};
use crate::error::{Error, Result};
use crate::figure::{Axis, Chart, Figure, Line, Mark, Series};
use crate::fits::single;
use crate::protocol::{Digits, ProtocolVariant, prepare};

const ID: &str = "gradient-variance";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "Variance of ∂L/∂θ by noise estimator against α, on DIGITS",
    needs_mnist: false,
    by_default: true,
    units: |_| vec![Unit::new("gradient variance", 3.0, run)],
    finish: super::nothing_more,
};

/// Name, estimator, how it is drawn.
const ESTIMATORS: [(&str, GradientNoise, Line); 3] = [
    ("multiplicative weight noise (original)", GradientNoise::Multiplicative, Line::Dashed),
    ("additive weight noise (poster)", GradientNoise::Additive, Line::DashDot),
    ("local reparametrisation", GradientNoise::Local, Line::Solid),
];
/// α from 1e-3 to 1e3, two points a decade.
const POINTS: i32 = 13;

fn run(context: &Context) -> Result<Output> {
    let data = prepare(Digits::Plain, ProtocolVariant::Poster, 0)?;
    // Means of the size that trained ones have; inputs of order 10.
    let params =
        Params::default().classes(10).batch(Batch::Size(100)).theta_init(ThetaInit::Normal { sd: 0.1 });
    let draws = if context.smoke { 50 } else { 400 };
    let log_alphas: Vec<f64> = (0..POINTS).map(|i| 10f64.powf(-3.0 + 0.5 * f64::from(i)).ln()).collect();
    let curve = params
        .threads(1)
        .gradient_variance(&single(&data.train.x), &data.train.labels, &log_alphas, draws)
        .map_err(Error::fit("vd-dsvi"))?;
    Ok(Output {
        figures: vec![figure(&curve)],
        tables: vec![table(&curve)],
        findings: vec![finding(&curve)],
        ..Output::default()
    })
}

fn of(curve: &[GradientVariance], noise: GradientNoise) -> impl Iterator<Item = &GradientVariance> {
    curve.iter().filter(move |point| point.noise == noise)
}

fn figure(curve: &[GradientVariance]) -> Figure {
    let mut chart =
        Chart::new(Axis::new("log₁₀ α"), Axis::new("log₁₀ variance of ∂L/∂θ (mean over weights)"));
    for (style, (name, noise, line)) in ESTIMATORS.into_iter().enumerate() {
        let points = of(curve, noise).map(|p| (p.log_alpha / std::f64::consts::LN_10, p.variance.log10()));
        chart.series.push(Series::line(name, style, points).with_line(line).with_mark(Mark::Small));
    }
    Figure {
        id: ID.into(),
        experiment: ID,
        title: "The variance of the gradient".into(),
        caption: "Variance of ∂L/∂θ over batches of 100 and noise, mean over the weights, every weight at the same α, on DIGITS. \
                  Multiplicative noise at fixed α, the others at fixed σ²."
            .into(),
        svg: chart.svg(),
        chart: Some(chart),
    }
}

fn table(curve: &[GradientVariance]) -> Table {
    let header = ["estimator", "log_alpha", "variance", "standard_error", "squared_mean"];
    let row = |(name, noise): (&str, GradientNoise)| {
        let line = |p: &GradientVariance| {
            let numbers = [p.log_alpha, p.variance, p.standard_error, p.squared_mean];
            std::iter::once(name.to_owned()).chain(numbers.iter().map(f64::to_string)).collect::<Vec<_>>()
        };
        of(curve, noise).map(line).collect::<Vec<_>>()
    };
    let rows = ESTIMATORS.iter().flat_map(|(name, noise, _)| row((name, *noise))).collect();
    Table { id: ID.into(), header: header.map(str::to_owned).into(), rows }
}

fn finding(curve: &[GradientVariance]) -> Finding {
    let at = |noise: GradientNoise, i: usize| of(curve, noise).nth(i).map_or(f64::NAN, |p| p.variance);
    let ratio = |noise: GradientNoise, i: usize| at(GradientNoise::Multiplicative, i) / at(noise, i);
    let (one, last) = (POINTS as usize / 2, POINTS as usize - 1);
    Finding {
        experiment: ID,
        text: format!(
            "At α = 1 the gradient under multiplicative noise has {:.2} times the variance of additive weight noise and {:.2} times that of \
             local reparametrisation; at α = 1000 it is {:.1} and {:.1} times. From α = 0.001 to 1000 the variance grows by a factor of {:.1} \
             under multiplicative noise, {:.1} under additive noise and {:.1} under local reparametrisation.",
            ratio(GradientNoise::Additive, one),
            ratio(GradientNoise::Local, one),
            ratio(GradientNoise::Additive, last),
            ratio(GradientNoise::Local, last),
            at(GradientNoise::Multiplicative, last) / at(GradientNoise::Multiplicative, 0),
            at(GradientNoise::Additive, last) / at(GradientNoise::Additive, 0),
            at(GradientNoise::Local, last) / at(GradientNoise::Local, 0)
        ),
    }
}
