//! Which algorithm minimises the objective, and what a running one shows.

/// Which algorithm minimises the objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Solver {
    /// [`ProximalNewton`](Self::ProximalNewton) with an L1 part, [`Lbfgs`](Self::Lbfgs) for a large ridge problem.
    #[default]
    Auto,
    /// Proximal Newton on a working set: a quadratic model from all or the weightiest part of the curvature, coordinate descent with
    /// Newton jumps inside, a line search outside (Lee, Sun and Saunders 2014).
    ProximalNewton,
    /// Accelerated proximal gradient with backtracking and adaptive restart (Beck and Teboulle 2009; O'Donoghue and Candès 2015).
    Fista,
    /// Limited-memory BFGS with a line search (Nocedal 1980). Ridge only.
    Lbfgs,
}

/// Where a running fit stands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Number of iterations done.
    pub iteration: usize,
    /// The objective: C times the loss, plus the penalty.
    pub objective: f64,
    /// The relative duality gap that the solver estimates; infinite while far away.
    pub gap: f64,
    /// Number of weights that are not zero.
    pub kept: usize,
}

impl estimator::Progress for Progress {
    fn iteration(&self) -> usize {
        self.iteration
    }
    fn objective(&self) -> f64 {
        self.objective
    }
    fn kept(&self) -> usize {
        self.kept
    }
}
