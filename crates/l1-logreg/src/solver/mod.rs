//! The solvers: one loop (`driver`), and the step of each method.
//!
//! | file | what it holds |
//! |---|---|
//! | `problem` | the objective in the solvers' coordinates |
//! | `driver` | the loop: optimality, progress, stopping |
//! | `newton`, `working_set`, `hessian`, `quadratic`, `schur`, `line_search` | proximal Newton |
//! | `columns` | the same step without a matrix, for one output and many kept features |
//! | `fista`, `lbfgs` | the other two methods |
//! | `dispatch` | which method a problem gets |

pub(crate) mod algorithm;
mod columns;
pub(crate) mod dispatch;
pub(crate) mod driver;
mod fista;
mod hessian;
mod lbfgs;
mod line_search;
mod newton;
pub(crate) mod problem;
mod quadratic;
mod schur;
mod working_set;
