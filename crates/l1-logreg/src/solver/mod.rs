//! The solvers. Each takes a [`Problem`](crate::problem::Problem) of any loss and penalty it is made for and a starting point.

pub(crate) mod fista;
pub(crate) mod hessian;
pub(crate) mod lbfgs;
pub(crate) mod newton;
mod quadratic;

use core::ops::ControlFlow;

use estimator::Status;

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

/// Where a fit stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Iterations done.
    pub iteration: usize,
    /// C times the loss plus the penalty.
    pub objective: f64,
    /// The relative duality gap that the solver estimates; infinite while far away.
    pub gap: f64,
}

/// What a solver is told.
pub(crate) struct Options<'a> {
    pub tolerance: f64,
    pub max_iterations: usize,
    pub progress: &'a mut dyn FnMut(&Progress) -> ControlFlow<()>,
}

/// What a solver says.
pub(crate) struct Outcome {
    pub status: Status,
    pub iterations: usize,
    pub trace: Vec<f64>,
}
