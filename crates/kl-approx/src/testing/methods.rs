//! Every method of the trait against [`Divergence::value_grad`].

use super::{Claims, Violation, points, require};
use crate::divergence::Divergence;
use crate::error::Error;

/// Lengths of slices: none, one, and on both sides of every vector width in use.
const LENGTHS: [usize; 16] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 1000];

/// What no method writes: a slice that still holds it was not filled.
const UNTOUCHED: f64 = -7.0e77;
const UNTOUCHED_F32: f32 = -7.0e33;

/// Whether two results are the same up to `relative`; a number too small to be normal is as good as 0.
fn close(found: f64, want: f64, relative: f64, smallest: f64) -> bool {
    found == want || (found - want).abs() <= relative * want.abs() + smallest
}

/// The methods that take one log α, and slices of length one.
pub(super) fn at<D: Divergence + ?Sized>(divergence: &D, claims: &Claims, l: f64) -> Result<(), Violation> {
    let (value, grad) = divergence.value_grad(l);
    let same = |claim, found: f64, want: f64| {
        require(claim, l, found, want, close(found, want, claims.agreement, f64::MIN_POSITIVE))
    };
    same("value", divergence.value(l), value)?;
    same("grad", divergence.grad(l), grad)?;
    match divergence.try_value_grad(l) {
        Ok((v, g)) => {
            same("try_value_grad", v, value)?;
            same("try_value_grad", g, grad)?;
        }
        Err(_) => require("try_value_grad", l, f64::NAN, value, false)?,
    }
    double(divergence, claims, &[l])?;
    single(divergence, claims, &[l as f32])
}

/// Slices of many lengths and places, and slices whose lengths differ.
pub(super) fn slices<D: Divergence + ?Sized>(divergence: &D, claims: &Claims) -> Result<(), Violation> {
    let domain = divergence.domain();
    let all = points::listed(domain);
    // An order that puts near and far points into one vector: a stride without a common factor.
    let shuffled: Vec<f64> = (0..all.len()).map(|i| all[i * 2_654_435_761 % all.len()]).collect();
    for length in LENGTHS {
        for start in [0, 1, all.len() / 2] {
            let some: Vec<f64> = shuffled.iter().cycle().skip(start).take(length).copied().collect();
            double(divergence, claims, &some)?;
            let some: Vec<f32> = some.iter().map(|&l| l as f32).collect();
            single(divergence, claims, &some)?;
        }
    }
    for (input, value, grad) in [(3, 2, 3), (3, 3, 2), (2, 3, 3), (0, 1, 1), (17, 16, 17)] {
        lengths_are_checked(divergence, shuffled[0], [input, value, grad])?;
    }
    Ok(())
}

fn double<D: Divergence + ?Sized>(divergence: &D, claims: &Claims, x: &[f64]) -> Result<(), Violation> {
    const CLAIM: &str = "value_grad_slice";
    let (mut value, mut grad) = (vec![UNTOUCHED; x.len()], vec![UNTOUCHED; x.len()]);
    let done = divergence.value_grad_slice(x, &mut value, &mut grad).is_ok();
    for ((&l, &v), &g) in x.iter().zip(&value).zip(&grad) {
        for (found, want) in [v, g].into_iter().zip(<[f64; 2]>::from(divergence.value_grad(l))) {
            require(CLAIM, l, found, want, done && close(found, want, claims.agreement, f64::MIN_POSITIVE))?;
        }
    }
    require(CLAIM, f64::NAN, f64::NAN, f64::NAN, done)
}

/// The same in single precision, at the points that are still in the domain.
fn single<D: Divergence + ?Sized>(divergence: &D, claims: &Claims, x: &[f32]) -> Result<(), Violation> {
    const CLAIM: &str = "value_grad_slice_f32";
    let domain = divergence.domain();
    let x: Vec<f32> = x.iter().copied().filter(|&l| domain.contains(l.into())).collect();
    let (mut value, mut grad) = (vec![UNTOUCHED_F32; x.len()], vec![UNTOUCHED_F32; x.len()]);
    let done = divergence.value_grad_slice_f32(&x, &mut value, &mut grad).is_ok();
    for ((&l, &v), &g) in x.iter().zip(&value).zip(&grad) {
        let wanted = <[f64; 2]>::from(divergence.value_grad(l.into()));
        for (found, want) in [v, g].into_iter().zip(wanted) {
            require("value_grad", l.into(), want, f64::NAN, !want.is_nan())?;
            let found = f64::from(found);
            let holds = close(found, want, claims.agreement_f32, f32::MIN_POSITIVE.into());
            require(CLAIM, l.into(), found, want, done && holds)?;
        }
    }
    require(CLAIM, f64::NAN, f64::NAN, f64::NAN, done)
}

/// Slices of different lengths give [`Error::Lengths`] with those lengths, and nothing is written.
fn lengths_are_checked<D: Divergence + ?Sized>(
    divergence: &D,
    l: f64,
    lengths: [usize; 3],
) -> Result<(), Violation> {
    let [input, value, grad] = lengths;
    let refused = Err(Error::Lengths { input, value, grad });
    let (mut v, mut g) = (vec![UNTOUCHED; value], vec![UNTOUCHED; grad]);
    let result = divergence.value_grad_slice(&vec![l; input], &mut v, &mut g);
    let untouched = v.iter().chain(&g).all(|&x| x == UNTOUCHED);
    require("value_grad_slice", f64::NAN, value as f64, input as f64, result == refused && untouched)?;
    let (mut v, mut g) = (vec![UNTOUCHED_F32; value], vec![UNTOUCHED_F32; grad]);
    let result = divergence.value_grad_slice_f32(&vec![l as f32; input], &mut v, &mut g);
    let untouched = v.iter().chain(&g).all(|&x| x == UNTOUCHED_F32);
    require("value_grad_slice_f32", f64::NAN, value as f64, input as f64, result == refused && untouched)
}

/// NaN and points outside the domain are refused, with an error that says so.
pub(super) fn refusals<D: Divergence + ?Sized>(divergence: &D) -> Result<(), Violation> {
    let domain = divergence.domain();
    let beyond = [f64::NEG_INFINITY, domain.lower.next_down(), domain.upper.next_up(), f64::INFINITY];
    for l in beyond.into_iter().filter(|&l| !domain.contains(l)).chain([f64::NAN]) {
        let right = divergence.try_value_grad(l).is_err_and(|error| {
            error.name == divergence.name()
                && error.domain == domain
                && error.log_alpha.to_bits() == l.to_bits()
        });
        require("try_value_grad", l, f64::NAN, f64::NAN, right)?;
    }
    Ok(())
}
