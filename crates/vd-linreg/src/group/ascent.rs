//! Coordinate ascent over groups: every group's (θ_g, α_g) in closed form, the others held, so the objective never decreases.

use core::ops::ControlFlow;

use estimator::Status;

use crate::group::basis::Basis;
use crate::prepare::kernel;
use crate::solve::operator::{Thresholding, log_alpha, shrinkage};

/// Where the groups are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// θ_g in its basis.
    pub theta: Vec<Vec<f64>>,
    /// u_g = 1/(2α_g).
    pub u: Vec<f64>,
    pub residual: Vec<f64>,
}

/// One problem at one β.
pub(crate) struct Groups<'a, P> {
    pub bases: &'a [Basis],
    pub penalty: &'a P,
    /// λ of each group.
    pub lambda: &'a [f64],
    pub beta: f64,
}

impl<P: Thresholding> Groups<'_, P> {
    /// No group.
    pub fn empty(&self, target: &[f64]) -> Place {
        let theta = self.bases.iter().map(|b| vec![0.0; b.size()]).collect();
        Place { theta, u: vec![0.0; self.bases.len()], residual: target.to_vec() }
    }

    /// q_g with the group's own part put back.
    pub fn products(&self, at: &Place, g: usize) -> Vec<f64> {
        let own = self.bases[g].vectors.iter().zip(&at.theta[g]);
        own.map(|(v, theta)| kernel::dot(v, &at.residual) + theta).collect()
    }

    /// z_g²/G over λ, which decides.
    pub fn ratio(&self, products: &[f64], g: usize) -> f64 {
        let sum: f64 = products.iter().map(|q| q * q).sum();
        self.beta * sum / (self.lambda[g] * products.len() as f64)
    }

    /// Updates one group; the largest change in standard errors.
    fn update(&self, at: &mut Place, g: usize, raised: f64) -> f64 {
        let products = self.products(at, g);
        let u = self.penalty.inverse(self.ratio(&products, g) / raised);
        let mut largest: f64 = 0.0;
        for ((q, theta), v) in products.iter().zip(&mut at.theta[g]).zip(&self.bases[g].vectors) {
            let change = q * shrinkage(u) - *theta;
            *theta += change;
            if change != 0.0 {
                kernel::axpy(-change, v, &mut at.residual);
            }
            largest = largest.max(change.abs());
        }
        at.u[g] = u;
        largest * self.beta.sqrt()
    }

    /// Sweeps until no weight moves by more than `tolerance` standard errors, every λ times `raised`.
    pub fn run(
        &self,
        at: &mut Place,
        raised: f64,
        (tolerance, most): (f64, usize),
        watch: &mut dyn FnMut(&Place) -> ControlFlow<()>,
    ) -> (Status, usize) {
        let all: Vec<usize> = (0..self.bases.len()).filter(|&g| self.bases[g].size() > 0).collect();
        for sweep in 1..=most {
            let mut change: f64 = 0.0;
            for &g in &all {
                change = change.max(self.update(at, g, raised));
            }
            if watch(at).is_break() {
                return (Status::StoppedByCallback, sweep);
            }
            if change <= tolerance {
                return (Status::Converged, sweep);
            }
        }
        (Status::MaxIterations, most)
    }

    /// The objective over its constant: −(β/2)(‖r‖² + Σ α_g‖θ_g‖²) − Σ λ_g G KL(α_g).
    pub fn objective(&self, at: &Place) -> f64 {
        let mut value = -0.5 * self.beta * kernel::dot(&at.residual, &at.residual);
        for g in (0..self.bases.len()).filter(|&g| at.u[g] > 0.0) {
            let square = kernel::dot(&at.theta[g], &at.theta[g]);
            let size = self.bases[g].size() as f64;
            value -= 0.25 * self.beta * square / at.u[g]
                + self.lambda[g] * size * self.penalty.value(log_alpha(at.u[g]));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::Design;
    use crate::prepare::columns::Columns;
    use crate::prepare::dense::dense;
    use crate::prepare::normalise::target;
    use crate::prepare::rows::Rows;
    use crate::synthetic::Spec;
    use kl_approx::{EmpiricalBayes, Exact};

    fn settled<P: Thresholding>(penalty: &P, check: impl Fn(&Groups<'_, P>, &Place)) {
        let p = Spec { correlation: 0.6, ..Spec::new(60, 12, 1, 0.7) }.problem(3);
        let rows = Rows::new(60, None, true).unwrap();
        let t = target(p.t.as_slice(), &rows).unwrap();
        let columns = &dense(Design::from(&p.x), &rows).unwrap().columns;
        assert_eq!(columns.len(), 12);
        let bases: Vec<Basis> = (0..4).map(|g| Basis::new(columns, &[3 * g, 3 * g + 1, 3 * g + 2])).collect();
        let groups = Groups { bases: &bases, penalty, lambda: &[2.0; 4], beta: (t.scale / 0.7).powi(2) };
        let mut at = groups.empty(&t.values);
        let mut last = groups.objective(&at);
        let (status, _) = groups.run(&mut at, 1.0, (1e-12, 10_000), &mut |at| {
            let now = groups.objective(at);
            assert!(now >= last - 1e-9 * (1.0 + last.abs()), "{last} to {now}");
            last = now;
            ControlFlow::Continue(())
        });
        assert_eq!(status, Status::Converged);
        check(&groups, &at);
    }

    /// At the end the objective's finite differences in every kept θ and log α vanish, and they do not a step away.
    fn flat<P: Thresholding>(groups: &Groups<'_, P>, at: &Place) {
        let kept: Vec<usize> = (0..4).filter(|&g| at.u[g] > 0.0).collect();
        assert!(!kept.is_empty() && kept.len() < 4);
        let moved = |g: usize, k: Option<usize>, by: f64| {
            let mut at = at.clone();
            match k {
                None => at.u[g] *= by.exp(),
                Some(k) => {
                    at.theta[g][k] += by;
                    kernel::axpy(-by, &groups.bases[g].vectors[k], &mut at.residual);
                }
            }
            groups.objective(&at)
        };
        for g in kept {
            for k in [None, Some(0), Some(2)] {
                let unit = if k.is_none() { 1.0 } else { 1.0 / groups.beta.sqrt() };
                let slope = |from: f64| {
                    let h = 1e-5;
                    (moved(g, k, (from + h) * unit) - moved(g, k, (from - h) * unit)) / (2.0 * h)
                };
                assert!(slope(0.0).abs() < 1e-4, "group {g}: {}", slope(0.0));
                assert!(slope(0.1).abs() > 1e-3 && slope(0.1) < 0.0, "group {g}: {}", slope(0.1));
            }
        }
    }

    #[test]
    fn the_objective_rises_and_is_flat_at_the_end() {
        settled(&Exact, flat);
        settled(&EmpiricalBayes, flat);
    }

    #[test]
    fn a_group_is_pruned_exactly_where_its_mean_squared_z_is_at_most_lambda() {
        settled(&Exact, |groups, at| {
            for g in 0..4 {
                let ratio = groups.ratio(&groups.products(at, g), g);
                assert_eq!(at.u[g] > 0.0, ratio > 1.0, "group {g}: {ratio}");
            }
        });
    }
}
