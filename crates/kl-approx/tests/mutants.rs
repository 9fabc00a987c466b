//! Approximations that are right but for one method: `testing::check` must find the fault in each of them.
#![cfg(feature = "proptest")]

use kl_approx::testing::{Claims, check, log_alphas};
use kl_approx::{Divergence, Domain, Error, Exact, OutOfDomain, exact};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// [`Exact`] with the given methods replaced.
macro_rules! mutant {
    ($name:ident, $($method:item),*) => {
        #[derive(Debug)]
        struct $name;
        #[allow(unused_variables)]
        impl Divergence for $name {
            $($method)*
        }
    };
}

/// A mutant whose `name` and `value_grad` are right.
macro_rules! otherwise_right {
    ($name:ident, $($method:item),*) => {
        mutant!(
            $name,
            fn name(&self) -> &'static str { "mutant" },
            fn value_grad(&self, l: f64) -> (f64, f64) { exact::kl_with_grad(l) },
            $($method),*
        );
    };
}

fn right(x: &[f64], v: &mut [f64], g: &mut [f64]) -> Result<(), Error> {
    exact::kl_with_grad_slice(x, v, g)
}

fn right_f32(x: &[f32], v: &mut [f32], g: &mut [f32]) -> Result<(), Error> {
    exact::kl_with_grad_slice_f32(x, v, g)
}

// value_grad itself.
mutant!(
    NoName,
    fn name(&self) -> &'static str {
        ""
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        exact::kl_with_grad(l)
    }
);
mutant!(
    WrongValue,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        let (v, g) = exact::kl_with_grad(l);
        (v * 1.000_001, g)
    }
);
mutant!(
    WrongSlope,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        let (v, g) = exact::kl_with_grad(l);
        (v, g * 1.000_01)
    }
);
mutant!(
    NanAtMinusInfinity,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l == f64::NEG_INFINITY { (f64::NAN, -0.5) } else { exact::kl_with_grad(l) }
    }
);
mutant!(
    NanSlopeAtMinusInfinity,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l == f64::NEG_INFINITY { (f64::INFINITY, f64::NAN) } else { exact::kl_with_grad(l) }
    }
);
mutant!(
    WrongSlopeAtMinusInfinity,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l == f64::NEG_INFINITY { (f64::INFINITY, 0.0) } else { exact::kl_with_grad(l) }
    }
);
mutant!(
    FiniteAtMinusInfinity,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l == f64::NEG_INFINITY { (1e9, -0.5) } else { exact::kl_with_grad(l) }
    }
);
mutant!(
    NanAtInfinity,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l == f64::INFINITY { (f64::NAN, 0.0) } else { exact::kl_with_grad(l) }
    }
);
mutant!(
    SlopeAtInfinity,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l == f64::INFINITY { (0.0, -0.5) } else { exact::kl_with_grad(l) }
    }
);
mutant!(
    NanFarLeft,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l < -709.0 { (f64::NAN, -0.5) } else { exact::kl_with_grad(l) }
    }
);
mutant!(
    NanFarRight,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l > 709.0 { (f64::NAN, 0.0) } else { exact::kl_with_grad(l) }
    }
);
mutant!(
    SlopeFarLeft,
    fn name(&self) -> &'static str {
        "m"
    },
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if l < -709.0 { (exact::kl(l), 0.0) } else { exact::kl_with_grad(l) }
    }
);

// Methods with a default.
otherwise_right!(
    Empty,
    fn domain(&self) -> Domain {
        Domain { lower: 1.0, upper: -1.0 }
    }
);
otherwise_right!(
    NanDomain,
    fn domain(&self) -> Domain {
        Domain { lower: f64::NAN, upper: 3.0 }
    }
);
otherwise_right!(
    Value,
    fn value(&self, l: f64) -> f64 {
        1.0
    }
);
otherwise_right!(
    ValueNearly,
    fn value(&self, l: f64) -> f64 {
        exact::kl(l) * (1.0 + 1e-12)
    }
);
otherwise_right!(
    ValueNan,
    fn value(&self, l: f64) -> f64 {
        f64::NAN
    }
);
otherwise_right!(
    Grad,
    fn grad(&self, l: f64) -> f64 {
        42.0
    }
);
otherwise_right!(
    GradNearly,
    fn grad(&self, l: f64) -> f64 {
        exact::kl_grad(l) * (1.0 + 1e-12)
    }
);
otherwise_right!(
    GradFarOut,
    fn grad(&self, l: f64) -> f64 {
        if l < -800.0 { 0.5 } else { exact::kl_grad(l) }
    }
);
otherwise_right!(
    TryRefuses,
    fn try_value_grad(&self, l: f64) -> Result<(f64, f64), OutOfDomain> {
        Err(OutOfDomain { name: "mutant", log_alpha: l, domain: Domain::ALL })
    }
);
otherwise_right!(
    TryTakesNan,
    fn try_value_grad(&self, l: f64) -> Result<(f64, f64), OutOfDomain> {
        Ok(self.value_grad(l))
    }
);
otherwise_right!(
    TryNamesAnother,
    fn try_value_grad(&self, l: f64) -> Result<(f64, f64), OutOfDomain> {
        Exact.try_value_grad(l)
    }
);
otherwise_right!(
    TryGarbage,
    fn try_value_grad(&self, l: f64) -> Result<(f64, f64), OutOfDomain> {
        if l.is_nan() {
            Err(OutOfDomain { name: "mutant", log_alpha: l, domain: Domain::ALL })
        } else {
            Ok((1.0, 1.0))
        }
    }
);
otherwise_right!(
    Slice,
    fn value_grad_slice(&self, x: &[f64], v: &mut [f64], g: &mut [f64]) -> Result<(), Error> {
        v.fill(1e9);
        g.fill(f64::NAN);
        Ok(())
    }
);
otherwise_right!(
    SliceIdle,
    fn value_grad_slice(&self, x: &[f64], v: &mut [f64], g: &mut [f64]) -> Result<(), Error> {
        Ok(())
    }
);
otherwise_right!(
    SliceFails,
    fn value_grad_slice(&self, x: &[f64], v: &mut [f64], g: &mut [f64]) -> Result<(), Error> {
        Err(Error::Combination("no"))
    }
);
otherwise_right!(
    SliceGradient,
    fn value_grad_slice(&self, x: &[f64], v: &mut [f64], g: &mut [f64]) -> Result<(), Error> {
        right(x, v, g)?;
        g.iter_mut().for_each(|g| *g *= 1.001);
        Ok(())
    }
);
otherwise_right!(
    SliceRemainder,
    fn value_grad_slice(&self, x: &[f64], v: &mut [f64], g: &mut [f64]) -> Result<(), Error> {
        right(x, v, g)?;
        if x.len() > 8 && !x.len().is_multiple_of(8) {
            v[x.len() - 1] = 0.5;
        }
        Ok(())
    }
);
otherwise_right!(
    SliceLengths,
    fn value_grad_slice(&self, x: &[f64], v: &mut [f64], g: &mut [f64]) -> Result<(), Error> {
        let n = x.len().min(v.len()).min(g.len());
        right(&x[..n], &mut v[..n], &mut g[..n])
    }
);
otherwise_right!(
    SliceWritesFirst,
    fn value_grad_slice(&self, x: &[f64], v: &mut [f64], g: &mut [f64]) -> Result<(), Error> {
        v.fill(0.0);
        right(x, v, g)
    }
);
otherwise_right!(
    Slice32,
    fn value_grad_slice_f32(&self, x: &[f32], v: &mut [f32], g: &mut [f32]) -> Result<(), Error> {
        v.fill(1e9);
        g.fill(f32::NAN);
        Ok(())
    }
);
otherwise_right!(
    Slice32Idle,
    fn value_grad_slice_f32(&self, x: &[f32], v: &mut [f32], g: &mut [f32]) -> Result<(), Error> {
        Ok(())
    }
);
otherwise_right!(
    Slice32Value,
    fn value_grad_slice_f32(&self, x: &[f32], v: &mut [f32], g: &mut [f32]) -> Result<(), Error> {
        right_f32(x, v, g)?;
        v.iter_mut().for_each(|v| *v *= 1.001);
        Ok(())
    }
);
otherwise_right!(
    Slice32FarOut,
    fn value_grad_slice_f32(&self, x: &[f32], v: &mut [f32], g: &mut [f32]) -> Result<(), Error> {
        right_f32(x, v, g)?;
        for (x, v) in x.iter().zip(v) {
            if *x < -90.0 {
                *v = f32::NAN;
            }
        }
        Ok(())
    }
);
otherwise_right!(
    Slice32Lengths,
    fn value_grad_slice_f32(&self, x: &[f32], v: &mut [f32], g: &mut [f32]) -> Result<(), Error> {
        let n = x.len().min(v.len()).min(g.len());
        right_f32(&x[..n], &mut v[..n], &mut g[..n])
    }
);

#[test]
fn each_mutant_is_caught_by_the_claim_that_it_breaks() {
    let exact = Claims { max_abs_error: 1e-12, ..Claims::default() };
    let mutants: [(&dyn Divergence, &str); 36] = [
        (&NoName, "name"),
        (&WrongValue, "max_abs_error"),
        (&WrongSlope, "gradient_error"),
        (&NanAtMinusInfinity, "max_abs_error"),
        (&NanSlopeAtMinusInfinity, "value_grad"),
        (&WrongSlopeAtMinusInfinity, "gradient_error"),
        (&FiniteAtMinusInfinity, "max_abs_error"),
        (&NanAtInfinity, "vanishes"),
        (&SlopeAtInfinity, "gradient_error"),
        (&NanFarLeft, "max_abs_error"),
        (&NanFarRight, "vanishes"),
        (&SlopeFarLeft, "gradient_error"),
        (&Empty, "domain"),
        (&NanDomain, "domain"),
        (&Value, "value"),
        (&ValueNearly, "value"),
        (&ValueNan, "value"),
        (&Grad, "grad"),
        (&GradNearly, "grad"),
        (&GradFarOut, "grad"),
        (&TryRefuses, "try_value_grad"),
        (&TryTakesNan, "try_value_grad"),
        (&TryNamesAnother, "try_value_grad"),
        (&TryGarbage, "try_value_grad"),
        (&Slice, "value_grad_slice"),
        (&SliceIdle, "value_grad_slice"),
        (&SliceFails, "value_grad_slice"),
        (&SliceGradient, "value_grad_slice"),
        (&SliceRemainder, "value_grad_slice"),
        (&SliceLengths, "value_grad_slice"),
        (&SliceWritesFirst, "value_grad_slice"),
        (&Slice32, "value_grad_slice_f32"),
        (&Slice32Idle, "value_grad_slice_f32"),
        (&Slice32Value, "value_grad_slice_f32"),
        (&Slice32FarOut, "value_grad_slice_f32"),
        (&Slice32Lengths, "value_grad_slice_f32"),
    ];
    for (i, (mutant, claim)) in mutants.into_iter().enumerate() {
        let found = check(mutant, &exact).err().map(|violation| violation.claim);
        assert_eq!(found, Some(claim), "mutant {i}");
    }
}

/// Without a claim about the error the methods are still held to `value_grad`, and NaN is still found.
#[test]
fn nan_is_found_without_any_claim() {
    let nothing = Claims {
        gradient_error: f64::INFINITY,
        nonnegative: false,
        decreasing: false,
        above_lower_bound: false,
        below_upper_bound: false,
        vanishes: false,
        ..Claims::default()
    };
    assert_eq!(check(&Exact, &nothing), Ok(()));
    for mutant in [
        &NanAtMinusInfinity as &dyn Divergence,
        &NanSlopeAtMinusInfinity,
        &NanFarLeft,
        &NanFarRight,
        &NanAtInfinity,
    ] {
        assert_eq!(check(mutant, &nothing).unwrap_err().claim, "value_grad");
    }
}

/// A claim that is NaN is no claim that holds.
#[test]
fn a_claim_of_nan_fails() {
    for claims in [
        Claims { max_abs_error: f64::NAN, ..Claims::default() },
        Claims { gradient_error: f64::NAN, ..Claims::default() },
    ] {
        assert!(check(&Exact, &claims).is_err());
    }
}

/// A correct divergence on a short, far or one-sided domain passes.
#[derive(Debug)]
struct On(Domain);

impl Divergence for On {
    fn name(&self) -> &'static str {
        "part"
    }
    fn domain(&self) -> Domain {
        self.0
    }
    fn value_grad(&self, l: f64) -> (f64, f64) {
        if self.0.contains(l) { exact::kl_with_grad(l) } else { (f64::NAN, f64::NAN) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_domain_will_do(lower in -800.0..650.0_f64, length in 0.0..30.0_f64) {
        let claims = Claims { max_abs_error: 1e-12, ..Claims::default() };
        for domain in [
            Domain { lower, upper: lower + length },
            Domain { lower, upper: f64::INFINITY },
            Domain { lower: f64::NEG_INFINITY, upper: lower },
        ] {
            prop_assert_eq!(check(&On(domain), &claims), Ok(()), "{:?}", domain);
        }
    }

    #[test]
    fn the_strategy_stays_inside(lower in -800.0..800.0_f64, length in 0.0..30.0_f64, i in 0..3_usize) {
        let domain = [
            Domain { lower, upper: lower + length },
            Domain { lower, upper: f64::INFINITY },
            Domain { lower: f64::NEG_INFINITY, upper: lower },
        ][i];
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        for _ in 0..200 {
            let l = log_alphas(domain).new_tree(&mut runner).unwrap().current();
            prop_assert!(domain.contains(l), "{l} in {domain:?}");
        }
    }
}
