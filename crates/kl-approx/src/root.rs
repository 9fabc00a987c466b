//! A bracketed root finder.

/// The root of `f` between `a` and `b`, where `f` has different signs (or is 0), to the spacing of floating-point numbers:
/// Chandrupatla's method (Adv. Eng. Software 28, 1997), inverse quadratic interpolation guarded by bisection.
pub(crate) fn bracketed(f: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
    let (mut x1, mut x2) = (b, a);
    let (mut f1, mut f2) = (f(b), f(a));
    let mut t = 0.5;
    for _ in 0..200 {
        let x = x1 + t * (x2 - x1);
        let fx = f(x);
        // (x1, x2) keeps the sign change; (x3, f3) is the point that was dropped.
        let (x3, f3) = if (fx > 0.0) == (f1 > 0.0) {
            (x1, f1)
        } else {
            let dropped = (x2, f2);
            (x2, f2) = (x1, f1);
            dropped
        };
        (x1, f1) = (x, fx);
        let (best, f_best) = if f1.abs() < f2.abs() { (x1, f1) } else { (x2, f2) };
        let tolerance = 2.0 * f64::EPSILON * best.abs() + f64::MIN_POSITIVE;
        let limit = tolerance / (x2 - x1).abs();
        if limit > 0.5 || f_best == 0.0 {
            return best;
        }
        let xi = (x1 - x2) / (x3 - x2);
        let phi = (f1 - f2) / (f3 - f2);
        let interpolate = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
        t = if interpolate {
            f1 / (f2 - f1) * f3 / (f2 - f3) + (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f3 - f2)
        } else {
            0.5
        };
        t = t.clamp(limit, 1.0 - limit);
    }
    x1
}
