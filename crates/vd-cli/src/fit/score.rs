//! How well rows that were not fitted are predicted.

use crate::cli::{ModelKind, TuningArgs};
use crate::error::{Error, Result};
use crate::fit::watch::interrupted;
use crate::fit::{Problem, Response, Watch, fit};
use crate::model::{Metric, Prediction, Prep, Score};
use crate::table::{Column, Moments};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// How rows are set apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Plan {
    /// Not at all.
    None,
    /// Each part once.
    Folds(usize),
    /// This share, once.
    Holdout(f64),
}

impl Plan {
    /// From the options; an estimator that takes long is scored once.
    pub(crate) fn new(tuning: &TuningArgs, kind: ModelKind, rows: usize) -> Result<Self> {
        if let Some(share) = tuning.holdout {
            let test = share * rows as f64;
            if !(share > 0.0 && share < 1.0) {
                return Err(Error::usage(format!("--holdout {share} is a share between 0 and 1")));
            }
            if test < 1.0 || rows as f64 - test < 2.0 {
                return Err(Error::usage(format!("--holdout {share} of {rows} rows leaves too few")));
            }
            return Ok(Self::Holdout(share));
        }
        match tuning.cv {
            _ if tuning.no_score => Ok(Self::None),
            Some(folds) if folds < 2 || folds > rows => {
                Err(Error::usage(format!("--cv {folds} is 2 to the number of rows, {rows}")))
            }
            Some(folds) => Ok(Self::Folds(folds)),
            None if rows < 10 => Ok(Self::None),
            None if kind == ModelKind::Dsvi => Ok(Self::Holdout(0.2)),
            None => Ok(Self::Folds(5)),
        }
    }

    fn method(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Folds(folds) => format!("{folds}-fold cross-validation"),
            Self::Holdout(share) => format!("{:.0}% of the rows set apart", 100.0 * share),
        }
    }

    /// The test rows (positions in `t`) of each part; classes keep their shares.
    pub(crate) fn parts(self, t: &Response, seed: u64) -> Vec<Vec<usize>> {
        let order = dealt(t, seed);
        match self {
            Self::None => Vec::new(),
            Self::Folds(folds) => {
                let of = |part: usize| order.iter().copied().skip(part).step_by(folds).collect();
                (0..folds).map(of).collect()
            }
            Self::Holdout(share) => {
                // Every 1/share-th of the dealt rows.
                let test = |&i: &usize| ((i + 1) as f64 * share).floor() > (i as f64 * share).floor();
                vec![(0..order.len()).filter(test).map(|i| order[i]).collect()]
            }
        }
    }
}

/// The rows in random order, those of a class beside each other: dealing them out keeps the classes' shares.
fn dealt(t: &Response, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..t.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    if let Response::Classes { labels, .. } = t {
        order.sort_by_key(|&i| labels[i]);
    }
    order
}

/// What is scored.
pub(crate) struct Scored<'a> {
    pub columns: &'a [Column],
    /// The table's rows in use, in the order of `t`.
    pub rows: &'a [usize],
    pub t: &'a Response,
    pub kind: ModelKind,
    pub tuning: &'a TuningArgs,
    pub impute: bool,
    pub standardise: bool,
}

/// Fits without each part and predicts it; nothing after Ctrl-C.
pub(crate) fn score(what: &Scored<'_>, plan: Plan, watch: &mut Watch) -> Result<Option<Score>> {
    let parts = plan.parts(what.t, what.tuning.seed);
    let mut results: Vec<Vec<(&'static str, f64)>> = Vec::new();
    for (i, test) in parts.iter().enumerate() {
        watch.label(format!("scoring {} of {}: ", i + 1, parts.len()));
        let mut apart = vec![false; what.t.len()];
        test.iter().for_each(|&i| apart[i] = true);
        let train: Vec<usize> = (0..apart.len()).filter(|&i| !apart[i]).collect();
        let table_rows = |part: &[usize]| part.iter().map(|&i| what.rows[i]).collect::<Vec<_>>();
        let (train_rows, test_rows) = (table_rows(&train), table_rows(test));
        let prep = Prep::from_columns(what.columns, &train_rows, what.impute, what.standardise)?;
        let x = prep.design(what.columns, &train_rows);
        let t = what.t.rows(&train);
        let fitted = fit(what.kind, &Problem { x: &x, t: &t, tuning: what.tuning }, watch);
        if interrupted() {
            return Ok(None);
        }
        let fitted = fitted?;
        let test_x = prep.design(what.columns, &test_rows).transpose();
        let mut scratch = Vec::new();
        let mut sums = Sums::new(matches!(what.t, Response::Numbers(_)));
        for (x, &i) in test_x.column_iter().zip(test) {
            let x = x.as_slice();
            let p = Prediction::of(&fitted.predictor, fitted.link, &fitted.uncertainty, x, &mut scratch);
            sums.push(&p, what.t.value(i));
        }
        results.push(sums.measures());
    }
    let Some(first) = results.first() else { return Ok(None) };
    let metrics = first.iter().filter_map(|(name, _)| metric(name, &results)).collect();
    Ok(Some(Score { method: plan.method(), metrics }))
}

/// Accuracy and log loss, or root mean squared error and R², one prediction at a time.
pub(crate) struct Sums {
    number: bool,
    count: f64,
    /// Right classes, or squared errors.
    first: f64,
    /// Log losses.
    loss: f64,
    targets: Moments,
}

impl Sums {
    pub(crate) fn new(number: bool) -> Self {
        Self { number, count: 0.0, first: 0.0, loss: 0.0, targets: Moments::default() }
    }

    /// Takes a prediction and the truth, a number or the index of a class.
    pub(crate) fn push(&mut self, prediction: &Prediction, t: f64) {
        self.count += 1.0;
        if self.number {
            self.first += (prediction.outputs.first().copied().unwrap_or(f64::NAN) - t).powi(2);
            self.targets.push(t);
            return;
        }
        let class = t as usize;
        self.first += f64::from(u8::from(prediction.class == class));
        self.loss -= prediction.outputs.get(class).copied().unwrap_or(0.0).max(f64::MIN_POSITIVE).ln();
    }

    fn measures(&self) -> Vec<(&'static str, f64)> {
        let mean = self.first / self.count;
        if self.number {
            return vec![("RMSE", mean.sqrt()), ("R²", 1.0 - mean / self.targets.deviation().powi(2))];
        }
        vec![("accuracy", mean), ("log loss", self.loss / self.count)]
    }

    /// The score of a single part.
    pub(crate) fn score(&self, method: String) -> Option<Score> {
        let results = vec![self.measures()];
        let metrics: Vec<_> = results[0].iter().filter_map(|(name, _)| metric(name, &results)).collect();
        (self.count > 0.0).then_some(Score { method, metrics })
    }
}

/// Whether a row of a stream is set apart: a function of its number and the seed.
pub(crate) fn is_apart(row: u64, share: f64, seed: u64) -> bool {
    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
    let mut z = (row ^ seed.rotate_left(32)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (((z ^ (z >> 31)) >> 11) as f64) < share * (1_u64 << 53) as f64
}

/// A measure over the parts; none where some part has no finite value.
fn metric(name: &str, results: &[Vec<(&'static str, f64)>]) -> Option<Metric> {
    let values: Option<Vec<f64>> = results
        .iter()
        .map(|part| part.iter().find(|(n, _)| *n == name).map(|(_, v)| *v).filter(|v| v.is_finite()))
        .collect();
    let values = values?;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let deviation = (values.len() > 1).then(|| (square / (n - 1.0)).sqrt());
    Some(Metric { name: name.to_owned(), mean, deviation })
}
