//! One table of error budgets, (function, region) → relative error, against high-precision values.
//!
//! Every public function and every public approximation of the crate is in the table, or the last test fails. A function
//! gets the default of its precision unless an override says otherwise, and an override that is no longer needed fails.
//! The points are those of `data/oracle.csv` (listed, edges, evenly spaced, random), `data/pruning.csv` and
//! `data/kl_reference.csv`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers of tests, where these are how to fail.

mod common;

use kl_approx::inverse::{self, Branch, Threshold};
use kl_approx::{Divergence, EmpiricalBayes, Exact, KingmaBound, KingmaCubic, Sigmoid, ard, exact, weight};

/// Default budgets, relative: ten roundings in f64; four units in the last place in f32.
const DEFAULT_F64: f64 = 10.0 * f64::EPSILON;
const DEFAULT_F32: f64 = 4.0 * f32::EPSILON as f64;

/// What the issue promises whatever an override says.
const CEILING_F64: f64 = 1e-14;

struct Case {
    /// The public name; a function's path or `Type`.
    function: &'static str,
    /// [lower, upper] of the argument.
    region: [f64; 2],
    /// (argument, got, want) over all its points.
    run: fn() -> Vec<[f64; 3]>,
    /// In place of the default, with the reason.
    budget: Option<(f64, &'static str)>,
    single: bool,
}

const ALL: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

const fn case(function: &'static str, run: fn() -> Vec<[f64; 3]>) -> Case {
    Case { function, region: ALL, run, budget: None, single: false }
}

fn points(f: impl Fn(f64) -> f64, column: usize) -> Vec<[f64; 3]> {
    let mut all: Vec<_> = common::oracle().iter().map(|r| [r[0], f(r[0]), r[column]]).collect();
    if column < 3 {
        all.extend(common::reference().iter().map(|r| [r[0], f(r[0]), r[column]]));
    }
    // Only results that are normal numbers are promised.
    all.retain(|p| p[2].abs() >= f64::MIN_POSITIVE);
    all
}

/// In single precision the argument must be the oracle's own, so the exact function in double stands in for it.
fn points_f32(f: fn(f32) -> f32, g: fn(f64) -> f64) -> Vec<[f64; 3]> {
    let all = common::oracle().into_iter().map(|r| r[0] as f32).filter(|l| l.is_finite());
    all.map(|l| [l.into(), f(l).into(), g(l.into())])
        .filter(|p| p[2].abs() >= f32::MIN_POSITIVE.into())
        .collect()
}

fn pruning(f: fn(f64) -> f64, column: usize) -> Vec<[f64; 3]> {
    common::pruning().iter().map(|r| [r[0], f(r[0]), r[column]]).collect()
}

/// (value, gradient) of a divergence, the gradient listed after the values.
fn divergence(d: &dyn Divergence, column: usize) -> Vec<[f64; 3]> {
    let mut all = points(|l| d.value(l), column);
    all.extend(points(|l| d.grad(l), column + 1));
    all.retain(|p| d.domain().contains(p[0]));
    all
}

fn table() -> Vec<Case> {
    vec![
        case("exact::kl", || points(exact::kl, 1)),
        case("exact::kl_grad", || points(exact::kl_grad, 2)),
        case("exact::kl_with_grad", || {
            let mut all = points(|l| exact::kl_with_grad(l).0, 1);
            all.extend(points(|l| exact::kl_with_grad(l).1, 2));
            all
        }),
        case("exact::kl_with_grad_slice", || {
            let x: Vec<f64> = common::oracle().iter().map(|r| r[0]).collect();
            let (mut v, mut g) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            exact::kl_with_grad_slice(&x, &mut v, &mut g).unwrap();
            let want = common::oracle();
            let mut all: Vec<_> = (0..x.len()).map(|i| [x[i], v[i], want[i][1]]).collect();
            all.extend((0..x.len()).map(|i| [x[i], g[i], want[i][2]]));
            all
        }),
        Case { single: true, ..case("exact::kl_f32", || points_f32(exact::kl_f32, exact::kl)) },
        Case {
            single: true,
            ..case("exact::kl_grad_f32", || points_f32(exact::kl_grad_f32, exact::kl_grad))
        },
        Case {
            single: true,
            ..case("exact::kl_with_grad_f32", || {
                let mut all = points_f32(|l| exact::kl_with_grad_f32(l).0, exact::kl);
                all.extend(points_f32(|l| exact::kl_with_grad_f32(l).1, exact::kl_grad));
                all
            })
        },
        Case {
            single: true,
            ..case("exact::kl_with_grad_slice_f32", || {
                let x: Vec<f32> =
                    common::oracle().iter().map(|r| r[0] as f32).filter(|l| l.abs() < 80.0).collect();
                let (mut v, mut g) = (vec![0.0; x.len()], vec![0.0; x.len()]);
                exact::kl_with_grad_slice_f32(&x, &mut v, &mut g).unwrap();
                let mut all: Vec<[f64; 3]> =
                    (0..x.len()).map(|i| [x[i].into(), v[i].into(), exact::kl(x[i].into())]).collect();
                all.extend((0..x.len()).map(|i| [x[i].into(), g[i].into(), exact::kl_grad(x[i].into())]));
                all
            })
        },
        case("Exact", || divergence(&Exact, 1)),
        case("Sigmoid", || divergence(&Sigmoid::POSTER, 3)),
        case("EmpiricalBayes", || divergence(&EmpiricalBayes, 5)),
        case("KingmaCubic", || divergence(&KingmaCubic, 7)),
        case("KingmaBound", || {
            let x = common::oracle().into_iter().map(|r| r[0]).filter(|&l| l <= 0.0);
            x.map(|l| [l, KingmaBound.value(l), -0.5 * l + 0.635_181_422_730_739_1]).collect()
        }),
        case("ard::threshold_u", || pruning(|z| ard::threshold_u(z).unwrap_or(0.0), 1)),
        case("ard::optimum", || pruning(|z| ard::optimum(z).map_or(0.0, |o| 0.5 / o.alpha), 1)),
        case("ard::shrinkage", || pruning(|z| ard::shrinkage(ard::threshold_u(z).unwrap_or(0.0)), 2)),
        case("ard::shrinkage_complement", || {
            let all = common::pruning();
            all.iter().map(|r| [r[0], ard::shrinkage_complement(r[1]), 1.0 / (1.0 + 2.0 * r[1])]).collect()
        }),
        case("ard::dawson_ratio", || {
            let all = common::oracle().into_iter().filter(|r| r[0].abs() < 700.0);
            // M(u) = −(dKL/d log α)/u with u = exp(−log α)/2, rounded as exp rounds it.
            all.map(|r| {
                let u = 0.5 * (-r[0]).exp();
                [r[0], ard::dawson_ratio(u), -r[2] / u]
            })
            .collect()
        }),
        case("ard::pruning_statistic", || {
            common::pruning().iter().map(|r| [r[0], ard::pruning_statistic(r[1]), r[0]]).collect()
        }),
        case("ard::lambda_for_false_keeps", || {
            let all = common::false_keeps();
            let lambda = |r: &[f64]| ard::lambda_for_false_keeps(r[0], r[1] as usize, r[2] as usize).unwrap();
            all.iter().map(|r| [r[0], lambda(r), r[3]]).collect()
        }),
        case("ard::false_keep_probability", || {
            let all = common::tail();
            let probability = |r: &[f64]| ard::false_keep_probability(r[0], r[1] as usize).unwrap();
            all.iter().filter(|r| r[1] <= 32.0).map(|r| [r[0], probability(r), r[2]]).collect()
        }),
        Case {
            budget: Some((2.5e-13, "the logarithm near −708 is itself rounded at 1e-13")),
            ..case("ard::false_keep_probability", || {
                let all = common::tail();
                let probability = |r: &[f64]| ard::false_keep_probability(r[0], r[1] as usize).unwrap();
                all.iter()
                    .filter(|r| r[2] >= f64::MIN_POSITIVE)
                    .map(|r| [r[0], probability(r), r[2]])
                    .collect()
            })
        },
        Case {
            budget: Some((CEILING_F64, "α's relative error is the absolute error of log α near KL = 25")),
            ..case("inverse::log_alpha_from_kl", || {
                let all = common::oracle().into_iter().filter(|r| r[0].abs() < 700.0);
                // In terms of α, the inverse's own quantity: exp of the difference, against 1.
                all.map(|r| [r[0], (inverse::log_alpha_from_kl(r[1]).unwrap() - r[0]).exp(), 1.0]).collect()
            })
        },
        Case {
            region: [-1.0, 700.0],
            budget: Some((2e-13, "log α of a slope near 1e-304 is itself rounded at 1e-13")),
            ..case("inverse::log_alpha_from_slope", || {
                let all = common::oracle().into_iter().filter(|r| (-1.0..700.0).contains(&r[0]));
                all.map(|r| {
                    [r[0], (inverse::log_alpha_from_slope(r[2], Branch::Convex).unwrap() - r[0]).exp(), 1.0]
                })
                .collect()
            })
        },
        case("inverse::pruning_statistic", || {
            let all = common::oracle().into_iter().filter(|r| r[0].abs() < 600.0);
            all.map(|r| {
                let alpha = r[0].exp();
                [
                    r[0],
                    inverse::pruning_statistic(&Exact, r[0]),
                    -2.0 * r[2] * (1.0 + alpha) * ((1.0 + alpha) / alpha),
                ]
            })
            .collect()
        }),
        Case {
            region: [1.5, f64::INFINITY],
            budget: Some((2e-13, "exp(−log α) at log α = −690 magnifies the rounding of log α")),
            ..case("inverse::threshold", || {
                let all = common::pruning().into_iter().filter(|r| r[0] > 1.5);
                all.map(|r| {
                    let Ok(Threshold::Kept { log_alpha, .. }) = inverse::threshold(&Exact, r[0]) else {
                        return [r[0], f64::NAN, r[1]];
                    };
                    [r[0], 0.5 * (-log_alpha).exp(), r[1]]
                })
                .collect()
            })
        },
        case("weight::kl", || {
            // θ = 1: log α = log σ².
            let mut all = points(|l| weight::kl(&Exact, 1.0, l).value, 1);
            all.extend(points(|l| weight::kl(&Exact, 1.0, l).d_log_sigma2, 2));
            let halves = common::oracle()
                .into_iter()
                .map(|r| [r[0], weight::kl(&Exact, 1.0, r[0]).d_theta, -2.0 * r[2]]);
            all.extend(halves.filter(|p| p[2].abs() >= 2.0 * f64::MIN_POSITIVE));
            all
        }),
        Case {
            region: [-40.0, 40.0],
            ..case("weight::kl_from_variance", || {
                let all = common::oracle().into_iter().filter(|r| r[0].abs() < 700.0);
                all.map(|r| {
                    [
                        r[0],
                        weight::kl_from_variance(&Exact, 1.0, r[0].exp()).value,
                        exact::kl(r[0].exp().ln()),
                    ]
                })
                .collect()
            })
        },
    ]
}

/// Worst relative error of a case, and where.
fn worst(case: &Case) -> (f64, f64) {
    let points = (case.run)();
    assert!(points.len() > 200, "{}: only {} points", case.function, points.len());
    points.into_iter().filter(|p| case.region[0] <= p[0] && p[0] <= case.region[1]).fold(
        (0.0, 0.0),
        |worst, [x, got, want]| {
            let error = ((got - want) / want).abs();
            if error > worst.0 || error.is_nan() { (error, x) } else { worst }
        },
    )
}

#[test]
fn every_function_keeps_its_budget_and_needs_its_override() {
    let mut failures = Vec::new();
    println!("| function | region | worst relative error | at | budget |");
    for case in table() {
        let default = if case.single { DEFAULT_F32 } else { DEFAULT_F64 };
        let budget = case.budget.map_or(default, |b| b.0);
        let (error, at) = worst(&case);
        println!("| {} | {:?} | {error:.2e} | {at} | {budget:.1e} |", case.function, case.region);
        if !(error <= budget) {
            failures.push(format!("{}: {error:.3e} at {at} is over {budget:.1e}", case.function));
        }
        if let Some((_, why)) = case.budget.filter(|_| error <= default) {
            failures
                .push(format!("{}: the override ({why}) is no longer needed: {error:.3e}", case.function));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn nothing_public_is_missing_from_the_table() {
    let listed: Vec<&str> = table().iter().map(|c| c.function).collect();
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_string();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for line in text.lines() {
            let name = |rest: &str| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_string()
            };
            let found = if let Some(rest) = line.strip_prefix("impl Divergence for ") {
                name(rest)
            } else if let Some(rest) = line.strip_prefix("pub fn ") {
                // Estimates, fits and assertions have tests of their own, with errors that are not roundings.
                if ["monte_carlo", "fit", "testing"].contains(&module.as_str()) {
                    continue;
                }
                format!("{module}::{}", name(rest))
            } else {
                continue;
            };
            if !listed.contains(&found.as_str()) {
                missing.push(found);
            }
        }
    }
    assert!(missing.is_empty(), "not in the table of budgets: {missing:?}");
}

#[test]
fn limits_and_nan() {
    for kl in [exact::kl_with_grad, |l| Sigmoid::POSTER.value_grad(l), |l| EmpiricalBayes.value_grad(l)] {
        assert_eq!(kl(f64::INFINITY), (0.0, 0.0));
        assert_eq!(kl(f64::NEG_INFINITY), (f64::INFINITY, -0.5));
        assert!(kl(f64::NAN).0.is_nan() && kl(f64::NAN).1.is_nan());
    }
    assert_eq!(exact::kl_with_grad_f32(f32::INFINITY), (0.0, 0.0));
    assert_eq!(exact::kl_with_grad_f32(f32::NEG_INFINITY), (f32::INFINITY, -0.5));
    assert!(exact::kl_with_grad_f32(f32::NAN).0.is_nan());
}
