//! Every family against high precision: `reference/families.py` makes the values.

use crate::family::count::Family;
use crate::family::label::{Logit, Probit};
use crate::family::{Expectation, Scalar};
use crate::pass::likelihood::{Evaluation, Likelihood};

fn family(name: &str) -> Box<dyn Scalar> {
    match name {
        "logit" => Box::new(Logit),
        "probit" => Box::new(Probit),
        "poisson" => Box::new(Family::Poisson),
        "negative binomial" => Box::new(Family::NegativeBinomial { dispersion: 2.5 }),
        "gamma" => Box::new(Family::Gamma { shape: 3.0 }),
        "gaussian" => Box::new(Family::Gaussian { std: 0.7 }),
        other => panic!("no family {other}"),
    }
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

#[test]
fn expectations_agree_with_high_precision() {
    let mut checked = 0;
    for row in rows(include_str!("../../reference/families.csv")) {
        let number = |at: usize| row[at].parse::<f64>().unwrap();
        let Expectation { bound, g, w, .. } = family(row[0]).expectation(number(1), number(2), number(3));
        for (name, found, exact) in [("value", bound, number(4)), ("g", g, number(5)), ("w", w, number(6))] {
            // Relative where a value is large, absolute (a probability's error) where it is small.
            let error = (found - exact).abs() / (1.0 + exact.abs());
            // The logistic rule is a coarser one, for speed.
            let limit = if matches!(row[0], "logit" | "negative binomial") { 2e-9 } else { 1e-11 };
            assert!(error < limit, "{row:?}: {name} = {found:e} for {exact:e}, error {error:e}");
        }
        checked += 1;
    }
    assert_eq!(checked, 124);
}

#[test]
fn softmax_expectations_agree_with_a_grid_in_three_dimensions() {
    let mut evaluation = Evaluation::new(3);
    for row in rows(include_str!("../../reference/softmax.csv")) {
        let v: Vec<f64> = row.iter().map(|x| x.parse().unwrap()).collect();
        let bound = evaluation.run(&Likelihood::Softmax { classes: 3 }, 0.0, &v[..3], &v[3..6]);
        assert!((v[0] - bound - v[6]).abs() < 2e-7, "{row:?}: E lse = {}", v[0] - bound);
        for k in 0..3 {
            assert!((evaluation.p[k] - v[7 + k]).abs() < 1e-7, "{row:?}: p = {:?}", evaluation.p);
            assert!((evaluation.w[k] - v[10 + k]).abs() < 5e-7, "{row:?}: w = {:?}", evaluation.w);
        }
    }
}

/// Bonnet's and Price's identities by central differences: ∂/∂m = g, ∂/∂v = −w/2.
#[test]
fn slopes_are_those_of_the_bound() {
    let all: [(&str, f64); 6] = [
        ("logit", 1.0),
        ("probit", 0.0),
        ("poisson", 3.0),
        ("negative binomial", 2.0),
        ("gamma", 1.5),
        ("gaussian", -0.4),
    ];
    for (name, t) in all {
        let f = family(name);
        for m in [-3.0, -0.2, 1.1] {
            for v in [0.3, 2.0] {
                let h = 1e-4;
                let bound = |m: f64, v: f64| f.expectation(t, m, v).bound;
                let e = f.expectation(t, m, v);
                let slope = (bound(m + h, v) - bound(m - h, v)) / (2.0 * h);
                let down = (bound(m, v + h) - bound(m, v - h)) / (2.0 * h);
                assert!(
                    (slope - e.g).abs() < 1e-6 * (1.0 + e.g.abs()),
                    "{name} at {m}, {v}: {slope} {}",
                    e.g
                );
                let bend = (f.expectation(t, m + h, v).w - f.expectation(t, m - h, v).w) / (-2.0 * h);
                assert!(
                    (bend - e.third).abs() < 1e-6 * (1.0 + e.w),
                    "{name} at {m}, {v}: {bend} {}",
                    e.third
                );
                assert!((down + 0.5 * e.w).abs() < 1e-6 * (1.0 + e.w), "{name} at {m}, {v}: {down} {}", e.w);
            }
        }
    }
}

#[test]
fn far_out_nothing_is_nan() {
    for name in ["logit", "negative binomial"] {
        for m in [-1e300, -1e5, 1e5, 1e300] {
            for v in [0.0, 1e-300, 1e10, 1e300] {
                let e = family(name).expectation(1.0, m, v);
                assert!(e.g.is_finite() && e.w >= 0.0 && !e.bound.is_nan(), "{name} {m} {v}: {e:?}");
            }
        }
    }
}
