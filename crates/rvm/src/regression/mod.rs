//! Relevance vector regression.

mod columns;
pub(crate) mod evidence;
mod fit;
mod fixed_point;
pub(crate) mod model;
pub(crate) mod params;
mod sequential;
mod state;
#[cfg(feature = "serde")]
mod stored;
