//! Accuracy against sparsity: whole curves instead of single points.

use std::collections::BTreeMap;

use vd_glm::Coding;

use super::findings::{of, percent};
use super::{Context, Experiment, Finding, Output, Unit};
use crate::error::Result;
use crate::figure::{Axis, Chart, Figure, Line, Mark, Series};
use crate::fits::{self, Fitted, RunId};
use crate::protocol::{CURVE, Digits, POSTER_TABLE, ProtocolVariant, prepare};
use crate::record::{Moments, Record};

const ID: &str = "curves";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "Accuracy against sparsity on DIGITS and DIGITS + noise: VD-ARD and VD-GLM over λ, L1 over C, RVM over its entry gain",
    needs_mnist: false,
    by_default: true,
    units,
    finish,
};

/// Splits of a curve (clean protocol).
const SPLITS: u64 = 10;
/// KL weights λ.
const LAMBDAS: [f64; 8] = [0.03, 0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 16.0];
/// λ of the fits without sampling, from the sparsest.
const CLOSED_FORM_LAMBDAS: [f64; 5] = [16.0, 8.0, 4.0, 2.0, 1.0];
/// C of the L1 softmax path (the inputs are raw, 0 to 16).
const C: [f64; 9] = [3e-4, 1e-3, 2e-3, 4e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0];
/// Least gain in log evidence for an entry, in nats.
const GAINS: [f64; 5] = [0.0, 0.3, 1.0, 3.0, 10.0];
/// The clean protocol's threshold on log α.
const THRESHOLD: f64 = 3.0;

fn units(context: &Context) -> Vec<Unit> {
    if context.smoke {
        return Vec::new();
    }
    let mut units = Vec::new();
    for dataset in [Digits::Plain, Digits::Noise] {
        let size = if dataset == Digits::Noise { 2.0 } else { 1.0 };
        for seed in 0..SPLITS {
            let unit = |what: &str, cost: f64, job: fn(Digits, u64) -> Result<Output>| {
                let label = format!("curve: {} {what}, split {seed}", dataset.name());
                Unit::new(label, cost * size, move |_| job(dataset, seed))
            };
            units.push(unit("l1-softmax", 1.0, l1));
            units.push(unit("rvm", 2.0, rvm));
            units.push(unit("vd-ard", 6.0, vd_ard));
            units.push(unit("vd-glm", 8.0, vd_glm));
        }
    }
    units
}

fn output(
    dataset: Digits,
    method: &'static str,
    seed: u64,
    fits: &[Fitted],
    noise: &std::ops::Range<usize>,
) -> Output {
    let run_id = RunId { dataset: dataset.name(), method, protocol: CURVE, split: seed as usize, seed };
    Output { records: fits.iter().map(|fitted| fitted.record(run_id, noise)).collect(), ..Output::default() }
}

fn l1(dataset: Digits, seed: u64) -> Result<Output> {
    let data = prepare(dataset, ProtocolVariant::Clean, seed)?;
    Ok(output(dataset, "l1-softmax", seed, &fits::l1_path(&data, &C)?, &data.noise_columns))
}

fn rvm(dataset: Digits, seed: u64) -> Result<Output> {
    let data = prepare(dataset, ProtocolVariant::Clean, seed)?;
    let fits: Vec<Fitted> =
        GAINS.iter().map(|&gain| Ok(fits::relevance(&data, Some(gain))?.0)).collect::<Result<_>>()?;
    Ok(output(dataset, "rvm", seed, &fits, &data.noise_columns))
}

fn vd_ard(dataset: Digits, seed: u64) -> Result<Output> {
    let data = prepare(dataset, ProtocolVariant::Clean, seed)?;
    let fit = |&lambda: &f64| Ok(fits::dsvi(&data, &fits::ard_params(lambda, seed), THRESHOLD)?.0);
    let fits: Vec<Fitted> = LAMBDAS.iter().map(fit).collect::<Result<_>>()?;
    Ok(output(dataset, "vd-ard", seed, &fits, &data.noise_columns))
}

fn vd_glm(dataset: Digits, seed: u64) -> Result<Output> {
    let data = prepare(dataset, ProtocolVariant::Clean, seed)?;
    let fits = fits::closed_form(&data, &fits::closed_form_params(Coding::Softmax), &CLOSED_FORM_LAMBDAS)?;
    Ok(output(dataset, "vd-glm", seed, &fits, &data.noise_columns))
}

const METHODS: [(&str, &str, Line); 4] = [
    ("vd-ard", "VD-ARD (λ)", Line::Solid),
    ("l1-softmax", "L1 softmax (C)", Line::Dashed),
    ("rvm", "RVM (entry gain)", Line::Dotted),
    ("vd-glm", "VD-GLM, no sampling (λ)", Line::DashDot),
];

fn finish(_: &Context, output: &Output) -> Result<Output> {
    let mut more = Output::default();
    for dataset in ["digits", "digits+noise", "mnist"] {
        more.merge(for_dataset(ID, dataset, &output.records));
    }
    if let Some(figure) = noise_figure(&output.records) {
        more.figures.push(figure);
    }
    Ok(more)
}

/// The curve figure and its sentences for a data set; nothing where there are no records of it.
pub(super) fn for_dataset(experiment: &'static str, dataset: &str, records: &[Record]) -> Output {
    let curves: Vec<(usize, Vec<Point>)> = METHODS
        .iter()
        .enumerate()
        .map(|(style, (method, ..))| (style, points(&of(records, dataset, method, CURVE), |r| r.accuracy)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    if curves.is_empty() {
        return Output::default();
    }
    let visible = |p: &&Point| p.y > 0.8;
    let shown: Vec<(f64, f64)> =
        curves.iter().flat_map(|(_, c)| c).filter(visible).map(|p| (100.0 * p.x, 100.0 * p.y)).collect();
    let low = shown.iter().map(|p| p.1).fold(100.0, f64::min).floor() - 1.0;
    let high = shown.iter().map(|p| p.1).fold(0.0, f64::max).ceil() + 1.0;
    let y = Axis::new("test accuracy (%)").range(low, high.min(100.0));
    let printed = POSTER_TABLE.iter().filter(|c| c.dataset == dataset).map(|c| 100.0 * c.sparsity);
    let mut chart = Chart::new(sparsity_axis(shown.iter().map(|p| p.0).chain(printed)), y);
    chart.series = curves.iter().map(|(style, points)| series(*style, points)).collect();
    let mut outside = String::new();
    for (i, (method, name)) in [("vd-ard", "VD-ARD"), ("l1-lr", "L1-LR"), ("rvm", "RVM")].iter().enumerate() {
        let cell = POSTER_TABLE.iter().find(|c| c.dataset == dataset && c.method == *method);
        if let Some(cell) = cell {
            let point = (100.0 * cell.sparsity, 100.0 * cell.accuracy);
            if point.1 < low {
                outside.push_str(&format!(
                    " The poster's {name} is below the frame: accuracy {:.1} at sparsity {:.1}.",
                    point.1, point.0
                ));
                continue;
            }
            let mark = Series::line(format!("the poster's {name}"), i, [point]).with_line(Line::None);
            chart.series.push(mark.with_mark(Mark::Large));
        }
    }
    let figure = Figure {
        id: format!("curve-{}", dataset.replace('+', "-")),
        experiment,
        title: format!("Accuracy against sparsity: {dataset}"),
        caption: format!(
            "Means over the splits at each value of the free parameter, ± one standard error of the accuracy where there are several; \
             large open marks are the poster's single points.{outside}"
        ),
        svg: chart.svg(),
        chart: Some(chart),
    };
    let findings = vec![Finding { experiment, text: claim(dataset, &curves) }];
    Output { figures: vec![figure], findings, ..Output::default() }
}

/// The axis of sparsities, from a round value below the least.
fn sparsity_axis(values: impl Iterator<Item = f64>) -> Axis {
    let least = values.fold(100.0, f64::min);
    Axis::new("sparsity: zero weights (%)").range((10.0 * ((least - 3.0) / 10.0).floor()).max(0.0), 101.0)
}

/// A point of a curve: means over the splits.
#[derive(Debug, Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
    error: f64,
}

fn points(records: &[&Record], value: fn(&Record) -> f64) -> Vec<Point> {
    let mut by_parameter: BTreeMap<u64, Vec<&Record>> = BTreeMap::new();
    for record in records {
        // Positive numbers sort as their bits do.
        by_parameter.entry(record.parameter.to_bits()).or_default().push(record);
    }
    let point = |group: &Vec<&Record>| {
        let x = Moments::of(group.iter().map(|r| r.sparsity))?;
        let y = Moments::of(group.iter().map(|r| value(r)))?;
        Some(Point { x: x.mean, y: y.mean, error: y.standard_error().unwrap_or(0.0) })
    };
    by_parameter.values().filter_map(point).collect()
}

fn series(style: usize, points: &[Point]) -> Series {
    let (_, name, line) = METHODS[style];
    let series = Series::line(name, style, points.iter().map(|p| (100.0 * p.x, 100.0 * p.y)));
    let errors = points.iter().map(|p| 100.0 * p.error).collect();
    series.with_line(line).with_mark(Mark::Small).with_errors(errors)
}

/// The claim under test: VD-ARD is above L1 at every sparsity that both reach.
fn claim(dataset: &str, curves: &[(usize, Vec<Point>)]) -> String {
    let of = |style: usize| curves.iter().find(|(s, _)| *s == style).map(|(_, points)| points);
    let (Some(ours), Some(l1)) = (of(0), of(1)) else {
        return format!("On {dataset} there are not two curves to compare.");
    };
    // At the points of both curves: at those of ours alone, a gap between them would hide where L1 is above.
    let at_ours = ours.iter().filter_map(|p| Some((p.x, p.y - interpolate(l1, p.x)?)));
    let at_theirs = l1.iter().filter_map(|p| Some((p.x, interpolate(ours, p.x)? - p.y)));
    let compared: Vec<(f64, f64)> = at_ours.chain(at_theirs).collect();
    let above = compared.iter().filter(|(_, d)| *d > 0.0).count();
    let verdict = match above {
        _ if compared.is_empty() => {
            return format!("On {dataset} the curves of VD-ARD and L1 share no sparsity.");
        }
        n if n == compared.len() => "the claim that VD-ARD is above L1 at every sparsity holds",
        0 => "the claim that VD-ARD is above L1 at every sparsity fails at each of them",
        _ => "the claim that VD-ARD is above L1 at every sparsity does not hold",
    };
    let (at, most) =
        compared.iter().copied().fold((0.0, f64::NEG_INFINITY), |a, b| if b.1 > a.1 { b } else { a });
    let (low_at, least) =
        compared.iter().copied().fold((0.0, f64::INFINITY), |a, b| if b.1 < a.1 { b } else { a });
    format!(
        "On {dataset} VD-ARD's curve is above L1's at {above} of the {} measured sparsities that both curves span: {verdict}. The \
         difference goes from {:+.2} points at sparsity {} to {:+.2} points at {}.",
        compared.len(),
        100.0 * least,
        percent(low_at),
        100.0 * most,
        percent(at)
    )
}

/// The curve's height at `x` by linear interpolation; `None` outside it.
fn interpolate(points: &[Point], x: f64) -> Option<f64> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x));
    let pair = sorted.windows(2).find(|w| w[0].x <= x && x <= w[1].x)?;
    let share = if pair[1].x > pair[0].x { (x - pair[0].x) / (pair[1].x - pair[0].x) } else { 0.0 };
    Some(pair[0].y + share * (pair[1].y - pair[0].y))
}

/// The share of noise weights that each method keeps.
fn noise_figure(records: &[Record]) -> Option<Figure> {
    let curve = |(style, (method, ..)): (usize, &(&str, &str, Line))| {
        let records = of(records, "digits+noise", method, CURVE);
        (style, points(&records, |r| r.noise_kept.unwrap_or(f64::NAN)))
    };
    let curves: Vec<(usize, Vec<Point>)> =
        METHODS.iter().enumerate().map(curve).filter(|(_, points)| !points.is_empty()).collect();
    let all = || curves.iter().flat_map(|(_, points)| points);
    let high = all().map(|p| 100.0 * p.y).fold(10.0, f64::max);
    let mut chart = Chart::new(
        sparsity_axis(all().map(|p| 100.0 * p.x)),
        Axis::new("weights on noise columns kept (%)").range(-0.03 * high, 1.05 * high),
    );
    chart.series = curves.iter().map(|(style, points)| series(*style, points)).collect();
    (!chart.series.is_empty()).then(|| Figure {
        id: "noise-kept".into(),
        experiment: ID,
        title: "The noise that is kept".into(),
        caption: "DIGITS + noise: of the weights on the 64 noise columns, the share kept, against the sparsity of the whole model; \
                  means over the splits at each value of the free parameter."
            .into(),
        svg: chart.svg(),
        chart: Some(chart),
    })
}
