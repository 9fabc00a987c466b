//! Proximal Newton on a working set without its curvature matrix, for one output.
//!
//! With m coordinates the matrix costs N m² to build and m² a sweep; by columns a sweep costs twice the values stored in them. Where many
//! features are kept, or the data are sparse, that is far less (Friedman, Hastie and Tibshirani 2010; Massias, Gramfort and Salmon 2018).
//!
//! | file | what it holds |
//! |---|---|
//! | `lane` | scores, residuals and loss of one output in double precision |
//! | `quadratic` | the quadratic model, and coordinate descent on it |
//! | `jump` | a Newton step on what is not zero, by conjugate gradients |
//! | `step` | several such models in turn on one working set |

mod jump;
mod lane;
mod quadratic;
pub(super) mod step;
