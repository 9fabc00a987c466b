//! A report as one HTML file.
#![doc = include_str!("../README.md")]

mod assets;
mod bars;
mod chart;
mod heat;
mod html;
mod number;
mod page;
mod part;
mod picture;
mod pixels;
mod table;
mod walk;

pub use assets::{VENDORED, Vendored};
pub use bars::Bars;
pub use chart::{Axis, Chart, Line, Mark, Rule, Series};
pub use heat::Heat;
pub use number::{brief, short};
pub use page::{Page, Section};
pub use part::Part;
pub use picture::Picture;
pub use pixels::{Image, Pixels};
pub use table::{Cells, Column, Table, View};
pub use walk::{Step, Walk};
