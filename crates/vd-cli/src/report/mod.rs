//! What `vd report` shows: a model and what a table says of it, as sections of a page.

mod again;
mod asked;
mod brief;
mod calibration;
mod classes;
mod columns;
mod correlations;
mod evidence;
mod fewer;
mod limits;
mod network;
mod numbers;
mod page;
mod pixels;
mod quality;
mod stand_ins;
mod subject;

pub(crate) use again::quoted;
pub(crate) use correlations::correlations;
pub(crate) use evidence::{Assessed, Evidence, Folds, Origin};
pub(crate) use page::html;
pub use pixels::Shape;
pub(crate) use subject::Subject;
