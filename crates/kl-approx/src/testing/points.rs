//! The log α at which a divergence is tested.

use proptest::prelude::*;

use crate::domain::Domain;

/// log α worth testing inside a domain: mostly where something happens, some far out on both sides, and the ends.
///
/// Every value lies in the domain, which must not be empty.
pub fn log_alphas(domain: Domain) -> impl Strategy<Value = f64> {
    let anywhere = prop_oneof![
        6 => -12.0..12.0f64,
        3 => -60.0..60.0f64,
        1 => -700.0..700.0f64,
        1 => prop::sample::select(vec![-700.0, -0.0, 0.0, 5e-324, 700.0]),
    ];
    (anywhere, 0.0..=1.0f64).prop_map(move |(l, share)| inside(domain, l, share))
}

/// `l` if it lies in the domain; otherwise its reflection at the end that it lies beyond; otherwise, in a domain that is shorter
/// than that, the place at `share` of the domain's length.
fn inside(domain: Domain, l: f64, share: f64) -> f64 {
    let reflected = if l > domain.upper {
        2.0 * domain.upper - l
    } else if l < domain.lower {
        2.0 * domain.lower - l
    } else {
        l
    };
    if domain.contains(reflected) {
        return reflected;
    }
    let length = domain.upper - domain.lower;
    let l = if length.is_finite() {
        domain.lower + share * length
    } else if domain.lower.is_finite() {
        domain.lower
    } else {
        domain.upper
    };
    l.max(domain.lower).min(domain.upper)
}

/// The even grid, its points far out, and the ends of the domain with their neighbours.
pub(super) fn listed(domain: Domain) -> Vec<f64> {
    let far = [-1e300, -1e100, -1e16, -1e5, -5000.0, -750.0, 720.0, 740.0, 750.0, 5000.0, 1e16, 1e100, 1e300];
    let ends = [
        domain.lower,
        domain.lower.next_up(),
        domain.upper.next_down(),
        domain.upper,
        f64::MIN,
        f64::MAX,
        f64::NEG_INFINITY,
        f64::INFINITY,
    ];
    let grid = (-3840..=3840).map(|i| f64::from(i) / 64.0);
    let span = domain.upper - domain.lower;
    let fine = (0..=64).map(|i| domain.lower + span * f64::from(i) / 64.0).filter(|l| l.is_finite());
    ends.into_iter().chain(far).chain(fine).chain(grid).filter(|&l| domain.contains(l)).collect()
}
