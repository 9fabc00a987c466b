//! Design matrices: what a fit takes, and the standardised blocks of rows that the solver reads.

pub(crate) mod block;
pub(crate) mod far;
pub(crate) mod matrix;
pub(crate) mod prepare;
