//! Whether what is predicted comes true as often as it says.

use crate::report::evidence::Assessed;

/// Bins of a calibration curve.
pub(crate) const BINS: usize = 10;

/// A bin of rows with similar predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bin {
    pub predicted: f64,
    pub observed: f64,
    /// Standard error of what was observed.
    pub error: f64,
    pub rows: usize,
}

/// Rows sorted by prediction and cut into bins of as many rows each.
pub(crate) fn bins(mut pairs: Vec<(f64, f64)>) -> Vec<Bin> {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = BINS.min(pairs.len() / 5).max(1);
    let edge = |k: usize| pairs.len() * k / count;
    let bin = |k: usize| {
        let rows = &pairs[edge(k)..edge(k + 1)];
        let n = rows.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| rows.iter().map(of).sum::<f64>() / n;
        let observed = mean(|pair| pair.1);
        let square = rows.iter().map(|pair| (pair.1 - observed).powi(2)).sum::<f64>();
        Bin {
            predicted: mean(|pair| pair.0),
            observed,
            error: (square / (n - 1.0).max(1.0) / n).sqrt(),
            rows: rows.len(),
        }
    };
    (0..count).map(bin).filter(|bin| bin.rows > 0).collect()
}

/// The probability of a class and whether it came true, row by row.
pub(crate) fn class_pairs(assessed: &Assessed, class: usize) -> Vec<(f64, f64)> {
    let pair = |(prediction, truth): (&predictor::Prediction, &f64)| {
        let share = prediction.outputs.get(class).copied().unwrap_or(0.0);
        (share, f64::from(u8::from(*truth == class as f64)))
    };
    assessed.predictions.iter().zip(&assessed.truth).map(pair).collect()
}

/// |share that came true − predicted probability|, averaged over the rows and the classes: the expected calibration error over bins of
/// as many rows each (Naeini, Cooper and Hauskrecht 2015); none without rows.
pub(crate) fn class_error(assessed: &Assessed, classes: usize) -> Option<f64> {
    let of = |class: usize| {
        let bins = bins(class_pairs(assessed, class));
        let rows: usize = bins.iter().map(|bin| bin.rows).sum();
        bins.iter().map(|bin| bin.rows as f64 * (bin.observed - bin.predicted).abs()).sum::<f64>()
            / rows as f64
    };
    // The two classes' errors are the same number.
    let looked: Vec<f64> = (usize::from(classes == 2)..classes).map(of).collect();
    let mean = looked.iter().sum::<f64>() / looked.len() as f64;
    (!assessed.truth.is_empty() && mean.is_finite()).then_some(mean)
}

/// The share of the rows that lie within the central interval of probability `level` of their normal distribution; none where no row has
/// a spread.
pub(crate) fn coverage(assessed: &Assessed, level: f64) -> Option<f64> {
    let inside = |(prediction, truth): (&predictor::Prediction, &f64)| {
        let deviation = prediction.deviation.filter(|d| *d > 0.0)?;
        let z = (truth - prediction.value()) / deviation;
        // The two-sided probability of a |z| at least as large is that of a squared z-score under χ² with one degree of freedom.
        let beyond = kl_approx::ard::false_keep_probability(z * z, 1).ok()?;
        Some(beyond >= 1.0 - level)
    };
    let all: Vec<bool> = assessed.predictions.iter().zip(&assessed.truth).filter_map(inside).collect();
    (!all.is_empty()).then(|| all.iter().filter(|&&is| is).count() as f64 / all.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::{Assessed, bins, class_error, coverage};
    use crate::report::evidence::Origin;
    use predictor::Prediction;

    fn numbers(pairs: &[(f64, f64)]) -> Assessed {
        let prediction =
            |&(y, _): &(f64, f64)| Prediction { outputs: vec![y], class: 0, deviation: Some(1.0) };
        Assessed {
            origin: Origin::Other,
            truth: pairs.iter().map(|p| p.1).collect(),
            predictions: pairs.iter().map(prediction).collect(),
        }
    }

    /// 1.96 deviations are the 95% interval.
    #[test]
    fn coverage_by_hand() {
        let rows = numbers(&[(0.0, 0.5), (0.0, -1.7), (0.0, 1.95), (0.0, 2.0)]);
        assert_eq!(coverage(&rows, 0.95), Some(0.75));
        assert_eq!(coverage(&rows, 0.5), Some(0.25));
        assert_eq!(coverage(&Assessed { predictions: vec![], truth: vec![], ..rows }, 0.5), None);
    }

    #[test]
    fn bins_share_the_rows() {
        let found = bins((0..103).map(|k| (f64::from(k), f64::from(k % 2))).collect());
        assert_eq!(found.len(), 10);
        assert_eq!(found.iter().map(|bin| bin.rows).sum::<usize>(), 103);
        assert!(found.windows(2).all(|pair| pair[0].predicted < pair[1].predicted));
    }

    /// Half of the rows come true where a quarter is predicted.
    #[test]
    fn class_error_by_hand() {
        let prediction = || Prediction { outputs: vec![0.75, 0.25], class: 0, deviation: None };
        let rows = Assessed {
            origin: Origin::Other,
            truth: (0..40).map(|k| f64::from(k % 2)).collect(),
            predictions: (0..40).map(|_| prediction()).collect(),
        };
        assert!((class_error(&rows, 2).unwrap() - 0.25).abs() < 0.13);
    }
}
