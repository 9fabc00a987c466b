//! The least largest error, by exchange (Remez) with Newton's method on the nonlinear levelling step.
//!
//! With three constants the best error curve has four alternating extremes ±E. Given four points, Newton solves
//! e(log α_i) = (−1)^i E for (k₁, k₂, k₃, E); the points then move to the curve's extremes.

use core::ops::ControlFlow;

use estimator::{Fit, Status};
use nalgebra::{Matrix4, Vector4};

use super::error_curve::extremes;
use super::report::{Progress, Report};
use super::{Params, jacobian_row, largest_error};
use crate::approximation::Sigmoid;
use crate::divergence::Divergence;
use crate::error::Error;
use crate::exact;

/// The exchange stops when the extremes differ by this much, relatively.
const LEVEL: f64 = 1e-10;

pub(super) fn fit(
    lower: f64,
    upper: f64,
    max_iterations: usize,
    callback: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Fit<Sigmoid, Report>, Error> {
    let mut k = Params::new().range(lower, upper).points(401).fit()?.model;
    let (mut best, mut residual) = (k, f64::INFINITY);
    let (mut status, mut trace) = (Status::MaxIterations, Vec::new());
    while trace.len() < max_iterations {
        let Some(points) = alternating(&k, lower, upper) else {
            status = Status::Stalled;
            break;
        };
        let size = |p: &[f64; 2]| p[1].abs();
        let largest = largest_error(&k, lower, upper).error;
        let unevenness = 1.0 - points.iter().map(size).fold(f64::INFINITY, f64::min) / largest;
        if unevenness < residual {
            (best, residual) = (k, unevenness);
        }
        trace.push(largest);
        let progress = Progress { iteration: trace.len(), objective: largest, constants: k, fitted: 3 };
        if unevenness < LEVEL {
            // The fit is over, so the answer changes nothing.
            let _ = callback(&progress);
            status = Status::Converged;
            break;
        }
        if callback(&progress).is_break() {
            status = Status::StoppedByCallback;
            break;
        }
        let Some(next) = level(k, &points) else {
            status = Status::Stalled;
            break;
        };
        k = next;
    }
    let largest = largest_error(&best, lower, upper);
    let report = Report {
        status,
        objective: largest.error,
        residual,
        iterations: trace.len(),
        trace,
        covariance: [[0.0; 3]; 3],
        confidence_95: [best.k1, best.k2, best.k3].map(|c| [c, c]),
        largest_error: largest.error,
        largest_error_at: largest.at,
        largest_error_anywhere: largest_error(&best, f64::NEG_INFINITY, f64::INFINITY).error,
        range: [lower, upper],
        points: 4,
        samples_per_point: 0,
    };
    Ok(Fit { model: best, report })
}

/// The four neighbouring extremes of alternating sign whose least is largest.
fn alternating(k: &Sigmoid, lower: f64, upper: f64) -> Option<[[f64; 2]; 4]> {
    let mut runs: Vec<[f64; 2]> = Vec::new();
    for p in extremes(|l| k.value(l) - exact::kl(l), lower, upper) {
        match runs.last_mut() {
            // Of neighbours with one sign the larger stays.
            Some(last) if last[1] * p[1] >= 0.0 => {
                if p[1].abs() > last[1].abs() {
                    *last = p;
                }
            }
            _ => runs.push(p),
        }
    }
    let least = |w: &[[f64; 2]]| w.iter().map(|p| p[1].abs()).fold(f64::INFINITY, f64::min);
    let best = runs.windows(4).max_by(|a, b| least(a).total_cmp(&least(b)))?;
    best.try_into().ok()
}

/// Newton's method on e(log α_i) = s_i E, its step halved until the residual falls.
fn level(start: Sigmoid, points: &[[f64; 2]; 4]) -> Option<Sigmoid> {
    let residual = |k: &Sigmoid, e: f64| {
        Vector4::from_fn(|i, _| k.value(points[i][0]) - exact::kl(points[i][0]) - points[i][1].signum() * e)
    };
    let mut k = start;
    let mut e = points.iter().map(|p| p[1].abs()).sum::<f64>() / 4.0;
    for _ in 0..50 {
        let r = residual(&k, e);
        let j =
            Matrix4::from_fn(
                |i, c| {
                    if c < 3 { jacobian_row(&k, points[i][0])[c] } else { -points[i][1].signum() }
                },
            );
        let step = j.lu().solve(&r)?;
        if !step.norm().is_finite() {
            return None;
        }
        let mut scale = 1.0;
        let (next, next_e) = loop {
            let next = Sigmoid {
                k1: k.k1 - scale * step[0],
                k2: k.k2 - scale * step[1],
                k3: k.k3 - scale * step[2],
            };
            let next_e = e - scale * step[3];
            if residual(&next, next_e).norm() <= r.norm() {
                break (next, next_e);
            }
            scale *= 0.5;
            if scale < 1e-6 {
                return Some(k);
            }
        };
        (k, e) = (next, next_e);
        if scale * step.norm() < 1e-14 {
            break;
        }
    }
    Some(k)
}
