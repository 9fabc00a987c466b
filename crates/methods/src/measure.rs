//! Measures of prediction, summed one row at a time.

use predictor::{Metric, Moments, Prediction, Task};

/// Sums of a score over rows.
///
/// | task | measures |
/// |---|---|
/// | classes | accuracy; log loss −mean log p(true class), in nats |
/// | numbers, counts | RMSE, root of the mean squared error; R² = 1 − mean squared error / variance of the rows |
#[derive(Debug, Clone)]
pub struct Sums {
    task: Task,
    count: f64,
    /// Right classes, or squared errors.
    first: f64,
    /// Log losses.
    loss: f64,
    targets: Moments,
}

/// The measures of one part, by name.
pub(crate) type Measures = Vec<(&'static str, f64)>;

impl Sums {
    /// Sums over no row.
    #[must_use]
    pub fn new(task: Task) -> Self {
        Self { task, count: 0.0, first: 0.0, loss: 0.0, targets: Moments::default() }
    }

    /// Adds a row: its prediction and the truth, a number or the index of a class.
    pub fn push(&mut self, prediction: &Prediction, t: f64) {
        self.count += 1.0;
        if self.task != Task::Classification {
            self.first += (prediction.value() - t).powi(2);
            self.targets.push(t);
            return;
        }
        let class = t as usize;
        self.first += f64::from(u8::from(prediction.class == class));
        self.loss -= prediction.outputs.get(class).copied().unwrap_or(0.0).max(f64::MIN_POSITIVE).ln();
    }

    pub(crate) fn measures(&self) -> Measures {
        let mean = self.first / self.count;
        if self.task == Task::Classification {
            return vec![("accuracy", mean), ("log loss", self.loss / self.count)];
        }
        vec![("RMSE", mean.sqrt()), ("R²", 1.0 - mean / self.targets.deviation().powi(2))]
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
            classes.push(&Prediction { outputs: vec![1.0 - p, p], class, deviation: None }, t);
        }
        let metrics = classes.metrics();
        assert_eq!((metrics[0].name.as_str(), metrics[0].mean), ("accuracy", 0.5));
        assert!((metrics[1].mean + (0.8_f64.ln() + 0.4_f64.ln()) / 2.0).abs() < 1e-15);
        let mut numbers = Sums::new(Task::Regression);
        for (y, t) in [(1.0, 1.0), (2.0, 4.0)] {
            numbers.push(&Prediction { outputs: vec![y], class: 0, deviation: None }, t);
        }
        let metrics = numbers.metrics();
        assert!((metrics[0].mean - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!((metrics[1].mean - (1.0 - 2.0 / 2.25)).abs() < 1e-15);
        // One row has no variance to explain.
        let mut one = Sums::new(Task::Regression);
        one.push(&Prediction { outputs: vec![1.0], class: 0, deviation: None }, 1.5);
        assert_eq!(one.metrics().len(), 1);
        assert!(Sums::new(Task::Regression).metrics().is_empty());
    }
}
