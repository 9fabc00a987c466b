//! One pass over rows: everything that a round of the fit needs from the data, as a sum that can be merged.
//!
//! [`Pass::update`] adds a block of rows, [`Pass::merge`] another pass over other rows, [`Pass::finish`] gives the [`Statistics`].
//! So rows may lie in memory, in a stream or on other machines: each holder of rows makes a pass from the same [`Plan`], and the
//! merged passes give the same statistics, up to rounding, as one pass over all rows.

pub(crate) mod gram;
pub(crate) mod likelihood;
pub(crate) mod plan;
pub(crate) mod point;
pub(crate) mod row_state;
pub(crate) mod statistics;
pub(crate) mod update;

pub use likelihood::Likelihood;
pub use plan::{Plan, Targets};
pub use point::Point;
pub use statistics::{Statistics, Sums};
pub use update::Pass;
