//! What a walk has seen, weighed.

/// Weighted sums over the supports that a walk visits. Each visit counts for every column with its probability given the others
/// (Rao-Blackwell), not only for the support itself.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub weight: f64,
    /// Σ w p_j.
    pub inclusion: Vec<f64>,
    /// Σ w p_j E[θ_j | in].
    pub theta: Vec<f64>,
    /// Σ w E[σ²].
    pub variance: f64,
    /// Σ w k.
    pub size: f64,
}

impl Tally {
    pub fn new(columns: usize) -> Self {
        Self {
            weight: 0.0,
            inclusion: vec![0.0; columns],
            theta: vec![0.0; columns],
            variance: 0.0,
            size: 0.0,
        }
    }

    /// Column j is in with this probability, and then has this weight.
    pub fn column(&mut self, weight: f64, j: usize, probability: f64, theta: f64) {
        self.inclusion[j] += weight * probability;
        self.theta[j] += weight * probability * theta;
    }

    /// The averages instead of the sums.
    pub fn averaged(&self) -> Self {
        let by = 1.0 / self.weight.max(f64::MIN_POSITIVE);
        let scaled = |v: &[f64]| v.iter().map(|x| x * by).collect();
        Self {
            weight: 1.0,
            inclusion: scaled(&self.inclusion),
            theta: scaled(&self.theta),
            variance: self.variance * by,
            size: self.size * by,
        }
    }

    /// The mean of averages, each with its share.
    pub fn mixed(parts: &[Self], shares: &[f64]) -> Self {
        let mut all = Self::new(parts.first().map_or(0, |p| p.theta.len()));
        let total: f64 = shares.iter().sum();
        for (part, share) in parts.iter().zip(shares) {
            let share = share / total;
            all.weight += share;
            all.variance += share * part.variance;
            all.size += share * part.size;
            for (sum, x) in all.inclusion.iter_mut().zip(&part.inclusion) {
                *sum += share * x;
            }
            for (sum, x) in all.theta.iter_mut().zip(&part.theta) {
                *sum += share * x;
            }
        }
        all
    }
}
