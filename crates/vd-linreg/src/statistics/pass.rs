//! One pass over rows.

use estimator::{InputError, Values};
use nalgebra::DMatrix;

use crate::design::Design;
use crate::error::Error;
use crate::statistics::reader;

/// Means and centred products of rows: all that a linear fit needs of them, 8 (D + 1)(D + 2)/2 bytes whatever their number.
///
/// Parts of a table are taken by [`Statistics::update`], on one machine or many, and put together by [`Statistics::merge`];
/// [`Params::fit_statistics`](crate::Params::fit_statistics) and its neighbours fit them. The same parts merged in the same order give the same bits; other
/// parts, or another order, give means and products that differ by rounding, relative to √(C_ii C_jj) by a few units in the last place for
/// each doubling of the rows (tests: below 1e-12).
///
/// ```
/// use vd_linreg::{Params, Statistics, synthetic::Spec};
/// let problem = Spec::new(200, 20, 3, 0.5).problem(1);
/// let (x, t) = (&problem.x, problem.t.as_slice());
/// let mut whole = Statistics::new(20)?;
/// for part in 0..4 {
///     let mut statistics = Statistics::new(20)?;
///     statistics.update(&x.rows(50 * part, 50).into_owned(), &t[50 * part..50 * (part + 1)])?;
///     whole.merge(&statistics)?;
/// }
/// let fit = Params::new().fit_statistics(&whole)?;
/// assert_eq!(fit.model.support(), Params::new().fit(x, t)?.model.support());
/// # Ok::<(), vd_linreg::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredStatistics"))]
pub struct Statistics {
    features: usize,
    samples: f64,
    rows: u64,
    means: Vec<f64>,
    products: Vec<f64>,
    /// The largest magnitude of each column: beside it a column that varies by less than rounding is constant.
    largest: Vec<f64>,
}

/// [`Statistics`] as they are stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Statistics")]
struct StoredStatistics {
    features: usize,
    samples: f64,
    rows: u64,
    means: Vec<f64>,
    products: Vec<f64>,
    largest: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredStatistics> for Statistics {
    type Error = Error;

    fn try_from(stored: StoredStatistics) -> Result<Self, Error> {
        let StoredStatistics { features, samples, rows, means, products, largest } = stored;
        let checked = Self { features, samples, rows, means, products, largest };
        checked.check()?;
        Ok(checked)
    }
}

impl Statistics {
    /// Statistics of no rows yet, of D features.
    ///
    /// # Errors
    /// [`InputError::Empty`] for no features, [`InputError::Range`] for more than there is an index for.
    pub fn new(features: usize) -> Result<Self, Error> {
        if features == 0 {
            return Err(InputError::Empty { what: "the design matrix", rows: 0, cols: 0 }.into());
        }
        let size = triangle(features + 1)
            .ok_or(InputError::Range { what: "the square of the number of columns" })?;
        let all = features + 1;
        Ok(Self {
            features,
            samples: 0.0,
            rows: 0,
            means: vec![0.0; all],
            products: vec![0.0; size],
            largest: vec![0.0; all],
        })
    }

    /// Takes in rows: `x` is N x D, `t` has N numbers.
    ///
    /// # Errors
    /// Shapes that disagree, an entry that is not finite. The statistics are then as they were before.
    pub fn update<'x, 't>(
        &mut self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
    ) -> Result<(), Error> {
        self.take(x.into(), t.into(), None)
    }

    /// The same with a weight for each row: whole weights are repeated rows, zero leaves a row out.
    ///
    /// # Errors
    /// As [`Statistics::update`], and weights that are negative, not finite, or all zero.
    pub fn update_weighted<'x, 't>(
        &mut self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        weights: &[f64],
    ) -> Result<(), Error> {
        self.take(x.into(), t.into(), Some(weights))
    }

    fn take(&mut self, x: Design<'_>, t: Values<'_>, weights: Option<&[f64]>) -> Result<(), Error> {
        reader::check_columns(x, self.features)?;
        let mut taken = Self::new(self.features)?;
        reader::blocks(x, t, weights, |rows, weights| taken.push(rows, weights))?;
        self.merge(&taken)
    }

    /// Takes in a block of rows (x, t), row after row, of positive weights.
    pub(super) fn push(&mut self, rows: &[f64], weights: &[f64]) -> Result<(), InputError> {
        let all = self.features + 1;
        let mut block =
            Self::new(self.features).map_err(|_| InputError::Range { what: "the number of columns" })?;
        block.samples = weights.iter().sum();
        block.rows = weights.len() as u64;
        for (row, w) in rows.chunks_exact(all).zip(weights) {
            for (j, &v) in row.iter().enumerate() {
                block.means[j] += v * (w / block.samples);
                block.largest[j] = block.largest[j].max(v.abs());
            }
        }
        // Columns are rows of nalgebra's column-major matrix: a block is (D + 1) x rows.
        let mut centred = DMatrix::from_column_slice(all, weights.len(), rows);
        for (mut column, w) in centred.column_iter_mut().zip(weights) {
            let root = w.sqrt();
            column.iter_mut().zip(&block.means).for_each(|(v, mean)| *v = (*v - mean) * root);
        }
        let products = &centred * centred.transpose();
        for j in 0..all {
            for i in 0..=j {
                block.products[at(i, j)] = products[(i, j)];
            }
        }
        // The means were rounded; what that leaves of the centring is taken out of the products, and put into the means.
        block.recentre(&centred, weights);
        self.absorb(&block);
        Ok(())
    }

    fn recentre(&mut self, centred: &DMatrix<f64>, weights: &[f64]) {
        let all = self.features + 1;
        let mut left = vec![0.0; all];
        for (column, w) in centred.column_iter().zip(weights) {
            let root = w.sqrt();
            left.iter_mut().zip(column.iter()).for_each(|(sum, v)| *sum += v * root);
        }
        left.iter_mut().for_each(|sum| *sum /= self.samples);
        for j in 0..all {
            self.means[j] += left[j];
            for i in 0..=j {
                self.products[at(i, j)] -= self.samples * left[i] * left[j];
            }
        }
    }

    /// Takes in the rows of another part.
    ///
    /// # Errors
    /// [`InputError::Shape`] for another number of features, [`InputError::NotFinite`] where the values' squares leave the range of doubles.
    /// The statistics are then as they were before.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if other.features != self.features {
            return Err(InputError::columns("the statistics to merge", self.features, other.features).into());
        }
        let mut merged = self.clone();
        merged.absorb(other);
        if let Some(j) =
            (0..=self.features).find(|&j| !(merged.means[j].is_finite() && merged.product(j, j).is_finite()))
        {
            return Err(reader::overflow(j).into());
        }
        *self = merged;
        Ok(())
    }

    fn absorb(&mut self, other: &Self) {
        let samples = self.samples + other.samples;
        if samples == 0.0 {
            return;
        }
        let share = other.samples / samples;
        let delta: Vec<f64> = self.means.iter().zip(&other.means).map(|(a, b)| b - a).collect();
        let weight = self.samples * share;
        for j in 0..=self.features {
            self.means[j] += delta[j] * share;
            self.largest[j] = self.largest[j].max(other.largest[j]);
            for i in 0..=j {
                self.products[at(i, j)] += other.products[at(i, j)] + delta[i] * (delta[j] * weight);
            }
        }
        self.samples = samples;
        self.rows += other.rows;
    }

    /// D, the number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// n = Σ w, the effective number of rows.
    #[must_use]
    pub fn samples(&self) -> f64 {
        self.samples
    }

    /// The number of rows of positive weight.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The features' means, D numbers.
    #[must_use]
    pub fn feature_means(&self) -> &[f64] {
        &self.means[..self.features]
    }

    /// The target's mean.
    #[must_use]
    pub fn target_mean(&self) -> f64 {
        self.means[self.features]
    }

    /// Entry (i, j) of C, the centred products; the index D is the target's.
    ///
    /// `NaN` for an index above D.
    #[must_use]
    pub fn product(&self, i: usize, j: usize) -> f64 {
        let (i, j) = (i.min(j), i.max(j));
        self.products.get(at(i, j)).copied().unwrap_or(f64::NAN)
    }

    pub(super) fn largest(&self, j: usize) -> f64 {
        self.largest[j]
    }

    /// Σ w (t − xᵀθ − b)².
    pub(super) fn squared_error(&self, theta: &[f64], intercept: f64) -> f64 {
        let d = self.features;
        let support: Vec<usize> = (0..d).filter(|&j| theta[j] != 0.0).collect();
        let mut sum = self.product(d, d);
        let mut shift = self.target_mean() - intercept;
        for &j in &support {
            shift -= theta[j] * self.means[j];
            let along: f64 = support.iter().map(|&i| theta[i] * self.product(i, j)).sum();
            sum += theta[j] * (along - 2.0 * self.product(j, d));
        }
        sum.max(0.0) + self.samples * shift * shift
    }

    /// Refuses statistics that no rows can have.
    #[cfg(feature = "serde")]
    fn check(&self) -> Result<(), Error> {
        let all = self.features.checked_add(1).unwrap_or(0);
        for (what, expected, found) in [
            ("stored statistics' means", Some(all), self.means.len()),
            ("stored statistics' products", triangle(all), self.products.len()),
            ("stored statistics' magnitudes", Some(all), self.largest.len()),
        ] {
            if self.features == 0 || expected != Some(found) {
                return Err(InputError::entries(what, expected.unwrap_or(usize::MAX), found).into());
            }
        }
        let sound = self.samples >= 0.0 && self.samples.is_finite();
        estimator::Check::range(
            "stored statistics' samples",
            self.samples,
            sound,
            "a finite number, at least 0",
        )?;
        let wrong = |j: &usize| {
            let (mean, square, largest) = (self.means[*j], self.product(*j, *j), self.largest[*j]);
            !(mean.is_finite() && square >= 0.0 && square.is_finite() && largest >= mean.abs() * 0.999)
        };
        if let Some(j) = (0..all).find(wrong) {
            return Err(reader::overflow(j).into());
        }
        match self.products.iter().all(|v| v.is_finite()) {
            true => Ok(()),
            false => Err(reader::overflow(0).into()),
        }
    }
}

/// Entries of an upper triangle.
fn triangle(size: usize) -> Option<usize> {
    size.checked_add(1)?.checked_mul(size).map(|twice| twice / 2)
}

/// Where entry (i, j), i ≤ j, of the triangle is.
fn at(i: usize, j: usize) -> usize {
    j * (j + 1) / 2 + i
}
