//! Sparse design matrices: centred without filling them.

use estimator::InputError;

use crate::design::{Design, not_finite};
use crate::prepare::columns::Sparse;
use crate::prepare::normalise::CONSTANT_ULPS;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;

/// Normalised columns of a sparse matrix.
pub(crate) fn sparse(x: Design<'_>, rows: &Rows) -> Result<Prepared<Sparse>, InputError> {
    let mut place = vec![usize::MAX; x.nrows()];
    for (k, &i) in rows.index.iter().enumerate() {
        place[i] = k;
    }
    let s = &rows.root_weight;
    let total = rows.norm_sq();
    let (mut start, mut index, mut value) = (vec![0], Vec::new(), Vec::new());
    let (mut moments, mut along, mut centre) = (Vec::new(), Vec::new(), Vec::new());
    let mut bad = None;
    for j in 0..x.ncols() {
        let first = index.len();
        let mut largest: f64 = 0.0;
        x.visit(j, |i, v| {
            if !v.is_finite() {
                bad.get_or_insert(not_finite(i, j, v));
            }
            if place[i] != usize::MAX && v != 0.0 {
                index.push(place[i]);
                value.push(v);
                largest = largest.max(v.abs());
            }
        });
        if let Some(error) = bad {
            return Err(error);
        }
        let entries = index[first..].iter().zip(&mut value[first..]);
        let (mut sum, mut mass) = (0.0, 0.0);
        for (&i, v) in entries {
            *v /= largest;
            sum += *v * s[i] * s[i];
            mass += s[i] * s[i];
        }
        let mean = if rows.intercept { sum / total } else { 0.0 };
        let spread: f64 =
            index[first..].iter().zip(&value[first..]).map(|(&i, v)| ((v - mean) * s[i]).powi(2)).sum();
        let norm = (spread + (total - mass).max(0.0) * mean * mean).sqrt();
        let varies = norm > CONSTANT_ULPS * total.sqrt();
        if !varies {
            index.truncate(first);
            value.truncate(first);
        }
        for (&i, v) in index[first..].iter().zip(&mut value[first..]) {
            *v *= s[i] / norm;
        }
        start.push(index.len());
        moments.push((mean * largest, if varies { norm * largest } else { 0.0 }));
        centre.push(if varies { mean / norm } else { 0.0 });
        along.push(if varies && rows.intercept { sum / norm } else { 0.0 });
    }
    Prepared::new(Sparse { start, index, value, along, centre, root_weight: s.clone() }, moments)
}
