//! How stable a selection is: the share of half-samples that keep each column, in complementary pairs (Meinshausen and Bühlmann 2010,
//! Shah and Samworth 2013).

use estimator::{Check, InputError, Values};
use nalgebra::DVector;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::design::Design;
use crate::error::Error;
use crate::job::Job;
use crate::params::Params;
use crate::prepare::columns::Columns;
use crate::prepare::normalise::target;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;
use crate::problem::{Problem, Task, solve};
use crate::progress::unwatched;
use crate::solve::operator::Thresholding;

/// The share of half-samples that keep each column.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stability {
    /// The share, D entries.
    pub share: DVector<f64>,
    /// q, how many columns a half-sample keeps on average.
    pub kept: f64,
    /// How many half-samples there were.
    pub halves: usize,
}

impl Stability {
    /// The columns that more than the share `threshold` of the half-samples keep, ascending.
    #[must_use]
    pub fn selected(&self, threshold: f64) -> Vec<usize> {
        (0..self.share.len()).filter(|&j| self.share[j] > threshold).collect()
    }

    /// A bound on how many columns are selected, on average, that a half-sample keeps no more often than a random choice of as many columns would:
    /// q²/(D(2τ − 1)), Theorem 1 of Shah and Samworth (2013), for a threshold τ above one half. It asks nothing of the columns or the noise; ∞ where τ ≤ ½.
    #[must_use]
    pub fn expected_false_bound(&self, threshold: f64) -> f64 {
        if threshold > 0.5 {
            self.kept * self.kept / (self.share.len() as f64 * (2.0 * threshold - 1.0))
        } else {
            f64::INFINITY
        }
    }
}

impl<P: Thresholding + Clone> Params<P> {
    /// Fits `pairs` random halves of the rows and their complements, and counts which columns each keeps. The fits run in parallel; the result does not
    /// depend on the number of threads.
    ///
    /// ```
    /// use vd_linreg::{Params, synthetic::Spec};
    /// let problem = Spec::new(200, 50, 3, 0.5).problem(1);
    /// let stability = Params::new().expected_false_keeps(1.0).stability(&problem.x, &problem.t, 10, 0)?;
    /// assert_eq!(stability.selected(0.9), problem.relevant());
    /// assert!(stability.expected_false_bound(0.9) < 1.0);
    /// # Ok::<(), vd_linreg::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Params::fit`]; [`InputError::Parameter`] unless there are 1 to 10 000 pairs.
    pub fn stability<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        pairs: usize,
        seed: u64,
    ) -> Result<Stability, Error> {
        Check::range("pairs", pairs as f64, (1..=10_000).contains(&pairs), "1 to 10 000")?;
        solve(self, x.into(), t.into(), Halves { pairs, seed })
    }
}

struct Halves {
    pairs: usize,
    seed: u64,
}

impl<P: Thresholding + Clone> Task<P> for Halves {
    type Output = Stability;

    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Stability, Error> {
        let halves = 2 * self.pairs;
        let one = |half: usize| -> Result<Vec<usize>, Error> {
            let rows = self.half(problem.rows, half);
            let problem = Problem { rows: &rows, ..problem };
            let target = match target(problem.t, &rows) {
                Ok(target) if target.scale > 0.0 => target,
                // All targets vary, these do not: nothing is kept.
                Ok(_) => return Ok(Vec::new()),
                Err(error) => return Err(error.into()),
            };
            let fit = Job { problem, target: &target }.run(&prepare(&rows)?, &mut unwatched)?;
            Ok(fit.model.support())
        };
        let kept = (0..halves).into_par_iter().map(one).collect::<Result<Vec<_>, Error>>()?;
        let mut share = DVector::zeros(problem.x.ncols());
        let each = 1.0 / halves as f64;
        kept.iter().flatten().for_each(|&j| share[j] += each);
        let kept = kept.iter().map(|k| k.len() as f64).sum::<f64>() * each;
        Ok(Stability { share, kept, halves })
    }
}

impl Halves {
    /// The rows of half `half`; halves 2k and 2k + 1 have no row in common.
    fn half(&self, rows: &Rows, half: usize) -> Rows {
        let count = rows.index.len();
        let mut order: Vec<usize> = (0..count).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((half / 2) as u64);
        order.shuffle(&mut rng);
        let mut first = vec![false; count];
        order[..count / 2].iter().for_each(|&k| first[k] = true);
        rows.filtered(|k| first[k] == half.is_multiple_of(2))
    }
}
