//! A vector centred, weighted and scaled to norm 1, and the target as such a vector.

use estimator::InputError;

use crate::prepare::rows::Rows;

/// A column whose centred norm is below this many units in the last place of its largest entry (times √N) is constant.
pub(crate) const CONSTANT_ULPS: f64 = 16.0 * f64::EPSILON;

/// A centred vector of norm 1, with what it was.
#[derive(Debug, Clone)]
pub(crate) struct Normalised {
    pub values: Vec<f64>,
    pub mean: f64,
    /// The norm before, 0 if the vector does not vary.
    pub scale: f64,
}

/// (v − v̄)∘s over its norm. Works relative to the largest entry, so that nothing overflows.
pub(crate) fn normalise(v: impl Fn(usize) -> f64, rows: &Rows) -> Normalised {
    let raw: Vec<f64> = rows.index.iter().map(|&i| v(i)).collect();
    let largest = raw.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    if largest == 0.0 {
        return Normalised { values: vec![0.0; raw.len()], mean: 0.0, scale: 0.0 };
    }
    let s = &rows.root_weight;
    let mut values: Vec<f64> = raw.iter().map(|x| x / largest).collect();
    let total = rows.norm_sq();
    let mut mean = 0.0;
    if rows.intercept {
        // Twice: the second pass removes what rounding left of the mean.
        for _ in 0..2 {
            let m = values.iter().zip(s).map(|(x, s)| x * s * s).sum::<f64>() / total;
            values.iter_mut().for_each(|x| *x -= m);
            mean += m;
        }
    }
    for (x, s) in values.iter_mut().zip(s) {
        *x *= s;
    }
    let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt();
    if norm <= CONSTANT_ULPS * total.sqrt() {
        return Normalised { values: vec![0.0; raw.len()], mean: mean * largest, scale: 0.0 };
    }
    values.iter_mut().for_each(|x| *x /= norm);
    Normalised { values, mean: mean * largest, scale: norm * largest }
}

/// The target of norm 1.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub values: Vec<f64>,
    pub mean: f64,
    /// T / √(max w); 0 if the target does not vary.
    pub scale: f64,
}

/// The target of the rows in use; `t` is known to be finite and long enough.
pub(crate) fn target(t: &[f64], rows: &Rows) -> Result<Target, InputError> {
    let Normalised { values, mean, scale } = normalise(|i| t[i], rows);
    if !(scale.is_finite() && mean.is_finite()) {
        return Err(InputError::Range { what: "the norm of the target" });
    }
    Ok(Target { values, mean, scale })
}
