//! The solver: rounds of iteratively reweighted sparse regression, each a step to the maximum of a local quadratic model.

pub(crate) mod acceleration;
pub(crate) mod ascent;
pub(crate) mod coupled;
pub(crate) mod inner;
pub(crate) mod local;
pub(crate) mod prior;
pub(crate) mod quadratic;
pub(crate) mod residual;
pub(crate) mod rows;
mod shared;
pub(crate) mod source;
pub(crate) mod trial;
pub(crate) mod working;
