//! Measures of prediction, summed one row at a time.

use predictor::{Metric, Prediction, Task};

/// Sums of a score over rows.
///
/// | task | measures |
/// |---|---|
/// | classes | accuracy; log loss −mean log p(true class), in nats |
/// | numbers, counts | RMSE, root of the mean squared error; R² = 1 − mean squared error / variance of the rows |
#[derive(Debug, Clone)]
pub struct Sums {
    task: Task,
    /// The rows' weights.
    count: f64,
    /// Right classes, or squared errors.
    first: f64,
    /// Log losses.
    loss: f64,
    /// Weighted mean of the targets, and the sum of squares about it (West 1979).
    mean: f64,
    squares: f64,
}

/// The measures of one part, by name.
pub(crate) type Measures = Vec<(&'static str, f64)>;

impl Sums {
    /// Sums over no row.
    #[must_use]
    pub fn new(task: Task) -> Self {
        Self { task, count: 0.0, first: 0.0, loss: 0.0, mean: 0.0, squares: 0.0 }
    }

    /// Adds a row: its prediction, the truth (a number or the index of a class), and how often the row counts.
    pub fn push(&mut self, prediction: &Prediction, t: f64, weight: f64) {
        if weight <= 0.0 {
            return;
        }
        self.count += weight;
        if self.task != Task::Classification {
            self.first += weight * (prediction.value() - t).powi(2);
            let step = t - self.mean;
            self.mean += step * weight / self.count;
            self.squares += weight * step * (t - self.mean);
            return;
        }
        let class = t as usize;
        self.first += weight * f64::from(u8::from(prediction.class == class));
        self.loss -=
            weight * prediction.outputs.get(class).copied().unwrap_or(0.0).max(f64::MIN_POSITIVE).ln();
    }

    pub(crate) fn measures(&self) -> Measures {
        let mean = self.first / self.count;
        if self.task == Task::Classification {
            return vec![("accuracy", mean), ("log loss", self.loss / self.count)];
        }
        vec![("RMSE", mean.sqrt()), ("R²", 1.0 - self.first / self.squares)]
    }

    /// The measures of these rows as a single part; those that are not finite are left out.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        if self.count > 0.0 { metrics(&[self.measures()]) } else { Vec::new() }
    }
}

/// The measures over the parts; none where some part has no finite value.
pub(crate) fn metrics(parts: &[Measures]) -> Vec<Metric> {
    let Some(first) = parts.first() else { return Vec::new() };
    first.iter().filter_map(|(name, _)| metric(name, parts)).collect()
}

fn metric(name: &str, parts: &[Measures]) -> Option<Metric> {
    let of =
        |part: &Measures| part.iter().find(|(n, _)| *n == name).map(|(_, v)| *v).filter(|v| v.is_finite());
    let values: Vec<f64> = parts.iter().map(of).collect::<Option<_>>()?;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let deviation = (values.len() > 1).then(|| (square / (n - 1.0)).sqrt());
    Some(Metric { name: name.to_owned(), mean, deviation })
}

#[cfg(test)]
mod tests {
    use super::Sums;
    use predictor::{Prediction, Task};

    #[test]
    fn measures_by_hand() {
        let mut classes = Sums::new(Task::Classification);
        for (p, class, t) in [(0.8, 1, 1.0), (0.4, 0, 1.0)] {
            classes.push(&Prediction { outputs: vec![1.0 - p, p], class, deviation: None }, t, 1.0);
        }
        let metrics = classes.metrics();
        assert_eq!((metrics[0].name.as_str(), metrics[0].mean), ("accuracy", 0.5));
        assert!((metrics[1].mean + (0.8_f64.ln() + 0.4_f64.ln()) / 2.0).abs() < 1e-15);
        let mut numbers = Sums::new(Task::Regression);
        for (y, t) in [(1.0, 1.0), (2.0, 4.0)] {
            numbers.push(&Prediction { outputs: vec![y], class: 0, deviation: None }, t, 1.0);
        }
        let metrics = numbers.metrics();
        assert!((metrics[0].mean - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!((metrics[1].mean - (1.0 - 2.0 / 2.25)).abs() < 1e-15);
        // One row has no variance to explain.
        let mut one = Sums::new(Task::Regression);
        one.push(&Prediction { outputs: vec![1.0], class: 0, deviation: None }, 1.5, 1.0);
        assert_eq!(one.metrics().len(), 1);
        assert!(Sums::new(Task::Regression).metrics().is_empty());
    }

    /// A weight of two is the row twice, a weight of zero no row.
    #[test]
    fn weights_repeat_rows() {
        let rows = [(1.0, 1.5, 2.0), (2.0, 4.0, 1.0), (0.5, 9.0, 0.0), (3.0, 2.5, 3.0)];
        let (mut weighted, mut repeated) = (Sums::new(Task::Regression), Sums::new(Task::Regression));
        for (y, t, w) in rows {
            let prediction = Prediction { outputs: vec![y], class: 0, deviation: None };
            weighted.push(&prediction, t, w);
            (0..w as usize).for_each(|_| repeated.push(&prediction, t, 1.0));
        }
        for (a, b) in weighted.metrics().iter().zip(repeated.metrics()) {
            assert!((a.mean - b.mean).abs() < 1e-14, "{}: {} {}", a.name, a.mean, b.mean);
        }
    }
}
