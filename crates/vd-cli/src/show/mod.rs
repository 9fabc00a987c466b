//! What a person sees: tables, pictures, and where they go.

mod out;
mod plot;
mod style;
mod text;

pub(crate) use out::{emit, emit_with, load};
pub(crate) use plot::relevance_svg;
pub use style::Style;
pub(crate) use text::{feature_table, summary};
